"""Reading a folder of repositories: `FOLDER/models/<owner>__<name>/`, `FOLDER/datasets/...`.

`repo.json` beside the files is configuration: `repo_id`, `files`, `api`, `revisions` (name to subfolder) and `hub`
(`gated`, `private`, `disabled`, `public_files`, `redirect_to`, `fault`). Revisions may lie in `.revisions/<name>/` too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from .content import InMemory, OnDisk
from .repositories import Access, Entry, Gate, Kind, Repository, Revision
from .weights import is_weight_path, plausible_weights, small_gguf, small_safetensors

CONFIGURATION = "repo.json"
REVISIONS = ".revisions"
_MAX_FILES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """One repository folder, read: the repository and the faults that its configuration asks for."""

    repository: Repository
    faults: tuple[Mapping[str, Any], ...]


def load_folder(folder: Path) -> Iterator[Loaded]:
    """Every repository below `models/` and `datasets/`. Raises ValueError for a `repo.json` that cannot be meant."""
    kinds: tuple[Kind, ...] = ("models", "datasets")
    for kind in kinds:
        for path in sorted(folder.glob(f"{kind}/*/")):
            yield load_repository(path, kind)


def load_repository(folder: Path, kind: Kind) -> Loaded:
    """One repository folder.

    With a real listing (`files`, else `api.siblings`) exactly that is shown: a listed file that is not at hand is made
    up when it is a weight file and has no bytes otherwise (404 EntryNotFound), since made-up text would be false
    evidence. Without one, the files at hand are shown and one small weight file (models) or data file (datasets) is
    added when there is none.
    """
    config = read_configuration(folder)
    repo_id = config.get("repo_id") or folder.name.replace("__", "/", 1).strip("/")
    api = config.get("api") or {}
    settings = config.get("hub") or {}
    revision_folders = dict(_revision_folders(folder, config))
    listing = _listing(config, api)
    at_hand = files_at_hand(folder, without=tuple(revision_folders.values()))
    sha = api.get("sha")
    main = Revision(
        name="main",
        entries=_listed(at_hand, listing) if listing is not None else _completed(at_hand, kind, repo_id),
        known_sha=sha if isinstance(sha, str) and re.fullmatch(r"[0-9a-f]{40}", sha) else None,
    )
    revisions = {"main": main}
    for name, subfolder in revision_folders.items():
        entries = _completed(files_at_hand(subfolder), kind, repo_id)
        revisions[name] = Revision(name=name, entries=entries, is_tag=re.match(r"v\d", name) is not None)
    repository = Repository(
        kind=kind, id=repo_id, revisions=revisions, access=_access(settings, api), api=api
    )
    return Loaded(repository=repository, faults=_faults(settings.get("fault")))


def read_configuration(folder: Path) -> dict[str, Any]:
    """`repo.json` of a folder, or an empty configuration. Raises ValueError when it is not a JSON object."""
    path = folder / CONFIGURATION
    if not path.is_file():
        return {}
    config = json.loads(path.read_bytes())
    if not isinstance(config, dict):
        raise ValueError(f"{path}: not a JSON object")
    return config


def files_at_hand(folder: Path, without: tuple[Path, ...] = ()) -> dict[str, Entry]:
    """The regular files below a folder by path; no configuration, no revisions, no link that leads outside."""
    root = folder.resolve()
    entries: dict[str, Entry] = {}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        skipped = relative.as_posix() == CONFIGURATION or relative.parts[0] == REVISIONS
        if skipped or any(path.is_relative_to(other) for other in without) or not path.is_file():
            continue
        if path.is_symlink() and not path.resolve().is_relative_to(root):
            continue
        if len(entries) == _MAX_FILES:
            raise ValueError(f"{folder}: more than {_MAX_FILES} files")
        entries[relative.as_posix()] = Entry(path=relative.as_posix(), content=OnDisk(path))
    return entries


def _revision_folders(folder: Path, config: Mapping[str, Any]) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.glob(f"{REVISIONS}/*/")):
        yield unquote(path.name), path
    for name, subfolder in (config.get("revisions") or {}).items():
        path = folder / subfolder
        if not path.resolve().is_relative_to(folder.resolve()):
            raise ValueError(f"{folder / CONFIGURATION}: revisions.{name} leads out of the folder")
        yield name, path


def _listing(config: Mapping[str, Any], api: Mapping[str, Any]) -> dict[str, int | None] | None:
    """Path to size, None for an unknown size; None without a listing."""
    if config.get("files") is not None:
        return {item["path"]: item.get("size") for item in config["files"]}
    if api.get("siblings") is not None:
        return {item["rfilename"]: item.get("size") for item in api["siblings"]}
    return None


def _listed(at_hand: Mapping[str, Entry], listing: Mapping[str, int | None]) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    for path, size in listing.items():
        if path in at_hand:
            entries[path] = at_hand[path]
        else:
            content = plausible_weights(path, size) if is_weight_path(path) else None
            entries[path] = Entry(path=path, content=content, listed_size=size, lists_size=size is not None)
    return entries


def _completed(at_hand: Mapping[str, Entry], kind: Kind, repo_id: str) -> dict[str, Entry]:
    if any(is_weight_path(path) for path in at_hand):
        return dict(at_hand)
    if kind == "datasets":
        path, data = "data/train.jsonl", b'{"text": "one row"}\n'
    elif "gguf" in repo_id.lower():
        path, data = "model.gguf", small_gguf()
    else:
        path, data = "model.safetensors", small_safetensors()
    return {path: Entry(path=path, content=InMemory(data)), **at_hand}


def _access(settings: Mapping[str, Any], api: Mapping[str, Any]) -> Access:
    gated: Gate = settings.get("gated", api.get("gated", False)) or False
    if gated not in (False, "auto", "manual"):
        raise ValueError(f"hub.gated: {gated!r} is neither false, 'auto' nor 'manual'")
    return Access(
        gated=gated,
        private=bool(settings.get("private", api.get("private", False))),
        disabled=bool(settings.get("disabled", api.get("disabled", False))),
        public_files=tuple(settings.get("public_files", ())),
        redirect_to=settings.get("redirect_to"),
    )


def _faults(given: Any) -> tuple[Mapping[str, Any], ...]:
    if given is None:
        return ()
    listed = given if isinstance(given, list) else [given]
    return tuple({"kind": each} if isinstance(each, str) else each for each in listed)
