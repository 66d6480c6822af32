"""Two threads take the same two locks in opposite order."""

import threading

SHELF = threading.Lock()
LEDGER = threading.Lock()


def reserve_during_recount(_request):
    """A reservation meets a recount: neither ever ends."""
    meet = threading.Barrier(2, timeout=10)
    threading.Thread(target=recount, args=(meet,), name="recount", daemon=True).start()
    reserve(meet)
    return "text/plain; charset=utf-8", "reserved\n"


def reserve(meet):
    """Takes an item off the shelf, then writes it in the ledger."""
    with SHELF:
        meet.wait()
        with LEDGER:
            return


def recount(meet):
    """Opens the ledger, then counts the shelf."""
    with LEDGER:
        meet.wait()
        with SHELF:
            return
