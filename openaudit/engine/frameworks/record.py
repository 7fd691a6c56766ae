"""A Model Openness Tool record judged as it stands: what it declares are the components, and nothing else was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from openaudit.engine.frameworks.mof import Declared, MofRules
from openaudit.engine.frameworks.mof_verdict import mof_of_declared
from openaudit.engine.rules import ComponentRule, RuleSet
from openaudit.licenses.catalog import Catalog
from openaudit.licenses.names import resolve_tag
from openaudit.vocabulary import (
    ComponentFinding,
    Evidence,
    EvidenceSet,
    Grant,
    Snapshot,
    Status,
    TargetKind,
    Verdict,
)

_BY_GRANT = {
    Grant.OPEN: Status.OPEN,
    Grant.RESTRICTED: Status.RESTRICTED,
    Grant.RESEARCH_ONLY: Status.RESTRICTED,
    Grant.UNLICENSED: Status.UNLICENSED,
    Grant.UNDETERMINED: Status.UNKNOWN,
}


def is_record(snapshot: Snapshot) -> bool:
    """Whether the snapshot is a record rather than a release."""
    return snapshot.target.kind is TargetKind.RECORD


def record_components(
    snapshot: Snapshot, seen: EvidenceSet, rules: RuleSet, catalog: Catalog
) -> tuple[ComponentFinding, ...]:
    """Every component: by the license that the record declares for it, or `absent` where it lists none."""
    mof = rules.frameworks.mof
    listed = {mof.by_name(e.value).key: e for e in seen.of("record.component")}
    globals_ = record_licenses(snapshot)
    return tuple(
        _finding(rule, listed.get(rule.component), mof, globals_, rules, catalog)
        for rule in rules.components
        if "model" in rule.subjects
    )


def _finding(
    rule: ComponentRule,
    evidence: Evidence | None,
    mof: MofRules,
    globals_: Mapping[str, str],
    rules: RuleSet,
    catalog: Catalog,
) -> ComponentFinding:
    license_: str | None = None
    if evidence is None:
        status, reason = Status.ABSENT, "The record does not list it."
    else:
        type_ = mof.by_key(rule.component).type
        declared = evidence.detail.get("license")
        says = declared if declared is not None else globals_.get(type_) or globals_.get("distribution") or ""
        status, license_, reason = _declared(says, catalog)
    share = rules.status_share.get(status, 0.0)
    return ComponentFinding(
        id=rule.component,
        name=rule.name,
        dimension=rule.dimension,
        status=status,
        reason=reason,
        rule="record",
        license=license_,
        confidence=0.8,
        evidence=(evidence,) if evidence else (),
        points=round(share * rule.weight, 2),
        weight=0.0 if status is Status.UNKNOWN else rule.weight,
    )


def _declared(says: str, catalog: Catalog) -> tuple[Status, str | None, str]:
    if says in ("", "unlicensed"):
        return Status.UNLICENSED, None, "The record declares it, without a license."
    match = resolve_tag(says, catalog)
    status = _BY_GRANT[match.grant]
    if status is Status.UNKNOWN:
        return (
            status,
            None,
            f"The record declares it under \u201c{says[:120]}\u201d, whose terms are not known.",
        )
    license_ = " AND ".join(match.licenses) or None
    return status, license_, f"The record declares it under {says[:120]}."


def record_licenses(snapshot: Snapshot) -> dict[str, str]:
    """The licenses of the release as a whole, by key."""
    record: Mapping[str, Any] = snapshot.metadata.get("record", {})
    return {key: str(value["name"]) for key, value in record.get("license", {}).items()}


def mof_of_record(snapshot: Snapshot, seen: EvidenceSet, rules: MofRules) -> Verdict:
    """The class of what the record declares."""
    declared: Sequence[Declared] = [
        Declared(
            name=e.value,
            license=e.detail.get("license"),
            component_path=e.detail["component_path"],
            license_path=e.detail["license_path"],
            description=e.detail["description"],
        )
        for e in seen.of("record.component")
    ]
    return mof_of_declared(declared, record_licenses(snapshot), rules)
