"""The pages of one model: its newest report and the older ones, with permanent links to findings and disputes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from openaudit.formats import terms, wording
from openaudit.formats.permissions import permissions_of
from openaudit.formats.safe_text import clean, clean_name, clip
from openaudit.site.cards import Card, Opened
from openaudit.site.history import Change, changes, why_again
from openaudit.site.names import anchor
from openaudit.site.rendering import Render, Site
from openaudit.vocabulary import Finding, LicenseConflict, Report

VERSIONS_SHOWN = 50
"""Reports of one model that get a page."""
_BODY_LIMIT = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A finding as its page shows it: its anchor, and where to dispute it (None without an address for that)."""

    finding: Finding
    anchor: str
    dispute: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownConflict:
    """A contradiction as the page shows it, with what would mend it."""

    conflict: LicenseConflict
    rule: str
    anchor: str
    fix: str
    dispute: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a model's history."""

    key: str
    day: str
    file: str
    revision: str
    level_name: str
    score: str
    first: bool
    here: bool
    why: str
    changes: tuple[Change, ...]


def model_pages(
    card: Card, opened: Sequence[Opened], site: Site, render: Render
) -> Iterator[tuple[str, str]]:
    """The pages of a model as path and text: the newest report, then the older ones, as many as were opened."""
    for number in range(len(opened)):
        path = f"models/{version_file(card, number)}.html"
        yield path, render("model.html.j2", path=path, **_page(card, site, number, opened))


def version_file(card: Card, number: int) -> str:
    """The name, without its ending, of the files of one report of a model; 0 is the newest."""
    return card.page if number == 0 else f"{card.page}--{card.versions[number].key}"


def _page(card: Card, site: Site, number: int, opened: Sequence[Opened]) -> dict[str, Any]:
    report = opened[number].report
    return {
        "card": card,
        "version": card.versions[number],
        "report": report,
        "older": number > 0,
        "json_file": f"../data/models/{version_file(card, number)}.json",
        "sides": opened[number].sides,
        "contradictions": list(_conflicts(card, report, site)),
        "findings": [
            Shown(
                finding=finding, anchor=finding_anchor(finding), dispute=dispute(site, card, report, finding)
            )
            for finding in wording.other_findings(report)
        ],
        "permissions": permissions_of(opened[number].document),
        "licenses": terms.terms_by_license(report.license.terms),
        "limits": terms.limits_named(report.license.terms),
        "frameworks": list(_frameworks(report, site)),
        "history": list(_history(card, [one.report for one in opened], number)),
        "dispute_url": dispute(site, card, report, None),
    }


def finding_anchor(finding: Finding) -> str:
    """The fragment of a finding's permanent link: it holds as long as the finding says the same of the same part."""
    return anchor(clean_name(finding.rule), clean(finding.component or ""), clean(finding.message))


def _conflicts(card: Card, report: Report, site: Site) -> Iterator[ShownConflict]:
    told = {finding.message: finding for finding in report.findings}
    for conflict in wording.contradictions(report):
        finding = told.get(conflict.message) or Finding(
            rule=f"license-conflict/{conflict.kind}", severity=conflict.severity, message=conflict.message
        )
        yield ShownConflict(
            conflict=conflict,
            rule=clean_name(finding.rule),
            anchor=finding_anchor(finding),
            fix=finding.fix,
            dispute=dispute(site, card, report, finding),
        )


def _frameworks(report: Report, site: Site) -> Iterator[Mapping[str, str]]:
    shown = [verdict for verdict in report.frameworks if verdict.framework != "spectrum"]
    for verdict, line in zip(shown, wording.framework_lines(report), strict=True):
        page = site.framework_pages.get(verdict.framework, "")
        yield {"name": line.name, "verdict": line.verdict, "why": line.why, "page": page}


def _history(card: Card, reports: Sequence[Report], here: int) -> Iterator[Entry]:
    for number, report in enumerate(reports):
        version = card.versions[number]
        older = reports[number + 1] if number + 1 < len(reports) else None
        yield Entry(
            key=version.key,
            day=version.at[:10] or "an unknown day",
            file=f"{version_file(card, number)}.html",
            revision=report.revision or "",
            level_name=clean_name(report.level_name),
            score=wording.score_in_words(report) if version.seen else "–",
            first=older is None,
            here=number == here,
            why=why_again(older, report) if older else "",
            changes=changes(older, report) if older else (),
        )


def dispute(site: Site, card: Card, report: Report, finding: Finding | None) -> str | None:
    """The address of a new issue that already names the model, the revision, the finding and its places."""
    if site.issues_url is None:
        return None
    subject = clean_name(finding.rule) if finding else "the report"
    fragment = f"#{finding_anchor(finding)}" if finding else ""
    page = f"{site.base_url or ''}models/{card.page}.html{fragment}"
    lines = [
        f"Model: {card.id}",
        f"Revision: {clean_name(report.revision or 'not told')}",
        f"Page: {page}",
        f"Rules: {clean_name(report.rules_version)}, openaudit {clean_name(report.tool_version)}",
    ]
    if finding:
        lines.append(f"Finding: {clean(finding.rule)}: {clean(finding.message, 300)}")
        lines += [f"Place: {wording.place(evidence.where)}" for evidence in finding.evidence[:5]]
    else:
        lines.append(f"Verdict: {clean_name(report.level_name)}")
    lines += ["", "What is wrong, and where can it be seen?", ""]
    body = clip("\n".join(lines), _BODY_LIMIT)
    query = urlencode({"title": clip(f"Dispute: {card.id}: {subject}", 200), "body": body})
    return f"{site.issues_url}{'&' if '?' in site.issues_url else '?'}{query}"
