"""The facts of rules/datasets/ and rules/families/ as they are read: corpora, families, and what their makers published."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openaudit.rule_files import RuleFile, rule_files, rules_root
from openaudit.vocabulary import Status

AVAILABILITY = ("available", "gated", "withdrawn", "partly-withdrawn", "never-released", "unknown")
"""Whether anyone can download a corpus today from where its makers put it."""
KINDS = (
    "pre-training",
    "instruction",
    "preference",
    "speech",
    "audio",
    "image-text",
    "image",
    "code",
    "evaluation",
)
"""What a corpus is for."""
STAGES = ("data-preparation", "pre-training", "fine-tuning", "evaluation", "inference")
"""The stages that code is for; of a model that was made from another, those of its own making."""
COVERS = ("model", "base", "part")
"""What a paper tells of: the model's own training, only that of its base or of an earlier version, one stage of it."""
ACCESS = ("public", "gated", "on-request")
"""How weights are given out: to anyone, after a form or an acceptance on the Hub, on application or as a difference to
be put on others' weights."""
_PAPER_PLACES = {
    "arxiv": "https://arxiv.org/abs/",
    "acl": "https://aclanthology.org/",
    "doi": "https://doi.org/",
    "openreview": "https://openreview.net/forum?id=",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """A known data set. `license` is an SPDX or Hub id or a LicenseRef, None where there is none; `sure` is false
    where the facts could not be settled (then the status is unknown)."""

    id: str
    name: str
    publisher: str
    kind: str
    license: str | None
    status: Status
    availability: str
    source: str
    hub_ids: tuple[str, ...] = ()
    contested: tuple[str, ...] = ()
    sure: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a family's makers published of one component, why we say so, and where that can be checked. `stages` are
    those of STAGES whose source code they published, on whatever terms; None where that is not known."""

    status: Status
    reason: str
    source: str
    stages: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper or report on a family: `id` is `arxiv:…`, `acl:…`, `doi:…`, `openreview:…` or an address; `covers` one
    of COVERS; `venue` where it was peer-reviewed, "" where it was not or that is not known."""

    id: str
    covers: str
    venue: str

    @property
    def url(self) -> str:
        """Where it can be read."""
        kind, _, name = self.id.partition(":")
        return f"{_PAPER_PLACES[kind]}{name}" if kind in _PAPER_PLACES else self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class HubAccess:
    """How a maker's repositories give out the weights (one of ACCESS), and where that can be checked."""

    status: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A known line of models. `license` is a Hub id or the id of a text in the license catalog, None where it depends
    on the version or the base; `bases` are the ids of the families that this one was made from; `architecture` tells
    that others train models of this name from scratch."""

    id: str
    name: str
    maker: str
    license: str | None
    license_since: str
    bases: tuple[str, ...]
    training_code: Part
    training_data: Part
    data_card: Part | None = None
    papers: tuple[Paper, ...] | None = None
    """None where it is not known whether there are any."""
    access: HubAccess | None = None
    architecture: bool = False
    bases_vary: bool = False
    """Whether its members are made from different models, or nobody says from which: then each is asked itself."""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One entry of a table, with what is needed to name the place of a fault in it."""

    id: str
    file: RuleFile
    keys: tuple[str | int, ...]
    value: Mapping[str, Any]
    ours: bool

    def text(self, key: str, *, default: str | None = None) -> str:
        """Raises: PolicyError: no text, or an empty one where there is no default."""
        value = self.value.get(key, default)
        if not isinstance(value, str) or (not value and default is None):
            raise self.file.wrong("a text is expected.", *self.keys, key)
        return value

    def optional_text(self, key: str) -> str | None:
        """None for null. Raises: PolicyError: neither a text nor null."""
        return None if self.value.get(key) is None else self.text(key)

    def strings(self, key: str) -> tuple[str, ...]:
        """Raises: PolicyError: no list of texts."""
        value = self.value.get(key, ())
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) and item for item in value):
            raise self.file.wrong("a list of texts is expected.", *self.keys, key)
        return tuple(value)

    def flag(self, key: str, *, default: bool) -> bool:
        """Raises: PolicyError: neither true nor false."""
        value = self.value.get(key, default)
        if not isinstance(value, bool):
            raise self.file.wrong("true or false is expected.", *self.keys, key)
        return value

    def one_of(self, key: str, allowed: Sequence[str]) -> str:
        """Raises: PolicyError: none of the allowed words."""
        value = self.value.get(key)
        if value not in allowed:
            raise self.file.wrong(f"one of {', '.join(allowed)} is expected.", *self.keys, key)
        return str(value)


_STATUSES = tuple(status.value for status in Status)
_CORPUS_KEYS = (
    "id", "name", "publisher", "kind", "names", "exact_names", "hub_ids", "license", "status", "availability",
    "contested", "source", "sure", "note",
)  # fmt: skip
_FAMILY_KEYS = (
    "id", "name", "maker", "repos", "copies", "names", "exact_names", "license", "license_since", "bases",
    "architecture", "bases_vary", "training_code", "training_data", "data_card", "papers", "access", "note",
)  # fmt: skip
_SHARED = ("training_code", "training_data", "data_card", "access", "bases_vary")
_TOP_KEYS = {"corpora": ("corpora",), "families": ("maker", *_SHARED, "families")}
"""The keys of a file: a part given at the top holds for every family of the file that says nothing of its own."""
_PART_KEYS = ("status", "reason", "source")
_PAPER_KEYS = ("id", "covers", "venue")
_PAPER = re.compile(r"(?:arxiv:\d{4}\.\d{4,5}|(?:acl|openreview):[\w.-]+|doi:10\.\d{4,9}/\S+|https://\S+)\Z")


def rows_of(folder: str, table: str, extra: tuple[Path, ...]) -> dict[str, Row]:
    """The rows of all files of a folder by id, ours first.

    Raises:
        PolicyError: an unknown key, or an id that is there twice.
    """
    rows: dict[str, Row] = {}
    ours_root = rules_root()
    files = [(file, file.path.is_relative_to(ours_root)) for file in rule_files(folder, extra)]
    for file, ours in sorted(files, key=lambda item: not item[1]):
        top = _TOP_KEYS[table]
        for key in file.value:
            if key not in top:
                raise file.unknown_key(str(key), top)
        entries = file.value.get(table)
        if not isinstance(entries, list):
            raise file.wrong("a list is expected.", table)
        for index in range(len(entries)):
            row = _row(file, table, index, ours)
            if row.id in rows and rows[row.id].ours == ours:
                raise file.wrong(f"the id '{row.id}' is there twice.", table, index, "id")
            rows[row.id] = row
    return rows


def _row(file: RuleFile, table: str, index: int, ours: bool) -> Row:
    entry = file.value[table][index]
    if not isinstance(entry, dict):
        raise file.wrong("a mapping is expected.", table, index)
    allowed = _CORPUS_KEYS if table == "corpora" else _FAMILY_KEYS
    for key in entry:
        if key not in allowed:
            raise file.unknown_key(str(key), allowed, table, index)
    row = Row(id=str(entry.get("id", "")), file=file, keys=(table, index), value=entry, ours=ours)
    row.text("id")
    return row


def corpus_of(row: Row) -> Corpus:
    """Raises: PolicyError: the entry breaks the format."""
    sure = row.flag("sure", default=True)
    status = Status(row.one_of("status", _STATUSES))
    if not sure and status is not Status.UNKNOWN:
        raise row.file.wrong("must be unknown where `sure` is false.", *row.keys, "status")
    availability = row.one_of("availability", AVAILABILITY)
    if availability in ("withdrawn", "never-released") and status not in (Status.DESCRIBED, Status.UNKNOWN):
        raise row.file.wrong("what cannot be downloaded is `described` at most.", *row.keys, "status")
    return Corpus(
        id=row.id,
        name=row.text("name"),
        publisher=row.text("publisher"),
        kind=row.one_of("kind", KINDS),
        license=row.optional_text("license"),
        status=status,
        availability=availability,
        source=row.text("source"),
        hub_ids=row.strings("hub_ids"),
        contested=row.strings("contested"),
        sure=sure,
        note=row.text("note", default=""),
    )


def family_of(row: Row, families: Mapping[str, Row]) -> Family:
    """Raises: PolicyError: the entry breaks the format, or names a base that is not among the families."""
    bases = row.strings("bases")
    for index, base in enumerate(bases):
        if base not in families:
            raise row.file.wrong(f"no family has the id '{base}'.", *row.keys, "bases", index)
    maker = row.value.get("maker", row.file.value.get("maker"))
    if not isinstance(maker, str) or not maker:
        raise row.file.wrong("a text is expected, here or at the top of the file.", *row.keys, "maker")
    return Family(
        id=row.id,
        name=row.text("name"),
        maker=maker,
        license=row.optional_text("license"),
        license_since=row.text("license_since", default=""),
        bases=bases,
        training_code=_part(row, "training_code"),
        training_data=_part(row, "training_data"),
        data_card=_part(row, "data_card") if _has(row, "data_card") else None,
        papers=_papers(row),
        access=_access(row),
        architecture=row.flag("architecture", default=False),
        bases_vary=not bases and _bases_vary(row),
        note=row.text("note", default=""),
    )


def _part(row: Row, key: str) -> Part:
    part = _inner(row, key, (*_PART_KEYS, "stages") if key == "training_code" else _PART_KEYS)
    stages = part.strings("stages") if "stages" in part.value else None
    for index, stage in enumerate(stages or ()):
        if stage not in STAGES:
            raise row.file.wrong(f"one of {', '.join(STAGES)} is expected.", *part.keys, "stages", index)
    return Part(
        status=Status(part.one_of("status", _STATUSES)),
        reason=part.text("reason"),
        source=part.text("source"),
        stages=stages,
    )


def _inner(row: Row, key: str, allowed: Sequence[str]) -> Row:
    """A mapping in a row, or at the top of its file, as a row of its own."""
    keys = (*row.keys, key) if key in row.value else (key,)
    value = row.value.get(key, row.file.value.get(key))
    return _mapping(row, value, keys, allowed)


def _mapping(row: Row, value: object, keys: tuple[str | int, ...], allowed: Sequence[str]) -> Row:
    if not isinstance(value, dict):
        raise row.file.wrong("a mapping is expected.", *keys)
    for name in value:
        if name not in allowed:
            raise row.file.unknown_key(str(name), allowed, *keys)
    return Row(id=row.id, file=row.file, keys=keys, value=value, ours=row.ours)


def _bases_vary(row: Row) -> bool:
    above = row.file.value.get("bases_vary", False)
    if not isinstance(above, bool):
        raise row.file.wrong("true or false is expected.", "bases_vary")
    return row.flag("bases_vary", default=above)


def _has(row: Row, key: str) -> bool:
    return key in row.value or key in row.file.value


def _papers(row: Row) -> tuple[Paper, ...] | None:
    if "papers" not in row.value:
        return None
    listed = row.value["papers"]
    if not isinstance(listed, list):
        raise row.file.wrong("a list is expected.", *row.keys, "papers")
    return tuple(_paper(row, value, (*row.keys, "papers", index)) for index, value in enumerate(listed))


def _paper(row: Row, value: object, keys: tuple[str | int, ...]) -> Paper:
    paper = _mapping(row, value, keys, _PAPER_KEYS)
    id_ = paper.text("id")
    if not _PAPER.match(id_):
        raise row.file.wrong("arxiv:, acl:, doi:, openreview: or an https address is expected.", *keys, "id")
    covers = paper.one_of("covers", COVERS) if "covers" in paper.value else COVERS[0]
    return Paper(id=id_, covers=covers, venue=paper.text("venue", default=""))


def _access(row: Row) -> HubAccess | None:
    if not _has(row, "access"):
        return None
    said = _inner(row, "access", ("status", "source"))
    return HubAccess(status=said.one_of("status", ACCESS), source=said.text("source"))
