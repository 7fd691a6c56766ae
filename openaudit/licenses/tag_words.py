"""Values of license fields that are no names: placeholders, refusals, and limits that the wording itself states."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from openaudit.licenses.catalog import Catalog, Joined
from openaudit.vocabulary import Grant

SpecialKind = Literal["placeholder", "other", "none"]


def _phrases(joined: str) -> frozenset[str]:
    return frozenset(joined.split("|"))


_PLACEHOLDERS = _phrases(
    "unknown|undecided|undefined|undetermined|tbd|tba|todo|to do|na|n a|null|nil|license|"
    "licence|licenses|your license|your license here|add license|license here|choose a license|"
    "more information needed|needs more information|to be decided|to be determined|to be announced|"
    "pending|unspecified|not specified|not decided|not sure|no idea|x|xx|xxx|test|license name|"
    "license type|placeholder|select a license|string|coming soon"
)
_NONE = _phrases("none|no|no license|no licence|unlicensed|without license|false|not licensed")
_OTHER = _phrases(
    "other|others|custom|custom license|other license|see license|see license file|see license md|"
    "see license txt|license md|license txt|see readme|mixed|various|multiple|see below|see card|"
    "see model card|same as base model|other license see license file|model license|"
    "model license agreement|community license|community|license agreement|custom model license"
)


def special(value: str) -> tuple[SpecialKind, Grant] | None:
    """What a value is that names nothing, and what that grants; None for one that may be a name."""
    words = " ".join(re.findall(r"[^\W_]+", value.lower()))
    if not value:
        return "none", Grant.UNLICENSED
    if not words or words in _PLACEHOLDERS:
        return "placeholder", Grant.UNLICENSED
    if words in _NONE:
        return "none", Grant.UNLICENSED
    return ("other", Grant.UNDETERMINED) if words in _OTHER else None


_STATED = (
    (
        "non-commercial",
        re.compile(r"non[\s_-]{0,2}commercial|no[\s_-]commercial|not for commercial|\bnc\b|非商用|非商业"),
    ),
    (
        "research-only",
        re.compile(
            r"\bresearch\b|\bacademic\b|evaluation[\s_-]only|personal[\s_-]use|non[\s_-]?production|仅供研究"
        ),
    ),
    ("no-derivatives", re.compile(r"no[\s_-]{0,2}deriv|\bnd\b")),
    ("acceptable-use", re.compile(r"\brail\b|responsible[\s_-]ai|acceptable[\s_-]use|\baup\b")),
)
_ALTERED = re.compile(
    r"\b(?:modif\w{1,8}|custom\w{0,5}|amended|adapted|variant|derived|except\w{0,6}|commons[\s-]clause|addendum|"
    r"plus|with|but|not|other|unknown)\b"
)
_LEVEL_OF_STATE = {"acceptable-use": Grant.RESTRICTED}
_FILLER = re.compile(
    r"\b(?:the|an?|and|or|is|are|of|for|to|in|by|on|see|this|model|models|weights|license[sd]?|licence[sd]?|licensing|"
    r"agreement|version|ver|v|terms|use|under|both|dual|dually|either|international|unported|generic|open|source|software|"
    r"file|united|states|only|https?|www|com|org|spdx|id|identifier|name|type|deed|legal|code|inc|meta|google|"
    r"community|public|free|public)\b|[\W_]+"
)


_EXCEPTION = re.compile(r"\bwith\s{1,3}[\w.+-]{0,40}-exception[\w.+-]{0,12}")
"""An exception of SPDX's list permits more than the license beside it, never less."""


def stated(words: str) -> tuple[str, ...]:
    """The limits that some words state themselves, by the names of terms."""
    low = words.lower()
    return tuple(name for name, pattern in _STATED if pattern.search(low))


def grant_of(states: Sequence[str]) -> Grant:
    """What such limits leave; undetermined where none is stated."""
    if not states:
        return Grant.UNDETERMINED
    return Catalog.strictest(_LEVEL_OF_STATE.get(state, Grant.RESEARCH_ONLY) for state in states)


def says_altered(words: str) -> bool:
    """Whether words beside a name say that its terms are not the usual ones."""
    return _ALTERED.search(words) is not None


def unexplained(low: str, spans: Sequence[tuple[int, int]]) -> str:
    """The words of a value that no name explains, without those that say nothing; 200 characters at most."""
    parts, position = [], 0
    for start, end in spans:
        parts.append(low[position:start])
        position = max(position, end)
    parts.append(low[position:])
    words = _EXCEPTION.sub(" ", " ".join(parts))
    return " ".join(_FILLER.sub(" ", words).split())[:200]


def joined_by(gaps: Sequence[str]) -> Joined:
    """How the names of one value combine, by the words between them."""
    any_ = [bool(re.search(r"\bor\b|\boder\b|\bou\b|\|", gap)) for gap in gaps]
    all_ = [bool(re.search(r"\band\b|\bund\b|\bet\b|[,;&+]", gap)) for gap in gaps]
    if all(any_) and not any(all_):
        return "any"
    if all(all_) and not any(any_):
        return "all"
    commas_only = not any(re.search(r"\band\b|[;&+]", gap) for gap in gaps)
    if any_ and any_[-1] and commas_only and all(a or b for a, b in zip(all_, any_, strict=True)):
        return "any"  # "MIT, BSD or Apache-2.0"
    return "unclear"
