"""The summary of a survey in words and bars, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from openaudit.survey.summary import LEVEL_ORDER, Summary

_BAR = 30
_MOST_LINES = 12


def summary_text(summary: Summary) -> str:
    """The counts as lines of text."""
    seen = f"{summary.mean_coverage:.0%} of the evidence that counts was seen on average."
    lines = [
        f"{summary.rows:,} models: {summary.audited:,} audited, {summary.unread.total():,} not read; {seen}"
    ]
    lines += _table("Levels", [(name, summary.levels[name]) for name in _levels(summary)], summary.audited)
    lines += _table("Licenses that bind", summary.licenses.most_common(_MOST_LINES), summary.audited)
    lines += _table("Contradictions", summary.conflicts.most_common(_MOST_LINES), summary.audited)
    families = [
        (f"{name} ({summary.families[name]:,})", count)
        for name, count in summary.contradicted_families.most_common(_MOST_LINES)
    ]
    lines += _table("Models with a contradiction, by family", families, summary.contradicted)
    lines += ["", relicensing(summary)]
    lines += _table("Not read, by reason", summary.unread.most_common(), summary.rows)
    return "\n".join(lines) + "\n"


def relicensing(summary: Summary) -> str:
    """How many derivatives declare another license than their base has."""
    known = summary.of_known_license
    if not known:
        return f"{summary.derivatives:,} models are made from another; the license of none of the bases is known."
    return (
        f"{summary.derivatives:,} models are made from another; of the {known:,} whose base's license is known, "
        f"{summary.relicensed:,} ({summary.relicensed / known:.1%}) declare another license, "
        f"{summary.more_permissive:,} ({summary.more_permissive / known:.1%}) a more permissive one."
    )


def _levels(summary: Summary) -> Sequence[str]:
    return [
        *(n for n in LEVEL_ORDER if summary.levels[n]),
        *(n for n in summary.levels if n not in LEVEL_ORDER),
    ]


def _table(title: str, rows: Sequence[tuple[str, int]], of: int) -> list[str]:
    if not rows:
        return []
    most = max(count for _, count in rows)
    width = min(46, max(len(_plain(name)) for name, _ in rows))
    return [
        "",
        title,
        *(
            f"  {_plain(name)[:width]:{width}}  {count:>9,}  {count / of if of else 0:>6.1%}  "
            f"{'█' * round(_BAR * count / most) if most else ''}".rstrip()
            for name, count in rows
        ),
    ]


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)
