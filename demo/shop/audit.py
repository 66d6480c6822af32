"""Logging: too much of it, and some that wants to own the reader's terminal."""

import sys

TEXT = "text/plain; charset=utf-8"

HOSTILE = (
    "clipboard: \x1b]52;c;bWFsaWNpb3Vz\x07 wanted your clipboard",
    "screen: \x1b[2J\x1b[H wanted to wipe it",
    "title: \x1b]0;owned\x07 wanted the window's name",
    "line: all is well\rline: NOT well, the beginning was overwritten",
    "bidi: access \u202eresu_nimda\u202c granted",
    "hidden: \x1b[8msecret\x1b[0m concealed text",
    "bell: \x07\x07\x07 and C1: \x9b31m and DCS: \x1bPq\x1b\\",
)


def flood(request):
    """Many lines at once."""
    lines = int(request.number("n", 5000, 50_000))
    for line in range(1, lines + 1):
        print(f"audit: entry {line} of {lines}: stock of item {line % 97} is {line * 7 % 1000}", file=sys.stderr)
    return TEXT, f"{lines} lines written\n"


def hostile(_request):
    """Lines as an attacker would have them logged."""
    for line in HOSTILE:
        print(line, file=sys.stderr)
    return TEXT, f"{len(HOSTILE)} lines written; see how the log shows them\n"
