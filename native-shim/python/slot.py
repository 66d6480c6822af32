"""Reload by swap, seen from a daemon process: waits with an interpreter but no application until it is told to load.

Loaded by `WSGIImportScript ROOT/wsgideck/slot.py` as the first script of both process groups, under a supervisor only. agent.py comes next
(its thread talks to the supervisor), handler.wsgi last: it asks the Slot made here whether to load the application or to wait.

The wait and the import happen on the process' main thread, before mod_wsgi starts its worker threads: the application is imported exactly
as at the first start (event loops, thread locals, signal handlers), and no request can reach code that is half there. mod_wsgi does not see
signals meanwhile, so the supervisor lets go of a waiting process before it has Apache stop it.

Which group is live is said by one file, the same one that Apache looks at for each request. Standard library only, Python 3.8 to 3.14.
"""

import os
import sys
import time
from _thread import allocate_lock

# Not those of `os`: eventlet replaces them.
from posix import read, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional

    Exports = Dict[str, Any]

HERE = os.path.dirname(os.path.abspath(__file__))

# Exists while the second group is live; its name ends like that group's.
SWITCH = os.path.join(HERE, "slot.green")
# Seconds without any supervisor, or without a word from it, after which a waiting process gives up waiting.
ALONE = 15.0
# A source saved less than so many seconds ago is not cached: a .pyc knows its source's time in whole seconds only, and would be taken for
# the next save of the same size.
YOUNG = 2.5
# Apache opens its sockets before anything else.
MAX_DESCRIPTOR = 256
# The kernel's clock for files lags by up to a tick, in seconds.
TICK = 0.005
# An empty file this young, in seconds, may be one that an editor is just about to write.
HALF_WRITTEN = 0.15


class Slot:
    """One process of one of the two groups. `idle` says that it has not begun to load; read by the agent's thread."""

    def __init__(self, group: str) -> None:
        self.live = os.path.exists(SWITCH) == group.endswith(":green")
        self.idle = not self.live
        self.released = False
        self.began = time.monotonic()
        self.wake_read, self.wake_write = os.pipe()

    # Called by the agent's thread.

    def load(self) -> None:
        """The supervisor wants the application loaded now."""
        self.wake(b"l")

    def release(self) -> None:
        """Nobody is there any more to say when to load, or Apache is about to stop us: mod_wsgi is to hear signals again."""
        self.idle = False
        self.wake(b"r")

    def hold(self) -> None:
        """Other processes of this group have the application: this one, whose code does not load, is to leave the requests to them."""
        self.wake(b"h")

    def alone(self) -> None:
        """The agent has nobody to talk to."""
        if time.monotonic() - self.began > ALONE:
            self.release()

    def wake(self, word: bytes) -> None:
        try:
            write(self.wake_write, word)
        except OSError:
            return

    # Called by handler.py, on the main thread.

    def serve(self, settings: "Dict[str, Any]", deck: "Any", prepare: "Callable[[Dict[str, Any], Any], Exports]") -> "Exports":
        """What mod_wsgi looks for in a handler script: the application's, or what stands in for one that cannot be loaded."""
        if not self.live:
            self.wait(settings)
        if self.released:
            return later(settings, deck, prepare)
        leave_young_sources_alone()
        # Before the application: gevent and eventlet replace what is in there, even when the rest of it does not load.
        import select

        poller = select.poll()
        poller.register(self.wake_read, select.POLLIN)
        try:
            return prepare(settings, deck)
        except BaseException:
            page = failure_page(settings)
        if (deck.load or {}).get("waits"):
            self.stand_by(poller)
        return {"handle_request": page}

    def complete(self) -> None:
        """Imports what the framework imports at the first request: a mistake there would go live. Raises what that raises."""
        conf, apps = sys.modules.get("django.conf"), sys.modules.get("django.apps")
        if conf is None or apps is None or not apps.apps.ready or not getattr(conf.settings, "ROOT_URLCONF", None):
            return
        __import__("django.urls")
        # All views: Django looks for them when it first resolves a URL.
        getattr(sys.modules["django.urls"].get_resolver(), "url_patterns")  # noqa: B009

    def examine(self, load: "Dict[str, Any]", began: float) -> None:
        """Marks the outcome of a load during which a file was saved: half of the old and half of the new may have been read."""
        if self.live and not load["ok"]:
            load["waits"] = True
        for file in loaded_files():
            try:
                found = os.stat(file)
                if found.st_mtime >= began - (TICK if found.st_size else HALF_WRITTEN):
                    load["torn"] = True
                    return
            except OSError:
                continue

    def stand_by(self, poller: "Any") -> None:
        """The code does not load, in a group that visitors are sent to: until the supervisor says that nobody else can answer them.

        Before its threads have started a process takes no request out of the queue that it shares with the others of its group.

        poller: tells when there is a word for us.
        """
        patience: "Optional[float]" = ALONE * 1000
        while poller.poll(patience) and read(self.wake_read, 1) == b"h":
            patience = None

    def wait(self, settings: "Dict[str, Any]") -> None:
        """Until the supervisor says so; or until a client waits for this very group, which then has to serve him."""
        from select import POLLIN, poll

        poller = poll()
        poller.register(self.wake_read, POLLIN)
        listener = find_listener()
        if listener is not None:
            poller.register(listener, POLLIN)
        ready = [descriptor for descriptor, _ in poller.poll()]
        self.idle = False
        if self.wake_read in ready:
            self.released = read(self.wake_read, 16).startswith(b"r")
        if listener is not None:
            os.close(listener)


def loaded_files() -> "Iterator[str]":
    """The files of the application itself: imported ones, and those of the exception that is being handled, if there is one."""
    library = os.path.join(os.path.dirname(os.__file__), "")
    for module in list(sys.modules.values()):
        file = getattr(module, "__dict__", {}).get("__file__")
        if isinstance(file, str) and "-packages/" not in file and not file.startswith((library, HERE)):
            yield file
    _, error, trace = sys.exc_info()
    if isinstance(error, SyntaxError) and error.filename:
        yield error.filename
    while trace is not None:
        yield trace.tb_frame.f_code.co_filename
        trace = trace.tb_next


def is_socket(descriptor: int) -> bool:
    from stat import S_ISSOCK

    try:
        return S_ISSOCK(os.fstat(descriptor).st_mode)
    except OSError:
        return False


def find_listener() -> "Optional[int]":
    """A copy of the descriptor that this group's requests come in by: its one listening unix socket. None where there is no telling."""
    import _socket

    # By inode: the agent's thread closes sockets meanwhile, whose numbers the copies made here may get.
    found: "Dict[int, int]" = {}
    # Not by /proc/self/fd: a process that was root may not look there.
    for descriptor in [one for one in range(3, MAX_DESCRIPTOR) if is_socket(one)]:
        try:
            sock = _socket.socket(fileno=os.dup(descriptor))
            listens = sock.family == _socket.AF_UNIX and sock.getsockopt(_socket.SOL_SOCKET, _socket.SO_ACCEPTCONN)
        except (OSError, AttributeError):
            continue
        if listens:
            copy = sock.detach()
            if found.setdefault(os.fstat(copy).st_ino, copy) != copy:
                os.close(copy)
        else:
            sock.close()
    if len(found) == 1:
        return found.popitem()[1]
    for descriptor in found.values():
        os.close(descriptor)
    return None


def later(settings: "Dict[str, Any]", deck: "Any", prepare: "Callable[[Dict[str, Any], Any], Exports]") -> "Exports":
    """Loads at the first request, should there be one after all."""
    lock = allocate_lock()
    made: "List[Any]" = []

    def handle_request(environ: "Any", start_response: "Any") -> "Iterable[bytes]":
        with lock:
            if not made:
                made.append(prepare(settings, deck)["handle_request"])
        return made[0](environ, start_response)  # type: ignore[no-any-return]

    return {"handle_request": handle_request}


def leave_young_sources_alone() -> None:
    """Keeps this interpreter from caching the bytecode of a source that may be saved again within the same second."""
    loader: "Any" = sys.modules["_frozen_importlib_external"].SourceFileLoader
    cache = loader.set_data

    def set_data(self: "Any", path: str, data: bytes, **more: "Any") -> None:
        try:
            if abs(time.time() - os.stat(self.path).st_mtime) < YOUNG:
                return
        except OSError:
            pass
        cache(self, path, data, **more)

    loader.set_data = set_data


def failure_page(settings: "Dict[str, Any]") -> "Callable[[Any, Any], Iterable[bytes]]":
    """Answers 500 in place of an application that does not load; the developer, on this very machine, sees why."""
    from traceback import format_exc

    text = format_exc()
    # The error log has it as it would have it from mod_wsgi.
    print(text, file=sys.stderr, end="")
    page = PAGE % (escape(text.rstrip().rpartition("\n")[2]), escape(text))

    def handle_request(environ: "Any", start_response: "Any") -> "Iterable[bytes]":
        body = (page if is_developer(environ) else PLAIN).encode("utf-8", "replace")
        headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
        start_response("500 Internal Server Error", headers)
        return [body]

    return handle_request


# What a proxy says about whom it asks for: then the address of the connection is the proxy's.
FORWARDED = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_X_CLIENT_IP", "HTTP_X_FORWARDED_HOST", "HTTP_VIA")


def is_developer(environ: "Any") -> bool:
    """Does this request come from this machine, and not through a proxy on it."""
    address = environ.get("REMOTE_ADDR", "")
    local = address in ("::1", "::ffff:127.0.0.1") or address.startswith("127.")
    return local and not any(map(environ.get, FORWARDED))


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


PLAIN = """<!DOCTYPE html>
<title>500 Internal Server Error</title>
<h1>Internal Server Error</h1>
"""

PAGE = """<!DOCTYPE html>
<meta charset="utf-8">
<meta http-equiv="refresh" content="1">
<title>The application does not load</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 3em auto; max-width: 60em; padding: 0 1em; color-scheme: light dark }
h1 { font-size: 1.2em; color: #c33 }
pre { overflow: auto; padding: 1em; border: 1px solid #8886; border-radius: 6px }
</style>
<h1>%s</h1>
<p>The application does not load. This page is for this machine only, and goes away by itself when the code loads again.</p>
<pre>%s</pre>
"""


def start() -> None:
    """Makes what handler and agent share, with the slot in it. `settings` is there at once: the agent need not watch requests."""
    mod_wsgi: "Any" = sys.modules.get("mod_wsgi")
    if mod_wsgi is None:
        return
    deck: "Any" = type(sys)("_wsgideck", "What wsgideck's handler and agent share.")
    deck.__dict__.update(live={}, pieces={}, greenlets={}, note=None, load=None, pending=[], wake=None, reserve=None, settings=None)
    deck.slot = Slot(mod_wsgi.process_group)
    sys.modules["_wsgideck"] = deck


start()
