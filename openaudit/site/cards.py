"""One card a model: the newest report in short, the family and size it is sorted by, and every report of it, packed."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from openaudit.formats import json_v1, wording
from openaudit.formats.safe_text import clean_name, portable
from openaudit.site.names import digest, page_names
from openaudit.site.reading import ReadReport
from openaudit.site.report_json import read_report
from openaudit.vocabulary import Grant, Report, Status

FamilyOf = Callable[[str], str | None]
"""A repository id to the name of the family that it belongs to, where one is known."""

_SIZE = re.compile(
    r"(?<![a-z0-9.])(?:(\d{1,3})x)?(\d{1,4}(?:\.\d{1,3})?)(b|m|t)(?![a-z0-9])", re.IGNORECASE | re.ASCII
)
_UNITS = {"m": 10**6, "b": 10**9, "t": 10**12}
_FIGURE = re.compile(r"[01](?:\.\d+)?\Z")
_TALLY = re.compile(r"\d+-of-\d+\Z")
QUARTERS = ("below 0.25", "0.25 to 0.49", "0.50 to 0.74", "0.75 to 1")
"""The groups of a verdict that is a figure from 0 to 1."""
_STAMP = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?)?\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the four dimensions of a card: its status, and whole points where it could be scored."""

    status: Status
    points: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A report unpacked: the JSON document, and the same as data."""

    document: dict[str, Any]
    report: Report

    @property
    def sides(self) -> tuple[Side, ...]:
        """The four dimensions with their points."""
        scores = self.document["dimensions"]
        return tuple(
            Side(status=side.status, points=whole(scores[side.dimension.value]["score"]))
            for side in self.report.dimensions
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One report of a model. `key` names it in addresses; `at` is when it was made, UTC, empty where not told."""

    key: str
    at: str
    seen: bool
    packed: bytes

    def text(self) -> str:
        """The report as published: the JSON report on one line, every text and list bounded."""
        return zlib.decompress(self.packed).decode()

    def document(self) -> dict[str, Any]:
        """The same as an object."""
        document: dict[str, Any] = json.loads(self.text())
        return document

    def opened(self) -> Opened:
        """The report as an object and as data, unpacked once for all that is made of it."""
        document = self.document()
        return Opened(document=document, report=read_report(document))


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A model or dataset as lists show it. `page` is the name of its files; `versions` has the newest report first.

    `parameters` come from the weight files, or, where `size_from_name`, from the name. `verdicts` holds for each
    framework the group that its verdict is filtered by.
    """

    id: str
    subject: str
    page: str
    versions: tuple[Version, ...]
    organisation: str
    family: str
    parameters: int | None
    size_from_name: bool
    level: str
    level_name: str
    band: str
    points: int | None
    sides: tuple[Side, ...]
    components: Mapping[str, Status]
    license: str | None
    license_name: str
    grant: Grant
    verdicts: Mapping[str, str]
    contradictions: int
    findings: int
    gated: str
    revision: str
    at: str
    headline: str

    @property
    def day(self) -> str:
        """The date of the newest report, empty where not told."""
        return self.at[:10]

    @property
    def rank(self) -> tuple[int, int, str, str]:
        """The order of the front page: the most open first, then by points, then by name."""
        step = wording.step_of(self.level)
        height = step.number if step else _DATA_STEPS.get(self.level, -1)
        return -height, -(self.points if self.points is not None else -1), self.id.casefold(), self.page


_DATA_STEPS = {"unlicensed-data": 1, "research-only-data": 2, "restricted-data": 3, "open-data": 4}


def make_cards(reports: Iterable[ReadReport], family_of: FamilyOf) -> list[Card]:
    """The cards of all reports, in the order of the front page; reports that say the same count once.

    The reports of one model are those with the same subject and id, whatever the revision.
    """
    groups: dict[tuple[str, str], dict[str, Version]] = {}
    for read in reports:
        version = _version(read)
        groups.setdefault((read.report.subject, read.report.id), {})[version.key] = version
    pages = page_names(_page_id(subject, id_) for subject, id_ in groups)
    cards = [
        _card(
            sorted(versions.values(), key=lambda v: (v.at, v.key), reverse=True),
            pages[_page_id(*key)],
            family_of,
        )
        for key, versions in groups.items()
    ]
    return sorted(cards, key=lambda card: card.rank)


def _page_id(subject: str, id_: str) -> str:
    return id_ if subject == "model" else f"datasets/{id_}"


def _version(read: ReadReport) -> Version:
    document = json_v1.report_object(read.report)
    if not read.seen:
        document["score"] = None
    for name, dimension in document["dimensions"].items():
        if name in read.unscored:
            dimension["score"] = None
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return Version(
        key=digest(text),
        at=_stamp(read.report.resolved_at),
        seen=read.seen,
        packed=zlib.compress(text.encode(), 1),
    )


def _stamp(text: str) -> str:
    """A point in time as `YYYY-MM-DDThh:mm:ssZ`, empty for what is none."""
    if not _STAMP.match(text):
        return ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return ""
    if moment.tzinfo is not None and moment.utcoffset():
        moment = (moment - moment.utcoffset()).replace(tzinfo=None)  # type: ignore[operator]
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment.year >= 1970 else ""


def _card(versions: Sequence[Version], page: str, family_of: FamilyOf) -> Card:
    newest = versions[0]
    opened = newest.opened()
    report = opened.report
    id_ = clean_name(portable(report.id)) or "(no name)"
    parameters, from_name = _parameters(report)
    return Card(
        id=id_,
        subject=report.subject,
        page=page,
        versions=tuple(versions),
        organisation=id_.split("/")[0] if "/" in id_ else "",
        family=_family(report, family_of),
        parameters=parameters,
        size_from_name=from_name,
        level=clean_name(report.level),
        level_name=clean_name(report.level_name) or clean_name(report.level),
        band=clean_name(report.band),
        points=whole(opened.document["score"]),
        sides=opened.sides,
        components={clean_name(component.id): component.status for component in report.components},
        license=clean_name(report.license.effective) if report.license.effective else None,
        license_name=clean_name(report.license.effective_name or ""),
        grant=report.license.grant,
        verdicts={verdict.framework: group_of(verdict.verdict) for verdict in report.frameworks},
        contradictions=len(wording.contradictions(report)),
        findings=len(report.findings),
        gated={False: "no", "auto": "auto", "manual": "manual", None: ""}[report.access.gated],
        revision=clean_name(report.revision or ""),
        at=newest.at,
        headline=report.headline,
    )


def whole(score: float | None) -> int | None:
    """A score in whole points; None where there is none."""
    return None if score is None else round(score)


def group_of(verdict: str) -> str:
    """The group that a verdict is filtered by: itself, a quarter of the scale for a figure, none for a tally."""
    if _TALLY.match(verdict):
        return ""
    if _FIGURE.match(verdict):
        return QUARTERS[min(3, int(float(verdict) * 4))]
    return clean_name(verdict)


def _parameters(report: Report) -> tuple[int | None, bool]:
    """How many parameters, and whether only the name says so."""
    told = report.artifacts.get("parameters")
    if isinstance(told, int) and not isinstance(told, bool) and 0 < told < 10**15:
        return told, False
    sizes = [
        int(int(times or 1) * float(figure) * _UNITS[unit.lower()])
        for times, figure, unit in _SIZE.findall(report.id.split("/")[-1][:200])
    ]
    sizes = [size for size in sizes if size]
    return (max(sizes), True) if sizes and report.subject == "model" else (None, False)


def _family(report: Report, family_of: FamilyOf) -> str:
    """The family of the model at the root of the lineage, else of this one; empty where none is known."""
    if report.subject != "model":
        return ""
    roots = [ancestor.id for ancestor in sorted(report.lineage, key=lambda a: -a.depth)[:5]]
    for id_ in (*roots, report.id):
        family = family_of(id_[:200])
        if family:
            return clean_name(family)
    return ""
