"""Answers with the version it was loaded with, and how many milliseconds loading took."""

import os
import sys
import time

BEGUN = time.perf_counter()
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wares  # noqa: E402

BODY = b"%d %.3f\n" % (wares.VERSION, (time.perf_counter() - BEGUN) * 1000)


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(BODY)))])
    return [BODY]
