"""What can go wrong, each as a small value that turns a good answer into a bad one."""

from __future__ import annotations

import gzip
import struct
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from email.utils import formatdate
from functools import lru_cache
from typing import Any, Literal, Protocol

from .answers import NEVER_STARTS, Answer, Delivery, Endless, json_answer, redirect, refusal
from .content import Content, InMemory

LOGIN_PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>Sign in to the network</title></head><body><form method=post>"
    b"<h1>Welcome, please log in</h1><input name=user><input name=password type=password></form></body></html>\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a fault may need to know of the server: its own path, and how to put an answer on another host."""

    path: str
    put_elsewhere: Callable[[Answer], str]


class Fault(Protocol):
    """One kind of misbehaviour."""

    def spoil(self, answer: Answer, place: Place) -> Answer:
        """The bad answer in place of the good one."""
        ...


@dataclass(frozen=True, slots=True)
class Status:
    """An error status, with the Hub's code and message when given; `Status(503)` is an outage."""

    status: int
    message: str = "Internal Error - We're working hard to fix this as soon as possible!"
    error_code: str | None = None
    headers: Mapping[str, str] | None = None

    def spoil(self, answer: Answer, place: Place) -> Answer:
        return refusal(
            self.status, self.message, answer.about, self.error_code, tuple((self.headers or {}).items())
        )


@dataclass(frozen=True, slots=True)
class TooManyRequests:
    """429; `announced` is where the waiting time stands: `RateLimit` with r=0, `Retry-After`, or nowhere.

    GitHub's addresses answer 403 with `X-RateLimit-Remaining: 0`, as GitHub does.
    """

    reset_seconds: int = 1
    announced: Literal["ratelimit", "retry-after", "retry-date", "nowhere"] = "ratelimit"

    def spoil(self, answer: Answer, place: Place) -> Answer:
        if answer.about.target.startswith("github/"):
            return _github_limit(answer, self.reset_seconds)
        told = {
            "ratelimit": (("RateLimit", f'"api";r=0;t={self.reset_seconds}'),),
            "retry-after": (("Retry-After", str(self.reset_seconds)),),
            "retry-date": (("Retry-After", formatdate(usegmt=True)),),
            "nowhere": (),
        }[self.announced]
        return refusal(429, "We had to rate limit you", answer.about, headers=told)


@dataclass(frozen=True, slots=True)
class Slow:
    """The right answer, after a delay."""

    seconds: float

    def spoil(self, answer: Answer, place: Place) -> Answer:
        return _delivered(answer, replace(answer.delivery, delay_seconds=self.seconds))


@dataclass(frozen=True, slots=True)
class Trickle:
    """The right answer, a few bytes a second."""

    bytes_per_second: float = 5.0

    def spoil(self, answer: Answer, place: Place) -> Answer:
        return _delivered(answer, replace(answer.delivery, bytes_per_second=self.bytes_per_second))


@dataclass(frozen=True, slots=True)
class Truncated:
    """The right Content-Length, and a connection that closes after some bytes of the body (half, when None)."""

    after_bytes: int | None = None

    def spoil(self, answer: Answer, place: Place) -> Answer:
        return _delivered(answer, replace(answer.delivery, stops_after=_part(answer, self.after_bytes)))


@dataclass(frozen=True, slots=True)
class Hang:
    """Nothing comes, ever; with `after_bytes` headers and that much of the body come first."""

    after_bytes: int | None = None

    def spoil(self, answer: Answer, place: Place) -> Answer:
        after = NEVER_STARTS if self.after_bytes is None else self.after_bytes
        return _delivered(answer, replace(answer.delivery, stops_after=after, ending="hang"))


@dataclass(frozen=True, slots=True)
class Reset:
    """A connection reset: before the status line, or after some bytes of the body."""

    after_bytes: int | None = None

    def spoil(self, answer: Answer, place: Place) -> Answer:
        after = NEVER_STARTS if self.after_bytes is None else self.after_bytes
        return _delivered(answer, replace(answer.delivery, stops_after=after, ending="reset"))


@dataclass(frozen=True, slots=True)
class Disconnect:
    """A connection closed in good order, without an answer."""

    def spoil(self, answer: Answer, place: Place) -> Answer:
        return _delivered(answer, replace(answer.delivery, stops_after=NEVER_STARTS))


@dataclass(frozen=True, slots=True)
class LyingLength:
    """A Content-Length that is off by so many bytes, less (negative) or more; then the connection closes."""

    off_by_bytes: int = 100

    def spoil(self, answer: Answer, place: Place) -> Answer:
        declared = max(0, _size(answer) + self.off_by_bytes)
        return _delivered(answer, replace(answer.delivery, declared_bytes=declared))


@dataclass(frozen=True, slots=True)
class EndlessBody:
    """A body that starts well and never ends, as fast as it is read: text for files, a JSON string for the API."""

    framing: Literal["chunked", "until-close"] = "chunked"

    def spoil(self, answer: Answer, place: Place) -> Answer:
        if answer.about.part in ("file", "storage"):
            first = _head(answer, 64 * 1024)
            body = Endless(first, b"And so on, and on.\n" * 3000)
        else:
            body = Endless(b'{"id": "', b"a" * 65_536)
        spoilt = replace(answer, status=200, body=body, delivery=Delivery(framing=self.framing))
        return spoilt.without_headers("Location", "X-Linked-Size", "X-Linked-Etag", "Content-Range")


@dataclass(frozen=True, slots=True)
class RedirectLoop:
    """A redirect to the very same address."""

    def spoil(self, answer: Answer, place: Place) -> Answer:
        return redirect(307, place.path, answer.about)


@dataclass(frozen=True, slots=True)
class RedirectElsewhere:
    """A redirect to another host, which gives the right answer and records whether a token came along."""

    status: Literal[301, 302, 307] = 302

    def spoil(self, answer: Answer, place: Place) -> Answer:
        kept = [("X-Repo-Commit", answer.header("X-Repo-Commit")), ("ETag", answer.header("ETag"))]
        headers = tuple((name, value) for name, value in kept if value is not None)
        return redirect(self.status, place.put_elsewhere(answer), answer.about, headers)


@dataclass(frozen=True, slots=True)
class LoginPage:
    """Status 200 and the log-in page of a captive network."""

    def spoil(self, answer: Answer, place: Place) -> Answer:
        kind = ("Content-Type", "text/html; charset=utf-8")
        return Answer(status=200, headers=(kind,), body=InMemory(LOGIN_PAGE), about=answer.about)


@dataclass(frozen=True, slots=True)
class MalformedJson:
    """Status 200 and JSON that breaks off; for a file, its bytes broken off with the length to match."""

    def spoil(self, answer: Answer, place: Place) -> Answer:
        body = InMemory(_head(answer, max(1, _size(answer) // 2)))
        return replace(answer, status=200, body=body).without_headers("Location")


@dataclass(frozen=True, slots=True)
class WrongShape:
    """Status 200 and valid JSON that is not what was asked for."""

    payload: Any = None

    def spoil(self, answer: Answer, place: Place) -> Answer:
        return json_answer(self.payload, answer.about)


@dataclass(frozen=True, slots=True)
class Compressed:
    """No fault, what the Hub does: the right answer gzipped and chunked, without a Content-Length."""

    def spoil(self, answer: Answer, place: Place) -> Answer:
        body = InMemory(gzip.compress(_head(answer, 50_000_000), mtime=0))
        spoilt = replace(answer, body=body, delivery=replace(answer.delivery, framing="chunked"))
        return spoilt.with_headers(("Content-Encoding", "gzip"))


@dataclass(frozen=True, slots=True)
class WrongEncoding:
    """Plain bytes that claim a compression: `Content-Encoding: gzip` over text that is none."""

    encoding: str = "gzip"

    def spoil(self, answer: Answer, place: Place) -> Answer:
        return answer.with_headers(("Content-Encoding", self.encoding))


@dataclass(frozen=True, slots=True)
class InvalidGzip:
    """Gzip that starts well and is damaged in the middle."""

    def spoil(self, answer: Answer, place: Place) -> Answer:
        good = gzip.compress(_head(answer, 1_000_000), mtime=0)
        body = InMemory(good[: len(good) // 2] + b"\xff" * 16)
        return replace(answer, body=body).with_headers(("Content-Encoding", "gzip"))


@dataclass(frozen=True, slots=True)
class GzipBomb:
    """A gzipped body that unpacks to so many bytes, a thousand times what is sent."""

    unpacked_bytes: int = 1_000_000_000

    def spoil(self, answer: Answer, place: Place) -> Answer:
        body = InMemory(_bomb(self.unpacked_bytes // 1_000_000))
        spoilt = replace(answer, status=200, body=body).with_headers(("Content-Encoding", "gzip"))
        return spoilt.without_headers("Location", "X-Linked-Size")


@lru_cache(maxsize=4)
def _bomb(megabytes: int) -> bytes:
    """Gzip of so many million zeros, made of one block that is repeated, so that it costs no time.

    Source: RFC 1952 (header and trailer); zlib manual, Z_FULL_FLUSH (a block that stands by itself).
    """
    block = bytes(1_000_000)
    packer = zlib.compressobj(9, wbits=-15)
    packed = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    check = 0
    for _ in range(megabytes):
        check = zlib.crc32(block, check)
    trailer = struct.pack("<II", check, megabytes * 1_000_000 & 0xFFFFFFFF)
    return b"\x1f\x8b\x08\0\0\0\0\0\x02\xff" + packed * megabytes + b"\x03\0" + trailer


def _delivered(answer: Answer, delivery: Delivery) -> Answer:
    return replace(answer, delivery=delivery)


def _size(answer: Answer) -> int:
    return 0 if isinstance(answer.body, Endless) else answer.body.size_bytes


def _part(answer: Answer, after_bytes: int | None) -> int:
    return _size(answer) // 2 if after_bytes is None else after_bytes


def _head(answer: Answer, at_most: int) -> bytes:
    body: Content | Endless = answer.body
    return body.first if isinstance(body, Endless) else body.read(0, min(at_most, body.size_bytes))


def _github_limit(answer: Answer, reset_seconds: int) -> Answer:
    reset = ("X-RateLimit-Reset", str(int(time.time()) + reset_seconds))
    told = (("X-RateLimit-Limit", "60"), ("X-RateLimit-Remaining", "0"), reset)
    return json_answer({"message": "API rate limit exceeded."}, answer.about, 403, told)


def fault_of(kind: str, settings: Mapping[str, Any]) -> Fault:
    """The fault of that name with those fields. Raises ValueError for an unknown name or field."""
    if kind not in FAULTS:
        raise ValueError(f"unknown fault {kind!r}; known are {', '.join(FAULTS)}")
    made = FAULTS[kind]
    unknown = set(settings) - {field.name for field in fields(made)}
    if unknown:
        raise ValueError(f"fault {kind!r} has no {', '.join(sorted(unknown))}")
    fault: Fault = made(**settings)
    return fault


FAULTS: dict[str, type[Any]] = {
    "status": Status,
    "too-many-requests": TooManyRequests,
    "slow": Slow,
    "trickle": Trickle,
    "truncated": Truncated,
    "hang": Hang,
    "reset": Reset,
    "disconnect": Disconnect,
    "lying-length": LyingLength,
    "endless": EndlessBody,
    "redirect-loop": RedirectLoop,
    "redirect-elsewhere": RedirectElsewhere,
    "login-page": LoginPage,
    "malformed-json": MalformedJson,
    "wrong-shape": WrongShape,
    "compressed": Compressed,
    "wrong-encoding": WrongEncoding,
    "invalid-gzip": InvalidGzip,
    "gzip-bomb": GzipBomb,
}
