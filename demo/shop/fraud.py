"""Fraud check in C: a library called in a way that keeps the interpreter's lock (PyDLL instead of CDLL)."""

import ctypes
import subprocess

LIBRARY = ctypes.PyDLL(None)


def score(order, seconds):
    """Scores an order. No other thread of this process runs Python meanwhile, the agent's included."""
    print(f"fraud: scoring {order}")
    # Something outside must end the wait: nothing inside can run. A read is taken up again after a signal, a sleep would be cut short.
    with subprocess.Popen(["sleep", f"{seconds:.3f}"], stdout=subprocess.PIPE) as scorer:
        answer = ctypes.create_string_buffer(1)
        LIBRARY.read(scorer.stdout.fileno(), answer, 1)
