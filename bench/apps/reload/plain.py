"""The same application under a name that can be imported, for gunicorn."""

import os

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "app.wsgi"), encoding="utf-8") as source:
    exec(compile(source.read(), source.name, "exec"))
