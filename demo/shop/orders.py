"""Orders in a database file that one writer locks for everybody else."""

import os
import sqlite3
import tempfile
import threading

TEXT = "text/plain; charset=utf-8"
PATIENCE = 120


def place_order(request):
    """Writes an order while the nightly export holds the write lock, for as many seconds as asked for."""
    seconds = request.number("s", 10, PATIENCE)
    shop, export = database()
    locked = threading.Event()
    threading.Thread(target=nightly_export, args=(export, seconds, locked), name="export", daemon=True).start()
    locked.wait(5)
    insert(shop, "order 1005")
    return TEXT, f"order written after waiting for the export ({seconds:g} s)\n"


def insert(connection, order):
    """Waits until the lock is free, up to PATIENCE seconds."""
    try:
        with connection:
            connection.execute("INSERT INTO orders VALUES (?)", (order,))
    finally:
        connection.close()


def nightly_export(connection, seconds, locked):
    """Takes the write lock and keeps it."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        locked.set()
        threading.Event().wait(seconds)
        connection.rollback()
    finally:
        locked.set()
        connection.close()


def database():
    """Two connections to a new database. Its file has lost its name by then: nothing is left behind, however this process ends."""
    with tempfile.TemporaryDirectory(prefix="wsgideck-demo-orders-") as folder:
        path = os.path.join(folder, "orders.sqlite")
        connections = [sqlite3.connect(path, timeout=PATIENCE, check_same_thread=False) for _ in range(2)]
        for connection in connections:
            # A journal in a file would need the name.
            connection.execute("PRAGMA journal_mode = MEMORY")
        with connections[0]:
            connections[0].execute("CREATE TABLE orders (name TEXT)")
        # SQLite opens the file when it is first read.
        connections[1].execute("SELECT count(*) FROM orders").fetchone()
    return connections
