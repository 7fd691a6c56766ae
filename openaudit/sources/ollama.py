"""A model of an Ollama store as a target: its weights by ranges, and its license layers as texts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from openaudit.artifacts.reader import ByteReader, FileByteReader
from openaudit.errors import Damaged, NotFound, SourceError
from openaudit.sources.interface import Listing, Progress, listing_of, resolved_now
from openaudit.sources.nesting import is_deep
from openaudit.sources.ollama_names import OllamaName, parse_ollama_name
from openaudit.sources.ollama_store import (
    Layer,
    Manifest,
    blob_bytes,
    blob_path,
    default_store,
    models_in,
    read_manifest,
)
from openaudit.sources.texts import cut_off, document
from openaudit.vocabulary import Document, FileEntry, Snapshot, Target, Unread, Wanted

LICENSE_BYTES = 300_000
_MOST_LICENSES = 20
_CONFIG_BYTES = 64 * 1024
_WEIGHTS = frozenset({"model", "adapter", "projector", "tensor"})
_CONFIG_KEYS = ("model_format", "model_family", "model_families", "model_type", "file_type")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """One model of one store, and the name that each of its layers is listed by."""

    store: Path
    name: OllamaName
    manifest: Manifest
    layers: dict[str, Layer]


class OllamaSource:
    """Reads models of Ollama stores. Nothing outside the store is opened, and no server is asked."""

    def open(self, target: Target) -> Listing:
        """The layers of the manifest, under the names of what they are. Raises: SourceError, TargetError."""
        opened = _open(target)
        hub = opened.name.hub_repository
        known = {"name": opened.name.short, **_config(opened)}
        return Listing(
            target=target,
            subject="model",
            id=opened.name.full,
            revision=f"sha256:{opened.manifest.digest}",
            url=opened.name.url,
            resolved_at=resolved_now(),
            files=tuple(_entry(opened, path) for path in opened.layers),
            listing_complete=True,
            metadata={"ollama": known | ({"hub_repository": hub} if hub else {})},
            unread=tuple(_faults(opened)),
        )

    def read(self, listing: Listing, wanted: Sequence[Wanted], progress: Progress) -> Snapshot:
        """The listing with all license layers, and what else is wanted."""
        progress(f"reading the license layers of {listing.id}")
        opened = _open(listing.target)
        licenses = [path for path, layer in opened.layers.items() if layer.what == "license"]
        sizes = dict.fromkeys(licenses[:_MOST_LICENSES], LICENSE_BYTES)
        sizes |= {wish.path: wish.max_bytes for wish in wanted if wish.origin is None}
        documents, unread = _texts(opened, sizes)
        unread += [_beyond(path) for path in licenses[_MOST_LICENSES:]]
        return listing.snapshot(documents, unread)

    def read_more(self, snapshot: Snapshot, wanted: Sequence[Wanted]) -> Snapshot:
        """The snapshot with further layers; texts of other repositories are not in a store."""
        known = {read.path for read in snapshot.documents}
        sizes = {
            wish.path: wish.max_bytes for wish in wanted if wish.path not in known and wish.origin is None
        }
        documents, unread = _texts(_open(snapshot.target), sizes)
        more = listing_of(snapshot).snapshot((*snapshot.documents, *documents), unread)
        return replace(more, access=snapshot.access)

    def reader(self, snapshot: Snapshot, path: str) -> ByteReader:
        """Ranges of a layer. Raises: SourceError."""
        opened = _open(snapshot.target)
        if path not in opened.layers:
            raise NotFound(f"{snapshot.id} has no layer {path}.")
        try:
            return FileByteReader(blob_path(opened.store, opened.layers[path]))
        except OSError as error:
            raise Damaged(f"{path} cannot be read: {error.strerror or error}.") from error


def expand_store(target: Target) -> tuple[Target, ...]:
    """One target for each model of a store that was named by its path alone. Raises: SourceError."""
    store, name = _parts(target)
    if name:
        return (target,)
    names = models_in(store)
    if not names:
        raise NotFound(f"The Ollama store {store} holds no model.", hint="See `ollama list`.")
    return tuple(replace(target, id=f"{store}#{name.short}", text=f"{store}#{name.short}") for name in names)


def _parts(target: Target) -> tuple[Path, str]:
    """The store and the name in a target: `name`, or `<path of the store>#<name>`."""
    path, hash_, name = target.id.rpartition("#")
    return (Path(path), name) if hash_ else (default_store(), name)


def _open(target: Target) -> _Opened:
    """Raises: SourceError, TargetError."""
    store, text = _parts(target)
    if not text:
        names = models_in(store)
        if len(names) != 1:
            shown = ", ".join(name.short for name in names[:8])
            raise NotFound(f"The store {store} holds {len(names)} models.", hint=f"Name one: {shown}.")
        name = names[0]
    else:
        name = parse_ollama_name(text)
    manifest = read_manifest(store, name)
    return _Opened(store=store, name=name, manifest=manifest, layers=_named(manifest))


def _named(manifest: Manifest) -> dict[str, Layer]:
    """The layers by the names they are listed under; the second of a kind is numbered."""
    named: dict[str, Layer] = {}
    counts: dict[str, int] = {}
    for layer in manifest.layers:
        counts[layer.what] = number = counts.get(layer.what, 0) + 1
        named[_name(layer, number)] = layer
    return named


def _name(layer: Layer, number: int) -> str:
    if layer.what == "license":
        return f"license-{number}"
    later = "" if number == 1 else f"-{number}"
    if layer.what == "tensor":
        return f"tensor{later}.safetensors"
    return f"{layer.what}{later}.gguf" if layer.what in _WEIGHTS else f"ollama-{layer.what}{later}"


def _entry(opened: _Opened, path: str) -> FileEntry:
    layer = opened.layers[path]
    return FileEntry(path=path, size_bytes=_real_size(opened, layer), digest=f"sha256:{layer.sha256}")


def _real_size(opened: _Opened, layer: Layer) -> int:
    """The size of the blob; as the manifest tells it where the blob cannot be had."""
    try:
        return blob_path(opened.store, layer).stat().st_size
    except (SourceError, OSError):
        return layer.size_bytes


def _faults(opened: _Opened) -> Iterator[Unread]:
    """Blobs that are not what the manifest says; those of weights and licenses that are missing are told of when they
    are read."""
    for path, layer in opened.layers.items():
        try:
            size = blob_path(opened.store, layer).stat().st_size
        except SourceError as error:
            if layer.what != "license" and layer.what not in _WEIGHTS:
                yield Unread(path=path, reason=error.reason, message=f"{path}: {error}")
            continue
        except OSError as error:
            yield Unread(path=path, reason=Damaged.reason, message=f"{path}: {error.strerror}")
            continue
        if size != layer.size_bytes:
            message = f"{path}: the manifest says {layer.size_bytes} bytes, the blob has {size}."
            yield Unread(path=path, reason=Damaged.reason, message=message)


def _texts(opened: _Opened, sizes: dict[str, int]) -> tuple[list[Document], list[Unread]]:
    documents: list[Document] = []
    unread: list[Unread] = []
    for path, max_bytes in sizes.items():
        try:
            if path not in opened.layers:
                raise NotFound(f"{opened.name.short} has no layer {path}.")
            data = blob_bytes(opened.store, opened.layers[path], max_bytes)
        except SourceError as error:
            unread.append(Unread(path=path, reason=error.reason, message=f"{path}: {error}"))
            continue
        except OSError as error:
            unread.append(Unread(path=path, reason=Damaged.reason, message=f"{path}: {error.strerror}"))
            continue
        read = document(path, data, max_bytes=max_bytes)
        documents.append(read)
        if (rest := cut_off(read)) is not None:
            unread.append(rest)
    return documents, unread


def _beyond(path: str) -> Unread:
    return Unread(path=path, reason="too-large", message=f"{path}: only {_MOST_LICENSES} licenses are read.")


def _config(opened: _Opened) -> dict[str, Any]:
    """What the configuration layer tells of format, family, size and quantization; nothing where it is broken."""
    if opened.manifest.config is None:
        return {}
    try:
        value = json.loads(blob_bytes(opened.store, opened.manifest.config, _CONFIG_BYTES)[:_CONFIG_BYTES])
    except (SourceError, OSError, ValueError, RecursionError):
        return {}
    if not isinstance(value, dict) or is_deep(value):
        return {}
    return {key: value[key] for key in _CONFIG_KEYS if isinstance(value.get(key), str | list)}
