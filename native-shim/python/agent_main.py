"""The agent's conversation with the supervisor: the second part of agent.py, which compiles and runs this in the agent's own thread.

HERE, the folder of both files, is put into this file's globals by agent.py. The rules are the ones in agent.py.
"""

import os
import sys
import time

# Not those of `os`: eventlet replaces them.
from posix import read, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType, ModuleType
    from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple

    Record = Tuple[Any, ...]
    Message = Dict[str, Any]

    HERE = ""

    def own(module: str, name: str) -> Any: ...


# The application may have been loaded before this.
allocate_lock = own("_thread", "allocate_lock")
get_ident = own("_thread", "get_ident")
sleep = own("time", "sleep")
poll = own("select", "poll")

VERSION = 1

# The supervisor hangs up on longer lines than 1 MiB.
MAX_LINE = 1000 * 1000
MAX_URL = 2048
MAX_REQUESTS = 200
MAX_THREADS = 200
MAX_FRAMES = 100
MAX_BACKGROUND = 100
MAX_TRACEBACK_LINES = 200
MAX_FILES = 2000

# Seconds.
RETRY_FIRST = 0.2
RETRY_MAX = 2.0
SEND_TIMEOUT = 0.5
EXCEPTION_PAUSE = 0.1
# Bytes for the report of a MemoryError, and seconds for which mod_wsgi may need them to write its traceback.
RESERVE = 4 * 1024 * 1024
RESERVE_PAUSE = 5.0


def subscribe_requests(mod_wsgi: "ModuleType", deck: "Any") -> None:
    """Keeps the notes ourselves where another handler serves: 20 % more CPU per request, so never with our own."""
    from traceback import TracebackException

    def take(event: str, **data: "Any") -> None:
        try:
            if event == "request_started":
                environ = data["request_environ"]
                record = (
                    data.get("request_id"),
                    environ.get("REQUEST_METHOD"),
                    environ.get("REQUEST_URI"),
                    time.time(),
                    environ.get("REMOTE_ADDR"),
                    data.get("thread_id"),
                    data.get("queue_start"),
                    data.get("daemon_start"),
                )
                deck.live[get_ident()] = record
                if deck.note is not None:
                    deck.note(get_ident(), record)
            elif event == "request_exception" and len(deck.pending) < 16:
                kind, value, trace = data["exception_info"]
                if issubclass(kind, MemoryError):
                    deck.reserve = None
                title = "%s: %s" % (kind.__name__, value)
                record = deck.live.get(get_ident())
                deck.pending.append((time.time(), get_ident(), record, title, TracebackException(kind, value, trace, lookup_lines=False)))
                if deck.wake is not None:
                    deck.wake()
        except Exception:
            return

    mod_wsgi.subscribe_events(take)


def readable(value: "Any", limit: int = MAX_URL) -> str:
    """WSGI's strings are bytes in disguise: their text, as UTF-8 where it is that, cut to `limit` characters."""
    text = value if isinstance(value, str) else ""
    if not text.isascii():
        text = text.encode("latin-1", "replace").decode("utf-8", "replace")
    return text[:limit]


def queue_seconds(record: "Record") -> "Optional[float]":
    """Seconds between Apache's hand-over and a worker thread taking the request. Up to 5.x the times are texts of microseconds."""
    try:
        queued, taken = float(record[6]), float(record[7])
        seconds = (taken - queued) / 1e6 if isinstance(record[7], str) else taken - queued
        return round(max(0.0, seconds), 6)
    except (TypeError, ValueError):
        return None


def frames_of(frame: "Optional[FrameType]", limit: int = MAX_FRAMES) -> "List[Tuple[str, int, str]]":
    """The stack as (file, line, function), innermost first."""
    frames: "List[Tuple[str, int, str]]" = []
    while frame is not None and len(frames) < limit:
        code = frame.f_code
        frames.append((code.co_filename, frame.f_lineno or 0, code.co_name))
        frame = frame.f_back
    return frames


def thread_facts(thread: "Any") -> "Tuple[str, int]":
    """Name and kernel's thread id of one of threading's objects; 0 where it has no id. What eventlet puts there has not all of it."""
    try:
        name, number = str(thread.name)[:100], getattr(thread, "native_id", None)
    except Exception:
        return "", 0
    return name, number if isinstance(number, int) else 0


# The outermost frame of the greenlet in which gevent, or eventlet, runs a thread's event loop.
EVENT_LOOPS = ("/gevent/hub.py", "/eventlet/hubs/hub.py")


def in_event_loop(frame: "FrameType") -> bool:
    """Is this stack the event loop's: what its thread was given to do waits in a greenlet meanwhile, whose frames are elsewhere."""
    outer: "Optional[FrameType]" = frame
    while outer is not None:
        frame, outer = outer, outer.f_back
    return frame.f_code.co_filename.endswith(EVENT_LOOPS)


def application_frame(frames: "Sequence[Tuple[str, int, str]]", roots: "Sequence[str]") -> "Optional[Tuple[str, int, str]]":
    """The innermost frame in one of the folders; installed packages inside them do not count."""
    for frame in frames:
        file = frame[0]
        for root in roots:
            if file.startswith(root) and "/site-packages/" not in file[len(root) :] and not file.startswith(HERE):
                return frame
    return None


class RequestInterrupted(BaseException):
    """Raised in the thread of a request that somebody has asked wsgideck to end. Like mod_wsgi's own RequestTimeout no Exception: code that
    catches everything in order to try again must not swallow it."""

    __module__ = "wsgideck"

    def __str__(self) -> str:
        return "this request was ended by hand, through wsgideck"


def set_aside(deck: "Any") -> None:
    """In a process with a memory limit: loads what writes a traceback, and sets memory aside that the handler frees at a MemoryError.

    Without, Python 3.13 cannot name the line at which the memory ran out: its first traceback needs some MiB.
    """
    from resource import RLIM_INFINITY, RLIMIT_AS, RLIMIT_DATA, getrlimit

    if deck.reserve is not None or getrlimit(RLIMIT_DATA)[0] == getrlimit(RLIMIT_AS)[0] == RLIM_INFINITY:
        return
    try:
        import linecache  # noqa: F401
        import traceback  # noqa: F401

        # Pages that nobody touches: they count against the limit, and take no memory.
        deck.reserve = bytes(RESERVE)
    except MemoryError:
        return


class Agent:
    """The conversation with the supervisor. Everything but `stopping` happens on its own thread."""

    def __init__(self, deck: "Any", mod_wsgi: "ModuleType", fault_signal: "Optional[int]") -> None:
        self.deck = deck
        self.mod_wsgi: "Any" = mod_wsgi
        self.fault_signal = fault_signal
        self.roots: "List[str]" = []
        settings = getattr(deck, "settings", None)
        if settings:
            self.set_roots([settings["working_directory"]])
        self.socket: "Any" = None
        self.lock = allocate_lock()
        self.ident = 0
        self.sent_load: "Any" = None
        self.sent_files: "set[str]" = set()
        self.wake_read, self.wake_write = os.pipe()
        os.set_blocking(self.wake_read, False)
        os.set_blocking(self.wake_write, False)
        deck.wake = self.wake

    # Called by request threads, and from the thread on which mod_wsgi stops the process.

    def wake(self) -> None:
        """Tells the agent's thread that there is something to take."""
        try:
            write(self.wake_write, b".")
        except OSError:
            return

    def stopping(self, event: str, **data: "Any") -> None:
        """mod_wsgi's word that this process is about to stop: says so, with the requests and stacks of this moment, before it goes."""
        try:
            message = self.snapshot(stacks=True)
            message.update(type="stopping", reason=str(data.get("shutdown_reason", "")), at=time.time())
            self.send(message)
        except Exception:
            return

    def forked(self) -> None:
        """A child of the application must not hold the connection open."""
        sock, self.socket = self.socket, None
        if sock is not None:
            sock.close()

    # The agent's own thread.

    def run(self) -> None:
        """Connects, serves, and starts again, for as long as the process lives."""
        self.ident = get_ident()
        wait = RETRY_FIRST
        while True:
            began = time.monotonic()
            try:
                set_aside(self.deck)
                if self.connect():
                    self.serve()
                    if self.deck.slot is not None:
                        self.deck.slot.release()
                elif self.deck.slot is not None:
                    self.deck.slot.alone()
            except Exception:
                pass
            self.disconnect()
            # A supervisor that hangs up on us at once is not to be pestered either.
            if time.monotonic() - began > RETRY_MAX:
                wait = RETRY_FIRST
            sleep(wait)
            wait = min(wait * 2, RETRY_MAX)

    def connect(self) -> bool:
        """One attempt. The C module is used directly: `socket` brings enums whose import costs milliseconds."""
        import _socket

        sock = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        sock.settimeout(SEND_TIMEOUT)
        try:
            sock.connect(os.path.join(HERE, "agent.sock"))
        except OSError:
            sock.close()
            return False
        self.socket = sock
        return self.send(self.hello())

    def disconnect(self) -> None:
        sock, self.socket = self.socket, None
        if sock is not None:
            sock.close()

    def hello(self) -> "Message":
        self.sent_load = self.deck.load
        self.sent_files = set()
        slot = self.deck.slot
        return {
            "type": "hello",
            "v": VERSION,
            "pid": os.getpid(),
            "python": "%d.%d.%d" % sys.version_info[:3],
            "mod_wsgi": list(self.mod_wsgi.version),
            "group": self.mod_wsgi.process_group,
            "app_group": self.mod_wsgi.application_group,
            "threads": self.mod_wsgi.threads_per_process,
            "fault_signal": self.fault_signal,
            "load": self.sent_load,
            "idle": slot is not None and slot.idle,
        }

    def serve(self) -> None:
        """Until the connection ends. Wakes up only for a question or an exception."""
        from select import POLLIN

        sock = self.socket
        poller = poll()
        poller.register(sock, POLLIN)
        poller.register(self.wake_read, POLLIN)
        buffer = b""
        rest = 0.0
        waiting = True
        while self.socket is sock:
            if waiting and time.monotonic() >= rest:
                waiting = False
                self.send_pending()
                # An application that does nothing but raise is to cost us little: the handler drops what does not fit meanwhile.
                rest = time.monotonic() + EXCEPTION_PAUSE
            pause = max(1, int((rest - time.monotonic()) * 1000)) if waiting else None
            ready = [descriptor for descriptor, _ in poller.poll(pause)]
            if not waiting and time.monotonic() >= rest + RESERVE_PAUSE:
                set_aside(self.deck)
            if self.wake_read in ready:
                read(self.wake_read, 4096)
                waiting = True
            if sock.fileno() in ready:
                data = sock.recv(65536)
                if not data or len(buffer) > 65536:
                    return
                *lines, buffer = (buffer + data).split(b"\n")
                for line in lines:
                    self.answer(line)

    def send_pending(self) -> None:
        """Passes on the exceptions that request threads have left, then how loading went, when that changed."""
        load = self.deck.load
        pending = self.deck.pending
        taken = pending[:]
        del pending[: len(taken)]
        for entry in taken:
            self.send(self.exception(*entry))
        if load is not self.sent_load:
            self.sent_load = load
            self.send({"type": "load", "load": load})

    def exception(self, at: float, ident: int, record: "Optional[Record]", title: str, summary: "Any") -> "Message":
        """The message for one exception. `summary` is a TracebackException; source lines are read here, on our own thread."""
        lines = "".join(summary.format()).splitlines()
        if len(lines) > MAX_TRACEBACK_LINES:
            half = MAX_TRACEBACK_LINES // 2
            lines[half:-half] = ["  ... %d lines left out ..." % (len(lines) - 2 * half)]
        frames = [(frame.filename, frame.lineno or 0, frame.name) for frame in reversed(summary.stack)]
        where = application_frame(frames, self.roots) or (frames[0] if frames else ("", 0, ""))
        # A syntax error has no frame in the file that it is about.
        if getattr(summary, "lineno", None) and getattr(summary, "filename", None):
            where = (str(summary.filename), int(summary.lineno), "")
        message: "Message" = {
            "type": "exception",
            "ident": str(ident),
            "method": "",
            "url": "",
            "at": at,
            "title": title[:300],
            "traceback": [line[:500] for line in lines],
            "file": where[0],
            "line": where[1],
        }
        if record is not None:
            message.update(id=record[0], method=readable(record[1], 32), url=readable(record[2]))
        return message

    def answer(self, line: bytes) -> None:
        """One question of the supervisor; what is not understood is passed over."""
        from json import loads

        question = loads(line)
        kind = question.get("type")
        if kind == "roots":
            self.set_roots(question.get("roots", []))
        elif kind == "files":
            self.send_files(question.get("id"))
        elif kind in ("load", "release", "hold") and self.deck.slot is not None:
            getattr(self.deck.slot, kind)()
        elif kind == "interrupt":
            self.send(dict(self.interrupt(question.get("request")), type="interrupted", id=question.get("id")))
        elif kind == "sample":
            began = time.thread_time()
            message = self.snapshot(
                requests=bool(question.get("requests")), stacks=bool(question.get("stacks")), at=bool(question.get("at"))
            )
            if question.get("metrics"):
                message["metrics"] = self.metrics()
            message["background"] = self.background()
            message.update(type="sample", id=question.get("id"), at=time.time(), cost_us=round((time.thread_time() - began) * 1e6))
            # An answer that cannot be sent is never asked for again: begin anew instead.
            if not self.send(message):
                self.hang_up()

    def send_files(self, number: "Any") -> None:
        """The files of imported modules that have not been named before, without Python's own and ours."""
        library = os.path.join(os.path.dirname(os.__file__), "")
        handler = os.path.join(os.path.dirname(HERE), "handler.wsgi")
        found: "List[str]" = []
        for module in list(sys.modules.values()):
            # Not getattr: a lazy module would begin to load.
            file = getattr(module, "__dict__", {}).get("__file__")
            if not isinstance(file, str) or file in self.sent_files or file.startswith(HERE) or file == handler:
                continue
            self.sent_files.add(file)
            rest = file[len(library) :] if file.startswith(library) else ""
            if not rest or rest.startswith(("site-packages/", "dist-packages/")):
                found.append(os.path.abspath(file)[:4096])
        while True:
            part, found = found[:MAX_FILES], found[MAX_FILES:]
            # Each file is named once, so an answer that is lost would be lost for good: begin anew instead.
            if not self.send({"type": "files", "id": number, "files": part, "more": bool(found)}):
                self.hang_up()
                return
            if not found:
                return

    def interrupt(self, request: "Any") -> "Message":
        """Raises RequestInterrupted in the thread that serves this request, as soon as it runs Python code. Only on an explicit command.

        The exception belongs to the thread, not to the request: without Python frames the thread's next request would get it, and when the
        request has ended meanwhile it is taken back.
        """
        try:
            from ctypes import c_ulong, py_object, pythonapi
        except ImportError:
            return {"done": False, "why": "this Python has no ctypes, which it takes"}
        live, active, raise_in = self.deck.live, self.mod_wsgi.active_requests, pythonapi.PyThreadState_SetAsyncExc
        raise_in.argtypes = (c_ulong, py_object)
        found = [(ident, record) for ident, record in list(live.items()) if record[0] == request]
        if not found or request not in active:
            return {"done": False, "why": "it is over"}
        ident, record = found[0]
        frame = sys._current_frames().get(ident)
        if frame is None:
            return {"done": False, "why": "it runs no Python code now: mod_wsgi sends its response, or reads what the client sends"}
        if in_event_loop(frame):
            return {"done": False, "why": "it waits in a greenlet: the exception would end the event loop of its thread instead"}
        frames = frames_of(frame)
        del frame
        number, kind, nothing = c_ulong(ident), py_object(RequestInterrupted), py_object()
        # From this line on no other thread runs, unless ours loses the interpreter in these few instructions: hence the second look.
        hit = live.get(ident) is record and request in active and raise_in(number, kind)
        if hit and not (live.get(ident) is record and request in active):
            raise_in(number, nothing)
            hit = 0
        if not hit:
            return {"done": False, "why": "it is over"}
        return {"done": True, "at": application_frame(frames, self.roots) or frames[0]}

    def set_roots(self, roots: "Iterable[Any]") -> None:
        self.roots = [os.path.join(root, "") for root in roots if isinstance(root, str) and root]

    def snapshot(self, requests: bool = True, stacks: bool = False, at: bool = False) -> "Message":
        """What the process is doing now: the notes whose request mod_wsgi still counts as active, joined with stacks by thread."""
        active = self.mod_wsgi.active_requests
        frames = sys._current_frames() if stacks or at else {}
        busy = [(ident, record) for ident, record in list(self.deck.live.items()) if record[0] in active]
        # Oldest first: those are the ones that a person looks for, should there be too many.
        busy.sort(key=lambda item: item[1][3])
        if frames and self.deck.greenlets:
            self.resolve_greenlets(frames, busy)
        message: "Message" = {"busy": len(active), "threads": self.mod_wsgi.threads_per_process, "requests": [], "more": 0}
        if requests:
            message["requests"] = [self.request(ident, record, frames.get(ident) if at else None) for ident, record in busy[:MAX_REQUESTS]]
            message["more"] = max(0, len(active) - len(message["requests"]))
        if stacks:
            message["stacks"] = self.stacks(frames, [ident for ident, _ in busy])
        return message

    def resolve_greenlets(self, frames: "Dict[int, FrameType]", busy: "Iterable[Tuple[int, Record]]") -> None:
        """Where a request waits in a greenlet, puts that one's frame in the place of the event loop's, which its thread executes."""
        for ident, _ in busy:
            frame = frames.get(ident)
            if frame is not None and in_event_loop(frame):
                own_frame = getattr(self.deck.greenlets.get(ident), "gr_frame", None)
                if own_frame is not None:
                    frames[ident] = own_frame

    def request(self, ident: int, record: "Record", frame: "Optional[FrameType]") -> "Message":
        found: "Message" = {
            "id": record[0],
            "ident": str(ident),
            "method": readable(record[1], 32),
            "url": readable(record[2]),
            "start": record[3],
            "client": readable(record[4], 64),
        }
        if isinstance(record[5], int):
            found["worker"] = record[5]
        # Its thread may have taken another request meanwhile: the count is the one of this record.
        walked = self.deck.pieces.get(ident)
        if walked is not None and walked[0] is record:
            found["pieces"] = walked[1][0]
        queue = queue_seconds(record)
        if queue is not None:
            found["queue"] = queue
        if frame is not None:
            where = application_frame(frames_of(frame), self.roots)
            if where is not None:
                found["at"] = where
        return found

    def stacks(self, frames: "Dict[int, FrameType]", first: "List[int]") -> "List[Message]":
        """All threads but our own, those that serve a request first."""
        threading: "Any" = sys.modules.get("threading")
        names: "Dict[int, Any]" = dict(getattr(threading, "_active", {}))
        own = (self.ident, get_ident())
        order = first + [ident for ident in frames if ident not in first and ident not in own]
        found: "List[Message]" = []
        for ident in order[:MAX_THREADS]:
            if ident not in frames:
                continue
            stack: "Message" = {"ident": str(ident), "frames": frames_of(frames[ident])}
            if ident in names:
                stack["name"], number = thread_facts(names[ident])
                if number:
                    stack["tid"] = number
            found.append(stack)
        return found

    def background(self) -> "List[Tuple[str, int, str]]":
        """(ident, kernel's thread id, name) of the application's own threads: one of them may be who holds the interpreter."""
        threading: "Any" = sys.modules.get("threading")
        threads = list(getattr(threading, "_active", {}).items())[:MAX_BACKGROUND]
        live = self.deck.live
        found = [(ident, thread_facts(thread)) for ident, thread in threads if ident not in live]
        return [(str(ident), number, name) for ident, (name, number) in found]

    def metrics(self) -> "Message":
        """mod_wsgi's own figures; {} where this version or configuration has none."""
        found: "Message" = {}
        for name in ("request_metrics", "process_metrics"):
            try:
                values = getattr(self.mod_wsgi, name)()
                if values:
                    found[name] = values
            except Exception:
                continue
        return found

    def send(self, message: "Message") -> bool:
        """Writes one line within SEND_TIMEOUT. A full connection drops the message; one that broke in the middle of a line is ended."""
        data = encode(message)
        if not self.lock.acquire(timeout=SEND_TIMEOUT):
            return False
        sent = 0
        sock = self.socket
        try:
            if sock is None:
                return False
            deadline = time.monotonic() + SEND_TIMEOUT
            while sent < len(data):
                if time.monotonic() > deadline:
                    raise OSError("the supervisor does not read")
                sent += sock.send(data[sent:])
            return True
        except OSError:
            if sent:
                self.hang_up()
            return False
        finally:
            self.lock.release()

    def hang_up(self) -> None:
        """Ends the connection from any thread. Not close(): our thread sleeps on this descriptor and must wake up to an end of file."""
        from _socket import SHUT_RDWR

        try:
            if self.socket is not None:
                self.socket.shutdown(SHUT_RDWR)
        except OSError:
            return

    def bye(self) -> None:
        """Best effort at interpreter exit."""
        self.send({"type": "bye"})


def encode(message: "Message") -> bytes:
    """One line of the protocol; what makes it too long is left out, the deepest and latest first. Empty when nothing helps."""
    from json import dumps

    for threads, depth, requests in ((MAX_THREADS, MAX_FRAMES, MAX_REQUESTS), (MAX_THREADS, 20, 100), (40, 12, 40), (0, 0, 10)):
        line = dumps(message, separators=(",", ":"), default=str).encode("ascii") + b"\n"
        if len(line) <= MAX_LINE:
            return line
        stacks, listed = message.get("stacks", []), message.get("requests", [])
        message["stacks"] = [dict(stack, frames=stack["frames"][:depth]) for stack in stacks[:threads]]
        message["more"] = message.get("more", 0) + len(listed[requests:])
        message["requests"] = listed[:requests]
        message.pop("metrics", None)
    return b""
