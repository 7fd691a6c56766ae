"""What anyone may do with a model: six questions answered from a JSON report, never "yes" where something was not seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from openaudit.formats.permission_facts import Ability, Answer, readings_of
from openaudit.formats.safe_text import clean, clean_name
from openaudit.formats.terms import term_in_words

QUESTIONS: Final[Mapping[Ability, str]] = {
    "use": "Use it",
    "change": "Change it",
    "share": "Pass it on",
    "sell": "Use it commercially",
    "train": "Train other models on its outputs",
    "host-eu": "Host it in the EU",
}
ANSWERS: Final[Mapping[Answer, str]] = {
    "yes": "Yes",
    "if": "Yes, if",
    "unknown": "Could not be told",
    "no": "No",
}
_OF_DATA: Final[tuple[Ability, ...]] = ("use", "change", "share", "sell")
_WORST: Final[tuple[Answer, ...]] = ("yes", "if", "unknown", "no")
_MOST_LICENSES, _MOST_CLAUSES = 12, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """What decides an answer or adds to it, in words with the license's own clause numbers.

    `topic` is the name of the limit (as in the report's terms) or of the fact; `license` the id it comes from, empty
    where the card's own words say it; `imposed_by` the ancestor whose license it is. A `duty` leaves a yes a yes.
    """

    topic: str
    text: str
    license: str = ""
    imposed_by: str = ""
    duty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One question, its answer, and the clauses that it hangs on: conditions of an "if", reasons of the others."""

    ability: Ability
    question: str
    answer: Answer
    clauses: tuple[Clause, ...] = ()
    reason: str = ""

    @property
    def words(self) -> str:
        """The answer as readers see it."""
        return ANSWERS[self.answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    """What one license says to one question."""

    ability: Ability
    answer: Answer
    clause: Clause | None = None


def permissions_of(report: Mapping[str, Any]) -> tuple[Permission, ...]:
    """The answers that a JSON report (schema 1) gives, in a fixed order; of a dataset the first four questions.

    All licenses that bind count, the strictest answer wins: those of the release, of its card's own words, and of what
    it was made from. Of licenses to choose from the most permissive answers. What the grant does not cover, or what
    hangs on an ancestor that was not seen, is `unknown`. A summary of terms, no legal advice. Pure; raises nothing.
    """
    license_ = _mapping(report.get("license"))
    subject = _mapping(report.get("target")).get("subject")
    abilities = _OF_DATA if subject == "dataset" else tuple(QUESTIONS)
    words = [*_release(license_), *_card(license_), *_ancestors(report, license_)]
    unseen = tuple(_unseen_ancestors(report))
    grant = license_.get("grant")
    answered = {
        ability: _combined(ability, [w for w in words if w.ability == ability]) for ability in abilities
    }
    ceiling = _CEILINGS.get(str(grant), _undetermined)
    return tuple(_clouded(each, unseen) for each in ceiling(answered, license_).values())


# ---------------------------------------------------------------- what the licenses say


def _release(license_: Mapping[str, Any]) -> Iterator[_Word]:
    """What the licenses of the release say; of those to choose from, the best answer to each question."""
    facts = _facts_by_license(license_)
    choice = [name for name in _to_choose_from(license_) if name in facts]
    for name, known in facts.items():
        if name not in choice or len(choice) < 2:
            yield from _said_by(name, known)
    if len(choice) < 2:
        return
    offers = {name: list(_said_by(name, facts[name])) for name in choice}
    for ability in QUESTIONS:
        combined = [_combined(ability, [w for w in said if w.ability == ability]) for said in offers.values()]
        best = min(combined, key=lambda permission: (_rank(permission.answer), len(permission.clauses)))
        clauses = best.clauses or (None,)
        yield from (_Word(ability=ability, answer=best.answer, clause=clause) for clause in clauses)


def _facts_by_license(license_: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    licenses = _mapping(_mapping(license_.get("terms")).get("licenses"))
    return {
        str(name): facts
        for name, facts in list(licenses.items())[:_MOST_LICENSES]
        if isinstance(facts, Mapping) and facts
    }


def _to_choose_from(license_: Mapping[str, Any]) -> list[str]:
    """The ids that the binding statement offers as alternatives."""
    for source in _list(license_.get("sources")):
        if isinstance(source, Mapping) and source.get("binding") and source.get("joined") == "any":
            return [str(name) for name in _list(source.get("licenses"))]
    return []


def _said_by(name: str, facts: Mapping[str, Any], imposed_by: str = "") -> Iterator[_Word]:
    for ability, topic, answer, text, duty in readings_of(facts):
        clause = Clause(
            topic=topic, text=clean(text), license=clean_name(name), imposed_by=imposed_by, duty=duty
        )
        yield _Word(ability=ability, answer=answer, clause=clause if text else None)


# ---------------------------------------------------------------- what cards and ancestors add


_BY_NAME: Final[Mapping[str, tuple[tuple[Ability, Answer], ...]]] = {
    "non-commercial": (("use", "if"), ("sell", "no"), ("host-eu", "if")),
    "research-only": (("use", "if"), ("sell", "no"), ("host-eu", "if")),
    "no-derivatives": (("change", "no"),),
    "no-redistribution": (("share", "no"),),
    "by-approval": (("sell", "if"),),
    "user-threshold": (("use", "if"), ("sell", "if"), ("host-eu", "if")),
    "revenue-threshold": (("use", "if"), ("sell", "if"), ("host-eu", "if")),
    "acceptable-use": (("use", "if"), ("sell", "if"), ("host-eu", "if")),
    "field-of-use": (("use", "if"), ("sell", "if"), ("host-eu", "if")),
    "territory": (("use", "if"), ("sell", "if"), ("host-eu", "unknown")),
    "outputs-restricted": (("train", "unknown"),),
    "outputs-naming": (("train", "if"),),
    "naming": (("change", "if"), ("share", "if")),
    "share-alike": (("share", "if"),),
}
"""What a limit means where only its name is known, by the names of the license rules."""


def _named(names: Iterable[Any], license_: str, imposed_by: str) -> Iterator[_Word]:
    for name in names:
        for ability, answer in _BY_NAME.get(str(name), ()):
            text = term_in_words(str(name))
            clause = Clause(topic=str(name), text=text, license=license_, imposed_by=imposed_by)
            yield _Word(ability=ability, answer=answer, clause=clause)


def _card(license_: Mapping[str, Any]) -> Iterator[_Word]:
    """Limits that bind and that no license named in the report explains: the card's own words."""
    explained = {word.clause.topic for word in _release(license_) if word.clause}
    terms = _mapping(license_.get("terms"))
    imposed = {str(name) for names in _mapping(terms.get("imposed")).values() for name in _list(names)}
    own = [name for name in _list(terms.get("names")) if str(name) not in explained | imposed]
    yield from _named(own, "", "")


def _ancestors(report: Mapping[str, Any], license_: Mapping[str, Any]) -> Iterator[_Word]:
    """What the licenses of ancestors ask, where their facts are not in the report already."""
    read = _facts_by_license(license_)
    lineage = {str(a.get("id")): a for a in _list(report.get("lineage")) if isinstance(a, Mapping)}
    imposed = _mapping(license_.get("terms")).get("imposed")
    if not isinstance(imposed, Mapping):
        imposed = {
            id_: _list(ancestor.get("terms"))
            for id_, ancestor in lineage.items()
            if not _same_owner(id_, _id(report))
        }
    for called, names in list(imposed.items())[: 4 * _MOST_LICENSES]:
        ancestor = next((a for id_, a in lineage.items() if id_ in str(called)), {})
        id_ = str(ancestor.get("license") or "")
        if id_ not in read:
            yield from _named(_list(names), clean_name(id_), clean_name(str(called)))


def _unseen_ancestors(report: Mapping[str, Any]) -> Iterator[str]:
    """Ancestors of other makers whose license was neither read nor known: they may bind, nobody looked.

    What stands above an ancestor that the rules know is in what they know of it, and a family named without a version
    ("llama") is seen where a version of it is ("llama-2").
    """
    lineage = [a for a in _list(report.get("lineage"))[:256] if isinstance(a, Mapping)]
    known = {str(a.get("id")).lower() for a in lineage if a.get("reach") == "facts"}
    seen = {str(a.get("id")).lower() for a in lineage if a.get("grant", "undetermined") != "undetermined"}
    for ancestor in lineage:
        if (
            ancestor.get("grant", "undetermined") != "undetermined"
            or str(ancestor.get("of")).lower() in known
        ):
            continue
        id_ = str(ancestor.get("id") or "")
        versioned = "/" not in id_ and any(f"{id_.lower()}-" in other for other in seen)
        if id_ and not versioned and not _same_owner(id_, _id(report)):
            yield clean_name(id_)


def _same_owner(one: str, other: str) -> bool:
    """Whether two ids are of one maker, who may relicense what is theirs."""
    owners = {name.lower().rpartition("/")[0] for name in (one, other)}
    return len(owners) == 1 and "" not in owners


def _id(report: Mapping[str, Any]) -> str:
    return str(_mapping(report.get("target")).get("id") or "")


# ---------------------------------------------------------------- adding up


def _combined(ability: Ability, words: Sequence[_Word]) -> Permission:
    """The strictest answer, with the clauses that give it; an "if" keeps all conditions, each once."""
    answer: Answer = max((word.answer for word in words), key=_rank, default="unknown")
    kept: dict[tuple[str, str], Clause] = {}
    for word in words:
        clause = word.clause
        if clause is not None and (word.answer == "no") == (answer == "no"):
            kept.setdefault((clause.topic, clause.text), clause)
    clauses = tuple(sorted(kept.values(), key=lambda clause: clause.duty))[:_MOST_CLAUSES]
    reason = "What its license says of this was not seen." if answer == "unknown" and not clauses else ""
    return Permission(
        ability=ability, question=QUESTIONS[ability], answer=answer, clauses=clauses, reason=reason
    )


_Answers = Mapping[Ability, Permission]


def _open(answered: _Answers, license_: Mapping[str, Any]) -> _Answers:
    """An open grant is any use by anyone for any purpose: what a license does not speak of is allowed."""
    return {
        ability: _replaced(each, "yes", "") if each.answer == "unknown" and not _doubted(each) else each
        for ability, each in answered.items()
    }


def _doubted(permission: Permission) -> bool:
    """Whether an unknown comes of a limit that is known by name, and not of silence."""
    return any(clause.topic in ("territory", "outputs-restricted") for clause in permission.clauses)


def _restricted(answered: _Answers, license_: Mapping[str, Any]) -> _Answers:
    """A limit must show somewhere; where none does, it is one that was not told."""
    if any(each.answer in ("if", "no") for each in answered.values()):
        return answered
    reason = "Its license limits who may use it or for what; how was not told."
    return {ability: _replaced(each, "unknown", reason) for ability, each in answered.items()}


_OF_RESEARCH = {"non-commercial", "research-only", "no-derivatives", "no-redistribution", "by-approval"}
"""Topics that show why a grant is for research only."""


def _research(answered: _Answers, license_: Mapping[str, Any]) -> _Answers:
    """No commercial use or no changes: where the facts do not show which, neither is allowed for certain."""
    shown = {
        clause.topic for each in answered.values() if each.answer in ("if", "no") for clause in each.clauses
    }
    if shown & _OF_RESEARCH:
        return answered
    reason = (
        "Its license does not allow commercial use, or no changed versions; which of the two was not told."
    )
    doubtful = {"sell", "change", "share"}
    return {
        ability: _replaced(each, "unknown", reason)
        if ability in doubtful and each.answer in ("yes", "unknown")
        else each
        for ability, each in answered.items()
    }


def _unlicensed(answered: _Answers, license_: Mapping[str, Any]) -> _Answers:
    """Without a license the law reserves every use."""
    reason = "No license is granted: nobody gave you the right."
    return {ability: _replaced(each, "no", reason) for ability, each in answered.items()}


def _undetermined(answered: _Answers, license_: Mapping[str, Any]) -> _Answers:
    """What binds was not seen: a "no" of what was seen stands, everything else cannot be told."""
    reason = clean(str(license_.get("reason") or "")) or "What license binds it could not be told."
    return {
        ability: each if each.answer == "no" else _replaced(each, "unknown", reason)
        for ability, each in answered.items()
    }


_CEILINGS: Final[Mapping[str, Callable[[_Answers, Mapping[str, Any]], _Answers]]] = {
    "open": _open,
    "restricted": _restricted,
    "research-only": _research,
    "unlicensed": _unlicensed,
    "undetermined": _undetermined,
}


def _replaced(permission: Permission, answer: Answer, reason: str) -> Permission:
    duties = tuple(clause for clause in permission.clauses if clause.duty) if answer == "yes" else ()
    return Permission(
        ability=permission.ability,
        question=permission.question,
        answer=answer,
        clauses=duties if answer != "unknown" else tuple(c for c in permission.clauses if c.imposed_by),
        reason=reason,
    )


def _clouded(permission: Permission, unseen: Sequence[str]) -> Permission:
    """The answer where an ancestor's license was not seen: a no stays a no, anything else cannot be told."""
    if not unseen or permission.answer in ("no", "unknown"):
        return permission
    named = ", ".join(unseen[:3]) + (f" and {len(unseen) - 3} more" if len(unseen) > 3 else "")
    own = (
        "Its own license says yes"
        if permission.answer == "yes"
        else "Its own license says yes, on conditions"
    )
    return Permission(
        ability=permission.ability,
        question=permission.question,
        answer="unknown",
        clauses=permission.clauses,
        reason=f"{own}; the license of what it was made from was not seen: {named}.",
    )


# ---------------------------------------------------------------- values of a report


def _rank(answer: Answer) -> int:
    return _WORST.index(answer)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []
