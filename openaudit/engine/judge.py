"""Rules and facts into findings, and findings into the level, the dimensions and the score."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from openaudit.engine.conditions import SLOT, Facts
from openaudit.engine.rules import ComponentRule, FindingRule, Level, Outcome, RuleSet, Spectrum
from openaudit.vocabulary import (
    ComponentFinding,
    Dimension,
    DimensionFinding,
    Evidence,
    Finding,
    Grant,
    Improvement,
    LicenseConflict,
    LicenseFinding,
    Severity,
    Status,
)

_BY_GRANT = {
    Grant.OPEN: Status.OPEN,
    Grant.RESTRICTED: Status.RESTRICTED,
    Grant.RESEARCH_ONLY: Status.RESTRICTED,
    Grant.UNLICENSED: Status.UNLICENSED,
    Grant.UNDETERMINED: Status.UNKNOWN,
}
_WORST = (Status.OPEN, Status.RESTRICTED, Status.UNLICENSED, Status.DESCRIBED, Status.ABSENT, Status.UNKNOWN)
_MAX_EVIDENCE = 5
_DIMENSIONS = frozenset(Dimension)
_EMPTY = " (…)"
"""What a slot in brackets leaves where nothing fills it."""


# ------------------------------------------------------------------ components


def judge_components(rules: RuleSet, facts: Facts, subject: str) -> tuple[ComponentFinding, ...]:
    """The status of every component of the subject, in the order of the rules."""
    return tuple(judge_component(rules, rule, facts) for rule in rules.components if subject in rule.subjects)


def judge_component(rules: RuleSet, rule: ComponentRule, facts: Facts) -> ComponentFinding:
    """The status of one component: the first outcome that holds, `unknown` where that could not be told."""
    return rule.scope.answer(facts, lambda: _judge_component(rules, rule, facts))


def _judge_component(rules: RuleSet, rule: ComponentRule, facts: Facts) -> ComponentFinding:
    for outcome in rule.outcomes:
        answer = outcome.when.ask(facts)
        if answer is False:
            continue
        if answer is None:
            why = facts.why_unseen(outcome.when.topics)
            return _found(rules, rule, Status.UNKNOWN, f"Could not be looked at: {why}", (), 0.0, None)
        return _concluded(rules, rule, outcome, facts)
    return _found(rules, rule, Status.UNKNOWN, "No rule covers what was seen.", (), 0.0, None)


def _concluded(rules: RuleSet, rule: ComponentRule, outcome: Outcome, facts: Facts) -> ComponentFinding:
    matched = outcome.when.matching(facts)
    reason, status, grant = fill(outcome.reason, facts, matched), outcome.status, None
    evidence = matched
    if outcome.by_grant is not None:
        granted = facts.of(f"grant.{outcome.by_grant}")
        grant = Grant(granted[0].value) if granted else Grant.UNDETERMINED
        status = _BY_GRANT[grant]
        evidence = [*granted[:2], *matched]
        reason = f"{reason} {_grant_words(grant, granted)}".strip()
    assert status is not None
    confidence = min([outcome.confidence, *(e.confidence for e in evidence[:1])])
    return _found(rules, rule, status, reason, tuple(evidence[:_MAX_EVIDENCE]), confidence, grant)


def _grant_words(grant: Grant, granted: Sequence[Evidence]) -> str:
    license_ = granted[0].detail.get("name", "") if granted else ""
    name = license_ or "What covers it"
    return {
        Grant.OPEN: f"{name} permits any use." if license_ else "Its license permits any use.",
        Grant.RESTRICTED: f"{name} limits use.",
        Grant.RESEARCH_ONLY: f"{name} does not allow commercial use or derivatives.",
        Grant.UNLICENSED: "No license is granted.",
        Grant.UNDETERMINED: "What its license allows could not be told.",
    }[grant]


def _found(
    rules: RuleSet,
    rule: ComponentRule,
    status: Status,
    reason: str,
    evidence: tuple[Evidence, ...],
    confidence: float,
    grant: Grant | None,
) -> ComponentFinding:
    share = rules.grant_share.get(grant) if grant is not None else None
    share = rules.status_share.get(status, 0.0) if share is None else share
    license_ = next((e.detail["license"] for e in evidence if _licenses(e, rule)), None)
    return ComponentFinding(
        id=rule.component,
        name=rule.name,
        dimension=rule.dimension,
        status=status,
        reason=reason,
        rule=rule.id,
        license=license_,
        confidence=round(confidence, 2),
        evidence=evidence,
        points=round(share * rule.weight, 2),
        weight=0.0 if status is Status.UNKNOWN else rule.weight,
    )


def _licenses(evidence: Evidence, rule: ComponentRule) -> bool:
    """Whether a piece of evidence tells what a component is under: of a document the data that it names does not."""
    names_data = rule.dimension is Dimension.DOCS and evidence.topic.startswith("data.")
    return bool(evidence.detail.get("license")) and not names_data


def fill(template: str, facts: Facts, matched: Sequence[Evidence] = ()) -> str:
    """A text of a rule with its `{topic}` slots filled by the value of the evidence that matched, or of any."""
    if "{" not in template:
        return template

    def value(match: re.Match[str]) -> str:
        topics = match[1].split("|")
        found = _first_of(topics, lambda topic: [e for e in matched if _is_topic(e.topic, topic)])
        found = found or _first_of(topics, facts.of)
        if not found:
            return "…"
        shown = list(dict.fromkeys(e.detail.get("dataset") or e.value for e in found))
        return ", ".join(shown[:3]) + (f" and {len(shown) - 3} more" if len(shown) > 3 else "")

    return SLOT.sub(value, template).replace(_EMPTY, "")


def _is_topic(name: str, wanted: str) -> bool:
    return name == wanted or (wanted.endswith("*") and name.startswith(wanted.rstrip("*")))


def _first_of(topics: Sequence[str], find: Callable[[str], Sequence[Evidence]]) -> Sequence[Evidence]:
    """What is found of the first topic of which anything is."""
    return next((found for topic in topics if (found := find(topic))), ())


# ------------------------------------------------------------------ dimensions, level, score


def judge_dimensions(
    spectrum: Spectrum, components: Sequence[ComponentFinding]
) -> tuple[DimensionFinding, ...]:
    """Status and score of each dimension of the spectrum."""
    return tuple(
        _dimension(dimension, how, members, components)
        for dimension, (how, members) in spectrum.dimensions.items()
    )


def _dimension(
    dimension: Dimension, how: str, members: Sequence[str], components: Sequence[ComponentFinding]
) -> DimensionFinding:
    mine = [c for c in components if c.dimension is dimension]
    deciding = [c for c in mine if c.id in members]
    pick = max if how == "worst_of" else min
    decided = pick(deciding, key=lambda c: _WORST.index(c.status), default=None)
    weight = sum(c.weight for c in mine)
    score = 100 * sum(c.points for c in mine) / weight if weight else 0.0
    return DimensionFinding(
        dimension=dimension,
        status=decided.status if decided else Status.UNKNOWN,
        score=round(score, 1),
        components=tuple(c.id for c in mine),
        reason=decided.reason if decided else "",
    )


def overall_score(spectrum: Spectrum, dimensions: Sequence[DimensionFinding]) -> float:
    """0 to 100: the mean of the dimensions, weighted by the shares of the spectrum; a dimension of which nothing
    could be seen is left out."""
    seen = [d for d in dimensions if d.status is not Status.UNKNOWN or d.score > 0]
    total = sum(spectrum.shares[d.dimension] for d in seen)
    return round(sum(d.score * spectrum.shares[d.dimension] for d in seen) / total, 1) if total else 0.0


def judge_level(
    spectrum: Spectrum,
    grant: Grant,
    components: Sequence[ComponentFinding],
    dimensions: Sequence[DimensionFinding],
) -> Level:
    """The first level whose needs all hold; `undetermined` where none does."""
    statuses = _statuses(components, dimensions)
    for level in spectrum.levels:
        if grant in level.grants and all(
            statuses.get(name) in wanted for name, wanted in level.needs.items()
        ):
            return level
    return spectrum.undetermined


def _statuses(
    components: Sequence[ComponentFinding], dimensions: Sequence[DimensionFinding]
) -> dict[str, Status]:
    return {**{c.id: c.status for c in components}, **{d.dimension.value: d.status for d in dimensions}}


def headline(
    spectrum: Spectrum,
    level: Level,
    id_: str,
    license_: LicenseFinding,
    components: Sequence[ComponentFinding],
) -> str:
    """The verdict in one sentence."""
    by_id = {c.id: c for c in components}
    weights = by_id.get("model_parameters_final")
    if level is spectrum.undetermined and weights is not None and weights.status is Status.ABSENT:
        return spectrum.headline_no_weights.replace("{id}", id_)
    missing = license_.reason if license_.grant is Grant.UNDETERMINED else _first_unknown(components)
    name = license_.effective_name or (
        f"\u201c{license_.decided_by[0].says}\u201d" if license_.decided_by else "its license"
    )
    data = by_id.get("datasets")
    words = {
        "id": id_,
        "license": name,
        "missing": missing,
        "gaps": _gaps(by_id),
        "data": data.status.value if data else "",
    }
    return re.sub(r"\{(\w+)\}", lambda match: words[match[1]], level.headline)


def _first_unknown(components: Sequence[ComponentFinding]) -> str:
    return next((c.reason for c in components if c.status is Status.UNKNOWN), "too little was seen.")


def _gaps(by_id: Mapping[str, ComponentFinding]) -> str:
    """What an open-weight model lacks to be open-source, in words."""
    says = {
        Status.DESCRIBED: "{} only described",
        Status.ABSENT: "{} not published",
        Status.UNKNOWN: "{} not seen",
        Status.RESTRICTED: "{} restricted",
        Status.UNLICENSED: "{} without a license",
    }
    gaps = []
    for key, name in (
        ("training_code", "the training code is"),
        ("datasets", "the training data is"),
        ("inference_code", "the inference code is"),
    ):
        component = by_id.get(key)
        if component is not None and component.status is not Status.OPEN:
            gaps.append(says[component.status].format(name))
    return " and ".join(gaps[:2]) or "the documentation is thin"


# ------------------------------------------------------------------ findings and improvements


def judge_findings(
    rules: RuleSet, facts: Facts, subject: str, conflicts: Sequence[LicenseConflict]
) -> tuple[Finding, ...]:
    """Contradictions first, then everything else by severity, in the order of the rules."""
    found = [*_conflict_findings(rules, conflicts), *_rule_findings(rules.findings, facts, subject)]
    order = list(Severity)
    return tuple(
        sorted(found, key=lambda f: (order.index(f.severity), not f.rule.startswith("license-conflict/")))
    )


def _conflict_findings(rules: RuleSet, conflicts: Sequence[LicenseConflict]) -> Iterator[Finding]:
    for conflict in conflicts:
        evidence = tuple(
            Evidence(
                topic="license.conflict",
                value=conflict.kind,
                where=statement.where,
                quote=statement.quote or statement.says,
                method=f"license {statement.kind.value}",
                confidence=statement.confidence,
                detail={"license": " AND ".join(statement.licenses)},
            )
            for statement in conflict.between
        )
        yield Finding(
            rule=f"license-conflict/{conflict.kind}",
            severity=conflict.severity,
            message=conflict.message,
            evidence=evidence,
            component="model_parameters_final",
            fix=rules.conflicts[conflict.kind].fix,
        )


def _rule_findings(findings: Sequence[FindingRule], facts: Facts, subject: str) -> Iterator[Finding]:
    for rule in findings:
        if subject in rule.subjects:
            yield from rule.scope.answer(facts, partial(_found_by, rule, facts))


def _found_by(rule: FindingRule, facts: Facts) -> tuple[Finding, ...]:
    """The finding of one rule, if its condition holds."""
    if rule.when.ask(facts) is not True:
        return ()
    matched = rule.when.matching(facts)
    finding = Finding(
        rule=rule.id,
        severity=rule.severity,
        message=fill(rule.message, facts, matched),
        evidence=tuple(matched[:_MAX_EVIDENCE]),
        component=rule.component,
        fix=rule.fix,
    )
    return (finding,)


def improvements(
    spectrum: Spectrum,
    level: Level,
    grant: Grant,
    components: Sequence[ComponentFinding],
    dimensions: Sequence[DimensionFinding],
) -> tuple[Improvement, ...]:
    """What is missing for the next level up, and then for the one above it: the smallest set of changes."""
    statuses = _statuses(components, dimensions)
    steps: list[Improvement] = []
    reached = next((i for i, known in enumerate(spectrum.levels) if known is level), len(spectrum.levels))
    for target in reversed(spectrum.levels[: min(reached, 3)]):
        if Grant.OPEN not in target.grants:
            continue
        for name, wanted in target.needs.items():
            component = spectrum.dimensions[Dimension(name)][1][0] if name in _DIMENSIONS else name
            if statuses.get(name) in wanted or any(step.component == component for step in steps):
                continue
            steps.append(
                Improvement(component=component, action=spectrum.remedies.get(component, ""), level=target.id)
            )
    return tuple(steps)
