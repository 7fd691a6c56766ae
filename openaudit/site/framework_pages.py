"""A page a framework: what it asks, how the checks came out, and which models got which verdict."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openaudit.engine.frameworks.rules import Frameworks
from openaudit.formats import wording
from openaudit.formats.safe_text import clean_name, web_address
from openaudit.rule_files import RuleFile
from openaudit.site.cards import QUARTERS, Card
from openaudit.site.names import page_names
from openaudit.site.rendering import Render, Site
from openaudit.vocabulary import Verdict

_MOF_BUCKETS = ("included", "invalid", "unlicensed", "missing", "optional")
_CHECK_LIMIT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The models with one verdict; `filter` is the value of the front page's filter, empty where it has none."""

    words: str
    filter: str
    cards: Sequence[Card]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """One check, with how many models got which result."""

    name: str
    question: str
    source: str
    anchor: str
    tally: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameworkPage:
    """What the page of a framework shows."""

    id: str
    page: str
    name: str
    question: str
    version: str
    references: tuple[str, ...]
    limits: tuple[str, ...]
    groups: tuple[Group, ...]
    total: int
    results: tuple[str, ...]
    checks: tuple[CheckRow, ...]
    checks_caption: str


class Tallies:
    """The results of checks, counted while the reports pass by once; a report is never kept."""

    def __init__(self) -> None:
        self._counts: dict[str, dict[str, Counter[str]]] = {}
        self.said: dict[str, dict[str, str]] = {}

    def add(self, card: Card, verdicts: Sequence[Verdict]) -> None:
        """Count what one report says."""
        for verdict in verdicts:
            self.said.setdefault(verdict.framework, {})[card.page] = wording.verdict_in_words(verdict)
            for check, result in _results(verdict):
                checks = self._counts.setdefault(verdict.framework, {})
                if check in checks or len(checks) < _CHECK_LIMIT:
                    checks.setdefault(check, Counter())[result] += 1

    def of(self, framework: str) -> Mapping[str, Counter[str]]:
        """Check id to how often each result was given."""
        return self._counts.get(framework, {})


def _results(verdict: Verdict) -> Iterator[tuple[str, str]]:
    for check in _list(verdict.details.get("checks")):
        if isinstance(check, Mapping) and isinstance(check.get("id"), str):
            yield clean_name(check["id"]), clean_name(str(check.get("result", "unknown")))[:40]
    if verdict.framework == "mof":
        for bucket in _MOF_BUCKETS:
            for component in _list(verdict.details.get(bucket)):
                if isinstance(component, str):
                    yield clean_name(component), bucket


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def framework_page_names(ids: Sequence[str]) -> Mapping[str, str]:
    """The page of each framework that gave a verdict; the spectrum is the site's own order and has none."""
    return page_names(id_ for id_ in ids if id_ != "spectrum")


def framework_pages(
    site: Site, frameworks: Frameworks, files: Mapping[str, RuleFile], tallies: Tallies, render: Render
) -> Iterator[tuple[str, str]]:
    """The list of frameworks and the page of each, as path and text."""
    shown = [
        _framework(id_, page, site, frameworks, files, tallies) for id_, page in site.framework_pages.items()
    ]
    yield "frameworks.html", render("frameworks.html.j2", path="frameworks.html", frameworks=shown)
    for framework in shown:
        path = f"frameworks/{framework.page}.html"
        yield path, render("framework.html.j2", path=path, framework=framework)


def _framework(
    id_: str, page: str, site: Site, frameworks: Frameworks, files: Mapping[str, RuleFile], tallies: Tallies
) -> FrameworkPage:
    file = files.get(id_)
    facts: Mapping[str, Any] = file.value if file else {}
    groups = tuple(_groups(id_, site.cards, tallies))
    return FrameworkPage(
        id=id_,
        page=page,
        name=wording.FRAMEWORK_NAMES.get(id_, wording.spoken(id_)),
        question=str(facts.get("question", "")),
        version=str(facts.get("version", "")),
        references=tuple(href for href in map(str, _list(facts.get("references"))) if web_address(href)),
        limits=tuple(map(str, _list(facts.get("limits")))),
        groups=groups,
        total=sum(len(group.cards) for group in groups),
        results=_result_names(id_, frameworks, tallies),
        checks=tuple(_checks(id_, frameworks, tallies)),
        checks_caption="Components, and how many models publish each under a license that counts"
        if id_ == "mof"
        else "Checks, and how many models got each result",
    )


def _groups(id_: str, cards: Sequence[Card], tallies: Tallies) -> Iterator[Group]:
    members: dict[tuple[str, str], list[Card]] = {}
    for card in cards:
        if id_ in card.verdicts:
            group = card.verdicts[id_]
            said = tallies.said.get(id_, {}).get(card.page, "")
            words = group if group in QUARTERS else said
            members.setdefault((words, f"{id_}:{group}" if group else ""), []).append(card)
    for (words, filter_), found in sorted(members.items(), key=lambda item: (-len(item[1]), item[0])):
        yield Group(words=words, filter=filter_, cards=found)


def _result_names(id_: str, frameworks: Frameworks, tallies: Tallies) -> tuple[str, ...]:
    found = {result for counts in tallies.of(id_).values() for result in counts}
    if id_ == "mof":
        return tuple(bucket for bucket in _MOF_BUCKETS if bucket in found)
    known = tuple(frameworks.checked[id_].results) if id_ in frameworks.checked else ()
    named = tuple(result for result in (*known, "unknown") if result in found)
    return named + tuple(sorted(found - set(named)))[:6]


def _checks(id_: str, frameworks: Frameworks, tallies: Tallies) -> Iterator[CheckRow]:
    names = _result_names(id_, frameworks, tallies)
    counts = tallies.of(id_)
    texts = _check_texts(id_, frameworks)
    for check in (*(key for key in texts if key in counts), *sorted(set(counts) - set(texts))):
        name, question, source = texts.get(check, (wording.spoken(check), "", ""))
        yield CheckRow(
            name=name,
            question=question,
            source=source,
            anchor=re.sub(r"[^a-z0-9-]+", "-", check.lower())[:60],
            tally=tuple((result, counts[check][result]) for result in names),
        )


def _check_texts(id_: str, frameworks: Frameworks) -> Mapping[str, tuple[str, str, str]]:
    if id_ == "mof":
        return {
            part.key: (
                part.name,
                f"Class {part.first_class.upper()}, {'required' if part.required else 'optional'}",
                "",
            )
            for part in frameworks.mof.components
        }
    framework = frameworks.checked.get(id_)
    return (
        {check.id: (check.name, check.question, check.source) for check in framework.checks}
        if framework
        else {}
    )
