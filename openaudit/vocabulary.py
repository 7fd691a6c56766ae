"""The frozen data that passes between the stages: one word per thing, as the public contract defines it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

QUOTE_LIMIT = 300
"""Quotes from a repository are cut to this many characters, everywhere."""


class TargetKind(StrEnum):
    """What the user can name."""

    MODEL = "model"
    DATASET = "dataset"
    FOLDER = "folder"
    FILE = "file"
    BUNDLE = "bundle"
    OLLAMA = "ollama"
    ENDPOINT = "endpoint"
    RECORD = "record"
    CODE = "code"
    """A code repository: `github.com/owner/name`; reached through a link, never named by the user alone."""


class Status(StrEnum):
    """What is so of one component or dimension. `absent` was looked for; `unknown` could not be looked at."""

    OPEN = "open"
    RESTRICTED = "restricted"
    UNLICENSED = "unlicensed"
    DESCRIBED = "described"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class Grant(StrEnum):
    """What a license lets anyone do with the weights, from most to least; `undetermined` was not readable."""

    OPEN = "open"
    RESTRICTED = "restricted"
    RESEARCH_ONLY = "research-only"
    UNLICENSED = "unlicensed"
    UNDETERMINED = "undetermined"


class Severity(StrEnum):
    """How much a finding matters to somebody who wants to adopt the model."""

    CRITICAL = "critical"
    WARNING = "warning"
    NOTE = "note"


class Dimension(StrEnum):
    """The four sides of openness."""

    WEIGHTS = "weights"
    CODE = "code"
    DATA = "data"
    DOCS = "docs"


# ---------------------------------------------------------------- targets and snapshots


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One thing to audit, as understood from what the user wrote (`text`)."""

    kind: TargetKind
    id: str
    revision: str | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEntry:
    """One line of a repository's file list. `digest` is `sha256:<hex>` or `git:<blob id>` where known."""

    path: str
    size_bytes: int | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A text that was read. `size_bytes` and `sha256` are of the bytes read; `origin` tells where else than
    in the target's own files it came from (a `license_link` into another repository)."""

    path: str
    text: str
    size_bytes: int
    sha256: str
    truncated: bool = False
    lossy: bool = False
    url: str | None = None
    origin: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Something that counts and was not read: a path or an area, and why (`reason` as in errors.py)."""

    path: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who can get the files. None is "could not be told"."""

    gated: Literal[False, "auto", "manual"] | None = None
    private: bool | None = None
    disabled: bool | None = None
    downloadable: bool | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One target at one revision: its file list, its metadata, and the texts that an audit reads.

    `subject` is what the repository holds; `metadata` is the Hub API's payload where there was one
    (tags, cardData, config, safetensors, ...); `listing_complete` is false where files may exist that are not in
    `files`. `resolved_at` is UTC, ISO 8601.
    """

    target: Target
    subject: Literal["model", "dataset", "code"]
    id: str
    revision: str | None
    url: str | None
    resolved_at: str
    files: tuple[FileEntry, ...]
    listing_complete: bool
    metadata: Mapping[str, Any] = field(default_factory=dict)
    documents: tuple[Document, ...] = ()
    unread: tuple[Unread, ...] = ()
    access: Access = field(default_factory=Access)

    def document(self, path: str) -> Document | None:
        """The text read from `path` of the target itself, if it was read."""
        return next((d for d in self.documents if d.path == path and d.origin is None), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A text that the scanners want from a listing: the most important first."""

    path: str
    max_bytes: int
    origin: str | None = None
    """`org/name@revision` or `datasets/org/name@revision` of another Hub repository; None is the target's own."""


# ---------------------------------------------------------------- evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where anyone can check a claim: a file of the snapshot (lines from 1, both ends included), or an address."""

    path: str | None = None
    lines: tuple[int, int] | None = None
    url: str | None = None

    def __str__(self) -> str:
        place = self.path or self.url or "?"
        if self.lines is None:
            return place
        first, last = self.lines
        return f"{place}:{first}" if first == last else f"{place}:{first}-{last}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One observed fact. `topic` is a word of rules/topics.yaml; `method` names how it was read;
    `confidence` is 0 to 1, where 1 is declared and less is recognised."""

    topic: str
    value: str
    where: Where
    quote: str = ""
    method: str = ""
    confidence: float = 1.0
    detail: Mapping[str, str] = field(default_factory=dict)
    """Further words of the fact: the relation to a base, the role of a dataset, what a library does."""


class StatementKind(StrEnum):
    """The sources of a license, strongest first (the order of the contract); `base` is what an ancestor imposes."""

    TEXT = "text"
    PROSE = "prose"
    TAG = "tag"
    NAME = "name"
    LINK = "link"
    HEADER = "header"
    BASE = "base"


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseStatement:
    """One place that says something of a license.

    `says` is the wording; `licenses` the report ids recognised in it (none: not recognised) and `names` how people
    call them, `joined` how several combine; `scope` which parts it speaks of (`release` for everything here,
    `weights`, `code`, `data`, `docs`, `part` for a part with a license of its own); `grant` what the statement alone
    lets anyone do, `at_most` the most where that is undetermined, with `terms` the names of the limits it carries;
    `claimed` is false for text that says nothing to a reader (HTML comments) and for placeholders.
    """

    kind: StatementKind
    says: str
    where: Where
    licenses: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    joined: Literal["single", "all", "any", "unclear"] = "single"
    scope: frozenset[str] = frozenset({"release"})
    grant: Grant = Grant.UNDETERMINED
    at_most: Grant = Grant.OPEN
    terms: tuple[str, ...] = ()
    quote: str = ""
    modified: bool = False
    coverage: float | None = None
    added: tuple[str, ...] = ()
    """What the wording adds to the license it names: ids of rules/cards/limits.yaml, or words added to a text."""
    confidence: float = 1.0
    claimed: bool = True
    note: str = ""
    sha256: str = ""
    """Of the file's bytes as read, where a text was read whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceSet:
    """All that the scanners saw. `unseen` holds the areas of topics that could not be looked at, with the reason."""

    evidence: tuple[Evidence, ...] = ()
    statements: tuple[LicenseStatement, ...] = ()
    unseen: Mapping[str, str] = field(default_factory=dict)

    def of(self, topic: str) -> Iterator[Evidence]:
        """The evidence of one topic, in reading order."""
        return (e for e in self.evidence if e.topic == topic)


# ---------------------------------------------------------------- findings and verdicts


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentFinding:
    """What is so of one of the 17 components, decided by the rule `rule`."""

    id: str
    name: str
    dimension: Dimension
    status: Status
    reason: str
    rule: str
    license: str | None = None
    confidence: float = 1.0
    evidence: tuple[Evidence, ...] = ()
    points: float = 0.0
    """What it adds to the score of its dimension, of `weight` at most."""
    weight: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One problem or remark, decided by the rule `rule`; `fix` is what the maintainers can do."""

    rule: str
    severity: Severity
    message: str
    evidence: tuple[Evidence, ...] = ()
    component: str | None = None
    fix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DimensionFinding:
    """One of the four dimensions: its score (0 to 100), its status, and the components it is made of."""

    dimension: Dimension
    status: Status
    score: float
    components: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseConflict:
    """Two places that do not agree, or one that contradicts itself. `kind` as in the contract's conflict kinds."""

    kind: str
    message: str
    between: tuple[LicenseStatement, ...]
    severity: Severity = Severity.CRITICAL


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseFinding:
    """The licence truth table, and what binds the weights in the end."""

    statements: tuple[LicenseStatement, ...]
    effective: str | None
    grant: Grant
    reason: str
    effective_name: str | None = None
    decided_by: tuple[LicenseStatement, ...] = ()
    conflicts: tuple[LicenseConflict, ...] = ()
    terms: Mapping[str, Any] = field(default_factory=dict)
    confidence: float = 1.0
    granted: Grant | None = None
    """What the license would grant, where it binds nothing because the weights are not here."""
    bound_by: str | None = None
    """The ancestor whose license decides; None where the release's own does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """ "open source", "fully open" ... as the card claims it, against what was measured."""

    quote: str
    where: Where
    claimed_level: str
    measured_level: str
    holds: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Improvement:
    """A change that raises the level: what to do, for which component, and the level it helps to reach."""

    component: str
    action: str
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one framework makes of the findings. `details` are the framework's own words and figures (JSON-able);
    `decided_by` names components or rules."""

    framework: str
    verdict: str
    decided_by: tuple[str, ...]
    reason: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much of the evidence that counts was seen: documents expected and read, and what was missed."""

    expected: int
    read: int
    missing: tuple[Unread, ...] = ()

    @property
    def share(self) -> float:
        """0 to 1; 1 where nothing was expected."""
        return self.read / self.expected if self.expected else 1.0


class Reach(StrEnum):
    """How a relative (an ancestor, a dataset, a code repository) is known."""

    READ = "read"
    """Its own repository was read in this run."""
    FACTS = "facts"
    """Not read; what rules/ know of it stands in."""
    UNREAD = "unread"
    """Neither read nor known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetMention:
    """A dataset that the target names, and what is known of it: `url` and `revision` where it was read, `why` where
    it was not, `gated` as in `Access`."""

    id: str
    role: str
    license: str | None
    status: Status
    where: Where
    reach: Reach = Reach.UNREAD
    url: str | None = None
    revision: str | None = None
    gated: Literal[False, "auto", "manual"] | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ancestor:
    """A model that this one was made from. `of` is the model that was made from it by `relation`, `depth` how many
    steps above the target it stands (1: its own base). `license` is what binds the ancestor, with the names of its
    `terms`; `level` is None where it was not read, and `why` tells the reason."""

    id: str
    relation: str
    where: Where
    license: str | None = None
    level: str | None = None
    confidence: float = 1.0
    of: str = ""
    depth: int = 1
    license_name: str | None = None
    grant: Grant = Grant.UNDETERMINED
    terms: tuple[str, ...] = ()
    reach: Reach = Reach.UNREAD
    url: str | None = None
    revision: str | None = None
    why: str = ""


class CodeKind(StrEnum):
    """What the code of a repository does."""

    PRE_TRAINING = "pre-training"
    FINE_TUNING = "fine-tuning"
    INFERENCE = "inference"
    EVALUATION = "evaluation"
    DATA = "data-preparation"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRepository:
    """A code repository that the target links: `id` is `github.com/owner/name`, `kinds` what its code does, with the
    files that show it as `evidence`; `owner` whose it is; `status` is `absent` where there is a link and no code."""

    id: str
    where: Where
    status: Status = Status.UNKNOWN
    kinds: tuple[CodeKind, ...] = ()
    owner: Literal["maker", "library", "other", "unknown"] = "unknown"
    license: str | None = None
    license_name: str | None = None
    grant: Grant = Grant.UNDETERMINED
    evidence: tuple[Evidence, ...] = ()
    reach: Reach = Reach.UNREAD
    url: str | None = None
    revision: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One target's audit, as data; every output format is a rendering of it.

    `level` is a level id of the spectrum, `level_name` how it is said, `headline` the verdict in one sentence;
    `score` is 0 to 100. `coverage` and `errors` say what was not seen.
    """

    target: Target
    subject: Literal["model", "dataset"]
    id: str
    revision: str | None
    url: str | None
    resolved_at: str
    tool_version: str
    rules_version: str
    level: str
    level_name: str
    band: str
    score: float
    headline: str
    reasons: tuple[str, ...]
    dimensions: tuple[DimensionFinding, ...]
    components: tuple[ComponentFinding, ...]
    license: LicenseFinding
    access: Access
    coverage: Coverage
    claims: tuple[Claim, ...] = ()
    lineage: tuple[Ancestor, ...] = ()
    datasets: tuple[DatasetMention, ...] = ()
    code: tuple[CodeRepository, ...] = ()
    artifacts: Mapping[str, Any] = field(default_factory=dict)
    frameworks: tuple[Verdict, ...] = ()
    findings: tuple[Finding, ...] = ()
    improvements: tuple[Improvement, ...] = ()
    errors: tuple[Mapping[str, str], ...] = ()
    released_at: str | None = None
    """When the repository was made public, as the Hub tells it: UTC, ISO 8601, whole seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relatives:
    """What was read of the repositories that a target names: reports of models and datasets by lower-case id, the code
    repositories, and by lower-case id why a relative was not read."""

    models: Mapping[str, Report] = field(default_factory=dict)
    datasets: Mapping[str, Report] = field(default_factory=dict)
    code: tuple[CodeRepository, ...] = ()
    unread_models: Mapping[str, Unread] = field(default_factory=dict)
    unread_datasets: Mapping[str, Unread] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A target of which nothing could be read: it still has its place in the output."""

    target: Target
    stage: str
    reason: str
    message: str
    hint: str = ""
