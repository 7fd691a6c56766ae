"""The words that rules/cards/ says to look for in a card, compiled once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from openaudit.rule_files import RuleFile, rule_files
from openaudit.scanners.memory import Weighed, remembered
from openaudit.scanners.sieve import Sieve
from openaudit.vocabulary import Grant

_LONGEST_TITLE, _LONGEST_LICENSE_TITLE = 120, 80
_MOST_TITLE_CHARS = 2_000_000
_WORD = re.compile(r"[\w'’-]+")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """Patterns of which one must be found, and those that take the match back."""

    found: Sieve
    unless: Sieve | None = None

    def search(self, text: str) -> re.Match[str] | None:
        """The first match that nothing takes back."""
        match = self.found.search(text)
        if match is None or (self.unless is not None and self.unless.search(text)):
            return None
        return match


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionKind:
    """One kind of section: its headings, the sentences that stand in for it, and whether it is one of the four
    that make a card one of substance."""

    id: str
    substance: bool
    headings: re.Pattern[str]
    prose: Sieve | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A kind of sentence that limits use: the term it is, and what it leaves of the grant."""

    id: str
    term: str
    grant: Grant
    anywhere: bool
    phrases: Phrases


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimKind:
    """A kind of claim of openness and the level it promises."""

    id: str
    level: str
    phrases: Phrases


@dataclass(frozen=True, slots=True, kw_only=True)
class Titles:
    """The ids of the kinds of section that headings name: `wide` those of the last three, `near` of the last two,
    `exact` of the last two with whatever marks they carry; and whether one of those two is the title of a license."""

    wide: frozenset[str]
    near: frozenset[str]
    exact: frozenset[str]
    is_license: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """All of rules/cards/, compiled."""

    sections: tuple[SectionKind, ...]
    boilerplate: Sieve
    heading_words: int
    prose_words: int
    limits: tuple[Limit, ...]
    claims: tuple[ClaimKind, ...]
    code_roles: tuple[tuple[str, Sieve], ...]
    papers: tuple[tuple[str, Sieve], ...]
    own_paper: Sieve
    stock_libraries: frozenset[str]
    stock_code: Sieve
    training_commands: Sieve
    titles: Callable[[tuple[str, ...]], Titles]
    """What the headings above a block say it stands in: worked out once for all blocks below the same headings."""
    kinds_in_prose: Callable[[str], frozenset[str]]
    """The ids of the kinds of section of whose subject a text speaks."""
    words_of: Callable[[str], int]
    """How many words of a text say something: no template text, a CJK character counted as half a word."""


@cache
def load_lexicon(extra: tuple[Path, ...] = ()) -> Lexicon:
    """The words of rules/cards/, ours and those of the user's rule folders.

    Raises:
        PolicyError: a file is missing, or has an unknown key, a wrong type or a broken pattern.
    """
    files = {file.path.stem: file for file in rule_files("cards", extra)}
    sections, links = files["sections"], files["links"]
    words = sections.value["minimum_words"]
    kinds = tuple(_section(sections, i) for i in range(len(sections.value["sections"])))
    boilerplate = Sieve(_any(sections, ("boilerplate",)))
    return Lexicon(
        sections=kinds,
        boilerplate=boilerplate,
        heading_words=int(words["heading"]),
        prose_words=int(words["prose"]),
        limits=tuple(_limit(files["limits"], i) for i in range(len(files["limits"].value["limits"]))),
        claims=tuple(_claim(files["claims"], i) for i in range(len(files["claims"].value["claims"]))),
        code_roles=tuple(
            (role["id"], Sieve(_any(links, ("code_roles", i, "patterns"))))
            for i, role in enumerate(links.value["code_roles"])
        ),
        papers=tuple(
            (row["id"], Sieve(_compile(links, row["match"], "papers", i, "match")))
            for i, row in enumerate(links.value["papers"])
        ),
        own_paper=Sieve(_any(links, ("own_paper",))),
        stock_libraries=frozenset(str(name).lower() for name in links.value["stock_libraries"]),
        stock_code=Sieve(_any(links, ("stock_code",))),
        training_commands=Sieve(_any(links, ("training_commands",))),
        titles=Weighed(
            partial(_titles, remembered(partial(_kinds_of_title, kinds))),
            lambda headings, found: sum(map(len, headings)),
            most=_MOST_TITLE_CHARS,
        ),
        kinds_in_prose=remembered(partial(_kinds_in_prose, kinds)),
        words_of=remembered(partial(_words_of, boilerplate)),
    )


def _kinds_of_title(kinds: tuple[SectionKind, ...], title: str) -> frozenset[str]:
    return frozenset(kind.id for kind in kinds if kind.headings.match(title))


def _titles(kinds_of: Callable[[str], frozenset[str]], headings: tuple[str, ...]) -> Titles:
    bare = [title.strip(" :#*") for title in headings[-2:]]
    wide = [kinds_of(title.strip(" :#*_`")) for title in headings[-3:] if len(title) < _LONGEST_TITLE]
    return Titles(
        wide=frozenset[str]().union(*wide),
        near=frozenset[str]().union(*(kinds_of(title) for title in bare)),
        exact=frozenset[str]().union(*(kinds_of(title) for title in headings[-2:])),
        is_license=any(
            len(title) < _LONGEST_LICENSE_TITLE and "license" in kinds_of(name)
            for title, name in zip(headings[-2:], bare, strict=True)
        ),
    )


def _kinds_in_prose(kinds: tuple[SectionKind, ...], text: str) -> frozenset[str]:
    return frozenset(kind.id for kind in kinds if kind.prose is not None and kind.prose.search(text))


def _words_of(boilerplate: Sieve, text: str) -> int:
    text = boilerplate.sub(" ", text)
    if text.isascii():
        return len(_WORD.findall(text))
    return len(_WORD.findall(_CJK.sub(" ", text))) + len(_CJK.findall(text)) // 2


def examples(extra: tuple[Path, ...] = ()) -> tuple[tuple[str, str, bool, bool], ...]:
    """The examples of limits and claims: id, sentence, whether it must match, whether it does."""
    lexicon = load_lexicon(extra)
    phrases: Mapping[str, Phrases] = {
        **{f"limits/{limit.id}": limit.phrases for limit in lexicon.limits},
        **{f"claims/{claim.id}": claim.phrases for claim in lexicon.claims},
    }
    rows = []
    for file in rule_files("cards", extra):
        if file.path.stem not in ("limits", "claims"):
            continue
        for entry in file.value[file.path.stem]:
            name = f"{file.path.stem}/{entry['id']}"
            for kind in ("match", "pass"):
                for sentence in entry.get("examples", {}).get(kind, ()):
                    rows.append((name, sentence, kind == "match", phrases[name].search(sentence) is not None))
    return tuple(rows)


def _section(file: RuleFile, index: int) -> SectionKind:
    entry = _entry(file, "sections", index, ("id", "substance", "headings", "prose"))
    return SectionKind(
        id=entry["id"],
        substance=bool(entry["substance"]),
        headings=_any(file, ("sections", index, "headings"), whole=True),
        prose=Sieve(_any(file, ("sections", index, "prose"))) if entry["prose"] else None,
    )


def _limit(file: RuleFile, index: int) -> Limit:
    allowed = ("id", "term", "grant", "where", "patterns", "unless", "examples")
    entry = _entry(file, "limits", index, allowed)
    if entry["where"] not in ("anywhere", "license"):
        raise file.wrong("'anywhere' or 'license' is expected.", "limits", index, "where")
    return Limit(
        id=entry["id"],
        term=entry["term"],
        grant=Grant(entry["grant"]),
        anywhere=entry["where"] == "anywhere",
        phrases=_phrases(file, "limits", index),
    )


def _claim(file: RuleFile, index: int) -> ClaimKind:
    entry = _entry(file, "claims", index, ("id", "claims", "patterns", "unless", "examples"))
    return ClaimKind(id=entry["id"], level=entry["claims"], phrases=_phrases(file, "claims", index))


def _entry(file: RuleFile, table: str, index: int, allowed: Sequence[str]) -> Mapping[str, Any]:
    entry = file.value[table][index]
    for key in entry:
        if key not in allowed:
            raise file.unknown_key(key, allowed, table, index)
    return dict(entry)


def _phrases(file: RuleFile, table: str, index: int) -> Phrases:
    unless = file.value[table][index].get("unless")
    return Phrases(
        found=Sieve(_any(file, (table, index, "patterns"))),
        unless=Sieve(_any(file, (table, index, "unless"))) if unless else None,
    )


def _any(file: RuleFile, keys: tuple[str | int, ...], *, whole: bool = False) -> re.Pattern[str]:
    """One pattern out of a list; `whole` asks for the whole text."""
    value: Any = file.value
    for key in keys:
        value = value[key]
    for i, pattern in enumerate(value):
        _compile(file, pattern, *keys, i)
    joined = "|".join(f"(?:{pattern})" for pattern in value)
    return re.compile(rf"\A(?:{joined})\Z" if whole else joined, re.IGNORECASE)


def _compile(file: RuleFile, pattern: str, *keys: str | int) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise file.wrong(f"broken pattern: {error}", *keys) from error
