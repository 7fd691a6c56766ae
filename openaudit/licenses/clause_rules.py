"""The rules of rules/clauses/: which words of a clause limit, grant, oblige, or say nothing of the kind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from openaudit.licenses.catalog import TERM_NAMES
from openaudit.rule_files import RuleFile, rule_files
from openaudit.vocabulary import Grant

Polarity = Literal["limits", "grants", "states", "excuses", "doubts"]
"""`limits` takes from the grant, `grants` gives, `states` tells a duty or fact that leaves it open, `excuses` explains
a "may not" that limits nobody's use, `doubts` marks words that limit unless one of the others explains them."""

GRANT_WORDS = (
    "use", "modify", "distribute", "sublicense", "commercial", "any-purpose", "irrevocable", "royalty-free",
)  # fmt: skip
FACT_WORDS = (
    "attribution", "patent-grant", "no-patent", "termination", "outputs-free", "outputs-owned", "no-trademark",
    "lifts", "harmless", "doubt",
)  # fmt: skip
CLAUSE_TERMS = (*TERM_NAMES, *GRANT_WORDS, *FACT_WORDS)
"""Every term that a clause can have: the limits of the catalog, what is granted, and facts beside them."""

STEM_CHARS = 6
"""A trigger word is compared by its first letters: `commercial` also calls for `commercially` and `commercialize`."""

_KEYS = (
    "id", "term", "also", "effect", "polarity", "words", "patterns", "unless", "extract", "whole", "definitions",
    "headings", "confidence", "lifts", "covers", "note", "references", "examples",
)  # fmt: skip
_DUTIES = ("duty", "condition-on-person")
"""A stated duty explains that there is a duty, and no more."""
_EFFECTS = {
    "open": Grant.OPEN,
    "restricted": Grant.RESTRICTED,
    "research-only": Grant.RESEARCH_ONLY,
    "none": None,
}
_UNBOUNDED = re.compile(r"(?<!\\)(?:\\\\)*(?:[*+](?!\])|\{\d*,\})")
_FRAGMENT = re.compile(r"\{([a-z_]+)\}")
_CLASS = re.compile(r"\[(?:\\.|[^\]\\])+\]")
_HAN = re.compile(r"[\u2e80-\u9fff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseRule:
    """One kind of clause. `whole` says that a match speaks for all of the clause and not only for its own words;
    `definitions` that it counts in "X means ..." too; `headings` that it is looked for in headings only or as well;
    `lifts` are the terms, or rules, of which it makes a no conditional (commercial use on application);
    `covers` are the rules of doubt that it explains (an `excuses` without it: all)."""

    id: str
    term: str
    also: tuple[str, ...] = ()
    effect: Grant | None = None
    polarity: Polarity
    words: tuple[str, ...]
    patterns: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...] = ()
    extract: tuple[re.Pattern[str], ...] = ()
    whole: bool = False
    definitions: bool = False
    headings: Literal["no", "too", "only"] = "no"
    confidence: float = 0.9
    lifts: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A sentence of the rules and whether its rule must find it."""

    rule: str
    sentence: str
    expected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseRules:
    """All rules, and which of them a word calls for."""

    rules: tuple[ClauseRule, ...]
    by_stem: Mapping[str, tuple[int, ...]]
    by_han: Mapping[str, tuple[int, ...]]
    han: re.Pattern[str] | None
    examples: tuple[Example, ...]


@cache
def load_clause_rules(extra: tuple[Path, ...] = ()) -> ClauseRules:
    """The rules of rules/clauses/, ours and those of the user's rule folders.

    Raises:
        PolicyError: an unknown key, term or effect, a wrong type, a broken pattern or one without an upper bound.
    """
    files = list(rule_files("clauses", extra))
    fragments = _fragments(files)
    rules: list[ClauseRule] = []
    examples: list[Example] = []
    for file in files:
        for index in range(len(_list(file, "rules") if "rules" in file.value else ())):
            rule = _rule(file, index, fragments)
            if any(rule.id == other.id for other in rules):
                raise file.wrong(f"the id '{rule.id}' is there twice.", "rules", index, "id")
            rules.append(rule)
            examples += _examples(file, index, rule.id)
    _check_names(files, [rule.id for rule in rules])
    by_stem, by_han = _triggers(rules)
    return ClauseRules(
        rules=tuple(rules),
        by_stem=by_stem,
        by_han=by_han,
        han=re.compile("|".join(sorted(map(re.escape, by_han), key=len, reverse=True))) if by_han else None,
        examples=tuple(examples),
    )


def _check_names(files: Sequence[RuleFile], ids: Sequence[str]) -> None:
    for file in files:
        for index, entry in enumerate(file.value.get("rules", ())):
            for i in range(len(entry.get("lifts", ()))):
                _one_of(file, (*TERM_NAMES, *ids), "rules", index, "lifts", i)
            for i in range(len(entry.get("covers", ()))):
                _one_of(file, ids, "rules", index, "covers", i)


def stem(word: str) -> str:
    """What of a word counts for calling a rule."""
    return word[:STEM_CHARS]


def _triggers(rules: Sequence[ClauseRule]) -> tuple[dict[str, tuple[int, ...]], dict[str, tuple[int, ...]]]:
    stems: dict[str, list[int]] = {}
    han: dict[str, list[int]] = {}
    for index, rule in enumerate(rules):
        for word in rule.words:
            table, key = (han, word) if _HAN.search(word) else (stems, stem(word.lower()))
            table.setdefault(key, []).append(index)
    return {k: tuple(v) for k, v in stems.items()}, {k: tuple(v) for k, v in han.items()}


# ---------------------------------------------------------------- one rule


def _rule(file: RuleFile, index: int, fragments: Mapping[str, str]) -> ClauseRule:
    entry = file.value["rules"][index]
    if not isinstance(entry, dict):
        raise file.wrong("a mapping is expected.", "rules", index)
    for key in entry:
        if key not in _KEYS:
            raise file.unknown_key(str(key), _KEYS, "rules", index)
    for key in ("id", "term", "polarity", "words", "patterns"):
        if key not in entry:
            raise file.wrong(f"'{key}' is missing.", "rules", index)
    return ClauseRule(
        id=str(entry["id"]),
        term=_one_of(file, CLAUSE_TERMS, "rules", index, "term"),
        also=tuple(
            _one_of(file, CLAUSE_TERMS, "rules", index, "also", i) for i in range(len(entry.get("also", ())))
        ),
        effect=_EFFECTS[_one_of(file, tuple(_EFFECTS), "rules", index, "effect")]
        if "effect" in entry
        else None,
        polarity=_polarity(file, index),
        words=tuple(str(word) for word in _list(file, "rules", index, "words")),
        patterns=_patterns(file, index, "patterns", fragments),
        unless=_patterns(file, index, "unless", fragments),
        extract=_patterns(file, index, "extract", fragments),
        whole=_flag(file, index, "whole"),
        definitions=_flag(file, index, "definitions"),
        headings=_headings(file, index),
        confidence=_confidence(file, index),
        lifts=tuple(str(name) for name in _list(file, "rules", index, "lifts")) if "lifts" in entry else (),
        covers=_covers(file, index),
    )


def _value(file: RuleFile, *keys: str | int) -> Any:
    value: Any = file.value
    for key in keys:
        value = value[key]
    return value


def _list(file: RuleFile, *keys: str | int) -> Sequence[Any]:
    value = _value(file, *keys)
    if not isinstance(value, list):
        raise file.wrong("a list is expected.", *keys)
    return value


def _one_of(file: RuleFile, allowed: Sequence[str], *keys: str | int) -> str:
    value = _value(file, *keys)
    if value not in allowed:
        wrong = file.unknown_key(str(value), allowed, *keys[:-1])
        raise file.wrong(f"'{value}' is not known here.", *keys, hint=wrong.hint)
    return str(value)


def _polarity(file: RuleFile, index: int) -> Polarity:
    value: Any = _one_of(file, get_args(Polarity), "rules", index, "polarity")
    polarity: Polarity = value
    effect = file.value["rules"][index].get("effect", "none")
    if (polarity == "limits") != (effect in ("restricted", "research-only")):
        raise file.wrong(
            "a rule that limits has the effect 'restricted' or 'research-only', and no other rule has.",
            "rules", index, "polarity",
        )  # fmt: skip
    return polarity


def _flag(file: RuleFile, index: int, key: str) -> bool:
    value = file.value["rules"][index].get(key, False)
    if not isinstance(value, bool):
        raise file.wrong("true or false is expected.", "rules", index, key)
    return value


def _headings(file: RuleFile, index: int) -> Literal["no", "too", "only"]:
    if "headings" not in file.value["rules"][index]:
        return "no"
    value: Any = _one_of(file, ("no", "too", "only"), "rules", index, "headings")
    headings: Literal["no", "too", "only"] = value
    return headings


def _covers(file: RuleFile, index: int) -> tuple[str, ...]:
    entry = file.value["rules"][index]
    if "covers" in entry:
        return tuple(str(name) for name in _list(file, "rules", index, "covers"))
    return _DUTIES if entry["polarity"] == "states" else ()


def _confidence(file: RuleFile, index: int) -> float:
    value = file.value["rules"][index].get("confidence", 0.9)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise file.wrong("a number above 0 and up to 1 is expected.", "rules", index, "confidence")
    return float(value)


# ---------------------------------------------------------------- patterns


def _fragments(files: Sequence[RuleFile]) -> dict[str, str]:
    """The shared parts of patterns, by the name that `{name}` stands for. One may use those above it."""
    fragments: dict[str, str] = {}
    for file in files:
        for name, pattern in file.value.get("fragments", {}).items():
            fragments[name] = f"(?:{_expand(file, str(pattern), fragments, 'fragments', name)})"
    return fragments


def _expand(file: RuleFile, pattern: str, fragments: Mapping[str, str], *keys: str | int) -> str:
    def put(match: re.Match[str]) -> str:
        if match[1] not in fragments:
            raise file.wrong(f"no fragment is named '{match[1]}'.", *keys)
        return fragments[match[1]]

    return _FRAGMENT.sub(put, pattern)


def _patterns(
    file: RuleFile, index: int, key: str, fragments: Mapping[str, str]
) -> tuple[re.Pattern[str], ...]:
    if key not in file.value["rules"][index]:
        return ()
    values = _list(file, "rules", index, key)
    return tuple(
        _compile(file, _expand(file, str(value), fragments, "rules", index, key, i), "rules", index, key, i)
        for i, value in enumerate(values)
    )


def _compile(file: RuleFile, pattern: str, *keys: str | int) -> re.Pattern[str]:
    if _UNBOUNDED.search(_CLASS.sub("x", pattern)):
        raise file.wrong(
            "a repeat without an upper bound.",
            *keys,
            hint="Write {0,60} and not *, + or {2,}: texts are hostile.",
        )
    try:
        return re.compile(pattern)
    except re.error as error:
        raise file.wrong(f"broken pattern: {error}", *keys) from error


def _examples(file: RuleFile, index: int, id_: str) -> Iterator[Example]:
    examples = file.value["rules"][index].get("examples", {})
    for kind in examples:
        if kind not in ("match", "pass"):
            raise file.unknown_key(str(kind), ("match", "pass"), "rules", index, "examples")
        for sentence in examples[kind]:
            yield Example(rule=id_, sentence=str(sentence), expected=kind == "match")
