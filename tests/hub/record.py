"""What was asked of the server, for tests that count requests, bytes and rounds."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from .access import Standing

Host = Literal["hub", "storage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request and what became of it; times in seconds since the server started.

    `path` is as sent, with the query. The value of an Authorization header is never kept: `token` says what it was.
    `end_seconds` is when the last piece was handed to the network, None while the answer is still under way.
    """

    number: int
    host: Host
    method: str
    path: str
    headers: Mapping[str, str]
    token: Standing
    target: str = ""
    status: int | None = None
    bytes_sent: int = 0
    start_seconds: float
    end_seconds: float | None = None


class Record:
    """All requests so far; safe to use from any thread."""

    def __init__(self) -> None:
        self._requests: list[Request] = []
        self._lock = threading.Lock()
        self._zero = time.monotonic()

    def begin(
        self, host: Host, method: str, path: str, headers: Mapping[str, str], token: Standing
    ) -> Request:
        """Enter a request that has just been read."""
        with self._lock:
            request = Request(
                number=len(self._requests),
                host=host,
                method=method,
                path=path,
                headers=headers,
                token=token,
                start_seconds=time.monotonic() - self._zero,
            )
            self._requests.append(request)
            return request

    def note(self, request: Request, *, target: str, status: int | None) -> None:
        """What the request was about, and the status it is going to get."""
        self._change(request, target=target, status=status)

    def progress(self, request: Request, bytes_sent: int, *, is_last: bool) -> None:
        """So many bytes of the body are on their way; the last piece ends the request."""
        end = time.monotonic() - self._zero if is_last else None
        self._change(request, bytes_sent=bytes_sent, end_seconds=end)

    def close(self, request: Request) -> None:
        """The client left: the request ends here, with what was sent."""
        self._change(request, end_seconds=time.monotonic() - self._zero)

    def _change(self, request: Request, **changes: object) -> None:
        with self._lock:
            if request.number < len(self._requests):
                current = self._requests[request.number]
                # After `forget` the number may belong to another request.
                if current.start_seconds == request.start_seconds:
                    self._requests[request.number] = replace(current, **changes)  # type: ignore[arg-type]

    def all(self) -> tuple[Request, ...]:
        """The requests in the order in which they came."""
        with self._lock:
            return tuple(self._requests)

    def forget(self) -> None:
        """Start counting anew."""
        with self._lock:
            self._requests.clear()


def rounds(requests: Iterable[Request]) -> int:
    """The length of the longest chain of requests of which each began after the one before it had ended.

    Taking the request that ends first, again and again, finds a longest chain. A request without an end can only be
    the last link.
    """
    infinity = float("inf")
    spans = sorted(
        (each.end_seconds if each.end_seconds is not None else infinity, each.start_seconds)
        for each in requests
    )
    length, free_from = 0, -infinity
    for end, start in spans:
        if start >= free_from:
            length, free_from = length + 1, end
    return length
