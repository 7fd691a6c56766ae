"""A running server as a target: each model it serves is audited where it comes from, with what the server adds."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from openaudit.artifacts.reader import ByteReader
from openaudit.errors import NotFound, SourceError, TooLarge, Unreachable
from openaudit.sources.interface import Listing, Progress, Source, resolved_now
from openaudit.sources.limits import Limits
from openaudit.sources.served import MOST_MODELS, ServedModel
from openaudit.sources.servers import Server, ask_models, ask_more, named, server_of
from openaudit.sources.texts import cut_off, document
from openaudit.sources.tracing import Trace, trace
from openaudit.vocabulary import Document, Snapshot, Target, TargetKind, Unread, Wanted

Find = Callable[[Target], Source]
"""The source of a target that a served model was traced to."""

LICENSE_BYTES = 300_000
_OWN_TEXTS = (TargetKind.OLLAMA, TargetKind.FILE)
_FRONT_LICENSE = re.compile(r"^license\s*:\s*['\"]?([A-Za-z0-9.+-]{1,60})['\"]?\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """One served model under audit: where it was traced to, and what its server adds."""

    source: Source | None
    inner: Listing | None
    said: Mapping[str, Any]
    documents: tuple[Document, ...]


def expand_server(target: Target, limits: Limits, *, offline: bool) -> tuple[Target, ...]:
    """One target for each model that a server serves, in its order. Raises: SourceError."""
    _check_online(target, offline=offline)
    server = server_of(target.id)
    models = ask_models(server, limits)
    if server.name:
        models = (_chosen(server, models),)
    if len(models) > MOST_MODELS:
        raise TooLarge(
            f"{server.base} serves {len(models)} models; {MOST_MODELS} are audited at once.",
            hint=f"Name them one by one: {server.base}#name.",
        )
    ids = [server.target_id(model.name) for model in models]
    return tuple(replace(target, id=id_, text=id_) for id_ in ids)


class EndpointSource:
    """Audits served models through the sources of what they were traced to.

    A model that cannot be traced has a snapshot too: no files, an incomplete listing, and all that its server told.
    `offline` refuses to ask any server.
    """

    def __init__(self, find: Find, *, limits: Limits | None = None, offline: bool = False) -> None:
        self._find = find
        self._limits = limits or Limits()
        self._offline = offline
        self._opened: dict[str, _Opened] = {}

    def open(self, target: Target) -> Listing:
        """The listing of what is served, as the source it comes from has it. Raises: SourceError."""
        _check_online(target, offline=self._offline)
        server = server_of(target.id)
        models = ask_models(server, self._limits)
        model = _chosen(server, models)
        model = ask_more(server, model, self._limits)
        found = trace(model, here=server.is_here)
        said = _said(server, model) | self._base(server, model, models)
        source, inner, said = self._inner(found, said)
        documents = () if found.target and found.target.kind in _OWN_TEXTS else _licenses(server, model)
        self._opened[target.id] = _Opened(source=source, inner=inner, said=said, documents=documents)
        if inner is None:
            return _untraced(target, server, model, said)
        return replace(inner, target=target, metadata={**inner.metadata, "served": said})

    def read(self, listing: Listing, wanted: Sequence[Wanted], progress: Progress) -> Snapshot:
        """The texts of where the model comes from, and the license texts that the server gave."""
        opened = self._of(listing.target)
        if opened.source is None or opened.inner is None:
            return _with_licenses(listing.snapshot((), ()), opened.documents)
        snapshot = opened.source.read(opened.inner, wanted, progress)
        return _with_licenses(_outer(snapshot, listing.target, opened), opened.documents)

    def read_more(self, snapshot: Snapshot, wanted: Sequence[Wanted]) -> Snapshot:
        """The snapshot with further texts of where the model comes from."""
        opened = self._of(snapshot.target)
        if opened.source is None or opened.inner is None:
            return snapshot
        own = {document.path for document in opened.documents}
        inner = _inner_of(snapshot, opened)
        bare = replace(inner, documents=tuple(d for d in inner.documents if d.path not in own))
        more = _outer(opened.source.read_more(bare, wanted), snapshot.target, opened)
        return replace(more, documents=(*more.documents, *opened.documents))

    def reader(self, snapshot: Snapshot, path: str) -> ByteReader:
        """Ranges of a file of where the model comes from. Raises: SourceError."""
        opened = self._of(snapshot.target)
        if opened.source is None:
            raise NotFound(f"{path}: the files of {snapshot.id} were not found.")
        return opened.source.reader(_inner_of(snapshot, opened), path)

    def _inner(
        self, found: Trace, said: Mapping[str, Any]
    ) -> tuple[Source | None, Listing | None, dict[str, Any]]:
        """The source and listing of what a model was traced to; where that cannot be read, it was not traced."""
        if found.target is None:
            return None, None, {**said, "untraced": found.how}
        place = found.target.id + (f"@{found.target.revision}" if found.target.revision else "")
        try:
            source = self._find(found.target)
            inner = source.open(found.target)
        except SourceError as error:
            why = f"{place} ({found.how}) could not be read: {error.message.rstrip('.')}"
            reason = "unreadable" if isinstance(error, NotFound) else error.reason
            return None, None, {**said, "untraced": why, "reason": reason}
        kind = "hub" if found.target.kind is TargetKind.MODEL else found.target.kind.value
        return source, inner, {**said, "traced": kind, "place": place, "how": found.how}

    def _base(self, server: Server, model: ServedModel, models: Sequence[ServedModel]) -> dict[str, Any]:
        """The base of an adapter: by the root of the model that the server names as its parent."""
        if not model.parent or model.server == "Ollama":
            return {}
        parent = named(models, model.parent)
        found = trace(parent, here=server.is_here) if parent is not None else None
        if found is None or found.target is None:
            return {"base": {"id": model.parent, "license": ""}}
        return {"base": {"id": found.target.id, "license": self._license_of(found.target)}}

    def _license_of(self, base: Target) -> str:
        """The license tag of a base, by its card's metadata; '' where it cannot be read."""
        try:
            source = self._find(base)
            listing = source.open(base)
            card = listing.metadata.get("cardData")
            tag = card.get("license") if isinstance(card, dict) else None
            if isinstance(tag, str) or base.kind is not TargetKind.FOLDER:
                return tag[:60] if isinstance(tag, str) else ""
            read = source.read(listing, [Wanted(path="README.md", max_bytes=64 * 1024)], lambda text: None)
        except SourceError:
            return ""
        text = read.documents[0].text if read.documents else ""
        front = text.split("\n---", 1)[0] if text.startswith("---") else ""
        match = _FRONT_LICENSE.search(front)
        return match[1] if match else ""

    def _of(self, target: Target) -> _Opened:
        """Raises: NotFound for a target that was not opened."""
        if target.id not in self._opened:
            raise NotFound(f"{target.text or target.id} was not opened.")
        return self._opened[target.id]


def _check_online(target: Target, *, offline: bool) -> None:
    if offline:
        raise Unreachable(f"{target.text or target.id} is a running server, and openaudit is offline.")


def _chosen(server: Server, models: Sequence[ServedModel]) -> ServedModel:
    """The model that was named, or the only one. Raises: NotFound."""
    if not server.name and len(models) == 1:
        return models[0]
    model = named(models, server.name) or named(models, f"{server.name}:latest")
    if model is None:
        names = ", ".join(f"{server.base}#{m.name}" for m in models[:5])
        what = f"does not serve {server.name!r}" if server.name else f"serves {len(models)} models"
        raise NotFound(f"{server.base} {what}.", hint=f"Name one: {names}.")
    return model


def _said(server: Server, model: ServedModel) -> dict[str, Any]:
    """What the server told, as data that a bundle can hold."""
    said: dict[str, Any] = {
        "name": model.name,
        "server": model.server,
        "address": server.base,
        "root": model.root,
        "parent": model.parent,
        "header": dict(model.header),
        "facts": dict(model.facts),
    }
    return said | ({"size_bytes": model.size_bytes} if model.size_bytes is not None else {})


def _untraced(target: Target, server: Server, model: ServedModel, said: Mapping[str, Any]) -> Listing:
    """A served model of which no file was seen. Its id is no name of the Hub: anyone may serve under any name."""
    return Listing(
        target=target,
        subject="model",
        id=f"{server.base.partition('://')[2]}#{model.name}",
        revision=f"sha256:{model.digest}" if model.digest else None,
        url=None,
        resolved_at=resolved_now(),
        files=(),
        listing_complete=False,
        metadata={"served": said},
        unread=(
            Unread(
                path=".",
                reason=str(said.get("reason", "unreadable")),
                message=f"What is served as {model.name} could not be traced: {said['untraced']}.",
            ),
        ),
    )


def _licenses(server: Server, model: ServedModel) -> tuple[Document, ...]:
    """The license texts that a server gave, as documents of the snapshot."""
    made = []
    for number, text in enumerate(model.licenses, start=1):
        data = text.encode("utf-8", "replace")
        read = document(
            f"served-license-{number}", data[: LICENSE_BYTES + 1], max_bytes=LICENSE_BYTES, url=server.base
        )
        made.append(replace(read, sha256=hashlib.sha256(data).hexdigest()))
    return tuple(made)


def _with_licenses(snapshot: Snapshot, documents: tuple[Document, ...]) -> Snapshot:
    rest = tuple(cut for read in documents if (cut := cut_off(read)) is not None)
    return replace(snapshot, documents=(*snapshot.documents, *documents), unread=(*snapshot.unread, *rest))


def _outer(snapshot: Snapshot, target: Target, opened: _Opened) -> Snapshot:
    return replace(snapshot, target=target, metadata={**snapshot.metadata, "served": opened.said})


def _inner_of(snapshot: Snapshot, opened: _Opened) -> Snapshot:
    assert opened.inner is not None
    metadata = {key: value for key, value in snapshot.metadata.items() if key != "served"}
    return replace(snapshot, target=opened.inner.target, metadata=metadata)
