"""Values of a JSON document that nobody vouches for, each turned into the type that is wanted or into its default."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, TypeVar

TEXT_LIMIT = 4000
ITEM_LIMIT = 2000
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_E = TypeVar("_E", bound=Enum)


def text(value: Any, default: str = "", limit: int = TEXT_LIMIT) -> str:
    """The string, at most `limit` characters of it and no lone surrogates; a number as its digits."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value[:limit])
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else default


def text_or_none(value: Any, limit: int = TEXT_LIMIT) -> str | None:
    """The string, or None for everything else and for the empty one."""
    return (text(value, limit=limit) or None) if isinstance(value, str) else None


def number(value: Any, low: float, high: float, default: float = 0.0) -> float:
    """The number within its range; the default for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return default
    if isinstance(value, float) and not math.isfinite(value):
        return default
    return float(min(max(value, low), high))


def count(value: Any) -> int:
    """A number of things, 0 for what is none."""
    return int(number(value, 0, 10**15))


def flag(value: Any) -> bool | None:
    """True, false, or None for everything else."""
    return value if isinstance(value, bool) else None


def mapping(value: Any) -> Mapping[str, Any]:
    """The object, or an empty one."""
    return value if isinstance(value, Mapping) else {}


def mappings(value: Any, limit: int = ITEM_LIMIT) -> list[Mapping[str, Any]]:
    """The objects of a list; what is no object is left out."""
    return [item for item in items(value, limit) if isinstance(item, Mapping)]


def items(value: Any, limit: int = ITEM_LIMIT) -> Sequence[Any]:
    """The list, at most `limit` of it, or an empty one."""
    return value[:limit] if isinstance(value, list) else ()


def texts(value: Any, limit: int = ITEM_LIMIT) -> tuple[str, ...]:
    """The strings of a list."""
    return tuple(text(item) for item in items(value, limit) if isinstance(item, str))


def choice(kind: type[_E], value: Any, default: _E) -> _E:
    """The member with this value, or the default: a word that a later version of the tool brought in is no fault."""
    try:
        return kind(value)
    except ValueError:
        return default


def plain(value: Any, depth: int = 0) -> Any:
    """A free-form part of the document, bounded in depth, length and width."""
    if depth > 8:
        return None
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return min(max(value, -(10**18)), 10**18)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping):
        pairs = list(value.items())[:ITEM_LIMIT]
        return {text(key, limit=200): plain(item, depth + 1) for key, item in pairs}
    return [plain(item, depth + 1) for item in value[:ITEM_LIMIT]] if isinstance(value, list) else None
