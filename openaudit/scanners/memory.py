"""What is worked out of short texts, kept: cards share most of their headings, template sentences and table rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

_T = TypeVar("_T")
SHORT_CHARS = 1_000
MOST_KEPT = 8_192
"""Texts up to so long are kept, and so many per question: some megabytes, however many cards are read."""


def remembered(work_out: Callable[[str], _T]) -> Callable[[str], _T]:
    """The same pure function, which remembers its answers for short texts."""
    kept = lru_cache(maxsize=MOST_KEPT)(work_out)

    @wraps(work_out)
    def answer(text: str) -> _T:
        return kept(text) if len(text) <= SHORT_CHARS else work_out(text)

    return answer
