"""The license index: a memory-mapped file of reference texts as word hashes, opened without being read."""

import json
import mmap
import sys
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final

from openaudit.errors import LicenseError
from openaudit.licenses.index_format import (
    APPENDIX,
    HEADER,
    MAGIC,
    NOTICE,
    PLAIN,
    REFERENCE_FIELDS,
    SECTION,
    TITLE,
    UNKNOWN_WORD,
    VERSION,
    alias_hash,
    slot_of,
    word_hash,
)
from openaudit.licenses.same_words import ARTICLES, ENUMERATORS
from openaudit.licenses.words import canonical

INDEX_PATH: Final = Path(__file__).parent / "data" / "license_index.bin"

LARGEST_SMALL_REGION: Final = 240

_REMEMBERED_WORDS: Final = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class License:
    """What the index knows of one license besides its texts."""

    id: str  # as reported: SPDX id, LicenseRef-scancode-<key> or LicenseRef-openaudit-<id>
    key: str  # id in the AI collection, else ScanCode's key, else the SPDX id
    spdx: str | None
    name: str
    version: str | None
    family: str | None  # set where several versions of one license exist that must not be confused
    modifies: str | None  # id of the standard license that this text openly changes
    exception: bool  # an exception, to be added to a license by WITH
    rank: int  # 0 SPDX, 1 AI collection, 2 ScanCode: decides between equal texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Words of a reference in whose place something else may stand."""

    start: int
    end: int
    flavour: int
    alternatives: tuple[tuple[int, ...], ...]


class Reference:
    """One reference text: word numbers, and where it may vary."""

    def __init__(
        self,
        *,
        number: int,
        license: int,
        kind: int,
        words: list[int],
        filed: int,
        regions: tuple[Region, ...],
    ) -> None:
        self.number = number
        self.license = license
        self.kind = kind
        self.words = words
        self.filed = filed
        self.regions = regions

    @property
    def is_notice(self) -> bool:
        """Whether this is a notice that refers to a license, not its text."""
        return self.kind == NOTICE

    @cached_property
    def grams(self) -> dict[tuple[int, int, int], list[int]]:
        """Where each three-word sequence stands."""
        places: dict[tuple[int, int, int], list[int]] = {}
        words = self.words
        for place, gram in enumerate(zip(words, words[1:], words[2:], strict=False)):
            if gram in places:
                places[gram].append(place)
            else:
                places[gram] = [place]
        return places

    @cached_property
    def regions_at(self) -> dict[int, list[Region]]:
        """Regions by their first word."""
        found: dict[int, list[Region]] = {}
        for region in self.regions:
            found.setdefault(region.start, []).append(region)
        return found

    @cached_property
    def small_regions(self) -> tuple[Region, ...]:
        """Regions that are read word by word, by their first words; titles and appendices have rules of their own."""
        return tuple(
            region
            for region in self.regions
            if region.end - region.start <= LARGEST_SMALL_REGION and region.flavour not in (TITLE, APPENDIX)
        )

    @cached_property
    def required(self) -> bytearray:
        """1 for each word that no optional region covers."""
        marks = bytearray(b"\1") * len(self.words)
        for region in self.regions:
            if region.flavour != PLAIN or () in region.alternatives:
                marks[region.start : region.end] = bytes(region.end - region.start)
        return marks

    @cached_property
    def body(self) -> tuple[int, int]:
        """First word behind the title, and one past the last before an appendix."""
        marks = bytearray(b"\1") * len(self.words)
        for region in self.regions:
            if region.flavour in (TITLE, APPENDIX):
                marks[region.start : region.end] = bytes(region.end - region.start)
        first = marks.find(1)
        return (0, len(self.words)) if first < 0 else (first, marks.rfind(1) + 1)

    @cached_property
    def title(self) -> tuple[int, int]:
        """The words of the title, empty where the text has none."""
        for region in self.regions:
            if region.flavour == TITLE:
                return region.start, region.end
        return 0, 0


class Index:
    """All reference texts, behind one memory map."""

    def __init__(self, data: mmap.mmap | bytes) -> None:
        """Raises LicenseError when the data is no index of this version."""
        view = memoryview(data)
        if len(view) < HEADER.size:
            raise LicenseError("the license index is damaged: too short")
        magic, version, digest, count = HEADER.unpack_from(view)
        if magic != MAGIC or version != VERSION or sys.byteorder != "little":
            raise LicenseError(f"the license index is not of format {VERSION}")
        self.digest: str = digest.hex()
        sections: dict[bytes, memoryview] = {}
        for row in range(count):
            name, start, size = SECTION.unpack_from(view, HEADER.size + row * SECTION.size)
            sections[name] = view[start : start + size]
        self._hashes = sections[b"WHSH"].cast("I")
        self._letter_starts = sections[b"WOFF"].cast("I")
        self._letters = sections[b"WLET"]
        self._sequence = sections[b"SEQU"].cast("H")
        self._references = sections[b"REFS"].cast("I")
        self._regions = sections[b"REGI"].cast("H")
        self._slots = sections[b"SLOT"].cast("I")
        self._postings = sections[b"POST"].cast("H")
        self._meta_starts = sections[b"MOFF"].cast("I")
        self._meta = sections[b"META"]
        self._alias_hashes = sections[b"AHSH"].cast("Q")
        self._alias_licenses = sections[b"ALIC"].cast("H")
        self.weights = sections[b"WGHT"].cast("f")  # words / (n-grams filed)^2 of each reference text
        self._slot_mask = len(self._slots) // 2 - 1
        self._numbers = _WordNumbers(self)
        self.meaningless = frozenset(self.find_word(word) for word in [*ARTICLES, *ENUMERATORS])
        self._license_cache: dict[int, License] = {}
        self._reference_cache: dict[int, Reference] = {}

    def __len__(self) -> int:
        """How many reference texts there are."""
        return len(self._references) // REFERENCE_FIELDS

    @property
    def licenses(self) -> Iterator[License]:
        """All licenses, in the order of the manifest."""
        return (self.license(number) for number in range(len(self._meta_starts) - 1))

    def numbers(self, words: list[str]) -> list[int]:
        """Word numbers; `UNKNOWN_WORD` for words that no reference text has."""
        if len(self._numbers) > _REMEMBERED_WORDS:
            self._numbers.clear()
        return list(map(self._numbers.__getitem__, words))

    def find_word(self, word: str) -> int:
        """The number of one word."""
        word = canonical(word)
        code = word_hash(word)
        place = bisect_left(self._hashes, code)
        if place == len(self._hashes) or self._hashes[place] != code or self.word(place) != word:
            return UNKNOWN_WORD
        return place

    def word(self, number: int) -> str:
        """The letters of a word number."""
        if number >= len(self._hashes):
            return "\u2026"
        return str(self._letters[self._letter_starts[number] : self._letter_starts[number + 1]], "utf-8")

    def license(self, number: int) -> License:
        """The license with this number."""
        found = self._license_cache.get(number)
        if found is None:
            raw = bytes(self._meta[self._meta_starts[number] : self._meta_starts[number + 1]])
            found = self._license_cache[number] = License(**json.loads(raw))
        return found

    def license_of(self, reference: int) -> int:
        """The license number of a reference text."""
        return self._references[reference * REFERENCE_FIELDS]

    def size_of(self, reference: int) -> tuple[int, int]:
        """Words of a reference text, and n-grams that it is filed under."""
        row = reference * REFERENCE_FIELDS
        return self._references[row + 2], self._references[row + 3]

    def reference(self, number: int) -> Reference:
        """The reference text with this number; a few dozen are remembered."""
        found = self._reference_cache.get(number)
        if found is None:
            if len(self._reference_cache) > 96:
                self._reference_cache.clear()
            found = self._reference_cache[number] = self._read_reference(number)
        return found

    def _read_reference(self, number: int) -> Reference:
        row = number * REFERENCE_FIELDS
        license, start, length, filed, regions, kind = self._references[row : row + REFERENCE_FIELDS].tolist()
        return Reference(
            number=number,
            license=license,
            kind=kind,
            words=self._sequence[start : start + length].tolist(),
            filed=filed,
            regions=tuple(self._read_regions(regions)),
        )

    def _read_regions(self, place: int) -> Iterator[Region]:
        stream = self._regions
        count = stream[place]
        place += 1
        for _ in range(count):
            start, end, flavour, alternatives = stream[place : place + 4].tolist()
            place += 4
            found = []
            for _ in range(alternatives):
                length = stream[place]
                found.append(tuple(stream[place + 1 : place + 1 + length].tolist()))
                place += 1 + length
            yield Region(start=start, end=end, flavour=flavour, alternatives=tuple(found))

    def filed_under(self, code: int) -> memoryview | None:
        """The reference texts that are filed under an n-gram."""
        slots, mask = self._slots, self._slot_mask
        slot = slot_of(code, mask)
        while True:
            posting = slots[2 * slot + 1]
            if not posting:
                return None
            if slots[2 * slot] == code:
                count = self._postings[posting]
                return self._postings[posting + 1 : posting + 1 + count]
            slot = (slot + 1) & mask

    def named(self, words: list[str]) -> int | None:
        """The license with exactly this name or id, in canonical words."""
        code = alias_hash(words)
        place = bisect_left(self._alias_hashes, code)
        if place < len(self._alias_hashes) and self._alias_hashes[place] == code:
            return self._alias_licenses[place]
        return None


class _WordNumbers(dict[str, int]):
    """Word numbers that were looked up before."""

    def __init__(self, index: Index) -> None:
        super().__init__()
        self._index = index

    def __missing__(self, word: str) -> int:
        number = self[word] = self._index.find_word(word)
        return number


def open_index(path: Path) -> Index:
    """Map an index file. Raises LicenseError when it is missing or damaged."""
    try:
        with path.open("rb") as file:
            return Index(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError) as error:
        raise LicenseError(f"cannot open the license index {path.name}: {error}") from error


@lru_cache(maxsize=1)
def shipped_index() -> Index:
    """The index that ships with the package, opened once."""
    return open_index(INDEX_PATH)
