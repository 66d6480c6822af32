"""slot.py: waiting, loading and what stands in for an application that does not load."""

import unittest

from .support import run_inside

# The slot of this process, made by slot.py itself; `green` is not live while there is no switch file.
SLOT = """
def make_slot(group, **more):
    mod_wsgi.process_group = group
    run("slot.py").update(more)
    return sys.modules["_wsgideck"].slot

def call(handle, **more):
    status = []
    body = b"".join(handle(environ(**more), lambda line, headers: status.append(line)))
    return status[0] if status else "", body.decode()

WAITED = []

def handler(slot):
    WAITED.append(slot.idle)
    return run("handler.py", SETTINGS=settings())
"""


def run_slot(body: str) -> str:
    return run_inside(SLOT + body)


class SlotTest(unittest.TestCase):
    def test_a_live_process_loads_at_once(self) -> None:
        run_slot("""
write(APP)
slot = make_slot("app")
assert slot.live and not slot.idle
assert call(handler(slot)["handle_request"])[1] == "|/"
""")

    def test_the_switch_file_makes_the_other_group_live(self) -> None:
        run_slot("""
write("", os.path.join(OURS, "slot.green"))
assert make_slot("app:green").live and not make_slot("app").live
""")

    def test_an_idle_process_waits_until_it_is_told_to_load(self) -> None:
        run_slot("""
slot = make_slot("app:green")
assert slot.idle
def later():
    time.sleep(0.3)
    write(APP)
    slot.load()
threading.Thread(target=later).start()
assert call(handler(slot)["handle_request"])[1] == "|/"
assert not slot.idle and sys.modules["_wsgideck"].load["ok"]
""")

    def test_a_client_that_waits_for_the_idle_group_is_served(self) -> None:
        run_slot("""
write(APP)
server = socket.socket(socket.AF_UNIX)
server.bind(os.path.join(ROOT, "group.sock"))
server.listen(5)
client = socket.socket(socket.AF_UNIX)
client.connect(os.path.join(ROOT, "group.sock"))
slot = make_slot("app:green")
assert call(handler(slot)["handle_request"])[1] == "|/"
""")

    def test_the_queue_of_the_group_is_known_by_whatever_numbers_it_has(self) -> None:
        run_slot("""
server = socket.socket(socket.AF_UNIX)
server.bind(os.path.join(ROOT, "group.sock"))
server.listen(5)
again = os.dup(server.fileno())
run("slot.py")
find = sys.modules["_wsgideck"].slot.__class__.wait.__globals__["find_listener"]
count = len(os.listdir("/proc/self/fd"))
copy = find()
assert os.path.sameopenfile(copy, server.fileno()) and len(os.listdir("/proc/self/fd")) == count + 1
# Two queues: there is no telling which one is meant.
other = socket.socket(socket.AF_UNIX)
other.bind(os.path.join(ROOT, "other.sock"))
other.listen(5)
assert find() is None
""")

    def test_a_process_that_is_let_go_loads_nothing_until_somebody_asks(self) -> None:
        run_slot("""
write("import sys; sys.modules['was_loaded'] = sys\\n" + APP)
slot = make_slot("app:green")
slot.release()
exports = handler(slot)
assert "was_loaded" not in sys.modules
assert call(exports["handle_request"])[1] == "|/"
assert "was_loaded" in sys.modules
""")

    def test_what_does_not_load_is_explained_on_this_machine_only(self) -> None:
        run_slot("""
write("\\nno_such_name <b>\\n")
slot = make_slot("app")
slot.release()
handle = handler(slot)["handle_request"]
status, page = call(handle)
assert status.startswith("500") and "SyntaxError" in page and "&lt;b&gt;" in page and "<b>" not in page, page
for more in ({"REMOTE_ADDR": "192.0.2.1"}, {"HTTP_X_FORWARDED_FOR": "192.0.2.1"}, {"HTTP_VIA": "1.1 proxy"}):
    status, page = call(handle, **more)
    assert status.startswith("500") and "SyntaxError" not in page, page
load = sys.modules["_wsgideck"].load
assert not load["ok"] and len(sys.modules["_wsgideck"].pending) == 1
""")

    def test_a_live_process_that_does_not_load_leaves_requests_to_the_others_until_it_is_let_go(self) -> None:
        run_slot("""
write("no_such_name")
slot = make_slot("app")
served = []
thread = threading.Thread(target=lambda: served.append(handler(slot)), daemon=True)
slot.hold()
thread.start()
while not sys.modules["_wsgideck"].load:
    time.sleep(0.01)
assert sys.modules["_wsgideck"].load["waits"] is True
thread.join(0.5)
assert thread.is_alive() and not served
slot.release()
thread.join(10)
assert call(served[0]["handle_request"])[0].startswith("500")
""")

    def test_a_live_process_that_does_not_load_waits_for_a_word_no_longer_than_it_has_to(self) -> None:
        run_slot("""
write("no_such_name")
slot = make_slot("app")
slot.__class__.stand_by.__globals__["ALONE"] = 0.2
assert call(handler(slot)["handle_request"])[0].startswith("500")
""")

    def test_an_idle_process_that_does_not_load_serves_the_reason_at_once(self) -> None:
        run_slot("""
write("no_such_name")
slot = make_slot("app:green")
slot.load()
assert call(handler(slot)["handle_request"])[0].startswith("500")
assert "waits" not in sys.modules["_wsgideck"].load
""")

    def test_a_load_during_which_a_file_is_saved_is_torn(self) -> None:
        run_slot("""
old = time.time() - 100
write("import os; os.utime(__file__)\\n" + APP)
os.utime(SCRIPT, (old, old))
handler(make_slot("app"))
assert sys.modules["_wsgideck"].load.get("torn") is True
""")

    def test_a_load_of_a_file_that_was_just_emptied_is_torn(self) -> None:
        run_slot("""
sys.path.insert(0, ROOT)
old = time.time() - 100
def load(age, text=""):
    sys.modules.pop("shop", None)
    shop = os.path.join(ROOT, "shop.py")
    write(text, shop)
    os.utime(shop, (time.time() - age, time.time() - age))
    write("import shop\\n" + APP)
    os.utime(SCRIPT, (old, old))
    # A limit that a busy machine does not reach while the files are written.
    handler(make_slot("app", HALF_WRITTEN=60.0))
    return sys.modules["_wsgideck"].load.get("torn")
assert load(0.05) is True
assert load(0.05, "X = 1") is None
assert load(100) is None
""")

    def test_a_load_of_files_at_rest_is_not_torn(self) -> None:
        run_slot("""
old = time.time() - 100
write(APP)
os.utime(SCRIPT, (old, old))
handler(make_slot("app"))
assert "torn" not in sys.modules["_wsgideck"].load
""")

    def test_bytecode_of_a_young_source_is_not_kept(self) -> None:
        run_slot("""
sys.dont_write_bytecode = False
sys.path.insert(0, ROOT)
old = time.time() - 100
for name in ("young", "aged"):
    write("X = 1\\n", os.path.join(ROOT, name + ".py"))
os.utime(os.path.join(ROOT, "aged.py"), (old, old))
write("import young, aged\\n" + APP)
handler(make_slot("app"))
cached = os.listdir(os.path.join(ROOT, "__pycache__"))
assert [name.split(".")[0] for name in cached] == ["aged"], cached
""")


if __name__ == "__main__":
    unittest.main()
