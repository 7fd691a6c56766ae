"""The Hugging Face Hub as a source: one request for what is there, then all texts at once, at one commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import httpx2
from huggingface_hub import constants, get_session, get_token, hf_hub_url
from huggingface_hub.errors import DeviceCodeError, OIDCError

from openaudit import __version__
from openaudit.artifacts.reader import ByteReader
from openaudit.errors import (
    AccessDenied,
    Damaged,
    NotFound,
    OverBudget,
    SourceError,
    TargetError,
    TooLarge,
)
from openaudit.sources.cache import Cache
from openaudit.sources.door import Answer, Ask, Door, shown
from openaudit.sources.hub_addresses import Address, address_named, checked_endpoint
from openaudit.sources.hub_answers import (
    access_of,
    check_path,
    check_text,
    checked_range,
    commit_of,
    files_of,
    id_of,
    metadata_of,
    payload_of,
    telling_file,
)
from openaudit.sources.hub_refusals import check
from openaudit.sources.interface import Listing, Progress, listing_of, resolved_now
from openaudit.sources.limits import Limits
from openaudit.sources.targets import hub_endpoint
from openaudit.sources.texts import cut_off, document, place
from openaudit.vocabulary import Access, Document, Snapshot, Target, TargetKind, Unread, Wanted

_EXPANDED = {
    TargetKind.MODEL: (
        *("author", "baseModels", "cardData", "config", "createdAt", "disabled", "gated", "gguf"),
        *("lastModified", "library_name", "pipeline_tag", "private", "safetensors", "sha", "tags"),
        *("transformersInfo",),
    ),
    TargetKind.DATASET: (
        *("author", "cardData", "citation", "createdAt", "description", "disabled", "gated", "lastModified"),
        *("mainSize", "paperswithcode_id", "private", "sha", "tags"),
    ),
}
"""What is asked for by name where the whole description is too long to be read: all but the file list."""


class HubSource:
    """Reads models and datasets of the Hub, or of any server that speaks its API (`HF_ENDPOINT`).

    The token that `huggingface_hub` finds is sent to the endpoint and nowhere else; `token` replaces it, and an
    empty one stands for no token at all.

    Raises: TargetError when the endpoint is no web address.
    """

    def __init__(
        self,
        *,
        endpoint: str | None = None,
        token: str | None = None,
        limits: Limits | None = None,
        cache: Cache | None = None,
    ) -> None:
        self._endpoint = checked_endpoint(endpoint or hub_endpoint())
        self._limits = limits or Limits()
        self._token = token
        self._cache = cache
        self._door = Door(
            get_session, limits=self._limits, home=self._endpoint, credentials=self._credentials
        )

    @property
    def requests(self) -> int:
        """Requests made so far, redirects and retries included."""
        return self._door.requests

    def open(self, target: Target) -> Listing:
        """The repository's files and metadata. Raises: SourceError, TargetError."""
        if target.kind not in (TargetKind.MODEL, TargetKind.DATASET):
            raise TargetError(f"{target.text or target.id} is no repository of the Hub.")
        where = Address(endpoint=self._endpoint, kind=target.kind, id=target.id, revision=target.revision)
        try:
            info = self._info(where, {"blobs": "true"})
            entries, complete, unread = files_of(info, self._limits)
        except TooLarge as error:
            info = self._info(where, {"expand": _EXPANDED[target.kind]})
            entries, complete = (), False
            unread = (Unread(path=".", reason=error.reason, message="The file list is too long to be read."),)
        resolved = id_of(info, target.id)
        return Listing(
            target=target,
            subject=where.type,
            id=resolved,
            revision=commit_of(info, where.host),
            url=replace(where, id=resolved).page,
            resolved_at=resolved_now(),
            files=entries,
            listing_complete=complete,
            metadata=metadata_of(info),
            access=access_of(info, entries),
            unread=unread,
        )

    def read(self, listing: Listing, wanted: Sequence[Wanted], progress: Progress) -> Snapshot:
        """All wanted texts, and for a gated repository whether its weights can be had, in one round."""
        if listing.id != listing.target.id:
            progress(f"{listing.target.id} is now called {listing.id}")
        where = self._address_of(listing)
        probe = self._probe(listing)
        room = self._limits.requests - self._limits.reserved_requests - _spent(listing) - (probe is not None)
        known = self._cache.documents(self._endpoint, listing, self._has_token()) if self._cache else {}
        documents, unread, answer = self._texts(listing, wanted, known, room, probe, progress)
        access = listing.access if answer is None else self._probed(listing.access, answer, where)
        snapshot = listing.snapshot(documents, unread, access)
        if self._cache:
            self._cache.keep(self._endpoint, snapshot, self._has_token())
        return snapshot

    def read_more(self, snapshot: Snapshot, wanted: Sequence[Wanted]) -> Snapshot:
        """The snapshot with further texts, within the requests that were reserved for them."""
        listing = listing_of(snapshot)
        room = self._limits.reserved_requests
        read = {(document.path, document.origin) for document in snapshot.documents}
        wanted = [wish for wish in wanted if (wish.path, wish.origin) not in read]
        known = self._cache.documents(self._endpoint, listing, self._has_token()) if self._cache else {}
        documents, unread, _ = self._texts(listing, wanted, known, room, None, _silent)
        more = listing.snapshot((*snapshot.documents, *documents), unread)
        if self._cache:
            self._cache.keep(self._endpoint, more, self._has_token())
        return more

    def reader(self, snapshot: Snapshot, path: str) -> ByteReader:
        """Ranges of one file, each by a request of its own. Raises: NotFound for a file that is not listed."""
        entry = next((entry for entry in snapshot.files if entry.path == path), None)
        if entry is None:
            raise NotFound(f"{snapshot.id} lists no file {path}.")
        where = self._address_of(listing_of(snapshot))
        return _HubFile(self, where, path, entry.size_bytes)

    # ------------------------------------------------------------ requests

    def _credentials(self) -> Mapping[str, str]:
        """Headers for the endpoint alone. Called in the worker: the library may refresh a token over the network.

        Made here and not by `build_hf_headers`, which asks the endpoint for a list of coding agents first and tells
        it which libraries are installed: an audit sends nothing that it need not.
        """
        headers = {"user-agent": f"openaudit/{__version__}"}
        token = self._token
        if token is None and not constants.HF_HUB_DISABLE_IMPLICIT_TOKEN:
            try:
                token = get_token()
            except (OSError, OIDCError, DeviceCodeError) as error:
                raise AccessDenied(
                    f"The stored token cannot be used ({type(error).__name__}).",
                    hint="Run `hf auth login` again, or set HF_TOKEN.",
                ) from error
        if token:
            headers["authorization"] = f"Bearer {token}"
        return headers

    def _has_token(self) -> bool:
        return "authorization" in self._credentials()

    def _info(self, where: Address, options: Mapping[str, Any]) -> dict[str, Any]:
        """The API's payload. Raises: SourceError."""
        url = f"{where.api}?{httpx2.QueryParams(options)}"
        answer = self._door.fetch_one(Ask(url=url, max_bytes=self._limits.info_bytes))
        self._check(answer, where, None)
        return payload_of(answer)

    def _texts(
        self,
        listing: Listing,
        wanted: Sequence[Wanted],
        known: Mapping[str, Document],
        room: int,
        probe: Ask | None,
        progress: Progress,
    ) -> tuple[list[Document], list[Unread], Answer | SourceError | None]:
        """The wanted texts in their order, and the answer to the probe; all asked for at once."""
        plan = _within(room, [self._planned(listing, wish, known) for wish in dict.fromkeys(wanted)])
        sent = [(wish, step) for wish, step in plan if isinstance(step, Ask)]
        progress(f"reading {len(sent)} files of {listing.id}")
        answers = self._door.fetch([step for _, step in sent] + ([probe] if probe is not None else []))
        by_wish = {wish: answer for (wish, _), answer in zip(sent, answers, strict=False)}
        documents: list[Document] = []
        unread: list[Unread] = []
        for wish, step in plan:
            read = self._read_text(listing, wish, step, by_wish.get(wish))
            if isinstance(read, Unread):
                unread.append(read)
                continue
            documents.append(read)
            if (rest := cut_off(read)) is not None:
                unread.append(rest)
        return documents, unread, answers[-1] if probe is not None else None

    def _planned(
        self, listing: Listing, wish: Wanted, known: Mapping[str, Document]
    ) -> tuple[Wanted, Ask | Document | SourceError]:
        """How a text will be had: from the cache, by a request, or not at all."""
        if wish.origin is None:
            if (kept := known.get(wish.path)) is not None and kept.size_bytes <= wish.max_bytes:
                return wish, kept
            if listing.lacks(wish.path):
                return wish, NotFound(f"{listing.id} has no file {wish.path}.")
        try:
            where = self._address(listing, wish)
            check_path(wish.path)
        except (SourceError, TargetError) as error:
            return wish, error if isinstance(error, SourceError) else NotFound(str(error))
        return wish, Ask(url=self._file_url(where, wish.path), max_bytes=wish.max_bytes, overlong="cut")

    def _read_text(
        self,
        listing: Listing,
        wish: Wanted,
        step: Ask | Document | SourceError,
        answer: Answer | SourceError | None,
    ) -> Document | Unread:
        if isinstance(step, Document):
            return step
        outcome = step if isinstance(step, SourceError) else answer
        if outcome is None or isinstance(outcome, SourceError):
            return _unread(wish, outcome or _BEYOND_THE_BUDGET)
        where = self._address(listing, wish)
        entry = next((e for e in listing.files if e.path == wish.path and wish.origin is None), None)
        try:
            self._check(outcome, where, wish.path)
            check_text(outcome, wish, entry)
        except NotFound as error:
            listed = NotFound(f"{wish.path} is listed, but {where.host} does not have it.")
            return _unread(wish, error if entry is None else listed)
        except SourceError as error:
            return _unread(wish, error)
        return document(
            wish.path,
            outcome.body,
            max_bytes=wish.max_bytes,
            url=where.blob(wish.path),
            origin=wish.origin,
        )

    # ------------------------------------------------------------ who can have the weights

    def _probe(self, listing: Listing) -> Ask | None:
        """The HEAD request that shows whether a gated or private repository gives its weights to this reader."""
        if not listing.access.gated and not listing.access.private:
            return None
        path = telling_file(listing.files)
        if path is None or listing.access.downloadable is False:
            return None
        url = self._file_url(self._address_of(listing), path)
        return Ask(url=url, max_bytes=0, method="HEAD", headers={"accept-encoding": "identity"})

    def _probed(self, access: Access, answer: Answer | SourceError, where: Address) -> Access:
        reader = "With the token in use" if self._has_token() else "Without a token"
        try:
            if isinstance(answer, SourceError):
                raise answer
            self._check(answer, where, None)
        except AccessDenied as error:
            return replace(access, downloadable=False, detail=f"{reader} the weights cannot be had: {error}")
        except SourceError as error:
            return replace(
                access, downloadable=None, detail=f"Whether the weights can be had could not be told: {error}"
            )
        return replace(access, downloadable=True, detail=f"{reader} the weights can be had.")

    def read_range(
        self, where: Address, path: str, offset: int, length: int, storage: str = ""
    ) -> tuple[bytes, str]:
        """One range of a file, and the storage that it lies in where the Hub redirected there.

        With `storage` that is asked at once, without a token; where it refuses (an old signature), the Hub is asked.

        Raises: SourceError.
        """
        if length > self._limits.range_bytes:
            raise TooLarge(
                f"{length} bytes of {path} are more than the {self._limits.range_bytes} read at once."
            )
        span = {"range": f"bytes={offset}-{offset + length - 1}", "accept-encoding": "identity"}
        ask = Ask(url=self._file_url(where, path), max_bytes=length, headers=span, overlong="cut")
        answer = self._door.fetch_one(replace(ask, url=storage or ask.url))
        if storage and answer.status not in _RANGE_ANSWERS:
            answer = self._door.fetch_one(ask)
        elsewhere = answer.url if answer.hops else storage
        if answer.status == 416:
            return b"", elsewhere
        self._check(answer, where, path)
        if answer.status == 206:
            return checked_range(answer, offset)[:length], elsewhere
        if offset:
            raise Damaged(f"{shown(answer.url)} ignores ranges, so {path} cannot be read in parts.")
        return answer.body[:length], elsewhere

    # ------------------------------------------------------------ addresses

    def _address_of(self, listing: Listing) -> Address:
        kind = TargetKind.DATASET if listing.subject == "dataset" else TargetKind.MODEL
        return Address(endpoint=self._endpoint, kind=kind, id=listing.id, revision=listing.revision)

    def _address(self, listing: Listing, wish: Wanted) -> Address:
        """Where a wanted text lies. Raises: TargetError for an origin that is none."""
        if wish.origin is None:
            return self._address_of(listing)
        return address_named(self._endpoint, wish.origin)

    def _file_url(self, where: Address, path: str) -> str:
        return hf_hub_url(
            where.id, path, repo_type=where.type, revision=where.revision, endpoint=self._endpoint
        )

    def _check(self, answer: Answer, where: Address, path: str | None) -> None:
        """Raises: SourceError."""
        check(answer, where, path, has_token=self._has_token())


_Step = tuple[Wanted, Ask | Document | SourceError]
"""A text that is wanted, and how it will be had: by a request, from the cache, or not at all."""

_BEYOND_THE_BUDGET = OverBudget(
    "It was not read: an audit makes few requests, and others were more important.",
    hint="Audit a local copy to have all read.",
)


_RANGE_ANSWERS = (200, 206, 416)


class _HubFile:
    """Byte ranges of one file of the Hub. Large files lie elsewhere: the first read finds out where."""

    def __init__(self, hub: HubSource, where: Address, path: str, size_bytes: int | None) -> None:
        self._hub = hub
        self._where = where
        self._path = path
        self._storage = ""
        self.size_bytes: int | None = size_bytes

    def read_at(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`. Raises: SourceError."""
        if offset < 0 or length <= 0 or (self.size_bytes is not None and offset >= self.size_bytes):
            return b""
        data, self._storage = self._hub.read_range(self._where, self._path, offset, length, self._storage)
        return data


def _silent(_: str) -> None:
    """For reads that nobody watches."""


def _spent(listing: Listing) -> int:
    """The requests that `open` made: one, one more for a renamed repository, and for a list that is too long."""
    return 1 + (listing.id != listing.target.id) + (not listing.files)


def _within(room: int, plan: list[_Step]) -> list[_Step]:
    """The plan with what is beyond the budget left out. Texts from the cache count like requests, so that the
    second audit of a repository sees what the first one saw."""
    kept: list[_Step] = []
    for wish, step in plan:
        if not isinstance(step, SourceError):
            room -= 1
        kept.append((wish, step if isinstance(step, SourceError) or room >= 0 else _BEYOND_THE_BUDGET))
    return kept


def _unread(wish: Wanted, error: SourceError) -> Unread:
    return Unread(path=place(wish.path, wish.origin), reason=error.reason, message=str(error))
