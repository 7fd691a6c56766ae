"""Where a served model comes from: a repository of the Hub, an Ollama store, a file or folder of this machine."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from openaudit.errors import SourceError, TargetError
from openaudit.sources.ollama_names import OllamaName, parse_ollama_name
from openaudit.sources.ollama_store import default_store, read_manifest
from openaudit.sources.served import GENERIC, ServedModel
from openaudit.sources.targets import looks_like_a_repository, parse_hub_name
from openaudit.sources.weight_file import looks_like_weights
from openaudit.vocabulary import Target, TargetKind

_CACHED = re.compile(
    r"(?:^|[/\\])models--([A-Za-z0-9._-]+?)--([A-Za-z0-9._-]+)(?:[/\\]snapshots[/\\]([0-9a-f]{40}))?(?:[/\\]|$)"
)
_HUB = re.compile(r"^https?://(?:www\.)?(?:huggingface\.co|hf\.co)/([\w.-]+/[\w.-]+)")
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
_PATH = re.compile(r"^(?:[/\\~]|\.{1,2}[/\\]|[A-Za-z]:[/\\])")
_QUANTIZATION = re.compile(r":[\w.-]{1,40}$")
_HEADER_KEYS = (
    "general.repo_url",
    "general.huggingface.repository",
    "general.source.huggingface.repository",
    "general.source.repo_url",
    "general.source.url",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What a served model is, and how that was told; `target` is None where it could not be."""

    target: Target | None
    how: str


def trace(model: ServedModel, *, here: bool) -> Trace:
    """Where a model comes from, by the strongest sign; `here` tells that the server runs on this machine."""
    if model.server == "Ollama":
        return _ollama(model, here=here)
    if model.root:
        return _root(model, here=here)
    if _REPOSITORY.fullmatch(name := _QUANTIZATION.sub("", model.name)):
        return _hub(name, None, f"by the name it is served under, “{model.name}”")
    return Trace(target=None, how=f"{model.server} tells neither a repository nor a path")


def _root(model: ServedModel, *, here: bool) -> Trace:
    root = model.root
    if match := _CACHED.search(root):
        return _hub(f"{match[1]}/{match[2]}", match[3], f"the path in the Hub's cache, {root}")
    if _PATH.match(root):
        return _path(root, here=here)
    if here and os.path.isfile(root) and looks_like_weights(Path(root)):
        return _path(root, here=here)
    name = _QUANTIZATION.sub("", root)
    if model.server == GENERIC and not _REPOSITORY.fullmatch(name):
        # any server may fill in `root` with the name itself
        return Trace(target=None, how=f"“{root}” names neither a repository nor a path")
    return _hub(name, model.revision, f"{model.server} loaded it from {root}")


def _path(root: str, *, here: bool) -> Trace:
    """A path counts where the server runs on this machine, and only where weights lie there."""
    if not here:
        return Trace(target=None, how=f"{root} is a path of the server's machine")
    path = Path(os.path.expanduser(root))
    if path.is_dir() and looks_like_a_repository(path):
        return Trace(target=Target(kind=TargetKind.FOLDER, id=str(path), text=root), how=f"the folder {root}")
    if path.is_file() and looks_like_weights(path):
        return Trace(target=Target(kind=TargetKind.FILE, id=str(path), text=root), how=f"the file {root}")
    return Trace(target=None, how=f"no weights are at {root} on this machine")


def _ollama(model: ServedModel, *, here: bool) -> Trace:
    """The store of this machine where its manifest has the digest that the server tells; else the Hub."""
    name = _ollama_name(model.name)
    if name is not None and here and model.digest and _stored_digest(name) == model.digest:
        target = Target(kind=TargetKind.OLLAMA, id=name.short, text=f"ollama:{name.short}")
        return Trace(target=target, how="the same manifest in the Ollama store of this machine")
    if name is not None and name.hub_repository is not None:
        return _hub(name.hub_repository, None, f"its Ollama name, {model.name}")
    for key in _HEADER_KEYS:
        if repository := hub_repository(model.header.get(key, "")):
            return _hub(repository, None, f"{key} in its header")
    return Trace(target=None, how="Ollama tells no repository, and its store is not on this machine")


def _ollama_name(text: str) -> OllamaName | None:
    try:
        return parse_ollama_name(text)
    except TargetError:
        return None


def _stored_digest(name: OllamaName) -> str:
    """The digest of the manifest in the store of this machine; '' where there is none."""
    try:
        return read_manifest(default_store(), name).digest
    except SourceError:
        return ""


def hub_repository(value: str) -> str | None:
    """The repository in an address of the Hub, or a bare `org/name`."""
    if match := _HUB.match(value.strip()):
        return match[1]
    return value.strip() if _REPOSITORY.fullmatch(value.strip()) else None


def _hub(name: str, revision: str | None, how: str) -> Trace:
    try:
        target = parse_hub_name(f"models/{name}" + (f"@{revision}" if revision else ""))
    except TargetError:
        return Trace(target=None, how=f"“{name}” is no name of a repository")
    return Trace(target=target, how=how)
