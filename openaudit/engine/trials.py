"""The examples of the rules, run as tests: components, findings and the checks of frameworks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from openaudit.engine.conditions import Facts
from openaudit.engine.frameworks.checks import answer
from openaudit.engine.frameworks.mof import Declared, evaluate_mof
from openaudit.engine.frameworks.rules import Check, CheckExample
from openaudit.engine.judge import judge_component
from openaudit.engine.rules import Example, RuleSet
from openaudit.vocabulary import Evidence, Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One example of one rule: what it must give, and what it gave."""

    rule: str
    number: int
    expected: str
    got: str

    @property
    def passed(self) -> bool:
        """Whether the rule did what its example says."""
        return self.expected == self.got


def run_trials(rules: RuleSet) -> Iterator[Trial]:
    """Every example of every component and finding rule and of every framework. A rule or check without examples fails
    its trial."""
    for rule in rules.components:
        for i, example in enumerate(rule.examples):
            got = judge_component(rules, rule, example_facts(example, rules)).status.value
            yield Trial(rule=rule.id, number=i + 1, expected=example.expect, got=got)
        if not rule.examples:
            yield Trial(rule=rule.id, number=0, expected="at least one example", got="none")
    for finding in rules.findings:
        for i, example in enumerate(finding.examples):
            found = finding.when.ask(example_facts(example, rules)) is True
            yield Trial(
                rule=finding.id, number=i + 1, expected=example.expect, got="found" if found else "not-found"
            )
        if not finding.examples:
            yield Trial(rule=finding.id, number=0, expected="at least one example", got="none")

    yield from _framework_trials(rules)


def _framework_trials(rules: RuleSet) -> Iterator[Trial]:
    for framework in rules.frameworks.checked.values():
        for check in framework.checks:
            yield from _check_trials(f"{framework.id}/{check.id}", check, rules)
    mof = rules.frameworks.mof
    for i, example in enumerate(mof.examples):
        declared = [Declared(name=name, license=license_) for name, license_ in example.given.items()]
        got = evaluate_mof(declared, {}, mof).verdict
        yield Trial(rule="mof", number=i + 1, expected=example.expect, got=got)


def _check_trials(name: str, check: Check, rules: RuleSet) -> Iterator[Trial]:
    for i, example in enumerate(check.examples):
        got = answer(check, check_facts(example, rules)).result
        yield Trial(rule=name, number=i + 1, expected=example.expect, got=got)
    if not check.examples:
        yield Trial(rule=name, number=0, expected="at least one example", got="none")


def example_facts(example: Example, rules: RuleSet) -> Facts:
    """The facts that an example gives: a value, a mapping of `value` and `detail`, or a list of such, for each topic."""
    return _facts(example.given, example.unseen, rules.areas)


def check_facts(example: CheckExample, rules: RuleSet) -> Facts:
    """The facts that an example of a framework's check gives; there the engine's conclusions are topics too."""
    return _facts(example.given, example.unseen, rules.frameworks.areas)


def _facts(given: Mapping[str, Any], unseen: tuple[str, ...], areas: Mapping[str, str]) -> Facts:
    by_topic = {
        topic: [_evidence(topic, one) for one in (value if isinstance(value, list) else [value])]
        for topic, value in given.items()
    }
    return Facts(by_topic=by_topic, areas=areas, unseen=dict.fromkeys(unseen, "it could not be read"))


def _evidence(topic: str, value: Any) -> Evidence:
    detail: Mapping[str, str] = {}
    if isinstance(value, dict):
        detail = {str(k): str(v) for k, v in value.get("detail", {}).items()}
        value = value.get("value", "")
    return Evidence(topic=topic, value=str(value), where=Where(path="example"), detail=detail)
