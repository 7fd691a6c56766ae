"""The bounded door to HTTP: every answer has a ceiling in bytes and in time, whatever the server does.

Each request runs in a daemon thread. At the deadline its sockets are shut down and it is abandoned, because a server
that sends one byte at a time never trips the timeouts of a socket.
"""

from __future__ import annotations

import email.utils
import os
import queue
import re
import socket
import threading
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit
from weakref import WeakSet

import httpx2

from openaudit.errors import Damaged, RateLimited, SourceError, TimedOut, TooLarge, Unreachable
from openaudit.sources.limits import Limits

Origin = tuple[str, str, int | None]

_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PORTS = {"http": 80, "https": 443}
_RATE = re.compile(r'"(\w{1,40})"\s*;\s*r\s*=\s*(\d{1,9})\s*;\s*t\s*=\s*(\d{1,9})')
_LONGEST_PAUSE_SECONDS = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request. `max_bytes` bounds the decoded body; `overlong` says what becomes of a longer one; `content` is
    what a POST sends (a question in JSON, which may be asked twice)."""

    url: str
    max_bytes: int
    method: Literal["GET", "HEAD", "POST"] = "GET"
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    overlong: Literal["cut", "refuse"] = "refuse"
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back. `body` holds one byte more than the ceiling where there was more; `hops` are the redirects
    followed, `headers` those of the last answer, `first_headers` those of the first."""

    status: int
    headers: httpx2.Headers
    first_headers: httpx2.Headers
    body: bytes
    url: str
    hops: tuple[str, ...]
    request: httpx2.Request
    measured: bool
    """Whether the length of the body was announced, so that a break would have been noticed."""


def origin_of(url: str) -> Origin:
    """Scheme, host and port of an address: where a token may go. Raises: Damaged."""
    try:
        parts = urlsplit(url)
        return parts.scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme)
    except ValueError as error:
        raise Damaged(f"The server named an address that is none: {url[:120]!r}.") from error


def shown(url: str) -> str:
    """An address fit for a message: without user name, password and query, which may be secrets."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "an invalid address"
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"[:200]


def shown_host(url: str) -> str:
    """Scheme, host and port of an address, for a message."""
    return "/".join(shown(url).split("/")[:3])


class _Call:
    """One request under way: its deadline, and the sockets to shut down when it is over."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.ended = threading.Event()
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self.used: socket.socket | None = None

    @property
    def remaining(self) -> float:
        """Seconds until the deadline. Raises: TimedOut when none are left, or the call was given up."""
        left = self.deadline - time.monotonic()
        if left <= 0 or self.ended.is_set():
            raise TimedOut("The time ceiling was reached.")
        return left

    def watch(self, event: str, info: Mapping[str, Any]) -> None:
        """Note a new connection (the `trace` extension of the HTTP library).

        The descriptor is duplicated: shutting the copy down ends the connection also while a TLS handshake holds
        the original.
        """
        if not event.endswith("connect_tcp.complete"):
            return
        original = info["return_value"].get_extra_info("socket")
        copy = socket.socket(fileno=os.dup(original.fileno()))
        with self._lock:
            self._sockets.append(copy)
        if self.ended.is_set():
            _shut(copy)

    def end(self) -> None:
        """Give the call up: wake its worker wherever it waits."""
        self.ended.set()
        with self._lock:
            for connection in self._sockets:
                _shut(connection)

    def close(self) -> None:
        """Forget the connections, which may go on to serve others."""
        with self._lock:
            for connection in self._sockets:
                connection.close()
            self._sockets.clear()

    @property
    def connected(self) -> bool:
        """Whether `end` reaches the connection in use."""
        return bool(self._sockets) or self.used is not None


class Door:
    """Makes requests through a session of the HTTP library, and lets a token out to one origin only."""

    def __init__(
        self,
        session: Callable[[], httpx2.Client],
        *,
        limits: Limits,
        home: str,
        credentials: Callable[[], Mapping[str, str]],
    ) -> None:
        self._session = session
        self._limits = limits
        self._home = origin_of(home)
        self._credentials = credentials
        self._reusable: WeakSet[socket.socket] = WeakSet()
        self._lock = threading.Lock()
        self.requests = 0

    def fetch_one(self, ask: Ask) -> Answer:
        """The answer to one request. Raises: SourceError."""
        (result,) = self.fetch([ask])
        if isinstance(result, SourceError):
            raise result
        return result

    def fetch(self, asks: Sequence[Ask]) -> list[Answer | SourceError]:
        """The answers to all requests, made at once, in their order; done within one time ceiling."""
        deadline = time.monotonic() + self._limits.request_seconds
        done: queue.SimpleQueue[tuple[int, Answer | BaseException]] = queue.SimpleQueue()
        calls = [_Call(deadline) for _ in asks]
        for number, (call, ask) in enumerate(zip(calls, asks, strict=True)):
            threading.Thread(
                target=self._work, args=(number, call, ask, done), daemon=True, name=f"openaudit-{number}"
            ).start()
        results: dict[int, Answer | BaseException] = {}
        while len(results) < len(asks):
            try:
                number, result = done.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                break
            results[number] = result
        for number, call in enumerate(calls):
            if number not in results:
                self._give_up(call)
        return [self._result(results.get(number), ask) for number, ask in enumerate(asks)]

    def _result(self, result: Answer | BaseException | None, ask: Ask) -> Answer | SourceError:
        if result is None or isinstance(result, TimedOut):
            return TimedOut(
                f"{shown(ask.url)} gave no complete answer within {self._limits.request_seconds:g} seconds.",
                hint="Try again later, or check HF_ENDPOINT and the proxy settings.",
            )
        if isinstance(result, Answer | SourceError):
            return result
        raise result

    def _give_up(self, call: _Call) -> None:
        """Shut down what the call reads from. On a connection that was used before it is not known which one that
        is before the answer has begun: then all that may be it go, and nobody minds losing an idle one."""
        known = call.connected
        call.end()
        with self._lock:
            doubtful = [] if known else list(self._reusable)
        for connection in [call.used] if call.used is not None else doubtful:
            _shut(connection)

    def _work(
        self, number: int, call: _Call, ask: Ask, done: queue.SimpleQueue[tuple[int, Answer | BaseException]]
    ) -> None:
        try:
            done.put((number, self._persist(call, ask)))
        except BaseException as error:  # raised again where the result is awaited
            done.put((number, error))
        finally:
            call.close()

    # ------------------------------------------------------------ one request, with its retries

    def _persist(self, call: _Call, ask: Ask) -> Answer:
        attempt = 0
        while True:
            failure, pause = self._try(call, ask, attempt)
            if isinstance(failure, Answer):
                return failure
            if attempt >= self._limits.retries or pause >= call.remaining:
                raise failure
            call.ended.wait(pause)
            attempt += 1

    def _try(self, call: _Call, ask: Ask, attempt: int) -> tuple[Answer | SourceError, float]:
        """One attempt: the answer, or the failure and how many seconds to wait before the next."""
        pause = min(self._limits.first_pause_seconds * 2**attempt, _LONGEST_PAUSE_SECONDS)
        try:
            answer = self._follow(call, ask)
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError) as error:
            call.remaining  # noqa: B018 - raises TimedOut where the deadline is what broke the connection
            return _broken(error, ask.url, has_begun=call.used is not None), pause
        if answer.status not in _RETRIED:
            return answer, 0.0
        return _refused(answer, pause)

    def _follow(self, call: _Call, ask: Ask) -> Answer:
        """One request and the redirects it leads to; the token stays behind at the first foreign origin."""
        url, at_home = ask.url, origin_of(ask.url) == self._home
        hops: list[str] = []
        first: httpx2.Headers | None = None
        while True:
            headers = {"accept-encoding": "gzip", **ask.headers}
            if at_home:
                headers = {**self._credentials(), **headers}
            answer = self._exchange(call, ask, url, headers)
            first = first or answer.headers
            location = answer.headers.get("location")
            if answer.status not in _REDIRECTS or location is None:
                return _with_history(answer, first, hops)
            target = redirected(url, location)
            at_home = at_home and origin_of(target) == self._home
            if ask.method == "HEAD" and not at_home:
                return _with_history(answer, first, hops)  # storage elsewhere: the file can be had
            hops.append(url)
            if not self._limits.redirects:
                raise Damaged(f"{shown(ask.url)} redirects to {shown_host(target)}, which nobody named.")
            if len(hops) > self._limits.redirects:
                raise Damaged(
                    f"{shown(ask.url)} redirects in circles.",
                    hint="Check HF_ENDPOINT and the proxy settings.",
                )
            url = target

    def _exchange(self, call: _Call, ask: Ask, url: str, headers: Mapping[str, str]) -> Answer:
        with self._lock:
            self.requests += 1
        timeout = httpx2.Timeout(call.remaining, connect=min(call.remaining, self._limits.connect_seconds))
        call.close()
        call.used = None
        with self._session().stream(
            ask.method,
            url,
            content=ask.content,
            headers=_sendable(headers),
            follow_redirects=False,
            timeout=timeout,
            extensions={"trace": call.watch},
        ) as response:
            self._note_connection(call, response)
            body = b"" if ask.method == "HEAD" else self._body(call, ask, response)
            return Answer(
                status=response.status_code,
                headers=response.headers,
                first_headers=response.headers,
                body=body,
                url=url,
                hops=(),
                request=response.request,
                measured="content-length" in response.headers or "transfer-encoding" in response.headers,
            )

    def _note_connection(self, call: _Call, response: httpx2.Response) -> None:
        stream = response.extensions.get("network_stream")
        used = stream.get_extra_info("socket") if stream is not None else None
        if isinstance(used, socket.socket):
            call.used = used
            with self._lock:
                self._reusable.add(used)

    def _body(self, call: _Call, ask: Ask, response: httpx2.Response) -> bytes:
        if response.status_code in _REDIRECTS:
            return b""
        failed = response.status_code >= 400
        ceiling = self._limits.error_bytes if failed else ask.max_bytes
        decoded = _Decoded(response.headers.get("content-encoding", ""), ceiling, ask.url)
        for chunk in response.iter_raw():
            call.remaining  # noqa: B018 - raises TimedOut
            if not decoded.add(chunk):
                if failed or ask.overlong == "cut":
                    return bytes(decoded.body)
                raise TooLarge(f"{shown(ask.url)} sends more than the {ceiling} bytes that an audit reads.")
        if not failed:
            decoded.check_end()
        return bytes(decoded.body)


class _Decoded:
    """A body, decoded as it comes and never further than one byte past its ceiling: so no bomb goes off."""

    def __init__(self, encoding: str, ceiling: int, url: str) -> None:
        self.body = bytearray()
        self._ceiling = ceiling
        self._url = url
        encoding = encoding.strip().lower()
        if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise Damaged(f"{shown(url)} sends the encoding {encoding[:40]!r}, which was not asked for.")
        self._inflate = None if encoding in ("", "identity") else zlib.decompressobj(wbits=47)

    def add(self, chunk: bytes) -> bool:
        """Take a chunk in; false when the ceiling is passed. Raises: Damaged."""
        room = self._ceiling + 1 - len(self.body)
        if self._inflate is None:
            self.body += chunk[:room]
        elif not self._inflate.eof:
            try:
                self.body += self._inflate.decompress(chunk, room)
            except zlib.error as error:
                raise Damaged(f"{shown(self._url)} sends a compressed answer that is broken.") from error
        return len(self.body) <= self._ceiling

    def check_end(self) -> None:
        """Raises: Damaged when the compressed data ends too early."""
        if self._inflate is not None and not self._inflate.eof and self.body:
            raise Damaged(f"{shown(self._url)} broke off in the middle of a compressed answer.")


def _with_history(answer: Answer, first: httpx2.Headers, hops: Sequence[str]) -> Answer:
    return Answer(
        status=answer.status,
        headers=answer.headers,
        first_headers=first,
        body=answer.body,
        url=answer.url,
        hops=tuple(hops),
        request=answer.request,
        measured=answer.measured,
    )


def _sendable(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Raises: Unreachable for a token with characters that no header can carry."""
    if all(value.isascii() and value.isprintable() for value in headers.values()):
        return headers
    raise Unreachable(
        "The token in HF_TOKEN holds characters that no token has.", hint="Set it again, or unset it."
    )


def redirected(url: str, location: str) -> str:
    """Where a redirect leads. Raises: Damaged for what is no web address, and for a step down from https to http."""
    target = urljoin(url, location)
    scheme, host, _ = origin_of(target)
    if scheme not in _PORTS or not host:
        raise Damaged(
            f"{shown(url)} redirects to something that is no web address.", hint="Check HF_ENDPOINT."
        )
    if scheme == "http" and urlsplit(url).scheme == "https":
        raise Damaged(f"{shown(url)} redirects from https to http.", hint="Check HF_ENDPOINT and the proxy.")
    return target


# ---------------------------------------------------------------- what failed, and when to try again


def _broken(error: Exception, url: str, *, has_begun: bool) -> SourceError:
    place = shown_host(url)
    cause = str(error)[:160] or type(error).__name__
    hint = "Check the connection, HF_ENDPOINT and the proxy settings, or use --offline."
    if isinstance(error, httpx2.TimeoutException):
        return TimedOut(f"{place} did not answer in time.", hint=hint)
    if isinstance(error, httpx2.ConnectError | httpx2.ProxyError | httpx2.UnsupportedProtocol):
        return Unreachable(f"Cannot connect to {place} ({cause}).", hint=hint)
    if isinstance(error, httpx2.LocalProtocolError):
        return Unreachable(
            f"The request to {place} cannot be sent ({cause}).", hint="Check HF_TOKEN and HF_ENDPOINT."
        )
    if not has_begun:
        return Unreachable(f"{place} closed the connection without an answer ({cause}).", hint=hint)
    return Damaged(
        f"The answer of {shown(url)} broke off ({cause}).", hint="Try again; check the proxy settings."
    )


def _refused(answer: Answer, backoff: float) -> tuple[SourceError, float]:
    """The failure that a busy server's answer is, and the seconds that it asks to wait."""
    asked = pause_asked(answer.status, answer.headers)
    pause = backoff if asked is None else asked
    place = shown_host(answer.url)
    if answer.status == 429:
        waiting = f"wait {pause:.0f} seconds" if asked is not None else "wait a few minutes"
        return (
            RateLimited(
                f"{place} limits how often it may be asked (429): {waiting}.",
                hint="Then try again; with a token (HF_TOKEN) the limit is higher.",
            ),
            pause,
        )
    later = f"try again in {pause:.0f} seconds" if asked is not None else "try again later"
    return Unreachable(f"{place} is not able to answer (HTTP {answer.status}): {later}."), pause


def pause_asked(status: int, headers: Mapping[str, str]) -> float | None:
    """Seconds that a server asks to wait: `RateLimit` where nothing remains, else `Retry-After`.

    Source: draft-ietf-httpapi-ratelimit-headers-09; RFC 9110, section 10.2.3
    """
    rate = _RATE.search(headers.get("ratelimit", ""))
    if status == 429 and rate is not None and int(rate[2]) == 0:
        return float(rate[3]) + 1.0  # the server rounds down
    after = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}", after):
        return float(after)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(after).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def _shut(connection: socket.socket) -> None:
    """End a connection under whoever reads from it; past TLS, which another thread may be using."""
    try:
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
    except OSError:
        return  # it has ended already
