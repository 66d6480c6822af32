"""browser_reload.py: which responses get the script, and how they come out."""

import contextlib
import io
import os
import tempfile
import unittest

import browser_reload

from .support import run_inside

LIVE = "abc.1 0"
TAG = b'<script src="/__wsgideck__/reload.js" data-live="abc.1 0" async></script>'
HTML = ("Content-Type", "text/html; charset=utf-8")
PAGE = b"<!DOCTYPE html>\n<html><body><p>Hello</p></body></html>\n"
CHANGED = b"<!DOCTYPE html>\n<html><body><p>Hello</p>" + TAG + b"</body></html>\n"
CSP = "Content-Security-Policy"


# Goes with this process.
FOLDER = tempfile.TemporaryDirectory()


class Server:
    """What mod_wsgi does with an application, and what it was given."""

    def __init__(self, live=LIVE):
        self.started = []
        self.sent = []
        self.closed = 0
        self.words = io.StringIO()
        folder = tempfile.mkdtemp(dir=FOLDER.name)
        self.live_file = os.path.join(folder, "live.txt")
        if live is not None:
            with open(self.live_file, "w") as file:
                file.write(live + "\n")

    def start_response(self, status, headers, exc_info=None):
        if self.sent and exc_info:
            raise exc_info[1]
        if self.started and not exc_info:
            raise RuntimeError("headers have already been set")
        self.started.append((status, headers))
        return self.sent.append

    def run(self, application, **environ):
        base = {"REQUEST_METHOD": "GET", "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1:8000", "wsgi.url_scheme": "http"}
        base.update({"SCRIPT_NAME": "", "PATH_INFO": "/page"}, **environ)
        self.handle = browser_reload.wrap(application, self.live_file)
        with contextlib.redirect_stderr(self.words):
            result = self.handle(base, self.start_response)
            try:
                for piece in result:
                    self.sent.append(piece)
            finally:
                if hasattr(result, "close"):
                    result.close()
        self.result = result
        return b"".join(self.sent)

    def header(self, name):
        return dict(self.started[-1][1]).get(name)


def answer(body, *headers, status="200 OK"):
    """An application that answers with a list, as frameworks do, or with whatever iterable it is given."""

    def application(environ, start_response):
        start_response(status, list(headers or (HTML,)))
        return [body] if isinstance(body, bytes) else body

    return application


class Changed(unittest.TestCase):
    def test_the_script_stands_before_the_end_of_the_body_and_the_length_is_right(self):
        server = Server()
        body = server.run(answer(PAGE, HTML, ("Content-Length", str(len(PAGE))), ("X-Other", "1")))
        self.assertEqual(body, CHANGED)
        self.assertEqual(server.started, [("200 OK", [HTML, ("Content-Length", str(len(CHANGED))), ("X-Other", "1")])])
        # One piece, so that mod_wsgi can tell the length where the application does not.
        self.assertEqual((type(server.result), len(server.result)), (list, 1))

    def test_a_browser_cannot_keep_a_page_beyond_its_code(self):
        seen = []

        def application(environ, start_response):
            seen.append({name for name in environ if name.startswith("HTTP_IF")})
            start_response("200 OK", [HTML, ("ETag", '"1"'), ("last-modified", "Thu, 01 Jan 2026 00:00:00 GMT")])
            return [PAGE]

        server = Server()
        asked = {"HTTP_IF_NONE_MATCH": '"1"', "HTTP_IF_MODIFIED_SINCE": "x", "HTTP_SEC_FETCH_DEST": "document"}
        self.assertEqual(server.run(application, **asked), CHANGED)
        self.assertEqual((server.started, seen), ([("200 OK", [HTML])], [set()]))
        # Whatever is passed on keeps its own.
        other = Server()
        self.assertEqual(other.run(answer(b"<p>", HTML, ("ETag", '"2"'))), b"<p>")
        self.assertEqual(other.started, [("200 OK", [HTML, ("ETag", '"2"')])])

    def test_wherever_pieces_begin_and_end(self):
        for size in range(1, len(PAGE) + 1):
            pieces = [PAGE[at : at + size] for at in range(0, len(PAGE), size)]
            server = Server()
            self.assertEqual(server.run(answer(iter(pieces))), CHANGED, size)
            self.assertEqual(len(server.started), 1)

    def test_the_last_end_of_a_body_counts(self):
        inside = b"<html><body><script>write('</body>')</script>" + b"x" * 200
        self.assertEqual(Server().run(answer(iter([inside, b"</BODY ></html>"]))), inside + TAG + b"</BODY ></html>")
        far = inside + b"x" * 3000
        self.assertEqual(Server().run(answer(iter([far, b"more"]))), far + b"more" + TAG)
        self.assertEqual(Server().run(answer(far)), far + TAG)

    def test_without_an_end_it_comes_last_when_it_is_a_document(self):
        for start in (b"<!doctype HTML><p>", b"\xef\xbb\xbf \n<!-- a > b --><HTML>", b"<head><title>x</title>", b"<body>x"):
            self.assertEqual(Server().run(answer(start)), start + TAG)

    def test_a_browser_says_itself_that_somebody_opened_the_page(self):
        self.assertEqual(Server().run(answer(b"<h1>Hello</h1>"), HTTP_SEC_FETCH_DEST="document"), b"<h1>Hello</h1>" + TAG)

    def test_error_pages_too(self):
        for status in ("404 Not Found", "500 Internal Server Error"):
            self.assertEqual(Server().run(answer(PAGE, status=status)), CHANGED)

    def test_the_old_way_to_send(self):
        def application(environ, start_response):
            write = start_response("200 OK", [HTML])
            write(PAGE[:20])
            write(PAGE[20:])
            return []

        self.assertEqual(Server().run(application), CHANGED)

    def test_an_application_that_begins_when_it_is_walked_through(self):
        def application(environ, start_response):
            start_response("200 OK", [HTML])
            yield b""
            yield PAGE

        self.assertEqual(Server().run(application), CHANGED)


class Streamed(unittest.TestCase):
    def test_no_piece_waits_for_the_next(self):
        made = []

        def pieces():
            for piece in (b"<html><body>", b"one ", b"two </bo", b"ok> three", b"</body>", b"</html>"):
                made.append(piece)
                yield piece

        server = Server()
        server.started.clear()
        handle = browser_reload.wrap(answer(pieces()), server.live_file)
        environ = {"REQUEST_METHOD": "GET", "REMOTE_ADDR": "::1"}
        walk = iter(handle(environ, server.start_response))
        seen = []
        for count in (1, 2, 3, 4):
            seen.append(next(walk))
            self.assertEqual(len(made), count)
        self.assertEqual(seen, [b"<html><body>", b"one ", b"two ", b"</book> three"])
        self.assertEqual(list(walk), [TAG + b"</body></html>"])

    def test_it_is_closed_once_also_when_the_client_goes(self):
        class Result:
            closed = 0

            def __iter__(self):
                return iter([b"<html>", b"</html>"])

            def close(self):
                self.closed += 1

        result = Result()
        self.assertEqual(Server().run(answer(result)), b"<html></html>" + TAG)
        self.assertEqual(result.closed, 1)
        early = Result()
        server = Server()
        response = browser_reload.wrap(answer(early), server.live_file)(
            {"REQUEST_METHOD": "GET", "REMOTE_ADDR": "127.0.0.9"}, server.start_response
        )
        next(iter(response))
        response.close()
        self.assertEqual(early.closed, 1)

    def test_what_the_application_raises_comes_through(self):
        def pieces():
            yield b"<html>"
            raise KeyError("gone")

        with self.assertRaises(KeyError):
            Server().run(answer(pieces()))

        def application(environ, start_response):
            start_response("200 OK", [HTML, ("Content-Length", "9")])
            try:
                raise KeyError("early")
            except KeyError:
                import sys

                start_response("500 Oops", [("Content-Type", "text/plain")], sys.exc_info())
            return [b"oops"]

        server = Server()
        self.assertEqual(server.run(application), b"oops")
        self.assertEqual(server.started, [("500 Oops", [("Content-Type", "text/plain")])])

    def test_an_exception_is_told_of_by_a_page_that_loads_again_and_still_comes_through(self):
        def at_once(environ, start_response):
            raise KeyError("gone")

        def half(environ, start_response):
            start_response("200 OK", [HTML])
            raise KeyError("gone")

        def later(environ, start_response):
            start_response("200 OK", [HTML])
            yield b""
            raise KeyError("gone")

        for application in (at_once, half, later):
            server = Server()
            with self.assertRaises(KeyError):
                server.run(application, HTTP_ACCEPT="text/html,*/*;q=0.8")
            ((status, headers),) = server.started
            self.assertEqual(status, "500 Internal Server Error")
            self.assertEqual(dict(headers)["Content-Length"], str(len(b"".join(server.sent))))
            self.assertIn(TAG + b"</body>", b"".join(server.sent))
            self.assertNotIn(b"gone", b"".join(server.sent))

    def test_the_servers_own_page_about_an_exception_stays_for_whoever_is_no_browser_and_for_what_has_begun(self):
        def at_once(environ, start_response):
            raise KeyError("gone")

        def begun(environ, start_response):
            start_response("200 OK", [HTML])
            yield b"<html><body>" + b"x" * 2000
            raise KeyError("gone")

        def plain(environ, start_response):
            start_response("200 OK", [("Content-Type", "text/plain")])
            raise KeyError("gone")

        def refuses(status, headers, exc_info=None):
            raise OSError("the client has gone")

        server = Server()
        with self.assertRaises(KeyError):
            server.run(at_once, HTTP_ACCEPT="*/*")
        self.assertEqual(server.started, [])
        for application, starts in ((begun, "200 OK"), (plain, "200 OK")):
            server = Server()
            with self.assertRaises(KeyError):
                server.run(application, HTTP_ACCEPT="text/html")
            self.assertEqual([status for status, _ in server.started], [starts])
        server = Server()
        server.start_response = refuses
        with self.assertRaises(KeyError):
            server.run(at_once, HTTP_ACCEPT="text/html")

    def test_starting_twice_is_the_servers_to_refuse(self):
        def application(environ, start_response):
            start_response("200 OK", [HTML])
            start_response("200 OK", [HTML])
            return [PAGE]

        with self.assertRaisesRegex(RuntimeError, "already"):
            Server().run(application)


class LeftAlone(unittest.TestCase):
    def assert_same(self, application, body=PAGE, live=LIVE, **environ):
        server = Server(live)
        self.assertEqual(server.run(application, **environ), body, environ)
        return server

    def test_for_others_than_a_browser_on_this_machine(self):
        for address in ("192.168.0.7", "::2", "", "12.7.0.1", "1270.0.0.1"):
            self.assert_same(answer(PAGE), REMOTE_ADDR=address)
        for name in browser_reload.FORWARDED:
            self.assert_same(answer(PAGE), **{name: "203.0.113.9"})
        for address in ("127.8.9.1", "::1", "::ffff:127.0.0.1"):
            self.assertEqual(Server().run(answer(PAGE), REMOTE_ADDR=address), CHANGED)

    def test_what_a_script_asked_for(self):
        self.assert_same(answer(PAGE), HTTP_SEC_FETCH_DEST="empty")
        self.assert_same(answer(PAGE), HTTP_SEC_FETCH_DEST="iframe")
        self.assert_same(answer(PAGE), HTTP_X_REQUESTED_WITH="XMLHttpRequest")
        self.assert_same(answer(PAGE), HTTP_HX_REQUEST="true")
        self.assert_same(answer(PAGE), HTTP_RANGE="bytes=0-10")

    def test_other_methods_and_statuses(self):
        for method in ("HEAD", "POST", "PUT"):
            self.assert_same(answer(PAGE), REQUEST_METHOD=method)
        for status in ("204 No Content", "206 Partial Content", "301 Moved", "302 Found", "304 Not Modified", "201 Created"):
            self.assert_same(answer(PAGE, status=status))

    def test_other_content(self):
        length = ("Content-Length", str(len(PAGE)))
        for more in (
            [("content-type", "text/plain")],
            [("Content-Type", "application/json")],
            [("Content-Type", "application/xhtml+xml")],
            [("Content-Type", "text/html; charset=UTF-16")],
            [HTML, ("content-range", "bytes 0-9/90")],
            [HTML, ("Content-Disposition", "attachment; filename=x.html")],
            [HTML, ("Digest", "sha-256=x")],
            [],
        ):
            server = self.assert_same(answer(PAGE, length, *more))
            self.assertEqual(server.started, [("200 OK", [length, *more])])
            self.assertEqual(type(server.result), list)

    def test_fragments_keep_their_length(self):
        for body in (
            b"<div>part</div>",
            b"<h1>no document</h1>",
            b"  <!-- note --><li>",
            b"<!",
            b"",
            b"<!-- never ends",
            b"<!--" + b"x" * 9000,
        ):
            length = ("Content-Length", str(len(body)))
            for made in (body, iter([body[:1], body[1:]])):
                server = self.assert_same(answer(made, HTML, length), body)
                self.assertEqual(server.started, [("200 OK", [HTML, length])])

    def test_compressed_ones_which_is_said_once(self):
        server = Server()
        application = answer(b"\x1f\x8b", HTML, ("Content-Encoding", "gzip"))
        self.assertEqual(server.run(application), b"\x1f\x8b")
        with contextlib.redirect_stderr(server.words):
            server.handle({"REQUEST_METHOD": "GET", "REMOTE_ADDR": "127.0.0.1"}, lambda *_: None)
        words = server.words.getvalue()
        self.assertRegex(words, r"^wsgideck: --browser-reload leaves '/page' as it is: the application has compressed it")
        self.assertEqual(words.count("\n"), 1)

    def test_when_nobody_knows_what_is_live(self):
        self.assert_same(answer(PAGE), live=None)
        self.assert_same(answer(PAGE), live='"><script>')

    def test_a_file_is_handed_on_as_it_is(self):
        wrapper = type("FileWrapper", (), {"__iter__": lambda self: iter([b"%PDF"])})()
        server = self.assert_same(answer(wrapper, ("Content-Type", "application/pdf")), b"%PDF")
        self.assertIs(server.result, wrapper)


class Policies(unittest.TestCase):
    def tag_under(self, *policies):
        server = Server()
        body = server.run(answer(b"<html>", HTML, *[(CSP, one) for one in policies]))
        self.assertEqual(bool(server.words.getvalue()), body == b"<html>")
        return body[len(b"<html>") :]

    def test_allowed(self):
        for policy in (
            "default-src 'self'",
            "script-src 'self' https://cdn.example; connect-src 'self'",
            "img-src 'none'",
            "default-src *",
            "default-src http:",
            "Default-Src 'NONE'; SCRIPT-SRC 'Self'; connect-src http://127.0.0.1:8000",
            "sandbox allow-scripts allow-same-origin",
            "",
        ):
            self.assertEqual(self.tag_under(policy), TAG, policy)
        self.assertEqual(self.tag_under("script-src 'self'", "default-src 'self'"), TAG)

    def test_with_a_nonce(self):
        with_nonce = TAG.replace(b" async", b' nonce="r4nd0m+/==" async')
        for policy in (
            "script-src 'nonce-r4nd0m+/=='",
            "script-src 'strict-dynamic' 'nonce-r4nd0m+/=='; object-src 'none'",
            "default-src 'self'; script-src-elem 'nonce-r4nd0m+/=='; script-src 'none'",
        ):
            self.assertEqual(self.tag_under(policy), with_nonce, policy)
        self.assertEqual(self.tag_under("default-src 'self'", "script-src 'nonce-r4nd0m+/=='"), with_nonce)

    def test_forbidden(self):
        for policy in (
            "default-src 'none'",
            "script-src 'none'",
            "script-src 'sha256-abc='",
            "script-src 'self' 'strict-dynamic' 'sha256-abc='",
            "script-src https://cdn.example; connect-src 'self'",
            "script-src 'self'; connect-src https://api.example",
            "default-src https:",
            "sandbox",
            "script-src 'nonce-\"><b>'",
            "default-src 'self', script-src 'none'",
        ):
            self.assertEqual(self.tag_under(policy), b"", policy)
        self.assertEqual(self.tag_under("script-src 'nonce-a'", "script-src 'nonce-b'"), b"")
        self.assertEqual(self.tag_under("default-src 'self'", "connect-src 'none'"), b"")


class InTheHandler(unittest.TestCase):
    def test_loaded_only_when_asked_for(self):
        run_inside("""
            import shutil
            shutil.copy(os.path.join(SOURCES, "browser_reload.py"), OURS)
            live = os.path.join(OURS, "live.txt")
            write("abc.7 2\\n", live)
            write("def application(environ, start_response):\\n    start_response('200 OK', [('Content-Type', 'text/html')])\\n    return [b'<html>']\\n")
            handle = run("handler.py", SETTINGS=settings())["handle_request"]
            assert "browser_reload" not in sys.modules and handle(environ(), lambda *_: None) == [b"<html>"]
            handle = run("handler.py", SETTINGS=settings(browser_reload=live))["handle_request"]
            page = handle(environ(), lambda *_: None)[0]
            assert b'data-live="abc.7 2"' in page, page
            # Its record is there as ever, and only one of our folders was looked through.
            assert sys.modules["_wsgideck"].live[threading.get_ident()][2] == "/" and OURS not in sys.path
        """)
