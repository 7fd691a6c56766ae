"""The bounded door by itself, against sockets that do what no web server does."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import httpx2
import pytest

from openaudit.errors import Damaged, SourceError, TimedOut, TooLarge, Unreachable
from openaudit.sources.door import Ask, Door, pause_asked, redirected, shown
from tests.sources.conftest import SMALL

Script = Callable[[socket.socket, bytes], None]
TOKEN = {"authorization": "Bearer hf_secret"}
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Answers each request by the next script, over as many connections as come; keeps what was asked."""

    def __init__(self, *scripts: Script) -> None:
        self._scripts = list(scripts)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.asked: list[bytes] = []
        self.connections = 0
        self.broken = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                while request := connection.recv(65_536):
                    self.asked.append(request)
                    script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
                    script(connection, request)
            except OSError:
                self.broken.set()

    def close(self) -> None:
        self._listener.close()


@contextmanager
def serving(*scripts: Script) -> Iterator[Server]:
    server = Server(*scripts)
    try:
        yield server
    finally:
        server.close()


@pytest.fixture
def session() -> Iterator[httpx2.Client]:
    with httpx2.Client(timeout=None, follow_redirects=True) as client:
        yield client


def send(*parts: bytes) -> Script:
    def script(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"".join(parts))

    return script


def trickle(first: bytes, again: bytes) -> Script:
    def script(connection: socket.socket, _: bytes) -> None:
        connection.sendall(first)
        while True:
            connection.sendall(again)
            time.sleep(0.02)

    return script


def redirect(location: str) -> Script:
    return send(f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode())


def door(session: httpx2.Client, home: str, credentials: Mapping[str, str] = TOKEN) -> Door:
    return Door(lambda: session, limits=SMALL, home=home, credentials=lambda: credentials)


def ask(server: Server, path: str = "/", max_bytes: int = 1_000) -> Ask:
    return Ask(url=server.url + path, max_bytes=max_bytes)


SLOW_FOREVER = {
    "headers byte by byte": trickle(b"HTTP/1.1 200 OK\r\nX-A: ", b"a"),
    "header after header": trickle(b"HTTP/1.1 200 OK\r\n", b"X-A: a\r\n"),
    "continue after continue": trickle(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body byte by byte": trickle(b"HTTP/1.1 200 OK\r\n\r\n", b"a"),
    "empty compressed blocks": trickle(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:10], b"\0\0\0\xff\xff"
    ),
}


@pytest.mark.parametrize("case", SLOW_FOREVER)
@pytest.mark.parametrize("before", [0, 1], ids=["new connection", "used connection"])
def test_a_server_that_never_ends_is_given_up_and_its_connection_closed(
    session: httpx2.Client, case: str, before: int
) -> None:
    with serving(*[send(OK)] * before, SLOW_FOREVER[case]) as server:
        way = door(session, server.url)
        for _ in range(before):
            assert way.fetch_one(ask(server)).body == b"ok"
        started = time.monotonic()
        with pytest.raises(TimedOut):
            way.fetch_one(ask(server))
        assert time.monotonic() - started < 1.2
        assert server.connections == 1
        assert server.broken.wait(1.0)
        _no_workers()


def test_what_others_read_goes_on_when_one_is_given_up(session: httpx2.Client) -> None:
    with serving(SLOW_FOREVER["headers byte by byte"]) as bad, serving(send(OK)) as good:
        way = door(session, good.url)
        for _ in range(2):
            results = way.fetch([ask(bad), ask(good), ask(good)])
            assert isinstance(results[0], TimedOut)
            assert [r.body for r in results[1:] if not isinstance(r, SourceError)] == [b"ok", b"ok"]


def test_connections_are_used_again(session: httpx2.Client) -> None:
    with serving(send(OK)) as server:
        way = door(session, server.url)
        for _ in range(5):
            way.fetch_one(ask(server))
        assert server.connections == 1
        assert way.requests == 5


NEVER_VALID = {
    "no http": (b"SSH-2.0-OpenSSH\r\n", SourceError),
    "a header bomb": (b"HTTP/1.1 200 OK\r\n" + b"X: " + b"a" * 300_000 + b"\r\n\r\n", SourceError),
    "a length that is none": (b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", SourceError),
    "a negative length": (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", SourceError),
    "a chunk that is none": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx", Damaged),
    "two encodings": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\nContent-Length: 1\r\n\r\nx",
        Damaged,
    ),
    "too long": (b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5_000, TooLarge),
    "redirect to a file": (
        b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n",
        Damaged,
    ),
    "redirect to nowhere": (
        b"HTTP/1.1 302 Found\r\nLocation: http://\r\nContent-Length: 0\r\n\r\n",
        Damaged,
    ),
    "redirect to an odd port": (
        b"HTTP/1.1 302 Found\r\nLocation: http://h:99999999/\r\nContent-Length: 0\r\n\r\n",
        Damaged,
    ),
    "redirect to control characters": (
        b"HTTP/1.1 302 Found\r\nLocation: http://h/\x01\x7f\r\nContent-Length: 0\r\n\r\n",
        SourceError,
    ),
}


@pytest.mark.parametrize("case", NEVER_VALID)
def test_what_is_no_answer_is_an_error_of_ours(session: httpx2.Client, case: str) -> None:
    answer, kind = NEVER_VALID[case]
    with serving(send(answer)) as server, pytest.raises(kind):
        door(session, server.url).fetch_one(ask(server))


def test_an_https_endpoint_is_not_left_for_http(session: httpx2.Client) -> None:
    with pytest.raises(Damaged, match="from https to http"):
        redirected("https://huggingface.co/x", "http://huggingface.co/x")


@pytest.mark.parametrize("way_back", [False, True])
def test_the_token_stays_behind_at_the_first_foreign_redirect(session: httpx2.Client, way_back: bool) -> None:
    with serving(send(OK)) as other, serving(send(OK)) as home:
        home._scripts[:] = [redirect("/moved"), redirect(f"{other.url}/away"), send(OK)]
        if way_back:
            other._scripts[:] = [redirect(f"{home.url}/back")]
        assert door(session, home.url).fetch_one(ask(home)).body == b"ok"
        tokens = [b"hf_secret" in request for request in home.asked]
        assert tokens == [True, True, *([False] if way_back else [])]
        assert not any(b"hf_secret" in request for request in other.asked)


@pytest.mark.parametrize(
    "where", ["http://localhost:{port}/", "http://127.0.0.1:1/", "https://127.0.0.1:{port}/"]
)
def test_another_host_port_or_scheme_is_another_origin(session: httpx2.Client, where: str) -> None:
    with serving(send(OK)) as server:
        address = where.format(port=server.url.rsplit(":", 1)[1])
        way = door(session, address)
        way.fetch_one(ask(server))
        assert b"hf_secret" not in server.asked[0]


def test_a_token_that_no_header_can_carry_is_told(session: httpx2.Client) -> None:
    with serving(send(OK)) as server, pytest.raises(Unreachable, match="HF_TOKEN"):
        door(session, server.url, {"authorization": "Bearer hf_ü\n"}).fetch_one(ask(server))


def test_a_failure_of_our_own_is_not_swallowed(session: httpx2.Client) -> None:
    def broken() -> Mapping[str, str]:
        raise ZeroDivisionError

    with serving(send(OK)) as server, pytest.raises(ZeroDivisionError):
        Door(lambda: session, limits=SMALL, home=server.url, credentials=broken).fetch_one(ask(server))


PAUSES = [
    (429, {"ratelimit": '"api";r=0;t=55'}, 56.0),
    (429, {"ratelimit": '"api";r=7;t=55'}, None),
    (429, {"ratelimit": '"api";r=7;t=55', "retry-after": "3"}, 3.0),
    (503, {"ratelimit": '"api";r=0;t=55'}, None),
    (503, {"retry-after": "3"}, 3.0),
    (503, {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
    (503, {"retry-after": "9" * 5000}, None),
    (503, {"retry-after": "soon"}, None),
    (429, {"ratelimit": '"api";r=0;t=' + "9" * 5000}, 1e9),
    (429, {}, None),
]


@pytest.mark.parametrize(("status", "headers", "seconds"), PAUSES)
def test_the_pause_that_a_server_asks_for(
    status: int, headers: dict[str, str], seconds: float | None
) -> None:
    assert pause_asked(status, headers) == seconds


def test_a_message_never_shows_what_may_be_secret() -> None:
    assert shown("https://user:pass@host:8443/a/b?X-Amz-Signature=secret#x") == "https://host:8443/a/b"


def _no_workers() -> None:
    deadline = time.monotonic() + 1.0
    while any(thread.name.startswith("openaudit-") for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
