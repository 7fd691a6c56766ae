"""What the user wrote, turned into a target: names of the Hub, its addresses, folders, files, servers."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from urllib.parse import unquote, urlsplit

from openaudit.errors import TargetError
from openaudit.vocabulary import Target, TargetKind

FORMS = (
    "org/name, org/name@revision, datasets/org/name, a Hub address, a folder (./folder), a weight file, "
    "a bundle (x.openaudit), ollama:name, an Ollama store, http://host:port"
)
BUNDLE_SUFFIX = ".openaudit"
WEIGHT_SUFFIXES = frozenset(
    [
        ".safetensors",
        ".gguf",
        ".ggml",
        ".bin",
        ".pt",
        ".pth",
        ".ckpt",
        ".h5",
        ".hdf5",
        ".keras",
        ".msgpack",
        ".onnx",
        ".npz",
        ".npy",
        ".tflite",
        ".pkl",
    ]
)
_RECORD_SUFFIXES = frozenset({".yml", ".yaml"})
_DEFAULT_ENDPOINT = "https://huggingface.co"
_HUB_HOSTS = frozenset({"huggingface.co", "www.huggingface.co", "hf.co", "www.hf.co"})
_KINDS = {"models": TargetKind.MODEL, "datasets": TargetKind.DATASET}
_LONGEST = 1_000
_PART = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]{0,254}")
_OLLAMA = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]{0,254}")
_TREE_WORDS = frozenset({"tree", "blob", "resolve", "raw", "commit", "commits", "revision"})
_SIGNS_OF_A_REPOSITORY = (
    "README.md",
    "MODEL_CARD.md",
    "config.json",
    "adapter_config.json",
    "model_index.json",
)


def parse_target(text: str) -> Target:
    """Tell what `text` names.

    A path is a path when it cannot be anything else: it starts with `.`, `/` or `~`, ends with `/`, or has the
    suffix of a bundle. Text that could name a Hub repository as well as an existing folder (`org/name`, `name`)
    is the folder only if that folder looks like a repository (a card, a configuration or a weight file at its
    top), as `from_pretrained` prefers it too; `hf://org/name` and `org/name@main` always mean the Hub.

    Raises: TargetError, with the right form that is nearest.
    """
    _refuse_nonsense(text)
    for parse in (_scheme, _explicit_path, _implicit_path):
        if (target := parse(text)) is not None:
            return target
    return parse_hub_name(text)


def parse_hub_name(text: str) -> Target:
    """Tell which Hub repository `[models/|datasets/]org/name[@revision]` or `name` is.

    Raises: TargetError.
    """
    name, at, revision = text.partition("@")
    kind = TargetKind.MODEL
    parts = name.split("/")
    if len(parts) > 1 and parts[0] in _KINDS:
        kind = _KINDS[parts.pop(0)]
    elif len(parts) > 2 and parts[0] == "spaces":
        raise TargetError(f"{text!r} is a Space; openaudit audits models and datasets.")
    if len(parts) > 2:
        raise TargetError(
            f"{_shown(text)} has more parts than a Hub repository, and no such folder exists.",
            hint=f"Did you mean {_shown('/'.join(parts[:2]))}? For a folder write ./{'/'.join(parts)[:80]}",
        )
    for part in parts:
        _check_part(part, text)
    if at and not revision:
        raise TargetError(f"{_shown(text)} ends with @.", hint=f"Write {name} or {name}@main.")
    return Target(kind=kind, id="/".join(parts), revision=_revision(revision, text), text=text)


def hub_endpoint() -> str:
    """The Hub in use: `HF_ENDPOINT`, else huggingface.co; without a slash at its end."""
    return (os.environ.get("HF_ENDPOINT") or _DEFAULT_ENDPOINT).rstrip("/")


def _refuse_nonsense(text: str) -> None:
    if not text.strip():
        raise TargetError("The target is empty.", hint=f"Name one of: {FORMS}.")
    if len(text) > _LONGEST:
        raise TargetError(f"The target is {len(text)} characters long.", hint=f"Name one of: {FORMS}.")
    if any(not c.isprintable() for c in text):
        raise TargetError(f"{_shown(text)} holds control characters.", hint=f"Name one of: {FORMS}.")


# ---------------------------------------------------------------- addresses


def _scheme(text: str) -> Target | None:
    scheme, colon, rest = text.partition(":")
    if not colon:
        return None
    if scheme.lower() == "ollama":
        if not _OLLAMA.fullmatch(rest) or ".." in rest:
            raise TargetError(
                f"{_shown(text)} names no Ollama model.", hint="Write ollama:name or ollama:name:tag."
            )
        return Target(kind=TargetKind.OLLAMA, id=rest, text=text)
    if scheme.lower() == "hf":
        return _hf_address(text, rest)
    if scheme.lower() in ("http", "https"):
        return _web_address(text)
    if rest.startswith("//"):
        raise TargetError(
            f"{_shown(text)} has a scheme that openaudit does not read.", hint=f"Name one of: {FORMS}."
        )
    return None


def _hf_address(text: str, rest: str) -> Target:
    parts = rest.strip("/").split("/")
    if parts and parts[0] in _KINDS:
        kind, parts = parts[0], parts[1:]
    else:
        kind = "models"
    name, _, path = "/".join(parts).partition("@")
    if path:
        revision, _, _ = path.partition("/") if not path.startswith("refs/") else _split_refs(path)
        return _named(kind, name, unquote(revision), text)
    return _named(kind, "/".join(name.split("/")[:2]), "", text)


def _split_refs(path: str) -> tuple[str, str, str]:
    parts = path.split("/")
    return "/".join(parts[:3]), "/", "/".join(parts[3:])


def _web_address(text: str) -> Target:
    try:
        address = urlsplit(text)
        host, port = (address.hostname or "").lower(), address.port
    except ValueError:
        raise TargetError(f"{_shown(text)} is no valid address.", hint=f"Name one of: {FORMS}.") from None
    if address.username or address.password:
        raise TargetError("The address holds a user name or password.", hint="Use HF_TOKEN for the Hub.")
    endpoint = urlsplit(hub_endpoint())
    path = address.path
    if (host, port, address.scheme) == (endpoint.hostname, endpoint.port, endpoint.scheme):
        base = endpoint.path.rstrip("/")
        path = path[len(base) :] if base and path.startswith(base + "/") else path
    elif host not in _HUB_HOSTS:
        return _server(text, host, path)
    parts = [unquote(part) for part in path.split("/") if part]
    if not parts:
        return _server(text, host, "") if host not in _HUB_HOSTS else _no_repository(text)
    return _hub_path(text, parts)


def _hub_path(text: str, parts: list[str]) -> Target:
    if parts[0] == "api" and len(parts) > 1:
        parts = parts[1:]
    if parts[0] in ("spaces", "collections", "papers", "buckets", "docs", "blog"):
        raise TargetError(f"{_shown(text)} is no model or dataset.", hint=f"Name one of: {FORMS}.")
    kind = parts.pop(0) if parts[0] in _KINDS else "models"
    cut = next((i for i, part in enumerate(parts) if i and part in _TREE_WORDS), len(parts))
    name, rest = parts[: min(cut, 2)], parts[cut + 1 :]
    if not name:
        return _no_repository(text)
    revision = ""
    if rest:
        revision = "/".join(rest[:3]) if rest[0] == "refs" else rest[0]
    return _named(kind, "/".join(name), revision, text)


def _no_repository(text: str) -> Target:
    raise TargetError(f"{_shown(text)} names no repository.", hint="Write org/name or datasets/org/name.")


def _server(text: str, host: str, path: str) -> Target:
    """A running server, and behind `#` one of its models. A query may hold a key, so it is refused unseen."""
    if not host:
        raise TargetError(f"{_shown(text)} has no host.", hint="Write http://host:port.")
    if "?" in text.partition("#")[0]:
        raise TargetError("The address of a server has no query.", hint="Write http://host:port.")
    if path.rstrip("/") and not path.rstrip("/").endswith(("/v1", "/api")):
        raise TargetError(
            f"{_shown(text)} is neither an address of the Hub ({hub_endpoint()}) nor of a server.",
            hint="For a server that runs models write http://host:port, or end a longer address with /v1; "
            "for another Hub set HF_ENDPOINT.",
        )
    return Target(kind=TargetKind.ENDPOINT, id=text.rstrip("/"), text=text)


def _named(kind: str, name: str, revision: str, text: str) -> Target:
    target = parse_hub_name(f"{kind}/{name}" + (f"@{revision}" if revision else ""))
    return Target(kind=target.kind, id=target.id, revision=target.revision, text=text)


# ---------------------------------------------------------------- paths


def _explicit_path(text: str) -> Target | None:
    if text.startswith(("./", "../", "/", "~")) or text in (".", "..") or text.endswith("/"):
        return _path(text, Path(os.path.expanduser(text)))
    if text.endswith(BUNDLE_SUFFIX):
        return Target(kind=TargetKind.BUNDLE, id=text, text=text)
    return None


def _implicit_path(text: str) -> Target | None:
    path = Path(text)
    mode = _mode(path)
    if (model := _in_a_store(text, path)) is not None:
        return model
    if mode is None:
        if "/" not in text and path.suffix.lower() in WEIGHT_SUFFIXES:
            raise TargetError(f"There is no file {_shown(text)}.", hint="Check the path.")
        return None
    if stat.S_ISDIR(mode) and _could_name_a_repository(text) and not looks_like_a_repository(path):
        return None
    return _path(text, path)


def _in_a_store(text: str, path: Path) -> Target | None:
    """A model of an Ollama store that is named by its path: `<store>#<name>`, or `<store>` for all of it."""
    store, hash_, name = str(path).rpartition("#")
    if hash_ and _OLLAMA.fullmatch(name) and ".." not in name and _is_store(Path(store)):
        return Target(kind=TargetKind.OLLAMA, id=f"{store}#{name}", text=text)
    if _is_store(path) and not looks_like_a_repository(path):
        return Target(kind=TargetKind.OLLAMA, id=f"{path}#", text=text)
    return None


def _is_store(path: Path) -> bool:
    """Whether a folder has the two folders of an Ollama store."""
    return all(stat.S_ISDIR(_mode(path / name) or 0) for name in ("manifests", "blobs"))


def _path(text: str, path: Path) -> Target:
    if (model := _in_a_store(text, path)) is not None:
        return model
    mode = _mode(path)
    if mode is not None and not stat.S_ISDIR(mode):
        return Target(kind=_file_kind(path, mode), id=str(path), text=text)
    return Target(kind=TargetKind.FOLDER, id=str(path), text=text)


def _file_kind(path: Path, mode: int) -> TargetKind:
    if not stat.S_ISREG(mode):
        raise TargetError(f"{_shown(str(path))} is neither a folder nor a regular file.")
    if path.suffix == BUNDLE_SUFFIX:
        return TargetKind.BUNDLE
    if path.suffix.lower() in _RECORD_SUFFIXES:
        return TargetKind.RECORD
    if path.suffix.lower() in WEIGHT_SUFFIXES:
        return TargetKind.FILE
    if _is_bundle(path):
        return TargetKind.BUNDLE
    return TargetKind.FILE


def _is_bundle(path: Path) -> bool:
    """Whether the file starts as `write_bundle` starts one: a zip whose first part is the manifest or a document."""
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except OSError:
        return False
    return head.startswith(b"PK\x03\x04") and head[30:].startswith((b"documents/", b"manifest.json"))


def _mode(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        return None


def _could_name_a_repository(text: str) -> bool:
    try:
        parse_hub_name(text)
    except TargetError:
        return False
    return True


def looks_like_a_repository(path: Path) -> bool:
    """Whether a folder holds a card, a configuration or a weight file at its top."""
    if any((path / name).is_file() for name in _SIGNS_OF_A_REPOSITORY):
        return True
    try:
        with os.scandir(path) as entries:
            names = [entry.name for entry, _ in zip(entries, range(2_000), strict=False)]
    except OSError:
        return False
    return any(os.path.splitext(name)[1].lower() in WEIGHT_SUFFIXES for name in names)


# ---------------------------------------------------------------- parts of names


def _check_part(part: str, text: str) -> None:
    if _PART.fullmatch(part) and ".." not in part and "--" not in part and not part.endswith(".git"):
        return
    near = re.sub(r"[^A-Za-z0-9._/-]+", "-", text.partition("@")[0].strip(" '\"")).strip("-./")
    near = "/".join(
        p for p in re.sub(r"\.{2,}|-{2,}", "-", near).removesuffix(".git").split("/") if p.strip("-.")
    )
    hint = f"Did you mean {near}?" if near and near != text and len(near) <= 200 else f"Name one of: {FORMS}."
    raise TargetError(f"{_shown(text)} is no name of a Hub repository, and no such folder exists.", hint=hint)


def _revision(revision: str, text: str) -> str | None:
    if not revision:
        return None
    if (
        not _REVISION.fullmatch(revision)
        or ".." in revision
        or "//" in revision
        or revision.endswith(("/", ".lock"))
    ):
        raise TargetError(
            f"{_shown(text)}: the part after @ is no branch, tag or commit.",
            hint="Write org/name@main, org/name@<commit> or org/name@refs/pr/1.",
        )
    return revision


def _shown(text: str) -> str:
    return repr(text if len(text) <= 120 else text[:117] + "...")
