"""Numbers, units, places and names out of clauses, and the facts that clauses add up to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from openaudit.licenses.catalog import RevenueThreshold, Terms, UserThreshold
from openaudit.vocabulary import Grant

Said = tuple[str, Grant | None, str, Mapping[str, str | int], tuple[int, int]]
"""Term, effect, quote, values and lines of a clause."""

_SCALES: tuple[tuple[str, int], ...] = (
    ("billion", 10**9), ("million", 10**6), ("thousand", 10**3), ("hundred", 100), ("bn", 10**9), ("mm", 10**6),
    ("m", 10**6), ("k", 10**3), ("亿", 10**8), ("千万", 10**7), ("百万", 10**6), ("万", 10**4), ("千", 10**3),
)  # fmt: skip
_WORDS = {
    "one": 1, "two": 2, "three": 3, "five": 5, "ten": 10, "twenty": 20, "fifty": 50, "hundred": 100,
    "一": 1, "二": 2, "两": 2, "三": 3, "五": 5, "七": 7, "十": 10,
}  # fmt: skip
_CURRENCIES = (
    (re.compile(r"us\s?\$|usd|us dollars?|u\.s\. dollars?|united states dollars?|美元|美金"), "USD"),
    (re.compile(r"€|eur\b|euros?|欧元"), "EUR"),
    (re.compile(r"£|gbp|pounds?|英镑"), "GBP"),
    (re.compile(r"rmb|cny|yuan|renminbi|人民币|元|¥"), "CNY"),
    (re.compile(r"\$|dollars?"), "USD"),
)
_PERIODS = (
    (re.compile(r"annu|year|12|twelve|fiscal|年"), "year"),
    (re.compile(r"month|月"), "month"),
    (re.compile(r"dai?ly|\bday|日|天"), "day"),
)
_MAX_NUMBER = 10**15
_MAX_PLACES = 12


def values_of(
    extract: Sequence[re.Pattern[str]], folded: str, groups: Mapping[str, str]
) -> dict[str, str | int]:
    """The named groups of a match and of the `extract` patterns, read: `number` as an integer (with its `scale`),
    `currency` as a code, `period` as day, month or year; several places or names joined with commas."""
    raw: dict[str, list[str]] = {name: [text] for name, text in groups.items()}
    for pattern in extract:
        for match in pattern.finditer(folded):
            for name, text in match.groupdict().items():
                if text and text not in (known := raw.setdefault(name, [])) and len(known) < _MAX_PLACES:
                    known.append(text)
    values: dict[str, str | int] = {}
    for name, texts in raw.items():
        if name == "number":
            number = _number(texts[0], (raw.get("scale") or [""])[0])
            if number is not None:
                values["number"] = number
        elif name == "currency":
            values["currency"] = _first(_CURRENCIES, texts[0])
        elif name == "period":
            values["period"] = _first(_PERIODS, texts[0])
        elif name != "scale":
            values[name] = ", ".join(texts)
    return values


def _number(text: str, scale: str) -> int | None:
    plain = text.replace(",", "").replace(" ", "").replace("，", "")
    try:
        value = float(_WORDS[plain]) if plain in _WORDS else float(plain)
    except ValueError:
        return None
    factor = next((factor for word, factor in _SCALES if scale.strip().startswith(word)), 1)
    return round(value * factor) if value * factor <= _MAX_NUMBER else None


def _first(table: Sequence[tuple[re.Pattern[str], str]], text: str) -> str:
    return next((word for pattern, word in table if pattern.search(text)), text)


# ---------------------------------------------------------------- terms


def terms_of(clauses: Sequence[Said], grant: Grant) -> Terms:
    """The facts that the clauses state, in the words of the catalog; the line of a clause stands in its note."""
    by_term: dict[str, list[Said]] = {}
    for clause in clauses:
        by_term.setdefault(clause[0], []).append(clause)
    facts: dict[str, Any] = {
        **_use(by_term, grant),
        **_change(by_term, grant),
        **_outputs(by_term),
        **_thresholds(by_term),
        **_duties(by_term),
        **_ends(by_term),
    }
    return Terms(**facts)


def _note(said: Said) -> str:
    first, last = said[4]
    where = f"line {first}" if first == last else f"lines {first}-{last}"
    return f"{where}: {said[2]}"


def _noted(by_term: Mapping[str, list[Said]], *terms: str) -> str:
    return next((_note(by_term[term][0]) for term in terms if term in by_term), "")


def _strict(by_term: Mapping[str, list[Said]], term: str) -> bool:
    return any(said[1] is Grant.RESEARCH_ONLY for said in by_term.get(term, ()))


def _use(by_term: Mapping[str, list[Said]], grant: Grant) -> dict[str, Any]:
    use: Literal["yes", "no", "conditional"] | None = None
    note = ""
    conditions = ("by-approval", "user-threshold", "revenue-threshold", "non-commercial", "research-only")
    if _strict(by_term, "non-commercial") or _strict(by_term, "research-only"):
        use, note = "no", _noted(by_term, "non-commercial", "research-only")
    elif any(term in by_term for term in conditions):
        use, note = "conditional", _noted(by_term, *conditions)
    elif "commercial" in by_term or grant is Grant.OPEN:
        use, note = "yes", _noted(by_term, "commercial")
    return {
        "commercial_use": use,
        "commercial_condition": note if use != "yes" else "",
        "research_only": _strict(by_term, "research-only"),
        "by_approval": "by-approval" in by_term,
        "field_of_use": _noted(by_term, "field-of-use", "acceptable-use"),
        "acceptable_use_policy": "acceptable-use" in by_term,
    }


def _change(by_term: Mapping[str, list[Said]], grant: Grant) -> dict[str, Any]:
    limited = _strict(by_term, "non-commercial") or _strict(by_term, "research-only")
    facts: dict[str, Any] = {}
    for fact, denied, granted in (
        ("modification", "no-derivatives", "modify"),
        ("redistribution", "no-redistribution", "distribute"),
    ):
        if denied in by_term:
            facts[fact], facts[f"{fact}_note"] = "no", _noted(by_term, denied)
        elif granted in by_term:
            facts[fact] = "conditional" if limited else "yes"
            facts[f"{fact}_note"] = "within the limits on use" if limited else ""
    if "share-alike" in by_term:
        facts["share_alike"], facts["share_alike_note"] = "yes", _noted(by_term, "share-alike")
    elif grant is Grant.OPEN:
        facts["share_alike"] = "no"
    return facts


def _outputs(by_term: Mapping[str, list[Said]]) -> dict[str, Any]:
    if "outputs-restricted" in by_term:
        return {"distillation": "no", "distillation_note": _noted(by_term, "outputs-restricted")}
    if "outputs-naming" in by_term:
        return {
            "distillation": "conditional",
            "distillation_naming": True,
            "distillation_note": _noted(by_term, "outputs-naming"),
        }
    if "outputs-free" in by_term:
        return {"distillation": "yes", "distillation_note": _noted(by_term, "outputs-free")}
    return {}


def _thresholds(by_term: Mapping[str, list[Said]]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for said in by_term.get("user-threshold", ()):
        number = said[3].get("number")
        if isinstance(number, int) and "user_threshold" not in facts:
            facts["user_threshold"] = UserThreshold(monthly_active_users=number, effect=_note(said))
    for said in by_term.get("revenue-threshold", ()):
        number, period = said[3].get("number"), said[3].get("period", "year")
        in_dollars = said[3].get("currency", "USD") == "USD"
        if isinstance(number, int) and in_dollars and "revenue_threshold" not in facts:
            facts["revenue_threshold"] = RevenueThreshold(
                usd=number, per="month" if period == "month" else "year", effect=_note(said)
            )
    places: list[str] = []
    for said in by_term.get("territory", ()):
        names = str(said[3].get("place", "")).split(", ")
        places += [_place(name) for name in names if name and _place(name) not in places]
    if "territory" in by_term:
        facts["territory_excluded"] = tuple(places[:_MAX_PLACES]) or ("see note",)
        facts["territory_note"] = _noted(by_term, "territory")
    return facts


_PLACES = {
    "eu": "European Union", "欧盟": "European Union", "uk": "United Kingdom", "英国": "United Kingdom",
    "韩国": "South Korea", "republic of korea": "South Korea", "中国": "China", "中国大陆": "China",
    "people's republic of china": "China", "prc": "China", "美国": "United States", "usa": "United States",
    "united states of america": "United States",
}  # fmt: skip


def _place(name: str) -> str:
    folded = name.strip().removeprefix("the ")
    return _PLACES.get(folded, folded.title() if folded.isascii() else folded)


def _duties(by_term: Mapping[str, list[Said]]) -> dict[str, Any]:
    patent = _noted(by_term, "no-patent", "patent-grant")
    return {
        "attribution": _noted(by_term, "attribution"),
        "naming": _noted(by_term, "naming", "outputs-naming"),
        "patent": patent or _noted(by_term, "patent-ends"),
        "patent_ends": "patent-ends" in by_term,
    }


def _ends(by_term: Mapping[str, list[Said]]) -> dict[str, Any]:
    revocable: bool | None = None
    if "revocable" in by_term:
        revocable = True
    elif "irrevocable" in by_term:
        revocable = False
    return {
        "revocable": revocable,
        "unilateral_change": "unilateral-change" in by_term,
        "termination": _noted(by_term, "termination"),
    }
