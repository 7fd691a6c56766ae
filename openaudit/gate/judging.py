"""The facts of one model against the demands of a policy: what is wrong, and the duties that come with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from openaudit.gate.conditions import ConditionError, holds
from openaudit.gate.facts import Bound, Facts, choices, digest, ids_of
from openaudit.gate.levels import rank
from openaudit.gate.policy import Demands, DeniedTerm, LicenseLists, Pick, Use, Weight
from openaudit.gate.result import Reference, Violation
from openaudit.gate.use import MONTHS, Binds, Duty, against_use
from openaudit.gate.words import Words
from openaudit.licenses.catalog import Catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowing:
    """What judging needs to know besides the model: the licenses, and the words of policies."""

    catalog: Catalog
    words: Words

    def terms_of(self, license_id: str) -> tuple[str, ...]:
        """The names of the terms of a license; none for one that the rules do not know."""
        license_ = self.catalog.by_id(license_id)
        return () if license_ is None else self.catalog.term_names(license_)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One model as one policy sees it. `report` is None where only the facts are known (from the lock)."""

    target: str
    facts: Facts
    demands: Demands
    references: tuple[Reference, ...] = ()
    report: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A violation before it is weighed: `rests_on` is what its digest is made of, besides rule and target."""

    rule: str
    message: str
    rests_on: Any
    fix: str = ""
    usual: Weight = "error"
    diff: str = ""


def violation(wrong: Wrong, target: str, demands: Demands) -> Violation | None:
    """The violation as the policy weighs it; None where the policy turns its rule off."""
    weight = demands.weight(wrong.rule, wrong.usual)
    if weight == "off":
        return None
    evidence = digest({"rule": wrong.rule, "target": target, "on": wrong.rests_on})
    severity: Literal["error", "warn"] = "error" if weight == "error" else "warn"
    return Violation(
        rule=wrong.rule,
        severity=severity,
        message=wrong.message,
        evidence=evidence,
        fix=wrong.fix,
        diff=wrong.diff,
    )


def judge(case: Case, knowing: Knowing) -> tuple[Violation, ...]:
    """Everything in which the model does not meet the demands, in a fixed order. Where its license lets the user
    choose, the choice that does best counts."""
    found = [
        tuple(_weighed(case, tuple(_licensing(case, facts, knowing))))
        for facts in choices(case.facts, knowing.terms_of)
    ]
    best = min(found, key=lambda some: (sum(v.severity == "error" for v in some), len(some)))
    return (*best, *_weighed(case, (*_facts(case), *_conditions(case))))


def duties(case: Case, knowing: Knowing) -> tuple[str, ...]:
    """What the licenses ask for under the declared use, or any use where none is declared."""
    use = case.demands.use or Use()
    remarks = against_use(choices(case.facts, knowing.terms_of)[0], use, knowing.catalog, knowing.words)
    return tuple(remark.text for remark in remarks if isinstance(remark, Duty))


def _weighed(case: Case, wrongs: Sequence[Wrong]) -> Iterator[Violation]:
    for wrong in wrongs:
        if (made := violation(wrong, case.target, case.demands)) is not None:
            yield made


# ---------------------------------------------------------------- license and use


def _licensing(case: Case, facts: Facts, knowing: Knowing) -> Iterator[Wrong]:
    yield from _level(case)
    yield from _granted(case)
    yield from _lists(case.demands.licenses, facts)
    for term in case.demands.deny_terms:
        yield from _denied(term, facts, knowing)
    if case.demands.use is None:
        return
    for remark in against_use(facts, case.demands.use, knowing.catalog, knowing.words):
        if isinstance(remark, Binds):
            yield Wrong(
                rule=f"use/{remark.word}",
                message=_sentence(remark.why),
                rests_on=[dict(facts.licensing), remark.against],
                fix="Choose another model, get a license from its maker, or declare the use as it is.",
            )


def _level(case: Case) -> Iterator[Wrong]:
    facts, least = case.facts, case.demands.minimum_level
    if least is not None and rank(facts.level) < rank(least):
        yield Wrong(
            rule="minimum-level",
            message=f"Its level is {facts.level}{_under(facts)}; the policy asks for {least} at least.",
            rests_on=[dict(facts.licensing), facts.level, least],
            fix=f"Choose a model of level {least} or above.",
        )


def _granted(case: Case) -> Iterator[Wrong]:
    """A license that is not there or not understood is no pass for any demand on licenses."""
    demands, facts = case.demands, case.facts
    lists = demands.licenses
    if not (demands.use or demands.deny_terms or lists.allow or lists.deny or lists.review):
        return
    if facts.grant == "unlicensed":
        yield Wrong(
            rule="license-missing",
            message="No license is granted: nobody may rely on any use.",
            rests_on=dict(facts.licensing),
            fix="Ask its makers for a license, or choose another model.",
        )
    elif facts.grant == "undetermined":
        yield Wrong(
            rule="license-unknown",
            message=f"What its license allows could not be told{_under(facts)}.",
            rests_on=dict(facts.licensing),
            fix="Read the license; where it is all right, record that as a waiver.",
        )


def _lists(lists: LicenseLists, facts: Facts) -> Iterator[Wrong]:
    for name, picks, says in (
        ("deny", lists.deny, "the policy denies"),
        ("review", lists.review, "somebody has to look at first"),
    ):
        for bound, id_, pick in _listed(facts, picks):
            yield Wrong(
                rule=f"licenses/{name}",
                message=f"{_whose(bound)} {id_}, which {says} ({pick.written}).",
                rests_on=dict(facts.licensing),
                fix="Choose another model."
                if name == "deny"
                else "Have it reviewed, and record that as a waiver.",
            )
            break
    if lists.allow is not None:
        allowed = frozenset(id_ for pick in lists.allow for id_ in pick.ids)
        others = [
            (bound, id_) for bound in facts.bounds for id_ in ids_of(bound.license) if id_ not in allowed
        ]
        if others or not facts.ids:
            who, what = others[0] if others else (Bound(), "none that is known")
            written = ", ".join(pick.written for pick in lists.allow[:8]) or "none"
            yield Wrong(
                rule="licenses/allow",
                message=f"{_whose(who)} {what}; the policy allows only: {written}.",
                rests_on=dict(facts.licensing),
                fix="Choose another model, or add the license to `policy.licenses.allow`.",
            )


def _listed(facts: Facts, picks: Sequence[Pick]) -> Iterator[tuple[Bound, str, Pick]]:
    for bound in facts.bounds:
        for id_ in ids_of(bound.license):
            for pick in picks:
                if id_ in pick.ids:
                    yield bound, id_, pick


def _denied(term: DeniedTerm, facts: Facts, knowing: Knowing) -> Iterator[Wrong]:
    if term.term not in facts.terms:
        return
    why = f"It is bound by a license with the term {term.term}"
    if term.figure is not None or term.regions:
        reached = _reached(term, facts, knowing)
        if reached is None:
            return
        why = reached
    who = next(bound for bound in facts.bounds if term.term in bound.terms)
    yield Wrong(
        rule=f"deny-terms/{term.term}",
        message=f"{why} ({_named(who, facts)}), which the policy denies.",
        rests_on=[dict(facts.licensing), term.figure, sorted(term.regions)],
        fix="Choose another model, or get a license from its maker.",
    )


def _reached(term: DeniedTerm, facts: Facts, knowing: Knowing) -> str | None:
    """Why a term with own figures is met; None where the license's figures are on the good side. Figures that are not
    known are taken to be met."""
    known = [license_.terms for id_ in facts.ids if (license_ := knowing.catalog.by_id(id_)) is not None]
    if term.term == "territory":
        excluded = [knowing.words.all_codes(terms.territory_excluded) for terms in known]
        mine = sorted(term.regions & frozenset().union(*excluded))
        if any(excluded):
            return f"Its license leaves out your regions: {', '.join(mine[:5])}" if mine else None
        return "Its license leaves out regions that could not be told"
    figures = [_figure(term.term, terms) for terms in known]
    lowest = min((figure for figure in figures if figure is not None), default=None)
    if lowest is None:
        return f"Its license has a {term.term} whose figure is not known"
    assert term.figure is not None
    return f"Its {term.term} begins at {lowest:,}" if lowest <= term.figure else None


def _figure(term: str, terms: Any) -> int | None:
    if term == "user-threshold":
        return terms.user_threshold.monthly_active_users if terms.user_threshold else None
    if terms.revenue_threshold is None:
        return None
    yearly: int = terms.revenue_threshold.usd * (MONTHS if terms.revenue_threshold.per == "month" else 1)
    return yearly


# ---------------------------------------------------------------- required facts


def _facts(case: Case) -> Iterator[Wrong]:
    for fact, lacks in _REQUIRED.items():
        if fact in case.demands.require and (lack := lacks(case)) is not None:
            message, rests_on, fix = lack
            yield Wrong(rule=f"require/{fact}", message=message, rests_on=rests_on, fix=fix)
    least, share = case.demands.coverage, case.facts.coverage
    if least is not None and share < least:
        yield Wrong(
            rule="require/coverage",
            message=f"{share:.0%} of the evidence could be read; the policy asks for {least:.0%}.",
            rests_on=[share, least],
            fix="Give the check a token that may read it, or look at it by hand.",
        )


_Lack = tuple[str, Any, str]
"""What is missing: the message, what its digest rests on, and what to do."""


def _pinned(case: Case) -> _Lack | None:
    if case.facts.revision is None:
        return None  # a folder, a file: there is nothing to pin
    moving = [ref for ref in case.references if not ref.pinned]
    at = case.target.partition("@")[2]
    if not moving and (case.references or len(at) == 40):
        return None
    written = sorted({ref.revision or "" for ref in moving})
    named = ", ".join(f"'{revision}'" for revision in written if revision)
    said = f"It is used at {named}, which can move, and not at a commit." if named else ""
    return (
        said or "It is used without a revision: what is loaded can change any day.",
        written,
        f"Pin it: revision {case.facts.revision}",
    )


def _safe(case: Case) -> _Lack | None:
    if not case.facts.weights:
        return None
    return (
        f"Its weights are not proven safe to load: {'; '.join(case.facts.weights)}.",
        list(case.facts.weights),
        "Use a safetensors copy, or a revision that has one.",
    )


def _no_custom_code(case: Case) -> _Lack | None:
    if not case.facts.custom_code:
        return None
    return (
        "A loader would run code from its repository (trust_remote_code).",
        [case.facts.revision],
        "Use a library that has the model built in, or read the code at the revision you pin.",
    )


def _card(case: Case) -> _Lack | None:
    if case.facts.card not in ("absent", "unknown"):
        return None
    return (
        f"It has no model card that was seen ({case.facts.card}).",
        case.facts.card,
        "Ask its makers for one.",
    )


def _text(case: Case) -> _Lack | None:
    if case.facts.texts:
        return None
    rests_on = dict(case.facts.licensing)
    return (
        "No license text is there, only a name.",
        rests_on,
        "Ask its makers to add the text of the license.",
    )


def _data(case: Case) -> _Lack | None:
    if case.facts.subject == "dataset":
        return None
    if not case.facts.datasets:
        return "It names no dataset that it was trained on.", [], "Ask its makers what it was trained on."
    bad = [
        d for d in case.facts.datasets if d.license is None or d.status in ("unknown", "unlicensed", "absent")
    ]
    if not bad:
        return None
    names = ", ".join(d.id for d in bad[:5]) + (f" and {len(bad) - 5} more" if len(bad) > 5 else "")
    rests_on = [[d.id, d.license, d.status] for d in bad]
    return f"The license of its training data is not known: {names}.", rests_on, "Look at these datasets."


def _kin(case: Case) -> _Lack | None:
    unread = [kin for kin in case.facts.lineage if kin.reach == "unread"]
    if not unread:
        return None
    names = ", ".join(kin.id for kin in unread[:5])
    return (
        f"Models that it was made from could not be read: {names}.",
        [[kin.id, kin.license] for kin in unread],
        "Give the check a token that may read them, or look at them by hand.",
    )


def _open_gate(case: Case) -> _Lack | None:
    if case.facts.gated is False:
        return None
    how = f"gated ({case.facts.gated})" if case.facts.gated else "of unknown access"
    return f"It is {how}: not everybody gets it.", case.facts.gated, "Choose a model without a gate."


def _agreed(case: Case) -> _Lack | None:
    if not case.facts.conflicts:
        return None
    kinds = ", ".join(case.facts.conflicts)
    rests_on = [dict(case.facts.licensing), list(case.facts.conflicts)]
    return f"Its sources contradict one another about the license ({kinds}).", rests_on, "Ask its makers."


def _whole(case: Case) -> _Lack | None:
    if case.facts.coverage >= 1:
        return None
    share = f"{case.facts.coverage:.0%}"
    return f"Only {share} of the evidence could be read.", case.facts.coverage, "Give the check a token."


_REQUIRED: Mapping[str, Callable[[Case], _Lack | None]] = {
    "pinned-revision": _pinned,
    "safe-weights": _safe,
    "no-custom-code": _no_custom_code,
    "model-card": _card,
    "license-text": _text,
    "dataset-licenses": _data,
    "known-lineage": _kin,
    "ungated": _open_gate,
    "no-conflicts": _agreed,
    "full-coverage": _whole,
}


# ---------------------------------------------------------------- conditions


def _conditions(case: Case) -> Iterator[Wrong]:
    for condition in case.demands.conditions:
        rule = f"conditions/{condition.id}"
        rests_on = [condition.when, case.facts.digest]
        try:
            if case.report is None:
                raise ConditionError("it needs the whole report, and only the lock is here")
            if holds(condition.when, case.report, declared(case.demands.use), case.target):
                yield Wrong(rule=rule, message=condition.message, rests_on=rests_on, usual=condition.severity)
        except ConditionError as error:
            if case.demands.weight(rule, condition.severity) != "off":
                yield Wrong(
                    rule=rule,
                    message=f"The condition could not be evaluated, which is no pass: {error}.",
                    rests_on=[*rests_on, "failed"],
                    fix="Correct the expression in the policy.",
                )


def declared(use: Use | None) -> dict[str, Any]:
    """The declared use as a condition sees it."""
    use = use or Use()
    return {
        "kind": sorted(use.kinds),
        "commercial": use.commercial,
        "monthly_users": use.monthly_users,
        "annual_revenue_usd": use.annual_revenue_usd,
        "regions": sorted(use.regions),
        "sector": use.sector,
    }


# ---------------------------------------------------------------- words


def _whose(bound: Bound) -> str:
    return f"Its base {bound.who} is under" if bound.who else "It is under"


def _named(bound: Bound, facts: Facts) -> str:
    own = facts.license_name or facts.license or "as stated"
    return f"of its base {bound.who}" if bound.who else own


def _under(facts: Facts) -> str:
    name = facts.license_name or facts.license
    return f" ({name})" if name else ""


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
