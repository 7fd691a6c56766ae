"""Evidence and rules into findings and verdicts; never sees a format or a socket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from openaudit.engine import judge
from openaudit.engine.bases import bases_of
from openaudit.engine.binding import bind
from openaudit.engine.caps import capped
from openaudit.engine.conditions import Facts
from openaudit.engine.facts import make_facts
from openaudit.engine.frameworks.case import Case, make_case
from openaudit.engine.frameworks.record import is_record, mof_of_record, record_components
from openaudit.engine.frameworks.verdicts import judge_frameworks
from openaudit.engine.relatives import dataset_mentions, lineage, with_relatives
from openaudit.engine.rules import Level, RuleSet, Spectrum
from openaudit.licenses.catalog import Catalog
from openaudit.vocabulary import (
    Ancestor,
    Claim,
    CodeRepository,
    ComponentFinding,
    DatasetMention,
    DimensionFinding,
    EvidenceSet,
    Finding,
    Grant,
    Improvement,
    LicenseFinding,
    Relatives,
    Severity,
    Snapshot,
    Status,
    Verdict,
)

_CLAIM_FIX = "Say what is open: the weights, the code, the data; or publish what the claim promises."


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Everything that the engine concludes of one snapshot."""

    level: Level
    score: float
    headline: str
    reasons: tuple[str, ...]
    dimensions: tuple[DimensionFinding, ...]
    components: tuple[ComponentFinding, ...]
    license: LicenseFinding
    claims: tuple[Claim, ...]
    lineage: tuple[Ancestor, ...]
    datasets: tuple[DatasetMention, ...]
    code: tuple[CodeRepository, ...]
    findings: tuple[Finding, ...]
    improvements: tuple[Improvement, ...]
    frameworks: tuple[Verdict, ...]
    case: Case | None = None
    """What the frameworks judged, for the judgement of a model that was made from this one; None for datasets."""


def evaluate(
    snapshot: Snapshot,
    seen: EvidenceSet,
    rules: RuleSet,
    catalog: Catalog,
    relatives: Relatives | None = None,
    base: Case | None = None,
) -> Judgement:
    """The judgement of one snapshot. Pure: the same evidence and rules give the same judgement. `relatives` are the
    reports of what it names, where that was read; `base` is the case of the model that it was made from."""
    relatives = relatives or Relatives()
    seen = with_relatives(seen, relatives)
    bases = bases_of(snapshot, seen, catalog, relatives)
    license_, bindings = bind(snapshot, seen, catalog, bases, rules.relicensing)
    facts = make_facts(snapshot, seen, license_, bindings, catalog, rules)
    spectrum = rules.spectra[snapshot.subject]
    components = _components(snapshot, seen, facts, rules, catalog)
    license_ = _without_weights(license_, components)
    dimensions = judge.judge_dimensions(spectrum, components)
    level = judge.judge_level(spectrum, license_.grant, components, dimensions)
    claims = _claims(seen, spectrum, level)
    findings = judge.judge_findings(_rules_for(snapshot, rules), facts, snapshot.subject, license_.conflicts)
    case = _case(snapshot, facts, components, license_, rules, catalog, base)
    return Judgement(
        level=level,
        score=judge.overall_score(spectrum, dimensions),
        headline=judge.headline(spectrum, level, snapshot.id, license_, components),
        reasons=_reasons(license_, dimensions),
        dimensions=dimensions,
        components=components,
        license=license_,
        claims=claims,
        lineage=lineage(snapshot.id, bases, relatives),
        datasets=dataset_mentions(seen, relatives),
        code=relatives.code,
        findings=(*findings, *_claim_findings(claims)),
        improvements=judge.improvements(spectrum, level, license_.grant, components, dimensions),
        frameworks=(
            _spectrum_verdict(level, license_, dimensions),
            *_frameworks(snapshot, seen, case, rules),
        ),
        case=case,
    )


def _components(
    snapshot: Snapshot, seen: EvidenceSet, facts: Facts, rules: RuleSet, catalog: Catalog
) -> tuple[ComponentFinding, ...]:
    """What is so of each component; of a record, what it declares."""
    if is_record(snapshot):
        return record_components(snapshot, seen, rules, catalog)
    return capped(judge.judge_components(rules, facts, snapshot.subject), seen)


def _without_weights(license_: LicenseFinding, components: Sequence[ComponentFinding]) -> LicenseFinding:
    """A license of weights that are not here: what it says stays in the report, what it grants cannot be told."""
    weights = next((c for c in components if c.id == "model_parameters_final"), None)
    if weights is None or weights.status is not Status.ABSENT or license_.grant is Grant.UNDETERMINED:
        return license_
    reason = f"There are no weights here that a license could bind. {license_.reason}"
    return replace(license_, grant=Grant.UNDETERMINED, granted=license_.grant, reason=reason)


def _rules_for(snapshot: Snapshot, rules: RuleSet) -> RuleSet:
    """The rules without their findings for a record: a release that was not looked at lacks nothing."""
    return replace(rules, findings=()) if is_record(snapshot) else rules


def _case(
    snapshot: Snapshot,
    facts: Facts,
    components: tuple[ComponentFinding, ...],
    license_: LicenseFinding,
    rules: RuleSet,
    catalog: Catalog,
    base: Case | None,
) -> Case | None:
    if snapshot.subject != "model":
        return None
    return make_case(snapshot, facts, components, license_, catalog, rules.frameworks, base)


def _frameworks(
    snapshot: Snapshot, seen: EvidenceSet, case: Case | None, rules: RuleSet
) -> tuple[Verdict, ...]:
    """What each framework says of a model; of a record's components as they stand."""
    if case is None:
        return ()
    declared = mof_of_record(snapshot, seen, rules.frameworks.mof) if is_record(snapshot) else None
    return judge_frameworks(case, rules.frameworks, declared)


def _reasons(license_: LicenseFinding, dimensions: Sequence[DimensionFinding]) -> tuple[str, ...]:
    """The reasons of the level in words: the license first, then what decides each dimension."""
    return (license_.reason, *(d.reason for d in dimensions if d.reason))


def _claims(seen: EvidenceSet, spectrum: Spectrum, level: Level) -> tuple[Claim, ...]:
    order = [known.id for known in spectrum.levels]
    measured = order.index(level.id) if level.id in order else None
    claims = []
    for topic in ("claim.fully-open", "claim.open-source", "claim.open-weight"):
        for evidence in seen.of(topic):
            holds = (
                None
                if measured is None or evidence.value not in order
                else measured <= order.index(evidence.value)
            )
            claims.append(
                Claim(
                    quote=evidence.quote,
                    where=evidence.where,
                    claimed_level=evidence.value,
                    measured_level=level.id,
                    holds=holds,
                )
            )
    return tuple(claims)


def _claim_findings(claims: Sequence[Claim]) -> tuple[Finding, ...]:
    """The strongest claim that does not hold: one finding, for the others say the same."""
    broken = [claim for claim in claims if claim.holds is False]
    if not broken:
        return ()
    claim = broken[0]
    message = (
        f"The card claims \u201c{claim.quote}\u201d ({claim.where}); that promises {claim.claimed_level}, "
        f"and {claim.measured_level} was measured."
    )
    return (Finding(rule="claim-does-not-hold", severity=Severity.WARNING, message=message, fix=_CLAIM_FIX),)


def _spectrum_verdict(
    level: Level, license_: LicenseFinding, dimensions: Sequence[DimensionFinding]
) -> Verdict:
    decided = tuple(name for name in level.needs)
    details: Mapping[str, str] = {d.dimension.value: d.status.value for d in dimensions}
    reason = license_.reason if license_.grant is not Grant.OPEN else ""
    return Verdict(
        framework="spectrum",
        verdict=level.id,
        decided_by=decided or ("license",),
        reason=reason,
        details=details,
    )


__all__ = ["Facts", "Judgement", "RuleSet", "evaluate"]
