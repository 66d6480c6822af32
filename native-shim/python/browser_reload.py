"""Puts a script into pages of the application that has them load again by themselves, for --browser-reload.

Loaded by handler.py only when that option is given. The script (reload.js) and what it asks for once a second (live.txt) are files that
Apache serves without Python: no worker thread is held for an open page. Which code a page is of is written into it, so nothing is missed
between the making of a page and the first question of its script.

Only for a browser on this machine, only whole HTML documents that somebody opened; everything else is passed on as it is, and costs a few
dictionary look-ups. Standard library only, Python 3.8 to 3.14.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Set, Tuple

    Environ = Dict[str, Any]
    Headers = List[Tuple[str, str]]
    StartResponse = Callable[..., Any]
    Application = Callable[[Environ, StartResponse], Iterable[bytes]]

SCRIPT = "/__wsgideck__/reload.js"

# What a proxy says about whom it asks for: then the address of the connection is the proxy's.
FORWARDED = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_X_CLIENT_IP", "HTTP_X_FORWARDED_HOST", "HTTP_VIA")
# Asked for by a script, not by somebody who opened a page.
PARTIAL = ("HTTP_X_REQUESTED_WITH", "HTTP_HX_REQUEST", "HTTP_RANGE")
# Headers that say something about the very bytes of the body.
SEALED = frozenset(("content-range", "content-md5", "digest", "content-digest", "repr-digest"))
# What a browser asks with, and what it compares, to find out whether the page that it has kept is still good. That one names the code that
# made it: kept for longer, it would load again and again.
CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE")
VALIDATORS = frozenset(("etag", "last-modified"))
# Apache's own page about an error has no script: it would stay when the code is mended.
ERROR = b"""<!doctype html>
<html lang="en"><head><title>500 Internal Server Error</title></head>
<body><h1>Internal Server Error</h1>
<p>The application raised an exception. The log says which; this page loads again when the code is mended.</p></body></html>
"""
BODY_END = b"</body"
# Bytes that may follow the end of the body until it is taken for text inside a script.
TAIL = 1024
# Bytes of white space and comments that may come before a document.
PREAMBLE = 8192


def wrap(handle: "Application", live_file: str) -> "Application":
    """The application, with the script in its pages. `live_file`: names the code that is live."""
    said: "Set[str]" = set()

    def handle_request(environ: "Environ", start_response: "StartResponse") -> "Iterable[bytes]":
        if not is_wanted(environ):
            return handle(environ, start_response)
        live = read_live(live_file)
        if live is None:
            return handle(environ, start_response)
        if "HTTP_SEC_FETCH_DEST" in environ:
            for name in CONDITIONS:
                environ.pop(name, None)
        page = Page(environ, start_response, live, said)
        try:
            result = handle(environ, page.start_response)
        except Exception:
            page.tell_of_error()
            raise
        if page.passing:
            return result
        if type(result) in (list, tuple):
            # One piece: mod_wsgi works out the length of such a response itself.
            return [b"".join(page.pieces(result))]
        return Changed(page, result)

    return handle_request


def is_wanted(environ: "Environ") -> bool:
    """Has somebody on this machine opened a page, as far as the request tells."""
    get = environ.get
    address = get("REMOTE_ADDR", "")
    if get("REQUEST_METHOD") != "GET" or not (address in ("::1", "::ffff:127.0.0.1") or address.startswith("127.")):
        return False
    # Sent by every browser of today, to addresses of its own machine too.
    if get("HTTP_SEC_FETCH_DEST", "document") != "document":
        return False
    return not any(map(get, FORWARDED)) and not any(map(get, PARTIAL))


def read_live(path: str) -> "Optional[str]":
    """The name of the code and the number of the styles that are live; None when that cannot be told."""
    try:
        with open(path) as file:
            text = file.read(100).strip()
    except (OSError, ValueError):
        return None
    return text if text.replace(" ", "").replace(".", "").isalnum() else None


class Page:
    """A response on its way: first its headers, then its body. It waits, then it is `passing` through as it is or `changing`."""

    def __init__(self, environ: "Environ", start_response: "StartResponse", live: str, said: "Set[str]") -> None:
        self.environ = environ
        self.real_start = start_response
        self.live = live
        self.said = said
        self.passing = self.changing = False
        # Status and headers, until it is known whether the script comes in.
        self.begun: "Optional[Tuple[str, Headers]]" = None
        self.tag = b""
        self.held = b""
        self.write: "Any" = None

    def start_response(self, status: str, headers: "Headers", exc_info: "Any" = None) -> "Callable[[bytes], Any]":
        """What the application calls. Headers wait for the first piece of the body, which shows whether it is a document."""
        if self.begun is not None and exc_info is None:
            # Not allowed, which the server says as soon as it hears of both.
            self.pass_on()
        # White space that waits with the headers goes with them.
        self.held = b""
        if self.changing or self.passing or not self.is_page(status, headers):
            self.begun = None
            self.passing = True
            self.write = self.real_start(status, headers, *([exc_info] if exc_info else []))
            return self.write  # type: ignore[no-any-return]
        self.begun = (status, headers)
        return self.take

    def take(self, piece: bytes) -> None:
        """The old way to send a body."""
        changed = self.feed(piece)
        if changed:
            self.write(changed)

    def tell_of_error(self) -> None:
        """Answers instead of Apache when the application has raised an exception before anything was sent.

        Whoever has caught it raises it again: mod_wsgi then logs it as ever, and sends nothing more (measured with 4.9.4 and 6.1.1).
        """
        if self.passing or self.changing or "text/html" not in self.environ.get("HTTP_ACCEPT", ""):
            return
        headers = [("Content-Type", "text/html; charset=utf-8")]
        self.begun = None
        self.passing = True
        if not self.is_page("500", headers):
            return
        at = ERROR.rfind(BODY_END)
        body = ERROR[:at] + self.tag + ERROR[at:]
        try:
            self.real_start("500 Internal Server Error", [*headers, ("Content-Length", str(len(body)))])(body)
        except Exception:
            # The client has gone; the application's exception is the one to be told of.
            return

    def pieces(self, result: "Iterable[bytes]") -> "Iterator[bytes]":
        try:
            for piece in result:
                changed = self.feed(piece)
                if changed:
                    yield changed
        except Exception:
            self.tell_of_error()
            raise
        rest = self.finish()
        if rest:
            yield rest

    def is_page(self, status: str, headers: "Headers") -> bool:
        code = status[:3]
        if code != "200" and code < "400":
            return False
        names: "Dict[str, str]" = {}
        policies = []
        for name, value in headers:
            lower = name.lower()
            names[lower] = value
            if lower == "content-security-policy":
                policies.append(value)
        kind, _, parameters = names.get("content-type", "").lower().partition(";")
        if kind.strip() != "text/html" or "utf-16" in parameters or "utf-32" in parameters:
            return False
        if names.get("content-disposition", "").lower().startswith("attachment") or not SEALED.isdisjoint(names):
            return False
        if names.get("content-encoding", "identity").lower() != "identity":
            return self.refuse("the application has compressed it (leave that out during development, or to --compress-responses)")
        nonce = nonce_for(policies, self.environ)
        if nonce is None:
            return self.refuse("its Content-Security-Policy allows no script or no request to this server ('self')")
        attribute = ' nonce="%s"' % nonce if nonce else ""
        self.tag = ('<script src="%s" data-live="%s"%s async></script>' % (SCRIPT, self.live, attribute)).encode("latin-1")
        return True

    def refuse(self, why: str) -> bool:
        """Says once why a page gets no script; returns False."""
        if why not in self.said:
            self.said.add(why)
            path = self.environ.get("SCRIPT_NAME", "") + self.environ.get("PATH_INFO", "")
            print("wsgideck: --browser-reload leaves %r as it is: %s" % (path, why), file=sys.stderr)
        return False

    def pass_on(self) -> None:
        """Sends the headers as they are; the body will be."""
        if self.begun is not None:
            status, headers = self.begun
            self.begun = None
            self.passing = True
            self.write = self.real_start(status, headers)

    def change(self) -> None:
        """Sends the headers of a page with the script in it."""
        status, headers = self.begun or ("", [])
        self.begun = None
        self.changing = True
        kept = [longer(header, len(self.tag)) for header in headers if header[0].lower() not in VALIDATORS]
        self.write = self.real_start(status, kept)

    def feed(self, piece: bytes) -> bytes:
        """What can be sent now that this piece has come."""
        if self.passing:
            return piece
        if self.begun is None and not self.changing:
            # The application has not begun: the server is to complain, as it would without us.
            return piece
        held = self.held + piece
        if self.begun is not None:
            verdict = True if held and "HTTP_SEC_FETCH_DEST" in self.environ else is_document(held)
            if verdict is None and len(held) < PREAMBLE:
                self.held = held
                return b""
            if not verdict:
                self.pass_on()
                self.held = b""
                return held
            self.change()
        keep = tail_length(held)
        self.held = held[len(held) - keep :]
        return held[: len(held) - keep]

    def finish(self) -> bytes:
        """The end of the body."""
        held, self.held = self.held, b""
        if self.begun is not None:
            self.pass_on()
        if not self.changing:
            return held
        at = held.lower().rfind(BODY_END)
        return held + self.tag if at < 0 else held[:at] + self.tag + held[at:]


class Changed:
    """An iterable response with the script put in. It is closed as the application's own would be."""

    __slots__ = ("close", "page", "result")

    def __init__(self, page: Page, result: "Iterable[bytes]") -> None:
        self.page = page
        self.result = result
        close = getattr(result, "close", None)
        if close is not None:
            self.close = close

    def __iter__(self) -> "Iterator[bytes]":
        return self.page.pieces(self.result)


def longer(header: "Tuple[str, str]", by: int) -> "Tuple[str, str]":
    """The header of a body that has grown."""
    name, value = header
    return (name, str(int(value) + by)) if name.lower() == "content-length" and value.strip().isdigit() else header


def tail_length(text: bytes) -> int:
    """How many bytes at the end have to be kept: from the last end of a body on, or what may be the beginning of one."""
    lower = text.lower()
    at = lower.rfind(BODY_END)
    if at >= 0 and len(text) - at <= TAIL:
        return len(text) - at
    for length in range(min(len(BODY_END) - 1, len(text)), 0, -1):
        if BODY_END.startswith(lower[-length:]):
            return length
    return 0


def is_document(text: bytes) -> "Optional[bool]":
    """Does this begin like a whole document, and not like a fragment for a script; None when more is needed to tell."""
    rest = text[3:] if text.startswith(b"\xef\xbb\xbf") else text
    while True:
        rest = rest.lstrip()
        if not rest.startswith(b"<!--"):
            break
        _, end, rest = rest.partition(b"-->")
        if not end:
            return None
    lower = rest[:9].lower()
    starts = (b"<!doctype", b"<html", b"<head", b"<body")
    if lower.startswith(starts):
        return True
    return None if any(start.startswith(lower) for start in starts) or b"<!--".startswith(lower) else False


def nonce_for(policies: "List[str]", environ: "Environ") -> "Optional[str]":
    """The nonce that the script needs ("" for none), under all of these policies; None when one of them forbids it or its requests."""
    found = ""
    for policy in ",".join(policies).split(","):
        rules: "Dict[str, List[str]]" = {}
        for directive in policy.split(";"):
            words = directive.split()
            if words:
                rules.setdefault(words[0].lower(), words[1:])
        if "sandbox" in rules and "allow-scripts" not in rules["sandbox"]:
            return None
        scripts = first(rules, "script-src-elem", "script-src", "default-src")
        if not allows(first(rules, "connect-src", "default-src"), environ):
            return None
        if scripts is None:
            continue
        nonce = next((word[7:-1] for word in scripts if word.lower().startswith("'nonce-") and word.endswith("'")), "")
        if nonce and nonce.replace("+", "").replace("/", "").replace("-", "").replace("_", "").rstrip("=").isalnum():
            if found not in ("", nonce):
                return None
            found = nonce
        elif "'strict-dynamic'" in map(str.lower, scripts) or not allows(scripts, environ):
            return None
    return found


def first(rules: "Dict[str, List[str]]", *names: str) -> "Optional[List[str]]":
    return next((rules[name] for name in names if name in rules), None)


def allows(sources: "Optional[List[str]]", environ: "Environ") -> bool:
    """Is the server that the page came from among these sources. Names with wildcards or paths are not worked out."""
    if sources is None:
        return True
    scheme, host = environ.get("wsgi.url_scheme", "http"), environ.get("HTTP_HOST", "")
    known = {"'self'", "*", scheme + ":", host.lower(), "%s://%s" % (scheme, host.lower())} - {""}
    return any(source.lower() in known for source in sources)
