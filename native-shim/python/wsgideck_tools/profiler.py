"""--enable-profiler: cProfile around the loading of the application and every request; one pstats file a process, at its exit.

Up to Python 3.11 a Profile belongs to a thread, so each worker thread has its own and they are added up. From 3.12 on there can be one at a
time in the whole interpreter, and it would see what all threads do: requests then wait for each other, as long as WAIT at most.
"""

import atexit
import os
import sys
import time
from _thread import allocate_lock, get_ident
from cProfile import Profile, label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Tuple

SHARED = sys.version_info >= (3, 12)
# Seconds. A request that asks its own server for something must not wait for ever.
WAIT = 5.0


def start(settings: "Dict[str, Any]") -> "Profiler":
    profiler = Profiler(settings["profiler_directory"])
    atexit.register(profiler.write)
    return profiler


class Profiler:
    def __init__(self, directory: str) -> None:
        self.directory = directory
        self.profiles: "Dict[int, Profile]" = {}
        # Threads inside a profiled call: calls nest when a response is closed while it is iterated.
        self.running: "List[int]" = []
        self.lock = allocate_lock()
        os.environ["MOD_WSGI_PROFILER_ENABLED"] = "true"

    def call(self, function: "Any", *arguments: "Any") -> "Any":
        ident = get_ident()
        if ident in self.running:
            return function(*arguments)
        if SHARED and not self.lock.acquire(timeout=WAIT):
            return function(*arguments)
        profile = self.profiles.get(0 if SHARED else ident)
        if profile is None:
            profile = self.profiles[0 if SHARED else ident] = Profile()
        self.running.append(ident)
        try:
            profile.enable()
            try:
                return function(*arguments)
            finally:
                profile.disable()
        finally:
            self.running.remove(ident)
            if SHARED:
                self.lock.release()

    def write(self) -> None:
        """Writes MICROSECONDS-PID.pstats, as mod_wsgi-express names it. Says on standard error when that is not possible."""
        path = os.path.join(self.directory, "%d-%d.pstats" % (time.time() * 1e6, os.getpid()))
        # A thread that is still at it keeps its figures: they cannot be read while they change.
        idle = [profile for key, profile in list(self.profiles.items()) if key not in self.running and not (SHARED and self.running)]
        if not idle:
            return
        try:
            import pstats

            figures: "List[Any]" = [Figures(profile) for profile in idle]
            stats = pstats.Stats(figures[0])
            for more in figures[1:]:
                stats.add(more)
            stats.dump_stats(path)
        except Exception as error:
            print("wsgideck: the profile could not be written to %s: %s" % (path, error), file=sys.stderr)


class Figures:
    """What pstats takes from a Profile. Functions of the same place and name are added up here; a Profile keeps the last of them only.

    A load that is tried again compiles the application anew, so each of its functions is there twice.
    """

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.stats: "Dict[Any, Tuple[Any, ...]]" = {}

    def create_stats(self) -> None:
        """Called by pstats, which then takes `stats`: place -> (primitive calls, calls, own seconds, seconds, the same by caller)."""
        entries = self.profile.getstats()
        for entry in entries:
            known = self.stats.get(label(entry.code), (0, 0, 0.0, 0.0, {}))
            calls, primitive = entry.callcount, entry.callcount - entry.reccallcount
            self.stats[label(entry.code)] = (*added(known, (primitive, calls, entry.inlinetime, entry.totaltime)), known[4])
        for entry in entries:
            for inner in entry.calls or ():
                if label(inner.code) in self.stats:
                    callers = self.stats[label(inner.code)][4]
                    calls, primitive = inner.callcount, inner.callcount - inner.reccallcount
                    # In this order, unlike above.
                    figures = (calls, primitive, inner.inlinetime, inner.totaltime)
                    callers[label(entry.code)] = added(callers.get(label(entry.code), (0, 0, 0.0, 0.0)), figures)


def added(one: "Tuple[Any, ...]", other: "Tuple[Any, ...]") -> "Tuple[Any, ...]":
    return tuple(a + b for a, b in zip(one, other))
