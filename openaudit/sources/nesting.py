"""Data that came from outside and goes into reports: none of it may be deeper than programs can follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MOST_LEVELS = 64


def is_deep(value: Any) -> bool:
    """Whether lists and mappings are nested more than 64 levels, which no card or configuration is."""
    level = [value]
    for _ in range(MOST_LEVELS + 1):
        level = [part for whole in level for part in _parts(whole)]
        if not level:
            return False
    return True


def _parts(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [part for part in value.values() if isinstance(part, Mapping | list)]
    return [part for part in value if isinstance(part, Mapping | list)] if isinstance(value, list) else []
