"""Runs a service's script in the daemon process `service:NAME`, and holds back one that fails again and again.

Loaded by `WSGIImportScript ROOT/wsgideck/service.py` on the process' main thread, under a supervisor and under apachectl alike. Apache
starts a service that has ended again within a second, for ever; so a process whose predecessors all ended soon after their start waits
before it runs the script. It waits at its start, not at its end: a script that crashes, or leaves by os._exit(), gets no code of ours to
its end.

services.json beside this file says which script belongs to which name. What is known of the earlier ends is kept in run/service.NAME.
Standard library only, Python 3.8 to 3.14.
"""

import json
import os
import signal
import sys
import time
from importlib.machinery import ModuleSpec, SourceFileLoader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))

# Seconds. An end so soon after the start is a failure, whatever its status; that many of them in a row cost nothing, the next ones wait.
SOON = 10.0
FREE = 3
PAUSES = (1, 2, 4, 8, 16, 30)
# What Apache takes to notice an end, and a process to start.
NOTICED = 3.0
LOOK = 0.25


class Ends:
    """How often in a row this service has ended soon after its start. Where nothing can be written, every start is the first."""

    def __init__(self, name: str, script: str) -> None:
        self.path = os.path.join(HERE, "run", "service." + name)
        self.script = script
        self.count = self.read()

    def changed(self) -> int:
        """When the script was saved, in nanoseconds; 0 when it is not there."""
        try:
            return os.stat(self.script).st_mtime_ns
        except OSError:
            return 0

    def read(self) -> int:
        try:
            with open(self.path) as file:
                count, began, version = file.read().split()
            soon = 0 <= time.time() - float(began) < SOON + NOTICED
            return int(count) + 1 if soon and int(version) == self.changed() else 0
        except (OSError, ValueError):
            return 0

    def began(self) -> None:
        """The script runs from now on."""
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
            with open(os.open(self.path, flags, 0o600), "w") as file:
                file.write("%d %r %d\n" % (self.count, time.time(), self.changed()))
        except OSError:
            return

    def forget(self) -> None:
        """Somebody asked for the end, or it came late enough: the next start is a first one."""
        try:
            os.unlink(self.path)
        except OSError:
            return

    def wait(self, name: str) -> None:
        """Waits as long as so many ends call for; a saved script is tried at once, and SIGTERM ends the wait with the process."""
        if self.count < FREE:
            return
        pause = PAUSES[min(self.count - FREE, len(PAUSES) - 1)]
        # The words are read by the supervisor: src/instance/restart-loop.ts.
        print(
            "wsgideck: service %s has ended %d times in a row within %d s of its start; next try in %d s" % (name, self.count, SOON, pause),
            file=sys.stderr,
            flush=True,
        )
        version = self.changed()
        until = time.monotonic() + pause
        while time.monotonic() < until:
            time.sleep(LOOK)
            if self.changed() != version:
                self.count = 0
                return


def forget_when_asked(ends: Ends) -> None:
    """SIGTERM does what mod_wsgi has it do (SystemExit in the script), but such an end is no failure."""
    before: "Any" = signal.getsignal(signal.SIGTERM)
    if not callable(before):
        return

    def asked(number: int, frame: "Any") -> None:
        ends.forget()
        before(number, frame)

    signal.signal(signal.SIGTERM, asked)


def run_script(path: str, name: str) -> None:
    """Runs the script as mod_wsgi would have: a module of its own that sys.modules has under the name mod_wsgi gave."""
    with open(path, "rb") as file:
        code = compile(file.read(), path, "exec", dont_inherit=True)
    module = type(sys)(name)
    loader = SourceFileLoader(name, path)
    module.__file__, module.__loader__, module.__spec__ = path, loader, ModuleSpec(name, loader, origin=path)
    sys.modules[name] = module
    exec(code, module.__dict__)


def main(own_name: str) -> None:
    group: str = sys.modules["mod_wsgi"].process_group
    name = group.partition(":")[2]
    with open(os.path.join(HERE, "services.json"), encoding="utf-8") as file:
        script: str = json.load(file)[name]
    ends = Ends(name, script)
    forget_when_asked(ends)
    ends.wait(name)
    ends.began()
    start = time.monotonic()
    try:
        run_script(script, own_name)
    finally:
        if time.monotonic() - start >= SOON:
            ends.forget()


main(__name__)
