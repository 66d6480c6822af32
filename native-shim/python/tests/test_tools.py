import unittest

from .support import run_inside

# A request as mod_wsgi makes it: the response is walked through and closed.
SERVE = """
STARTED = []

def serve(handle, given=None):
    response = handle(given or environ(), lambda status, headers, exc_info=None: STARTED.append(status) or (lambda data: None))
    try:
        return b"".join(response)
    finally:
        if hasattr(response, "close"):
            response.close()

def files(folder):
    return sorted(os.listdir(folder))

FOLDER = os.path.join(ROOT, "out")
os.mkdir(FOLDER)
"""


class Nothing(unittest.TestCase):
    def test_off_means_that_nothing_is_loaded_and_the_handler_is_the_same(self) -> None:
        run_inside("""
            write(APP)
            off = settings(debugger=False, debugger_startup=False, profiler_directory=None, coverage_directory=None, recorder_directory=None)
            before = set(sys.modules)
            scope = run("handler.py", SETTINGS=off)
            assert set(sys.modules) - before == {"_wsgideck", "__wsgi__"}, set(sys.modules) - before
            assert scope["handle_request"].__code__.co_filename == os.path.join(OURS, "handler.py")
            assert not hasattr(sys.modules["_wsgideck"], "tools") and OURS not in sys.path
        """)


class Profiler(unittest.TestCase):
    def test_one_file_at_exit_with_what_loading_and_requests_in_all_threads_did(self) -> None:
        run_inside(
            SERVE
            + """
write("def at_load():\\n    pass\\nat_load()\\ndef at_request():\\n    pass\\ndef in_stream():\\n    pass\\n"
      "def application(environ, start_response):\\n    at_request()\\n    def stream():\\n        in_stream()\\n        yield b'x'\\n    return stream()\\n")
handle = run("handler.py", SETTINGS=settings(profiler_directory=FOLDER))["handle_request"]
assert OURS not in sys.path
for _ in range(3):
    assert serve(handle) == b"x"
# A second load in the same process goes on with the same profile.
handle = run("handler.py", SETTINGS=settings(profiler_directory=FOLDER))["handle_request"]
threads = [threading.Thread(target=serve, args=(handle,)) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert files(FOLDER) == []

def check():
    import pstats
    (name,) = files(FOLDER)
    assert name.endswith("-%d.pstats" % os.getpid()), name
    calls = {key[2]: value[1] for key, value in pstats.Stats(os.path.join(FOLDER, name)).stats.items()}
    assert (calls["at_load"], calls["at_request"], calls["in_stream"]) == (2, 7, 7), calls

import atexit
atexit._run_exitfuncs()
check()
"""
        )

    def test_a_folder_that_cannot_be_written_to_is_said_and_harms_nothing(self) -> None:
        run_inside(
            SERVE
            + """
write(APP)
handle = run("handler.py", SETTINGS=settings(profiler_directory=os.path.join(ROOT, "missing")))["handle_request"]
assert serve(handle) == b"|/"
import atexit, io
sys.stderr = words = io.StringIO()
atexit._run_exitfuncs()
sys.stderr = sys.__stderr__
assert "the profile could not be written" in words.getvalue(), words.getvalue()
"""
        )


class Recorder(unittest.TestCase):
    def test_a_request_its_body_and_its_response_are_written_for_their_owner_only(self) -> None:
        run_inside(
            SERVE
            + """
import io
write("def application(environ, start_response):\\n    body = environ['wsgi.input'].read()\\n    start_response('201 Made', [('X-A', 'b')])\\n    return [b'got ', body]\\n")
handle = run("handler.py", SETTINGS=settings(recorder_directory=FOLDER))["handle_request"]
given = environ("/a?b", **{"wsgi.input": io.BytesIO(b"question"), "HTTP_COOKIE": "c=d"})
assert serve(handle, given) == b"got question"
names = files(FOLDER)
assert [name.split(".")[1] for name in names] == ["icontent", "iheaders", "ocontent", "oheaders"], names
assert all(os.stat(os.path.join(FOLDER, name)).st_mode & 0o777 == 0o600 for name in names)
read = lambda part: open(os.path.join(FOLDER, [name for name in names if name.endswith(part)][0]), "rb").read()
assert read("icontent") == b"question" and read("ocontent") == b"got question"
assert json.loads(read("iheaders"))["HTTP_COOKIE"] == "c=d"
assert json.loads(read("oheaders")) == {"status": "201 Made", "headers": [["X-A", "b"]]}
"""
        )

    def test_an_exception_is_a_file_too_also_in_the_middle_of_a_stream(self) -> None:
        run_inside(
            SERVE
            + """
write("def application(environ, start_response):\\n    start_response('200 OK', [])\\n    def stream():\\n        yield b'one'\\n        raise KeyError('two')\\n    return stream()\\n")
handle = run("handler.py", SETTINGS=settings(recorder_directory=FOLDER))["handle_request"]
try:
    serve(handle)
    raise AssertionError
except KeyError:
    pass
names = files(FOLDER)
read = lambda part: open(os.path.join(FOLDER, [name for name in names if name.endswith(part)][0]), "rb").read()
assert read("ocontent") == b"one" and b"KeyError: 'two'" in read("oexcept"), names
# The agent hears of it as without a recorder.
assert sys.modules["_wsgideck"].pending[0][3] == "KeyError: 'two'"
"""
        )

    def test_keeps_the_newest_requests_and_the_beginning_of_a_body(self) -> None:
        run_inside(
            SERVE
            + """
write("def application(environ, start_response):\\n    start_response('200 OK', [])\\n    return [environ['PATH_INFO'].encode() * 300000]\\n")
handle = run("handler.py", SETTINGS=settings(recorder_directory=FOLDER))["handle_request"]
recorder = sys.modules["wsgideck_tools.recorder"]
recorder.KEEP = 5
for number in range(9):
    serve(handle, environ("/%d/abc" % number))
bodies = [name for name in files(FOLDER) if name.endswith("ocontent")]
assert len(bodies) == 5, bodies
texts = [open(os.path.join(FOLDER, name)).read() for name in bodies]
assert [text[:6] for text in texts] == ["/%d/abc" % number for number in (4, 5, 6, 7, 8)], [text[:6] for text in texts]
assert {len(text) for text in texts} == {recorder.MOST}
"""
        )


class Missing(unittest.TestCase):
    def test_packages_that_are_not_there_are_named_with_the_command_that_installs_them(self) -> None:
        run_inside("""
            sys.modules["coverage"] = sys.modules["paste"] = None
            write(APP)
            for given, words in (
                (settings(coverage_directory=ROOT), "--enable-coverage needs the package coverage"),
                (settings(application_type="paste", script=os.path.join(ROOT, "shop.ini")), "--application-type paste needs the package PasteDeploy"),
            ):
                try:
                    run("handler.py", SETTINGS=given)
                    raise AssertionError
                except RuntimeError as error:
                    assert str(error).startswith(words) and "-m pip install" in str(error), error
                    assert "\\n" not in str(error)
                    assert sys.modules["_wsgideck"].load["error"].startswith("RuntimeError: " + words), sys.modules["_wsgideck"].load
        """)


class Static(unittest.TestCase):
    def test_a_server_without_an_application_answers_404(self) -> None:
        run_inside(
            SERVE
            + """
scope = run("handler.py", SETTINGS=settings(application_type="static", script=""))
assert serve(scope["handle_request"]) == b"Not Found\\n" and STARTED == ["404 Not Found"]
assert scope["reload_required"]("x") is False
"""
        )


class Debugger(unittest.TestCase):
    def test_without_a_terminal_a_request_fails_at_once(self) -> None:
        run_inside(
            SERVE
            + """
write("def application(environ, start_response):\\n    raise ValueError('boom')\\n")
import io
sys.stderr = words = io.StringIO()
handle = run("handler.py", SETTINGS=settings(debugger=True))["handle_request"]
try:
    serve(handle)
    raise AssertionError
except ValueError:
    pass
finally:
    sys.stderr = sys.__stderr__
assert "no terminal to ask on" in words.getvalue()
"""
        )


if __name__ == "__main__":
    unittest.main()
