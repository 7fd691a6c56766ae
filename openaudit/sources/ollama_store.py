"""An Ollama model store on disk: its manifests, and the blobs that they name; nothing outside it is opened.

Source: https://github.com/ollama/ollama/blob/main/docs/faq.md ("Where are models stored?") and manifest/ there.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from openaudit.errors import AccessDenied, Damaged, NotFound, SourceError, TargetError, TooLarge
from openaudit.sources.nesting import is_deep
from openaudit.sources.ollama_names import OllamaName, parse_ollama_name

MANIFEST_BYTES = 1024 * 1024
MOST_LAYERS = 4_096
MOST_MODELS = 500
_MOST_ENTRIES = 20_000
_DIGEST = re.compile(r"sha256[:-]([0-9a-f]{64})")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9.+/_-]{1,120}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One line of a manifest: what the blob is, its sha256 in hex, and its size as the manifest tells it."""

    media_type: str
    sha256: str
    size_bytes: int

    @property
    def what(self) -> str:
        """The last word of Ollama's media type: model, license, template, params, system, adapter ..."""
        return self.media_type.rsplit(".", 1)[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One model of a store. `digest` is the sha256 of the manifest, which `/api/tags` tells too."""

    digest: str
    layers: tuple[Layer, ...]
    config: Layer | None


def default_store() -> Path:
    """Where Ollama keeps models on this machine: `OLLAMA_MODELS`, else `~/.ollama/models`."""
    return Path(os.path.expanduser(os.environ.get("OLLAMA_MODELS") or "~/.ollama/models"))


def is_store(path: Path) -> bool:
    """Whether a folder has the two folders of a store."""
    return (path / "manifests").is_dir() and (path / "blobs").is_dir()


def models_in(store: Path) -> tuple[OllamaName, ...]:
    """The models of a store, sorted by name. Raises: NotFound, TooLarge.

    Files that name no model (`.DS_Store`) and links out of the store are passed over.
    """
    if not is_store(store):
        raise NotFound(
            f"{store} is no Ollama store: it has no manifests and blobs.", hint="Set OLLAMA_MODELS."
        )
    root = store / "manifests"
    found = []
    for count, path in enumerate(_files_below(root, 4)):
        if count >= _MOST_ENTRIES:
            raise TooLarge(f"The store {store} holds more than {_MOST_ENTRIES} manifests.")
        try:
            found.append(parse_ollama_name("/".join(path[:3]) + f":{path[3]}"))
        except TargetError:
            continue
    if len(found) > MOST_MODELS:
        raise TooLarge(
            f"The store {store} holds {len(found)} models; {MOST_MODELS} are audited at once.",
            hint="Name them one by one: ollama:name:tag.",
        )
    return tuple(sorted(found, key=lambda name: name.parts))


def _files_below(folder: Path, depth: int, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The names on the way to each file that lies exactly `depth` levels down; links to folders are not followed."""
    try:
        with os.scandir(folder) as entries:
            found = sorted(
                (e for e, _ in zip(entries, range(_MOST_ENTRIES), strict=False)), key=lambda e: e.name
            )
    except OSError:
        return
    for entry in found:
        if depth == 1 and entry.is_file():
            yield (*above, entry.name)
        elif depth > 1 and entry.is_dir(follow_symlinks=False):
            yield from _files_below(Path(entry.path), depth - 1, (*above, entry.name))


def read_manifest(store: Path, name: OllamaName) -> Manifest:
    """The manifest of a model. Raises: SourceError."""
    path = _manifest_path(store, name)
    data = _bounded(path, store, MANIFEST_BYTES, f"The manifest of {name.short}")
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Damaged(f"The manifest of {name.short} is no JSON.", hint=_PULL) from error
    if not isinstance(value, dict) or is_deep(value) or not isinstance(value.get("layers"), list):
        raise Damaged(f"The manifest of {name.short} has no list of layers.", hint=_PULL)
    if len(value["layers"]) > MOST_LAYERS:
        raise TooLarge(f"The manifest of {name.short} lists more than {MOST_LAYERS} layers.")
    layers = tuple(_layer(item, name) for item in value["layers"])
    config = _layer(value["config"], name) if isinstance(value.get("config"), dict) else None
    return Manifest(digest=hashlib.sha256(data).hexdigest(), layers=layers, config=config)


_PULL = "Pull the model again."


def _manifest_path(store: Path, name: OllamaName) -> Path:
    """Where the manifest lies; Ollama's names do not differ in case. Raises: NotFound."""
    here = store / "manifests"
    for part in name.parts:
        exact = here / part
        if not exact.exists():
            exact = next((here / other for other in _names(here) if other.lower() == part.lower()), exact)
        here = exact
    if not here.is_file():
        raise NotFound(
            f"The Ollama store {store} has no model {name.short}.",
            hint="See `ollama list`; OLLAMA_MODELS names the store.",
        )
    return here


def _names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry, _ in zip(entries, range(_MOST_ENTRIES), strict=False))
    except OSError:
        return []


def _layer(value: Any, name: OllamaName) -> Layer:
    """Raises: Damaged for a digest that is none: a name like `../../etc/passwd` never becomes a path."""
    if not isinstance(value, dict):
        raise Damaged(f"The manifest of {name.short} has a layer that is none.", hint=_PULL)
    digest, media, size = value.get("digest"), value.get("mediaType"), value.get("size")
    match = _DIGEST.fullmatch(digest) if isinstance(digest, str) else None
    if match is None:
        raise Damaged(
            f"The manifest of {name.short} names a blob by what is no digest: {str(digest)[:80]!r}."
        )
    if not isinstance(media, str) or not _MEDIA_TYPE.fullmatch(media):
        raise Damaged(f"The manifest of {name.short} has a layer without a media type.", hint=_PULL)
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < 2**63:
        raise Damaged(f"The manifest of {name.short} has a layer without a size.", hint=_PULL)
    return Layer(media_type=media, sha256=match[1], size_bytes=size)


def blob_path(store: Path, layer: Layer) -> Path:
    """The blob of a layer: a regular file inside the store. Raises: NotFound, AccessDenied, Damaged."""
    for name in (f"sha256-{layer.sha256}", f"sha256:{layer.sha256}"):  # the second is of older versions
        path = store / "blobs" / name
        if os.path.lexists(path):
            return _regular(path, store, f"The blob sha256-{layer.sha256[:12]}...")
    raise NotFound(f"The blob sha256-{layer.sha256[:12]}... ({layer.what}) is not in the store.", hint=_PULL)


def blob_bytes(store: Path, layer: Layer, ceiling: int) -> bytes:
    """At most `ceiling` bytes of a blob, and one more where there are more. Raises: SourceError."""
    with _opened(blob_path(store, layer), f"The blob sha256-{layer.sha256[:12]}...") as file:
        return file.read(ceiling + 1)


def _bounded(path: Path, store: Path, ceiling: int, what: str) -> bytes:
    """Raises: SourceError."""
    with _opened(_regular(path, store, what), what) as file:
        data = file.read(ceiling + 1)
    if len(data) > ceiling:
        raise TooLarge(f"{what} is longer than {ceiling} bytes.")
    return data


def _opened(path: Path, what: str) -> BinaryIO:
    """The file for reading, never waiting for a pipe. Raises: AccessDenied."""
    try:
        return os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    except OSError as error:
        raise _denied(what, error) from error


def _regular(path: Path, store: Path, what: str) -> Path:
    """The real path of a regular file of the store. Raises: NotFound, AccessDenied."""
    try:
        real = Path(os.path.realpath(path, strict=True))
        mode = real.stat().st_mode
    except OSError as error:
        raise _denied(what, error) from error
    if not real.is_relative_to(Path(os.path.realpath(store))):
        raise AccessDenied(f"{what} links out of the store and was not followed.")
    if not stat.S_ISREG(mode):
        raise AccessDenied(f"{what} is no regular file.")
    return real


def _denied(what: str, error: OSError) -> SourceError:
    if isinstance(error, FileNotFoundError):
        return NotFound(f"{what} leads to nothing.", hint=_PULL)
    return AccessDenied(f"{what} cannot be read: {error.strerror}.", hint="Check its permissions.")
