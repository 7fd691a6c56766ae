"""What changed between two reports of one model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from openaudit.formats import wording
from openaudit.formats.safe_text import clean_name
from openaudit.vocabulary import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that is not as it was: what, before and after, in words."""

    what: str
    before: str
    after: str


def changes(old: Report, new: Report) -> tuple[Change, ...]:
    """What a reader of the older report would want to know; the level first. Empty when the verdicts are the same."""
    return tuple(
        Change(what=what, before=before, after=after)
        for what, before, after in (
            ("Level", clean_name(old.level_name), clean_name(new.level_name)),
            ("License", wording.license_in_words(old.license), wording.license_in_words(new.license)),
            ("What the license lets anyone do", _grant(old), _grant(new)),
            ("Score", wording.score_in_words(old), wording.score_in_words(new)),
            ("Access", _gate(old), _gate(new)),
            *_dimensions(old, new),
            *_frameworks(old, new),
        )
        if before != after
    )


def why_again(old: Report, new: Report) -> str:
    """Whether the model moved, or the rules that judged it: a verdict can change with either."""
    moved = old.revision != new.revision
    ruled = old.rules_version != new.rules_version
    if moved and ruled:
        return "Another revision, judged by other rules"
    if moved:
        return "Another revision, the same rules"
    return "The same revision, judged by other rules" if ruled else "The same revision and rules"


def _grant(report: Report) -> str:
    return wording.GRANT_NAMES[report.license.grant]


def _gate(report: Report) -> str:
    return {False: "not gated", "auto": "gated, automatic", "manual": "gated, by hand", None: "not told"}[
        report.access.gated
    ]


def _dimensions(old: Report, new: Report) -> Iterator[tuple[str, str, str]]:
    for before, after in zip(old.dimensions, new.dimensions, strict=True):
        yield wording.DIMENSION_NAMES[after.dimension], before.status.value, after.status.value


def _frameworks(old: Report, new: Report) -> Iterator[tuple[str, str, str]]:
    before = {verdict.framework: verdict for verdict in old.frameworks}
    for verdict in new.frameworks:
        if verdict.framework != "spectrum" and verdict.framework in before:
            said = wording.verdict_in_words(before[verdict.framework])
            yield wording.framework_name(verdict), said, wording.verdict_in_words(verdict)
