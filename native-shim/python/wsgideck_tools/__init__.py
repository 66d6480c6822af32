"""What the handler can do besides serving: debugger, profiler, coverage, recorder.

Loaded by handler.py only when a setting asks for it. Each tool is a module with `start(settings, state)`; it returns an object with any of

    call(function, *arguments)   runs one step of a request, or the loading of the application, under the tool
    wrap(handle_request)         stands between mod_wsgi and the application for whole requests

`state` is a dictionary that survives a second load of the application in the same process: a tool starts once.
Standard library only, apart from the package that --enable-coverage is about. Python 3.8 to 3.14.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterable, Iterator, List

    Environ = Dict[str, Any]
    Handler = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
    Call = Callable[..., Any]

# Settings that switch a tool on, and its module. The last is the outermost: time at a debugger's prompt is nobody's running time.
TOOLS = (
    ("recorder_directory", "recorder"),
    ("coverage_directory", "coverage"),
    ("profiler_directory", "profiler"),
    ("debugger", "debugger"),
)
SWITCHES = tuple(setting for setting, _ in TOOLS)


def start_tools(settings: "Dict[str, Any]", state: "Dict[str, Any]") -> "Tools":
    """Starts what the settings ask for. Raises RuntimeError in one line when a tool cannot work."""
    from importlib import import_module

    started: "List[Any]" = []
    for setting, name in TOOLS:
        if not settings.get(setting):
            continue
        if name not in state:
            state[name] = import_module("%s.%s" % (__name__, name)).start(settings)
        started.append(state[name])
    return Tools(started)


class Tools:
    """The tools that are on, as one."""

    def __init__(self, started: "List[Any]") -> None:
        self.started = started
        self.calls: "List[Call]" = [one.call for one in started if hasattr(one, "call")]

    def call(self, function: "Call", *arguments: "Any") -> "Any":
        """Runs a function under every tool."""
        run = function
        for outer in self.calls:
            run = bound(outer, run)
        return run(*arguments)

    def wrap(self, handle: "Handler") -> "Handler":
        for one in self.started:
            handle = one.wrap(handle) if hasattr(one, "wrap") else around(one.call, handle)
        return handle


def python_program() -> str:
    """The interpreter's program, for a message: inside Apache sys.executable may name Apache, or nothing."""
    import os
    import sys

    name = "python%d.%d" % sys.version_info[:2]
    candidate = os.path.join(sys.exec_prefix, "bin", name)
    return candidate if os.path.exists(candidate) else name


def bound(outer: "Call", inner: "Call") -> "Call":
    return lambda *arguments: outer(inner, *arguments)


def around(call: "Call", handle: "Handler") -> "Handler":
    """A handler whose every step, those of a streamed response included, runs under `call`."""

    def handle_request(environ: "Environ", start_response: "Callable[..., Any]") -> "Iterable[bytes]":
        result: "Iterable[bytes]" = call(handle, environ, start_response)
        # These are finished; mod_wsgi's own file wrapper must reach it as it is. A length means that nothing is computed on the way.
        if hasattr(result, "__len__") or type(result).__name__ == "FileWrapper":
            return result
        return Stepped(result, call)

    return handle_request


class Stepped:
    """An iterable response, each step of which runs under a tool."""

    def __init__(self, result: "Iterable[bytes]", call: "Call") -> None:
        self.result = result
        self.call = call
        close = getattr(result, "close", None)
        if close is not None:
            self.close = lambda: call(close)

    def __iter__(self) -> "Iterator[bytes]":
        iterator = self.call(iter, self.result)
        while True:
            try:
                piece = self.call(next, iterator)
            except StopIteration:
                return
            yield piece
