"""What a bill of materials lists, apart from any format: parts with their licenses, and how they hang together."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from uuid import NAMESPACE_URL, UUID, uuid5

from openaudit import __version__
from openaudit.formats.safe_text import clean, clean_name, portable, web_address
from openaudit.formats.sbom.facts import (
    ancestor_facts,
    code_facts,
    dataset_facts,
    failure_facts,
    report_facts,
)
from openaudit.formats.sbom.licensing import (
    NOASSERTION,
    CustomLicense,
    Licensing,
    custom_licenses,
    of_relative,
    of_report,
)
from openaudit.formats.sbom.purl import code_purl, model_purl
from openaudit.vocabulary import (
    Ancestor,
    CodeRepository,
    DatasetMention,
    Failure,
    Reach,
    Report,
    TargetKind,
    Where,
)

EPOCH = "1970-01-01T00:00:00Z"
"""The time of a document for which no time is known: nothing in it could be read."""
_MOST_RELATIVES = 2000
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_ACCOUNT = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(?=/[\w.-]{1,96}\Z)", re.ASCII)
_MODELS = frozenset({TargetKind.MODEL, TargetKind.OLLAMA, TargetKind.ENDPOINT})


class PartKind(StrEnum):
    """What a part is."""

    MODEL = "model"
    DATASET = "dataset"
    CODE = "code"
    UNKNOWN = "unknown"
    """A folder, file, bundle or record that could not be read."""


class Relation(StrEnum):
    """How one part hangs together with another: `origin` ... `target`."""

    DESCENDS_FROM = "descends-from"
    CONVERTED_FROM = "converted-from"
    ADAPTS = "adapts"
    TRAINED_ON = "trained-on"
    TESTED_ON = "tested-on"
    NAMES = "names"


_RELATIONS = {
    "adapter": Relation.ADAPTS,
    "conversion": Relation.CONVERTED_FROM,
    "quantized": Relation.CONVERTED_FROM,
}
_ROLES = {"evaluation": Relation.TESTED_ON, "mentioned": Relation.NAMES, "source": Relation.NAMES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One entry of the bill. `described` marks what was asked for, the others are its relatives.

    `key` is made of letters, digits, dots and hyphens, and unique in the inventory; `version` is the revision,
    `account` who publishes it where that is known; `released` UTC, ISO 8601, where known; `facts` are names and
    values of what the audit found; `failed` says that nothing of it could be read.
    """

    key: str
    kind: PartKind
    name: str
    version: str = ""
    url: str | None = None
    purl: str | None = None
    account: str = ""
    licensing: Licensing = field(default_factory=Licensing)
    facts: tuple[tuple[str, str], ...] = ()
    described: bool = False
    failed: bool = False
    complete: bool = False
    gated: str = ""
    released: str = ""
    task: str = ""
    architecture: str = ""
    uses: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """That `origin` is made from, trained on or otherwise related to `target` (keys; None: not known to what)."""

    origin: str
    relation: Relation
    target: str | None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """Everything that a bill of materials says. `created` is UTC, ISO 8601; `notes` speak of the whole."""

    name: str
    created: str
    parts: tuple[Part, ...]
    links: tuple[Link, ...]
    licenses: tuple[CustomLicense, ...]
    notes: tuple[str, ...] = ()
    tool_version: str = __version__

    @property
    def described(self) -> tuple[Part, ...]:
        """What was asked for, in the order given."""
        return tuple(part for part in self.parts if part.described)

    def links_of(self) -> Mapping[str, Sequence[Link]]:
        """The links that start at each part, by its key."""
        found: dict[str, list[Link]] = {part.key: [] for part in self.parts}
        for link in self.links:
            found[link.origin].append(link)
        return found

    def identifier(self, format: str) -> UUID:
        """The same for the same content in the same format, and another for any other."""
        text = json.dumps(asdict(self), sort_keys=True, ensure_ascii=True)
        return uuid5(NAMESPACE_URL, f"openaudit:{format}:{sha256(text.encode()).hexdigest()}")


def take_inventory(outcomes: Sequence[Report | Failure]) -> Inventory:
    """One inventory of all outcomes: each target is described, its bases, datasets and code stand beside it.

    A relative that several targets share stands once; a target that could not be read has its place, with nothing
    asserted. The same outcomes give the same inventory.
    """
    parts: dict[str, Part] = {}
    keys = [_add_target(parts, outcome) for outcome in outcomes]
    links: dict[Link, None] = {}
    notes: list[str] = []
    for key, outcome in zip(keys, outcomes, strict=True):
        if isinstance(outcome, Report):
            links.update(dict.fromkeys(_add_relatives(parts, key, outcome)))
            if len(outcome.lineage) + len(outcome.datasets) + len(outcome.code) > _MOST_RELATIVES:
                notes.append(f"Of {clean_name(outcome.id)} only {_MOST_RELATIVES} relatives are listed.")
    created = max(filter(_is_time, (o.resolved_at for o in outcomes if isinstance(o, Report))), default="")
    if not created:
        notes.append("No time of reading is known: the date of this document is a placeholder.")
    notes += [
        f"{part.name} could not be audited; nothing is asserted of it."
        for part in parts.values()
        if part.failed
    ]
    return Inventory(
        name=_document_name([parts[key].name for key in keys]),
        created=created or EPOCH,
        parts=tuple(parts.values()),
        links=tuple(links),
        licenses=custom_licenses([part.licensing for part in parts.values()], outcomes),
        notes=tuple(notes),
    )


def _is_time(text: str) -> bool:
    if not _TIME.fullmatch(text):
        return False
    try:
        datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return False
    return True


def _document_name(names: Sequence[str]) -> str:
    if not names:
        return "nothing"
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


# ---------------------------------------------------------------- targets


def _add_target(parts: dict[str, Part], outcome: Report | Failure) -> str:
    part = _failed(outcome) if isinstance(outcome, Failure) else _audited(outcome)
    key, number = part.key, 1
    while key in parts:  # the same target named twice
        number += 1
        key = f"{part.key}-{number}"
    parts[key] = replace(part, key=key)
    return key


def _audited(report: Report) -> Part:
    kind = PartKind.DATASET if report.subject == "dataset" else PartKind.MODEL
    on_hub = report.target.kind in (TargetKind.MODEL, TargetKind.DATASET, TargetKind.BUNDLE)
    facts = report_facts(report)
    return Part(
        key=_key(kind, report.id, report.revision),
        kind=kind,
        name=_name(report.id),
        version=clean_name(report.revision or ""),
        url=web_address(report.url),
        purl=model_purl(report.id, report.revision, report.url)
        if kind is PartKind.MODEL and report.url
        else None,
        account=_account(report.id) if on_hub and web_address(report.url) else "",
        licensing=of_report(report),
        facts=facts.lines,
        described=True,
        complete=report.coverage.share >= 1,
        gated="" if report.access.gated is None else str(report.access.gated).lower(),
        released=report.released_at or "",
        task=facts.task,
        architecture=facts.architecture,
        uses=facts.uses,
        limits=facts.limits,
    )


def _failed(failure: Failure) -> Part:
    target = failure.target
    kind = PartKind.MODEL if target.kind in _MODELS else PartKind.UNKNOWN
    kind = PartKind.DATASET if target.kind is TargetKind.DATASET else kind
    return Part(
        key=_key(kind, target.id or target.text, target.revision, "failed"),
        kind=kind,
        name=_name(target.id or target.text),
        version=clean_name(target.revision or ""),
        facts=failure_facts(failure),
        described=True,
        failed=True,
    )


# ---------------------------------------------------------------- relatives


def _add_relatives(parts: dict[str, Part], key: str, report: Report) -> Iterator[Link]:
    yield from _add_lineage(parts, key, report)
    trained = False
    for dataset in report.datasets[:_MOST_RELATIVES]:
        relation = _ROLES.get(dataset.role, Relation.TRAINED_ON)
        trained = trained or relation is Relation.TRAINED_ON
        found = _add(parts, _dataset(dataset))
        if found != key:
            yield Link(origin=key, relation=relation, target=found, note=_note(dataset.role, dataset.where))
    if not trained and report.subject == "model":
        yield Link(origin=key, relation=Relation.TRAINED_ON, target=None, note="No training data is named.")
    for repository in report.code[:_MOST_RELATIVES]:
        kinds = ", ".join(kind.value for kind in repository.kinds) or "what it does is not known"
        found = _add(parts, _code(repository))
        note = _note(f"code repository ({kinds}; owner: {repository.owner})", repository.where)
        yield Link(origin=key, relation=Relation.NAMES, target=found, note=note)


def _add_lineage(parts: dict[str, Part], key: str, report: Report) -> Iterator[Link]:
    """Every ancestor hangs on the model that was made from it: the target, or another ancestor."""
    lineage = report.lineage[:_MOST_RELATIVES]
    keys = {report.id.casefold(): key}
    for ancestor in lineage:
        keys.setdefault(ancestor.id.casefold(), _add(parts, _ancestor(ancestor)))
    for ancestor in lineage:
        child, parent = keys.get(ancestor.of.casefold(), key), keys[ancestor.id.casefold()]
        relation = _RELATIONS.get(ancestor.relation, Relation.DESCENDS_FROM)
        note = f"{_note(ancestor.relation, ancestor.where)}; confidence {ancestor.confidence:.2f}"
        if child != parent:
            yield Link(origin=child, relation=relation, target=parent, note=note)


def _add(parts: dict[str, Part], part: Part) -> str:
    """The key of the part, which is listed once: as first seen, save that a known license beats an unknown one."""
    old = parts.setdefault(part.key, part)
    if not old.described and old.licensing.concluded == NOASSERTION != part.licensing.concluded:
        parts[part.key] = part
    return part.key


def _ancestor(ancestor: Ancestor) -> Part:
    known = ancestor.reach is not Reach.UNREAD
    return Part(
        key=_key(PartKind.MODEL, ancestor.id, ancestor.revision),
        kind=PartKind.MODEL,
        name=_name(ancestor.id),
        version=clean_name(ancestor.revision or ""),
        url=web_address(ancestor.url),
        purl=model_purl(ancestor.id, ancestor.revision, ancestor.url) if known else None,
        account=_account(ancestor.id) if known else "",
        licensing=of_relative(ancestor.license, ancestor.reach, ancestor.grant),
        facts=ancestor_facts(ancestor),
    )


def _dataset(dataset: DatasetMention) -> Part:
    known = dataset.reach is not Reach.UNREAD
    return Part(
        key=_key(PartKind.DATASET, dataset.id, dataset.revision),
        kind=PartKind.DATASET,
        name=_name(dataset.id),
        version=clean_name(dataset.revision or ""),
        url=web_address(dataset.url),
        account=_account(dataset.id) if known else "",
        licensing=of_relative(dataset.license, dataset.reach, dataset.status),
        facts=dataset_facts(dataset),
        gated="" if dataset.gated is None else str(dataset.gated).lower(),
    )


def _code(repository: CodeRepository) -> Part:
    return Part(
        key=_key(PartKind.CODE, repository.id, repository.revision),
        kind=PartKind.CODE,
        name=_name(repository.id),
        version=clean_name(repository.revision or ""),
        url=web_address(repository.url),
        purl=code_purl(repository.id, repository.revision),
        licensing=of_relative(repository.license, repository.reach, repository.grant),
        facts=code_facts(repository),
    )


# ---------------------------------------------------------------- words


def _note(what: str, where: Where) -> str:
    return f"{clean_name(what)}; named at {clean(portable(str(where)), 300) or '?'}"


def _name(identifier: str) -> str:
    return clean_name(portable(identifier)) or "unnamed"


def _account(identifier: str) -> str:
    """Who publishes a repository of the Hub: the part before the slash."""
    found = _ACCOUNT.match(identifier)
    return found[0] if found else ""


def _key(kind: PartKind, identifier: str, revision: str | None, *more: str) -> str:
    """Readable, and unique by the digest of what it names; ids of the Hub are the same in any case."""
    named = json.dumps([kind.value, identifier.casefold(), revision, *more], ensure_ascii=True)
    digest = sha256(named.encode()).hexdigest()[:10]
    slug = re.sub(r"[^A-Za-z0-9.]+", "-", _name(identifier))[:60].strip("-.") or "unnamed"
    return f"{kind.value}-{slug}-{digest}"


def as_lines(pairs: Iterable[tuple[str, str]]) -> str:
    """Facts as text, one a line: `openaudit:level: open-weight`."""
    return "\n".join(f"{name}: {value}" for name, value in pairs)
