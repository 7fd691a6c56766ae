"""Align the words of a text with those of a reference: long equal runs first, then what lies between."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from openaudit.licenses.index import Reference

MAX_RUNS: Final = 4_000
"""Equal runs looked at for one reference; a text that has more is repetition."""
_MANY_RUNS: Final = 300
_RUNS_A_PLACE: Final = 12

_LOOK_BACK: Final = 80
_CELLS: Final = 12_000
_PLACES: Final = 12


class Run(NamedTuple):
    """Equal words: from `text` and from `reference`, `size` of them."""

    text: int
    reference: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """Words `text_start` to `text_end` stand where the reference has `start` to `end`; either may be empty."""

    text_start: int
    text_end: int
    start: int
    end: int


def align(text: Sequence[int], low: int, high: int, reference: Reference) -> list[Run]:
    """The best chain of equal runs between text words `low` to `high` and the reference, in both orders."""
    chain = _chain(_few_a_place(list(_anchors(text, low, high, reference))))
    if not chain:
        return []
    filled: list[Run] = []
    words = reference.words
    before = chain[0]
    for run in chain:
        if run is not before:
            gap = (before.text + before.size, run.text, before.reference + before.size, run.reference)
            filled += _fill(text, words, *gap)
        filled.append(run)
        before = run
    return _merged(filled)


def hunks(runs: Sequence[Run]) -> Iterator[Hunk]:
    """What lies between the runs."""
    for one, two in pairwise(runs):
        yield Hunk(
            text_start=one.text + one.size,
            text_end=two.text,
            start=one.reference + one.size,
            end=two.reference,
        )


def _anchors(text: Sequence[int], low: int, high: int, reference: Reference) -> Iterator[Run]:
    """Maximal equal runs of three words or more, in the order of the text."""
    find = reference.grams.get
    words = reference.words
    place, last, count, expected = low, high - 2, 0, 0
    while place < last and count < MAX_RUNS:
        found = find((text[place], text[place + 1], text[place + 2]))
        if found is None:
            place += 1
            continue
        best_size, best = 0, 0
        if len(found) > _PLACES:
            found = sorted(found, key=lambda at: abs(at - expected))[:_PLACES]
        for at in found:
            size = _extent(text, place, words, at, high)
            if size > best_size or (size == best_size and abs(at - expected) < abs(best - expected)):
                best_size, best = size, at
        yield Run(place, best, best_size)
        count += 1
        expected = best + best_size
        place += best_size


def _extent(text: Sequence[int], place: int, words: Sequence[int], at: int, high: int) -> int:
    """How many words are equal from here on; at least the three of the n-gram."""
    size, step = 3, 8
    limit = min(high - place, len(words) - at)
    while size < limit:
        step = min(step, limit - size)
        if text[place + size : place + size + step] == words[at + size : at + size + step]:
            size += step
            step *= 4
        elif step == 1:
            break
        else:
            step = max(1, step // 4)
            while size < limit and text[place + size] == words[at + size] and step == 1:
                size += 1
    return size


def _few_a_place(runs: list[Run]) -> list[Run]:
    """The runs with at most a dozen for each place of the reference, the longest: a chain uses a place once, and a
    text that says the same sentence a thousand times must not cost a thousand times as much."""
    if len(runs) <= _MANY_RUNS:
        return runs
    places: dict[int, list[Run]] = {}
    for run in runs:
        places.setdefault(run.reference, []).append(run)
    kept = [
        run for found in places.values() for run in sorted(found, key=lambda run: -run.size)[:_RUNS_A_PLACE]
    ]
    return sorted(kept)


def _chain(runs: list[Run]) -> list[Run]:
    """The chain of runs, increasing in both, that explains most; unexplained text in between costs."""
    scores: list[float] = []
    previous: list[int] = []
    for index, run in enumerate(runs):
        best, back = float(run.size), -1
        for other in range(index - 1, max(-1, index - _LOOK_BACK - 1), -1):
            before = runs[other]
            overlap = max(
                0, before.text + before.size - run.text, before.reference + before.size - run.reference
            )
            if overlap >= run.size or overlap >= before.size or before.reference >= run.reference:
                continue
            gap = max(0, run.text - before.text - before.size)
            lost = max(0, run.reference - before.reference - before.size)
            score = scores[other] + run.size - overlap - min(60.0, 0.08 * gap + 0.01 * lost)
            if score > best:
                best, back = score, other
        scores.append(best)
        previous.append(back)
    if not runs:
        return []
    at = max(range(len(runs)), key=lambda index: (scores[index], -index))
    picked: list[Run] = []
    while at >= 0:
        picked.append(runs[at])
        at = previous[at]
    return _trimmed(picked[::-1])


def _trimmed(chain: list[Run]) -> list[Run]:
    """The chain without overlaps: the later run gives way."""
    kept: list[Run] = []
    for run in chain:
        if kept:
            before = kept[-1]
            overlap = max(
                0, before.text + before.size - run.text, before.reference + before.size - run.reference
            )
            if overlap >= run.size:
                continue
            run = Run(run.text + overlap, run.reference + overlap, run.size - overlap)
        kept.append(run)
    return kept


def _fill(text: Sequence[int], words: Sequence[int], low: int, high: int, start: int, end: int) -> list[Run]:
    """Equal words inside a gap between two runs."""
    head = 0
    while low + head < high and start + head < end and text[low + head] == words[start + head]:
        head += 1
    tail = 0
    while (
        high - tail > low + head
        and end - tail > start + head
        and text[high - tail - 1] == words[end - tail - 1]
    ):
        tail += 1
    found = [Run(low, start, head)] if head else []
    found += _middle(text, words, low + head, high - tail, start + head, end - tail)
    if tail:
        found.append(Run(high - tail, end - tail, tail))
    return found


def _middle(
    text: Sequence[int], words: Sequence[int], low: int, high: int, start: int, end: int
) -> list[Run]:
    if low >= high or start >= end:
        return []
    if (high - low) * (end - start) <= _CELLS:
        return _longest_common(text, words, low, high, start, end)
    anchors = _unique_words(text, words, low, high, start, end)
    if not anchors:
        return []
    found: list[Run] = []
    for one, two in anchors:
        found += _fill(text, words, low, one, start, two)
        found.append(Run(one, two, 1))
        low, start = one + 1, two + 1
    return found + _fill(text, words, low, high, start, end)


def _unique_words(
    text: Sequence[int], words: Sequence[int], low: int, high: int, start: int, end: int
) -> list[tuple[int, int]]:
    """Words that both sides of a gap have exactly once, as an increasing chain."""
    here = _once(text[low:high], low)
    there = _once(words[start:end], start)
    pairs = sorted((here[word], there[word]) for word in here.keys() & there.keys())[:2000]
    chain = _chain([Run(one, two, 1) for one, two in pairs])
    return [(run.text, run.reference) for run in chain]


def _once(words: Sequence[int], offset: int) -> dict[int, int]:
    places: dict[int, int] = {}
    twice: set[int] = set()
    for place, word in enumerate(words, offset):
        if word in places:
            twice.add(word)
        places[word] = place
    return {word: place for word, place in places.items() if word not in twice}


def _longest_common(
    text: Sequence[int], words: Sequence[int], low: int, high: int, start: int, end: int
) -> list[Run]:
    """Longest common subsequence of a small gap, by the textbook table."""
    height, width = high - low, end - start
    table = [[0] * (width + 1) for _ in range(height + 1)]
    for row in range(height - 1, -1, -1):
        word, here, below = text[low + row], table[row], table[row + 1]
        for column in range(width - 1, -1, -1):
            if word == words[start + column]:
                here[column] = below[column + 1] + 1
            else:
                one, two = below[column], here[column + 1]
                here[column] = one if one > two else two
    found: list[Run] = []
    row = column = 0
    while row < height and column < width:
        if text[low + row] == words[start + column]:
            found.append(Run(low + row, start + column, 1))
            row, column = row + 1, column + 1
        elif table[row + 1][column] >= table[row][column + 1]:
            row += 1
        else:
            column += 1
    return found


def _merged(runs: list[Run]) -> list[Run]:
    """Runs that touch on both sides become one."""
    merged: list[Run] = []
    for run in runs:
        if merged:
            before = merged[-1]
            if before.text + before.size == run.text and before.reference + before.size == run.reference:
                merged[-1] = Run(before.text, before.reference, before.size + run.size)
                continue
        merged.append(run)
    return merged
