"""Write the license index: the one place besides its reader that knows the layout. Used at build time only."""

import hashlib
import json
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from openaudit.errors import LicenseError
from openaudit.licenses.index_format import (
    ANY_WORDS,
    HEADER,
    MAGIC,
    MOST_WORDS,
    SECTION,
    TEXT,
    VERSION,
    alias_hash,
    slot_of,
    word_hash,
)
from openaudit.licenses.ngrams import filed

COMMON = 90
"""An n-gram of more references than this is left out, where a reference has `ENOUGH_RARE` others."""

ENOUGH_RARE = 16

ANY = "\0any"
"""Stands in an alternative for up to `MOST_ANY_WORDS` words of any kind."""

Words = tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class DraftRegion:
    """A stretch of a draft, from word `start` to word `end`, in whose place each alternative may stand."""

    start: int
    end: int
    flavour: int
    alternatives: list[Words]


@dataclass(slots=True, kw_only=True)
class Draft:
    """A reference text before it is written: canonical words and regions."""

    license: str  # id
    words: list[str]
    regions: list[DraftRegion] = field(default_factory=list)
    kind: int = TEXT


def write_index(
    licenses: Sequence[Mapping[str, object]], drafts: Sequence[Draft], aliases: Mapping[Words, str]
) -> bytes:
    """The bytes of an index. The same input gives the same bytes.

    `licenses` are the fields of `index.License`, in the order of their numbers.

    Raises:
        LicenseError: two words share a hash, or there are more words than numbers.
    """
    numbers, word_sections = _vocabulary(drafts)
    places = {str(license["id"]): place for place, license in enumerate(licenses)}
    sections = dict(word_sections)
    sections.update(_texts(drafts, numbers, places))
    sections.update(_metadata(licenses))
    named = sorted((alias_hash(list(words)), places[id_]) for words, id_ in aliases.items())
    sections[b"AHSH"] = array("Q", [code for code, _ in named]).tobytes()
    sections[b"ALIC"] = array("H", [place for _, place in named]).tobytes()
    return _pack(sections)


def _vocabulary(drafts: Sequence[Draft]) -> tuple[dict[str, int], dict[bytes, bytes]]:
    words = {word for draft in drafts for word in draft.words}
    words |= {
        w for draft in drafts for region in draft.regions for option in region.alternatives for w in option
    }
    words.discard(ANY)
    ordered = sorted(words, key=lambda word: (word_hash(word), word))
    hashes = [word_hash(word) for word in ordered]
    if len(set(hashes)) != len(hashes) or len(hashes) > MOST_WORDS:
        raise LicenseError("two words share a 32-bit hash, or there are too many words")
    letters = [word.encode() for word in ordered]
    starts = [0]
    for raw in letters:
        starts.append(starts[-1] + len(raw))
    numbers = {word: place for place, word in enumerate(ordered)} | {ANY: ANY_WORDS}
    return numbers, {
        b"WHSH": array("I", hashes).tobytes(),
        b"WOFF": array("I", starts).tobytes(),
        b"WLET": b"".join(letters),
    }


def _texts(drafts: Sequence[Draft], numbers: dict[str, int], places: dict[str, int]) -> dict[bytes, bytes]:
    sequence, rows, regions, weights = array("H"), array("I"), array("H", [0]), array("f")
    filings: dict[int, list[int]] = {}
    everywhere = _everywhere(drafts, numbers)
    for reference, draft in enumerate(drafts):
        words = [numbers[word] for word in draft.words]
        codes = filed(words)
        rare = codes - everywhere
        if len(rare) >= ENOUGH_RARE:
            codes = rare
        for code in codes:
            filings.setdefault(code, []).append(reference)
        rows.extend([places[draft.license], len(sequence), len(words), len(codes), len(regions), draft.kind])
        weights.append(len(words) / max(1, len(codes)) ** 2)
        sequence.extend(words)
        _add_regions(regions, draft, numbers)
    slots, postings = _postings(filings)
    return {
        b"SEQU": sequence.tobytes(),
        b"REFS": rows.tobytes(),
        b"WGHT": weights.tobytes(),
        b"REGI": regions.tobytes(),
        b"SLOT": slots.tobytes(),
        b"POST": postings.tobytes(),
    }


def _everywhere(drafts: Sequence[Draft], numbers: dict[str, int]) -> set[int]:
    """N-grams of so many references that they tell nothing."""
    counts: Counter[int] = Counter()
    for draft in drafts:
        counts.update(filed([numbers[word] for word in draft.words]))
    return {code for code, count in counts.items() if count > COMMON}


def _add_regions(stream: "array[int]", draft: Draft, numbers: dict[str, int]) -> None:
    ordered = sorted(draft.regions, key=lambda region: (region.start, -region.end, region.flavour))
    stream.append(len(ordered))
    for region in ordered:
        options = sorted({tuple(numbers[word] for word in option) for option in region.alternatives})
        stream.extend([region.start, region.end, region.flavour, len(options)])
        for option in options:
            stream.append(len(option))
            stream.extend(option)


def _postings(filings: dict[int, list[int]]) -> "tuple[array[int], array[int]]":
    """A table with open addressing, at most two thirds full, and the lists that it points to."""
    size = 1024
    while size * 2 < len(filings) * 3:
        size *= 2
    slots, postings = array("I", bytes(8 * size)), array("H", [0])
    shared: dict[tuple[int, ...], int] = {}
    for code in sorted(filings):
        references = tuple(filings[code])
        start = shared.get(references)
        if start is None:
            start = shared[references] = len(postings)
            postings.append(len(references))
            postings.extend(references)
        slot = slot_of(code, size - 1)
        while slots[2 * slot + 1]:
            slot = (slot + 1) & (size - 1)
        slots[2 * slot], slots[2 * slot + 1] = code, start
    return slots, postings


def _metadata(licenses: Sequence[Mapping[str, object]]) -> dict[bytes, bytes]:
    rows = [json.dumps(dict(license), sort_keys=True, ensure_ascii=False).encode() for license in licenses]
    starts = [0]
    for row in rows:
        starts.append(starts[-1] + len(row))
    return {b"MOFF": array("I", starts).tobytes(), b"META": b"".join(rows)}


def _pack(sections: dict[bytes, bytes]) -> bytes:
    table, body = bytearray(), bytearray()
    start = -(-(HEADER.size + SECTION.size * len(sections)) // 8) * 8
    for name in sorted(sections):
        raw = sections[name]
        table += SECTION.pack(name, start + len(body), len(raw))
        body += raw + bytes(-len(raw) % 8)
    table += bytes(-(HEADER.size + len(table)) % 8)
    rest = bytes(table + body)
    return HEADER.pack(MAGIC, VERSION, hashlib.sha256(rest).digest(), len(sections)) + rest
