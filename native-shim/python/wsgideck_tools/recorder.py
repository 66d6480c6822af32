"""--enable-recorder: what each request was and how it was answered, as files in a directory.

For the request KEY (microseconds, process, number): KEY.iheaders (the WSGI environ, JSON), KEY.icontent (what the application read of
the body), KEY.oheaders (status and headers, JSON), KEY.ocontent (the response), KEY.oexcept (a traceback, when it raised). Everything is
written as it was, credentials included: files are for their owner only. The newest KEEP requests stay, and the first MOST bytes of a body.
"""

import json
import os
import sys
import time
from _thread import allocate_lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional

    Environ = Dict[str, Any]
    Handler = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

KEEP = 500
MOST = 1024 * 1024
PARTS = ("iheaders", "icontent", "oheaders", "ocontent", "oexcept")


def start(settings: "Dict[str, Any]") -> "Recorder":
    os.environ["MOD_WSGI_RECORDER_ENABLED"] = "true"
    return Recorder(settings["recorder_directory"])


class Recorder:
    def __init__(self, directory: str) -> None:
        self.directory = directory
        self.lock = allocate_lock()
        self.count = 0
        self.broken = False
        self.keys = sorted({name.rpartition(".")[0] for name in listed(directory) if name.rpartition(".")[2] in PARTS})

    def wrap(self, handle: "Handler") -> "Handler":
        def handle_request(environ: "Environ", start_response: "Callable[..., Any]") -> "Iterable[bytes]":
            record = Record(environ)
            environ["wsgi.input"] = record.input = Input(environ.get("wsgi.input"))
            try:
                result = handle(environ, record.answer(start_response))
            except BaseException:
                record.failed()
                self.write(record)
                raise
            if hasattr(result, "__len__"):
                for piece in result:
                    record.output.add(piece)
                close = getattr(result, "close", None)
                self.write(record)
                return Finished(result, close) if close is not None else result
            if type(result).__name__ == "FileWrapper":
                # Sent by mod_wsgi itself, past us.
                self.write(record)
                return result
            return Recorded(result, record, self)

        return handle_request

    def write(self, record: "Record") -> None:
        """Writes the files of one request. Never raises; the first failure is said on standard error."""
        try:
            with self.lock:
                self.count += 1
                key = "%d-%d-%d" % (time.time() * 1e6, os.getpid(), self.count)
                self.keys.append(key)
                old, self.keys = self.keys[:-KEEP], self.keys[-KEEP:]
            for part, data in record.parts():
                descriptor = os.open(os.path.join(self.directory, "%s.%s" % (key, part)), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
            for gone in old:
                for part in PARTS:
                    remove(os.path.join(self.directory, "%s.%s" % (gone, part)))
        except Exception as error:
            if not self.broken:
                print("wsgideck: requests cannot be recorded in %s: %s" % (self.directory, error), file=sys.stderr)
            self.broken = True


class Body:
    """The first MOST bytes of what passes."""

    def __init__(self) -> None:
        self.pieces: "List[bytes]" = []
        self.room = MOST

    def add(self, piece: bytes) -> None:
        if self.room > 0 and piece:
            self.pieces.append(bytes(piece[: self.room]))
            self.room -= len(self.pieces[-1])


class Record:
    def __init__(self, environ: "Environ") -> None:
        self.environ = {name: value for name, value in environ.items() if isinstance(value, (str, int, float, bool))}
        self.input: "Optional[Input]" = None
        self.output = Body()
        self.status: "Optional[str]" = None
        self.headers: "List[Any]" = []
        self.traceback = ""

    def answer(self, start_response: "Callable[..., Any]") -> "Callable[..., Any]":
        def recorded(status: str, headers: "List[Any]", *more: "Any") -> "Any":
            write = start_response(status, headers, *more)
            self.status, self.headers = status, list(headers)

            def written(data: bytes) -> "Any":
                self.output.add(data)
                return write(data)

            return written

        return recorded

    def failed(self) -> None:
        import traceback

        self.traceback = traceback.format_exc()

    def parts(self) -> "Iterator[Any]":
        yield "iheaders", text(self.environ)
        if self.input is not None:
            yield "icontent", b"".join(self.input.body.pieces)
        if self.status is not None:
            yield "oheaders", text({"status": self.status, "headers": self.headers})
            yield "ocontent", b"".join(self.output.pieces)
        if self.traceback:
            yield "oexcept", self.traceback.encode("utf-8", "replace")


class Input:
    """wsgi.input that remembers what was read."""

    def __init__(self, source: "Any") -> None:
        self.source = source
        self.body = Body()

    def read(self, *size: int) -> bytes:
        return self.seen(self.source.read(*size))

    def readline(self, *size: int) -> bytes:
        return self.seen(self.source.readline(*size))

    def readlines(self, *hint: int) -> "List[bytes]":
        return [self.seen(line) for line in self.source.readlines(*hint)]

    def __iter__(self) -> "Iterator[bytes]":
        for line in self.source:
            yield self.seen(line)

    def __getattr__(self, name: str) -> "Any":
        return getattr(self.source, name)

    def seen(self, data: bytes) -> bytes:
        self.body.add(data)
        return data


class Finished:
    """A response with a length and a close(): written already, only to be passed on."""

    def __init__(self, result: "Any", close: "Callable[[], Any]") -> None:
        self.result = result
        self.close = close

    def __len__(self) -> int:
        return len(self.result)

    def __iter__(self) -> "Iterator[bytes]":
        return iter(self.result)


class Recorded:
    """A streamed response; its record is written when it is closed."""

    def __init__(self, result: "Iterable[bytes]", record: Record, recorder: Recorder) -> None:
        self.result = result
        self.record = record
        self.recorder = recorder

    def __iter__(self) -> "Iterator[bytes]":
        try:
            for piece in self.result:
                self.record.output.add(piece)
                yield piece
        except GeneratorExit:
            raise
        except BaseException:
            self.record.failed()
            raise

    def close(self) -> None:
        try:
            close = getattr(self.result, "close", None)
            if close is not None:
                close()
        finally:
            self.recorder.write(self.record)


def text(value: "Any") -> bytes:
    return json.dumps(value, indent=1, sort_keys=True, default=str).encode("utf-8")


def listed(directory: str) -> "List[str]":
    try:
        return os.listdir(directory)
    except OSError:
        return []


def remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
