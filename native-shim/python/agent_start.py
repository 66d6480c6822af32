"""Answers the supervisor's questions from inside a daemon process. See docs/agent-protocol.md.

Run by agent.py in the application's own interpreter, before the worker threads start, in agent.py's namespace: HERE (its folder) and load()
are there. agent.sock and agent_main.py lie in that folder, the files of this process go to run/. Standard library only, Python 3.8 to 3.14.

It may cost the application nothing: no callback per request where our handler serves (the handler leaves its notes in the module
`_wsgideck`), one sleeping thread, no imports before the process serves. It may never raise into the application, block it, or keep its
objects alive.

This part prepares what must be there before the first request, in case that one kills the process. The conversation itself is
agent_main.py: compiling it takes longer than all of this, so the agent's own thread does that once the process serves.
"""

import atexit
import faulthandler
import mmap
import os
import struct
import sys
from _thread import get_native_id

# Not os.open: eventlet replaces that.
from posix import open as open_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Callable, Dict, Optional, Tuple

    Record = Tuple[Any, ...]

    HERE = ""

    def load(name: str, scope: Dict[str, Any]) -> Dict[str, Any]: ...


def own(module: str, name: str) -> "Any":
    """A function of a C module as Python made it, whatever the application has put in its place.

    Raises LookupError where that cannot be had: what waits in the agent's thread must not depend on anybody's event loop.
    """
    found: "Any" = getattr(__import__(module), name, None)
    if type(found) is not type(len):
        found = load("wsgideck_originals", {"__name__": "wsgideck_originals"})["original"](module, name)
    if found is None:
        raise LookupError("the application has replaced %s.%s" % (module, name))
    return found


def is_patched() -> bool:
    """Has the application put other locks in the place of Python's already."""
    return type(sys.modules["_thread"].__dict__["allocate_lock"]) is not type(len)


# Field 22 of /proc/self/stat is the process' start time: with the pid it names one process for good.
SLOT_SIZE = 512
SLOT_HEADER = struct.Struct("<8sIIQQI28x")
# Where in it the kernel's id of the agent's thread is: does that one wait for the interpreter, when it gives no answer.
AGENT_THREAD = 32
NO_THREAD = 0xFFFFFFFF
SLOT = struct.Struct("<QdIIHHHH")
ROOM = SLOT_SIZE - SLOT.size
MAX_SLOTS = 1024

# What the agent imports later on.
IMPORTS = ("json", "traceback", "tokenize", "select", "_socket")

# Seconds: lets the process answer its first request before we compile and import anything; and before another try, doubled each time.
# On a busy machine agent_main.py, which is written after the launch, may come late: all tries together take six seconds.
SETTLE = 0.1
TRIES = 7


def shared_state() -> "Any":
    """The module in which the handler leaves its notes; made here when another handler serves. Fields: see handler.py."""
    deck: "Any" = sys.modules.get("_wsgideck")
    if deck is None:
        deck = type(sys)("_wsgideck", "What wsgideck's handler and agent share.")
        deck.__dict__.update(live={}, pieces={}, greenlets={}, note=None, load=None, pending=[], wake=None, slot=None, reserve=None)
        sys.modules["_wsgideck"] = deck
    return deck


def start_ticks() -> int:
    """Start time of this process in clock ticks since boot; 0 where there is no /proc."""
    try:
        with open("/proc/self/stat", "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return 0


def create_private(name: str) -> int:
    """Makes run/PID.name anew (a file of an earlier process with this pid is removed) and returns its descriptor. Raises OSError."""
    path = os.path.join(HERE, "run", "%d.%s" % (os.getpid(), name))
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    return open_file(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0), 0o600)


def register_fault_signal() -> "Optional[int]":
    """Makes a real-time signal print all Python stacks to run/PID.fault without the GIL. Returns the signal's number, None without one.

    Fatal errors print there too, unless the application (or PYTHONFAULTHANDLER) wants them elsewhere.
    """
    from signal import SIGRTMIN  # mod_wsgi has loaded it already

    try:
        descriptor = create_private("fault")
        number = int(SIGRTMIN) + 6
        faulthandler.register(number, file=descriptor, all_threads=True, chain=False)
        if not faulthandler.is_enabled():
            faulthandler.enable(file=descriptor, all_threads=True)
        return number
    except (OSError, ValueError, RuntimeError, AttributeError):
        return None


def make_note(count: int) -> "Optional[Tuple[mmap.mmap, Callable[[int, Record], None]]]":
    """Maps run/PID.slots for `count` threads; returns the map, and the function that writes what a thread has just taken.

    None when it cannot. The function runs in every request: about half a microsecond. A slot is written by one copy while the GIL is held.
    """
    count = max(1, min(count, MAX_SLOTS))
    try:
        descriptor = create_private("slots")
        try:
            os.ftruncate(descriptor, SLOT_HEADER.size + count * SLOT_SIZE)
            # On a full disk a page of the map that has no room would end the process by SIGBUS; without slots it serves as well.
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(descriptor, 0, SLOT_HEADER.size + count * SLOT_SIZE)
            view = mmap.mmap(descriptor, SLOT_HEADER.size + count * SLOT_SIZE)
        finally:
            os.close(descriptor)
    except (OSError, ValueError):
        return None
    view[: SLOT_HEADER.size] = SLOT_HEADER.pack(b"WDSLOT1\n", count, SLOT_SIZE, os.getpid(), start_ticks(), 0)
    places: "Dict[int, Tuple[int, int]]" = {}
    pack = SLOT.pack

    def place(ident: int) -> "Tuple[int, int]":
        offset = SLOT_HEADER.size + len(places) * SLOT_SIZE if len(places) < count else -1
        places[ident] = found = (offset, get_native_id())
        return found

    def note(ident: int, record: "Record") -> None:
        try:
            offset, native = places.get(ident) or place(ident)
            if offset < 0:
                return
            request, method, url, start, client, worker = record[:6]
            data = (request + method + url + client).encode("latin-1", "replace")
            if len(data) > ROOM:
                method, url, client = method[:16], url[:360], client[:46]
                data = (request + method + url + client).encode("latin-1", "replace")[:ROOM]
            data = pack(ident, start, native, worker, len(request), len(method), len(url), len(client)) + data
            view[offset : offset + len(data)] = data
        except Exception:
            return

    return view, note


class Boot:
    """Stands in for the agent until there is one: what mod_wsgi and the interpreter are told to call goes through here."""

    def __init__(self, deck: "Any", mod_wsgi: "ModuleType", fault_signal: "Optional[int]") -> None:
        self.deck = deck
        self.mod_wsgi = mod_wsgi
        self.fault_signal = fault_signal
        self.agent: "Any" = None
        self.table: "Optional[mmap.mmap]" = None
        self.sleep: "Any" = None

    def begin(self) -> None:
        """Starts the agent's thread. With reload by swap the application comes later: what that thread uses is taken now."""
        try:
            start_new_thread = own("_thread", "start_new_thread")
            self.sleep = own("time", "sleep")
            start_new_thread(self.run, ())
        except Exception as error:
            self.give_up(error)

    def give_up(self, error: Exception) -> None:
        """There will be no agent in this process: its silence says nothing about the interpreter."""
        self.tell_thread(NO_THREAD)
        complain(error)

    def tell_thread(self, number: int) -> None:
        if self.table is not None:
            struct.pack_into("<I", self.table, AGENT_THREAD, number)

    def run(self) -> None:
        """The agent's thread, for as long as the process lives."""
        self.tell_thread(get_native_id())
        # A process that waits for its code has nothing to answer yet.
        if self.deck.slot is None or self.deck.slot.live:
            self.sleep(SETTLE)
        for left in range(TRIES - 1, -1, -1):
            try:
                self.agent = load_main()["Agent"](self.deck, self.mod_wsgi, self.fault_signal)
                break
            except Exception as error:
                # While gevent replaces the locks, an import that is under way may fail; the file may not be there yet.
                if left == 0:
                    self.give_up(error)
                    return
                self.sleep(SETTLE * 2 ** (TRIES - 1 - left))
        self.agent.run()

    def stopping(self, event: str, **data: "Any") -> None:
        if self.agent is not None:
            self.agent.stopping(event, **data)

    def forked(self) -> None:
        """A child of the application must not write into its parent's slots, nor talk to anybody."""
        self.deck.note = self.deck.wake = self.table = None
        if self.agent is not None:
            self.agent.forked()

    def bye(self) -> None:
        if self.agent is not None:
            self.agent.bye()


def load_main() -> "Dict[str, Any]":
    """What agent_main.py defines."""
    scope = {"__file__": os.path.join(HERE, "agent_main.py"), "__name__": "wsgideck_agent", "HERE": HERE, "own": own}
    return load("agent_main", scope)


def complain(error: Exception) -> None:
    """Seen in the error log; the application is served without us."""
    why = error if isinstance(error, LookupError) else repr(error)
    print("wsgideck: the agent could not start: %s; this process is seen from outside only" % (why,), file=sys.stderr)


def start() -> "Optional[Boot]":
    """Prepares this process and starts the agent's thread; None outside mod_wsgi."""
    mod_wsgi = sys.modules.get("mod_wsgi")
    if mod_wsgi is None:
        return None
    deck = shared_state()
    boot = Boot(deck, mod_wsgi, register_fault_signal())
    made = make_note(mod_wsgi.threads_per_process)
    if made is not None:
        boot.table, deck.note = made
    if is_patched():
        # The locks that imports take are replaced as well: no import of ours may meet one of a request's thread.
        for name in IMPORTS:
            __import__(name)
    if not hasattr(deck, "settings"):
        load_main()["subscribe_requests"](mod_wsgi, deck)
    mod_wsgi.subscribe_shutdown(boot.stopping)
    os.register_at_fork(after_in_child=boot.forked)
    atexit.register(boot.bye)
    boot.begin()
    return boot


try:
    AGENT = start()
except Exception as error:
    complain(error)
