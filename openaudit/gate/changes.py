"""The words in which two texts differ, with a little of what stands around them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

_AROUND = 6
_LONGEST_RUN = 60
_LONGEST_DIFF = 4_000
_MOST_WORDS = 40_000


def word_diff(old: str, new: str) -> str:
    """What was taken out as `[-words-]` and what was put in as `{+words+}`, in reading order; '' where only spaces and
    line breaks differ. At most 4,000 characters; what is left out is counted."""
    before, after = _words(old), _words(new)
    if before == after:
        return ""
    hunks: list[str] = []
    length = 0
    places = list(_changed(before, after))
    for number, hunk in enumerate(_hunks(before, after, places)):
        length += len(hunk) + 1
        if length > _LONGEST_DIFF and hunks:
            hunks.append(f"... and {len(places) - number} more changes")
            break
        hunks.append(hunk[:_LONGEST_DIFF])
    return "\n".join(hunks)


def _words(text: str) -> list[str]:
    return re.findall(r"\S+", text)[:_MOST_WORDS]


_Place = tuple[int, int, int, int]


def _changed(before: Sequence[str], after: Sequence[str]) -> Iterator[_Place]:
    """The changed runs as positions in both texts. What is equal at both ends is cut off first: licenses mostly are."""
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    a, b = before[head : len(before) - tail], after[head : len(after) - tail]
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, a, b, autojunk=len(a) + len(b) > 4_000).get_opcodes():
        if kind != "equal":
            yield i1 + head, i2 + head, j1 + head, j2 + head


def _hunks(before: Sequence[str], after: Sequence[str], places: Sequence[_Place]) -> Iterator[str]:
    for i1, i2, j1, j2 in places:
        parts = []
        ahead, behind = before[max(0, i1 - _AROUND) : i1], before[i2 : i2 + _AROUND]
        if ahead:
            parts.append(("... " if i1 > _AROUND else "") + " ".join(ahead))
        if i1 < i2:
            parts.append(f"[-{_run(before[i1:i2])}-]")
        if j1 < j2:
            parts.append(f"{{+{_run(after[j1:j2])}+}}")
        if behind:
            parts.append(" ".join(behind) + (" ..." if i2 + _AROUND < len(before) else ""))
        yield " ".join(parts)


def _run(words: Sequence[str]) -> str:
    if len(words) <= _LONGEST_RUN:
        return " ".join(words)
    half = _LONGEST_RUN // 2
    return f"{' '.join(words[:half])} ... {len(words) - _LONGEST_RUN} words ... {' '.join(words[-half:])}"
