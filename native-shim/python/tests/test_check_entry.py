"""check_entry.py as it is called before a start, and wsgi_callable.py on the same sources: both must agree."""

import os
import subprocess
import sys
import tempfile
import unittest
from typing import List, Optional

from .support import SOURCES, run_inside

WSGI = "def application(environ, start_response):\n    start_response('200 OK', [])\n    return [b'here']\n"
FACTORY = "    def application(environ, start_response):\n        return [b'made']\n    return application\n"
# Source, callable, verdict of the check, and what loading it gives: `wsgi` or a part of the error.
KINDS = [
    (WSGI, "application", ["ok"], "wsgi"),
    ("def create_app():\n" + FACTORY, "create_app()", ["ok"], "wsgi"),
    ("def create_app(config=None):\n" + FACTORY, "create_app", ["factory", "create_app"], "wsgi"),
    ("def create_app(config=None, debug=False):\n" + FACTORY, "create_app", ["factory", "create_app"], "wsgi"),
    ("def create_app(*, debug=False):\n" + FACTORY, "create_app", ["factory", "create_app"], "wsgi"),
    (
        "def create_app(name, debug=False):\n    assert (name, debug) == ('x', [1])\n" + FACTORY,
        "create_app('x', debug=[1])",
        ["ok"],
        "wsgi",
    ),
    ("def create_app(name):\n" + FACTORY, "create_app(name)", ["arguments"], "must be literals"),
    ("def create_app(name):\n" + FACTORY, "create_app(*[1])", ["arguments"], "must be literals"),
    ("def create_app(name):\n" + FACTORY, "create_app", ["parameters"], "cannot be called with (environ, start_response)"),
    ("def create_app():\n    return 5\n", "create_app()", ["ok"], "type int"),
    ("def create_app():\n    return create_app\n", "create_app()", ["ok"], "makes a function"),
    ("application = 5\n", "application", ["ok"], "type int"),
    ("class Site:\n    def wsgi(self, environ, start_response):\n        return [b'x']\nsite = Site()\n", "site.wsgi", ["ok"], "wsgi"),
    ("class Site:\n    def __init__(self, environ, start_response):\n        pass\n", "Site", ["ok"], "wsgi"),
    ("def application(environ=None, start_response=None):\n    return []\n", "application", ["ok"], "wsgi"),
    ("def wrapper(*args, **more):\n    return []\n", "wrapper", ["ok"], "wsgi"),
    ("import functools\ndef f(a, environ, start_response):\n    return []\nbound = functools.partial(f, 1)\n", "bound", ["ok"], "wsgi"),
    ("async def asgi(scope, receive, send):\n    pass\n", "asgi", ["asgi"], "is an ASGI application"),
    ("def asgi(scope, receive, send):\n    pass\n", "asgi", ["asgi"], "is an ASGI application"),
    ("class A:\n    async def __call__(self, scope, receive, send):\n        pass\na = A()\n", "a", ["ok"], "is an ASGI application"),
    ("from fastapi import FastAPI\napp = FastAPI()\n", "app", ["asgi"], None),
    ("from fastapi import FastAPI\napp = FastAPI()\napp = wrap(app)\n", "app", ["ok"], None),
    ("async def application(environ, start_response):\n    return []\n", "application", ["parameters"], "cannot be called"),
    ("if True:\n    " + WSGI.replace("\n", "\n    "), "application", ["ok"], "wsgi"),
    (WSGI, "nothing", ["missing"], "no callable named 'nothing'"),
    (WSGI, "nothing()", ["missing"], "no callable named 'nothing()'"),
    # A forgotten `return`.
    ("def make_app():\n    app = object()\n", "make_app()", ["returns"], "make_app() returned None; does it return the application?"),
    ("def make_app():\n    app = object()\n", "make_app", ["returns"], "make_app() returned None; does it return the application?"),
    ("def make_app(x=1):\n" + FACTORY.replace("return application", "return"), "make_app(2)", ["returns"], "make_app(2) returned None"),
    ("def make_app():\n    raise ValueError('no way')\n", "make_app()", ["ok"], "no way"),
    # Names that are made when they are asked for.
    ("def __getattr__(name):\n    return lambda environ, start_response: [b'x']\n", "late", ["ok"], "wsgi"),
    ("class A:\n    def __getattr__(self, name):\n        return 1\n", "late", ["missing"], "no callable named 'late'"),
]


def check(*words: str, options: "Optional[List[str]]" = None) -> "List[List[str]]":
    with open(os.path.join(SOURCES, "check_entry.py")) as file:
        program = file.read()
    flags = ["-I", "-S"] if options is None else options
    done = subprocess.run(
        [sys.executable, *flags, "-X", "utf8", "-c", program, *words], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.endswith("\0") and done.stderr == "", done
    return [record.split("\n") for record in done.stdout[:-1].split("\x1e")]


class Kinds(unittest.TestCase):
    def test_the_check_says_what_loading_will_do(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "site_file.py")
            for source, wanted, verdict, loaded in KINDS:
                with open(path, "w") as file:
                    file.write(source)
                for kind, entry, flags in (("script", path, ["-I", "-S"]), ("module", "site_file", ["-I"])):
                    with self.subTest(source=source, wanted=wanted, kind=kind):
                        self.assertEqual(check(kind, entry, wanted, folder, options=flags)[-1][: len(verdict)], verdict)
                if loaded is not None:
                    with self.subTest(source=source, wanted=wanted, loaded=loaded):
                        self.load(source, wanted, loaded)

    def load(self, source: str, wanted: str, loaded: str) -> None:
        run_inside(
            f"""
            write({source!r})
            try:
                handle = run("handler.py", SETTINGS=settings(callable_object={wanted!r}, python="/venv/bin/python"))["handle_request"]
                told = "wsgi"
                handle(environ(), lambda *words: None)
            except (TypeError, ValueError, AttributeError) as error:
                told = str(error)
            assert {loaded!r} in told, told
            assert "ASGI" not in told or "/venv/bin/python -m pip install a2wsgi" in told
        """
        )

    def test_a_plain_callable_costs_no_import(self) -> None:
        run_inside("""
            for text in (APP, "class A:\\n    def __call__(self, environ, start_response):\\n        return []\\napplication = A()\\n"):
                write(text)
                run("handler.py", SETTINGS=settings())
                assert "wsgi_callable" not in sys.modules and "inspect" not in sys.modules
        """)


class Hidden(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = os.path.realpath(folder.name)

    def put(self, name: str, text: str) -> str:
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        return path

    def test_a_file_that_hides_a_module_of_pythons(self) -> None:
        calendar = self.put("calendar.py", "")
        script = self.put("app.wsgi", "import calendar, wsgiref.util\n" + WSGI)
        self.put("wsgiref/__init__.py", "")
        note, verdict = check("script", script, "application", self.folder)
        self.assertEqual(note[:2], ["hides", calendar])
        self.assertTrue(note[2].endswith("/calendar.py") and note[2] != calendar, note)
        self.assertEqual(verdict, ["ok"])

    def test_a_script_that_hides_one_itself(self) -> None:
        script = self.put("smtplib.py", WSGI)
        self.assertEqual(check("script", script, "application", self.folder)[0][:2], ["hides", script])
        # Not on the module path.
        self.assertEqual(check("script", script, "application", "/nowhere"), [["ok"]])

    def test_one_that_everybody_has_loaded_is_not_hidden(self) -> None:
        self.put("os.py", "")
        self.assertEqual(check("script", self.put("app.wsgi", "import os, shop\n" + WSGI), "application", self.folder), [["ok"]])

    def test_a_package_beside_a_module_of_its_name(self) -> None:
        module = self.put("shop.py", WSGI)
        self.put("shop/__init__.py", "")
        note, verdict = check("module", "shop", "application", self.folder, options=["-I"])
        self.assertEqual(note, ["package", module[:-3], module])
        self.assertEqual(verdict[0], "missing")


if __name__ == "__main__":
    unittest.main()
