"""Orders in a database file that one writer locks for everybody else."""

import atexit
import os
import shutil
import sqlite3
import tempfile
import threading

TEXT = "text/plain; charset=utf-8"
PATIENCE = 120
READY = threading.Lock()
FILE = []


def place_order(request):
    """Writes an order while the nightly export holds the write lock, for as many seconds as asked for."""
    seconds = request.number("s", 10, PATIENCE)
    path = database()
    locked = threading.Event()
    threading.Thread(target=nightly_export, args=(path, seconds, locked), name="export", daemon=True).start()
    locked.wait(5)
    insert(path, "order 1005")
    return TEXT, f"order written after waiting for the export ({seconds:g} s)\n"


def insert(path, order):
    """Waits until the lock is free, up to PATIENCE seconds."""
    connection = sqlite3.connect(path, timeout=PATIENCE)
    try:
        with connection:
            connection.execute("INSERT INTO orders VALUES (?)", (order,))
    finally:
        connection.close()


def nightly_export(path, seconds, locked):
    """Takes the write lock and keeps it."""
    connection = sqlite3.connect(path, timeout=PATIENCE)
    try:
        connection.execute("BEGIN IMMEDIATE")
        locked.set()
        threading.Event().wait(seconds)
        connection.rollback()
    finally:
        locked.set()
        connection.close()


def database():
    """This process's own database file, removed when the process ends."""
    with READY:
        if not FILE:
            folder = tempfile.mkdtemp(prefix="wsgideck-demo-orders-")
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            FILE.append(os.path.join(folder, "orders.sqlite"))
            with sqlite3.connect(FILE[0]) as connection:
                connection.execute("CREATE TABLE orders (name TEXT)")
            connection.close()
        return FILE[0]
