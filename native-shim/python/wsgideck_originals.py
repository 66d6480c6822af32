"""Python's own sleep, locks and threads, in a process whose application has put those of gevent or eventlet in their place.

With a replaced sleep or lock a thread hands over to an event loop of greenlets, and comes back only when that loop runs. The agent's
thread has none. Loaded only where a primitive that we need is not Python's. Standard library only, Python 3.8 to 3.14.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator

BUILTIN = type(len)


def original(module: str, name: str) -> "Any":
    """A function of a C module as Python made it; None when it was replaced in a way that is not known here."""
    for found in candidates(module, name):
        if type(found) is BUILTIN:
            return found
    return None


def candidates(module: str, name: str) -> "Iterator[Any]":
    """What there is under this name, and what the two patchers have kept of it. Imports nothing of theirs."""
    yield getattr(__import__(module), name, None)
    gevent: "Any" = sys.modules.get("gevent.monkey")
    try:
        yield gevent.get_original(module, name)
    except Exception:
        pass
    # eventlet imports a module anew to have it unpatched, and keeps it under this name; its own event loop needs those that we need.
    yield getattr(sys.modules.get("__original_module_" + module), name, None)
    eventlet: "Any" = sys.modules.get("eventlet.patcher")
    try:
        yield getattr(eventlet.original(module), name, None)
    except Exception:
        return
