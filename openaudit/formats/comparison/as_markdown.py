"""The comparison as Markdown: what changed first, then the table; everything quoted is escaped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from openaudit.formats.comparison.changes import Change, ChangeSet, FileChanges, Remark, TextChange
from openaudit.formats.comparison.side_by_side import Comparison, Group
from openaudit.formats.comparison.word_changes import Run
from openaudit.formats.markdown import LENGTH_LIMIT, escape, in_code

_ARROWS = {"up": "↑ more open", "down": "↓ less open", "changed": ""}
_ROWS = 60


def render(comparison: Comparison) -> str:
    """The comparison, at most `LENGTH_LIMIT` characters; what is too long is said to be left out."""
    text = f"## {escape(comparison.title)}\n"
    sections = [
        *map(_changes, comparison.changes),
        *(_group(comparison, group) for group in comparison.groups),
    ]
    for position, section in enumerate(sections):
        part = "\n".join(section) + "\n"
        if len(text) + len(part) > LENGTH_LIMIT:
            left = len(sections) - position
            return f"{text}\n*{left} of {len(sections)} parts are too long for this place; see -f json.*\n"
        text += part
    return text


def _changes(changes: ChangeSet) -> Iterator[str]:
    yield ""
    yield f"### What changed: {in_code(changes.before)} → {in_code(changes.after)}"
    yield ""
    yield f"**{escape(changes.verdict)}**"
    if changes.is_empty:
        yield ""
        yield "Nothing that is known changed."
    yield from _values("Verdict", changes.values)
    yield from _listed("Limits and duties that came", changes.terms_added)
    yield from _listed("Limits and duties that went", changes.terms_removed)
    yield from _texts(changes.texts or ())
    yield from _values("Components", changes.components)
    yield from _remarks("Findings that appeared", changes.findings_new)
    yield from _remarks("Findings that disappeared", changes.findings_gone)
    yield from _listed("Made from or with, new", changes.kin_added)
    yield from _listed("Made from or with, gone", changes.kin_removed)
    yield from _files(changes.files)
    if changes.note:
        yield ""
        yield f"*{escape(changes.note)}*"


def _values(title: str, changes: Sequence[Change]) -> Iterator[str]:
    if not changes:
        return
    yield ""
    yield f"| {title} | before | after | |"
    yield "| --- | --- | --- | --- |"
    for change in changes[:_ROWS]:
        cells = (
            escape(change.label, 120),
            escape(change.before),
            escape(change.after),
            _ARROWS[change.direction],
        )
        yield f"| {' | '.join(cells)} |"


def _listed(title: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        yield ""
        yield f"{title}:"
        yield ""
        yield from (f"- {escape(name)}" for name in names[:_ROWS])


def _remarks(title: str, remarks: Sequence[Remark]) -> Iterator[str]:
    if remarks:
        yield ""
        yield f"{title}:"
        yield ""
        yield from (f"- **{escape(each.severity, 40)}**: {escape(each.message)}" for each in remarks[:_ROWS])


def _texts(texts: Sequence[TextChange]) -> Iterator[str]:
    for text in texts:
        yield ""
        if text.words is None:
            there = (
                f"{in_code(text.before)} is gone" if text.before else f"{in_code(text.after or '')} is new"
            )
            yield f"License text: {there}."
            continue
        moved = f" (was {in_code(text.before)})" if text.before and text.before != text.after else ""
        counts = f"{text.words.removed} words out, {text.words.added} words in"
        yield f"License text {in_code(text.after or '')}{moved}: {counts}."
        yield ""
        yield from (f"- {_hunk(hunk)}" for hunk in text.words.hunks)
        if text.words.left_out:
            yield f"- *and {text.words.left_out} more places*"


def _hunk(runs: Sequence[Run]) -> str:
    marks = {"kept": "{}", "removed": "~~{}~~ (out)", "added": "**{}** (in)"}
    return " ".join(marks[run.kind].format(escape(run.words, 1_200)) for run in runs)


def _files(files: FileChanges | None) -> Iterator[str]:
    if files is None:
        return
    for title, paths in (("added", files.added), ("removed", files.removed), ("changed", files.changed)):
        if paths:
            yield ""
            yield f"Files {title}: {', '.join(in_code(path) for path in paths[:_ROWS])}"
    if files.unproven:
        yield ""
        yield f"*{files.unproven} files were compared by size only.*"


def _group(comparison: Comparison, group: Group) -> Iterator[str]:
    yield ""
    yield f"### {group.title}"
    yield ""
    yield f"| | {' | '.join(in_code(side.name) for side in comparison.sides)} |"
    yield f"| --- |{' --- |' * len(comparison.sides)}"
    for row in group.rows[:_ROWS]:
        label = f"**{escape(row.label, 120)}** ≠" if row.differs else escape(row.label, 120)
        yield f"| {label} | {' | '.join(escape(cell) for cell in row.cells)} |"
