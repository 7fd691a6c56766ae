"""Account for every word: what of a reference is missing in a text, and what was added that it has not."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from openaudit.licenses.align import Hunk, Run, hunks
from openaudit.licenses.grammar import Reader
from openaudit.licenses.index import LARGEST_SMALL_REGION, Reference, Region
from openaudit.licenses.index_format import APPENDIX, TITLE
from openaudit.licenses.lexicon import attaches
from openaudit.licenses.words import Words

_HEAD_WINDOW: Final = 64

Range = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """How a stretch of text stands to one reference."""

    reference: Reference
    runs: tuple[Run, ...]
    start: int  # first word of the text that belongs to the license
    end: int  # one past the last
    edits: tuple[Hunk, ...]
    outside: tuple[Range, ...]  # words within start to end that are read like text around the license
    matched: int  # equal words
    missing: int  # words of the reference that have to be there and are not
    added: int  # words that the reference has not
    allowed: int  # differences that the reference's template allows
    explained: int  # words of the text in those

    @property
    def is_exact(self) -> bool:
        """Whether nothing is missing and nothing was added."""
        return not self.edits

    @property
    def coverage(self) -> float:
        """How much of what has to be there is there, 0 to 1."""
        required = sum(self.reference.required) or len(self.reference.words)
        return max(0.0, 1 - self.missing / required)

    @property
    def similarity(self) -> float:
        """Equal words among all words of both sides, 0 to 1."""
        return self.matched / (self.matched + self.missing + self.added or 1)

    @property
    def worth(self) -> float:
        """What decides between references: words explained, less what the reference gets wrong."""
        return self.matched + self.explained - 1.5 * self.missing - 1.5 * self.added - 2.0 * len(self.edits)


def judge(reader: Reader, words: Words, runs: Sequence[Run], low: int, high: int) -> Judgement:
    """Weigh every difference between text words `low` to `high` and the reference that `runs` align."""
    runs = _without_half_a_title(runs, reader.reference)
    edits: list[Hunk] = []
    outside: list[Range] = []
    allowed = int(runs[0].reference > 0) + int(
        runs[-1].reference + runs[-1].size < len(reader.reference.words)
    )
    explained = 0
    start = _head(reader, words, runs, low, edits)
    end = _tail(reader, words, runs, high, edits)
    for group, span in _groups(list(hunks(runs)), runs, reader.reference):
        if reader.accepts(span.start, span.end, span.text_start, span.text_end):
            allowed += len(group)
            explained += sum(hunk.text_end - hunk.text_start for hunk in group)
            continue
        for hunk in group:
            _inner(reader, words, hunk, edits, outside)
    required = reader.reference.required
    missing = sum(sum(required[hunk.start : hunk.end]) or (hunk.end - hunk.start) for hunk in edits)
    return Judgement(
        reference=reader.reference,
        runs=tuple(runs),
        start=start,
        end=end,
        edits=tuple(edits),
        outside=tuple(outside),
        matched=sum(run.size for run in runs),
        missing=missing,
        added=sum(hunk.text_end - hunk.text_start for hunk in edits),
        allowed=allowed,
        explained=explained + runs[0].text - start,
    )


def _without_half_a_title(runs: Sequence[Run], reference: Reference) -> Sequence[Run]:
    """The end of a title alone ("license") may well be the end of another sentence of the text."""
    first = runs[0]
    surplus = reference.title[1] - first.reference
    if first.reference > reference.title[0] and 0 < surplus < first.size:
        return (Run(first.text + surplus, first.reference + surplus, first.size - surplus), *runs[1:])
    return runs


def _head(reader: Reader, words: Words, runs: Sequence[Run], low: int, edits: list[Hunk]) -> int:
    """Where the license begins; what is missing before the first equal words is an edit."""
    first = runs[0]
    window = max(low, first.text - _HEAD_WINDOW)
    size = _extension(reader.reference, first.reference, runs)
    target = first.text + size - first.reference
    if first.reference == 0:
        return _attached_before(words, first.text, low, reader.reference, first, edits)
    starts = set(range(window, first.text + 1))
    reachable = target in reader.ends(0, size, starts, target)
    for begin in range(first.text, window - 1, -1) if reachable else ():
        if target in reader.ends(0, size, {begin}, target):
            return _attached_before(words, begin, low, reader.reference, first, edits)
    hunk = Hunk(text_start=first.text, text_end=first.text, start=0, end=first.reference)
    if any(reader.reference.required[: first.reference]):
        edits.append(hunk)
    return _attached_before(words, first.text, low, reader.reference, first, edits)


def _extension(reference: Reference, place: int, runs: Sequence[Run]) -> int:
    """Up to where words have to be read so that no region is cut in two."""
    run = runs[0]
    stop = place
    for region in reference.regions:
        if region.start < place < region.end <= run.reference + run.size:
            stop = max(stop, region.end)
    return stop


def _attached_before(
    words: Words, begin: int, low: int, reference: Reference, first: Run, edits: list[Hunk]
) -> int:
    """Words in front of the license in its first sentence count when they may turn its meaning ("No permission ...")."""
    if first.reference > reference.body[0] + 3:
        return begin
    place = begin
    while place > low and begin - place < 12 and not _breaks(words, place):
        place -= 1
    if begin - place >= 12:
        place = begin
    if any(map(attaches, words.words[place:begin])):
        edits.append(Hunk(text_start=place, text_end=begin, start=first.reference, end=first.reference))
        return place
    return begin


def _tail(reader: Reader, words: Words, runs: Sequence[Run], high: int, edits: list[Hunk]) -> int:
    """Where the license ends; what is missing after the last equal words is an edit."""
    last = runs[-1]
    reference = reader.reference
    done = last.reference + last.size
    end = last.text + last.size
    stop = len(reference.words)
    from_word, from_text = done, end
    for region in reference.regions:
        if region.start < done < region.end and region.start >= last.reference:
            from_word = min(from_word, region.start)
    from_text -= done - from_word
    window = min(high, end + _HEAD_WINDOW)
    reached = reader.ends(from_word, stop, {from_text}, window)
    fitting = sorted(place for place in reached if place >= end)
    if fitting:
        return _attached_after(words, fitting[0], high, edits, stop)
    if any(reference.required[done:stop]):
        edits.append(Hunk(text_start=end, text_end=end, start=done, end=stop))
    return _attached_after(words, end, high, edits, stop)


def _attached_after(words: Words, end: int, high: int, edits: list[Hunk], stop: int) -> int:
    """Words behind the license in its last sentence count when they may turn its meaning."""
    place = end
    while place < high and place - end < 40 and not _breaks(words, place):
        place += 1
    if any(map(attaches, words.words[end:place])):
        edits.append(Hunk(text_start=end, text_end=place, start=stop, end=stop))
        return place
    return end


def _breaks(words: Words, place: int) -> bool:
    """Whether a sentence or paragraph ends between word `place - 1` and word `place`."""
    if place <= 0 or place >= len(words.words):
        return True
    before, after = words.lines[place - 1], words.lines[place]
    if before == after:
        pattern = rf"(?<![^\W_]){re.escape(words.words[place - 1])}[^\w]*?[.!?;:\u3002\v][^\w]*{re.escape(words.words[place])}(?![^\W_])"
        return re.search(pattern, words.source[after - 1]) is not None
    if after - before > 1:
        return True
    line = words.source[before - 1].rstrip(" \t*/'\"\u201d)#|>-_=~")
    return (
        line.endswith((".", "!", "?", ";", ":", "\u3002", "\v"))
        or len(line) < 36
        or "\v" in words.source[after - 1][:4]
    )


def _groups(
    found: list[Hunk], runs: Sequence[Run], reference: Reference
) -> Iterator[tuple[list[Hunk], Hunk]]:
    """Differences together with the whole regions that they touch; those that share a region stay together."""
    starts = [run.reference for run in runs]
    regions = reference.small_regions
    group: list[Hunk] = []
    low = high = -1
    for hunk in found:
        start, end = _widened(hunk.start, hunk.end, regions)
        if group and start <= high:
            low, high = _widened(min(low, start), max(high, end), regions)
            group.append(hunk)
            continue
        if group:
            yield group, _span(group, low, high, runs, starts)
        group, low, high = [hunk], start, end
    if group:
        yield group, _span(group, low, high, runs, starts)


def _widened(start: int, end: int, regions: Sequence[Region]) -> Range:
    """The stretch widened until it cuts no region; regions are in the order of their first words."""
    if not regions:
        return start, end
    while end - start < LARGEST_SMALL_REGION:
        low, high = start, end
        place = bisect_left(regions, start - LARGEST_SMALL_REGION, key=_first_word)
        while place < len(regions) and regions[place].start <= high:
            region = regions[place]
            if region.end >= low:
                low, high = min(low, region.start), max(high, region.end)
            place += 1
        if (low, high) == (start, end):
            break
        start, end = low, high
    return start, end


def _first_word(region: Region) -> int:
    return region.start


def _span(group: list[Hunk], low: int, high: int, runs: Sequence[Run], starts: list[int]) -> Hunk:
    """The widened stretch in words of both sides; where its edge lies in another gap, the edge of the gap."""
    first, last = group[0], group[-1]
    text_start, text_end = first.text_start, last.text_end
    start, end = first.start, last.end
    run = runs[bisect_right(starts, first.start - 1) - 1] if first.start else runs[0]
    if low < first.start:
        start = max(low, run.reference)
        text_start = first.text_start - (first.start - start)
    run = runs[min(bisect_right(starts, last.end), len(runs)) - 1]
    if high > last.end:
        end = min(high, run.reference + run.size)
        text_end = last.text_end + (end - last.end)
    return Hunk(text_start=text_start, text_end=text_end, start=start, end=end)


def _inner(reader: Reader, words: Words, hunk: Hunk, edits: list[Hunk], outside: list[Range]) -> None:
    """File one difference inside the license that no template allows."""
    if reader.accepts(hunk.start, hunk.end, hunk.text_start, hunk.text_end):
        return
    added = words.words[hunk.text_start : hunk.text_end]
    begin, finish = reader.reference.body
    if hunk.start == hunk.end and _numbers_a_page_or_list(words, hunk):
        return
    if _moves_an_address(reader, words, hunk):
        return
    lenient = hunk.end <= begin or hunk.start >= finish or _inside(reader.reference, hunk, APPENDIX)
    if lenient and not _renames(reader, hunk, added):
        if added:
            outside.append((hunk.text_start, hunk.text_end))
        return
    edits.append(hunk)


def _inside(reference: Reference, hunk: Hunk, flavour: int) -> bool:
    return any(
        region.flavour == flavour and region.start <= hunk.start and hunk.end <= region.end
        for region in reference.regions
    )


def _renames(reader: Reader, hunk: Hunk, added: Sequence[str]) -> bool:
    """Whether a title carries another number or date than the reference's, or in a family of licenses another name."""
    if not _inside(reader.reference, hunk, TITLE):
        return False
    if added and hunk.start < hunk.end and reader.index.license(reader.reference.license).family:
        return True
    removed = [reader.index.word(number) for number in reader.reference.words[hunk.start : hunk.end]]
    before = reader.index.word(reader.reference.words[hunk.start - 1]) if hunk.start else ""
    if before in MONTHS and all(_YEAR.fullmatch(word) for word in (*removed, *added)):
        return False  # the date beside the version of a license that is no family of dated texts
    return any(word[0].isdigit() for word in removed) and any(word[0].isdigit() for word in added)


MONTHS: Final = frozenset(
    "january february march april may june july august september october november december".split()
)
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_ADDRESS: Final = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/[^\s()\[\]<>\"']*)?")
_IN_ADDRESS: Final = re.compile(r"[a-z]+|\d+(?:\.\d+)*")


def _moves_an_address(reader: Reader, words: Words, hunk: Hunk) -> bool:
    """Whether the difference lies inside one web address and is no number: pages move, and mean what they meant.

    A number in an address is often a version, and a word that limits is never passed over.
    """
    before, after = hunk.text_start - 1, hunk.text_end
    if before < 0 or after >= len(words.words) or words.lines[before] != words.lines[after]:
        return False
    added = words.words[hunk.text_start : hunk.text_end]
    removed = [reader.index.word(number) for number in reader.reference.words[hunk.start : hunk.end]]
    if len(added) > 3 or len(removed) > 3 or any(w[0].isdigit() or attaches(w) for w in (*added, *removed)):
        return False
    wanted = words.words[before : after + 1]
    return any(
        _follows(_IN_ADDRESS.findall(address[0]), wanted)
        for address in _ADDRESS.finditer(words.source[words.lines[before] - 1])
    )


def _follows(parts: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether the wanted words stand in this order, side by side, among the parts."""
    size = len(wanted)
    return any(list(parts[i : i + size]) == list(wanted) for i in range(len(parts) - size + 1))


def _numbers_a_page_or_list(words: Words, hunk: Hunk) -> bool:
    found = words.words[hunk.text_start : hunk.text_end]
    if len(found) > 5 or not all(
        (word.isdigit() and len(word) <= 3) or word in ("page", "of") for word in found
    ):
        return False
    line = words.lines[hunk.text_start]
    alone = (hunk.text_start == 0 or words.lines[hunk.text_start - 1] != line) and (
        hunk.text_end >= len(words.words) or words.lines[hunk.text_end] != line
    )
    if alone:
        return True
    return (
        len(found) == 1
        and re.search(
            rf"(?:^|[.;:,]\s|\band\s|\bor\s)[\W_]*\(?{re.escape(found[0])}[.)]", words.source[line - 1]
        )
        is not None
    )
