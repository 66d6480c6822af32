"""Reads the entry point without executing any of it: is it there, does it compile, does it define the callable, and what kind is that.

Runs beside Apache's own start, in the Python that will serve, from its text (`python -c`): the run user may not be able to read the
installation. Nothing is imported beyond what every Python has loaded anyway, unless there is something to say: each import would be paid on
every start.

Arguments: `script` or `module`, entry point, callable, then folders of the module path.
Output: records that end with the character 30, each of lines; a NUL ends it all, so that its reader need not wait for Python's end.
Notes come first: `hides`, file, what it hides; `package`, a package, the module of the same name that it hides.
The last record is the verdict:
`ok`; `syntax`, file, line number, message, source line; `missing`, file, names that look like what was meant; `unreadable`, message;
`nowhere` (no such module); `arguments` (of a call, that are no literals); `factory`, its name; `asgi`, `a2wsgi` where that is installed;
`parameters`, file, line number, how many are needed, `async` or nothing;
`returns`, file, line number, name of a factory that returns nothing.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any, Iterator, List, NoReturn, Optional, Set, Tuple

# What every interpreter has loaded by now: a file of the application cannot hide it any more.
LOADED = {*sys.modules, "abc", "codecs", "genericpath", "io", "os", "posixpath", "site", "stat"}
AST_ONLY = 0x400
# Names that can put others into the module behind the compiler's back; with any of them the callable may be there after all.
TRICKS = {"globals", "vars", "locals", "exec", "eval", "setattr", "__dict__", "modules", "update", "__import__", "import_module"}
LIKELY = ("app", "application", "wsgi", "wsgi_app", "main", "handler", "server", "create_app", "make_app")
ENVIRON = ("environ", "env", "e", "_environ")
SCOPE = ["scope", "receive", "send"]
# What makes an ASGI application, in the frameworks that have no other kind.
ASGI_MAKERS = {"FastAPI", "Starlette", "Quart", "Litestar", "Sanic", "BlackSheep", "get_asgi_application"}
# A script of this name is common, and applications do not import Python's package of tests.
HARMLESS = {"test"}

records: "List[str]" = []


def note(*lines: object) -> None:
    records.append("\n".join(str(line).replace("\r", " ").replace("\n", " ").replace("\x1e", " ") for line in lines))


def say(*lines: object) -> "NoReturn":
    note(*lines)
    sys.stdout.buffer.write(("\x1e".join(records) + "\0").encode("utf-8", "replace"))
    sys.stdout.buffer.flush()
    sys.exit(0)


def exists(path: str) -> bool:
    import os

    return os.path.exists(path)


def find(name: str, folders: "List[str]") -> str:
    """The source file of a module. Ends the program where there is none to be looked at."""
    import importlib.util
    import os

    sys.path[0:0] = folders
    top, *rest = name.split(".")
    spec = importlib.util.find_spec(top)
    if spec is None:
        say("nowhere")
    for part in rest:
        places = list(spec.submodule_search_locations or []) if spec else []
        found = [os.path.join(place, part, "__init__.py") for place in places] + [os.path.join(place, part + ".py") for place in places]
        found = [path for path in found if os.path.exists(path)]
        if not found:
            # A namespace, an extension module or a package that plays tricks with its path: not for us to judge.
            say("ok")
        folder = os.path.dirname(found[0])
        locations = [folder] if found[0].endswith("__init__.py") else None
        spec = importlib.util.spec_from_file_location(part, found[0], submodule_search_locations=locations)
    if not spec or not spec.origin or not spec.origin.endswith(".py"):
        say("ok")
    if not rest and spec.origin.endswith("/__init__.py") and exists(spec.origin[: -len("/__init__.py")] + ".py"):
        note("package", spec.origin[: -len("/__init__.py")], spec.origin[: -len("/__init__.py")] + ".py")
    return spec.origin


def installed(folders: "List[str]") -> "List[str]":
    """The module path without the application's own folders."""
    import site

    if sys.flags.no_site:
        site.main()
    return [path for path in sys.path if path and path not in folders]


def walk(tree: "Any") -> "Iterator[Any]":
    """All nodes of a tree, without the module `ast`."""
    queue = [tree]
    while queue:
        node = queue.pop()
        yield node
        for name in node._fields:
            value = getattr(node, name, None)
            queue.extend(one for one in (value if isinstance(value, list) else [value]) if hasattr(one, "_fields"))


def imported(tree: "Any") -> "Set[str]":
    """The modules that are imported anywhere in the source, by the first part of their names."""
    found: "Set[str]" = set()
    for node in walk(tree):
        kind = type(node).__name__
        if kind == "Import":
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif kind == "ImportFrom" and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def note_hidden(path: str, tree: "Any", folders: "List[str]") -> None:
    """Notes the files of the application that are found in the place of an installed package or a module of Python's."""
    folder, _, file = path.rpartition("/")
    own = {file[:-3]} - HARMLESS if file.endswith(".py") and folder in folders else set()
    for name in sorted((imported(tree) | own) - LOADED):
        for place in folders:
            mine = "%s/%s.py" % (place, name)
            if exists("%s/%s/__init__.py" % (place, name)) or not exists(mine):
                continue
            for other in installed(folders):
                theirs = [one for one in ("%s/%s/__init__.py" % (other, name), "%s/%s.py" % (other, name)) if exists(one)]
                if theirs:
                    note("hides", mine, theirs[0])
                    break
            break


def certain(unit: "CodeType", wanted: str) -> bool:
    """Does this source certainly not define the name."""
    if wanted in unit.co_names or TRICKS.intersection(unit.co_names):
        return False
    inner = (one for one in unit.co_consts if hasattr(one, "co_names"))
    return ("*",) not in unit.co_consts and all(certain(one, wanted) for one in inner)


def definition(tree: "Any", wanted: str) -> "Optional[Any]":
    """The one statement of the module that binds the name; None when there are several, or it is bound in another way."""
    found = []
    for node in walk(tree):
        kind = type(node).__name__
        if kind in ("FunctionDef", "AsyncFunctionDef", "ClassDef"):
            names = [node.name]
        elif kind in ("Import", "ImportFrom"):
            names = [alias.asname or alias.name for alias in node.names]
        else:
            names = [node.id] if kind == "Name" and type(node.ctx).__name__ != "Load" else []
        found += [node] * names.count(wanted)
    if len(found) != 1:
        return None
    for node in tree.body:
        if node is found[0] or (type(node).__name__ == "Assign" and node.targets == found):
            return node
    return None


def counts(function: "Any") -> "Tuple[List[str], int, bool]":
    """Names of the positional parameters, how many arguments are needed, and whether any number is taken."""
    given = function.args
    names = [one.arg for one in getattr(given, "posonlyargs", []) + given.args]
    needed = len(names) - len(given.defaults) + sum(one is None for one in given.kw_defaults)
    return names, needed, given.vararg is not None


def returns(function: "Any") -> bool:
    """Does a function return a value anywhere, or make a generator, or always raise."""
    queue = list(function.body)
    while queue:
        node = queue.pop()
        kind = type(node).__name__
        if kind in ("Yield", "YieldFrom", "Raise") or (kind == "Return" and node.value is not None):
            return True
        if kind in ("FunctionDef", "AsyncFunctionDef", "ClassDef", "Lambda"):
            continue
        for name in node._fields:
            value = getattr(node, name, None)
            queue.extend(one for one in (value if isinstance(value, list) else [value]) if hasattr(one, "_fields"))
    return False


def judge(node: "Optional[Any]", called: bool, path: str, folders: "List[str]") -> None:
    """Ends the program when the callable is something else than a WSGI application, as far as the source tells."""
    kind = type(node).__name__
    if node is None or getattr(node, "decorator_list", None):
        return
    if kind == "Assign" and not called and type(node.value).__name__ == "Call":
        maker = node.value.func
        if getattr(maker, "attr", getattr(maker, "id", None)) in ASGI_MAKERS:
            say("asgi", *a2wsgi(folders))
    if kind == "FunctionDef" and called and not returns(node):
        say("returns", path, node.lineno, node.name)
    if kind not in ("FunctionDef", "AsyncFunctionDef") or called:
        return
    names, needed, more = counts(node)
    if names == SCOPE or (kind == "AsyncFunctionDef" and needed <= 3 and (more or len(names) >= 3)):
        say("asgi", *a2wsgi(folders))
    pair = needed <= 2 and (more or len(names) >= 2)
    optional = needed == 0 and not more and (not pair or names[0] not in ENVIRON)
    if kind == "FunctionDef" and optional and not returns(node):
        say("returns", path, node.lineno, node.name)
    if kind == "FunctionDef" and optional:
        say("factory", node.name)
    if kind == "AsyncFunctionDef" or not pair:
        say("parameters", path, node.lineno, needed, "async" if kind == "AsyncFunctionDef" else "")


def a2wsgi(folders: "List[str]") -> "List[str]":
    places = folders + installed(folders)
    return ["a2wsgi"] if any(exists("%s/a2wsgi/__init__.py" % place) for place in places) else []


def check_arguments(call: str) -> None:
    if call.split("(", 1)[1].strip() == ")":
        return
    import ast

    try:
        found = ast.parse(call, mode="eval").body
        if not isinstance(found, ast.Call) or any(word.arg is None for word in found.keywords):
            raise ValueError
        for one in [*found.args, *(word.value for word in found.keywords)]:
            ast.literal_eval(one)
    except (SyntaxError, ValueError):
        say("arguments")


def main(kind: str, entry: str, wanted: str, *given: str) -> None:
    folders = list(given)
    called = "(" in wanted
    if called:
        check_arguments(wanted)
    dotted = wanted.partition("(")[0]
    name = dotted.partition(".")[0]
    path = find(entry, folders) if kind == "module" else entry
    try:
        with open(path, "rb") as stream:
            source = stream.read()
    except OSError as error:
        say("unreadable", error.strerror)
    try:
        tree: "Any" = compile(source, path, "exec", AST_ONLY, dont_inherit=True)
        code = compile(tree, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        say("syntax", error.filename or path, error.lineno or 1, error.msg, (error.text or "").strip())
    except (ValueError, MemoryError, RecursionError) as error:
        say("syntax", path, 1, error, "")
    note_hidden(path, tree, folders)
    # A module's own __getattr__ makes names when they are asked for (PEP 562).
    if "__getattr__" not in code.co_names and certain(code, name):
        say("missing", path, " ".join(one for one in code.co_names if one.lower() in LIKELY))
    if dotted == name:
        judge(definition(tree, name), called, path, folders)
    say("ok")


main(*sys.argv[1:])
