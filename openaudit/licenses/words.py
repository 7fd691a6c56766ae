"""Cut a text into words, each with its line, without copyright notices, list numbers and comment signs."""

import re
from array import array
from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from openaudit.licenses.normalise import NO_SIGNS, Signs, clean

MAX_CHARACTERS: Final = 2_000_000
"""Longer texts are cut here: some three hundred thousand words, far above any license file."""

MAX_WORDS: Final = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of one text in order."""

    words: list[str]  # lower case
    lines: "array[int]"  # the line of each word, from 1
    source: list[str]  # the lines the words were cut from, cleaned and in lower case
    cut: bool  # whether words beyond the ceiling were left out


_ASCII_WORD: Final = re.compile(r"[a-z]+|\d+(?:\.\d+)*|[$%&]")
_FOREIGN_WORD: Final = re.compile(
    r"[a-z]+|\d+(?:\.\d+)*|[$%&\u20ac\u00a3\u00a5]|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]"
    r"|[^\W\d_a-z\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+"
)

_WORDLIKE: Final = re.compile(r"[^\W_]")
_COMMENT_WORDS: Final = re.compile(r"\n[ \t]*(?:dnl|rem|REM|C)\s")
_COMMENT_WORD: Final = re.compile(r"\s*(?:dnl|rem|c)\s", re.IGNORECASE)
_SENTENCE_END: Final = re.compile(r"[.!?;:]['\")\]\u201d]*\s+|\v|[\u3002\uff1b\uff01]")

_EQUIVALENT: Final = {
    "acknowledgement": "acknowledgment", "acknowledgements": "acknowledgments", "analogue": "analog",
    "analyse": "analyze", "artefact": "artifact", "artefacts": "artifacts", "authorisation": "authorization",
    "authorisations": "authorizations", "authorise": "authorize", "authorised": "authorized", "calibre": "caliber",
    "cancelled": "canceled", "capitalisations": "capitalizations", "catalogue": "catalog", "categorise": "categorize",
    "centre": "center", "centres": "centers", "emphasised": "emphasized", "favour": "favor", "favourite": "favorite",
    "fulfil": "fulfill", "fulfilment": "fulfillment", "initialise": "initialize", "judgement": "judgment",
    "labelling": "labeling", "labour": "labor", "licence": "license", "licences": "licenses", "licenced": "licensed",
    "maximise": "maximize", "merchantibility": "merchantability", "modelled": "modeled", "modelling": "modeling",
    "offence": "offense", "offences": "offenses", "optimise": "optimize", "organisation": "organization",
    "organisations": "organizations", "organise": "organize", "practise": "practice", "practises": "practices",
    "programme": "program", "programmes": "programs", "realise": "realize", "recognise": "recognize",
    "recognised": "recognized", "signalling": "signaling", "utilisation": "utilization", "whilst": "while",
    "wilful": "willful", "wilfull": "willful", "wilfully": "willfully", "colour": "color", "defence": "defense",
    "&": "and", "behaviour": "behavior", "unauthorised": "unauthorized", "neighbouring": "neighboring",
    "honour": "honor", "sublicence": "sublicense", "sublicences": "sublicenses", "cheque": "check",
}  # fmt: skip


def canonical(word: str) -> str:
    """The spelling that stands for all that SPDX's list of equivalent words treats as equal."""
    return _EQUIVALENT.get(word, word)


def read_words(text: str, signs: Signs = NO_SIGNS) -> Words:
    """Cut `text` into words. Reads at most `MAX_CHARACTERS` characters and `MAX_WORDS` words."""
    cut = len(text) > MAX_CHARACTERS
    cleaned = clean(text[:MAX_CHARACTERS], signs)
    source = (cleaned.lower() if cleaned.isascii() else cleaned.casefold()).split("\n")
    comment_words = len(_COMMENT_WORDS.findall(cleaned)) >= 3
    find_words = (_ASCII_WORD if cleaned.isascii() else _FOREIGN_WORD).findall
    words: list[str] = []
    lines: array[int] = array("I")
    for number, line in enumerate(source, 1):
        if comment_words and (sign := _COMMENT_WORD.match(line)):
            line = source[number - 1] = line[sign.end() :]
        if found := find_words(line):
            words += found
            lines.extend([number] * len(found))
            if len(words) > MAX_WORDS:
                cut = True
                break
    _join_owner(words)
    return Words(words=words, lines=lines, source=source, cut=cut)


def sentences(words: Words, first: int, last: int) -> list[tuple[int, int]]:
    """The sentences among words `first` to `last` (exclusive), as ranges; a blank line ends one too."""
    if first >= last:
        return []
    starts = {first}
    place = bisect_left(words.lines, words.lines[first])
    for number in range(words.lines[first], words.lines[last - 1] + 1):
        line = words.source[number - 1]
        find_words = (_ASCII_WORD if line.isascii() else _FOREIGN_WORD).findall
        if not line or line.isspace() or (number >= 2 and not _WORDLIKE.search(words.source[number - 2])):
            starts.add(place)
        for index, part in enumerate(_SENTENCE_END.split(line)):
            if index:
                starts.add(place)
            place += len(find_words(part))
    bounds = [*sorted(start for start in starts if first <= start < last), last]
    return list(pairwise(bounds))


def _join_owner(words: list[str]) -> None:
    """SPDX treats "copyright owner" and "copyright holder" as equal."""
    for owner, holder in (("owner", "holder"), ("owners", "holders")):
        if owner not in words:
            continue
        for place, word in enumerate(words):
            if word == owner and place and words[place - 1] == "copyright":
                words[place] = holder
