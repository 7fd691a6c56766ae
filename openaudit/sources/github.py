"""GitHub as a source of code: the file list at one commit and a few texts, through its REST API.

Source: "REST API", https://docs.github.com/en/rest (2022-11-28): repos, git/trees, commits, contents, rate limits.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit

import httpx2

from openaudit import __version__
from openaudit.artifacts.reader import ByteReader
from openaudit.errors import (
    AccessDenied,
    Damaged,
    NotFound,
    OverBudget,
    RateLimited,
    SourceError,
    TargetError,
    TooLarge,
    Unreachable,
)
from openaudit.sources.cache import Cache
from openaudit.sources.door import Answer, Ask, Door, origin_of, pause_asked, shown, shown_host
from openaudit.sources.hub_answers import check_path, payload_of
from openaudit.sources.interface import Listing, Progress, listing_of, resolved_now
from openaudit.sources.limits import Limits
from openaudit.sources.texts import cut_off, document
from openaudit.vocabulary import Access, Document, FileEntry, Snapshot, Target, Unread, Wanted

PUBLIC_API = "https://api.github.com"
_HOST = "github.com"
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_NAME = re.compile(r"(?!\.\.?/)[\w.-]{1,100}/(?!\.\.?$)[\w.-]{1,100}")
_KEPT = (
    "description",
    "archived",
    "disabled",
    "fork",
    "default_branch",
    "license",
    "pushed_at",
    "created_at",
    "size",
)
_JSON = {"accept": "application/vnd.github+json", "x-github-api-version": "2022-11-28"}
_RAW = {"accept": "application/vnd.github.raw+json", "x-github-api-version": "2022-11-28"}
_LINK = "120000"
"""The mode of a symbolic link: its text is a path, not the file that it leads to."""

_resting: dict[tuple[str, bool], float] = {}
_resting_lock = threading.Lock()
"""Until when (seconds since the epoch) an API is not to be asked, with or without a token: one quota serves all that
this process reads, and GitHub bans who goes on asking."""


def api_address() -> str:
    """The API's base address, as GitHub's own runners set it. Raises: TargetError when it is no web address."""
    address = os.environ.get("GITHUB_API_URL", "").strip() or PUBLIC_API
    try:
        scheme, host, _ = origin_of(address)
    except Damaged:
        scheme = host = ""
    if scheme not in ("http", "https") or not host:
        raise TargetError("GITHUB_API_URL is no web address.", hint="Write https://host, or unset it.")
    return address.rstrip("/")


class GitHubSource:
    """Reads code repositories of GitHub, or of any server that speaks its API (`GITHUB_API_URL`).

    `GITHUB_TOKEN` is sent to that address and nowhere else, and never unencrypted to another machine; `token`
    replaces it, and an empty one stands for no token at all.

    Raises: TargetError when the address is no web address.
    """

    def __init__(
        self,
        *,
        api: str | None = None,
        token: str | None = None,
        limits: Limits | None = None,
        cache: Cache | None = None,
    ) -> None:
        self._api = (api or api_address()).rstrip("/")
        self._limits = limits or Limits()
        given = os.environ.get("GITHUB_TOKEN", "").strip() if token is None else token
        self._token = given if _may_carry(self._api) else ""
        self._cache = cache
        self._left: dict[str, int] = {}
        session = _session(
            _is_here(self._api)
        )  # made here: workers that make it at once would leave some unclosed
        self._door = Door(lambda: session, limits=self._limits, home=self._api, credentials=self._credentials)

    @property
    def requests(self) -> int:
        """Requests made so far, redirects and retries included."""
        return self._door.requests

    @property
    def is_public(self) -> bool:
        """Whether it is GitHub's own API that is asked."""
        return self._api == PUBLIC_API

    def open(self, target: Target) -> Listing:
        """The files at the newest commit, or at the target's revision. Raises: SourceError, TargetError."""
        name = _name_of(target)
        self._check_quota()
        ref = quote(target.revision or "HEAD", safe="")
        base = f"{self._api}/repos/{name}"
        wide = self._limits.info_bytes
        about, commit, tree = self._door.fetch(
            [
                Ask(url=base, max_bytes=wide, headers=_JSON),
                Ask(url=f"{base}/commits/{ref}", max_bytes=wide, headers=_JSON, overlong="cut"),
                Ask(url=f"{base}/git/trees/{ref}?recursive=1", max_bytes=wide, headers=_JSON),
            ]
        )
        self._note_quota([about, commit, tree])
        info = payload_of(self._checked(about, name, None))
        moved = info.get("full_name")
        name = moved if isinstance(moved, str) and _NAME.fullmatch(moved) else name
        found = self._tree(tree, name, target)
        revision = _commit_of(commit) or found.commit
        if (left := _remaining([about, commit, tree])) is not None:
            self._left[f"{_HOST}/{name}"] = left
        return Listing(
            target=target,
            subject="code",
            id=f"{_HOST}/{name}",
            revision=revision,
            url=f"https://{_HOST}/{name}",
            resolved_at=resolved_now(),
            files=found.files,
            listing_complete=found.complete,
            metadata=_metadata(info),
            access=_access(info),
            unread=found.unread,
        )

    def read(self, listing: Listing, wanted: Sequence[Wanted], progress: Progress) -> Snapshot:
        """The wanted texts at the commit of the listing, at once, as far as the quota of the API allows."""
        if listing.id != listing.target.id:
            progress(f"{listing.target.id} is now called {listing.id}")
        known = self._cache.documents(self._api, listing, bool(self._token)) if self._cache else {}
        room = self._limits.requests - (6 if listing.id.lower() != listing.target.id.lower() else 3)
        snapshot = self._texts(listing, wanted, known, room, progress)
        if self._cache:
            self._cache.keep(self._api, snapshot, bool(self._token))
        return snapshot

    def read_more(self, snapshot: Snapshot, wanted: Sequence[Wanted]) -> Snapshot:
        """The snapshot with further texts, within the requests that were reserved for them."""
        read = {d.path for d in snapshot.documents}
        wishes = [wish for wish in wanted if wish.path not in read or wish.origin]
        more = self._texts(
            listing_of(snapshot), wishes, {}, self._limits.reserved_requests, lambda text: None
        )
        return listing_of(more).snapshot((*snapshot.documents, *more.documents), ())

    def reader(self, snapshot: Snapshot, path: str) -> ByteReader:
        """Raises: NotFound: an audit reads the texts of code, not ranges of its files."""
        raise NotFound(f"{path} of {snapshot.id} is not read in parts.")

    # ------------------------------------------------------------ requests

    def _credentials(self) -> Mapping[str, str]:
        headers = {"user-agent": f"openaudit/{__version__}"}
        if self._token:
            headers["authorization"] = f"Bearer {self._token}"
        return headers

    def _texts(
        self,
        listing: Listing,
        wanted: Sequence[Wanted],
        known: Mapping[str, Document],
        room: int,
        progress: Progress,
    ) -> Snapshot:
        plan = [(wish, self._planned(listing, wish, known)) for wish in dict.fromkeys(wanted)]
        asks = [(wish, step) for wish, step in plan if isinstance(step, Ask)]
        left = self._left.get(listing.id, room)
        allowed = max(0, min(room, left))
        progress(f"reading {len(asks[:allowed])} files of {listing.id}")
        answers = self._door.fetch([ask for _, ask in asks[:allowed]])
        self._note_quota(answers)
        got = {wish: answer for (wish, _), answer in zip(asks, answers, strict=False)}
        spent = _SPENT if left < room else _BEYOND
        documents: list[Document] = []
        unread: list[Unread] = []
        for wish, step in plan:
            try:
                read = self._document(listing, wish, step, got.get(wish, spent))
            except SourceError as error:
                unread.append(Unread(path=wish.path, reason=error.reason, message=str(error)))
                continue
            documents.append(read)
            if (rest := cut_off(read)) is not None:
                unread.append(rest)
        return listing.snapshot(documents, unread)

    def _planned(
        self, listing: Listing, wish: Wanted, known: Mapping[str, Document]
    ) -> Ask | Document | SourceError:
        """How a text will be had: from the cache, by a request, or not at all."""
        if wish.origin is not None:
            return Unreachable(f"{wish.path} lies in {wish.origin}, which is not read for code.")
        if (kept := known.get(wish.path)) is not None and kept.size_bytes <= wish.max_bytes:
            return kept
        if listing.lacks(wish.path):
            return NotFound(f"{listing.id} has no file {wish.path}.")
        try:
            check_path(wish.path)
        except SourceError as error:
            return error
        name = listing.id.partition("/")[2]
        ref = f"?ref={quote(listing.revision, safe='')}" if listing.revision else ""
        url = f"{self._api}/repos/{name}/contents/{quote(wish.path)}{ref}"
        return Ask(url=url, max_bytes=wish.max_bytes, headers=_RAW, overlong="cut")

    def _document(
        self, listing: Listing, wish: Wanted, step: Ask | Document | SourceError, answer: Answer | SourceError
    ) -> Document:
        """Raises: SourceError."""
        if isinstance(step, Document):
            return step
        if isinstance(step, SourceError):
            raise step
        good = self._checked(answer, listing.id.partition("/")[2], wish.path)
        if "json" in good.headers.get("content-type", "") and "raw" not in good.headers.get(
            "content-type", ""
        ):
            raise Damaged(
                f"{shown(good.url)} answered with a description in place of the text of {wish.path}."
            )
        if "text/html" in good.headers.get("content-type", "").lower():
            raise Damaged(f"{shown(good.url)} answered with an HTML page: a login page or a proxy?")
        url = f"{listing.url}/blob/{listing.revision or 'HEAD'}/{quote(wish.path)}"
        return document(wish.path, good.body, max_bytes=wish.max_bytes, url=url)

    def _tree(self, answer: Answer | SourceError, name: str, target: Target) -> _Tree:
        """The file list. Raises: SourceError."""
        if isinstance(answer, Answer) and answer.status == 409:
            return _Tree(files=(), complete=True, commit=None)  # "Git Repository is empty."
        if isinstance(answer, TooLarge):
            unread = Unread(path=".", reason=answer.reason, message="The file list is too long to be read.")
            return _Tree(files=(), complete=False, commit=None, unread=(unread,))
        if isinstance(answer, Answer) and answer.status == 404:
            raise NotFound(f"{name} has no revision {target.revision or 'HEAD'}.")
        return _tree_of(payload_of(self._checked(answer, name, None)), self._limits)

    # ------------------------------------------------------------ refusals

    def _checked(self, answer: Answer | SourceError, name: str, path: str | None) -> Answer:
        """An answer with content. Raises: SourceError."""
        if isinstance(answer, SourceError):
            raise answer
        if answer.status == 200:
            return answer
        what = f"{name} on {shown_host(self._api)}"
        if answer.status in (403, 429) and _is_spent(answer):
            raise _rate_limited(answer, has_token=bool(self._token))
        if answer.status == 401:
            raise AccessDenied(
                f"{shown_host(self._api)} does not accept the token.",
                hint="Set GITHUB_TOKEN again, or unset it.",
            )
        if answer.status in (403, 451):
            raise AccessDenied(f"{what} may not be read (HTTP {answer.status}).", hint="Check GITHUB_TOKEN.")
        if answer.status in (404, 410):
            if path is not None:
                raise NotFound(f"{path} is listed, but {what} does not have it.")
            raise NotFound(f"There is no repository {what}, or it is private.", hint="Check the link.")
        raise Unreachable(f"{shown(answer.url)} answered HTTP {answer.status}.", hint="Try again later.")

    def _check_quota(self) -> None:
        """Raises: RateLimited where an earlier answer said that nothing is left."""
        with _resting_lock:
            until = _resting.get((self._api, bool(self._token)), 0.0)
        if until > time.time():
            raise _spent_until(self._api, until, has_token=bool(self._token))

    def _note_quota(self, answers: Sequence[Answer | SourceError]) -> None:
        for answer in answers:
            if isinstance(answer, Answer) and answer.status in (403, 429) and _is_spent(answer):
                with _resting_lock:
                    _resting[self._api, bool(self._token)] = _until(answer)


_BEYOND = OverBudget("It was not read: an audit makes few requests, and others were more important.")
_SPENT = RateLimited(
    "It was not read: GitHub's quota of requests is used up.", hint="With GITHUB_TOKEN the quota is higher."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tree:
    files: tuple[FileEntry, ...]
    complete: bool
    commit: str | None
    unread: tuple[Unread, ...] = ()


@cache
def _session(is_here: bool) -> httpx2.Client:
    """The connections to all hosts; a server of this machine is asked without a proxy."""
    return httpx2.Client(trust_env=not is_here)


def _is_here(api: str) -> bool:
    return (urlsplit(api).hostname or "") in ("127.0.0.1", "localhost", "::1")


def _may_carry(api: str) -> bool:
    """Whether a token may be sent: encrypted, or not leaving this machine."""
    return urlsplit(api).scheme == "https" or _is_here(api)


def _name_of(target: Target) -> str:
    """`owner/name`. Raises: TargetError."""
    host, _, name = target.id.partition("/")
    if host.lower() != _HOST or not _NAME.fullmatch(name):
        raise TargetError(f"{target.text or target.id} is no repository of GitHub.")
    return name


def _tree_of(payload: Mapping[str, Any], limits: Limits) -> _Tree:
    """Raises: Damaged."""
    rows = payload.get("tree")
    if not isinstance(rows, list):
        raise Damaged("The endpoint answered with a file list that is none.", hint="Check GITHUB_API_URL.")
    entries: dict[str, FileEntry] = {}
    odd = 0
    for row in rows:
        if isinstance(row, dict) and (row.get("type") in ("tree", "commit") or row.get("mode") == _LINK):
            continue
        entry = _entry(row)
        if entry is None:
            odd += 1
        elif len(entries) < limits.files:
            entries.setdefault(entry.path, entry)
    unread = []
    if odd:
        unread.append(
            Unread(path=".", reason="damaged", message=f"{odd} entries of the file list name no file.")
        )
    if payload.get("truncated") is not False or len(rows) > limits.files:
        message = f"The file list is longer than what is listed: {len(entries)} files."
        unread.append(Unread(path=".", reason="too-large", message=message))
    sha = payload.get("sha")
    return _Tree(
        files=tuple(sorted(entries.values(), key=lambda entry: entry.path)),
        complete=not unread,
        commit=sha if isinstance(sha, str) and _COMMIT.fullmatch(sha) else None,
        unread=tuple(unread),
    )


def _entry(row: Any) -> FileEntry | None:
    path = row.get("path") if isinstance(row, dict) else None
    if not isinstance(path, str):
        return None
    try:
        check_path(path)
    except SourceError:
        return None
    size, blob = row.get("size"), row.get("sha")
    is_size = isinstance(size, int) and not isinstance(size, bool) and 0 <= size < 2**63
    is_blob = isinstance(blob, str) and _COMMIT.fullmatch(blob)
    return FileEntry(
        path=path, size_bytes=size if is_size else None, digest=f"git:{blob}" if is_blob else None
    )


def _commit_of(answer: Answer | SourceError) -> str | None:
    """The commit that a name stands for; None where it was not told. The answer may be cut: it begins with the id."""
    if isinstance(answer, SourceError) or answer.status != 200:
        return None
    match = re.match(rb'\s{0,9}\{\s{0,9}"sha"\s{0,9}:\s{0,9}"([0-9a-f]{40,64})"', answer.body[:400])
    return match[1].decode() if match else None


def _remaining(answers: Sequence[Answer | SourceError]) -> int | None:
    """The requests that the API said are left; None where it did not say."""
    told = [
        int(value)
        for answer in answers
        if isinstance(answer, Answer)
        and re.fullmatch(r"\d{1,9}", value := answer.headers.get("x-ratelimit-remaining", ""))
    ]
    return min(told, default=None)


def _metadata(info: Mapping[str, Any]) -> dict[str, Any]:
    kept = {
        key: info[key] for key in _KEPT if isinstance(info.get(key), str | int | bool | None) and key in info
    }
    license_ = info.get("license")
    if isinstance(license_, dict) and isinstance(license_.get("spdx_id"), str):
        kept["license"] = {"spdx_id": license_["spdx_id"][:100]}
    return kept


def _access(info: Mapping[str, Any]) -> Access:
    private, disabled = info.get("private"), info.get("disabled")
    return Access(
        gated=False,
        private=private if isinstance(private, bool) else None,
        disabled=disabled if isinstance(disabled, bool) else None,
    )


def _is_spent(answer: Answer) -> bool:
    """Whether a refusal is for asking too often, by the quota or by GitHub's secondary limits."""
    told = answer.headers
    return answer.status == 429 or told.get("x-ratelimit-remaining") == "0" or "retry-after" in told


def _until(answer: Answer) -> float:
    """When the API may be asked again (seconds since the epoch): an hour from now at most."""
    now = time.time()
    pause = pause_asked(answer.status, answer.headers)
    reset = answer.headers.get("x-ratelimit-reset", "")
    if pause is None and re.fullmatch(r"\d{1,12}", reset):
        pause = float(reset) - now
    return now + min(max(pause if pause is not None else 60.0, 0.0), 3_600.0)


def _rate_limited(answer: Answer, *, has_token: bool) -> RateLimited:
    return _spent_until(answer.url, _until(answer), has_token=has_token)


def _spent_until(url: str, until: float, *, has_token: bool) -> RateLimited:
    wait = max(1, round(until - time.time()))
    return RateLimited(
        f"{shown_host(url)} limits how often it may be asked: wait {wait} seconds.",
        hint="Then try again." if has_token else "Set GITHUB_TOKEN: with a token the quota is higher.",
    )
