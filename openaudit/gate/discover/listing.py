"""What discovery found, as a table or as JSON."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from io import StringIO
from types import MappingProxyType
from typing import Any

from openaudit.formats.safe_text import clean, clean_name
from openaudit.gate.discover import Discovery
from openaudit.gate.result import Reference

_NARROWEST, _WIDEST = 60, 140


def render_json(discovery: Discovery) -> str:
    """The public JSON: one object with `references` and `unread`."""
    document = {
        "references": [as_object(reference) for reference in discovery.references],
        "unread": [dict(each) for each in discovery.unread],
        "files_read": discovery.files_read,
    }
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def as_object(reference: Reference) -> dict[str, Any]:
    """One reference as plain data."""
    return {
        "target": reference.target,
        "kind": reference.kind,
        "path": reference.path,
        "line": reference.line,
        "column": reference.column,
        "how": reference.how,
        "revision": reference.revision,
        "pinned": reference.pinned,
        "guessed": reference.guessed,
        "quote": reference.quote,
    }


def render_table(discovery: Discovery) -> str:
    """The table for standard output: its width, and colours only on a terminal without NO_COLOR."""
    is_terminal = sys.stdout.isatty()
    color = (is_terminal or bool(os.environ.get("FORCE_COLOR"))) and not os.environ.get("NO_COLOR")
    columns = os.environ.get("COLUMNS", "")
    piped = int(columns) if columns.isascii() and columns.isdigit() and len(columns) < 5 else 100
    width = shutil.get_terminal_size((100, 24)).columns if is_terminal else piped
    text = render_sized(discovery, width=width, color=bool(color))
    encoding = (sys.stdout.encoding or "ascii").lower()
    return text if encoding.startswith("utf") else text.encode(encoding, "replace").decode(encoding)


def render_sized(discovery: Discovery, *, width: int, color: bool) -> str:
    """The table at `width` columns (held between 60 and 140)."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    buffer = StringIO()
    console = Console(
        file=buffer, width=max(_NARROWEST, min(width, _WIDEST)), force_terminal=color, no_color=not color,
        color_system="standard" if color else None, highlight=False, markup=False, emoji=False,
        legacy_windows=False, _environ={},
    )  # fmt: skip
    if discovery.references:
        table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, expand=True)
        for header, ratio in (("model or dataset, and where", 8), ("how", 4), ("revision", 2)):
            table.add_column(header, ratio=ratio, overflow="fold", header_style="dim")
        for target, references in _by_target(discovery.references).items():
            table.add_row(Text(clean_name(target), style="bold"))
            for reference in references:
                table.add_row(*(Text(cell) for cell in _row(reference)))
        console.print(table)
        console.print()
    console.print(Text(_summary(discovery)))
    for each in discovery.unread:
        console.print(
            Text(f"? not read: {clean_name(each['path'])}: {clean(each['message'])}", style="yellow")
        )
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"


def _by_target(references: tuple[Reference, ...]) -> dict[str, list[Reference]]:
    grouped: dict[str, list[Reference]] = {}
    for reference in sorted(references, key=lambda each: (each.target.lower(), each.target)):
        grouped.setdefault(reference.target, []).append(reference)
    return grouped


def _row(reference: Reference) -> tuple[str, str, str]:
    revision = reference.revision or "–"
    short = revision[:12] if reference.pinned else revision
    how = reference.how + (" (guessed)" if reference.guessed else "")
    return "  " + clean_name(f"{reference.path}:{reference.line}"), clean_name(how), clean_name(short)


def _summary(discovery: Discovery) -> str:
    targets = {reference.target for reference in discovery.references}
    pinned = sum(reference.pinned for reference in discovery.references)
    if not targets:
        return f"No model or dataset is named in {_counted(discovery.files_read, 'file')}."
    return (
        f"{_counted(len(targets), 'model or dataset', 'models and datasets')} in "
        f"{_counted(len(discovery.references), 'place')} of {_counted(discovery.files_read, 'file')}; {pinned} pinned to a commit."
    )


def _counted(number: int, noun: str, plural: str = "") -> str:
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


LISTINGS: Mapping[str, Callable[[Discovery], str]] = MappingProxyType(
    {"json": render_json, "table": render_table}
)
"""Format name to what renders it."""
