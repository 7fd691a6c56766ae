"""Whether a word that can mean a license does mean one where it stands."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Kind = Literal["known", "family", "unknown-name", "placeholder", "other", "none"]
Need = Literal["nothing", "context", "license-word", "tag"]
"""What has to stand beside a name in prose, so that it is one; `tag`: it is none in prose."""


class Name(NamedTuple):
    """What a way of writing stands for."""

    id: str
    kind: Kind
    need: Need


class Candidate(NamedTuple):
    """A name at a place; `settled` where what stands around it says that it is one."""

    start: int
    end: int
    name: Name
    settled: bool
    via: Literal["name", "url"] = "name"


_BEFORE = re.compile(
    r"(?:licen[cs]\w{0,5}|许可证?|协议|授权|lizenz\w{0,5}|licencia\w{0,3})\W{0,8}"
    r"(?:(?:is|are|as|under|by|the|an?|type|names?|to|our|its|use[sd]?|using|follow(?:s|ing)?|of|terms?|with|in|"
    r"from|same|both|either|according|model|code|weights|data(?:set)?)\W{1,5}){0,6}$"
)
_UNDER = re.compile(
    r"\bunder\s{1,3}(?:(?:the|an?|both|its|their|either|standard|permissive|open[- ]source)\s{1,3}){0,3}"
    r"[\"'“‘`*\[(_]{0,4}$"
)
_DIRECTLY_BEFORE = re.compile(
    r"(?:licen[cs](?:e|es|ed|ing)(?:[ _]name)?|许可证?|协议)[ \t\"'“‘`*_\[\](:=\-–#\n]{1,8}"
    r"(?:(?:is|under|by|the|an?|as)[ \t\"'“‘`*_\[(:]{1,4}){0,3}$"
    r"|\b(?:released?|distributed|available|published|provided|shared|open[- ]?sourced)\s{1,3}"
    r"(?:\w{1,12}\s{1,3}){0,2}under\s{1,3}(?:(?:the|an?)\s{1,3})?[\"'“‘`*\[(_]{0,4}$"
)
_ITEM_ENDS = re.compile(r"[ \t\"'”’`*_\])]{0,6}(?:$|[\n\r.,;|<!)\](]|and\b|or\b)")
_AFTER = re.compile(
    r"[\s\"'“”‘’`*)\]_,\-–®™]{0,5}(?:\(\s{3,400}\)[\s*_]{0,3})?(?:(?:open|source|software|model|community|public|free|international|unported|generic|"
    r"style|dual|research|style|weights?|the|data|content)[\s\-_]{1,3}){0,3}"
    r"(?:licen[cs]|lizenz|许可|协议|agreement|terms\b)"
)
_LOOSE_STYLE = re.compile(r"[\s\-]{0,2}(?:style|like|ish|compatible|inspired|based)\b")
_BRIDGE = re.compile(
    r"[\s\"'`*)\]\[(_,/&+|]{0,6}(?:(?:and|or|und|oder|et|plus)\b)?[\s\"'`*\[(_]{0,4}"
    r"(?:the\s)?[\s\"'`*\[(_]{0,4}(?:licen[cs]e\W{1,4})?"
)


def has_context(low: str, start: int, stop: int, name: Name) -> bool:
    """Whether the words around a name say that it is that of a license."""
    if name.need == "tag":
        return False
    if _AFTER.match(low, stop):
        return True
    before = low[max(0, start - 90) : start]
    if name.need == "license-word":
        return _ITEM_ENDS.match(low, stop) is not None and _DIRECTLY_BEFORE.search(before) is not None
    return _BEFORE.search(before) is not None or _UNDER.search(before) is not None


def is_loose(low: str, stop: int) -> bool:
    """Whether a name goes on as "-style" or the like, and so is none."""
    return _LOOSE_STYLE.match(low, stop) is not None


def settled(low: str, candidates: list[Candidate]) -> list[Candidate]:
    """Candidates (in order of place) without overlaps, and without those that nothing around makes a license: a
    name without context stays where an "and" or the like ties it to one that has it."""
    chosen: list[Candidate] = []
    pending: list[Candidate] = []
    for candidate in candidates:
        if chosen and candidate.start < chosen[-1].end:
            continue
        if not candidate.settled and not (chosen and _bridged(low, chosen[-1], candidate)):
            pending = [*pending[-3:], candidate]
            continue
        tied: list[Candidate] = [candidate]
        while pending and _bridged(low, pending[-1], tied[0]):
            tied.insert(0, pending.pop())
        chosen += tied
        pending.clear()
    return chosen


def _bridged(low: str, left: Candidate, right: Candidate) -> bool:
    """Whether only an "and" or the like stands between two names, of which one has its context."""
    if not left.settled and left.name.need != "context":
        return False
    if not right.settled and right.name.need != "context" and not _ITEM_ENDS.match(low, right.end):
        return False
    gap = low[left.end : right.start]
    return len(gap) <= 24 and bool(gap.strip()) and _BRIDGE.fullmatch(gap) is not None
