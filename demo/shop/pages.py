"""The start page, and the one for health checks."""

import html
import os

TROUBLES = (
    ("/slow?s=5", "Slow bank", "the answer takes five seconds", "Requests: its age grows"),
    ("/hang", "Silent bank", "no answer ever, and no timeout on the call", "Requests: the countdown, then Stacks: the culprit's line"),
    ("/gil?s=10", "Interpreter held", "C code keeps Python's lock for ten seconds", "Stacks: taken without the lock"),
    ("/spin?s=10", "Busy loop", "ten seconds of arithmetic on one core", "Processes: one thread on the CPU"),
    ("/deadlock", "Deadlock", "two threads, two locks, opposite order", "Stacks: both threads"),
    ("/locked?s=10", "Locked database", "an export keeps the write lock for ten seconds", "Requests: waiting, and the line that waits"),
    ("/regex?n=27", "Regular expression", "backtracks for seconds, in C", "Stacks: taken without the lock"),
    ("/recursion", "Recursion", "a category that contains itself", "Logs: the function that calls itself"),
    ("/header?kb=64", "Header too long", "a cookie of 64 KiB", "Incidents: which limit, which request"),
    ("/descriptors?n=2000", "Descriptor leak", "files that nobody closes, up to the limit", "Incidents: too many open files"),
    ("/error", "Exception", "with its cause", "Logs: one entry, opened with enter"),
    ("/leak?mb=20", "Leak", "20 MiB remembered for ever, 512 at most", "Processes: memory climbs"),
    ("/flood?n=5000", "Log flood", "5,000 lines at once", "Logs: still responsive"),
    ("/hostile", "Hostile log lines", "escape sequences, overwriting, reversed text", "Logs: visible marks, terminal untouched"),
    ("/crash", "Crash", "a segmentation fault in C", "Processes: replaced, and why"),
    ("/big?mb=20", "Big response", "20 MiB", "Overview: traffic"),
    ("/stream?n=20", "Streaming", "a line every half second for ten seconds", "Requests: alive while it streams"),
    ("/catalogue?page=3", "A page that works", "a few milliseconds", "Overview: requests and percentiles"),
)

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #888; --accent: #2a7ae2; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin: 0; } p { margin: .3rem 0 1.5rem; }
ul { list-style: none; padding: 0; margin: 0; border-top: 1px solid var(--line); }
li { border-bottom: 1px solid var(--line); }
a { display: grid; grid-template-columns: 11rem 1fr; gap: 0 1rem; padding: .6rem .3rem; color: inherit; text-decoration: none; }
a:hover, a:focus { background: #8881; } b { color: var(--accent); font-weight: 600; }
small { grid-column: 2; color: var(--soft); } footer { margin-top: 1.5rem; color: var(--soft); font-size: .85rem; }
"""


def index(_request):
    """Links to every trouble."""
    rows = "".join(row(*trouble) for trouble in TROUBLES)
    return "text/html; charset=utf-8", (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>wsgideck demo</title><style>{STYLE}</style></head><body><h1>wsgideck demo shop</h1>"
        "<p>Each link is one kind of trouble. Open it here, and watch the terminal.</p>"
        f"<ul>{rows}</ul><footer>served by process {os.getpid()}</footer></body></html>\n"
    )


def row(link, name, what, where):
    """One trouble of the list."""
    text = f"<b>{html.escape(name)}</b><span>{html.escape(what)}</span><small>{html.escape(where)}</small>"
    return f'<li><a href="{html.escape(link)}">{text}</a></li>'


def health(_request):
    """For probes."""
    return "text/plain; charset=utf-8", "ok\n"
