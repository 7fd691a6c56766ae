"""Every file of a tree to its reader, on several processors where that pays, and all references in one order."""

from __future__ import annotations

import gc
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from openaudit.errors import TargetError
from openaudit.gate.discover import (
    configuration,
    javascript,
    modelfile,
    notebooks,
    python_source,
    shell,
    weight_files,
)
from openaudit.gate.discover.limits import Limits
from openaudit.gate.discover.python_source import Pending
from openaudit.gate.discover.python_values import Elsewhere
from openaudit.gate.discover.sighting import Sighting, Source, as_references
from openaudit.gate.discover.structure import Malformed
from openaudit.gate.discover.walk import File, Globs, files
from openaudit.gate.result import Reference

_MANY_BYTES = 6_000_000
"""Of Python to read: below this a second process costs more than it saves."""
_CHUNK = 64
_MOST_MODULES = 500

Found = tuple[list[Sighting], list[Pending]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """A kind of file: how it is told, read, and whether one that is too large is missed by anybody."""

    name: re.Pattern[str]
    read: Callable[[Source], Found]
    counts_when_large: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """What one file gave: its references, what other modules must say, why it could not be read."""

    path: str
    references: tuple[Reference, ...] = ()
    pending: tuple[Pending, ...] = ()
    unread: Mapping[str, str] | None = None


def _alone(read: Callable[[Source], Iterator[Sighting]]) -> Callable[[Source], Found]:
    return lambda source: (list(read(source)), [])


def _configuration(read: Callable[[Source], Iterator[Sighting]]) -> Callable[[Source], Found]:
    def found(source: Source) -> Found:
        return (list(read(source)) if configuration.is_configuration(source.path) else []), []

    return found


_ANY = re.compile("")
_CONFIGURED = re.compile(
    r"(?:^|/)[^/]*(?:config|settings|params|values|compose|models?|deploy)[^/]*$", re.IGNORECASE
)
_KINDS: tuple[_Kind, ...] = (
    _Kind(name=re.compile(r"\.py$|\.pyw$"), read=python_source.read, counts_when_large=_ANY),
    _Kind(name=re.compile(r"\.ipynb$"), read=notebooks.read, counts_when_large=_ANY),
    _Kind(
        name=re.compile(r"(?:^|/)(?:Dockerfile|Containerfile)(?:\.[\w.-]+)?$|\.(?:dockerfile|Dockerfile)$"),
        read=_alone(shell.read_dockerfile), counts_when_large=_ANY,
    ),
    _Kind(
        name=re.compile(r"(?:^|/)Modelfile(?:[.-][\w.-]+)?$|\.[Mm]odelfile$"),
        read=_alone(modelfile.read), counts_when_large=_ANY,
    ),
    _Kind(
        name=re.compile(r"(?:^|/)(?:GNU)?[Mm]akefile(?:\.[\w-]+)?$|\.mk$|(?:^|/)\.?[Jj]ustfile$|\.just$"),
        read=_alone(shell.read_makefile), counts_when_large=_ANY,
    ),
    _Kind(
        name=re.compile(r"\.(?:sh|bash|zsh|ksh|command|slurm|sbatch)$|(?:^|/)Procfile$"),
        read=_alone(shell.read), counts_when_large=_ANY,
    ),
    _Kind(
        name=re.compile(r"\.ya?ml$"),
        read=_configuration(configuration.read_yaml_file), counts_when_large=_CONFIGURED,
    ),
    _Kind(
        name=re.compile(r"\.(?:json|jsonc|json5)$"),
        read=_configuration(configuration.read_json_file), counts_when_large=_CONFIGURED,
    ),
    _Kind(
        name=re.compile(r"\.(?:toml|ini|cfg|conf|properties|tfvars|tf|hcl)$|(?:^|/)\.?env(?:\.[\w.-]+)?$|\.env$"),
        read=_configuration(configuration.read_pairs_file), counts_when_large=_CONFIGURED,
    ),
    _Kind(
        name=re.compile(r"(?<!\.min)(?<!\.bundle)(?<!\.d)\.(?:[cm]?[jt]sx?|vue|svelte|astro|html)$"),
        read=_alone(javascript.read),
    ),
    _Kind(name=re.compile(r"(?:^|/)(?:[\w.-]*requirements[\w.-]*|constraints)\.(?:txt|in)$"), read=_alone(shell.read)),
)  # fmt: skip
"""The first kind whose pattern a path matches reads it."""

_STRINGS_OF_CODE = re.compile(
    rb"(\"(?!\"\")(?:[^\"\\\n]|\\.)*\"?|'(?!'')(?:[^'\\\n]|\\.)*'?)"
    rb"|\"\"\"(?:[^\"\\]|\\.|\"(?!\"\"))*(?:\"\"\"|\\?\Z)|'''(?:[^'\\]|\\.|'(?!''))*(?:'''|\\?\Z)|#[^\n]*|\\.",
    re.DOTALL,
)
"""Strings of one line (kept), strings of several lines and comments (dropped), each read to its own end: a quote inside
another string opens nothing. What is never closed ends with its line or the file, so no byte is read twice."""
_WORDS = (
    b"from_pretrained", b"from_hub", b"from_hf", b"from_quantized", b"pipeline(", b"snapshot_download", b"hf_hub_", b"hf-hub",
    b"load_dataset", b"SentenceTransformer", b"CrossEncoder", b"uggingFace", b"uggingface", b"llama", b"OLLAMA", b"WhisperModel",
    b"spacy.", b"LLM(", b"load_model", b"create_model", b"hf://", b"KeyBERT", b"BERTopic", b"list_repo_files",
    b"bert-", b"gpt2", b"xlnet-", b"t5-",
)  # fmt: skip
_QUOTED = re.compile(rb"[\"'](?:[a-z_-]+[:/]/?/?)?[A-Za-z0-9_][\w.-]*/[A-Za-z0-9_][\w.-]*(?:@[\w./-]+)?[\"']")
_SCRIPTS_OF_PAGES = (
    ".js",
    ".mjs",
    ".cjs",
    ".ts",
    ".mts",
    ".cts",
    ".jsx",
    ".tsx",
    ".vue",
    ".svelte",
    ".astro",
    ".html",
)
_PAGE = re.compile(
    rb"from_pretrained|pipeline|hugging|hf\.co|hf://|[Oo]llama|-MLC|[\"'`][A-Za-z0-9_][\w.-]*/[\w.-]+[\"'`]"
)
_NAMED = re.compile(rb"[\w.-]/[\w.$]|ollama|OLLAMA|Ollama|FROM|-hf|hf-hub|bert|gpt2|t5|spacy")
"""What a file that is no Python must hold to name anything."""


def search(
    root: Path, ignore: Sequence[str], limits: Limits
) -> tuple[tuple[Reference, ...], tuple[Mapping[str, str], ...], int]:
    """References, what could not be read, and how many files were read. Raises: TargetError."""
    base, listed = _listed(root, Globs.of(ignore), limits)
    wanted = [(file, kind) for file in listed if (kind := _kind_of(file.path)) is not None]
    results = list(_read_all(base, [file for file, _ in wanted], limits))
    references = list(_elsewhere(base, results, {file.path for file, _ in wanted}, limits))
    references += [reference for result in results for reference in result.references]
    for file in listed:
        name = file.path.rsplit("/", 1)[-1]
        if weight_files.is_weight_file(name) and (found := weight_files.as_reference(file.path)) is not None:
            references.append(found)
    unread = [result.unread for result in results if result.unread is not None]
    if len(listed) >= limits.files:
        unread.append(_unread(".", "too-large", f"more than {limits.files} files: the rest was not read"))
    return tuple(_ordered(references)), tuple(sorted(unread, key=lambda each: each["path"])), len(wanted)


def _listed(root: Path, globs: Globs, limits: Limits) -> tuple[Path, list[File]]:
    try:
        if root.is_file():
            return root.parent, [File(path=root.name, size_bytes=root.stat().st_size)]
        if root.is_dir():
            return root, list(files(root, globs, limits.files))
    except (OSError, ValueError) as error:
        raise TargetError(
            f"{str(root)!r} cannot be read: {error}.", hint="Name a folder or a file."
        ) from error
    raise TargetError(
        f"There is no folder or file {str(root)[:200]!r}.", hint="Name a folder with code, or a file."
    )


def _ordered(references: Iterable[Reference]) -> list[Reference]:
    """By place; of two that say the same of one place, the first."""
    best: dict[tuple[str, int, int, str, str], Reference] = {}
    for each in references:
        best.setdefault((each.path, each.line, each.column, each.target, each.revision or ""), each)
    pinned = {key[:4] for key in best if key[4]}
    return [best[key] for key in sorted(best) if key[4] or key[:4] not in pinned]


def _kind_of(path: str) -> _Kind | None:
    return next((kind for kind in _KINDS if kind.name.search(path)), None)


# ---------------------------------------------------------------- reading


def _read_all(base: Path, listed: Sequence[File], limits: Limits) -> Iterator[_Result]:
    """The results in the order of the files."""
    python_bytes = sum(file.size_bytes for file in listed if file.path.endswith((".py", ".ipynb")))
    workers = min(os.cpu_count() or 1, 8)
    if python_bytes < _MANY_BYTES or workers < 2 or not _can_fork():
        yield from (_read_file(base, file, limits) for file in listed)
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    chunks = [listed[i : i + _CHUNK] for i in range(0, len(listed), _CHUNK)]
    # No cycles are made that reference counts would not free: the workers do without the collector.
    with ProcessPoolExecutor(workers, mp_context=get_context("fork"), initializer=gc.disable) as pool:
        for results in pool.map(_read_chunk, [(base, chunk, limits) for chunk in chunks]):
            yield from results


def _can_fork() -> bool:
    """A copy of a process with several threads can hang; and only Linux copies safely at all."""
    return os.name == "posix" and os.uname().sysname == "Linux" and threading.active_count() == 1


def _read_chunk(task: tuple[Path, Sequence[File], Limits]) -> list[_Result]:
    base, listed, limits = task
    return [_read_file(base, file, limits) for file in listed]


def _read_file(base: Path, file: File, limits: Limits) -> _Result:
    kind = _kind_of(file.path)
    assert kind is not None
    ceiling = limits.notebook_bytes if file.path.endswith(".ipynb") else limits.file_bytes
    if file.size_bytes > ceiling:
        if kind.counts_when_large is None or not kind.counts_when_large.search(file.path):
            return _Result(path=file.path)
        return _Result(path=file.path, unread=_unread(file.path, "too-large", f"longer than {ceiling} bytes"))
    data = _bytes(base / file.path, ceiling)
    if data is None:
        return _Result(path=file.path, unread=_unread(file.path, "unreadable", "the file cannot be opened"))
    if not _may_tell(file.path, data):
        return _Result(path=file.path)
    return _parsed(base, file.path, kind, data, limits)


def _parsed(base: Path, path: str, kind: _Kind, data: bytes, limits: Limits) -> _Result:
    source = _source(base, path, data)
    try:
        sightings, pending = kind.read(source)
    except Malformed as error:
        if not _matters(data):
            return _Result(path=path)
        return _Result(
            path=path, unread=_unread(path, "damaged", f"not readable as what its name says: {error}")
        )
    references = as_references(source, sightings, limits.references_per_file)
    unread = None
    if len(references) >= limits.references_per_file:
        unread = _unread(
            path, "too-large", f"more than {limits.references_per_file} references: the rest is left out"
        )
    return _Result(path=path, references=tuple(references), pending=tuple(pending), unread=unread)


def _source(base: Path, path: str, data: bytes) -> Source:
    folder = path.rpartition("/")[0]

    def is_here(name: str) -> bool:
        return any(os.path.lexists(base / part / name) for part in {folder, ""})

    return Source(path=path, text=_decoded(data), is_here=is_here)


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")


def _bytes(path: Path, ceiling: int) -> bytes | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(descriptor, "rb") as file:
            return file.read(ceiling)
    except OSError:
        return None


def _may_tell(path: str, data: bytes) -> bool:
    """Whether a parser is worth calling. For Python its documentation and comments are left out first."""
    if path.endswith(_SCRIPTS_OF_PAGES):
        return _PAGE.search(data) is not None
    if not path.endswith((".py", ".pyw")):
        return _NAMED.search(data) is not None
    return _tells(data) and _tells(_STRINGS_OF_CODE.sub(rb"\1", data))


def _tells(data: bytes) -> bool:
    return any(word in data for word in _WORDS) or _QUOTED.search(data) is not None


def _matters(data: bytes) -> bool:
    """Whether a damaged file could have named something: one that could not is no gap."""
    return (
        re.search(rb"[\w.-]+/[\w.-]+|ollama|hf-hub", data) is not None
        and re.search(rb"model|dataset|repo|hugging|ollama", data, re.IGNORECASE) is not None
    )


def _unread(path: str, reason: str, message: str) -> Mapping[str, str]:
    return {"path": path, "reason": reason, "message": message}


# ---------------------------------------------------------------- names of other modules


def _elsewhere(
    base: Path, results: Sequence[_Result], paths: set[str], limits: Limits
) -> Iterator[Reference]:
    """What calls name that another module of the tree binds: read there, once per module and name."""
    modules: dict[str, Source | None] = {}

    def module(path: str) -> Source | None:
        if path not in modules:
            data = _bytes(base / path, limits.file_bytes) if len(modules) < _MOST_MODULES else None
            modules[path] = _source(base, path, data) if data is not None else None
        return modules[path]

    seen: set[tuple[str, Pending]] = set()
    for result in results:
        for pending in result.pending:
            path = _module_path(result.path, pending.elsewhere, paths)
            if path is None or (path, pending) in seen or len(seen) > 5_000:
                continue
            seen.add((path, pending))
            source = module(path)
            if source is not None:
                pending = _with_revision(result.path, pending, paths, module)
                found = python_source.resolve(source, pending)
                yield from as_references(source, found, limits.references_per_file)


def _with_revision(
    path: str, pending: Pending, paths: set[str], module: Callable[[str], Source | None]
) -> Pending:
    """The same with its revision read, where that too stands in another module."""
    if not isinstance(pending.revision, Elsewhere):
        return pending
    place = _module_path(path, pending.revision, paths)
    source = module(place) if place is not None else None
    revision = python_source.resolve_text(source, pending.revision) if source is not None else None
    return replace(pending, revision=revision)


def _module_path(path: str, elsewhere: Elsewhere, paths: set[str]) -> str | None:
    """The file of the module that an import names: relative to its file, or any that ends as the import says."""
    imported = elsewhere.imported
    parts = [part for part in imported.module.split(".") if part]
    if elsewhere.attribute:  # `from app import config`, then `config.NAME`: the module may be the name itself
        inner = replace(imported, module=".".join([*parts, imported.name]), name="")
        found = _module_path(path, Elsewhere(imported=inner, name=elsewhere.attribute), paths)
        if found is not None:
            return found
    folders = path.split("/")[:-1]
    if imported.level:
        start = folders[: len(folders) - (imported.level - 1)] if imported.level > 1 else folders
        return _first_of(["/".join([*start, *parts])], paths)
    starts = ["/".join([*folders[:i], *parts]) for i in range(len(folders), -1, -1)]
    starts += ["/".join(["src", *parts])]
    return _first_of(starts, paths) if parts else None


def _first_of(stems: Iterable[str], paths: set[str]) -> str | None:
    for stem in stems:
        for path in (f"{stem}.py", f"{stem}/__init__.py"):
            if path.lstrip("/") in paths:
                return path.lstrip("/")
    return None
