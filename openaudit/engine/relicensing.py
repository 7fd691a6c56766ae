"""What a model may be released as that was made from another: the rows of rules/base/relicensing.yaml."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from openaudit.licenses.catalog import TERM_NAMES, License
from openaudit.rule_files import RuleFile
from openaudit.vocabulary import Grant, Severity

MayBecome = Literal["nothing", "same", "no-looser", "anything"]
_MAY_BECOME: tuple[MayBecome, ...] = ("nothing", "same", "no-looser", "anything")
_ROW_KEYS = ("id", "base", "may_become", "severity", "reason", "source")
_BASE_KEYS = ("families", "terms", "grants")
_ORDER = (Grant.OPEN, Grant.RESTRICTED, Grant.RESEARCH_ONLY, Grant.UNLICENSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the table: which bases it speaks of, what may become of them, why, and where that stands."""

    id: str
    families: frozenset[str]
    terms: frozenset[str]
    grants: frozenset[Grant]
    may_become: MayBecome
    severity: Severity
    reason: str
    source: str

    def speaks_of(self, license_: License | None, grant: Grant, terms: Sequence[str]) -> bool:
        """Whether a base of this license, grant and terms is meant."""
        return (
            (license_ is not None and license_.family in self.families)
            or bool(self.terms.intersection(terms))
            or grant in self.grants
        )

    def breach(self, child: Grant, base: Grant, *, agree: bool) -> Severity | None:
        """How grave it is to release what was made from a base granting `base` as something granting `child`; None
        where that is allowed. `agree` tells whether both can be the same license."""
        looser = _rank(child) < _rank(base)
        if self.may_become == "anything":
            return None
        if looser or self.may_become == "nothing":
            return Severity.CRITICAL
        if self.may_become == "same" and not agree and child is base:
            return self.severity
        return None


def _rank(grant: Grant) -> int:
    return _ORDER.index(grant) if grant in _ORDER else 0


def row_for(table: Sequence[Row], license_: License | None, grant: Grant, terms: Sequence[str]) -> Row | None:
    """The first row that speaks of a base."""
    return next((row for row in table if row.speaks_of(license_, grant, terms)), None)


def read_relicensing(file: RuleFile) -> tuple[Row, ...]:
    """The table of a rule file.

    Raises:
        PolicyError: a row is wrong; names file, line and key path.
    """
    rows = []
    for index, value in enumerate(file.value["relicensing"]):
        keys = ("relicensing", index)
        for key in value:
            if key not in _ROW_KEYS:
                raise file.unknown_key(str(key), _ROW_KEYS, *keys)
        missing = next((key for key in _ROW_KEYS if key not in value), None)
        if missing is not None:
            raise file.wrong(f"the key '{missing}' is missing.", *keys)
        rows.append(_row(file, value, keys))
    return tuple(rows)


def _row(file: RuleFile, value: dict[str, object], keys: tuple[str, int]) -> Row:
    base = value["base"]
    if not isinstance(base, dict) or not base:
        raise file.wrong("a mapping of families, terms or grants is expected.", *keys, "base")
    for key in base:
        if key not in _BASE_KEYS:
            raise file.unknown_key(str(key), _BASE_KEYS, *keys, "base")
    may_become = next((word for word in _MAY_BECOME if word == value["may_become"]), None)
    if may_become is None:
        raise file.wrong(f"one of {', '.join(_MAY_BECOME)} is expected.", *keys, "may_become")
    for term in base.get("terms", ()):
        if term not in TERM_NAMES:
            raise file.wrong(f"'{term}' is no term: {', '.join(TERM_NAMES)}.", *keys, "base", "terms")
    try:
        return Row(
            id=str(value["id"]),
            families=frozenset(base.get("families", ())),
            terms=frozenset(base.get("terms", ())),
            grants=frozenset(Grant(grant) for grant in base.get("grants", ())),
            may_become=may_become,
            severity=Severity(str(value["severity"])),
            reason=str(value["reason"]),
            source=str(value["source"]),
        )
    except ValueError as error:
        raise file.wrong(f"{error}.", *keys) from error
