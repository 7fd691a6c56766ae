"""How names of licenses are cut into words, so that all spellings of one name are the same words."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from typing import NamedTuple

CJK = re.compile(r"[\u3400-\u9fff]")

AGREEMENT_WORDS = frozenset(
    ["license", "licence", "licenses", "licences", "licensed", "agreement", "terms", "lizenz"]
)
NOISE = frozenset(
    [*AGREEMENT_WORDS, "the", "a", "v", "version", "ver", "of", "use", "rev", "revision", "number"]
)
"""Words that may stand anywhere inside a name without changing it ("Apache License, Version 2.0")."""

_SYNONYMS = {
    "noncommercial": "nc",
    "sharealike": "sa",
    "noderivatives": "nd",
    "noderivs": "nd",
    "noderivative": "nd",
    "attribution": "by",
    "gplv": "gpl",
    "lgplv": "lgpl",
    "agplv": "agpl",
    "mplv": "mpl",
    "eplv": "epl",
    "apachev": "apache",
    "ccby": "cc by",
}
_PAIRS = {
    ("creative", "commons"): "cc",
    ("non", "commercial"): "nc",
    ("share", "alike"): "sa",
    ("no", "derivatives"): "nd",
    ("no", "derivative"): "nd",
    ("no", "derivs"): "nd",
    ("open", "rail"): "openrail",
}
PAIR_STARTS = frozenset(first for first, _ in _PAIRS)
"""Words that may be one with the next."""

TOKEN = re.compile(r"[\s_\-‐‑–—/.,:\"“”'‘’`*()\[\]™®©\\]{0,8}([a-z]+|\d+(?:\.\d+)*|\+\+?)")
_PLAIN_WORDS = re.compile(r"[a-z]+|\d+(?:\.\d+)*|\+\+?")
_SPECIAL = PAIR_STARTS | _SYNONYMS.keys()
_ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


class Token(NamedTuple):
    """One word in its canonical spelling, and where it stands."""

    word: str
    start: int
    end: int


def lowered(text: str) -> str:
    """The text in lower case, every character still in its place."""
    low = text.lower()
    return low if len(low) == len(text) else text.translate(_ASCII_LOWER)


def tokens_from(low: str, position: int) -> Iterator[Token]:
    """The words that follow each other from `position` on, until something other than words and joints comes."""
    pending = TOKEN.match(low, position)
    while pending is not None:
        word, end = pending[1], pending.end()
        start = pending.start(1)
        pending = TOKEN.match(low, end)
        if word in PAIR_STARTS and pending is not None and (word, pending[1]) in _PAIRS:
            word, end = _PAIRS[word, pending[1]], pending.end()
            pending = TOKEN.match(low, end)
        for part in _SYNONYMS.get(word, word).split():
            yield Token(part, start, end)


def spellings(word: str) -> tuple[str, ...]:
    """The ways in which a canonical word can begin in a text."""
    return (
        word,
        *(raw for raw, canonical in _SYNONYMS.items() if canonical.split()[0] == word),
        *(first for (first, _), canonical in _PAIRS.items() if canonical == word),
    )


def words_of(name: str) -> tuple[str, ...]:
    """All words of a name as written in the rules, in their canonical spelling."""
    low = lowered(name)
    found: list[str] = _PLAIN_WORDS.findall(low)
    if _SPECIAL.isdisjoint(found):  # most names: no pair to join, nothing to respell
        return tuple(found)
    return tuple(token.word for token in tokens_from(low, 0))
