"""The verdict of the Model Openness Framework: from what an audit found, or from what a record declares."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from openaudit.engine.frameworks.case import Case
from openaudit.engine.frameworks.mof import (
    CLASSES,
    Declared,
    MofResult,
    MofRules,
    results_of,
)
from openaudit.vocabulary import ComponentFinding, Evidence, LicenseStatement, Status, Verdict

CLASS_NAMES = {"iii": "Open Model", "ii": "Open Tooling", "i": "Open Science"}
_RELEASED = (Status.OPEN, Status.RESTRICTED, Status.UNLICENSED)
_LIBRARY_TOPICS = ("code.stock-library", "files.weights")
_REPOSITORY = re.compile(r"https?://[^/]+/([\w.-]+/[\w.-]+)")
_STRUCTURED = "transformers"
"""The library whose architecture names a configuration carries."""


def mof_of_findings(case: Case, rules: MofRules) -> Verdict:
    """The class that the released components reach, and the one that they may reach at best."""
    return mof_of_declared(tuple(declared_of(case, rules)), {}, rules)


def mof_of_declared(declared: Sequence[Declared], globals_: Mapping[str, str], rules: MofRules) -> Verdict:
    """The class of declared components, as the Model Openness Tool computes it."""
    result, best = results_of(declared, globals_, rules)
    doubts = {rules.by_name(item.name).key: item.doubt for item in declared if item.doubt}
    short = _short_of(result)
    return Verdict(
        framework="mof",
        verdict=result.verdict,
        decided_by=tuple(key for _, keys in short for key in keys) or result.buckets["i"]["included"],
        reason=_reason(result, short, best, rules),
        details=_details(declared, result, best, doubts, rules),
    )


def _short_of(result: MofResult) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What the next class lacks, by how it lacks it."""
    if result.number == 1:
        return ()
    step = CLASSES[4 - result.number] if result.number else CLASSES[0]
    buckets = result.buckets[step]
    return tuple((name, buckets[name]) for name in ("missing", "invalid", "unlicensed") if buckets[name])


def _reason(
    result: MofResult,
    short: Sequence[tuple[str, tuple[str, ...]]],
    best: MofResult,
    rules: MofRules,
) -> str:
    if result.number == 1:
        return "Every required component is there under an open license."
    step = CLASSES[4 - result.number] if result.number else CLASSES[0]
    words = {"missing": "not released", "invalid": "under no open license", "unlicensed": "without a license"}
    lacking = "; ".join(
        f"{words[name]}: {', '.join(rules.by_key(key).name for key in keys)}" for name, keys in short
    )
    done = f"{result.progress[step]:.0f} % of class {step.upper()} ({CLASS_NAMES[step]})"
    hope = f" At best {best.verdict.replace('-', ' ')}, if what could not be judged is open." * (
        best.number != result.number
    )
    return f"{done}; {lacking}.{hope}"


def _details(
    declared: Sequence[Declared],
    result: MofResult,
    best: MofResult,
    doubts: Mapping[str, str],
    rules: MofRules,
) -> dict[str, Any]:
    listed = {rules.by_name(item.name).key: item for item in declared}
    buckets = result.buckets["i"]
    where = {key: name for name, keys in buckets.items() for key in keys}
    return {
        "version": rules.version,
        "class": result.number,
        "progress": {name: result.progress[name] for name in CLASSES},
        "total_progress": result.total_progress,
        **{name: list(buckets[name]) for name in buckets},
        "by_class": {name: {b: list(keys) for b, keys in result.buckets[name].items()} for name in CLASSES},
        "warnings": list(result.warnings),
        "at_best": best.verdict,
        "could_not_judge": [
            *(f"{rules.by_key(key).name}: {why}" for key, why in doubts.items()),
            *rules.limits,
        ],
        "components": [
            {
                "id": key,
                "name": rules.by_key(key).name,
                "license": result.licenses.get(key),
                "bucket": where.get(key, "missing"),
                "component_path": listed[key].component_path,
                "license_path": listed[key].license_path,
                "description": listed[key].description,
            }
            for key in listed
            if key in result.licenses
        ],
    }


# ---------------------------------------------------------------- findings as declared components


def declared_of(case: Case, rules: MofRules) -> Iterator[Declared]:
    """The components of a record that says what the findings say. Source: `from_findings` of rules/frameworks/mof.yaml."""
    for component in rules.components:
        finding = case.component(component.key)
        if finding is None or component.key in rules.not_listed:
            continue
        if finding.status is Status.UNKNOWN:
            yield Declared(name=component.name, doubt=finding.reason)
        elif finding.status in _RELEASED:
            yield _declared(case, component.name, finding, rules)


def _declared(case: Case, name: str, finding: ComponentFinding, rules: MofRules) -> Declared:
    license_, license_path, doubt = _license(case, finding, rules)
    seen = sorted(finding.evidence, key=lambda e: e.topic.startswith("grant."))
    place = next((e.where for e in seen if e.where.path or e.where.url), None)
    return Declared(
        name=name,
        license=license_ or "unlicensed",
        component_path=(place.path or place.url or "") if place else "",
        license_path=license_path,
        description=finding.reason,
        doubt=doubt,
    )


def _license(case: Case, finding: ComponentFinding, rules: MofRules) -> tuple[str, str, str]:
    """The license of a component, where it was read, and the doubt that is left."""
    if finding.id in rules.read_elsewhere:
        return "", "", "it is linked; its text and license were not read."
    if finding.id == "model_parameters_final" and case.license.effective:
        return case.license.effective, _path(case.license.decided_by), ""
    if finding.id == "evaluation_data":
        return _of_datasets(case, ("evaluation",))
    if finding.license and finding.status is not Status.UNLICENSED:
        return finding.license, _path_of(finding.evidence), ""
    if finding.status is Status.UNLICENSED:
        return "", "", ""
    if finding.id in rules.in_the_repository:
        statement = _whole(case.license.decided_by)
        if statement is not None:
            return statement.licenses[0], statement.where.path or "", ""
        return "", "", "no license speaks of the documents."
    if finding.id == "datasets":
        return _of_datasets(case, ("training", "source"))
    library = _library(finding, rules)
    if library:
        return library, "", ""
    return "", "", f"it is {finding.status.value}, but no license id was seen."


def _whole(decided: Sequence[LicenseStatement]) -> LicenseStatement | None:
    """The statement that binds and speaks of the release as a whole or of its documents, with one license."""
    return next(
        (s for s in decided if s.scope & {"release", "docs"} and len(s.licenses) == 1 and not s.added), None
    )


def _of_datasets(case: Case, roles: Sequence[str]) -> tuple[str, str, str]:
    """The one license of all sets that have one of these roles; several count in the best case only, for the tool knows
    no expressions."""
    found: dict[str, Evidence] = {}
    for topic in ("data.named", "data.corpus"):
        for evidence in case.facts.of(topic):
            if evidence.detail.get("role") in roles and evidence.detail.get("license"):
                found.setdefault(evidence.detail["license"], evidence)
    if len(found) == 1:
        license_, evidence = next(iter(found.items()))
        return license_, evidence.where.path or "", ""
    return "", "", f"several licenses: {', '.join(found)}." if found else "its license was not read."


def _library(finding: ComponentFinding, rules: MofRules) -> str:
    for evidence in finding.evidence:
        if evidence.topic in _LIBRARY_TOPICS:
            license_ = rules.libraries.get(evidence.value.lower(), "")
        elif evidence.topic.startswith("code.link."):
            match = _REPOSITORY.match(evidence.value)
            license_ = rules.libraries.get(match[1].lower(), "") if match else ""
        elif evidence.topic.startswith("config."):
            license_ = rules.libraries.get(_STRUCTURED, "")
        else:
            license_ = ""
        if license_:
            return license_
    return ""


def _path(decided: Sequence[LicenseStatement]) -> str:
    return (decided[0].where.path or decided[0].where.url or "") if decided else ""


def _path_of(evidence: Sequence[Evidence]) -> str:
    return next((e.where.path or "" for e in evidence if e.detail.get("license")), "")
