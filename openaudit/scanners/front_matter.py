"""The YAML block of a card, read as its author meant it: tolerant of every usual slip, silent about none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openaudit.yaml_text import YamlProblem, parse

_FENCE = re.compile(r"^(?P<dashes>-{3,})[ \t]*$")
_KEY_LINE = re.compile(r"^(?P<key>[A-Za-z_][\w .-]{0,60}?)[ \t]*:(?:[ \t]|$)")
_FOOT_KEYS = frozenset({"license", "licence", "tags", "language", "datasets", "base_model", "library_name"})
_MAX_BLOCK_LINES = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """Something legible but wrong in the block: `kind` is a stable word, `line` counts from 1 in the file."""

    kind: str
    message: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontMatter:
    """The metadata of a card: values by key, the line of each key, what was wrong, and where the body begins."""

    values: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    slips: tuple[Slip, ...] = ()
    body_line: int = 1
    """The line (from 1) of the card's first line after the block."""
    block: tuple[int, int] | None = None
    """First and last line of the block, fences included; None where the card has none."""


def read_front_matter(text: str) -> FrontMatter:
    """The front matter of a card; never fails: what cannot be read is a slip."""
    rows = lines_of(text)
    found = _find_block(rows)
    if found is None:
        return FrontMatter()
    first, last, slips = found
    values, more = _read_values(rows[first + 1 : last], first + 2)
    listed = any(slip.kind == "not-a-mapping" for slip in more)
    lines = _key_lines([row.removeprefix("- ") for row in rows] if listed else rows, first + 1, last)
    at_foot = any(slip.kind == "block-at-foot" for slip in slips)
    return FrontMatter(
        values=values,
        lines=lines,
        slips=tuple(slips) + more + _misspelt(values, lines),
        body_line=1 if at_foot else last + 2,
        block=(first + 1, min(last, len(rows) - 1) + 1),
    )


def lines_of(text: str) -> list[str]:
    """The lines of a card as editors count them: ended by LF, CR LF or CR; a byte order mark is none of the text."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _find_block(rows: list[str]) -> tuple[int, int, list[Slip]] | None:
    """Index of the opening and the closing fence (the closing may lie one past the end), and slips seen."""
    slips: list[Slip] = []
    first = next((i for i, row in enumerate(rows[:50]) if row.strip()), None)
    if first is None:
        return None
    opening = _FENCE.match(rows[first])
    if opening is None:
        return _block_at_foot(rows)
    if first > 0:
        slips.append(
            Slip(kind="blank-line-first", message="blank lines stand before the metadata block", line=1)
        )
    if len(opening["dashes"]) != 3:
        message = f"the metadata block opens with {len(opening['dashes'])} dashes instead of three"
        slips.append(Slip(kind="dashes", message=message, line=first + 1))
    for i in range(first + 1, min(len(rows), first + _MAX_BLOCK_LINES)):
        closing = _FENCE.match(rows[i])
        if closing is not None:
            if len(closing["dashes"]) != 3:
                message = f"the metadata block closes with {len(closing['dashes'])} dashes instead of three"
                slips.append(Slip(kind="dashes", message=message, line=i + 1))
            if not _looks_like_metadata(rows[first + 1 : i]):
                return None
            return first, i, slips
    end = next((i for i in range(first + 1, len(rows)) if not rows[i].strip()), len(rows))
    if not any(_KEY_LINE.match(row) for row in rows[first + 1 : end]):
        return None
    slips.append(Slip(kind="never-closed", message="the metadata block is never closed", line=first + 1))
    return first, end, slips


def _looks_like_metadata(rows: list[str]) -> bool:
    """A block between thematic breaks is metadata only when its first line with text is a key, a list or `{`."""
    filled = next((row for row in rows if row.strip() and not row.lstrip().startswith("#")), None)
    if filled is None:
        return True
    return _KEY_LINE.match(filled) is not None or filled.lstrip().startswith(("{", "- ", '"', "[", "'"))


def _block_at_foot(rows: list[str]) -> tuple[int, int, list[Slip]] | None:
    """A metadata block at the end of a card: the Hub does not read it, a person does."""
    fences = [i for i, row in enumerate(rows) if _FENCE.match(row)]
    for first in fences[-2:]:
        last = next((i for i in fences if i > first), len(rows))
        keys = [match["key"] for row in rows[first + 1 : last] if (match := _KEY_LINE.match(row))]
        tail = any(row.strip() for row in rows[last + 1 :])
        if keys and _FOOT_KEYS.intersection(keys) and not tail and len(keys) * 2 >= last - first - 1:
            message = "the metadata block stands at the foot of the card, where the Hub does not read it"
            return first, last, [Slip(kind="block-at-foot", message=message, line=first + 1)]
    return None


def _read_values(rows: list[str], first_line: int) -> tuple[dict[str, Any], tuple[Slip, ...]]:
    text = "\n".join(rows)
    slips: list[Slip] = []
    try:
        value = parse(text)
    except YamlProblem as problem:
        # The parser knows line breaks that no editor counts.
        line = first_line + min(problem.line or 1, max(1, len(rows))) - 1
        slips.append(
            Slip(kind="broken-yaml", message=f"the metadata is not valid YAML: {problem.message}", line=line)
        )
        return _salvage(rows), tuple(slips)
    if value is None:
        return {}, ()
    if isinstance(value, dict):
        return {str(key): item for key, item in value.items()}, ()
    message = f"the metadata is a {type(value).__name__}, not a mapping of keys"
    slips.append(Slip(kind="not-a-mapping", message=message, line=first_line))
    if isinstance(value, list):
        listed = [item for item in value if isinstance(item, dict)]
        return {str(key): inner for item in reversed(listed) for key, inner in item.items()}, tuple(slips)
    return _salvage(rows), tuple(slips)


def _salvage(rows: list[str]) -> dict[str, Any]:
    """What a person reads in a block that no parser accepts: top-level `key: value` lines and their lists."""
    values: dict[str, Any] = {}
    key = ""
    for row in rows[:2000]:
        plain = row.replace("\t", " ")
        match = _KEY_LINE.match(plain)
        if match:
            key = match["key"].strip()
            rest = plain[match.end() :].strip().strip("\"'")
            values[key] = _scalar(rest) if rest else None
        elif key and re.match(r"^\s*-\s+\S", plain):
            item = _scalar(re.sub(r"^\s*-\s+", "", plain).strip().strip("\"'"))
            held = values[key]
            values[key] = [*held, item] if isinstance(held, list) else [item]
    return values


def _scalar(text: str) -> Any:
    try:
        value = parse(text)
    except YamlProblem:
        return text
    return value if isinstance(value, (str, list)) else text


def _key_lines(rows: list[str], first: int, last: int) -> dict[str, int]:
    lines: dict[str, int] = {}
    for i in range(first, min(last, len(rows))):
        match = _KEY_LINE.match(rows[i].replace("\t", " ").replace('"', "").replace("'", ""))
        if match and match["key"].strip() not in lines:
            lines[match["key"].strip()] = i + 1
    return lines


_RIGHT_KEYS = {
    "licence": "license", "licences": "license", "licenses": "license", "licensing": "license", "lisence": "license",
    "liscense": "license", "licese": "license", "lincense": "license", "license-name": "license_name",
    "licence_name": "license_name", "license-link": "license_link", "licence_link": "license_link",
    "license_url": "license_link", "base-model": "base_model", "base_models": "base_model", "dataset": "datasets",
}  # fmt: skip


_MISSPELT = frozenset(_RIGHT_KEYS.values())
"""The keys of which other spellings are known."""


def _misspelt(values: Mapping[str, Any], lines: Mapping[str, int]) -> tuple[Slip, ...]:
    slips = []
    for key in values:
        right = right_key(key)
        if right != key and right not in values:
            message = f"the key is spelt '{key}', the Hub reads '{right}'"
            slips.append(Slip(kind="misspelt-key", message=message, line=lines.get(key, 1)))
    return tuple(slips)


def right_key(key: str) -> str:
    """The Hub's spelling of a metadata key."""
    lowered = key.strip().lower()
    return _RIGHT_KEYS.get(lowered, lowered if lowered in _RIGHT_KEYS.values() else key)


def value_of(front: FrontMatter, key: str) -> tuple[Any, int]:
    """The value under `key` in any spelling, and its line; (None, 0) where the block has no such key.

    Where the right spelling is there, it wins over a misspelt one.
    """
    if key in front.values:
        return front.values[key], front.lines.get(key, front.block[0] if front.block else 1)
    if key not in _MISSPELT:
        return None, 0
    for other, value in front.values.items():
        if right_key(other) == key:
            return value, front.lines.get(other, front.block[0] if front.block else 1)
    return None, 0
