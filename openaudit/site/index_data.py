"""What the pages' scripts read: the list of all models in columns of fixed width, so that thousands stay small."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from openaudit.site.cards import Card
from openaudit.vocabulary import Status

ROWS_A_CHUNK = 5000
STATUSES = tuple(Status)
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_FIRST_DAY = date(2000, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Some rows of the index: `index` is read at once, `grid` only when a view asks for it."""

    index: Mapping[str, Any]
    grid: Mapping[str, Any]


def chunks(cards: Sequence[Card], components: Sequence[str]) -> Iterator[Chunk]:
    """The index in chunks of `ROWS_A_CHUNK`, in order of id.

    Every chunk has its own dictionaries and says how many there are: one that comes late or not at all breaks none.
    """
    rows = sorted(cards, key=lambda card: (card.id, card.page))
    parts = [rows[start : start + ROWS_A_CHUNK] for start in range(0, len(rows), ROWS_A_CHUNK)] or [[]]
    for number, part in enumerate(parts):
        yield Chunk(
            index={"number": number, "of": len(parts), **_index(part)},
            grid={"number": number, "components": list(components), **_grid(part, components)},
        )


def script(call: str, value: Mapping[str, Any]) -> str:
    """A script that hands the value to `openaudit.<call>`: pages opened from a folder may load scripts, not JSON."""
    text = json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return f"openaudit.{call}({text.replace('<', chr(92) + 'u003c')});\n"


def _index(rows: Sequence[Card]) -> dict[str, Any]:
    kinds = [(c.level, c.level_name, c.band, c.subject, c.grant.value) for c in rows]
    frameworks = sorted({name for card in rows for name, group in card.verdicts.items() if group})
    return {
        "count": len(rows),
        "ids": _front_coded([card.id for card in rows]),
        "pages": {str(i): c.page for i, c in enumerate(rows) if c.page != _usual_page(c)},
        "kinds": _dictionary(kinds),
        "points": _column([-1 if c.points is None else c.points for c in rows]),
        "sides": _column([_packed(side.status for side in card.sides) for card in rows]),
        "frameworks": frameworks,
        "verdicts": _dictionary([tuple(card.verdicts.get(name, "") for name in frameworks) for card in rows]),
        "licenses": _dictionary([(card.license or "", card.license_name) for card in rows]),
        "families": _dictionary([card.family for card in rows]),
        "gates": _dictionary([card.gated for card in rows]),
        "contradictions": _column([min(card.contradictions, 35) for card in rows]),
        "days": _column([_days(card.day) for card in rows]),
        "sizes": ",".join(_size(card) for card in rows),
    }


def _grid(rows: Sequence[Card], components: Sequence[str]) -> dict[str, Any]:
    return {
        "sides": _column(
            [-1 if side.points is None else side.points for card in rows for side in card.sides],
        ),
        "statuses": "".join(
            str(STATUSES.index(card.components[name])) if name in card.components else "-"
            for card in rows
            for name in components
        ),
    }


def _usual_page(card: Card) -> str:
    id_ = card.id if card.subject == "model" else f"datasets/{card.id}"
    return id_.lower().replace("/", "--")


def _packed(statuses: Iterable[Status]) -> int:
    """Four statuses of six values in one figure below 1,296, which is two digits."""
    total = 0
    for status in statuses:
        total = total * len(STATUSES) + STATUSES.index(status)
    return total


def _front_coded(names: Sequence[str]) -> str:
    """Sorted names, one a line, without what they share with the line before: its length, as one digit, comes first.

    Only ASCII is shared: beyond it the characters of Python and of scripts are not counted alike.
    """
    lines, before = [], ""
    for name in names:
        shared = 0
        most = min(len(name), len(before), 35)
        while shared < most and name[shared] == before[shared] and name[shared].isascii():
            shared += 1
        lines.append(_DIGITS[shared] + name[shared:])
        before = name
    return "\n".join(lines)


def _dictionary(values: Sequence[Any]) -> dict[str, Any]:
    """The distinct values in order, and the place of each row's value among them."""
    distinct = sorted(set(values))
    place = {value: number for number, value in enumerate(distinct)}
    return {"values": distinct, "rows": _column([place[value] for value in values])}


def _column(figures: Sequence[int]) -> dict[str, Any]:
    """Figures from 0 in base 36 at one width, with `-` throughout for -1."""
    width = max((len(_base36(figure)) for figure in figures), default=1)
    cells = ("-" * width if figure < 0 else _base36(figure).rjust(width, "0") for figure in figures)
    return {"width": width, "cells": "".join(cells)}


def _base36(figure: int) -> str:
    digits = ""
    figure = max(0, figure)
    while figure >= 36:
        figure, rest = divmod(figure, 36)
        digits = _DIGITS[rest] + digits
    return _DIGITS[figure] + digits


def _days(day: str) -> int:
    return max(0, (date.fromisoformat(day) - _FIRST_DAY).days) if day else -1


def _size(card: Card) -> str:
    """Millions of parameters with three digits that count; `~` where only the name says so."""
    if card.parameters is None:
        return ""
    return f"{'~' if card.size_from_name else ''}{float(f'{card.parameters / 1e6:.3g}'):g}"
