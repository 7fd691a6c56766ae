"""Licenses that are named and not quoted: SPDX tags, addresses, "licensed under ...", headings."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from openaudit.licenses.identification import Kind
from openaudit.licenses.index import Index
from openaudit.licenses.judge import Range
from openaudit.licenses.words import Words, canonical

MAX_REFERENCES: Final = 50
MAX_TRIED: Final = 4_000
"""Places where a license may be named that are looked at in one stretch of text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """One place where a license is named."""

    license: int  # number in the index
    kind: Kind
    start: int  # words of the text
    end: int
    expression: str  # of the whole statement
    strong: bool  # a statement that it applies; a bare name or address is not


_DROPPED: Final = frozenset("the a an version v license licenses licensed agreement".split())
_LEADS: Final = frozenset("under license licensed licenses licensing terms license-identifier".split())
_SKIPPED: Final = frozenset(
    "the a an terms of and conditions is are this software project model code under either".split()
)
_JOINING: Final = frozenset("the a an v version".split())  # a name does not end with these
_LONGEST: Final = 11


def reduced(words: Sequence[str]) -> list[str]:
    """A name without the words that people leave out: "the", "license", "version", and ".0".

    >>> reduced(["the", "apache", "license", "version", "2.0"])
    ['apache', '2']
    """
    kept = [canonical(word) for word in words if canonical(word) not in _DROPPED]
    if len(kept) > 1 and kept[-1] == "only":
        kept = kept[:-1]
    return [word[:-2] if word.endswith(".0") and word.count(".") == 1 else word for word in kept]


def find_namings(words: Words, rest: Sequence[Range], index: Index) -> list[Naming]:
    """All licenses named in the stretches `rest`, strongest form first at each place."""
    found: list[Naming] = []
    for low, high in rest:
        for finder in (_tags, _statements, _addresses, _headings):
            found += islice(finder(words, low, high, index), MAX_REFERENCES)
        if len(found) >= MAX_REFERENCES:
            break
    return _without_overlaps(found)[:MAX_REFERENCES]


def _without_overlaps(found: list[Naming]) -> list[Naming]:
    kept: list[Naming] = []
    for naming in found:
        same = [
            one
            for one in kept
            if one.start < naming.end and naming.start < one.end and one.expression != naming.expression
        ]
        if not same:
            kept.append(naming)
    return sorted(kept, key=lambda naming: (naming.start, naming.license))


# --- SPDX-License-Identifier --------------------------------------------------------------------------------

_TAG: Final = re.compile(r"spdx\W{0,2}license\W{0,2}identifier[\s:\"'=]{0,4}([a-z0-9.+\-() \t]{2,300})")
_TOKEN: Final = re.compile(r"\(|\)|[a-z0-9.+-]+")


def _tags(words: Words, low: int, high: int, index: Index) -> Iterator[Naming]:
    if high - low < 4:
        return
    first, last = words.lines[low], words.lines[high - 1]
    for number in range(first, last + 1):
        line = words.source[number - 1]
        if "identifier" not in line:
            continue
        match = _TAG.search(line)
        if match is None:
            continue
        start, end = _on_line(words, number, low, high)
        expression, licenses = _expression(match.group(1), index)
        for license in licenses:
            yield Naming(
                license=license,
                kind="reference",
                start=start,
                end=end,
                expression=expression,
                strong=True,
            )


def _on_line(words: Words, number: int, low: int, high: int) -> Range:
    """The words of one line within a stretch; never empty."""
    start = max(low, bisect_left(words.lines, number))
    end = min(high, bisect_right(words.lines, number))
    return (start, end) if start < end else (low, low + 1)


def _expression(raw: str, index: Index) -> tuple[str, list[int]]:
    """An SPDX expression in its proper spelling, and the licenses in it; empty when a part is unknown."""
    parts: list[str] = []
    licenses: list[int] = []
    for token in _TOKEN.findall(raw):
        if token in ("and", "or", "with"):
            parts.append(token.upper())
        elif token in "()":
            parts.append(token)
        else:
            license = index.named(_words_of(token))
            if license is None:
                break
            parts.append(index.license(license).id)
            licenses.append(license)
    while parts and parts[-1] in ("AND", "OR", "WITH", "("):
        parts.pop()
    made = " ".join(parts).replace("( ", "(").replace(" )", ")")
    if made.count("(") != made.count(")"):
        made = made.replace("(", "").replace(")", "")
    if made.startswith("(") and made.endswith(")") and made.count("(") == 1:
        made = made[1:-1]
    return made, licenses


def _words_of(name: str) -> list[str]:
    return reduced(re.findall(r"[a-z]+|\d+(?:\.\d+)*", name.lower()))


# --- "licensed under ..." -----------------------------------------------------------------------------------


def _statements(words: Words, low: int, high: int, index: Index) -> Iterator[Naming]:
    sequence = words.words
    place = low
    tried = 0
    while place < high and tried < MAX_TRIED:
        if canonical(sequence[place]) not in _LEADS:
            place += 1
            continue
        tried += 1
        start = place + 1
        while start < high and start - place < 9 and sequence[start] in _SKIPPED:
            start += 1
        found = _longest_name(sequence, start, min(high, start + _LONGEST), index)
        if found is None:
            place += 1
            continue
        end, license = found
        yield _statement(words, place, end, license, index)
        place = end


def _statement(words: Words, place: int, end: int, license: int, index: Index) -> Naming:
    later = _or_later(words.words[end : end + 8])
    if later:
        license = _later(license, index)
    return Naming(
        license=license,
        kind="reference",
        start=place,
        end=end,
        expression=index.license(license).id,
        strong=True,
    )


def _or_later(following: Sequence[str]) -> bool:
    return " ".join(following[:6]).startswith(
        ("or later", "or any later", "or at your option any later", "or newer")
    )


def _later(license: int, index: Index) -> int:
    id_ = index.license(license).id
    if not id_.endswith("-only"):
        return license
    found = index.named(_words_of(id_.removesuffix("-only") + "-or-later"))
    return license if found is None else found


def _longest_name(words: Sequence[str], start: int, stop: int, index: Index) -> tuple[int, int] | None:
    """The longest license name that begins at `start`: where it ends, and which."""
    for end in range(stop, start, -1):
        if canonical(words[end - 1]) in _JOINING:
            continue
        name = reduced(words[start:end])
        if not name or (len(name) == 1 and len(name[0]) < 3):
            continue
        license = index.named(name)
        if license is not None:
            return end, license
    return None


# --- addresses ------------------------------------------------------------------------------------------------

_ADDRESSES: Final = (
    re.compile(
        r"(?:opensource\.org/licen[cs]es?|spdx\.org/licenses|choosealicense\.com/licenses)/([a-z0-9.+-]+)"
    ),
    re.compile(r"creativecommons\.org/(?:licenses|publicdomain)/([a-z-]+/\d\.\d)"),
    re.compile(r"apache\.org/licenses/(license-\d\.\d)"),
    re.compile(r"gnu\.org/(?:licenses|copyleft)/(?:old-licenses/)?((?:a|l)?gpl(?:-\d\.\d)?|fdl(?:-\d\.\d)?)"),
    re.compile(r"mozilla\.org/(?:en-us/)?(mpl/\d\.\d)"),
    re.compile(r"eclipse\.org/(?:legal|org/documents)/(epl-[v\d.]+|epl-2\.0)"),
    re.compile(r"opendatacommons\.org/licenses/(by|odbl|pddl)(?:/|\b)"),
)
_SPELT: Final = {
    "license 2.0": "apache 2.0",
    "license 1.1": "apache 1.1",
    "zero 1.0": "cc0 1.0",
    "by 1.0": "odc by 1.0",
}


def _addresses(words: Words, low: int, high: int, index: Index) -> Iterator[Naming]:
    if low >= high:
        return
    first, last = words.lines[low], words.lines[high - 1]
    for number in range(first, last + 1):
        line = words.source[number - 1]
        if ".org" not in line and ".com" not in line:
            continue
        for pattern in _ADDRESSES:
            for match in pattern.finditer(line):
                license = _addressed(match, index)
                if license is not None:
                    start, end = _on_line(words, number, low, high)
                    yield Naming(
                        license=license,
                        kind="reference",
                        start=start,
                        end=end,
                        expression=index.license(license).id,
                        strong=False,
                    )


def _addressed(match: re.Match[str], index: Index) -> int | None:
    name = re.sub(r"[-/]", " ", match.group(1)).strip().rstrip(".")
    name = re.sub(r"\s(?:html|txt|php|md)$|\.(?:html|txt|php|md)$", "", name)
    if match.group().startswith("creativecommons") and not name.startswith(("zero", "mark")):
        name = f"cc {name}"
    elif match.group().startswith("opendatacommons"):
        name = {"by": "odc by 1.0", "odbl": "odbl 1.0", "pddl": "pddl 1.0"}[name]
    return index.named(_words_of(_SPELT.get(name, name)))


# --- headings -------------------------------------------------------------------------------------------------


def _headings(words: Words, low: int, high: int, index: Index) -> Iterator[Naming]:
    """Lines that are a license's name and nothing else."""
    place = low
    while place < high:
        end = place
        while end < high and words.lines[end] == words.lines[place]:
            end += 1
        whole = place == 0 or words.lines[place - 1] != words.lines[place]
        if whole and end - place <= 12:
            name = reduced(words.words[place:end])
            license = index.named(name) if name and (len(name) > 1 or len(name[0]) > 2) else None
            if license is not None:
                yield Naming(
                    license=license,
                    kind="title",
                    start=place,
                    end=end,
                    expression=index.license(license).id,
                    strong=False,
                )
        place = end
