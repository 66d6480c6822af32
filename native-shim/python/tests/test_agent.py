import unittest

from .support import run_inside

SERVED = """
            write("import threading\\nGO = threading.Event()\\ndef application(environ, start_response):\\n    GO.wait(20)\\n    return []\\n")
            handle = run("handler.py", SETTINGS=settings())["handle_request"]
            run("agent.py")
            supervisor = Supervisor()
"""


class Talking(unittest.TestCase):
    def test_introduces_itself(self) -> None:
        run_inside(
            SERVED
            + """
            hello = supervisor.read("hello")
            assert hello["v"] == 1 and hello["pid"] == os.getpid() and hello["mod_wsgi"] == [6, 1, 1] and hello["threads"] == 5
            assert hello["load"]["ok"] is True and hello["fault_signal"] > 33
        """
        )

    def test_samples_active_requests_only_and_joins_stacks(self) -> None:
        run_inside(
            SERVED
            + """
            worker = threading.Thread(target=handle, args=(environ("/slow/\\xc3\\xa9?" + "x" * 5000), None), daemon=True)
            worker.start()
            while not sys.modules["_wsgideck"].live:
                time.sleep(0.01)
            assert supervisor.ask(requests=True, stacks=True)["requests"] == []
            mod_wsgi.active_requests["id1"] = {}
            sample = supervisor.ask(requests=True, stacks=True, at=True)
            request, = sample["requests"]
            assert (request["ident"], request["method"], request["worker"], request["queue"]) == (str(worker.ident), "GET", 1, 0.25)
            assert request["url"].startswith("/slow/\\u00e9?xxx") and len(request["url"]) == 2048
            assert request["at"] == [SCRIPT, 4, "application"], request["at"]
            stack = sample["stacks"][0]
            assert stack["ident"] == str(worker.ident) and [SCRIPT, 4, "application"] in stack["frames"]
            assert all(not frame[0].endswith(("agent.py", "agent_start.py", "agent_main.py")) for one in sample["stacks"] for frame in one["frames"])
            assert [str(threading.main_thread().ident), threading.main_thread().native_id, "MainThread"] in sample["background"]
        """
        )

    def test_tells_how_many_pieces_a_response_has_passed_on(self) -> None:
        run_inside(
            """
            write("def application(environ, start_response):\\n    return (b'.' for _ in range(9))\\n")
            handle = run("handler.py", SETTINGS=settings())["handle_request"]
            run("agent.py")
            supervisor = Supervisor()
            mod_wsgi.active_requests["id1"] = {}
            chunks = iter(handle(environ(), None))
            asked = lambda: [one.get("pieces") for one in supervisor.ask(requests=True)["requests"]]
            assert asked() == [None]
            for _ in range(4):
                next(chunks)
            assert asked() == [3]
            # The thread has taken the next request; the count was the other one's.
            handle(environ(), None)
            assert asked() == [None]
            """
        )

    def test_says_more_where_a_sample_is_full(self) -> None:
        run_inside(
            SERVED
            + """
            live = sys.modules["_wsgideck"].live
            for index in range(500):
                live[index] = ("id%d" % index, "GET", "/\\u00ff" * 2000, float(index), "::1", 1, "1000000", "1500000")
                mod_wsgi.active_requests["id%d" % index] = {}
            sample = supervisor.ask(requests=True)
            assert sample["busy"] == 500 and len(sample["requests"]) + sample["more"] == 500 and len(sample["requests"]) >= 10
            assert sample["requests"][0]["id"] == "id0" and sample["requests"][0]["queue"] == 0.5
        """
        )

    def test_passes_exceptions_and_a_late_load_on(self) -> None:
        run_inside(
            SERVED
            + """
            supervisor.read("hello")  # from now on a load is news; before, it is part of the greeting
            sys.modules["__wsgi__"].application.__globals__["GO"].set()
            write("def application(environ, start_response):\\n    raise OSError('no')\\n")
            handle = run("handler.py", SETTINGS=settings())["handle_request"]
            assert supervisor.read("load")["load"]["ok"] is True
            try:
                handle(environ("/x"), None)
            except OSError:
                pass
            message = supervisor.read("exception")
            assert message["title"] == "OSError: no" and message["url"] == "/x" and (message["file"], message["line"]) == (SCRIPT, 2)
            assert message["traceback"][-1] == "OSError: no" and "handler.py" not in "".join(message["traceback"])
        """
        )

    def test_says_why_it_stops_with_the_stacks_of_that_moment(self) -> None:
        run_inside(
            SERVED
            + """
            supervisor.read("hello")
            worker = threading.Thread(target=handle, args=(environ("/slow"), None), daemon=True)
            worker.start()
            while not sys.modules["_wsgideck"].live:
                time.sleep(0.01)
            mod_wsgi.active_requests["id1"] = {}
            SUBSCRIBED[0]("process_stopping", shutdown_reason="request_timeout")
            message = supervisor.read("stopping")
            assert message["reason"] == "request_timeout" and message["requests"][0]["url"] == "/slow"
            assert [SCRIPT, 4, "application"] in message["stacks"][0]["frames"]
        """
        )

    def test_comes_back_and_survives_nonsense(self) -> None:
        run_inside(
            SERVED
            + """
            supervisor.read("hello")
            supervisor.connection.sendall(b"nonsense\\n")
            supervisor.accept()
            supervisor.read("hello")
            supervisor.connection.sendall(b'{"type":"unheard of"}\\n[]\\n')
            supervisor.accept()
            assert supervisor.ask(id=7)["id"] == 7
        """
        )

    def test_a_child_process_lets_go_of_the_connection(self) -> None:
        run_inside(
            SERVED
            + """
            supervisor.read("hello")
            ready, stay = os.pipe()
            child = os.fork()
            if child == 0:
                deck = sys.modules["_wsgideck"]
                os.write(stay, b"y" if deck.note is None and deck.wake is None else b"n")
                os._exit(0)
            assert os.read(ready, 1) == b"y"
            os.waitpid(child, 0)
            assert supervisor.ask(id=3)["id"] == 3
        """
        )

    def test_subscribes_to_events_only_where_another_handler_serves(self) -> None:
        run_inside("""
            run("agent.py")
            take, stopping = SUBSCRIBED
            take("request_started", request_id="r", request_environ=environ("/e"), thread_id=2, queue_start=1.0, daemon_start=2.0)
            mod_wsgi.active_requests["r"] = {}
            take("nothing known")
            take("request_started")
            request, = Supervisor().ask(requests=True)["requests"]
            assert request["url"] == "/e" and request["queue"] == 1.0
        """)
        run_inside(
            SERVED
            + """
            assert len(SUBSCRIBED) == 1
        """
        )


class Starting(unittest.TestCase):
    def test_the_slots_are_there_before_the_conversation_is_compiled(self) -> None:
        run_inside(
            """
            write(APP)
            handle = run("handler.py", SETTINGS=settings())["handle_request"]
            boot = run("agent.py")["AGENT"]
            assert boot.agent is None
            handle(environ("/at/once"), None)
            assert b"GET/at/once" in open(os.path.join(RUN, "%d.slots" % os.getpid()), "rb").read()
            # What mod_wsgi and the interpreter may call meanwhile.
            SUBSCRIBED[0]("process_stopping", shutdown_reason="")
            boot.bye()
            child = os.fork()
            if child == 0:
                os._exit(0 if sys.modules["_wsgideck"].note is None else 1)
            assert os.waitpid(child, 0)[1] == 0
            assert Supervisor().read("hello")["pid"] == os.getpid()
        """
        )

    def test_imports_little_before_the_process_serves(self) -> None:
        run_inside(
            """
            import signal
            write(APP)
            run("handler.py", SETTINGS=settings())
            new = set()
            class Watcher:
                def find_spec(self, name, *rest):
                    new.add(name)
            sys.meta_path.insert(0, Watcher())
            for name in ("json", "select", "_socket", "mmap", "struct"):
                sys.modules.pop(name, None)
            run("agent.py")
            assert new <= {"atexit", "faulthandler", "mmap", "struct", "_struct"}, new
        """
        )

    def test_without_its_second_part_it_says_so_and_the_application_is_served(self) -> None:
        run_inside(
            """
            os.unlink(os.path.join(OURS, "agent_main.py"))
            write(APP)
            handle = run("handler.py", SETTINGS=settings())["handle_request"]
            ready, said = os.pipe()
            sys.stderr = os.fdopen(said, "w", buffering=1)
            run("agent.py")
            line = os.fdopen(ready).readline()
            assert line.startswith("wsgideck: the agent could not start: FileNotFoundError"), line
            assert handle(environ(), None) == [b"|/"]
        """
        )


INTERRUPTING = """
            write("import time\\nSTARTED, ENDED = [], []\\ndef application(environ, start_response):\\n    try:\\n        while True:\\n"
                  "            STARTED.append(1)\\n            time.sleep(0.01)\\n    except BaseException as error:\\n"
                  "        ENDED.append((type(error).__module__, str(error)))\\n        raise\\n")
            handle = run("handler.py", SETTINGS=settings())["handle_request"]
            application = sys.modules["__wsgi__"].application.__globals__
            run("agent.py")
            supervisor = Supervisor()
            raised = []
            def serve(path, request):
                try:
                    handle(environ(path, **{"mod_wsgi.request_id": request}), None)
                except BaseException as error:
                    raised.append((request, type(error).__name__))
            def interrupt(request):
                supervisor.connection.sendall(json.dumps({"type": "interrupt", "id": 7, "request": request}).encode() + b"\\n")
                return supervisor.read("interrupted")
"""


class Interrupting(unittest.TestCase):
    def test_raises_in_the_thread_of_that_request_only(self) -> None:
        run_inside(
            INTERRUPTING
            + """
            workers = [threading.Thread(target=serve, args=("/loop", name), daemon=True) for name in ("one", "two")]
            for name in ("one", "two"):
                mod_wsgi.active_requests[name] = {}
            [worker.start() for worker in workers]
            while len(sys.modules["_wsgideck"].live) < 2 or len(application["STARTED"]) < 2:
                time.sleep(0.01)
            answer = interrupt("two")
            assert answer == {"type": "interrupted", "id": 7, "done": True, "at": answer["at"]}, answer
            assert answer["at"][0] == SCRIPT, answer
            workers[1].join(10)
            assert raised == [("two", "RequestInterrupted")], raised
            assert workers[0].is_alive()
            assert application["ENDED"] == [("wsgideck", "this request was ended by hand, through wsgideck")]
            assert supervisor.read("exception")["title"].startswith("RequestInterrupted: ")
        """
        )

    def test_leaves_a_thread_alone_whose_request_is_over_or_runs_no_python(self) -> None:
        run_inside(
            INTERRUPTING
            + """
            assert interrupt("none") == {"type": "interrupted", "id": 7, "done": False, "why": "it is over"}
            # A note of a request that mod_wsgi does not count as active any more.
            live = sys.modules["_wsgideck"].live
            live[threading.get_ident()] = ("old", "GET", "/old", 1.0, "::1", 1, 1.0, 1.0)
            assert interrupt("old")["why"] == "it is over"
            # A thread without Python frames: here one that does not exist.
            live[1] = ("writes", "GET", "/writes", 1.0, "::1", 1, 1.0, 1.0)
            mod_wsgi.active_requests["writes"] = {}
            assert "no Python code" in interrupt("writes")["why"]
            assert supervisor.ask(requests=True)["busy"] == 1
        """
        )


class Files(unittest.TestCase):
    def test_the_slots_hold_what_each_thread_took_last(self) -> None:
        run_inside("""
            import struct
            write(APP)
            handle = run("handler.py", SETTINGS=settings())["handle_request"]
            run("agent.py")
            handle(environ("/first"), None)
            handle(environ("/" + "y" * 3000), None)
            worker = threading.Thread(target=handle, args=(environ("/other"), None))
            worker.start(); worker.join()
            data = open(os.path.join(RUN, "%d.slots" % os.getpid()), "rb").read()
            assert len(data) == 64 + 5 * 512
            magic, count, size, pid, ticks = struct.unpack_from("<8sIIQQ", data)
            assert (magic, count, size, pid) == (b"WDSLOT1\\n", 5, 512, os.getpid())
            assert ticks == int(open("/proc/self/stat").read().rpartition(")")[2].split()[19])
            ident, start, native, number, *lengths = struct.unpack_from("<QdIIHHHH", data, 64)
            assert ident == threading.get_ident() and native == threading.get_native_id() and number == 1
            assert lengths == [3, 3, 360, 9] and data[96:96 + 12] == b"id1GET/yyyyy"
            assert struct.unpack_from("<Q", data, 64 + 512)[0] not in (0, ident)
            assert data[64 + 1024:] == bytes(512 * 3)
        """)

    def test_more_threads_than_slots_do_no_harm(self) -> None:
        run_inside("""
            write(APP)
            handle = run("handler.py", SETTINGS=settings())["handle_request"]
            run("agent.py")
            barrier = threading.Barrier(20)
            def work():
                barrier.wait()
                handle(environ(), None)
            threads = [threading.Thread(target=work) for _ in range(20)]
            [one.start() for one in threads], [one.join() for one in threads]
            assert os.path.getsize(os.path.join(RUN, "%d.slots" % os.getpid())) == 64 + 5 * 512
        """)

    def test_the_signal_prints_all_stacks_and_ends_nothing(self) -> None:
        run_inside(
            SERVED
            + """
            number = supervisor.read("hello")["fault_signal"]
            os.kill(os.getpid(), number)
            time.sleep(0.1)
            text = open(os.path.join(RUN, "%d.fault" % os.getpid())).read()
            assert "most recent call first" in text and "program.py" in text, text
        """
        )

    def test_the_table_tells_the_thread_of_the_agent(self) -> None:
        run_inside(
            SERVED
            + """
            import struct
            supervisor.read("hello")
            data = open(os.path.join(RUN, "%d.slots" % os.getpid()), "rb").read()
            others = set(map(int, os.listdir("/proc/self/task"))) - {one.native_id for one in threading.enumerate()}
            assert set(struct.unpack_from("<I", data, 32)) <= others, others
        """
        )

    def test_primitives_replaced_in_a_way_that_is_not_known_keep_the_agent_out(self) -> None:
        run_inside("""
            import io, struct
            write("import time\\ntime.sleep = lambda seconds: None\\n" + APP)
            handle = run("handler.py", SETTINGS=settings())["handle_request"]
            sys.stderr = io.StringIO()
            run("agent.py")
            assert sys.stderr.getvalue() == (
                "wsgideck: the agent could not start: the application has replaced time.sleep; this process is seen from outside only\\n"
            ), sys.stderr.getvalue()
            assert handle(environ(), None) == [b"|/"]
            data = open(os.path.join(RUN, "%d.slots" % os.getpid()), "rb").read()
            assert struct.unpack_from("<I", data, 32) == (0xFFFFFFFF,)
        """)

    def test_a_run_directory_that_cannot_be_written_costs_only_those_files(self) -> None:
        run_inside("""
            os.rmdir(RUN)
            write(APP)
            handle = run("handler.py", SETTINGS=settings())["handle_request"]
            run("agent.py")
            assert handle(environ(), None) == [b"|/"]
            assert Supervisor().read("hello")["fault_signal"] is None
        """)


if __name__ == "__main__":
    unittest.main()
