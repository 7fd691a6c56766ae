"""Known training corpora and model families: the facts of rules/datasets/ and rules/families/, found by Hub id or
by their names in prose."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

from openaudit.scanners.known_facts import Corpus, Family, Row, corpus_of, family_of, rows_of
from openaudit.scanners.memory import remembered

REPOSITORY_CONFIDENCE = 1.0
NAME_CONFIDENCE = 0.7
MIXED_NAME_CONFIDENCE = 0.5
ARCHITECTURE_CONFIDENCE = 0.4
"""How sure a family is: told by the maker's repository, by the name of a repository, by a name with several, by a
name that is also that of an architecture."""


# What makers add to the name of a family for its sizes, versions and variants.
_OWN_NAME = re.compile(
    r"(?:[-_.]?(?:\d+(?:\.\d+)?[bmk]?|[bmk]|[ax]\d+[bm]|v\d+(?:\.\d+)*|it|pt|instruct|base|chat|hf|vision|preview|small|medium|large|"
    r"xl|xxl|mini|nano|tiny|uncased|cased|e|o))*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Name:
    """A pattern, and what lets us skip it: `word` is a whole run of letters and `literal` a piece of text, in lower
    case, that every match has; `leading` tells that every match begins with the literal."""

    pattern: str
    word: str
    literal: str
    leading: bool
    cased: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All corpora and families, indexed."""

    corpora: Mapping[str, Corpus]
    families: Mapping[str, Family]
    _hub_ids: Mapping[str, str]
    _hub_prefixes: tuple[tuple[str, str], ...]
    _corpus_names: Mapping[str, tuple[tuple[_Name, str], ...]]
    _family_repos: Mapping[str, tuple[tuple[str, str], ...]]
    _repos_of: Mapping[str, tuple[tuple[str, str], ...]]
    """The organisations and patterns of each family."""
    _papers: Mapping[str, tuple[str, ...]]
    """The families that a paper is about, by its id in lower case."""
    _copies: frozenset[str]
    """The patterns of repositories by which others put up a family's weights once more."""
    _family_names: Mapping[str, tuple[tuple[_Name, str], ...]]
    _corpora_in: Callable[[str], tuple[tuple[str, int, int], ...]]
    _families_in: Callable[[str], tuple[tuple[str, int, int], ...]]
    """What texts name, worked out once for each."""
    _families_of: dict[str, tuple[Family, float] | None] = field(default_factory=dict)
    """The families of repositories that were asked for last."""

    def corpus(self, hub_id: str) -> Corpus | None:
        """The corpus that a data set repository of the Hub carries, by its id (`org/name`, without `datasets/`)."""
        wanted = hub_id.strip().lower()
        found = self._hub_ids.get(wanted) or next(
            (corpus for prefix, corpus in self._hub_prefixes if wanted.startswith(prefix)), None
        )
        return self.corpora[found] if found else None

    def corpora_in(self, text: str) -> tuple[tuple[Corpus, int, int], ...]:
        """The corpora that a text names, in reading order, each with the start and end of the name in it."""
        return tuple((self.corpora[key], start, end) for key, start, end in self._corpora_in(text))

    def corpora_of(self, family: Family) -> tuple[Corpus, ...]:
        """The corpora that the facts name as what a family was trained on, without those that nobody ever got."""
        named = dict.fromkeys(corpus.id for corpus, _, _ in self.corpora_in(family.training_data.reason))
        found = (self.corpora[id_] for id_ in named)
        return tuple(corpus for corpus in found if corpus.availability != "never-released")

    def family_of(self, repo_id: str) -> tuple[Family, float] | None:
        """The family that a model repository belongs to or was named after, and how sure that is (0 to 1).

        The maker's own repositories come first, the pattern that matches the most of the id before the others; then
        the longest known name in the part behind the slash.
        """
        kept = self._families_of
        if repo_id in kept:
            return kept.get(repo_id)
        found = self._family_of(repo_id)
        if len(kept) >= _MOST_FAMILIES_KEPT:
            kept.clear()
        kept[repo_id] = found
        return found

    def _family_of(self, repo_id: str) -> tuple[Family, float] | None:
        own = self._own_pattern(repo_id)
        if own is not None:
            return self.families[own[0]], REPOSITORY_CONFIDENCE
        named = self._families_in(repo_id.split("/")[-1])
        if not named:
            return None
        key, _, _ = max(named, key=lambda mention: mention[2] - mention[1])
        family = self.families[key]
        if family.architecture:
            return family, ARCHITECTURE_CONFIDENCE
        alone = len({other for other, _, _ in named}) == 1
        return family, NAME_CONFIDENCE if alone else MIXED_NAME_CONFIDENCE

    def _own_pattern(self, repo_id: str) -> tuple[str, str] | None:
        """The family and the pattern that match the most of the id of a repository."""
        maker = repo_id.split("/")[0].lower() if "/" in repo_id else ""
        matching = [
            (match.end(), key, pattern)
            for pattern, key in self._family_repos.get(maker, ())
            if (match := _compiled(pattern, cased=False).match(repo_id))
        ]
        return max(matching)[1:] if matching else None

    def own_family(self, repo_id: str) -> Family | None:
        """The family that this very repository is one of, not only named after."""
        found = self.family_of(repo_id)
        return found[0] if found is not None and found[1] >= REPOSITORY_CONFIDENCE else None

    def is_others_paper(self, paper: str, repo_id: str) -> bool:
        """Whether a paper (`arxiv:…`) is known to be about models of other makers than the one of this repository."""
        about = self._papers.get(paper.lower(), ())
        if not about or "/" not in repo_id:
            return False
        own = self.own_family(repo_id)
        maker = repo_id.split("/")[0].lower()
        makers = {known for family in about for known, _ in self._repos_of.get(family, ())}
        return (own is None or own.id not in about) and maker not in makers

    def is_copy(self, repo_id: str) -> bool:
        """Whether a repository is known to hold what another's repository of the same family holds."""
        own = self._own_pattern(repo_id)
        return own is not None and own[1] in self._copies

    def is_copy_name(self, family: Family, name: str) -> bool:
        """Whether `name` is one that the family's own makers give: then another's repository of it is a copy."""
        for maker, pattern in self._repos_of.get(family.id, ()):
            id_ = f"{maker}/{name}"
            match = _compiled(pattern, cased=False).match(id_)
            if match is not None and _OWN_NAME.fullmatch(id_[match.end() :]):
                return True
        return False

    def families_in(self, text: str) -> tuple[tuple[Family, int, int], ...]:
        """The families that a text names, in reading order, each with the start and end of the name in it."""
        return tuple((self.families[key], start, end) for key, start, end in self._families_in(text))


@cache
def load_known(extra: tuple[Path, ...] = ()) -> Known:
    """The facts of rules/datasets/ and rules/families/, ours and those of the user's rule folders; an entry of the
    user's replaces ours with the same id.

    Patterns of ours are compiled when they are first needed, those of the user at once.

    Raises:
        PolicyError: a file has an unknown key, a wrong type or value, an id that is there twice, or a pattern that
            is broken or has no whole word to look for.
    """
    corpora = rows_of("datasets", "corpora", extra)
    family_rows = rows_of("families", "families", extra)
    families = {key: family_of(row, family_rows) for key, row in family_rows.items()}
    hub_ids = [(hub_id.lower(), row.id) for row in corpora.values() for hub_id in row.strings("hub_ids")]
    prefixes = [(hub_id[:-1], key) for hub_id, key in hub_ids if hub_id.endswith("*")]
    corpus_names, family_names = _name_index(corpora), _name_index(family_rows)
    family_repos = _repo_index(family_rows)
    return Known(
        corpora={key: corpus_of(row) for key, row in corpora.items()},
        families=families,
        _hub_ids={hub_id: key for hub_id, key in hub_ids if not hub_id.endswith("*")},
        _hub_prefixes=tuple(sorted(prefixes, key=lambda item: -len(item[0]))),
        _corpus_names=corpus_names,
        _family_repos=family_repos,
        _repos_of=_by_family(family_repos),
        _papers=_paper_index(families),
        _copies=frozenset(pattern for row in family_rows.values() for pattern in row.strings("copies")),
        _family_names=family_names,
        _corpora_in=remembered(partial(_mentions, corpus_names)),
        _families_in=remembered(partial(_mentions, family_names)),
    )


# ---------------------------------------------------------------- finding names in a text

_LETTERS = re.compile(r"[a-z]+")
_SPACE = re.compile(r"\s")
_ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_MOST_FAMILIES_KEPT = 4_096
_REACH = 60
"""How many characters before and after its literal a name may begin and end."""


def _mentions(
    names: Mapping[str, Sequence[tuple[_Name, str]]], text: str
) -> tuple[tuple[str, int, int], ...]:
    """Key, start and end of every name in the text, without those that overlap with an earlier or longer
    one (two keys may share one name).

    Most names are dismissed because their word is not among the words of the text, most of the others because
    their literal is not in it; the rest is tried where the literal stands.
    """
    lowered = text.lower()
    if len(lowered) != len(
        text
    ):  # a few letters grow when lowered, and positions must stay those of the text
        lowered = text.translate(_ASCII_LOWER)
    found: set[tuple[int, int, str]] = set()
    places: dict[str, list[int]] = {}
    for word in names.keys() & set(_LETTERS.findall(lowered)):
        for name, key in names[word]:
            if name.literal not in places:
                places[name.literal] = list(_places(lowered, name.literal))
            if places[name.literal]:
                for match in _matches(name, text, places[name.literal]):
                    found.add((match.start(), match.end(), key))
    kept: list[tuple[str, int, int]] = []
    reached = -1
    for start, end, key in sorted(found, key=lambda item: (item[0], -item[1], item[2])):
        if start >= reached or (start, end) == kept[-1][1:]:
            kept.append((key, start, end))
            reached = end
    return tuple(kept)


def _places(lowered: str, literal: str) -> Iterator[int]:
    at = lowered.find(literal)
    while at >= 0:
        yield at
        at = lowered.find(literal, at + 1)


def _matches(name: _Name, text: str, places: Sequence[int]) -> Iterator[re.Match[str]]:
    pattern = _compiled(name.pattern, cased=name.cased)
    if name.leading:
        yield from filter(None, (pattern.match(text, at) for at in places))
        return
    for first, last in _stretches(text, name.literal, places):
        yield from pattern.finditer(text, first, last)


def _stretches(text: str, literal: str, places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """What lies around the literals, joined where it overlaps and ending at a blank, so that no word is cut."""
    first = last = -1
    for at in places:
        start, end = max(0, at - _REACH), at + len(literal) + _REACH
        if end <= last:
            continue
        if start > last:
            if last >= 0:
                yield first, last
            first = start
        blank = _SPACE.search(text, end)
        last = blank.start() if blank else len(text)
    if last >= 0:
        yield first, last


@cache
def _compiled(pattern: str, *, cased: bool) -> re.Pattern[str]:
    return re.compile(pattern, 0 if cased else re.IGNORECASE)


# ---------------------------------------------------------------- patterns

_BLANK = r"(?:[\s_-]{1,2})"
_INSIDE = r"(?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*"  # of a group, with one level of groups in it
_RARE = 4
"""A word that begins a name serves to find it from this many letters on (`the` does not)."""
_LOOK_AROUND = re.compile(rf"\(\?<?[=!]{_INSIDE}\)")
_TAIL = re.compile(rf"(?:\( {_INSIDE}\)\?)+\Z")  # may follow, apart: it decides nothing
_NO_LITERAL = re.compile(rf"\({_INSIDE}\)|\[[^\]]*\]|\\[A-Za-z]")
_AFTER = r"\Z|[ /](?![?*+{])|\\\.(?![?*+{])| \?[0-9]|[0-9](?![?*{])"  # nothing that could be a letter
_WHOLE_WORD = re.compile(rf"(?:(?<=\A)|(?<=[ /0-9]))([a-z]+)(?={_AFTER})")
_LITERAL = re.compile(r"[a-z0-9]+(?![?*{])")
_MAKER = re.compile(r"\^?(?:([\w.-]+)|\(([\w.|-]+)\))/")


def _name_index(rows: Mapping[str, Row]) -> Mapping[str, tuple[tuple[_Name, str], ...]]:
    """The names of all rows by the word that a text must have."""
    index: dict[str, list[tuple[_Name, str]]] = {}
    for row in rows.values():
        for key, cased in (("names", False), ("exact_names", True)):
            for position, pattern in enumerate(row.strings(key)):
                name = _name(row, key, position, pattern, cased)
                index.setdefault(name.word, []).append((name, row.id))
    return {word: tuple(names) for word, names in index.items()}


def _name(row: Row, key: str, position: int, source: str, cased: bool) -> _Name:
    """A name as it is searched: a blank in the pattern stands for a blank, a hyphen, an underscore or a line break,
    and neither letters nor digits may adjoin (nor `.5`: Llama 3 is not Llama 3.1)."""
    bare = _NO_LITERAL.sub("\0", _TAIL.sub("", _LOOK_AROUND.sub("", source))).lower()
    words = _WHOLE_WORD.findall(bare)
    if not words or "|" in bare:
        raise row.file.wrong(
            "the pattern needs a whole word outside of groups and classes, and no `|` outside of a group.",
            *row.keys, key, position, hint="Write one pattern for each spelling.",
        )  # fmt: skip
    first = len(words[0]) >= _RARE and bare.startswith(words[0])
    word = words[0] if first else max(words, key=len)
    literal = next((run for run in _LITERAL.findall(bare) if word in run), word)
    spaced = source.replace(" ", _BLANK)
    pattern = rf"(?<![A-Za-z0-9])(?:{spaced})(?![A-Za-z0-9]|\.[0-9])"
    _check(row, key, position, pattern, cased)
    return _Name(pattern=pattern, word=word, literal=literal, leading=bare.startswith(literal), cased=cased)


def _repo_index(rows: Mapping[str, Row]) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """The patterns of repositories by the organisation before the slash, in lower case; "" for ids without one."""
    index: dict[str, list[tuple[str, str]]] = {}
    for row in rows.values():
        for key in ("repos", "copies"):
            for position, pattern in enumerate(row.strings(key)):
                for maker in _makers_of(row, key, position, pattern):
                    index.setdefault(maker, []).append((pattern, row.id))
    return {maker: tuple(patterns) for maker, patterns in index.items()}


def _by_family(
    repos: Mapping[str, Sequence[tuple[str, str]]],
) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """The index turned round: organisation and pattern by family."""
    turned: dict[str, list[tuple[str, str]]] = {}
    for maker, rows in repos.items():
        for pattern, key in rows:
            turned.setdefault(key, []).append((maker, pattern))
    return {key: tuple(rows) for key, rows in turned.items()}


def _paper_index(families: Mapping[str, Family]) -> Mapping[str, tuple[str, ...]]:
    """The papers that are about a family's own training, with all families that say so of them."""
    index: dict[str, list[str]] = {}
    for family in families.values():
        for paper in family.papers or ():
            if paper.covers == "model":
                index.setdefault(paper.id.lower(), []).append(family.id)
    return {paper: tuple(ids) for paper, ids in index.items()}


def _makers_of(row: Row, key: str, position: int, pattern: str) -> list[str]:
    _check(row, key, position, pattern, cased=False)
    makers = _MAKER.match(pattern)
    if "/" in pattern and not makers:
        raise row.file.wrong("an organisation is expected before the slash.", *row.keys, key, position)
    return (makers[1] or makers[2]).lower().split("|") if makers else [""]


def _check(row: Row, key: str, position: int, pattern: str, cased: bool) -> None:
    """Compile a user's pattern now; ours are compiled by the tests, and here only when they are needed."""
    if row.ours:
        return
    try:
        _compiled(pattern, cased=cased)
    except re.error as error:
        raise row.file.wrong(f"broken pattern: {error}", *row.keys, key, position) from error
