"""One listening socket: a thread per connection, HTTP/1.1 with keep-alive, every request recorded."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .access import Standing
from .answers import Answer, Ask
from .delivery import Wire, deliver
from .hub import parse_ask
from .record import Host, Record

MAX_REQUEST_BODY_BYTES = 5_000_000


class Listener(ThreadingHTTPServer):
    """A server on loopback whose answers a function gives."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(
        self,
        host: Host,
        port: int,
        record: Record,
        answer: Callable[[Ask], Answer],
        standing: Callable[[str | None], Standing],
    ) -> None:
        """Bind to 127.0.0.1; port 0 takes a free one."""
        self.host = host
        self.record = record
        self.answer = answer
        self.standing = standing
        self.closing = threading.Event()
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Conversation)

    def process_request(self, request: object, client_address: object) -> None:
        """Remember the connection, so that `hang_up` finds it."""
        assert isinstance(request, socket.socket)
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: object) -> None:
        """Forget the connection and close it."""
        assert isinstance(request, socket.socket)
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End every conversation."""
        self.closing.set()
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that leaves in the middle is no error here; anything else is one of ours and is shown."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Conversation(BaseHTTPRequestHandler):
    """One connection: requests one after another until one side closes."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Listener

    def do_GET(self) -> None:
        """Answer one request, whatever its method."""
        body = self._body()
        if body is None:
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            ask = parse_ask(self.command, self.path, headers, body)
        except ValueError:
            self.send_error(400, "no address that can be read")
            return
        shown = {name: "(withheld)" if name == "authorization" else value for name, value in headers.items()}
        record = self.server.record
        request = record.begin(
            self.server.host, self.command, self.path, shown, self.server.standing(ask.token)
        )
        answer = self.server.answer(ask)
        record.note(request, target=answer.about.target, status=answer.status)
        wire = Wire(self.connection, self.server.closing)
        try:
            is_good = deliver(
                wire,
                answer,
                self.command,
                lambda sent, is_last: record.progress(request, sent, is_last=is_last),
            )
        except OSError:
            record.close(request)
            is_good = False
        if not is_good:
            self.close_connection = True

    do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_GET  # noqa: N815

    def _body(self) -> bytes | None:
        """The request's body; None when it is longer than the limit or has no stated length."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or len(length) > 10 or "Transfer-Encoding" in self.headers:
            return None
        return self.rfile.read(int(length)) if int(length) <= MAX_REQUEST_BODY_BYTES else None

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the record has it all."""
