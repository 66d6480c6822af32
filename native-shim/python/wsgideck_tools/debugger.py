"""--enable-debugger: what a request raises opens pdb on the terminal that this process has as standard input.

Only in debug mode: one process, one worker thread, and mod_wsgi leaves standard input and output alone.
"""

import os
import pdb
import sys
from bdb import BdbQuit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType, TracebackType
    from typing import Any, Callable, Dict, Optional

    Call = Any
    Starts = Callable[[FrameType], bool]

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def start(settings: "Dict[str, Any]") -> "Debugger":
    return Debugger(first_line_of(settings) if settings.get("debugger_startup") else None)


def first_line_of(settings: "Dict[str, Any]") -> "Starts":
    """Tells whether a frame is where the application's own code begins."""
    kind, entry = settings["application_type"], settings["script"]
    if kind == "script":
        return lambda frame: frame.f_code.co_filename == entry
    if kind == "module":
        return lambda frame: frame.f_globals.get("__name__") == entry
    return lambda frame: frame.f_code.co_name == "load_application"


class Prompt(pdb.Pdb):
    """pdb whose prompt has the keyboard to itself, and that can wait for a frame before it stops for the first time."""

    awaited: "Optional[Starts]" = None

    def stop_here(self, frame: "FrameType") -> bool:
        if self.awaited is not None:
            if not self.awaited(frame):
                return False
            self.awaited = None
        return bool(super().stop_here(frame))

    def interaction(self, *arguments: "Any", **more: "Any") -> None:
        with Keyboard():
            super().interaction(*arguments, **more)


class Debugger:
    """One pdb for the life of the process, so that breakpoints set at one prompt work in later requests."""

    def __init__(self, startup: "Optional[Starts]" = None) -> None:
        # Signals are Apache's; pdb could not set a handler outside the main thread anyway.
        self.pdb: "Any" = Prompt(nosigint=True)
        self.unarmed = sys.gettrace()
        if startup is not None and can_ask():
            self.pdb.awaited = startup

    def call(self, function: "Call", *arguments: "Any") -> "Any":
        armed = self.arm()
        try:
            return function(*arguments)
        except (StopIteration, GeneratorExit, BdbQuit):
            raise
        except BaseException as error:
            # The debugger must not stop in itself.
            sys.settrace(self.unarmed)
            self.post_mortem(error)
            raise
        finally:
            if armed:
                sys.settrace(self.unarmed)

    def arm(self) -> bool:
        """Breakpoints belong to the thread that sets them; a request may run in another one."""
        if not self.pdb.breaks and self.pdb.awaited is None:
            return False
        self.pdb.reset()
        self.pdb.botframe = sys._getframe()
        if self.pdb.awaited is None:
            self.pdb.set_continue()
        else:
            say("\nwsgideck: before the application is loaded. b FILE:LINE sets a breakpoint, s and n step, c goes on\n")
        sys.settrace(self.pdb.trace_dispatch)
        return True

    def post_mortem(self, error: BaseException) -> None:
        """Shows the prompt where the exception was raised; returns when the user goes on."""
        trace = own_part(error.__traceback__)
        if trace is None or not can_ask():
            return
        say("\nwsgideck: %s: %s\n" % (type(error).__name__, first_line(error)))
        say("wsgideck: this request waits here. p NAME shows a value, w the stack, u and d move in it, c answers it with 500\n")
        self.pdb.reset()
        self.pdb.interaction(None, trace)


class Keyboard:
    """While there is a prompt, Ctrl-C is a key like others (it drops what has been typed) and does not end Apache."""

    def __enter__(self) -> None:
        self.modes: "Optional[Any]" = None
        try:
            import termios

            self.modes = termios.tcgetattr(0)
            modes = termios.tcgetattr(0)
            # Not ISIG as a whole: readline switches that on.
            modes[6][termios.VINTR] = bytes([os.fpathconf(0, "PC_VDISABLE") & 255])
            termios.tcsetattr(0, termios.TCSANOW, modes)
            import readline

            readline.parse_and_bind('"\\C-c": kill-whole-line')
        except Exception:
            # Not a terminal, or no readline: then Ctrl-C is what it was.
            return

    def __exit__(self, *_: "Any") -> None:
        if self.modes is None:
            return
        try:
            import termios

            termios.tcsetattr(0, termios.TCSADRAIN, self.modes)
        except Exception:
            return


def can_ask() -> bool:
    """Is there somebody to answer. A process in the background would be stopped by the kernel for reading the terminal."""
    try:
        if os.isatty(0) and os.tcgetpgrp(0) == os.getpgrp():
            return True
    except OSError:
        pass
    print("wsgideck: the debugger has no terminal to ask on; the request is answered with 500", file=sys.stderr)
    return False


def own_part(trace: "Optional[TracebackType]") -> "Optional[TracebackType]":
    """The traceback without our own frames at its outer end; all of it when there are no others."""
    inner = trace
    while inner is not None and inner.tb_frame.f_code.co_filename.startswith(os.path.join(HERE, "")):
        inner = inner.tb_next
    return inner or trace


def first_line(error: BaseException) -> str:
    try:
        return (str(error).splitlines() or [""])[0][:500]
    except Exception:
        return ""


def say(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except (OSError, ValueError):
        return
