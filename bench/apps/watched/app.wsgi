"""Answers with the version of the branch it was loaded from."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import branch  # noqa: E402

BODY = b"%d\n" % branch.VERSION


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(BODY)))])
    return [BODY]
