"""The Hub itself: what it holds, whom it knows, and the answer to each request; no sockets."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from . import api, files, github
from .access import Standing, User, unknown_token
from .answers import About, Answer, Ask, json_answer, refusal
from .code import CodeCatalog, load_code
from .faultbook import FaultBook
from .faults import Place
from .folders import load_folder
from .limits import Bucket, RateLimits, Reading
from .repositories import Catalog

_MAX_ELSEWHERE = 1000


@dataclass(kw_only=True)
class Hub:
    """Repositories, accounts, faults and limits, and what they make of a request."""

    url: str
    storage_url: str
    catalog: Catalog = field(default_factory=Catalog)
    code: CodeCatalog = field(default_factory=CodeCatalog)
    faults: FaultBook = field(default_factory=FaultBook)
    limits: RateLimits = field(default_factory=RateLimits)
    users: dict[str, User] = field(default_factory=dict)
    _elsewhere: dict[str, Answer] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def github_url(self) -> str:
        """What `GITHUB_API_URL` should be."""
        return f"{self.url}/github"

    def load(self, folder: Path) -> None:
        """Add every repository of a folder. Raises ValueError for a configuration that cannot be meant."""
        for loaded in load_folder(folder):
            self.catalog.add(loaded.repository)
            for fault in loaded.faults:
                self.faults.enter_configured(loaded.repository.target, fault)
        for repository in load_code(folder):
            self.code.add(repository)

    def standing(self, token: str | None) -> Standing:
        """What a request's token is worth."""
        return "none" if token is None else "accepted" if token in self.users else "unknown"

    def answer(self, ask: Ask) -> Answer:
        """The Hub's answer, with rate limits and faults applied."""
        bucket = _bucket(ask)
        reading = self.limits.count(bucket, ask.token)
        good = _exceeded(reading) if reading.is_exceeded else self._good(ask)
        place = Place(path=ask.target, put_elsewhere=self._put_elsewhere)
        spoilt = self.faults.spoil(good, place)
        told = tuple(pair for pair in reading.headers() if spoilt.header(pair[0]) is None)
        return spoilt.with_headers(*told)

    def storage_answer(self, ask: Ask) -> Answer:
        """The answer of the other host: large files, and whatever was redirected elsewhere."""
        if ask.segments[:1] == ("elsewhere",):
            with self._lock:
                kept = self._elsewhere.get("/".join(ask.segments))
            return kept or refusal(404, "NoSuchKey", About(part="storage"))
        good = files.storage_answer(self.catalog, ask)
        return self.faults.spoil(good, Place(path=ask.target, put_elsewhere=self._put_elsewhere))

    def _good(self, ask: Ask) -> Answer:
        head = ask.segments[0] if ask.segments else ""
        standing = self.standing(ask.token)
        if head == "github":
            return github.answer(self.code, ask, standing, self.github_url)
        if standing == "unknown":
            return unknown_token(About(part="api" if head == "api" else "page"))
        user = self.users[ask.token] if ask.token is not None else None
        if head == "api":
            return api.answer(self.catalog, ask, user, self.url)
        return files.answer(self.catalog, ask, user, self.storage_url)

    def _put_elsewhere(self, answer: Answer) -> str:
        with self._lock:
            path = f"elsewhere/{len(self._elsewhere)}"
            if len(self._elsewhere) < _MAX_ELSEWHERE:
                self._elsewhere[path] = answer
        return f"{self.storage_url}/{path}"


def parse_ask(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Ask:
    """A request as read from the wire: `headers` with names in lower case."""
    split = urlsplit(target)
    kind, _, token = headers.get("authorization", "").partition(" ")
    is_form = "form" in headers.get("content-type", "")
    form = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10_000) if is_form else {}
    return Ask(
        method=method,
        target=target,
        segments=tuple(split.path.strip("/").split("/")),
        query={name: tuple(values) for name, values in parse_qs(split.query, max_num_fields=1000).items()},
        headers=headers,
        body=body,
        token=token.strip() if kind.lower() in ("bearer", "token") and token.strip() else None,
        form={name: tuple(values) for name, values in form.items()},
    )


def _bucket(ask: Ask) -> Bucket:
    if ask.segments[0] == "github":
        return "github"
    if ask.segments[0] == "api":
        return "api"
    return "resolvers" if "resolve" in ask.segments else "pages"


def _exceeded(reading: Reading) -> Answer:
    about = About(part="api")
    if reading.bucket == "github":
        return json_answer({"message": "API rate limit exceeded for this address."}, about, 403)
    message = (
        f"We had to rate limit you: {reading.quota} requests in {int(reading.window_seconds)} seconds are the quota "
        f"of '{reading.bucket}'."
    )
    return refusal(429, message, about)
