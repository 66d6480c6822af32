"""Recommendations: a cache without a limit, and a library that takes the process with it."""

import ctypes

TEXT = "text/plain; charset=utf-8"
MOST = 512
SEEN = []


def recommend(request):
    """Remembers megabytes for ever (512 at most: this is a demo, not an attack)."""
    megabytes = int(request.number("mb", 10, 100))
    room = max(MOST - sum(len(block) for block in SEEN) // 2**20, 0)
    for _ in range(min(megabytes, room)):
        # Filled, because untouched pages would not be resident.
        SEEN.append(b"x" * 2**20)
    return TEXT, f"{len(SEEN)} MiB remembered\n"


def recommend_natively(_request):
    """Reads address 0: the process ends by a segmentation fault."""
    return TEXT, ctypes.string_at(0)
