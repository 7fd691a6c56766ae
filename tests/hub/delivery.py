"""Sending one answer over one connection, well or badly, as its `Delivery` says."""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http import HTTPStatus

from .answers import NEVER_STARTS, Answer, Endless
from .content import pieces

_POLL_SECONDS = 0.05
Progress = Callable[[int, bool], None]


class Wire:
    """One connection with the means to wait on it: until a time, until the client leaves, until the server closes."""

    def __init__(self, connection: socket.socket, closing: threading.Event) -> None:
        self._connection = connection
        self._closing = closing

    def send(self, data: bytes) -> None:
        """Send all of it. Raises OSError when the client has left."""
        self._connection.sendall(data)

    def wait(self, seconds: float | None) -> bool:
        """Let the time pass (None: for ever); False when the server closes or the client leaves meanwhile."""
        until = None if seconds is None else time.monotonic() + seconds
        while not self._closing.is_set():
            left = _POLL_SECONDS if until is None else min(_POLL_SECONDS, until - time.monotonic())
            if left <= 0:
                return True
            if self._has_left(left):
                return False
        return False

    def _has_left(self, seconds: float) -> bool:
        self._connection.settimeout(seconds)
        try:
            if self._connection.recv(1, socket.MSG_PEEK) == b"":
                return True
        except TimeoutError:
            return False
        except OSError:
            return True
        finally:
            self._connection.settimeout(None)
        self._closing.wait(seconds)  # the next request is here already: only the clock matters
        return False

    def reset(self) -> None:
        """Break the connection so that the client sees a reset, not an end."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self._connection.detach())


def deliver(wire: Wire, answer: Answer, method: str, progress: Progress) -> bool:
    """Send the answer; True when the connection is good for another request.

    `progress(bytes_of_body, is_last)` is called before the last piece leaves, so that a request that the client
    sends on receiving it never seems to overlap with this one.
    Raises OSError when the client leaves.
    """
    delivery = answer.delivery
    if delivery.delay_seconds and not wire.wait(delivery.delay_seconds):
        progress(0, True)
        return False
    if delivery.stops_after == NEVER_STARTS:
        return _end(wire, answer, progress, 0)
    head, sent = _head(answer), 0
    body: Iterator[bytes] = iter(()) if method == "HEAD" else _body(answer)
    limit = delivery.stops_after
    held = head
    # One piece is held back, so that the last is known when it goes out, with the head when there is no other.
    for piece in body:
        if limit is not None and sent + len(piece) > limit:
            piece = piece[: limit - sent]
        if held:
            progress(sent, False)
            wire.send(held)
            if held is not head and not _pause(wire, answer, len(held)):
                break
        held, sent = _framed(answer, piece), sent + len(piece)
        if limit is not None and sent >= limit:
            break
    if limit is not None and method != "HEAD":
        wire.send(held)
        return _end(wire, answer, progress, sent)
    is_chunked = delivery.framing == "chunked" and method != "HEAD" and _has_body(answer)
    progress(sent, True)
    wire.send(held + (b"0\r\n\r\n" if is_chunked else b""))
    return delivery.framing != "until-close" and delivery.declared_bytes is None


def _end(wire: Wire, answer: Answer, progress: Progress, sent: int) -> bool:
    ending = answer.delivery.ending
    progress(sent, ending != "hang")
    if ending == "hang":
        wire.wait(None)
        progress(sent, True)
    elif ending == "reset":
        wire.reset()
    return False


def _pause(wire: Wire, answer: Answer, sent_bytes: int) -> bool:
    rate = answer.delivery.bytes_per_second
    return True if rate is None else wire.wait(sent_bytes / rate)


def _has_body(answer: Answer) -> bool:
    return answer.status >= 200 and answer.status not in (204, 304)


def _head(answer: Answer) -> bytes:
    """Status line and headers. Line breaks and characters outside Latin-1 in values are replaced."""
    try:
        phrase = HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = "Unknown"
    headers = [("Date", formatdate(usegmt=True)), *answer.headers]
    delivery = answer.delivery
    if delivery.framing == "chunked" and _has_body(answer):
        headers.append(("Transfer-Encoding", "chunked"))
    elif delivery.framing == "until-close":
        headers.append(("Connection", "close"))
    elif _has_body(answer) and not isinstance(answer.body, Endless):
        declared = delivery.declared_bytes
        headers.append(("Content-Length", str(answer.body.size_bytes if declared is None else declared)))
    lines = [
        f"HTTP/1.1 {answer.status} {phrase}",
        *(f"{name}: {_one_line(value)}" for name, value in headers),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def _one_line(value: str) -> str:
    return "".join(character if character.isprintable() else " " for character in value)


def _body(answer: Answer) -> Iterator[bytes]:
    body, rate = answer.body, answer.delivery.bytes_per_second
    if isinstance(body, Endless):
        yield body.first
        while True:
            yield body.again
    elif _has_body(answer):
        # Five pieces a second when trickling.
        size = {} if rate is None else {"piece_bytes": max(1, int(rate / 5))}
        yield from pieces(body, 0, body.size_bytes, **size)


def _framed(answer: Answer, piece: bytes) -> bytes:
    if answer.delivery.framing != "chunked" or not piece:
        return piece
    return b"%x\r\n%b\r\n" % (len(piece), piece)
