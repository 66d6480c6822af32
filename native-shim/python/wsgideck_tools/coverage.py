"""--enable-coverage: which lines of the application have run, as HTML pages at the exit of the process.

The package `coverage` traces threads that Python's threading module starts. mod_wsgi's worker threads are not among them, so the
tracer is put into each of them here; the original's report covers nothing but what ran while the application was loaded.
"""

import atexit
import os
import sys
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def start(settings: "Dict[str, Any]") -> "Coverage":
    try:
        from coverage import Coverage as Measurement
    except ImportError:
        from wsgideck_tools import python_program

        raise RuntimeError(
            "--enable-coverage needs the package coverage, which this Python does not have; install it with: "
            "%s -m pip install coverage" % python_program()
        ) from None
    os.environ["MOD_WSGI_COVERAGE_ENABLED"] = "true"
    # Kept in memory: the current directory belongs to somebody else than the user of this process.
    measurement = Measurement(data_file=None, omit=[os.path.join(HERE, "*")])
    measurement.start()
    coverage = Coverage(measurement, settings["coverage_directory"])
    atexit.register(coverage.write)
    return coverage


class Coverage:
    def __init__(self, measurement: "Any", directory: str) -> None:
        self.measurement = measurement
        self.directory = directory

    def call(self, function: "Any", *arguments: "Any") -> "Any":
        if sys.gettrace() is None:
            # What threading would run first in a thread of its own. None where coverage uses sys.monitoring, which sees all threads.
            hook = getattr(threading, "_trace_hook", None)
            if hook is not None:
                sys.settrace(hook)
        return function(*arguments)

    def write(self) -> None:
        """Writes the pages. Says on standard error when that is not possible."""
        try:
            self.measurement.stop()
            self.measurement.html_report(directory=self.directory)
        except Exception as error:
            print("wsgideck: the coverage report could not be written to %s: %s" % (self.directory, error), file=sys.stderr)
