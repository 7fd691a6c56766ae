"""Which references a text may hold: those that share rare three-word sequences with it."""

from collections import Counter
from collections.abc import Sequence
from heapq import nlargest
from typing import Final, NamedTuple

from openaudit.licenses.index import Index
from openaudit.licenses.ngrams import searched

MAX_HITS: Final = 60_000
"""n-grams of one text that are looked up; enough for a third of a million words of licenses."""


class Hit(NamedTuple):
    """An n-gram of the text, its place, and the references filed under it."""

    code: int
    place: int
    references: memoryview


def find_hits(numbers: Sequence[int], index: Index) -> list[Hit]:
    """All n-grams of a text that some reference is filed under, in the order of the text."""
    hits = []
    seen: dict[int, memoryview | None] = {}
    for code, place in searched(numbers):
        if code in seen:
            found = seen[code]
        else:
            found = seen[code] = index.filed_under(code)
        if found is not None:
            hits.append(Hit(code, place, found))
            if len(hits) == MAX_HITS:
                break
    return hits


class Candidate(NamedTuple):
    """A reference that may be in the text."""

    reference: int
    shared: int  # different n-grams of it that the text has
    share: float  # of its n-grams, 0 to 1


def rank(hits: Sequence[Hit], index: Index, barred: set[int], most: int) -> list[Candidate]:
    """The references that explain most words of the text and miss least of their own, best first."""
    counts: Counter[int] = Counter()
    for references in {hit.code: hit.references for hit in hits}.values():
        counts.update(references)
    weights = index.weights
    scored = [
        (count * count * weights[reference], reference)
        for reference, count in counts.items()
        if count > 1 and reference not in barred
    ]
    candidates = []
    for _, reference in nlargest(most, scored, key=lambda pair: (pair[0], -pair[1])):
        share = counts[reference] / index.size_of(reference)[1]
        if share >= 0.1 or counts[reference] >= 12:
            candidates.append(Candidate(reference, counts[reference], share))
    return candidates
