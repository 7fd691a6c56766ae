"""What would raise a model's level, as a plain text that anyone can send to its maintainers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openaudit.formats import wording
from openaudit.formats.links import line_link
from openaudit.formats.safe_text import clean, clean_name
from openaudit.vocabulary import LicenseConflict, Report

_MOST = 12
_CLASSES = (
    ("iii", "class III (Open Model)"),
    ("ii", "class II (Open Tooling)"),
    ("i", "class I (Open Science)"),
)


def request_text(report: Report) -> str:
    """The whole text, of visible characters and line ends only; empty where there is nothing to ask for."""
    asks = [*_contradictions(report), *_steps(report), *_next_class(report)]
    if not asks:
        return ""
    return "\n".join([*_opening(report), *asks, *_closing(report)]) + "\n"


def _opening(report: Report) -> Iterator[str]:
    yield f"How {clean_name(report.id)} could become more open"
    yield ""
    at = f" at revision {clean_name(report.revision)}" if report.revision else ""
    yield f"An audit with openaudit{at} found: {clean(report.level_name)}. {clean(report.headline)}"


def _contradictions(report: Report) -> Iterator[str]:
    conflicts = wording.contradictions(report)[:_MOST]
    if conflicts:
        yield ""
        yield "First, these places contradict each other:"
    for conflict in conflicts:
        yield f"- {clean(conflict.message)}"
        yield from (f"    {place}" for place in _places(conflict, report))
        fix = wording.fix_of(report, conflict)
        if fix:
            yield f"    Fix: {clean(fix)}"


def _places(conflict: LicenseConflict, report: Report) -> Iterator[str]:
    for statement in conflict.between[:4]:
        link = line_link(statement.where, url=report.url, revision=report.revision)
        yield f"{wording.place(statement.where)}" + (f"  {link}" if link else "")


def _steps(report: Report) -> Iterator[str]:
    reached = ""
    for number, step in enumerate(report.improvements[:_MOST], start=1):
        if step.level != reached:
            reached = step.level
            yield ""
            yield f"To become {wording.level_in_words(step.level)}:"
        yield f"{number}. {clean(step.action)}"


def _next_class(report: Report) -> Iterator[str]:
    """What the next class of the Model Openness Framework lacks, where the verdict tells it."""
    mof = next((verdict for verdict in report.frameworks if verdict.framework == "mof"), None)
    by_class = mof.details.get("by_class") if mof else None
    if mof is None or not isinstance(by_class, Mapping):
        return
    reached = {"class-iii": 1, "class-ii": 2, "class-i": 3}.get(mof.verdict, 0)
    if reached >= len(_CLASSES):
        return
    key, name = _CLASSES[reached]
    lacks = by_class.get(key)
    if isinstance(lacks, Mapping):
        yield ""
        yield f"For {name} of the Model Openness Framework:"
        for state, ask in (
            ("missing", "Release"),
            ("unlicensed", "Say under which license this stands"),
            ("invalid", "Put this under an open license"),
        ):
            names = _names(report, lacks.get(state))
            if names:
                yield f"- {ask}: {', '.join(names)}."


def _names(report: Report, ids: Any) -> list[str]:
    known = {component.id: clean_name(component.name) for component in report.components}
    listed = ids if isinstance(ids, list | tuple) else ()
    return [known.get(str(id_)) or wording.spoken(str(id_)) for id_ in listed[:20]]


def _closing(report: Report) -> Iterator[str]:
    yield ""
    yield (
        f"openaudit {clean_name(report.tool_version)}, rules {clean_name(report.rules_version)}, "
        f"{clean_name(report.resolved_at)}. An automatic reading of what is public, no legal advice; "
        "if it misread something, please say so."
    )
