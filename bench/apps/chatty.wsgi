"""Writes 2,000 log lines a second, a hundred at a time, for five minutes at most."""

import sys
import threading
import time


def chatter():
    start = time.monotonic()
    for burst in range(20 * 300):
        text = "".join(f"chatter: line {burst * 100 + number} with about as much text as a log line usually has\n" for number in range(100))
        sys.stderr.write(text)
        time.sleep(max(0, start + (burst + 1) * 0.05 - time.monotonic()))


threading.Thread(target=chatter, daemon=True).start()


def application(environ, start_response):
    body = b"hello\n"
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
