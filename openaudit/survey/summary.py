"""What the rows of a survey add up to: counted in one pass, in the memory that the counts need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from openaudit.scanners.known import Known
from openaudit.survey.reading import read_batches
from openaudit.survey.rows import UNREAD
from openaudit.vocabulary import Grant

_COLUMNS = (
    "id", "state", "unread_reason", "level", "band", "grant", "license_name", "license", "license_sources", "conflicts",
    "coverage", "lineage", "findings", "gated", "rules_version",
)  # fmt: skip
_ORDER = (Grant.OPEN.value, Grant.RESTRICTED.value, Grant.RESEARCH_ONLY.value)
"""From the most permissive to the strictest."""
NO_FAMILY = "no known family"
LEVEL_ORDER = (
    *(
        "fully-open",
        "open-toolchain",
        "open-weight",
        "restricted-weight",
        "research-only",
        "unlicensed",
        "closed",
    ),
    "undetermined",
)


@dataclass(slots=True)
class Summary:
    """Counts over all rows. A derivative is a model with a base that is known; its base's license is `known` where the
    base was read or rules/ know its family."""

    rows: int = 0
    unread: Counter[str] = field(default_factory=Counter)
    levels: Counter[str] = field(default_factory=Counter)
    grants: Counter[str] = field(default_factory=Counter)
    licenses: Counter[str] = field(default_factory=Counter)
    conflicts: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    families: Counter[str] = field(default_factory=Counter)
    contradicted_families: Counter[str] = field(default_factory=Counter)
    contradicted: int = 0
    coverage: float = 0.0
    derivatives: int = 0
    of_known_license: int = 0
    relicensed: int = 0
    more_permissive: int = 0
    rules_versions: Counter[str] = field(default_factory=Counter)

    @property
    def audited(self) -> int:
        """Rows of models that could be read."""
        return self.rows - self.unread.total()

    @property
    def mean_coverage(self) -> float:
        """The mean share of the evidence that counts that was seen, 0 to 1."""
        return self.coverage / self.audited if self.audited else 0.0


def summarise(path: Path, known: Known) -> Summary:
    """The counts over the table of a survey.

    Raises:
        TargetError: it is no survey's table.
    """
    summary = Summary()
    family_of = lru_cache(maxsize=100_000)(lambda id_: _family(id_, known))
    for batch in read_batches(path, _COLUMNS):
        for row in batch.to_pylist():
            _count(summary, row, family_of)
    return summary


def _family(id_: str, known: Known) -> str:
    found = known.family_of(id_)
    return found[0].name if found else NO_FAMILY


def _count(summary: Summary, row: Mapping[str, Any], family_of: Any) -> None:
    summary.rows += 1
    summary.rules_versions[row["rules_version"]] += 1
    if row["state"] == UNREAD:
        summary.unread[row["unread_reason"]] += 1
        return
    summary.levels[row["level"]] += 1
    summary.grants[row["grant"]] += 1
    summary.licenses[row["license_name"] or row["license"] or f"none ({row['grant']})"] += 1
    summary.coverage += row["coverage"]["share"]
    summary.conflicts.update({conflict["kind"] for conflict in row["conflicts"]})
    summary.findings.update({finding["rule"] for finding in row["findings"]})
    lineage = row["lineage"]
    family = family_of(lineage[0]["id"] if lineage else row["id"])
    if family == NO_FAMILY and lineage:
        family = family_of(row["id"])
    summary.families[family] += 1
    if row["conflicts"]:
        summary.contradicted += 1
        summary.contradicted_families[family] += 1
    _count_lineage(summary, row)


def _count_lineage(summary: Summary, row: Mapping[str, Any]) -> None:
    """Derivatives, and those that declare another license than their base has."""
    if not row["lineage"]:
        return
    summary.derivatives += 1
    base = row["lineage"][0]
    own = [s for s in row["license_sources"] if s["kind"] != "base" and s["claimed"] and s["licenses"]]
    if not base["license"] or not own:
        summary.of_known_license += bool(base["license"])
        return
    summary.of_known_license += 1
    declared = {id_ for source in own for id_ in source["licenses"]}
    if declared & _ids(base["license"]):
        return
    summary.relicensed += 1
    summary.more_permissive += _strictest(source["grant"] for source in own) < _strictest([base["grant"]])


def _ids(expression: str) -> set[str]:
    return {part.strip("() ") for part in expression.replace(" OR ", " AND ").split(" AND ")}


def _strictest(grants: Iterable[str]) -> int:
    """The place of the strictest grant; what could not be told counts as nothing."""
    return max((_ORDER.index(grant) for grant in grants if grant in _ORDER), default=0)
