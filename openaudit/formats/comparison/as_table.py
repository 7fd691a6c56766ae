"""The comparison for a terminal: what changed first, then the sides in columns, the rows that differ marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from openaudit.formats.comparison.changes import Change, ChangeSet, FileChanges, Remark, TextChange
from openaudit.formats.comparison.side_by_side import Comparison, Group
from openaudit.formats.comparison.word_changes import Run
from openaudit.formats.safe_text import clip
from openaudit.formats.table import (
    BOLD,
    DIM,
    FILE_WIDTH,
    grid,
    hanging,
    indented,
    on_terminal,
    printed,
    title,
)

_ROWS = 40
_SIDES_ABREAST = 4
_HUNKS = 12
_DIRECTIONS = {"up": ("↑", Style(color="green")), "down": ("↓", Style(color="red")), "changed": ("·", DIM)}
_RUNS = {
    "kept": ("{}", DIM),
    "removed": ("[-{}-]", Style(color="red")),
    "added": ("{{+{}+}}", Style(color="green")),
}


def render(comparison: Comparison) -> str:
    """For standard output as it is: its width, and colours only on a terminal without NO_COLOR."""
    return on_terminal(lambda width, color: render_sized(comparison, width=width, color=color))


def render_file(comparison: Comparison) -> str:
    """For a file: 100 columns, no colours."""
    return render_sized(comparison, width=FILE_WIDTH, color=False)


def render_sized(comparison: Comparison, *, width: int, color: bool) -> str:
    """At `width` columns (held between 40 and 120), with or without terminal colours."""
    parts: list[RenderableType] = [Text(comparison.title, style=BOLD)]
    for changes in comparison.changes:
        parts.extend(_changes(changes))
    for start in range(0, len(comparison.sides), _SIDES_ABREAST):
        parts.extend(_columns(comparison, start))
    return printed(parts, width=width, color=color)


def _changes(changes: ChangeSet) -> Iterator[RenderableType]:
    yield title(f"{changes.before} → {changes.after}")
    yield indented(Text(changes.verdict, style=BOLD))
    if changes.is_empty:
        yield indented(Text("Nothing that is known changed."))
    yield from _values(changes.values)
    yield from _names("+ terms", changes.terms_added)
    yield from _names("- terms", changes.terms_removed)
    for text in changes.texts or ():
        yield from _text(text)
    yield from _values(changes.components)
    yield from _remarks("new", changes.findings_new)
    yield from _remarks("gone", changes.findings_gone)
    yield from _names("+ made from or with", changes.kin_added)
    yield from _names("- made from or with", changes.kin_removed)
    yield from _files(changes.files)
    if changes.note:
        yield indented(Text(changes.note, style=DIM))


def _values(changes: Sequence[Change]) -> Iterator[RenderableType]:
    for change in changes[:_ROWS]:
        mark, style = _DIRECTIONS[change.direction]
        yield hanging(
            Text.assemble(
                (f"{mark} ", style), (f"{change.label}: ", BOLD), change.before, " → ", (change.after, style)
            )
        )


def _names(label: str, names: Sequence[str]) -> Iterator[RenderableType]:
    if names:
        more = f" and {len(names) - _ROWS} more" if len(names) > _ROWS else ""
        yield hanging(Text.assemble((f"{label}: ", BOLD), ", ".join(names[:_ROWS]) + more))


def _remarks(label: str, remarks: Sequence[Remark]) -> Iterator[RenderableType]:
    for each in remarks[:_ROWS]:
        yield hanging(
            Text.assemble(("! ", DIM), (f"{label}, {each.severity}: ", BOLD), clip(each.message, 240))
        )


def _text(text: TextChange) -> Iterator[RenderableType]:
    if text.words is None:
        there = f"{text.before} is gone" if text.before else f"{text.after} is new"
        yield hanging(Text.assemble(("· ", DIM), ("License text: ", BOLD), there))
        return
    moved = f" (was {text.before})" if text.before != text.after else ""
    counts = f"{text.words.removed} words out, {text.words.added} words in"
    yield hanging(Text.assemble(("· ", DIM), (f"License text {text.after}{moved}: ", BOLD), counts))
    for hunk in text.words.hunks[:_HUNKS]:
        yield indented(_hunk(hunk), 4)
    left = len(text.words.hunks) - _HUNKS + text.words.left_out
    if left > 0:
        yield indented(Text(f"and {left} more places (-f html, -f json)", style=DIM), 4)


def _hunk(runs: Sequence[Run]) -> Text:
    said = [(_RUNS[run.kind][0].format(clip(run.words, 300)) + " ", _RUNS[run.kind][1]) for run in runs]
    return Text.assemble(*said)


def _files(files: FileChanges | None) -> Iterator[RenderableType]:
    if files is None:
        return
    yield from _names("+ files", files.added)
    yield from _names("- files", files.removed)
    yield from _names("· files changed", files.changed)
    if files.unproven:
        yield indented(Text(f"{files.unproven} files were compared by size only.", style=DIM))


def _columns(comparison: Comparison, start: int) -> Iterator[RenderableType]:
    """Four sides abreast at most: more would be too narrow to read."""
    sides = comparison.sides[start : start + _SIDES_ABREAST]
    yield title("Side by side")
    names = _table(len(sides))
    names.add_row("", "", *(Text(side.name, style=BOLD) for side in sides))
    yield indented(names)
    for group in comparison.groups:
        yield indented(Text(group.title, style=BOLD))
        yield indented(_rows(group, start, len(sides)))
    yield indented(Text("≠ differs", style=DIM))


def _table(columns: int) -> Table:
    table = grid(show_header=False)
    table.add_column(width=1)
    table.add_column(ratio=5, min_width=14, overflow="fold")
    for _ in range(columns):
        table.add_column(ratio=6, overflow="fold")
    return table


def _rows(group: Group, start: int, columns: int) -> Table:
    table = _table(columns)
    for row in group.rows[:_ROWS]:
        cells = (Text(clip(cell, 160)) for cell in row.cells[start : start + columns])
        table.add_row(Text("≠" if row.differs else ""), Text(row.label), *cells)
    return table
