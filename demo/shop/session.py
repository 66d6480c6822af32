"""Sessions: one that is kept in a cookie and grows, and one that keeps its files open."""

import os
import resource

TEXT = "text/plain; charset=utf-8"
OPEN = []
# What many systems give a service. The page takes no more than that, whatever this process was started with.
LIMIT = 1024


def remember_all(request):
    """Puts all that was ever looked at into one cookie."""
    kilobytes = int(request.number("kb", 64, 1024))
    request.headers.append(("Set-Cookie", "seen=" + "teapot," * (kilobytes * 1024 // 7)))
    return TEXT, f"{kilobytes} KiB of cookie\n"


def keep_open(request):
    """Opens files and closes none, until the system gives no more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft > LIMIT:
        resource.setrlimit(resource.RLIMIT_NOFILE, (LIMIT, hard))
    for _ in range(int(request.number("n", 2000, 5000))):
        OPEN.append(open_receipt())
    return TEXT, f"{len(OPEN)} files open\n"


def open_receipt():
    """One more that nobody closes."""
    return os.open(os.devnull, os.O_RDONLY)
