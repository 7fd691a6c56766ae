"""Licenses by their names: what a tag or a phrase stands for, and the names and addresses that running prose holds."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice, pairwise
from typing import Any, Literal

from openaudit.licenses.catalog import Catalog, Joined
from openaudit.licenses.name_context import Candidate, Kind, Name, Need, has_context, is_loose, settled
from openaudit.licenses.name_links import BADGE, EXTENSION, LISTINGS, SUBPAGE, address_of, masked, urls_in
from openaudit.licenses.name_words import (
    AGREEMENT_WORDS,
    CJK,
    NOISE,
    PAIR_STARTS,
    TOKEN,
    lowered,
    spellings,
    tokens_from,
    words_of,
)
from openaudit.licenses.tag_words import grant_of, joined_by, says_altered, special, stated, unexplained
from openaudit.vocabulary import Grant

_TAG_LIMIT = 1000
_MEMBER_LIMIT = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class NameMatch:
    """What one tag or phrase stands for.

    `licenses` are report ids, `joined` how they combine; `kind` is `family` where the version is not said,
    `unknown-name` for a name that the rules do not know. `grant` is what the wording alone allows to conclude;
    `states` the limits that the words themselves state; `rest` the words that no name explains.
    """

    value: str
    kind: Kind
    licenses: tuple[str, ...] = ()
    joined: Joined = "single"
    grant: Grant = Grant.UNDETERMINED
    states: tuple[str, ...] = ()
    rest: str = ""
    exact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NameSpan:
    """A license named in prose: `text[start:end]`, by its name or by the address of its text."""

    start: int
    end: int
    text: str
    licenses: tuple[str, ...]
    kind: Kind
    via: Literal["name", "url"] = "name"


_END, _SPELLED = "", " "
_ANY_BSD = "LicenseRef-openaudit-bsd-unknown-version"
_MAX_WALK = 24
_MAX_CANDIDATES = 20_000

# Words that are nothing but a license: no "license" has to stand beside them.
_SPEAKING = frozenset(
    [
        *("gpl", "lgpl", "agpl", "gfdl", "openrail", "wtfpl", "eupl", "odbl", "cdla", "openmdw", "unlicense"),
        *("faipl", "cpml", "polyform", "creativeml", "cecill", "pddl", "mnpl", "lgpllr", "busl"),
    ]
)
_SPEAKING_PAIRS = frozenset(
    [
        *(("cc", w) for w in ("by", "0", "nc", "sa", "nd")),
        ("apache", "2.0"),
        ("apache", "2"),
        ("bsd", "2"),
        ("bsd", "3"),
        ("bsd", "4"),
        ("mpl", "2.0"),
        ("mpl", "1.1"),
        ("afl", "3.0"),
        ("ms", "pl"),
        ("odc", "by"),
        ("epl", "1.0"),
        ("epl", "2.0"),
        ("ecl", "2.0"),
        ("osl", "3.0"),
        ("ofl", "1.1"),
        ("etalab", "2.0"),
        ("gnu", "general"),
        ("gnu", "lesser"),
        ("gnu", "affero"),
        ("apache", "v"),
        ("ai2", "impact"),
        ("mit", "0"),
    ]
)
_MODEL_CATEGORIES = frozenset(["behavioural", "community", "research-only", "source-available", "unknown"])


@lru_cache(maxsize=8)
def matcher(catalog: Catalog) -> Matcher:
    """The compiled names of a catalog, made once for each."""
    return Matcher(catalog)


def resolve_tag(value: str, catalog: Catalog) -> NameMatch:
    """What a `license`, `license_name` or similar value stands for. Never raises; reads 1000 characters at most."""
    return matcher(catalog).resolve(value)


def resolve_tags(values: Sequence[str], catalog: Catalog) -> NameMatch:
    """What a list of such values stands for: all of them together, the strictest binding."""
    found = [resolve_tag(value, catalog) for value in values[:_MEMBER_LIMIT]]
    if len(found) == 1:
        return found[0]
    if not found:
        return NameMatch(value="", kind="none", grant=Grant.UNLICENSED)
    ids = tuple(dict.fromkeys(i for match in found for i in match.licenses))
    grants = [m.grant for m in found if m.kind not in ("placeholder", "none")] or [Grant.UNLICENSED]
    kinds = [match.kind for match in found]
    kind: Kind = next(
        (k for k in ("other", "unknown-name", "family", "known", "placeholder") if k in kinds), "none"
    )
    return NameMatch(
        value=", ".join(values),
        kind=kind,
        licenses=ids,
        joined="all" if len(ids) > 1 else "single",
        grant=catalog.strictest(grants),
        states=tuple(dict.fromkeys(s for match in found for s in match.states)),
        exact=all(match.exact for match in found),
    )


def find_names(text: str, catalog: Catalog) -> tuple[NameSpan, ...]:
    """The licenses named in running prose, in order, without overlaps; linear in the length of the text.

    A word that is also something else (MIT, BSD, Llama 3) counts only beside "license" or the like. What the
    sentence does with a name ("not under ...") is the caller's business.
    """
    return matcher(catalog).find(text)


_LICENSE_WORD = re.compile(r"\b(?:License|Licence|LICENSE|LICENCE)(?: Agreement| AGREEMENT)?\b")
_CAPITALS_BEFORE = re.compile(
    r"(?:\b(?:under|by|with|to|is|of)\s{1,3}(?:the|an?|its|our|their)?|[:\[(*])\s{0,3}[\[\"“*_`]{0,3}"
    r"((?:[A-Z0-9][\w.+'\-]{0,30}\s){1,6})$"
)
_SAYS_NOTHING = frozenset(
    [
        *(
            "a",
            "an",
            "the",
            "this",
            "these",
            "such",
            "model",
            "models",
            "code",
            "data",
            "dataset",
            "software",
        ),
        *(
            "weights",
            "open",
            "source",
            "community",
            "custom",
            "commercial",
            "research",
            "public",
            "free",
            "use",
        ),
        *(
            "permissive",
            "please",
            "see",
            "our",
            "other",
            "same",
            "original",
            "base",
            "license",
            "read",
            "full",
        ),
        *("i", "you", "your"),
    ]
)


def find_unknown_names(text: str, catalog: Catalog) -> tuple[NameSpan, ...]:
    """Licenses that prose names ("under the Foo Model License") and that the rules do not know: kind
    `unknown-name`, without report ids. Only names in capitals that say more than "the Model License"."""
    known = find_names(text, catalog)
    starts = [span.start for span in known]
    found: list[NameSpan] = []
    for match in islice(_LICENSE_WORD.finditer(text), _MAX_CANDIDATES):
        before = _CAPITALS_BEFORE.search(text, max(0, match.start() - 100), match.start())
        if before is None or _SAYS_NOTHING.issuperset(before[1].lower().split()):
            continue
        start, end = before.start(1), match.end()
        index = bisect_right(starts, end)
        if any(span.start < end and start < span.end for span in known[max(0, index - 3) : index]):
            continue
        found.append(NameSpan(start=start, end=end, text=text[start:end], licenses=(), kind="unknown-name"))
    return tuple(found)


class Matcher:
    """A trie of all names by their words, and the addresses of license texts."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._trie: dict[str, Any] = {}
        self._links: dict[str, Name] = {}
        self._cjk: list[tuple[str, Name]] = []
        self._prose: set[str] = set()
        for id_, entry in catalog.entries.items():
            self._add(id_, entry)
        self._starts: dict[str, frozenset[str] | None] = {}
        self._seconds: dict[str, frozenset[str]] = {}
        self._glued: list[str] = []
        for first, node in self._trie.items():
            if first in self._prose and len(first) > 1:
                followers = (
                    None if _END in node else frozenset([*node, *PAIR_STARTS, *AGREEMENT_WORDS, *_JOINTS])
                )
                self._starts.update(dict.fromkeys(spellings(first), followers))
                if followers is not None and not any(word[0].isdigit() for word in node):
                    seconds = frozenset(s for word in node if word != _SPELLED for s in spellings(word))
                    self._seconds.update(dict.fromkeys(spellings(first), seconds))
            elif first in self._prose:
                self._glued += [first + following for following in node if following.isdigit()]
        self._hosts = frozenset(
            [address.partition("/")[0] for address in (*self._links, *LISTINGS)] + ["creativecommons.org"]
        )

    # ------------------------------------------------------------ building

    def _add(self, id_: str, entry: dict[str, Any]) -> None:
        kind: Kind = "family" if entry.get("kind") == "family" else "known"
        curated = "aliases" in entry or "hub_ids" in entry or "terms" in entry or kind == "family"
        model = entry.get("category", "unknown") in _MODEL_CATEGORIES
        names = [*entry.get("aliases", ()), *entry.get("titles", ()), *entry.get("hub_ids", ())]
        if kind == "known":
            names += [entry["name"], id_ if not id_.startswith("LicenseRef-") else entry["key"]]
        for name in names:
            if CJK.search(name):
                self._cjk.append((name, Name(id_, kind, "nothing")))
                continue
            full = words_of(name)
            words = tuple(word for word in full if word not in NOISE)
            if not words or (not curated and len(words) < 2 and name != id_):
                continue
            need = "tag" if entry.get("tags_only") else _need(words, curated=curated, model=model)
            made = Name(id_, kind, need)
            self._insert(words, made, curated)
            if need != "tag" and not words[0][0].isdigit() and words[0] not in _EVERYDAY:
                self._prose.add(words[0])
            if curated:
                self._spell(words, full, made)
        for link in entry.get("links", ()):
            self._links.setdefault(EXTENSION.sub("", address_of(link)), Name(id_, kind, "nothing"))

    def _insert(self, words: tuple[str, ...], name: Name, curated: bool) -> None:
        for variant in _version_variants(words):
            node = self._trie
            for word in variant:
                node = node.setdefault(word, {})
            held: Name | None = node.get(_END)
            if held is None or (curated and variant == words and held.kind != "family"):
                node[_END] = name

    def _spell(self, words: tuple[str, ...], full: tuple[str, ...], made: Name) -> None:
        """Names that differ only in words like "license" and "agreement" are told apart by their full wording."""
        node = self._trie
        for word in words:
            node = node[word]
        node.setdefault(_SPELLED, {}).setdefault(full, made)

    # ------------------------------------------------------------ prose

    def find(self, text: str) -> tuple[NameSpan, ...]:
        """See `find_names`."""
        low = lowered(text)
        urls = urls_in(low)
        plain = masked(low, urls)
        candidates = [*self._addresses(low, urls), *self._names(plain), *self._chinese(plain)]
        candidates.sort(key=lambda c: (c.start, -c.end))
        return tuple(
            NameSpan(
                start=c.start,
                end=c.end,
                text=text[c.start : c.end],
                licenses=(c.name.id,),
                kind=c.name.kind,
                via=c.via,
            )
            for c in settled(low, candidates)
        )

    def _names(self, low: str) -> Iterator[Candidate]:
        present = set(_LETTERS.findall(low))
        hits = [
            word
            for word in self._starts.keys() & present
            if word not in self._seconds or not present.isdisjoint(self._seconds[word])
        ]
        found = [p for word in hits for p in _positions(low, word, self._starts[word])]
        found += [p for word in self._glued for p in _positions(low, word)]
        positions = sorted(found)
        end = -1
        for position in positions[:_MAX_CANDIDATES]:
            if position < end:
                continue
            walked = self._walk(low, position)
            if walked is None:
                continue
            name, stop, named = walked
            start, name = self._clause_count(low, position, name)
            if name.need == "tag" or is_loose(low, stop):
                continue
            sure = name.need == "nothing" or named or has_context(low, start, stop, name)
            end = stop if sure else end
            yield Candidate(start, stop, name, sure)

    def _clause_count(self, low: str, position: int, name: Name) -> tuple[int, Name]:
        """ "3-clause BSD": the number stands before the word that the trie starts with."""
        if name.id != _ANY_BSD:
            return position, name
        if low[max(0, position - 1) : position] == "0":
            return position - 1, Name("0BSD", "known", "nothing")
        before = _CLAUSE.search(low, max(0, position - 16), position)
        if before is None:
            return position, name
        number = {"two": "2", "three": "3", "four": "4"}.get(before[1], before[1])
        return before.start(), Name(f"BSD-{number}-Clause", "known", "nothing")

    def _walk(self, low: str, position: int) -> tuple[Name, int, bool] | None:
        """The longest name that begins at `position`: what it is, where it ends, and whether it says "license"."""
        node, best, named, skipped = self._trie, None, False, 0
        words: list[str] = []
        for token in islice(tokens_from(low, position), _MAX_WALK):
            words.append(token.word)
            if token.word in node:
                node, skipped = node[token.word], 0
                if _END in node:
                    best = (_spelled(node, words), token.end, named)
            elif token.word in NOISE and len(words) > 1 and skipped < 3:
                skipped += 1
                if token.word in AGREEMENT_WORDS:
                    named = True
                    if best is not None and _END in node and token.start - best[1] <= 3:
                        best = (_spelled(node, words), token.end, True)
            else:
                break
        return best

    def _chinese(self, low: str) -> Iterator[Candidate]:
        for alias, name in self._cjk if CJK.search(low) else ():
            for position in _positions(low, alias.lower()):
                yield Candidate(position, position + len(alias), name, True)

    def _addresses(self, low: str, urls: Sequence[tuple[int, int]]) -> Iterator[Candidate]:
        for start, end in urls:
            url = low[start:end]
            host = url.partition("://")[2] or url
            if host.removeprefix("www.").partition("/")[0] not in self._hosts:
                continue
            name = self._address_name(url)
            if name is not None:
                yield Candidate(start, start + len(url.rstrip(".,;:")), name, True, "url")

    def _address_name(self, url: str) -> Name | None:
        address = address_of(url)
        badge = BADGE.search(address)
        if badge is not None:
            match = self.resolve(re.sub(r"%20|_", " ", badge[1]).replace("--", "~").replace("~", "-"))
            return (
                Name(match.licenses[0], match.kind, "nothing")
                if len(match.licenses) == 1 and not match.rest
                else None
            )
        for _ in range(8):
            bare = EXTENSION.sub("", address)
            if address in self._links or bare in self._links:
                return self._links.get(address) or self._links[bare]
            if "/" not in address:
                return None
            head, _, tail = address.rpartition("/")
            found = self._by_listing(head, tail)
            if found is not None or not SUBPAGE.fullmatch(tail):
                return found
            address = head
        return None

    def _by_listing(self, head: str, tail: str) -> Name | None:
        """Sites that list licenses by id: opensource.org, spdx.org, choosealicense.com, creativecommons.org."""
        if head in LISTINGS:
            slug = EXTENSION.sub("", tail)
            license_ = (
                self._catalog.by_id(slug)
                or self._catalog.by_hub_id(slug)
                or self._catalog.by_id(slug.removeprefix("license-"))
            )
            return Name(license_.id, "known", "nothing") if license_ else None
        if head.startswith("creativecommons.org/licenses/") and re.fullmatch(r"\d\.\d", tail):
            license_ = self._catalog.by_id(f"CC-{head.rsplit('/', 1)[1]}-{tail}")
            return Name(license_.id, "known", "nothing") if license_ else None
        return None

    # ------------------------------------------------------------ tags

    def resolve(self, value: str) -> NameMatch:
        """See `resolve_tag`."""
        short = value.strip()[:_TAG_LIMIT].strip("\"'`“”‘’ \t\r\n")
        if short.startswith("[") and short.endswith("]") and "," in short:
            return replace(resolve_tags(short.strip("[]").split(","), self._catalog), value=value)
        named_nothing = special(short)
        if named_nothing is not None:
            return NameMatch(value=value, kind=named_nothing[0], grant=named_nothing[1], states=stated(short))
        license_ = self._catalog.by_hub_id(short) or self._catalog.by_id(short) or self._catalog.by_key(short)
        if license_ is not None:
            kind: Kind = "family" if license_.kind == "family" else "known"
            return NameMatch(
                value=value, kind=kind, licenses=(license_.id,), grant=license_.grant, exact=True
            )
        return self._resolve_phrase(value, short)

    def _resolve_phrase(self, value: str, short: str) -> NameMatch:
        low = lowered(short)
        urls = urls_in(low)
        plain = masked(low, urls)
        spans = list(self._every_name(low, urls, plain))[:_MEMBER_LIMIT]
        if any(
            span.name.need != "tag" for span in spans
        ):  # "cc-by-nc-4.0 (non-commercial)" names one license
            spans = [span for span in spans if span.name.need != "tag"]
        ids = tuple(dict.fromkeys(span.name.id for span in spans))
        rest = unexplained(plain, [(span.start, span.end) for span in spans])
        states = stated(rest)
        if not ids:
            kind: Kind = "other" if urls and not rest else "unknown-name"
            return NameMatch(value=value, kind=kind, grant=grant_of(states), states=states, rest=rest)
        gaps = [low[left.end : right.start] for left, right in pairwise(spans)]
        joined: Joined = joined_by(gaps) if len(ids) > 1 else "single"
        grant = self._catalog.grant(ids, joined)
        if says_altered(rest):
            grant = Grant.UNDETERMINED
        elif states:
            grant = self._catalog.strictest([grant, grant_of(states)])
        family = any(span.name.kind == "family" for span in spans)
        return NameMatch(
            value=value,
            kind="family" if family else "known",
            licenses=ids,
            joined=joined,
            grant=grant,
            states=states,
            rest=rest,
        )

    def _every_name(self, low: str, urls: Sequence[tuple[int, int]], plain: str) -> Iterator[Candidate]:
        """All names of a value that is known to speak of licenses: no context is asked for."""
        end = 0
        found = [*self._addresses(low, urls), *self._chinese(plain)]
        for match in _WORD.finditer(plain):
            if match.start() < end:
                continue
            walked = self._walk(plain, match.start())
            if walked is None or is_loose(plain, walked[1]):
                continue
            name, stop, _ = walked
            start, name = self._clause_count(plain, match.start(), name)
            end = stop
            found.append(Candidate(start, stop, name, True))
        return iter(settled(plain, sorted(found, key=lambda c: (c.start, -c.end))))


# ---------------------------------------------------------------- parts of the matcher

_WORD = re.compile(r"[a-z]+|\d+(?:\.\d+)*")
_LETTERS = re.compile(r"[a-z]+")
_EVERYDAY = frozenset(["all", "by", "check", "for", "loop", "sample", "text", "time", "widget"])
"""Words that begin the name of some rare license, too common to look behind each of them."""
_JOINTS = ("v", "version", "noncommercial", "sharealike", "noderivatives", "noderivs", "attribution", "ccby")
_CLAUSE = re.compile(r"(?<![\w.])(2|3|4|two|three|four)[\s-]{0,2}clause[\s-]{0,2}$")


def _spelled(node: dict[str, Any], words: list[str]) -> Name:
    """The name whose full wording was read, or else the one that the bare words stand for."""
    spelled = node.get(_SPELLED)
    name: Name = (spelled.get(tuple(words)) if spelled is not None and len(spelled) > 1 else None) or node[
        _END
    ]
    return name


def _version_variants(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The words, and with "2.0" said as "2"."""
    yield words
    if len(words) > 1 and re.fullmatch(r"\d+\.0", words[-1]):
        yield (*words[:-1], words[-1][:-2])


def _need(words: tuple[str, ...], *, curated: bool, model: bool) -> Need:
    if curated and (not _SPEAKING.isdisjoint(words) or not _SPEAKING_PAIRS.isdisjoint(pairwise(words))):
        return "nothing"
    return "license-word" if model or (len(words) == 1 and len(words[0]) < 3) else "context"


def _positions(low: str, word: str, followers: frozenset[str] | None = None) -> Iterator[int]:
    """Where a word begins, not inside a longer word, and goes on with one of `followers` (None: with anything)."""
    position, size, length = low.find(word), len(word), len(low)
    while position >= 0:
        after = position + size
        inside = (position > 0 and "a" <= low[position - 1] <= "z") or (
            after < length and "a" <= low[after] <= "z" and "a" <= word[-1] <= "z"
        )
        if not inside:
            following = TOKEN.match(low, after) if followers is not None else None
            if followers is None or (following is not None and following[1] in followers):
                yield position
        position = low.find(word, after)
