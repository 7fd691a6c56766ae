"""Patterns that are tried only on texts that hold one of the words that every match has: most texts hold none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

_parser: Any = getattr(re, "_parser", None)
"""The standard library's reading of patterns. It is private: without it every pattern is simply tried everywhere."""

_SHORTEST = 2
_MOST = 64
_LONGEST_KEPT = 4_000


class Sieve:
    """A pattern, ignoring case, with the methods of `re.Pattern` that scanners use and the same answers."""

    __slots__ = ("needles", "pattern")

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.pattern = pattern
        self.needles = needles_of(pattern)

    def may_match(self, text: str) -> bool:
        """False only where the pattern certainly matches nowhere in the text."""
        if self.needles is None:
            return True
        low = folded(text)
        for needle in self.needles:  # noqa: SIM110 - `any` would cost more than most searches
            if needle in low:
                return True
        return False

    def search(self, text: str) -> re.Match[str] | None:
        """The first match."""
        return self.pattern.search(text) if self.may_match(text) else None

    def finditer(self, text: str) -> Iterable[re.Match[str]]:
        """All matches, in order."""
        return self.pattern.finditer(text) if self.may_match(text) else ()

    def findall(self, text: str) -> list[Any]:
        """What all matches hold, in order."""
        return self.pattern.findall(text) if self.may_match(text) else []

    def sub(self, replacement: str, text: str) -> str:
        """The text with every match replaced."""
        return self.pattern.sub(replacement, text) if self.may_match(text) else text


def sieve(pattern: str) -> Sieve:
    """A pattern, ignoring case, as a sieve."""
    return Sieve(re.compile(pattern, re.IGNORECASE))


def folded(text: str) -> str:
    """A text in lower case, where every letter that a pattern takes for a plain one is that plain one."""
    return _fold_kept(text) if len(text) <= _LONGEST_KEPT else _fold(text)


def _fold(text: str) -> str:
    if text.isascii():
        return text.lower()
    # what `re` matches beside the lower case of ASCII letters: dotless and dotted i, long s, the Kelvin sign
    return text.replace("\u0131", "i").replace("\u0130", "i").replace("\u017f", "s").lower()


_fold_kept = lru_cache(maxsize=512)(_fold)


def needles_of(pattern: re.Pattern[str]) -> tuple[str, ...] | None:
    """Pieces of text, in lower case, one of which every match holds; None where the pattern has none worth looking for."""
    if _parser is None or not pattern.flags & re.IGNORECASE:
        return None
    found = _needles(_parser.parse(pattern.pattern, pattern.flags))
    if found is None or len(found) > _MOST or min(map(len, found)) < _SHORTEST:
        return None
    return tuple(sorted(found))


def _needles(items: Iterable[tuple[Any, Any]]) -> frozenset[str] | None:
    """The best set of pieces that a sequence of the pattern's parts must have: the one whose shortest is longest."""
    sets = [one for one in _sets(items) if one]
    return max(sets, key=lambda one: (min(map(len, one)), -len(one)), default=None)


def _sets(items: Iterable[tuple[Any, Any]]) -> Iterator[frozenset[str] | None]:
    run = ""
    for kind, value in items:
        name = str(kind)
        if name == "LITERAL" and _is_plain(value):
            run += chr(value).lower()
            continue
        if run:
            yield frozenset({run})
            run = ""
        if name == "SUBPATTERN":
            yield _needles(value[-1])
        elif name == "BRANCH":
            yield _all_of([_needles(part) for part in value[1]])
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT") and value[0] >= 1:
            yield _needles(value[2])
        elif name == "ATOMIC_GROUP":
            yield _needles(value)
    if run:
        yield frozenset({run})


def _all_of(parts: Sequence[frozenset[str] | None]) -> frozenset[str] | None:
    """What is needed where any of several may stand: the pieces of all, if each has some."""
    together: set[str] = set()
    for part in parts:
        if not part:
            return None
        together |= part
    return frozenset(together)


def _is_plain(code: int) -> bool:
    """Whether a letter has no other case than the usual one: ASCII, and scripts without cases."""
    character = chr(code)
    return code < 128 or (character.lower() == character == character.upper())
