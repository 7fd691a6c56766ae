"""What is worked out of short texts, kept: cards share most of their headings, template sentences and table rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Generic, TypeVar

_K = TypeVar("_K")
_T = TypeVar("_T")
SHORT_CHARS = 1_000
MOST_KEPT = 512
"""Texts up to so long are kept, and so many per question: some megabytes, however many cards are read."""


def remembered(work_out: Callable[[str], _T]) -> Callable[[str], _T]:
    """The same pure function, which remembers its answers for short texts."""
    kept = lru_cache(maxsize=MOST_KEPT)(work_out)

    @wraps(work_out)
    def answer(text: str) -> _T:
        return kept(text) if len(text) <= SHORT_CHARS else work_out(text)

    return answer


class Weighed(Generic[_K, _T]):
    """A pure function that remembers its answers until together they weigh more than `most`, and then begins anew: what
    cards share is soon there again. Safe to call from several threads."""

    __slots__ = ("_kept", "_most", "_weigh", "_weight", "_work_out")

    def __init__(self, work_out: Callable[[_K], _T], weigh: Callable[[_K, _T], int], *, most: int) -> None:
        self._work_out = work_out
        self._weigh = weigh
        self._most = most
        self._kept: dict[_K, _T] = {}
        self._weight = 0

    def __call__(self, key: _K) -> _T:
        """The answer for `key`."""
        kept = self._kept
        if key in kept:
            return kept[key]
        answer = self._work_out(key)
        self._weight += 1 + self._weigh(key, answer)
        if self._weight > self._most:
            self._kept, self._weight = {}, 0  # whoever holds the old one may still read it
        else:
            kept[key] = answer
        return answer
