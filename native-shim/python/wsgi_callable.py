"""Makes a WSGI application of what the entry point names: an attribute of an attribute, a factory, an ASGI application.

Loaded by handler.py, and only for what is not plainly a WSGI callable: `inspect` takes 10 ms. What this file decides at run time,
check_entry.py says beforehand from the source alone. Standard library only, Python 3.8 to 3.14.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, Tuple

# How the first argument of a WSGI callable is usually called, where all of its arguments have defaults.
ENVIRON = ("environ", "env", "e", "_environ")
SCOPE = ["scope", "receive", "send"]


def evaluate(module: "Any", expression: str) -> "Any":
    """What `name`, `name.attribute` or `name(arguments)` is in a module; None when there is no such name. Raises what a factory raises."""
    path, bracket, _ = expression.partition("(")
    found = module
    for name in path.split("."):
        found = getattr(found, name, None)
        if found is None:
            return None
    if not bracket:
        return found
    positional, named = arguments(expression)
    return made(found(*positional, **named), expression)


def made(application: "Any", call: str) -> "Any":
    """What a factory has returned. Raises TypeError for None: the function most likely has no `return`."""
    if application is None:
        raise TypeError("%s returned None; does it return the application?" % call)
    return application


def arguments(expression: str) -> "Tuple[List[Any], Dict[str, Any]]":
    """The arguments of a call, which are literals. Raises ValueError for anything else."""
    import ast

    try:
        call = ast.parse(expression, mode="eval").body
        if not isinstance(call, ast.Call) or any(word.arg is None for word in call.keywords):
            raise ValueError
        return [ast.literal_eval(one) for one in call.args], {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
    except (SyntaxError, ValueError):
        raise ValueError("%s: the arguments must be literals, such as 'text', 5 or True" % expression) from None


def as_wsgi(found: "Any", label: str, python: "Optional[str]") -> "Any":
    """The WSGI application that `found` is, makes, or can be wrapped in. Raises TypeError in one line when there is none.

    label: the entry point as the user gave it, for messages.
    python: the interpreter that pip is to be called with.
    """
    kind = kind_of(found)
    if kind == "factory":
        if not label.endswith(")"):
            tell('%s makes the application, so it is called; name it "%s()" to say so' % (label, label))
            label += "()"
        found = made(found(), label)
        kind = kind_of(found)
    if kind == "asgi":
        return through_a2wsgi(found, label, python)
    if kind != "wsgi":
        raise TypeError("%s is no WSGI application: %s" % (label, reason(found, kind)))
    return found


def reason(found: "Any", kind: str) -> str:
    if kind == "value":
        return "it is of type %s, which cannot be called" % type(found).__name__
    if kind == "factory":
        return "it makes a function that makes an application; call that one in a name of the module's own"
    return "it cannot be called with (environ, start_response)"


def kind_of(found: "Any") -> str:
    """`wsgi`, `asgi`, `factory`, `other` (can be called, but as none of these) or `value`."""
    if not callable(found):
        return "value"
    import functools
    import inspect

    try:
        signature = inspect.signature(found)
    except (TypeError, ValueError):
        # An extension's own; nothing can be known.
        return "wsgi"
    inner = found
    while isinstance(inner, functools.partial):
        inner = inner.func
    waits = inspect.iscoroutinefunction(inner) or inspect.iscoroutinefunction(getattr(type(inner), "__call__", None))  # noqa: B004
    if waits or list(signature.parameters) == SCOPE:
        return "asgi" if takes(signature, 3) else "other"
    if takes(signature, 2):
        return "factory" if is_optional(signature) else "wsgi"
    return "factory" if takes(signature, 0) else "other"


def takes(signature: "Any", count: int) -> bool:
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    return True


def is_optional(signature: "Any") -> bool:
    """Both arguments have defaults, and are not named as those of a WSGI callable: `create_app(config=None, debug=False)`."""
    two = list(signature.parameters.values())[:2]
    return all(one.kind != one.VAR_POSITIONAL and one.default is not one.empty for one in two) and two[0].name not in ENVIRON


def through_a2wsgi(found: "Any", label: str, python: "Optional[str]") -> "Any":
    try:
        from a2wsgi import ASGIMiddleware
    except ImportError:
        raise TypeError(
            "%s is an ASGI application, and mod_wsgi serves WSGI: install a2wsgi (%s -m pip install a2wsgi), or use an ASGI server"
            % (label, python or "python")
        ) from None
    tell("%s is an ASGI application: it is served through a2wsgi, without WebSockets and lifespan events" % label)
    return ASGIMiddleware(found)


def tell(text: str) -> None:
    """One line in the error log."""
    print("wsgideck: " + text, file=sys.stderr)
