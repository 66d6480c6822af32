import unittest

from .support import run_inside


class Loading(unittest.TestCase):
    def test_runs_a_script_of_any_name_as_a_module_that_can_be_found(self) -> None:
        run_inside("""
            write("from __future__ import annotations\\nimport dataclasses\\n@dataclasses.dataclass\\nclass A:\\n    x: int\\n" + APP)
            scope = run("handler.py", SETTINGS=settings())
            assert scope["handle_request"](environ("/a"), None) == [b"|/a"]
            assert sys.modules["__wsgi__"].__file__ == SCRIPT
            assert sys.modules["_wsgideck"].load["ok"] is True
        """)

    def test_imports_only_what_mod_wsgi_has_loaded(self) -> None:
        run_inside("""
            write(APP)
            before = set(sys.modules)
            run("handler.py", SETTINGS=settings())
            assert set(sys.modules) - before == {"_wsgideck", "__wsgi__"}, set(sys.modules) - before
        """)

    def test_a_failed_load_raises_each_time_and_heals(self) -> None:
        run_inside("""
            for text, kind in (("1/0", ZeroDivisionError), ("def f(:", SyntaxError), ("x = 1", AttributeError), (None, FileNotFoundError)):
                os.path.exists(SCRIPT) and os.unlink(SCRIPT)
                text is None or write(text)
                try:
                    run("handler.py", SETTINGS=settings())
                except kind:
                    deck = sys.modules["_wsgideck"]
                    assert deck.load["ok"] is False and deck.load["error"].startswith(kind.__name__), deck.load
                    assert "__wsgi__" not in sys.modules
                else:
                    raise AssertionError(kind)
            assert [entry[3].partition(":")[0] for entry in deck.pending] == [
                "ZeroDivisionError", "SyntaxError", "AttributeError", "FileNotFoundError"]
            write(APP)
            run("handler.py", SETTINGS=settings())
            assert deck.load["ok"] is True
        """)

    def test_finds_a_module_that_has_come_up_after_a_failure(self) -> None:
        run_inside("""
            given = settings(application_type="module", script="shop.site")
            try:
                run("handler.py", SETTINGS=given)
            except ModuleNotFoundError:
                pass
            os.mkdir(os.path.join(ROOT, "shop"))
            write(APP, os.path.join(ROOT, "shop", "site.py"))
            assert run("handler.py", SETTINGS=given)["handle_request"](environ(), None) == [b"|/"]
        """)

    def test_sets_the_environment_first(self) -> None:
        run_inside("""
            write("import os\\nassert os.environ['SHOP'] == 'open'\\n" + APP)
            run("handler.py", SETTINGS=settings(environment={"SHOP": "open"}))
        """)

    def test_asks_for_a_reload_when_the_file_has_changed_or_gone(self) -> None:
        run_inside("""
            write(APP)
            changed = run("handler.py", SETTINGS=settings())["reload_required"]
            assert changed("x") is False
            os.utime(SCRIPT, (1, 1))
            time.sleep(0.02)
            assert changed("x") is True and changed("x") is True
            assert "reload_required" not in run("handler.py", SETTINGS=settings(reload_scripts=False))
        """)


class Serving(unittest.TestCase):
    def test_puts_the_path_together_again(self) -> None:
        run_inside("""
            write(APP)
            def ask(mount, script_name, path_info, **more):
                handle = run("handler.py", SETTINGS=settings(mount_point=mount))["handle_request"]
                return handle(environ(SCRIPT_NAME=script_name, PATH_INFO=path_info, **more), None)[0].decode()
            assert ask("/", "/a", "/b") == "|/a/b"
            assert ask("/", "/", "") == "|/"
            assert ask("/shop", "/shop", "/b") == "/shop|/b"
            assert ask("/shop/", "/shop", "") == "/shop|"
            assert ask("/shop", "/shopping", "/b") == "|/shopping/b"
            proxied = {"mod_wsgi.mount_point": "/pub", "mod_wsgi.script_name": "/shop"}
            assert ask("/shop", "/pub", "/b", **proxied) == "/pub|/b"
            assert ask("/", "/pub", "/b", **proxied) == "/pub|/shop/b"
        """)

    def test_notes_what_the_thread_is_at(self) -> None:
        run_inside("""
            write(APP)
            run("handler.py", SETTINGS=settings())["handle_request"](environ("/a?x"), None)
            (ident, record), = sys.modules["_wsgideck"].live.items()
            assert ident == threading.get_ident()
            assert record[:3] == ("id1", "GET", "/a?x") and abs(record[3] - time.time()) < 5 and record[4:] == ("127.0.0.1", 1, 10.0, 10.25)
        """)

    def test_leaves_responses_alone_that_cannot_raise(self) -> None:
        run_inside("""
            write("def application(environ, start_response):\\n    return RESPONSE\\n")
            handle = run("handler.py", SETTINGS=settings())["handle_request"]
            class Sequence(list):
                pass
            for response in ([b"a"], (b"a",), mod_wsgi.FileWrapper(), Sequence()):
                sys.modules["__wsgi__"].RESPONSE = response
                assert handle(environ(), None) is response
        """)

    def test_a_guarded_response_is_iterated_closed_and_reported(self) -> None:
        run_inside("""
            write("def application(environ, start_response):\\n    return RESPONSE\\n")
            handle = run("handler.py", SETTINGS=settings())["handle_request"]
            events = []
            class Response:
                def __iter__(self):
                    yield b"one"
                    raise KeyError("two")
                def close(self):
                    events.append("closed")
            sys.modules["__wsgi__"].RESPONSE = Response()
            response = handle(environ("/stream"), None)
            chunks = iter(response)
            assert next(chunks) == b"one"
            try:
                next(chunks)
            except KeyError:
                events.append("raised")
            response.close()
            assert events == ["raised", "closed"]
            at, ident, record, title, summary = sys.modules["_wsgideck"].pending[0]
            assert title == "KeyError: 'two'" and record[2] == "/stream" and summary.stack[-1].name == "__iter__"
            sys.modules["__wsgi__"].RESPONSE = iter([b"x"])
            assert not hasattr(handle(environ(), None), "close")
        """)

    def test_the_pieces_of_a_response_are_counted_while_it_is_walked_through(self) -> None:
        run_inside("""
            write("def application(environ, start_response):\\n    return RESPONSE\\n")
            handle = run("handler.py", SETTINGS=settings())["handle_request"]
            deck = sys.modules["_wsgideck"]
            ident = threading.get_ident()
            def answer(*pieces):
                sys.modules["__wsgi__"].RESPONSE = (piece for piece in pieces)
                return iter(handle(environ(), None))
            chunks = answer(b"a", b"b")
            assert deck.pieces == {}
            for passed in range(2):
                next(chunks)
                record, count = deck.pieces[ident]
                assert record is deck.live[ident] and count == [passed]
            assert next(chunks, None) is None and deck.pieces == {}
            # Left in the middle, and given up only when the thread is at the next one.
            left = answer(b"a", b"b")
            next(left)
            chunks = answer(b"c")
            next(chunks)
            del left
            assert deck.pieces[ident][0] is deck.live[ident]
            del chunks
            assert deck.pieces == {}
        """)

    def test_exceptions_are_kept_in_bounds_and_hold_nothing_alive(self) -> None:
        run_inside("""
            import gc, weakref
            write("class Big: pass\\ndef application(environ, start_response):\\n    big = environ['big'] = Big()\\n    raise ValueError('x')\\n")
            handle = run("handler.py", SETTINGS=settings())["handle_request"]
            last = None
            for _ in range(1000):
                given = environ()
                try:
                    handle(given, None)
                except ValueError as error:
                    assert error.__traceback__ is not None
                last = weakref.ref(given.pop("big"))
            gc.collect()
            assert len(sys.modules["_wsgideck"].pending) == 16
            assert last() is None
        """)


if __name__ == "__main__":
    unittest.main()
