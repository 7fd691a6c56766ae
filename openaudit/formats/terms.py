"""What a license lets one do, from the facts that the rules know of it to questions and short answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from openaudit.formats.safe_text import clean, clean_name

Answer = Literal["yes", "no", "if", "limit", "none", "note", "unknown"]
Kind = Literal["permission", "limit", "note"]

ANSWER_WORDS: Mapping[Answer, str] = {
    "yes": "Yes",
    "no": "No",
    "if": "Conditional",
    "limit": "Yes",
    "none": "No",
    "note": "Stated",
    "unknown": "Not stated",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What readers ask of a license; `key` is the fact that answers it, `notes` the facts that say more."""

    key: str
    words: str
    kind: Kind
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One line of "what you may do": the question, the short answer, and the condition in words."""

    question: str
    answer: Answer
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseTerms:
    """The terms of one license; `license` is empty where the report gives terms without naming one."""

    license: str
    terms: tuple[Term, ...]


_ASKED: tuple[Question, ...] = (
    Question(
        key="commercial_use", words="Use it commercially", kind="permission", notes=("commercial_condition",)
    ),
    Question(key="by_approval", words="Commercial use needs an approval", kind="limit"),
    Question(key="research_only", words="Only for research", kind="limit"),
    Question(key="modification", words="Change it", kind="permission", notes=("modification_note",)),
    Question(key="redistribution", words="Pass it on", kind="permission", notes=("redistribution_note",)),
    Question(
        key="distillation",
        words="Train other models on its outputs",
        kind="permission",
        notes=("distillation_note",),
    ),
    Question(
        key="distillation_naming", words="Models trained on outputs must be named after it", kind="limit"
    ),
    Question(key="user_threshold", words="Limit on users", kind="limit"),
    Question(key="revenue_threshold", words="Limit on revenue", kind="limit"),
    Question(key="acceptable_use_policy", words="Acceptable use policy", kind="limit"),
    Question(key="field_of_use", words="Fields of use limited", kind="limit"),
    Question(key="territory_excluded", words="Places excluded", kind="limit", notes=("territory_note",)),
    Question(key="attribution", words="Credit to give", kind="note"),
    Question(key="naming", words="Name to carry or show", kind="limit"),
    Question(key="share_alike", words="Share alike", kind="limit", notes=("share_alike_note",)),
    Question(key="patent", words="Patents", kind="note"),
    Question(key="patent_ends", words="Rights end for who sues over patents", kind="limit"),
    Question(key="revocable", words="Can be revoked", kind="limit"),
    Question(key="unilateral_change", words="Terms can be changed by the licensor", kind="limit"),
    Question(key="termination", words="Ends", kind="note"),
)
_TERM_WORDS: Mapping[str, str] = {
    "non-commercial": "no commercial use",
    "research-only": "research only",
    "no-derivatives": "no changed versions",
    "no-redistribution": "not to be passed on",
    "by-approval": "commercial use by approval",
    "user-threshold": "limit on users",
    "revenue-threshold": "limit on revenue",
    "acceptable-use": "acceptable use policy",
    "field-of-use": "limited purposes",
    "territory": "places excluded",
    "outputs-restricted": "limits on training with outputs",
    "outputs-naming": "name on models trained with outputs",
    "naming": "name to carry or show",
    "share-alike": "share alike",
    "patent-ends": "rights end for who sues over patents",
    "revocable": "can be revoked",
    "unilateral-change": "terms may be changed by the licensor",
}
_MORE = frozenset(note for question in _ASKED for note in question.notes)
_DETAILS = ("detail", "condition", "effect", "note", "text", "quote")
_LICENSES_SHOWN = 6
_TERMS_SHOWN = 40


def terms_by_license(terms: Mapping[str, Any]) -> list[LicenseTerms]:
    """The terms of a report, license by license; those without any known fact are left out.

    `terms` holds the facts of each license under `licenses`, or the facts of one license themselves.
    """
    licenses = terms.get("licenses")
    named = (
        licenses
        if isinstance(licenses, Mapping)
        else {"": {k: v for k, v in terms.items() if k not in ("names", "imposed")}}
    )
    found = [
        LicenseTerms(license=str(name), terms=tuple(answers(facts)))
        for name, facts in list(named.items())[:_LICENSES_SHOWN]
        if isinstance(facts, Mapping)
    ]
    return [license for license in found if license.terms]


def duties_by_license(terms: Mapping[str, Any]) -> list[LicenseTerms]:
    """The terms license by license without the plain permissions, which `permissions_of` answers for all of them."""
    permissions = {
        key for question in _ASKED if question.kind == "permission" for key in (question.key, *question.notes)
    }
    licenses = terms.get("licenses")
    if not isinstance(licenses, Mapping):
        return terms_by_license(
            {key: value for key, value in terms.items() if key not in permissions | {"imposed"}}
        )
    duties = {
        name: {key: value for key, value in facts.items() if key not in permissions}
        for name, facts in licenses.items()
        if isinstance(facts, Mapping)
    }
    return terms_by_license({"licenses": duties})


def limits_named(terms: Mapping[str, Any]) -> str:
    """The names of all limits that bind, those of the card's own words too: "user threshold, naming"."""
    names = terms.get("names")
    if not isinstance(names, list | tuple):
        return ""
    return clean(", ".join(term_in_words(str(name)) for name in names[:30]))


def term_in_words(name: str) -> str:
    """A limit or duty by its name in the license rules, as people say it; an unknown name in its own words."""
    return _TERM_WORDS.get(name) or clean_name(name.replace("-", " ").replace("_", " "))


def answers(facts: Mapping[str, Any]) -> Iterator[Term]:
    """The known facts of one license as questions and answers, in the order people ask, then those without a
    question of ours."""
    for question in _ASKED:
        if question.key in facts:
            notes = [str(facts[note]) for note in question.notes if facts.get(note)]
            yield _term(question, facts[question.key], notes)
    asked = {question.key for question in _ASKED} | _MORE
    for key in sorted(str(key) for key in facts if key not in asked)[:_TERMS_SHOWN]:
        words = clean_name(key.replace("_", " ").replace("-", " ")).capitalize()
        yield _term(Question(key=key, words=words, kind="limit"), facts[key], [])


def _term(question: Question, value: Any, notes: list[str]) -> Term:
    if isinstance(value, Mapping):
        details = [str(value[name]) for name in _DETAILS if value.get(name)]
        rest = {key: item for key, item in value.items() if key not in _DETAILS}
        answer, said = _answer(question.kind, rest or True)
        notes = [*details, *notes]
    else:
        answer, said = _answer(question.kind, value)
    return Term(
        question=question.words,
        answer=answer,
        detail=clean(": ".join(part for part in (said, *notes) if part)),
    )


def _answer(kind: Kind, value: Any) -> tuple[Answer, str]:
    """The short answer, and what is left to say."""
    if value is None or value == "":
        return "unknown", ""
    if isinstance(value, bool) or value in ("yes", "no"):
        holds = value in (True, "yes")
        if kind == "permission":
            return ("yes" if holds else "no"), ""
        return ("limit" if holds else "none"), ""
    if value == "conditional":
        return ("if" if kind == "permission" else "limit"), ""
    if isinstance(value, list | tuple | set | frozenset) and not value:
        return ("yes" if kind == "permission" else "none"), ""
    return {"permission": "if", "limit": "limit", "note": "note"}[kind], flat(value)  # type: ignore[return-value]


def flat(value: Any, depth: int = 0) -> str:
    """A value of rules or scanners on one line, for people: lists with commas, mappings as `key: value`."""
    if depth > 3:
        return "…"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "not stated"
    if isinstance(value, Mapping):
        pairs = [_pair(str(key), item, depth) for key, item in list(value.items())[:20]]
        return clean("; ".join(pairs))
    if isinstance(value, set | frozenset):
        value = sorted(value, key=str)
    if isinstance(value, list | tuple):
        return clean(", ".join(flat(item, depth + 1) for item in value[:20]))
    if isinstance(value, float):
        return f"{value:g}"
    return grouped(value) if isinstance(value, int) else clean(str(value))


def _pair(key: str, value: Any, depth: int) -> str:
    """A pair of a mapping; the thresholds of the rules are said as people say them."""
    if key == "monthly_active_users" and isinstance(value, int):
        return f"from {grouped(value)} monthly active users"
    if key == "usd" and isinstance(value, int):
        return f"from {grouped(value)} US dollars"
    if key == "per" and isinstance(value, str):
        return f"per {clean_name(value)}"
    return f"{clean_name(key).replace('_', ' ')}: {flat(value, depth + 1)}"


def grouped(number: int) -> str:
    """An integer with its thousands set apart: 700,000,000."""
    if abs(number) >= 10**18:
        return f"{float(min(abs(number), 10**300)):.3g}"
    return f"{number:,}"
