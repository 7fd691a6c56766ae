"""The words in which two texts differ, as runs that were kept, taken out and put in; bounded for texts of any kind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from openaudit.formats.safe_text import clean

Kind = Literal["kept", "removed", "added"]

_MOST_WORDS = 40_000
_MOST_PAIRS = 4_000_000
"""Words times words that are compared one by one; larger runs are compared line by line first, then as a whole."""
_AROUND = 8
_LONGEST_RUN = 80
_MOST_HUNKS = 60
_LONGEST_SHOWN = 1_200


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Words that stand together: kept, removed or added."""

    kind: Kind
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WordChanges:
    """The changed places with a few kept words around each; `removed` and `added` count all changed words, `left_out`
    the places that are not shown."""

    hunks: tuple[tuple[Run, ...], ...]
    removed: int
    added: int
    left_out: int = 0


def word_changes(before: str, after: str) -> WordChanges:
    """What was taken out and what was put in, in reading order; white space is no change. Words past 40,000 are not
    compared."""
    old, new = _words(before), _words(after)
    places = list(_changed(old, new))
    return WordChanges(
        hunks=tuple(_hunk(old, new, place) for place in places[:_MOST_HUNKS]),
        removed=sum(i2 - i1 for i1, i2, _, _ in places),
        added=sum(j2 - j1 for _, _, j1, j2 in places),
        left_out=max(0, len(places) - _MOST_HUNKS),
    )


_Place = tuple[int, int, int, int]


def _words(text: str) -> list[str]:
    return re.findall(r"\S+", text)[:_MOST_WORDS]


def _changed(old: Sequence[str], new: Sequence[str]) -> Iterator[_Place]:
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    a, b = old[head : len(old) - tail], new[head : len(new) - tail]
    for i1, i2, j1, j2 in _places(a, b):
        yield i1 + head, i2 + head, j1 + head, j2 + head


def _common(one: Sequence[str], two: Sequence[str]) -> int:
    """How many words both begin with."""
    count = 0
    for a, b in zip(one, two, strict=False):
        if a != b:
            break
        count += 1
    return count


def _places(a: Sequence[str], b: Sequence[str]) -> Iterator[_Place]:
    if not a and not b:
        return
    if len(a) * len(b) > _MOST_PAIRS:
        yield from _by_sentences(a, b)
        return
    # `autojunk` keeps what repeats itself without end from costing its square in time
    matcher = SequenceMatcher(None, a, b, autojunk=len(a) + len(b) > 4_000)
    yield from (op[1:] for op in matcher.get_opcodes() if op[0] != "equal")


def _by_sentences(a: Sequence[str], b: Sequence[str]) -> Iterator[_Place]:
    """Sentences that are the same stand; what lies between two of them is compared word by word if it is short."""
    one, two = _sentences(a), _sentences(b)
    matcher = SequenceMatcher(None, [s for _, s in one], [s for _, s in two], autojunk=True)
    starts_a, starts_b = [*(at for at, _ in one), len(a)], [*(at for at, _ in two), len(b)]
    for kind, s1, s2, t1, t2 in matcher.get_opcodes():
        if kind == "equal":
            continue
        i1, i2, j1, j2 = starts_a[s1], starts_a[s2], starts_b[t1], starts_b[t2]
        if (i2 - i1) * (j2 - j1) > _MOST_PAIRS // 16:
            yield i1, i2, j1, j2
            continue
        for x1, x2, y1, y2 in _places(a[i1:i2], b[j1:j2]):
            yield x1 + i1, x2 + i1, y1 + j1, y2 + j1


def _sentences(words: Sequence[str]) -> list[tuple[int, str]]:
    """Where each sentence begins, and its words; no sentence is longer than 40 words."""
    found: list[tuple[int, str]] = []
    start = 0
    for position, word in enumerate(words, start=1):
        if word.endswith((".", ";", ":")) or position - start >= 40 or position == len(words):
            found.append((start, " ".join(words[start:position])))
            start = position
    return found


def _hunk(old: Sequence[str], new: Sequence[str], place: _Place) -> tuple[Run, ...]:
    i1, i2, j1, j2 = place
    runs = (
        ("kept", old[max(0, i1 - _AROUND) : i1]),
        ("removed", old[i1:i2]),
        ("added", new[j1:j2]),
        ("kept", old[i2 : i2 + _AROUND]),
    )
    return tuple(Run(kind=kind, words=_run(words)) for kind, words in runs if words)  # type: ignore[arg-type]


def _run(words: Sequence[str]) -> str:
    """The words fit to show; words that show as nothing are said to be there."""
    if len(words) > _LONGEST_RUN:
        half = _LONGEST_RUN // 2
        middle = f"… {len(words) - 2 * half} words …"
        return " ".join((_shown(words[:half]), middle, _shown(words[-half:])))
    return _shown(words)


def _shown(words: Sequence[str]) -> str:
    return clean(" ".join(words), _LONGEST_SHOWN) or "(characters that do not show)"
