"""Keeps every request but the front page until the process ends, each in a few calls of its own; /gil holds the interpreter as well."""

import ctypes
import threading

FOREVER = threading.Event()


def wait(depth):
    if depth > 0:
        return wait(depth - 1)
    FOREVER.wait(120)
    return b"late\n"


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/gil":
        ctypes.PyDLL(None).sleep(20)
    body = b"held\n" if path in ("/", "/gil") else wait(20)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
