"""Serves the application inside Apache and remembers, per thread, which request it is on.

Contract with the generated ROOT/handler.wsgi, which consists of exactly this:

    from _frozen_importlib_external import SourceFileLoader
    SETTINGS = {...}
    LOADER = SourceFileLoader('handler', PATH)                      # PATH = ROOT/wsgideck/handler.py
    LOADER.set_data = lambda *_, **__: None                         # nothing is written beside the source
    exec(LOADER.get_code('handler'))                                # or from the source where that fails, as in agent.py

SETTINGS (all paths absolute; keys marked * may be left out)
    application_type   'script' (a file, whatever its name), 'module' (a dotted name), 'paste' (a PasteDeploy configuration) or
                       'static' (no application: whatever is no file is answered with 404)
    script             the file, or the dotted module name; not looked at for 'static'
    callable_object    name of the WSGI callable in it, normally 'application'; also NAME.ATTRIBUTE, or NAME(ARGUMENTS) of a factory
    python *           path of the interpreter, for messages
    mount_point        URL prefix of the application, '/' for none
    working_directory  put first on sys.path unless already there; also the first folder that counts as the application's own
    reload_scripts     True: a changed script makes mod_wsgi restart the daemon process at the next request
    run_directory      ROOT/wsgideck/run: 0700, owned by the user the daemons run as
    threads *          worker threads of one process (default: mod_wsgi.threads_per_process)
    environment *      {name: value} put into os.environ before the application is loaded
    browser_reload *   file that names the live code: pages load again when it changes (browser_reload.py)
    debugger *         True: what a request raises opens pdb on standard input (debug mode only)
    debugger_startup * True, with debugger: stops before the application is loaded
    profiler_directory *, coverage_directory *, recorder_directory *
                       folders that the user of the process can write to; each switches its tool on (wsgideck_tools/, beside this file)

agent.py and handler.py lie in the same folder (ROOT/wsgideck/); the socket is agent.sock beside them. Load order: handler.wsgi first
(WSGIImportScript), agent.py after it, both in the same process group and application group.
A load that fails raises out of handler.wsgi: mod_wsgi logs it, answers 500 and tries again at the next request.
"""

# Only what mod_wsgi has loaded already: every further import here delays the first response.
import os
import sys
import time
from _thread import get_ident

TYPE_CHECKING = False
if TYPE_CHECKING:
    from traceback import TracebackException
    from types import ModuleType
    from typing import Any, Callable, Dict, Iterable, Iterator, Optional, Tuple

    Environ = Dict[str, Any]
    StartResponse = Callable[..., Any]
    Application = Callable[[Environ, StartResponse], Iterable[bytes]]

    SETTINGS: Dict[str, Any] = {}

    class Deck(ModuleType):
        """See shared_state()."""

        live: Dict[int, Tuple[Any, ...]]
        pieces: Dict[int, Tuple[Tuple[Any, ...], list[int]]]
        greenlets: Dict[int, Any]
        note: Optional[Callable[[int, Tuple[Any, ...]], None]]
        load: Optional[Dict[str, Any]]
        pending: list[Tuple[float, int, Optional[Tuple[Any, ...]], str, TracebackException]]
        wake: Optional[Callable[[], None]]
        settings: Dict[str, Any]
        tools: Dict[str, Any]
        slot: Any
        reserve: Optional[bytes]


# Exceptions waiting for the agent; further ones are dropped until it has taken these.
MAX_PENDING = 16


def shared_state() -> "Deck":
    """The meeting point of handler and agent, which mod_wsgi loads as unrelated modules. Survives a failed load of the handler.

    live: thread ident -> (request id, method, url, start, client, worker, queue start, daemon start), what the thread took *last*
    pieces: thread ident -> (record, [pieces passed on so far]), while that thread walks through a response
    greenlets: thread ident -> the greenlet in which that thread took its last request, where the application uses gevent or eventlet
    note: the agent's function (ident, record) that copies a record into PID.slots, or None
    load: outcome of loading the application, as in the protocol's `hello`
    pending, wake: exceptions for the agent to take (time, ident, record, title, summary), and the function that tells it so (or None)
    settings: SETTINGS; absent means that another handler serves the application
    tools: what start_tools() has started in this process, absent while it has not
    slot: with reload by swap, what decides when this process loads (slot.py); else None
    reserve: memory that the agent has set aside in a process with a memory limit, for the report of a MemoryError; else None
    """
    deck: "Any" = sys.modules.get("_wsgideck")
    if deck is None:
        deck = type(sys)("_wsgideck", "What wsgideck's handler and agent share.")
        deck.__dict__.update(live={}, pieces={}, greenlets={}, note=None, load=None, pending=[], wake=None, slot=None, reserve=None)
        sys.modules["_wsgideck"] = deck
    return deck  # type: ignore[no-any-return]


def report_exception(deck: "Deck", record: "Optional[Tuple[Any, ...]]", skip: int) -> None:
    """Hands the exception being handled to the agent, as text-only data so that no frame is kept alive. Never raises.

    skip: frames of our own at the outer end of the traceback.
    """
    try:
        kind, value, trace = sys.exc_info()
        if kind is not None and issubclass(kind, MemoryError):
            # For mod_wsgi's traceback in the error log, too, which is written after this.
            deck.reserve = None
        if len(deck.pending) >= MAX_PENDING:
            return
        from traceback import TracebackException as Summary

        while skip and trace is not None and trace.tb_next is not None:
            trace, skip = trace.tb_next, skip - 1
        if kind is None or value is None:
            return
        title = "%s: %s" % (kind.__name__, value)
        deck.pending.append((time.time(), get_ident(), record, title, Summary(kind, value, trace, lookup_lines=False)))
        if deck.wake is not None:
            deck.wake()
    except Exception:
        return


def load_script(path: str) -> "ModuleType":
    """Runs a script file as the module `__wsgi__`, the name that mod_wsgi-express gives it.

    It is registered before it runs: dataclasses and pickle look modules up.
    """
    with open(path, "rb") as file:
        code = compile(file.read(), path, "exec", dont_inherit=True)
    module = type(sys)("__wsgi__")
    module.__file__ = path
    sys.modules["__wsgi__"] = module
    exec(code, module.__dict__)
    return module


def load_module(name: str, again: bool) -> "ModuleType":
    """Imports a dotted module. `again`: an earlier attempt failed, so files may have come up that the import system does not know of."""
    if again:
        import importlib

        importlib.invalidate_caches()
    __import__(name)
    return sys.modules[name]


def find_callable(module: "ModuleType", name: str, entry: str, settings: "Dict[str, Any]") -> "Optional[Application]":
    """The WSGI application that a module has under this name, None when there is none. What is not plainly one is looked at closer."""
    found = getattr(module, name, None)
    if found is None and not name.isidentifier():
        found = our_module("wsgi_callable").evaluate(module, name)
    if found is None or is_plain(found):
        return found
    return our_module("wsgi_callable").as_wsgi(found, "%s:%s" % (entry, name), settings.get("python"))  # type: ignore[no-any-return]


def is_plain(found: "Any") -> bool:
    """Is it certainly called with two arguments: a function that has two, or an object whose class says so. Tells without an import."""
    code, count = getattr(found, "__code__", None), 2
    if code is None:
        found = getattr(type(found), "__call__", None)  # noqa: B004
        code, count = getattr(found, "__code__", None), 3
    # The flags of coroutines, and of asynchronous generators.
    return code is not None and code.co_argcount == count and not code.co_flags & 0x280 and not getattr(found, "__defaults__", None)


def nothing_here(environ: "Environ", start_response: "StartResponse") -> "Iterable[bytes]":
    """The application of a server that has none: Apache has looked for a file before it asks."""
    body = b"Not Found\n"
    start_response("404 Not Found", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def modified(path: "Optional[str]") -> "Optional[int]":
    """Modification time in nanoseconds, None when there is no such file."""
    try:
        return os.stat(path).st_mtime_ns if path else None
    except OSError:
        return None


def load_application(settings: "Dict[str, Any]", deck: "Deck") -> "Tuple[Application, Optional[str], Optional[int]]":
    """Loads the application.

    Returns the callable, the file whose change asks for a reload, and that file's modification time before it was read.
    Raises whatever the application raises, after telling the agent.
    """
    os.environ.update(settings.get("environment") or {})
    folder = settings["working_directory"]
    if folder and folder not in sys.path:
        sys.path.insert(0, folder)
    entry, name = settings["script"], settings["callable_object"]
    began = time.time()
    kind = settings["application_type"]
    application: "Optional[Application]"
    try:
        if kind == "module":
            module = load_module(entry, again=deck.load is not None)
            file = getattr(module, "__file__", None)
            before = modified(file)
            application = find_callable(module, name, entry, settings)
        elif kind == "script":
            file, before = entry, modified(entry)
            application = find_callable(load_script(entry), name, os.path.basename(entry), settings)
        elif kind == "paste":
            file, before = entry, modified(entry)
            application = our_module("wsgideck_tools.paste_application").load_application(entry)
        else:
            file, before, application = None, None, nothing_here
        if application is None:
            raise AttributeError("%s has no callable named %r" % (entry, name))
        if deck.slot is not None:
            deck.slot.complete()
    except BaseException as error:
        if kind == "script":
            sys.modules.pop("__wsgi__", None)
        text = "%s: %s" % (type(error).__name__, error)
        failed = {"ok": False, "ms": (time.time() - began) * 1000, "error": text[:500]}
        if deck.slot is not None:
            deck.slot.examine(failed, began)
        # The exception first: whoever hears that loading failed knows why by then.
        report_exception(deck, None, skip=2)
        deck.load = failed
        if deck.wake is not None:
            deck.wake()
        raise
    load = {"ok": True, "ms": (time.time() - began) * 1000}
    if deck.slot is not None:
        deck.slot.examine(load, began)
    deck.load = load
    if deck.wake is not None:
        deck.wake()
    return application, file, before


class Guarded:
    """An iterable response that reports what it raises, and counts its pieces: one that makes progress is not stuck.

    Apart from that mod_wsgi sees no difference: it only iterates and closes.
    """

    __slots__ = ("close", "deck", "record", "result")

    def __init__(self, result: "Iterable[bytes]", deck: "Deck", record: "Tuple[Any, ...]") -> None:
        self.result = result
        self.deck = deck
        self.record = record
        close = getattr(result, "close", None)
        if close is not None:
            self.close = close

    def __iter__(self) -> "Iterator[bytes]":
        passed = [0]
        pieces = self.deck.pieces
        ident = get_ident()
        pieces[ident] = mine = (self.record, passed)
        try:
            for piece in self.result:
                yield piece
                passed[0] += 1
        except GeneratorExit:
            raise
        except BaseException:
            report_exception(self.deck, self.record, skip=1)
            raise
        finally:
            # An iterator that was left in the middle ends when nobody holds it any more: its thread may be at something else.
            if pieces.get(ident) is mine:
                del pieces[ident]


def make_handler(
    application: "Application", mount_point: str, deck: "Deck", file_wrapper: "Optional[type]"
) -> "Callable[[Environ, StartResponse], Iterable[bytes]]":
    """The function that mod_wsgi calls for each request. Everything it needs is a local: it runs within 2 microseconds."""
    live = deck.live
    mount = "" if mount_point == "/" else mount_point.rstrip("/")
    now = time.time
    # mod_wsgi recognises its own wrapper by type; of the others, these cannot raise while they are walked through.
    plain = (list, tuple, bytes, file_wrapper)

    def handle_request(environ: "Environ", start_response: "StartResponse") -> "Iterable[bytes]":
        ident = get_ident()
        get = environ.get
        record = (
            get("mod_wsgi.request_id"),
            get("REQUEST_METHOD"),
            get("REQUEST_URI"),
            now(),
            get("REMOTE_ADDR"),
            get("mod_wsgi.thread_id"),
            get("mod_wsgi.queue_start"),
            get("mod_wsgi.daemon_start"),
        )
        live[ident] = record
        note = deck.note
        if note is not None:
            note(ident, record)

        # The rewrite to a handler makes Apache take the first path component for the script: put it back where it belongs.
        if "mod_wsgi.mount_point" in environ:
            # A trusted proxy has set SCRIPT_NAME: it stays, and ours is in the other variable.
            path = environ["mod_wsgi.script_name"] + environ["PATH_INFO"]
            environ["PATH_INFO"] = path[len(mount) :] if below(path, mount) else path
        else:
            path = environ["SCRIPT_NAME"] + environ["PATH_INFO"]
            if mount and below(path, mount):
                environ["SCRIPT_NAME"] = mount
                environ["PATH_INFO"] = path[len(mount) :]
            else:
                environ["SCRIPT_NAME"] = ""
                environ["PATH_INFO"] = path

        try:
            result = application(environ, start_response)
        except BaseException:
            report_exception(deck, record, skip=1)
            raise
        # Sequences stay what they are too: mod_wsgi looks at their length.
        if type(result) in plain or hasattr(result, "__len__"):
            return result
        return Guarded(result, deck, record)

    return handle_request


def note_greenlets(handle: "Application", deck: "Deck") -> "Application":
    """`handle`, which notes the greenlet that each request runs in: while it waits, the thread's stack is that of the event loop."""
    load_event_loop()
    getcurrent = sys.modules["greenlet"].getcurrent
    greenlets = deck.greenlets
    ident = get_ident

    def handle_request(environ: "Environ", start_response: "StartResponse") -> "Iterable[bytes]":
        greenlets[ident()] = getcurrent()
        return handle(environ, start_response)

    return handle_request


def load_event_loop() -> None:
    """Imports what gevent imports when a thread waits for the first time, while no other thread runs.

    The locks that imports take are gevent's too: two threads whose first waits meet wait for ever (seen with gevent 26.9 in 3 of 8 starts
    with two first requests at once).
    """
    try:
        config = sys.modules["gevent._config"].config
        for name in ("loop", "format_context", "threadpool", "resolver"):
            getattr(config, name)
    except Exception:
        return


def below(path: str, mount: str) -> bool:
    """Is this URL path the mount point itself or under it (`/app` is not a prefix of `/apple`)."""
    return path.startswith(mount) and path[len(mount) : len(mount) + 1] in ("", "/")


def make_reload_check(file: "Optional[str]", before: "Optional[int]") -> "Callable[[str], bool]":
    """The function that mod_wsgi asks before each request; True makes it replace the daemon process and repeat the request there.

    Under load the file is looked at a hundred times a second, not at each request: a look costs as much as all the rest of this file.
    """
    now = time.monotonic
    due = 0.0

    def reload_required(resource: str) -> bool:
        nonlocal due
        at = now()
        if at < due:
            return False
        if modified(file) != before:
            return True
        due = at + 0.01
        return False

    return reload_required


def our_module(name: str) -> "Any":
    """Imports from the folder of this file, which is not left on sys.path."""
    # The name that this file was compiled with: whoever executes it has another one.
    folder = os.path.dirname(our_module.__code__.co_filename)
    sys.path.insert(0, folder)
    try:
        __import__(name)
    finally:
        sys.path.remove(folder)
    return sys.modules[name]


# A process loads this file again when its first load has failed: by then gevent or eventlet may have put theirs in its place, which numbers
# greenlets, not threads.
if not isinstance(get_ident, type(len)):
    get_ident = our_module("wsgideck_originals").original("_thread", "get_ident") or get_ident

# Settings that switch on what lies in wsgideck_tools/.
SWITCHES = ("debugger", "profiler_directory", "coverage_directory", "recorder_directory")


def start_tools(settings: "Dict[str, Any]", deck: "Deck") -> "Optional[Any]":
    """Starts what the settings ask for; None when they ask for nothing, which then costs nothing. Raises RuntimeError in one line."""
    if not any(map(settings.get, SWITCHES)):
        return None
    start = our_module("wsgideck_tools").start_tools
    try:
        return start(settings, deck.__dict__.setdefault("tools", {}))
    except BaseException as error:
        deck.load = {"ok": False, "ms": 0.0, "error": ("%s: %s" % (type(error).__name__, error))[:500]}
        report_exception(deck, None, skip=1)
        raise


def main(settings: "Dict[str, Any]") -> "Dict[str, Any]":
    """Loads the application, at once or when its slot is told to; returns what mod_wsgi looks for in a handler script."""
    deck = shared_state()
    deck.settings = settings
    if deck.slot is not None:
        return deck.slot.serve(settings, deck, prepare)  # type: ignore[no-any-return]
    return prepare(settings, deck)


def prepare(settings: "Dict[str, Any]", deck: "Deck") -> "Dict[str, Any]":
    """Loads the application; returns the functions that mod_wsgi is to call."""
    tools = start_tools(settings, deck)
    if tools is None:
        application, file, before = load_application(settings, deck)
    else:
        application, file, before = tools.call(load_application, settings, deck)
    mod_wsgi = sys.modules.get("mod_wsgi")
    handle = make_handler(application, settings["mount_point"], deck, getattr(mod_wsgi, "FileWrapper", None))
    if hasattr(sys.modules.get("greenlet"), "getcurrent") and ("gevent" in sys.modules or "eventlet" in sys.modules):
        handle = note_greenlets(handle, deck)
    if settings.get("browser_reload"):
        handle = our_module("browser_reload").wrap(handle, settings["browser_reload"])
    exports: "Dict[str, Any]" = {"handle_request": handle if tools is None else tools.wrap(handle)}
    if settings["reload_scripts"]:
        exports["reload_required"] = make_reload_check(file, before)
    return exports


if "SETTINGS" in globals():
    globals().update(main(SETTINGS))
