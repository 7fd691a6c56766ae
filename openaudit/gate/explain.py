"""What a policy means for one model, in words."""

from __future__ import annotations

from collections.abc import Iterator

from openaudit.gate.judging import Case, Knowing, duties
from openaudit.gate.levels import rank
from openaudit.gate.policy import Demands, Use
from openaudit.gate.result import Violation
from openaudit.gate.words import Words


def explain(case: Case, knowing: Knowing, violations: tuple[Violation, ...]) -> tuple[str, ...]:
    """What was found, what the policy asks for, what of it is not met, and which duties come with the model."""
    return (*_found(case), *_asked(case.demands, knowing.words), *_met(violations), *_duties(case, knowing))


def _found(case: Case) -> Iterator[str]:
    facts = case.facts
    at = f" at {facts.revision[:12]}" if facts.revision else ""
    license_ = facts.license_name or facts.license or "no license that is known"
    yield f"{facts.id}{at} is {facts.level}, under {license_}."
    for bound in facts.bounds:
        if bound.who:
            yield f"Its base {bound.who} binds it too: {bound.license or 'terms as stated'}."


def _asked(demands: Demands, words: Words) -> Iterator[str]:
    if demands.minimum_level:
        yield f"The policy asks for {demands.minimum_level} or above."
    lists = demands.licenses
    for word, picks in (
        ("allows only", lists.allow or ()),
        ("denies", lists.deny),
        ("wants reviewed", lists.review),
    ):
        if picks:
            yield f"It {word}: {', '.join(pick.written for pick in picks)}."
    if demands.deny_terms:
        yield f"It denies licenses with: {', '.join(term.term for term in demands.deny_terms)}."
    required = sorted(demands.require) + (
        [f"coverage {demands.coverage:.0%}"] if demands.coverage is not None else []
    )
    if required:
        yield f"It requires: {', '.join(required)}."
    for condition in demands.conditions:
        yield f"It has a condition {condition.id}: {condition.message}"
    if demands.use is not None:
        yield f"Declared use: {_use(demands.use, words)}."


def _use(use: Use, words: Words) -> str:
    parts = [
        ", ".join(sorted(use.kinds)) or "of no declared kind",
        "commercial" if use.commercial else "not commercial",
    ]
    if use.monthly_users is not None:
        parts.append(f"{use.monthly_users:,} monthly users")
    if use.annual_revenue_usd is not None:
        parts.append(f"${use.annual_revenue_usd:,} a year")
    if use.regions:
        parts.append(f"in {', '.join(_regions(use, words))}")
    if use.sector:
        parts.append(use.sector)
    return "; ".join(parts)


def _regions(use: Use, words: Words) -> list[str]:
    """The regions as a policy may write them: whole groups by their name, the largest first."""
    groups = {short: words.regions[name] for short, name in words.short.items() if name in words.regions}
    left, said = set(use.regions), []
    for short in sorted(groups, key=lambda short: (-len(groups[short]), short)):
        if len(groups[short]) > 1 and groups[short] <= left:
            said.append(short)
            left -= groups[short]
    return [*said, *sorted(left)]


def _met(violations: tuple[Violation, ...]) -> Iterator[str]:
    if not violations:
        yield "All of this is met."
        return
    yield f"Not met: {', '.join(dict.fromkeys(violation.rule for violation in violations))}."


def _duties(case: Case, knowing: Knowing) -> Iterator[str]:
    for duty in duties(case, knowing):
        yield f"Note: {duty}."
    if case.facts.grant == "open" and rank(case.facts.level) >= rank("open-weight") and not case.facts.texts:
        yield "Note: no license text is in the repository; keep a copy of the license that it names."
