"""The verdicts of the frameworks side by side: each with its figures, what it holds against the model, what it left open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from openaudit.formats import wording
from openaudit.formats.safe_text import clean, clean_name
from openaudit.vocabulary import Report, Verdict

Tone = Literal["good", "partial", "bad", "open"]

_RESULTS: Mapping[str, tuple[Tone, str]] = {
    "pass": ("good", "met"),
    "met": ("good", "met"),
    "satisfied": ("good", "satisfied"),
    "open": ("good", "open"),
    "partial": ("partial", "partial"),
    "review": ("partial", "for a person to judge"),
    "judgement": ("partial", "for a person to judge"),
    "fail": ("bad", "not met"),
    "fails": ("bad", "not met"),
    "not-met": ("bad", "not met"),
    "not-satisfied": ("bad", "not satisfied"),
    "closed": ("bad", "closed"),
    "unknown": ("open", "could not be told"),
}
_TONES: tuple[Tone, ...] = ("good", "partial", "bad", "open")
_MOST_FAILED, _MOST_OPEN, _MOST_CHECKS = 8, 6, 200
_PROGRESS = (
    ("iii", "Class III, Open Model"),
    ("ii", "Class II, Open Tooling"),
    ("i", "Class I, Open Science"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many checks came out one way."""

    words: str
    count: int
    tone: Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A figure of a framework as a share, 0 to 100."""

    label: str
    percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameworkCard:
    """One framework: its verdict in words and why; shares and tallies; the checks that fail, with the reason; what it
    could not judge, `more_open` of which are left out."""

    id: str
    name: str
    version: str
    verdict: str
    why: str
    shares: tuple[Share, ...]
    tallies: tuple[Tally, ...]
    failed: tuple[tuple[str, str], ...]
    not_judged: tuple[str, ...]
    more_open: int = 0


def cards_of(report: Report) -> tuple[FrameworkCard, ...]:
    """Every framework's card but the spectrum's, which is the report's own headline."""
    return tuple(_card(verdict) for verdict in report.frameworks[:20] if verdict.framework != "spectrum")


def _card(verdict: Verdict) -> FrameworkCard:
    details = verdict.details
    checks = [check for check in _list(details.get("checks"))[:_MOST_CHECKS] if isinstance(check, Mapping)]
    left_open = [clean(str(text)) for text in _list(details.get("could_not_judge"))]
    return FrameworkCard(
        id=clean_name(verdict.framework),
        name=wording.framework_name(verdict),
        version=clean_name(str(details.get("version") or "")),
        verdict=wording.verdict_in_words(verdict),
        why=clean(verdict.reason),
        shares=tuple(_shares(details)),
        tallies=tuple(_tallies(checks)),
        failed=tuple(_failed(checks))[:_MOST_FAILED],
        not_judged=tuple(left_open[:_MOST_OPEN]),
        more_open=max(0, len(left_open) - _MOST_OPEN),
    )


def _shares(details: Mapping[str, Any]) -> Iterator[Share]:
    progress = details.get("progress")
    if isinstance(progress, Mapping):
        for key, label in _PROGRESS:
            if _is_number(progress.get(key)):
                yield Share(label=label, percent=_held(progress[key]))
    groups = details.get("groups")
    if isinstance(groups, Mapping):
        for name, share in list(groups.items())[:8]:
            if _is_number(share):
                yield Share(label=wording.spoken(str(name)).capitalize(), percent=_held(100 * share))


def _tallies(checks: list[Mapping[str, Any]]) -> Iterator[Tally]:
    counts = Counter(_result(check) for check in checks)
    for tone, words in sorted(counts, key=lambda result: (_TONES.index(result[0]), result[1])):
        yield Tally(words=words, count=counts[tone, words], tone=tone)


def _failed(checks: list[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for check in checks:
        if _result(check)[0] == "bad":
            yield (
                clean(str(check.get("name") or check.get("id") or ""), 160),
                clean(str(check.get("reason") or "")),
            )


def _result(check: Mapping[str, Any]) -> tuple[Tone, str]:
    said = str(check.get("result") or "unknown")
    return _RESULTS.get(said, ("open", wording.spoken(said)))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _held(value: float) -> float:
    return max(0.0, min(100.0, float(value)))


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []
