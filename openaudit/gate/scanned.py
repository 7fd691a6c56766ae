"""`scan --policy`: one audit held against a policy, and the report that says how it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from openaudit.formats.json_v1 import report_object
from openaudit.gate.audits import is_multimodal, license_texts
from openaudit.gate.facts import facts_of
from openaudit.gate.judging import Case, Knowing, judge
from openaudit.gate.policy import Policy
from openaudit.gate.waivers import Settled, settle
from openaudit.gate.words import load_words
from openaudit.pipeline import Knowledge, Library, Progress, collect
from openaudit.pipeline import judge as judged
from openaudit.sources.interface import Source, resolved_now
from openaudit.vocabulary import Report, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured(Report):
    """A report and how it stands against a policy: the value of the key `policy` of the JSON report."""

    policy: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A policy, ready to be held against reports."""

    policy: Policy
    knowing: Knowing


def measure_of(policy: Policy, knowledge: Knowledge, rules: tuple[Path, ...]) -> Measure:
    """The policy with the licenses and words that judging needs. Raises: PolicyError."""
    return Measure(policy=policy, knowing=Knowing(catalog=knowledge.catalog, words=load_words(rules)))


def audit_under(
    measure: Measure,
    target: Target,
    source: Source,
    knowledge: Knowledge,
    progress: Progress,
    library: Library,
) -> Measured:
    """Fetch, scan and judge one target, and hold the report against the policy: the same digests as in a check.

    Raises:
        SourceError: the target cannot be read at all.
    """
    collected = library.follow(collect(target, source, progress), progress)
    report = judged(collected, knowledge)
    plain = report_object(report)
    snapshot = collected.snapshot
    facts = facts_of(plain, license_texts(snapshot, plain), is_multimodal(snapshot))
    name = target.text or target.id
    case = Case(target=name, facts=facts, demands=measure.policy.demands_for(name, None), report=plain)
    settled = settle(name, judge(case, measure.knowing), measure.policy.waivers, resolved_now()[:10])
    values = {field.name: getattr(report, field.name) for field in fields(report)}
    return Measured(**values, policy=_stands(measure.policy.name, settled))


def _stands(name: str, settled: Settled) -> dict[str, Any]:
    return {
        "name": name,
        "passed": not any(violation.severity == "error" for violation in settled.violations),
        "violations": [asdict(violation) for violation in settled.violations],
        "waived": [{**asdict(each.violation), "waiver": asdict(each.waiver)} for each in settled.waived],
    }
