"""Cut a text into the licenses it holds: find the best reference, set its words aside, look at what is left."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from openaudit.licenses.align import align
from openaudit.licenses.candidates import Candidate, Hit, find_hits, rank
from openaudit.licenses.grammar import Reader
from openaudit.licenses.index import Index
from openaudit.licenses.judge import Judgement, Range, judge
from openaudit.licenses.lexicon import bears
from openaudit.licenses.words import Words

MAX_ALIGNMENTS: Final = 400
"""Alignments tried for one text; a file of many licenses that needs more is read up to there."""

_CHUNK: Final = 7_000  # words looked at together; the longest references have some ten thousand
_REACH: Final = 13_000
_CANDIDATES: Final = 14
_TRIES: Final = 3
_SMALLEST: Final = 12
_LONG: Final = 300
_SMALLEST_CHANGED: Final = (
    45  # a changed copy of a shorter, little known text is not told from any other text
)
_RARE: Final = (
    8.0  # words by which a little known license has to fit better before a text counts as a changed one of it
)


@dataclass(slots=True, kw_only=True)
class Segments:
    """The licenses of a text in its order, and the stretches that belong to none."""

    texts: list[Judgement]
    rest: list[Range]


def find_segments(words: Words, index: Index) -> Segments:
    """All license texts and notices that `words` hold."""
    numbers = index.numbers(words.words)
    search = _Search(words=words, numbers=numbers, index=index)
    waiting: list[tuple[int, int, list[Hit]]] = [(0, len(numbers), find_hits(numbers, index))]
    while waiting:
        low, high, hits = waiting.pop()
        if high - low < _SMALLEST or not hits:
            continue
        chunk = _first_chunk(hits)
        stop = high if len(chunk) == len(hits) else min(high, chunk[0].place + _REACH)
        found = search.best(low, stop, chunk)
        if found is not None:
            search.texts.append(found)
            waiting.append((found.end, high, [hit for hit in hits if hit.place >= found.end]))
            waiting.append((low, found.start, [hit for hit in hits if hit.place < found.start]))
        elif len(chunk) < len(hits):
            start = chunk[0].place + _CHUNK // 2
            waiting.append((start, high, [hit for hit in hits if hit.place >= start]))
    texts = sorted(search.texts, key=lambda judgement: judgement.start)
    return Segments(texts=texts, rest=_rest(texts, len(numbers)))


def _first_chunk(hits: list[Hit]) -> list[Hit]:
    if hits[-1].place - hits[0].place <= _CHUNK:
        return hits
    stop = hits[0].place + _CHUNK
    return [hit for hit in hits if hit.place < stop]


def _rest(texts: Sequence[Judgement], length: int) -> list[Range]:
    rest: list[Range] = []
    place = 0
    for judgement in texts:
        if judgement.start > place:
            rest.append((place, judgement.start))
        rest += judgement.outside
        place = max(place, judgement.end)
    if place < length:
        rest.append((place, length))
    return rest


@dataclass(slots=True, kw_only=True)
class _Search:
    """One text while it is searched."""

    words: Words
    numbers: list[int]
    index: Index
    texts: list[Judgement] = field(default_factory=list)
    alignments: int = 0
    failed: set[frozenset[int]] = field(default_factory=set)

    def best(self, low: int, high: int, hits: list[Hit]) -> Judgement | None:
        """The license that explains this stretch best; None where no reference comes close."""
        codes = frozenset(hit.code for hit in hits)
        if codes in self.failed:
            return None
        barred: set[int] = set()
        for _ in range(_TRIES):
            candidates = rank(hits, self.index, barred, _CANDIDATES)
            if not candidates:
                break
            judgements = self._judged(candidates, low, high)
            if judgements:
                best = max(judgements, key=self._preference)
                return best if best.is_exact else max(self._whole(judgements, best), key=self._preference)
            barred |= {candidate.reference for candidate in candidates}
        self.failed.add(codes)
        return None

    @staticmethod
    def _whole(judgements: list[Judgement], best: Judgement) -> list[Judgement]:
        """A long license that is there word for word goes before a relative that fits more of the text, but not exactly."""
        exact = [one for one in judgements if one.is_exact and one.matched >= max(_LONG, best.matched // 2)]
        return exact or [best]

    def _preference(self, judgement: Judgement) -> tuple[float, int, int]:
        """What explains most; between near equals the better known license, the more literal reading."""
        license = judgement.reference.license
        rare = 0.0 if judgement.is_exact else _RARE * (self.index.license(license).rank == 2)
        return judgement.worth - rare, -judgement.allowed, -license

    def _judged(self, candidates: list[Candidate], low: int, high: int) -> list[Judgement]:
        judgements: list[Judgement] = []
        exact = 0  # words of the largest reference that fits exactly
        literal = False
        most = max(candidate.share for candidate in candidates)
        for candidate in candidates:
            size, _ = self.index.size_of(candidate.reference)
            if exact and (candidate.share < 0.85 or size < 0.9 * exact or (literal and size < 1.03 * exact)):
                continue
            if judgements and candidate.share < 0.4 * most:
                continue
            judgement = self._judge(candidate.reference, low, high)
            if judgement is not None and self._close_enough(judgement):
                judgements.append(judgement)
                if judgement.is_exact:
                    exact = max(exact, size)
                    literal = literal or judgement.allowed == 0
        return judgements

    def _judge(self, number: int, low: int, high: int) -> Judgement | None:
        if self.alignments >= MAX_ALIGNMENTS:
            return None
        self.alignments += 1
        reference = self.index.reference(number)
        runs = align(self.numbers, low, high, reference)
        if not runs:
            return None
        reader = Reader(words=self.words.words, numbers=self.numbers, reference=reference, index=self.index)
        return judge(reader, self.words, runs, low, high)

    def _close_enough(self, judgement: Judgement) -> bool:
        """Whether so much is equal that this text is that license, or was made from it."""
        if judgement.reference.is_notice:
            added = (
                word for hunk in judgement.edits for word in self.words.words[hunk.text_start : hunk.text_end]
            )
            return judgement.coverage >= 0.6 and judgement.similarity >= 0.6 and not any(map(bears, added))
        if judgement.matched < 12:
            return False
        dense = judgement.matched / (judgement.end - judgement.start or 1)
        if self.index.license(judgement.reference.license).rank == 2 and not judgement.is_exact:
            return (
                judgement.coverage >= 0.8
                and dense >= 0.5
                and len(judgement.reference.words) >= _SMALLEST_CHANGED
            )
        length = len(judgement.reference.words)
        return (judgement.coverage >= 0.6 and dense >= 0.4) or (
            judgement.matched >= 0.3 * length and dense >= 0.7
        )
