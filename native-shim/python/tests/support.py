"""Runs handler.py and agent.py in a process of their own, as mod_wsgi would load them.

`mod_wsgi` exists only inside Apache. What stands in for it here is data (a version, a group, the dictionary of active requests) and the two
subscriptions; behaviour inside a real Apache is tested in test/integration.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import textwrap

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCES = os.path.dirname(HERE)

PRELUDE = '''
import json, os, socket, sys, threading, time, types

ROOT, SOURCES = sys.argv[1:3]
OURS = os.path.join(ROOT, "wsgideck")
RUN = os.path.join(OURS, "run")
SCRIPT = os.path.join(ROOT, "app.wsgi")
SUBSCRIBED = []

mod_wsgi = types.ModuleType("mod_wsgi")
mod_wsgi.version = (6, 1, 1)
mod_wsgi.process_group, mod_wsgi.application_group, mod_wsgi.threads_per_process = "app", "", 5
mod_wsgi.active_requests = {}
mod_wsgi.FileWrapper = type("FileWrapper", (), {"__iter__": lambda self: iter(())})
mod_wsgi.subscribe_shutdown = SUBSCRIBED.append
mod_wsgi.subscribe_events = SUBSCRIBED.append
sys.modules["mod_wsgi"] = mod_wsgi

def settings(**more):
    return dict(dict(application_type="script", script=SCRIPT, callable_object="application", mount_point="/", working_directory=ROOT,
                     reload_scripts=True, run_directory=RUN), **more)

def run(name, **given):
    path = os.path.join(OURS, name)
    scope = dict(given, __file__=path, __name__="loaded_" + name[:-3])
    with open(os.path.join(SOURCES, name), "rb") as source:
        exec(compile(source.read(), path, "exec"), scope)
    return scope

def write(text, path=SCRIPT):
    with open(path, "w") as file:
        file.write(text)

def environ(path="/", **more):
    base = {"REQUEST_METHOD": "GET", "REQUEST_URI": path, "SCRIPT_NAME": "", "PATH_INFO": path, "REMOTE_ADDR": "127.0.0.1",
            "mod_wsgi.request_id": "id1", "mod_wsgi.thread_id": 1, "mod_wsgi.queue_start": 10.0, "mod_wsgi.daemon_start": 10.25}
    base.update(more)
    return base

class Supervisor:
    """The other end of agent.sock."""
    def __init__(self):
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(os.path.join(OURS, "agent.sock"))
        self.server.listen(5)
        self.server.settimeout(10)
        self.accept()
    def accept(self):
        self.connection = self.server.accept()[0]
        self.connection.settimeout(10)
        self.lines = self.connection.makefile("rb")
    def read(self, kind=None):
        while True:
            line = self.lines.readline()
            assert line, "the agent has hung up"
            assert len(line) <= 1024 * 1024, len(line)
            message = json.loads(line)
            if kind in (None, message["type"]):
                return message
    def ask(self, **question):
        self.connection.sendall(json.dumps(dict({"type": "sample", "id": 1}, **question)).encode() + b"\\n")
        return self.read("sample")

APP = "def application(environ, start_response):\\n    return [(environ['SCRIPT_NAME'] + '|' + environ['PATH_INFO']).encode()]\\n"
'''


def run_inside(body: str, timeout: float = 30) -> str:
    """Runs statements after PRELUDE in a new interpreter; returns what it printed. Raises AssertionError with its words when it failed."""
    with tempfile.TemporaryDirectory() as root:
        os.makedirs(os.path.join(root, "wsgideck", "run"))
        program = os.path.join(root, "program.py")
        shutil.copytree(os.path.join(SOURCES, "wsgideck_tools"), os.path.join(root, "wsgideck", "wsgideck_tools"))
        for name in ("agent_start.py", "agent_main.py", "wsgi_callable.py", "wsgideck_originals.py"):
            shutil.copy(os.path.join(SOURCES, name), os.path.join(root, "wsgideck"))
        with open(program, "w") as file:
            file.write(PRELUDE + textwrap.dedent(body))
        done = subprocess.run([sys.executable, program, root, SOURCES], capture_output=True, text=True, timeout=timeout, check=False)
        if done.returncode != 0:
            raise AssertionError("exit status %d\n%s%s" % (done.returncode, done.stdout, done.stderr))
        return done.stdout
