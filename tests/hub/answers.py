"""One answer of the server as data: status, headers, body, what it is about, and how it is delivered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from .content import Content, InMemory

Part = Literal["info", "tree", "api", "file", "storage", "page"]
NEVER_STARTS = -1
EMPTY = InMemory(b"")


@dataclass(frozen=True, slots=True)
class Endless:
    """A body without an end: `first`, then `again` for ever."""

    first: bytes
    again: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How an answer goes over the wire; the default is how it should.

    `declared_bytes` is the Content-Length when it lies; after `stops_after` bytes of the body (`NEVER_STARTS`: before
    the status line) the connection comes to its `ending`.
    """

    delay_seconds: float = 0.0
    bytes_per_second: float | None = None
    framing: Literal["length", "chunked", "until-close"] = "length"
    declared_bytes: int | None = None
    stops_after: int | None = None
    ending: Literal["close", "hang", "reset"] = "close"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a request asked about.

    `target` is `org/name`, `datasets/org/name`, `github/owner/repo`, or empty; `path` is a file's.
    """

    target: str = ""
    part: Part = "page"
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer, before it is sent."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: Content | Endless = EMPTY
    about: About = About()
    delivery: Delivery = Delivery()

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def with_headers(self, *headers: tuple[str, str]) -> Answer:
        """The same answer with these headers in place of any of the same names."""
        names = {name.lower() for name, _ in headers}
        kept = tuple(pair for pair in self.headers if pair[0].lower() not in names)
        return replace(self, headers=kept + headers)

    def without_headers(self, *names: str) -> Answer:
        """The same answer without the headers of these names."""
        gone = {name.lower() for name in names}
        return replace(self, headers=tuple(pair for pair in self.headers if pair[0].lower() not in gone))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request, parsed: `segments` are the path's parts, still percent-encoded."""

    method: str
    target: str
    segments: tuple[str, ...]
    query: Mapping[str, tuple[str, ...]]
    headers: Mapping[str, str]
    body: bytes = b""
    token: str | None = None
    form: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def says(self, name: str) -> bool:
        """Whether a yes-or-no parameter of the query or the form is yes."""
        values = self.query.get(name) or self.form.get(name) or ()
        return any(value.lower() in ("1", "true") for value in values)

    def number(self, name: str, default: int) -> int:
        """A parameter that is a whole number, or the default."""
        value = self.query.get(name, ("",))[0]
        return int(value) if value.isdecimal() and len(value) < 10 else default


def json_answer(
    value: Any, about: About, status: int = 200, headers: tuple[tuple[str, str], ...] = ()
) -> Answer:
    """A JSON answer."""
    kind = ("Content-Type", "application/json; charset=utf-8")
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return Answer(status=status, headers=(kind, *headers), body=InMemory(body), about=about)


def refusal(
    status: int,
    message: str,
    about: About,
    code: str | None = None,
    headers: tuple[tuple[str, str], ...] = (),
) -> Answer:
    """An error as the Hub words it: `X-Error-Code`, `X-Error-Message`, and `{"error": message}`."""
    named = (("X-Error-Code", code),) if code else ()
    # Header values are Latin-1; a message may quote a name that is not.
    shown = message.encode("ascii", "backslashreplace").decode()
    return json_answer({"error": message}, about, status, (*named, ("X-Error-Message", shown), *headers))


def redirect(status: int, location: str, about: About, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """A redirect with the short text that the Hub sends along."""
    words = {301: "Moved Permanently", 302: "Found", 307: "Temporary Redirect"}[status]
    kind = ("Content-Type", "text/plain; charset=utf-8")
    body = InMemory(f"{words}. Redirecting to {location}".encode())
    return Answer(status=status, headers=(("Location", location), kind, *headers), body=body, about=about)
