"""Take copyright statements out of a text: they never change a license. What follows them stays."""

import re
from typing import Final

from openaudit.licenses.lexicon import bears

_START: Final = re.compile(
    r"(?:\bportions\s+)?\bcopyright(?:ed)?\b|\bcopr\.|\(c\)(?=\W{0,3}(?:copyright|(?:19|20)\d\d|[<\[{]))"
    r"|\ball\s+rights?\s+(?:are\s+)?reserved\b\.?",
    re.IGNORECASE,
)
_HINTS: Final = tuple(re.compile(hint) for hint in ("copyright", r"copr\.", r"\(c\)", r"all\s+rights?\s"))
_PORTIONS: Final = re.compile(r"portions\s+copyright")
_STATES: Final = re.compile(
    r"[\s:,*]*(?:notice\s*:\s*)?(?:\(c\)|(?=(?:19|20)\d\d|[<\[{$]|by\s|yyyy|years?\b|\(years?|x{3,4}\b))",
    re.IGNORECASE,
)
_NAMED: Final = re.compile(
    r"[ \t:,]+(?!(?:notices?|holders?|owners?|laws?|licen[cs]es?|acts?|grants?|interests?|protection|statements?|information|rights?"
    r"|management|materials?|attribution|ownership|disclaimer|infringement|registration|permission|treaty|treaties|policy"
    r"|office|terms|status|agent|exceptions?|limitations?|and|or|in|is|of|for|to|as|with|under)\b)(?=\w)",
    re.IGNORECASE,
)
_TOKEN: Final = re.compile(r"\S+")
_REST_OF_LINE: Final = re.compile(r"[^\n\v]*")
_JOINERS: Final = frozenset(
    "and of the for by de von van und et al & contributors authors others its - -- present c year years name names owner owners"
    " holder holders author copyright copyrighted all rights reserved inc ltd llc".split()
)
_BEGINNERS: Final = frozenset(
    "this these permission permissions redistribution redistributions license licence licenses if everyone neither in any it unless"
    " subject version preamble terms definitions you your notice as to is are has have was were from that which mit bsd apache gnu"
    " code see such where when there use both no not licensed source the-software portions section article hereby verbatim".split()
)
_ABBREVIATIONS: Final = frozenset(
    "inc ltd corp co llc dr st jr sr mr no gmbh ag sa nv bv kg plc al univ dept".split()
)
_MOST_TOKENS: Final = 48
_WRAPPED: Final = 45  # a line of so many characters may go on in the next one


def without_notices(text: str, sign: str) -> str:
    """`text` with `sign` in the place of each copyright statement; line breaks stay."""
    parts: list[str] = []
    done = 0
    for place in _hints(text):
        match = _START.match(text, place) if place >= done else None
        if match is None:
            continue
        end = _end(text, match)
        if end <= match.start():
            continue
        parts += [text[done : match.start()], sign, "\n" * text.count("\n", match.start(), end)]
        done = end
    return "".join([*parts, text[done:]]) if parts else text


def _hints(text: str) -> list[int]:
    """Places where a statement may begin, found by plain search: a pattern over the whole text is slow."""
    low = text.lower()
    if len(low) != len(text):
        return [match.start() for match in _START.finditer(text)]
    places = {match.start() for hint in _HINTS for match in hint.finditer(low)}
    for place in [match.start() for match in _PORTIONS.finditer(low)]:
        places.add(place)
    return sorted(places)


def _end(text: str, match: re.Match[str]) -> int:
    """Where the statement that begins here ends; its start where it is none."""
    if match.group()[:3].lower() == "all":
        return match.end()
    if match.group().startswith("("):
        return _end_of_names(text, match.end())
    states = _STATES.match(text, match.end())
    if states:
        return _end_of_names(text, states.end())
    named = _NAMED.match(text, match.end())
    line = _line_before(text, match.start())
    if (
        named
        and not line.strip(" \t*/#;>|%_-\"'")
        and not _goes_on(text, match.start() - len(line) - 1)
        and _is_name(_REST_OF_LINE.match(text, named.end()))
    ):
        return _end_of_names(text, named.end())
    return match.start()


def _line_before(text: str, place: int) -> str:
    start = max(text.rfind("\n", 0, place), text.rfind("\v", 0, place))
    return text[max(start + 1, place - 200) : place]


def _is_name(rest: re.Match[str] | None) -> bool:
    parts = rest.group().split() if rest and not rest.group().isupper() else []
    return 0 < len(parts) <= 16 and all(
        _core(part) in _JOINERS or part.lstrip("<([\"'")[:1].isupper() or "@" in part or part[:1].isdigit()
        for part in parts
    )


def _goes_on(text: str, end: int) -> bool:
    """Whether the line that ends here seems to be wrapped in the middle of a sentence."""
    start = text.rfind("\n", 0, max(end, 0)) + 1
    return end - start >= _WRAPPED and text[end - 1] not in ".;:,)\"'!?"


def _core(token: str) -> str:
    return token.strip("\"'()[]{}<>,.;:*_\u201c\u201d\u2018\u2019`").lower()


def _end_of_names(text: str, start: int) -> int:
    """The end of years, names and addresses from `start` on."""
    end = start
    stopped = False
    shouting = text[start : start + 60].isupper()  # capitals tell no names then: a comma ends them
    for count, token in enumerate(_TOKEN.finditer(text, start)):
        gap = text[end : token.start()]
        if "\v" in gap or ("\n" in gap and (gap.count("\n") > 1 or len(_line_before(text, end)) < _WRAPPED)):
            break
        core = _core(token.group())
        if stopped or count >= _MOST_TOKENS or core in _BEGINNERS or bears(core) or "spdx" in core:
            break
        if core.isalpha() and core == token.group().strip("\"'()[]{}<>,.;:*_") and core not in _JOINERS:
            break
        if shouting and text[end - 1] == "," and core not in _ABBREVIATIONS and not core[:1].isdigit():
            break
        end = token.end()
        last = token.group().rstrip("\"')]}*_")
        stopped = (
            last.endswith((".", ";", ":", "!"))
            and len(core) > 1
            and core not in _ABBREVIATIONS
            and "@" not in core
        )
        stopped = stopped or token.group().rstrip(".,;:").endswith(("\u3002", "\u201d", '"', "''"))
    return end
