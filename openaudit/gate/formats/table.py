"""The check for a terminal: the verdict, what is wrong with each model and where, readable without colour."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from io import StringIO

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.style import Style
from rich.table import Table
from rich.text import Text

from openaudit.formats.safe_text import clean, clean_name, clip, portable
from openaudit.gate.formats import words
from openaudit.gate.result import Checked, CheckResult, Violation

_FILE_WIDTH = 100
_NARROWEST, _WIDEST = 40, 120
_PLACES = 8
_DIFF_LINES = 20
_BOLD, _DIM = Style(bold=True), Style(dim=True)
_RED, _YELLOW, _GREEN = Style(color="red", bold=True), Style(color="yellow"), Style(color="green")
_STYLES: dict[words.State, Style] = {
    "failed": _RED,
    "not audited": _RED,
    "warned": _YELLOW,
    "waived": _YELLOW,
    "passed": _GREEN,
}
_MARKS: dict[words.State, str] = {
    "failed": "×",
    "not audited": "?",
    "warned": "!",
    "waived": "~",
    "passed": "✓",
}
_ASCII = str.maketrans({"×": "x", "✓": "+", "→": ">", "…": ".", "·": "-", "–": "-"})


def render(result: CheckResult) -> str:
    """The table for standard output as it is: its width, and colours only on a terminal without NO_COLOR."""
    is_terminal = sys.stdout.isatty()
    color = (is_terminal or bool(os.environ.get("FORCE_COLOR"))) and not os.environ.get("NO_COLOR")
    width = shutil.get_terminal_size((80, 24)).columns if is_terminal else _width_of_a_pipe()
    text = render_sized(result, width=width, color=color)
    encoding = (sys.stdout.encoding or "ascii").lower().replace("-", "")
    if encoding.startswith("utf"):
        return text
    return text.translate(_ASCII).encode(encoding, "replace").decode(encoding)


def render_file(result: CheckResult) -> str:
    """The table for a file: 100 columns, no colours, the same bytes on every machine."""
    return render_sized(result, width=_FILE_WIDTH, color=False)


def _width_of_a_pipe() -> int:
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isascii() and columns.isdigit() and len(columns) < 5 else 80


def render_sized(result: CheckResult, *, width: int, color: bool) -> str:
    """The table at `width` columns (held between 40 and 120), with or without terminal colours."""
    buffer = StringIO()
    console = Console(
        file=buffer,
        width=max(_NARROWEST, min(width, _WIDEST)),
        force_terminal=color,
        color_system="standard" if color else None,
        no_color=not color,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
        _environ={},
    )
    for part in _parts(result):
        console.print(part)
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"


def _parts(result: CheckResult) -> Iterator[RenderableType]:
    yield Text(words.verdict(result), style=_GREEN if result.passed else _RED)
    for checked in words.in_order(result):
        yield Text()
        yield from _model(result, checked)
    files = list(words.unread(result))
    if files:
        yield Text()
        yield Text("Files that could not be read", style=_BOLD)
        for path, message in files:
            yield _line("?", _RED, Text(f"{clean_name(path)}: {message}"))
    if result.notes:
        yield Text()
        yield Text("Notes", style=_BOLD)
        for note in result.notes:
            yield _line("·", _DIM, Text(clean(note)))
    yield Text()
    policy = f"policy {clean_name(portable(result.policy))} · " if result.policy else ""
    made = f"openaudit {clean_name(result.tool_version)}, rules {clean_name(result.rules_version)}"
    yield Text(policy + made, style=_DIM)


def _model(result: CheckResult, checked: Checked) -> Iterator[RenderableType]:
    state = words.state(checked)
    head = Text.assemble((f"{_MARKS[state]} ", _STYLES[state]), (words.name(checked), _BOLD))
    head.append(f"  {words.level(checked)} · license {words.license_of(checked)}", style=_DIM)
    yield head
    yield _line("", _DIM, Text(_used(result, checked), style=_DIM))
    if checked.failure is not None:
        said = Text.assemble(("could not be audited: ", _RED), words.not_audited(checked))
        yield _line("?", _RED, said)
    for violation in checked.violations:
        yield from _violation(violation)
    for waived in checked.waived:
        said = Text.assemble(
            (f"{clean_name(waived.violation.rule)}: ", _DIM), clean(waived.violation.message)
        )
        said.append(f" ({words.waiver(waived)})", style=_YELLOW)
        yield _line("~", _YELLOW, said)
    for sentence in checked.explanation:
        yield _line("·", _DIM, Text(clean(sentence)))


def _violation(violation: Violation) -> Iterator[RenderableType]:
    is_error = violation.severity == "error"
    style = _RED if is_error else _YELLOW
    said = Text.assemble(
        ("error " if is_error else "warning ", style),
        (f"{clean_name(violation.rule)}: ", _DIM),
        clean(violation.message),
    )
    if violation.fix:
        said.append(f" → {clean(violation.fix)}")
    yield _line("×" if is_error else "!", style, said)
    lines = violation.diff[:20_000].splitlines()
    for line in lines[:_DIFF_LINES]:
        colour = _GREEN if line.startswith("+") else _RED if line.startswith("-") else _DIM
        yield Padding(Text(clean(line, 400), style=colour), (0, 0, 0, 6))
    if len(lines) > _DIFF_LINES:
        yield Padding(Text(f"and {len(lines) - _DIFF_LINES} more lines (-f json)", style=_DIM), (0, 0, 0, 6))


def _used(result: CheckResult, checked: Checked) -> str:
    places = words.places(result, checked)
    shown = ", ".join(clip(str(place), 90) for place in places[:_PLACES])
    more = f" and {len(places) - _PLACES} more" if len(places) > _PLACES else ""
    guessed = " (guessed)" if checked.references and all(each.guessed for each in checked.references) else ""
    return f"{shown}{more}{guessed}"


def _line(mark: str, style: Style, text: Text) -> RenderableType:
    """A line of a list whose further lines stand under its first word."""
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, expand=True, show_header=False)
    table.add_column(width=1)
    table.add_column(ratio=1, overflow="fold")
    table.add_row(Text(mark, style=style), text)
    return Padding(Group(table), (0, 0, 0, 2))
