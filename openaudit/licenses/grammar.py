"""Whether a reference's template accepts the words of a text at one place: optional and alternative words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from openaudit.licenses.index import Index, Reference
from openaudit.licenses.index_format import ANY_WORDS, MOST_ANY_WORDS, UNKNOWN_WORD
from openaudit.licenses.lexicon import bears
from openaudit.licenses.same_words import joined_alike, misspelt

_STATES: Final = 60_000
_JOIN: Final = ((1, 2), (2, 1), (1, 3), (3, 1), (2, 2), (1, 4), (2, 3), (3, 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """The words of one text as letters and as numbers, read against one reference."""

    words: Sequence[str]
    numbers: Sequence[int]
    reference: Reference
    index: Index

    def accepts(self, start: int, end: int, text_start: int, text_end: int) -> bool:
        """Whether the words of the text may stand for words `start` to `end` of the reference."""
        nothing = self.index.meaningless
        if nothing.issuperset(self.numbers[text_start:text_end]):
            if nothing.issuperset(self.reference.words[start:end]):
                return True
        elif start == end and start not in self.reference.regions_at:
            return False
        return text_end in self.ends(start, end, {text_start}, text_end)

    def ends(self, start: int, end: int, text_starts: set[int], text_end: int) -> set[int]:
        """Where reading words `start` to `end` of the reference may arrive in the text."""
        first = min(text_starts, default=text_end)
        if (end - start + 1) * (text_end - first + 1) > _STATES:
            return self._skipped(start, end, text_starts)
        reached: dict[int, set[int]] = {start: set(text_starts)}
        for place in range(start, end + 1):
            here = reached.pop(place, None)
            if not here:
                continue
            self._skip_text(here, text_end)
            for alternative, onward in self._alternatives(place, end):
                arrived: set[int] = set()
                for at in here:
                    arrived |= self._read(alternative, at, text_end)
                if arrived:
                    reached.setdefault(onward, set()).update(arrived)
                    if onward == place:
                        here |= arrived
            if place == end:
                return here
            self._step(place, end, here, text_end, reached)
        return set()

    def _skipped(self, start: int, end: int, text_starts: set[int]) -> set[int]:
        """For long stretches: only leaving them out as a whole is tried."""
        place = start
        while place < end:
            onward = [
                region.end for region in self.reference.regions_at.get(place, ()) if () in region.alternatives
            ]
            longest = max((stop for stop in onward if stop <= end), default=place)
            if longest == place:
                return set()
            place = longest
        return text_starts

    def _alternatives(self, place: int, end: int) -> list[tuple[tuple[int, ...], int]]:
        return [
            (alternative, region.end)
            for region in self.reference.regions_at.get(place, ())
            if region.end <= end
            for alternative in region.alternatives
        ]

    def _skip_text(self, here: set[int], text_end: int) -> None:
        """Articles and the letters of lists may be added."""
        waiting = list(here)
        while waiting:
            at = waiting.pop()
            if at < text_end and at + 1 not in here and self.numbers[at] in self.index.meaningless:
                here.add(at + 1)
                waiting.append(at + 1)

    def _step(
        self, place: int, end: int, here: set[int], text_end: int, reached: dict[int, set[int]]
    ) -> None:
        """Read one word of the reference, or a few that are the same word differently spelt."""
        wanted = self.reference.words[place]
        onward = reached.setdefault(place + 1, set())
        if wanted in self.index.meaningless:
            onward |= here
        letters = self.index.word(wanted)
        for at in here:
            if at >= text_end:
                continue
            if self.numbers[at] == wanted:
                onward.add(at + 1)
                continue
            found = self.words[at]
            if found[0] != letters[0]:
                continue
            if self.numbers[at] == UNKNOWN_WORD and misspelt(found, letters):
                onward.add(at + 1)
            if found.startswith(letters) or letters.startswith(found):
                self._join(place, end, at, text_end, reached)

    def _join(self, place: int, end: int, at: int, text_end: int, reached: dict[int, set[int]]) -> None:
        for here, there in _JOIN:
            if at + here > text_end or place + there > end:
                continue
            meant = [self.index.word(number) for number in self.reference.words[place : place + there]]
            if joined_alike(self.words[at : at + here], meant):
                reached.setdefault(place + there, set()).add(at + here)

    def _read(self, alternative: tuple[int, ...], at: int, text_end: int) -> set[int]:
        """Where reading an alternative from `at` may arrive."""
        here = {at}
        for wanted in alternative:
            onward: set[int] = set()
            for place in here:
                if wanted == ANY_WORDS:
                    onward |= self._any_words(place, text_end)
                elif place < text_end and self._is(place, wanted):
                    onward.add(place + 1)
            here = onward
            if not here:
                break
        return here

    def _is(self, place: int, wanted: int) -> bool:
        number = self.numbers[place]
        return number == wanted or (
            number == UNKNOWN_WORD and misspelt(self.words[place], self.index.word(wanted))
        )

    def _any_words(self, place: int, text_end: int) -> set[int]:
        """Names and the like: up to `MOST_ANY_WORDS` words, none of which grants or restricts."""
        reached = {place}
        for at in range(place, min(text_end, place + MOST_ANY_WORDS)):
            if bears(self.words[at]):
                break
            reached.add(at + 1)
        return reached
