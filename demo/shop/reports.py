"""Reports: much arithmetic, much text, or both for a long time."""

import time

TEXT = "text/plain; charset=utf-8"
LINE = b"2026-11-20;order 1001;1 x teapot, blue;39.90;EUR;paid;shipped;no remarks\n"


def turnover(request):
    """Computes in Python, on one core, without a pause."""
    seconds = request.number("s", 10, 120)
    end = time.monotonic() + seconds
    total = 0
    while time.monotonic() < end:
        total = add_up(total)
    return TEXT, f"computed for {seconds:g} s: {total}\n"


def add_up(total):
    """One round of arithmetic."""
    for cents in range(20_000):
        total = (total * 31 + cents) % 1_000_003
    return total


def export(request):
    """A big response, in pieces of 64 KiB."""
    megabytes = request.number("mb", 20, 200)
    piece = (LINE * (65536 // len(LINE) + 1))[:65536]
    return TEXT, (piece for _ in range(int(megabytes * 16)))


def progress(request):
    """A response that takes its time: one line every half second."""
    steps = int(request.number("n", 20, 240))
    return TEXT, tick(steps)


def tick(steps):
    """Yields the lines."""
    for step in range(1, steps + 1):
        yield f"step {step} of {steps}\n".encode()
        if step < steps:
            time.sleep(0.5)
