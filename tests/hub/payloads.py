"""The JSON that the Hub's API shows of a repository: info, properties, tree entries, commits."""

from __future__ import annotations

import hashlib
import json
import re
import struct
from typing import Any

from .cards import base_model_relation, dataset_tags, model_tags, texts
from .content import Content
from .repositories import Entry, Repository, Revision

CREATED_AT = "2022-03-02T23:29:04.000Z"
LAST_MODIFIED = "2025-01-01T00:00:00.000Z"
MAX_JSON_BYTES = 25_000_000

MODEL_PROPERTIES = frozenset(
    [
        "author",
        "baseModels",
        "cardData",
        "childrenModelCount",
        "config",
        "createdAt",
        "disabled",
        "downloads",
        "downloadsAllTime",
        "evalResults",
        "gated",
        "gguf",
        "inference",
        "inferenceProviderMapping",
        "lastModified",
        "library_name",
        "likes",
        "mask_token",
        "model-index",
        "pipeline_tag",
        "private",
        "resourceGroup",
        "safetensors",
        "sha",
        "siblings",
        "spaces",
        "tags",
        "transformersInfo",
        "trendingScore",
        "usedStorage",
        "widgetData",
    ]
)
DATASET_PROPERTIES = frozenset(
    [
        "author",
        "cardData",
        "citation",
        "createdAt",
        "description",
        "disabled",
        "downloads",
        "downloadsAllTime",
        "gated",
        "lastModified",
        "likes",
        "mainSize",
        "paperswithcode_id",
        "private",
        "resourceGroup",
        "sha",
        "siblings",
        "tags",
        "trendingScore",
        "usedStorage",
    ]
)
_LISTED = [
    "_id",
    "id",
    "modelId",
    "likes",
    "private",
    "downloads",
    "tags",
    "pipeline_tag",
    "library_name",
    "createdAt",
]
_LISTED_IN_FULL = ["author", "sha", "lastModified", "gated", "disabled", "siblings"]
_ON_REQUEST = frozenset({"baseModels", "downloadsAllTime", "trendingScore", "childrenModelCount", "mainSize"})
# Properties of an API payload that speak of the main branch only.
_OF_THE_COMMIT = frozenset(
    {"sha", "cardData", "tags", "config", "siblings", "safetensors", "gguf", "lastModified"}
)


def properties_of(repository: Repository) -> frozenset[str]:
    """What `expand` may name for this kind of repository."""
    return MODEL_PROPERTIES if repository.kind == "models" else DATASET_PROPERTIES


def info(
    repository: Repository, revision: Revision, *, with_blobs: bool, with_security: bool
) -> dict[str, Any]:
    """The default answer of `GET /api/{kind}/{id}`."""
    everything = _everything(repository, revision)
    payload = {
        key: value for key, value in everything.items() if key not in _ON_REQUEST and value is not None
    }
    payload["siblings"] = siblings(revision, with_blobs=with_blobs)
    if with_security:
        payload["securityRepoStatus"] = {"scansDone": True, "filesWithIssues": []}
    return payload


def expanded(repository: Repository, revision: Revision, names: frozenset[str]) -> dict[str, Any]:
    """The answer with `expand`: the named properties and nothing else but the ids."""
    everything = _everything(repository, revision) | {"siblings": siblings(revision, with_blobs=False)}
    return {key: everything[key] for key in everything if key in names or key in ("_id", "id")}


def listed(
    repository: Repository, wanted: frozenset[str], *, in_full: bool, with_card: bool
) -> dict[str, Any]:
    """One row of `GET /api/{kind}`; with `expand` (`wanted`) only those properties."""
    revision = repository.revisions["main"]
    if wanted:
        return expanded(repository, revision, wanted)
    names = _LISTED + (_LISTED_IN_FULL if in_full or repository.kind == "datasets" else [])
    everything = _everything(repository, revision) | {"siblings": siblings(revision, with_blobs=False)}
    if repository.kind == "datasets" and not in_full:
        del everything["siblings"]
    if with_card:
        names = [*names, "cardData"]
    return {name: everything[name] for name in names if everything.get(name) is not None}


def siblings(revision: Revision, *, with_blobs: bool) -> list[dict[str, Any]]:
    """The file list; with blobs also size, blob id and LFS digest."""
    rows: list[dict[str, Any]] = []
    for path in sorted(revision.entries):
        row: dict[str, Any] = {"rfilename": path}
        if with_blobs:
            entry = revision.entries[path]
            row |= {"size": entry.size_bytes, "blobId": entry.blob_id}
            if entry.is_lfs and entry.size_bytes is not None:
                row["lfs"] = {
                    "size": entry.size_bytes,
                    "sha256": entry.sha256,
                    "pointerSize": len(entry.pointer),
                }
        rows.append(row)
    return rows


def tree_entry(revision: Revision, path: str, *, expand: bool) -> dict[str, Any]:
    """A file or a directory as `/tree` and `/paths-info` show it, without Xet hashes: there is no Xet storage here."""
    entry = revision.entries.get(path)
    if entry is None:
        row: dict[str, Any] = {
            "type": "directory",
            "oid": _hex(f"{revision.sha} {path}", 40),
            "size": 0,
            "path": path,
        }
    else:
        row = {"type": "file", "oid": entry.blob_id, "size": entry.size_bytes, "path": path}
        if entry.is_lfs and entry.size_bytes is not None:
            row["lfs"] = {"oid": entry.sha256, "size": entry.size_bytes, "pointerSize": len(entry.pointer)}
    if expand:
        row["lastCommit"] = {"id": revision.sha, "title": "Upload", "date": LAST_MODIFIED}
        if entry is not None:
            row["securityFileStatus"] = {"status": "safe", "avScan": None, "pickleImportScan": None}
    return row


def commits(repository: Repository, revision: Revision) -> list[dict[str, Any]]:
    """The one commit that each revision has here."""
    author = {"user": repository.id.split("/")[0], "avatar": ""}
    when = repository.api.get("lastModified", LAST_MODIFIED)
    return [{"id": revision.sha, "title": "Upload", "message": "", "authors": [author], "date": when}]


def safetensors_index(revision: Revision, index_path: str) -> dict[str, Any] | None:
    """The index of a sharded model with the header of each shard; None when it cannot be made."""
    index = _json_of(revision.entries.get(index_path))
    if index is None or not isinstance(index.get("weight_map"), dict):
        return None
    folder = index_path.rpartition("/")[0]
    names = sorted({name for name in index["weight_map"].values() if isinstance(name, str)})
    headers: dict[str, Any] = {}
    for name in names:
        entry = revision.entries.get(f"{folder}/{name}" if folder else name)
        header = None if entry is None or entry.content is None else _safetensors_header(entry.content)
        if header is None:
            return None
        headers[name] = header
    return {"index": {"metadata": index.get("metadata", {})}, "headers": headers}


def _everything(repository: Repository, revision: Revision) -> dict[str, Any]:
    card = revision.card_data
    owner, _, _ = repository.id.rpartition("/")
    common: dict[str, Any] = {
        "_id": _hex(repository.target, 24),
        "id": repository.id,
        "author": owner or None,
        "sha": revision.sha,
        "lastModified": LAST_MODIFIED,
        "createdAt": CREATED_AT,
        "downloads": 0,
        "downloadsAllTime": 0,
        "likes": 0,
        "trendingScore": 0,
        "cardData": card,
        "usedStorage": sum(entry.size_bytes or 0 for entry in revision.entries.values() if entry.is_lfs),
    }
    own = _of_a_model(repository, revision) if repository.kind == "models" else _of_a_dataset(revision)
    given = {key: value for key, value in repository.api.items() if key not in ("id", "siblings")}
    if revision.name != "main":
        given = {key: value for key, value in given.items() if key not in _OF_THE_COMMIT}
    access = repository.access
    barriers = {"private": access.private, "disabled": access.disabled, "gated": access.gated}
    return common | own | given | barriers


def _of_a_model(repository: Repository, revision: Revision) -> dict[str, Any]:
    card, paths = revision.card_data or {}, list(revision.entries)
    config = _config(revision)
    library = card.get("library_name") if isinstance(card.get("library_name"), str) else None
    if library is None and "adapter_config.json" in paths:
        library = "peft"
    elif library is None and config and "model_type" in config:
        library = "transformers"
    bases = texts(card.get("base_model"))
    relation = base_model_relation(card, paths, repository.id)
    return {
        "modelId": repository.id,
        "library_name": library,
        "pipeline_tag": card.get("pipeline_tag"),
        "tags": model_tags(
            card | {"library_name": library}, revision.card_text, paths, repository.id, config
        ),
        "config": config,
        "model-index": card.get("model-index"),
        "spaces": [],
        "safetensors": _parameters(revision),
        "baseModels": {
            "relation": relation,
            "models": [{"_id": _hex(base, 24), "id": base} for base in bases],
        }
        if bases
        else None,
    }


def _of_a_dataset(revision: Revision) -> dict[str, Any]:
    card = revision.card_data or {}
    return {"tags": dataset_tags(card, revision.card_text), "description": "", "citation": None}


def _config(revision: Revision) -> dict[str, Any] | None:
    """The Hub's extract of config.json and tokenizer_config.json."""
    loaded = _json_of(revision.entries.get("config.json"))
    if loaded is None:
        return None
    names = ("architectures", "model_type", "auto_map", "quantization_config")
    config = {name: loaded[name] for name in names if name in loaded}
    tokenizer = _json_of(revision.entries.get("tokenizer_config.json"))
    if tokenizer is not None:
        kept = ("bos_token", "eos_token", "pad_token", "unk_token", "chat_template")
        config["tokenizer_config"] = {name: tokenizer[name] for name in kept if name in tokenizer}
    return config


def _parameters(revision: Revision) -> dict[str, Any] | None:
    """Parameters by dtype, counted from safetensors headers as the Hub does."""
    shards = [path for path in revision.entries if re.fullmatch(r"model(-\d+-of-\d+)?\.safetensors", path)]
    counts: dict[str, int] = {}
    for path in shards:
        content = revision.entries[path].content
        for tensor in ((content and _safetensors_header(content)) or {}).values():
            if isinstance(tensor, dict) and isinstance(tensor.get("shape"), list) and "dtype" in tensor:
                size = 1
                for side in tensor["shape"]:
                    size *= side if isinstance(side, int) else 0
                counts[str(tensor["dtype"])] = counts.get(str(tensor["dtype"]), 0) + size
    return {"parameters": counts, "total": sum(counts.values())} if counts else None


def _safetensors_header(content: Content) -> dict[str, Any] | None:
    if content.size_bytes < 8:
        return None
    (length,) = struct.unpack("<Q", content.read(0, 8))
    if length > min(MAX_JSON_BYTES, content.size_bytes - 8):
        return None
    return _mapping(content.read(8, 8 + length))


def _json_of(entry: Entry | None) -> dict[str, Any] | None:
    if entry is None or entry.content is None or entry.content.size_bytes > MAX_JSON_BYTES:
        return None
    return _mapping(entry.content.read(0, entry.content.size_bytes))


def _mapping(data: bytes) -> dict[str, Any] | None:
    try:
        loaded: object = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return loaded if isinstance(loaded, dict) else None


def _hex(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:digits]
