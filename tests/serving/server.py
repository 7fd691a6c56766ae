"""The server behind every stand-in: JSON by path, what was asked, and faults that spoil one path or all."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tests.serving.answers import Answers

Fault = Callable[[BaseHTTPRequestHandler, threading.Event], None]


@dataclass(frozen=True)
class Asked:
    """One request that came in."""

    method: str
    path: str
    headers: Mapping[str, str]


@dataclass
class ModelServer:
    """A server of models on loopback, while the `with` block lasts. `faults` name a fault of FAULTS for a path, or
    for `*`."""

    answers: Answers
    prefix: str = ""
    faults: dict[str, str] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ended = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True

    @property
    def url(self) -> str:
        """The address to name as a target."""
        return f"http://127.0.0.1:{self._http.server_address[1]}{self.prefix}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ended.set()
        self._http.shutdown()
        self._http.server_close()


def _handler(server: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            body = self.rfile.read(min(int(self.headers.get("content-length", "0")), 1_000_000))
            self._answer(json.loads(body))

        def _answer(self, posted: Any) -> None:
            path = self.path.removeprefix(server.prefix)
            server.asked.append(Asked(self.command, path, dict(self.headers.items())))
            fault = server.faults.get(path, server.faults.get("*"))
            if fault is not None:
                FAULTS[fault](self, server.ended)
                return
            value = server.answers.get(path)
            if callable(value) and posted is not None:
                value = value(posted)
            found = value is not None and not callable(value)
            reply(
                self, 200 if found else 404, json.dumps(value if found else {"error": "not found"}).encode()
            )

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: the tests read `asked`."""

    return Handler


def reply(handler: BaseHTTPRequestHandler, status: int, body: bytes, kind: str = "application/json") -> None:
    """One whole answer."""
    handler.send_response(status)
    handler.send_header("content-type", kind)
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def _hang(handler: BaseHTTPRequestHandler, ended: threading.Event) -> None:
    ended.wait(60)
    handler.close_connection = True


def _endless(handler: BaseHTTPRequestHandler, ended: threading.Event) -> None:
    handler.send_response(200)
    handler.send_header("content-type", "application/json")
    handler.end_headers()
    handler.close_connection = True
    try:
        handler.wfile.write(b'{"data": [')
        while not ended.is_set():
            handler.wfile.write(b'{"id": "x"},' * 5_000)
    except OSError:
        return  # the reader had enough


def _redirect(handler: BaseHTTPRequestHandler, ended: threading.Event) -> None:
    handler.send_response(302)
    handler.send_header("location", "http://127.0.0.1:9/elsewhere")
    handler.send_header("content-length", "0")
    handler.end_headers()


def _fixed(status: int, body: bytes, kind: str = "application/json") -> Fault:
    return lambda handler, ended: reply(handler, status, body, kind)


FAULTS: Mapping[str, Fault] = {
    "hang": _hang,
    "endless": _endless,
    "redirect": _redirect,
    "malformed": _fixed(200, b'{"data": [{"id": '),
    "not-an-object": _fixed(200, b'["a"]'),
    "no-list": _fixed(200, b'{"data": {"id": "a"}}'),
    "no-name": _fixed(200, b'{"data": [{"id": 7}]}'),
    "deep": _fixed(200, b'{"data": [' + b"[" * 500 + b"]" * 500 + b"]}"),
    "too-many": _fixed(200, json.dumps({"data": [{"id": f"m{i}"} for i in range(5_000)]}).encode()),
    "none": _fixed(200, b'{"object": "list", "data": []}'),
    "html": _fixed(200, b"<!doctype html><html><body>Sign in</body></html>", "text/html"),
    "key": _fixed(401, b'{"error": "no key"}'),
    "gone": _fixed(404, b'{"error": "not found"}'),
    "loading": _fixed(503, b'{"error": {"message": "Loading model"}}'),
}
"""What can go wrong, by name."""
