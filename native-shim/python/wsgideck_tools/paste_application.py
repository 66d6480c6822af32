"""--application-type paste: the application is what a PasteDeploy configuration describes."""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def load_application(path: str) -> "Any":
    """The configuration's main application. Raises RuntimeError in one line when the package is missing."""
    try:
        from paste.deploy import loadapp
    except ImportError:
        from wsgideck_tools import python_program

        raise RuntimeError(
            "--application-type paste needs the package PasteDeploy, which this Python (%s) does not have; install it with: "
            "%s -m pip install PasteDeploy" % (sys.prefix, python_program())
        ) from None
    return loadapp("config:" + path)
