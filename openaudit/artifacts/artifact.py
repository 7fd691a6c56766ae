"""What an artifact reader reports: one frozen `Artifact` per file, with every oddity as a `Problem`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Safety = Literal["safe", "unsafe", "unknown"]

MAX_VALUE_CHARS = 300
MAX_ENTRIES = 64
MAX_PROBLEMS = 50
MAX_SAME_PROBLEMS = 8
MAX_GLOBALS = 500
MAX_PATHS = 50

ProblemKind = Literal["damaged", "hostile", "unseen", "odd"]
"""damaged: the bytes break their format; hostile: no tool makes this by accident; unseen: something was not read;
odd: unusual, and harmless by itself."""

PROBLEM_KINDS: Mapping[str, ProblemKind] = MappingProxyType({
    "bad-alignment": "damaged", "bad-array": "damaged", "bad-compression": "damaged", "bad-entry": "damaged",
    "bad-field": "damaged", "bad-header": "damaged", "bad-index": "damaged", "bad-magic": "damaged",
    "bad-memo": "damaged", "bad-metadata": "damaged", "bad-offsets": "damaged", "bad-opcode": "damaged",
    "bad-tensor": "damaged", "bad-type": "damaged", "bad-value": "damaged", "bad-version": "damaged",
    "bad-zip64": "damaged", "count-mismatch": "damaged", "empty": "damaged", "no-directory": "damaged",
    "no-graph": "damaged", "not-json": "damaged", "not-utf8": "damaged", "not-weights": "damaged",
    "out-of-range": "damaged", "size-lies": "damaged", "size-mismatch": "damaged", "stack-underflow": "damaged",
    "string-too-long": "damaged", "truncated": "damaged", "hole": "damaged",
    "count-too-large": "hostile", "device": "hostile", "duplicate-key": "hostile", "external-data": "hostile",
    "header-too-large": "hostile", "loop": "hostile", "method-lies": "hostile", "name-lies": "hostile",
    "overlap": "hostile", "path-traversal": "hostile", "polyglot": "hostile", "size-overflow": "hostile", "symlink": "hostile",
    "too-deep": "hostile", "xml-entities": "hostile", "zip-bomb": "hostile",
    "budget": "unseen", "encrypted": "unseen", "incomplete": "unseen", "more-problems": "unseen",
    "size-unknown": "unseen", "too-many-members": "unseen", "unknown-dtype": "unseen", "unknown-format": "unseen",
    "unreadable": "unseen",
    "name-mismatch": "odd", "prepended-bytes": "odd", "trailing-bytes": "odd",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something damaged, hostile or unreadable, and where in the file it was seen."""

    code: str  # a key of PROBLEM_KINDS: "truncated", "overlap", "budget" ...
    message: str
    offset: int | None = None  # bytes from the start of the file

    @property
    def kind(self) -> ProblemKind:
        """Whether the file is damaged, hostile, partly unseen, or merely odd."""
        return PROBLEM_KINDS[self.code]


@dataclass(frozen=True, slots=True, kw_only=True)
class PickleGlobal:
    """One name that unpickling would import, and what is known of it."""

    module: str
    name: str
    verdict: Literal["safe", "unsafe", "unknown"]
    reason: str
    offset: int | None = None

    @property
    def path(self) -> str:
        """The import as it is usually written: `module.name`."""
        return f"{self.module}.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """What the header of one file says, and whether loading the file is safe.

    `safe` is "safe" only when everything that a loader would act on was read and understood.
    `parameters` counts stored elements (packed quantised tensors count as stored, GGUF ones unpacked).
    """

    path: str
    format: str  # "safetensors", "gguf", "pytorch-zip" ...; "unknown" when nothing matched
    framework: str | None  # "pytorch", "jax", "tensorflow", "onnx", "gguf", "numpy" ...
    size_bytes: int | None
    parameters: int | None
    dtypes: Mapping[str, int]  # parameters per dtype, in safetensors' or ggml's spelling
    license_metadata: tuple[tuple[str, str], ...]
    metadata: tuple[tuple[str, str], ...]
    safe: Safety
    reasons: tuple[str, ...]
    problems: tuple[Problem, ...]
    globals: tuple[PickleGlobal, ...]
    external_paths: tuple[str, ...]
    bytes_read: int


class DamagedError(Exception):
    """The bytes cannot be what the format says; becomes a `Problem` of the artifact."""

    def __init__(self, code: str, message: str, offset: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.offset = offset


def clean_text(value: str | bytes, limit: int = MAX_VALUE_CHARS) -> str:
    """Make text from a file printable as UTF-8 and no longer than `limit` characters."""
    if isinstance(value, bytes):
        value = value[: limit * 4].decode("utf-8", "replace")
    return value[:limit].encode("utf-8", "replace").decode("utf-8")


@dataclass(slots=True, kw_only=True)
class Effort:
    """What may still be spent on one file and everything nested in it, so that overlapping parts cost no more."""

    steps: int = 3_000_000  # pickle opcodes, HDF5 messages
    inflated_bytes: int = 64 * 1024 * 1024

    def step(self, offset: int) -> None:
        """Spend one step. Raises: DamagedError("budget") when none is left."""
        self.steps -= 1
        if self.steps < 0:
            raise DamagedError("budget", "the file asks for more steps than are taken", offset)


@dataclass(slots=True, kw_only=True)
class Draft:
    """The notes a reader takes while it reads; frozen into an `Artifact` at the end."""

    path: str
    format: str = "unknown"
    framework: str | None = None
    dtypes: dict[str, int] = field(default_factory=dict)
    licenses: list[tuple[str, str]] = field(default_factory=list)
    metadata: list[tuple[str, str]] = field(default_factory=list)
    safe: Safety = "unknown"
    presumption: str = ""  # why the format is safe when nothing else was found
    reasons: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    globals: dict[tuple[str, str], PickleGlobal] = field(default_factory=dict)
    external_paths: list[str] = field(default_factory=list)
    parameters_seen: bool = False  # the tensor list was read to its end
    effort: Effort = field(default_factory=Effort)  # shared with the drafts of members

    def problem(self, code: str, message: str, offset: int | None = None) -> None:
        """Note a problem; after eight of a code, or 50 in all, only the fact that there are more."""
        codes = [problem.code for problem in self.problems]
        if codes.count(code) < MAX_SAME_PROBLEMS and len(codes) < MAX_PROBLEMS:
            self.problems.append(Problem(code=code, message=clean_text(message), offset=offset))
        elif "more-problems" not in codes:
            self.problems.append(Problem(code="more-problems", message="further problems are not listed"))

    def license(self, key: str, value: str | bytes) -> None:
        """Note a license statement of the file's own metadata."""
        _append_once(self.licenses, key, value)

    def note(self, key: str, value: str | bytes | int) -> None:
        """Note one value of the bounded selection of metadata."""
        _append_once(self.metadata, key, str(value) if isinstance(value, int) else value)

    def count(self, dtype: str, elements: int) -> None:
        """Add a tensor's elements to the parameter count of its dtype."""
        self.dtypes[dtype] = self.dtypes.get(dtype, 0) + elements

    def external(self, path: str) -> None:
        """Note a path outside this file that a loader would read."""
        path = clean_text(path)
        if path not in self.external_paths and len(self.external_paths) < MAX_PATHS:
            self.external_paths.append(path)

    def judge(self, safe: Safety, reason: str) -> None:
        """Lower the safety to `safe` if that is worse than what stands, and keep the reason."""
        reason = clean_text(reason)
        if reason not in self.reasons and len(self.reasons) < MAX_ENTRIES:
            self.reasons.append(reason)
        if _BADNESS[safe] > _BADNESS[self.safe]:
            self.safe = safe

    def presume_safe(self, reason: str) -> None:
        """Start from "safe", because the format carries no code; what is read later may lower it."""
        self.safe = "safe"
        self.presumption = reason

    def absorb(self, member: "Draft", name: str) -> None:
        """Take over what was found in a member of this archive, with the member's name before each sentence."""
        label = clean_text(name, 100)
        for dtype, elements in member.dtypes.items():
            self.count(dtype, elements)
        for problem in member.problems:
            self.problem(problem.code, f"{label}: {problem.message}", problem.offset)
        for imported, found in member.globals.items():
            if len(self.globals) < MAX_GLOBALS:
                self.globals.setdefault(imported, found)
        for path in member.external_paths:
            self.external(path)
        for key, value in member.licenses:
            self.license(key, value)
        for key, value in member.metadata:
            self.note(key, value)
        for reason in member.reasons if member.safe != "safe" else ():
            self.judge(member.safe, f"{label}: {reason}")

    def freeze(self, *, size_bytes: int | None, bytes_read: int) -> Artifact:
        """The finished artifact. A file with damage is never safe."""
        if self.safe == "safe" and any(problem.code not in _HARMLESS for problem in self.problems):
            self.judge("unknown", "the file could not be read and checked to its end")
        counted = self.parameters_seen or bool(self.dtypes)
        return Artifact(
            path=self.path,
            format=self.format,
            framework=self.framework,
            size_bytes=size_bytes,
            parameters=sum(self.dtypes.values()) if counted and self.parameters_seen else None,
            dtypes=MappingProxyType(dict(sorted(self.dtypes.items()))),
            license_metadata=tuple(self.licenses),
            metadata=tuple(self.metadata),
            safe=self.safe,
            reasons=((self.presumption,) if self.safe == "safe" and self.presumption else ())
            + tuple(self.reasons),
            problems=tuple(self.problems),
            globals=tuple(self.globals.values()),
            external_paths=tuple(self.external_paths),
            bytes_read=bytes_read,
        )


_BADNESS = {"safe": 0, "unknown": 1, "unsafe": 2}
_HARMLESS = frozenset({"name-mismatch"})


def _append_once(entries: list[tuple[str, str]], key: str, value: str | bytes) -> None:
    entry = (clean_text(key, 128), clean_text(value))
    if entry[1] and entry not in entries and len(entries) < MAX_ENTRIES:
        entries.append(entry)
