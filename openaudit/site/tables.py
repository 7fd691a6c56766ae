"""Everything as data: summaries as JSON and CSV, whole reports one a line, records for the compare page, badges."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from openaudit.formats import badge, terms, wording
from openaudit.formats.permissions import permissions_of
from openaudit.formats.safe_text import clean, clean_name, clean_quote, web_address
from openaudit.site.cards import Card, Opened
from openaudit.site.model_pages import finding_anchor
from openaudit.vocabulary import Dimension, Report

MODEL_COLUMNS = (
    "id", "subject", "page", "level", "level_name", "band", "score", "license", "license_name", "grant", "gated",
    "family", "organisation", "parameters", "parameters_from_name", "revision", "audited", "reports", "contradictions",
    "findings", "weights", "code", "data", "docs",
)  # fmt: skip
FINDING_COLUMNS = ("id", "rule", "severity", "component", "message", "fix", "place", "anchor")
COMPONENT_COLUMNS = ("id", "component", "dimension", "status", "license", "confidence", "reason")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_BADGE_COLORS: Mapping[str, str] = {
    "fully-open": "17663d", "open-toolchain": "17663d", "open-data": "17663d", "open-weight": "2a5a8c",
    "restricted-weight": "825000", "restricted-data": "825000", "research-only": "825000",
    "research-only-data": "825000", "unlicensed": "a12b24", "unlicensed-data": "a12b24", "closed": "a12b24",
}  # fmt: skip


def compact(value: Any) -> str:
    """JSON on one line, in ASCII: no character of a repository's acts on who prints it."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def summary(card: Card, frameworks: Sequence[str]) -> dict[str, Any]:
    """One model in short, as `data/models.json` and `data/models.csv` have it."""
    row: dict[str, Any] = {
        "id": card.id,
        "subject": card.subject,
        "page": f"models/{card.page}.html",
        "level": card.level,
        "level_name": card.level_name,
        "band": card.band,
        "score": card.points,
        "license": card.license,
        "license_name": card.license_name or None,
        "grant": card.grant.value,
        "gated": card.gated or None,
        "family": card.family or None,
        "organisation": card.organisation or None,
        "parameters": card.parameters,
        "parameters_from_name": card.size_from_name,
        "revision": card.revision or None,
        "audited": card.at or None,
        "reports": len(card.versions),
        "contradictions": card.contradictions,
        "findings": card.findings,
    }
    for dimension, side in zip(Dimension, card.sides, strict=True):
        row[dimension.value] = side.status.value
    return {**row, **{name: card.verdicts.get(name) for name in frameworks}}


def finding_rows(card: Card, report: Report) -> Iterator[tuple[Any, ...]]:
    """The findings of one model, a row each."""
    for finding in report.findings:
        place = wording.place(finding.evidence[0].where) if finding.evidence else ""
        anchor = f"models/{card.page}.html#{finding_anchor(finding)}"
        component = clean_name(finding.component or "")
        words = (clean(finding.message, 1000), clean(finding.fix, 1000))
        yield card.id, clean_name(finding.rule), finding.severity.value, component, *words, place, anchor


def component_rows(card: Card, report: Report) -> Iterator[tuple[Any, ...]]:
    """The components of one model, a row each."""
    for component in report.components:
        yield (
            card.id,
            clean_name(component.id),
            component.dimension.value,
            component.status.value,
            clean_name(component.license or ""),
            component.confidence,
            clean(component.reason, 1000),
        )


def csv_lines(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """CSV as RFC 4180 has it; a cell that a spreadsheet would take for a formula begins with an apostrophe.

    Source: OWASP, "CSV Injection".
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    for row in (columns, *rows):
        writer.writerow([_cell(value) for value in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def compared(card: Card, opened: Opened) -> dict[str, Any]:
    """What the compare page shows of one model."""
    report = opened.report
    return {
        "id": card.id,
        "page": card.page,
        "level": card.level,
        "name": card.level_name,
        "points": card.points,
        "headline": clean(report.headline),
        "license": clean_name(card.license or "") or wording.license_in_words(report.license),
        "grant": wording.GRANT_NAMES[report.license.grant],
        "access": wording.access_in_words(report),
        "size": card.parameters,
        "guessed": card.size_from_name,
        "day": card.day,
        "sides": [
            [wording.DIMENSION_NAMES[dimension], side.status.value, side.points, clean(found.reason, 300)]
            for dimension, side, found in zip(Dimension, opened.sides, report.dimensions, strict=True)
        ],
        "components": [
            [clean_name(c.name), c.status.value, clean(c.reason, 200)] for c in report.components[:40]
        ],
        "permissions": [
            [permission.question, permission.answer, permission.words, clean(permission.reason, 200)]
            for permission in permissions_of(opened.document)
        ],
        "terms": [
            [term.question, term.answer, terms.ANSWER_WORDS[term.answer], clean(term.detail, 200)]
            for license in terms.terms_by_license(report.license.terms)[:1]
            for term in license.terms[:40]
        ],
        "frameworks": [[line.name, line.verdict] for line in wording.framework_lines(report)[:20]],
        "contradictions": [clean(conflict.message, 300) for conflict in wording.contradictions(report)[:10]],
        "lineage": [clean_name(ancestor.id) for ancestor in report.lineage[:10]],
        "claims": [clean_quote(claim.quote) for claim in report.claims[:5] if claim.holds is False],
        "url": web_address(report.url),
    }


def badge_svg(report: Report) -> str:
    """The level as a picture."""
    return badge.render([report])


def badge_endpoint(card: Card) -> dict[str, Any]:
    """The level as shields.io draws it. Source: https://shields.io/badges/endpoint-badge"""
    return {
        "schemaVersion": 1,
        "label": "openness",
        "message": card.level_name[:48],
        "color": _BADGE_COLORS.get(card.level, "565a61"),
    }
