"""A license text read as a whole: which licenses it is, what was changed in them, and what they let anyone do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openaudit.licenses.catalog import MODIFIED, Catalog, License, Terms, term_names
from openaudit.licenses.identification import Identification, Match
from openaudit.licenses.matching import identify
from openaudit.vocabulary import Grant

if TYPE_CHECKING:
    from openaudit.licenses.clause_rules import ClauseRules
    from openaudit.licenses.clauses import Clause

_ORDER = (Grant.OPEN, Grant.RESTRICTED, Grant.RESEARCH_ONLY, Grant.UNLICENSED)
MAX_CLAUSES_CHARS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseReading:
    """What one text is and allows.

    `ids` are the report ids of its licenses, texts before mere references; `grant` is what they let anyone do
    together, `at_most` the most where that is undetermined; `clauses` were read only where no rule knows the terms.
    """

    identification: Identification
    ids: tuple[str, ...]
    names: tuple[str, ...]
    grant: Grant
    at_most: Grant
    terms: Terms
    term_names: tuple[str, ...]
    clauses: tuple[Clause, ...] = ()
    why: str = ""

    @property
    def texts(self) -> tuple[Match, ...]:
        """The licenses whose whole text is here."""
        return tuple(match for match in self.identification.matches if match.kind == "text")

    @property
    def first(self) -> Match | None:
        """The match that says most: the first text, else the first reference."""
        return next(iter(self.texts), next(iter(self.identification.matches), None))


def read_license(text: str, catalog: Catalog, rules: Callable[[], ClauseRules]) -> LicenseReading:
    """The reading of a license text. Pure and bounded; `rules` is called only where clauses have to be read."""
    found = identify(text)
    matches = [m for m in found.matches if m.kind == "text"] or list(found.matches)
    known = [(match, catalog.by_id(match.id)) for match in matches]
    settled = [
        license_ for _, license_ in known if license_ is not None and license_.grant is not Grant.UNDETERMINED
    ]
    if matches and len(settled) == len(matches):
        return _known(found, settled)
    return _by_clauses(text, found, known, settled, rules)


def _known(found: Identification, licenses: Sequence[License]) -> LicenseReading:
    """Every license in the text is one whose terms the rules know."""
    strictest = max(licenses, key=lambda license_: _ORDER.index(license_.grant))
    return LicenseReading(
        identification=found,
        ids=tuple(dict.fromkeys(license_.id for license_ in licenses)),
        names=tuple(dict.fromkeys(license_.name for license_ in licenses)),
        grant=strictest.grant,
        at_most=strictest.grant,
        terms=strictest.terms,
        term_names=tuple(dict.fromkeys(name for license_ in licenses for name in term_names(license_))),
        why=strictest.why,
    )


def _by_clauses(
    text: str,
    found: Identification,
    known: Sequence[tuple[Match, License | None]],
    settled: Sequence[License],
    rules: Callable[[], ClauseRules],
) -> LicenseReading:
    """A text that is changed, of an unknown version, or of no license that the rules know: clause by clause.

    A changed text is at most what its base is: clauses can only take from it.
    """
    # imported here: most texts are known, and a cold start should not pay for the clauses of the others
    from openaudit.licenses.clauses import read_clauses

    reading = read_clauses(text[:MAX_CLAUSES_CHARS], rules())
    grants = [reading.grant, *(license_.grant for license_ in settled)]
    if any(match.modified for match, _ in known) and reading.grant is Grant.OPEN:
        grants.append(Grant.UNDETERMINED)
    bounds = [reading.at_most, *(license_.at_most for _, license_ in known if license_ is not None)]
    limits = [clause.term for clause in reading.clauses if clause.effect not in (None, Grant.OPEN)]
    terms = reading.terms
    return LicenseReading(
        identification=found,
        ids=tuple(dict.fromkeys(match.id for match, _ in known)),
        names=tuple(dict.fromkeys(_name(match, license_) for match, license_ in known)),
        grant=_together(grants),
        at_most=max(bounds, key=_rank, default=Grant.OPEN),
        terms=terms,
        term_names=tuple(dict.fromkeys([*_names_of(known), *limits])),
        clauses=reading.clauses,
        why=reading.why,
    )


def _name(match: Match, license_: License | None) -> str:
    name = license_.name if license_ is not None else match.name
    return (
        f"{name}, modified"
        if match.modified and match.id.startswith(MODIFIED) and "modified" not in name
        else name
    )


def _names_of(known: Sequence[tuple[Match, License | None]]) -> Iterator[str]:
    for _, license_ in known:
        if license_ is not None:
            yield from term_names(license_)


def _together(grants: Sequence[Grant]) -> Grant:
    """The strictest that is known; undetermined where something was not, and nothing known limits."""
    known = [grant for grant in grants if grant is not Grant.UNDETERMINED]
    strictest = max(known, key=_ORDER.index, default=Grant.UNDETERMINED)
    return strictest if strictest is not Grant.OPEN or len(known) == len(grants) else Grant.UNDETERMINED


def _rank(grant: Grant) -> int:
    return _ORDER.index(grant) if grant in _ORDER else 0
