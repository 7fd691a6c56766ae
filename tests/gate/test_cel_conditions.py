"""Conditions: what may be written, what is no answer, and what they may cost."""

from __future__ import annotations

import time
from typing import Any

import pytest

from openaudit.formats.json_v1 import failure_object
from openaudit.gate.conditions import VARIABLES, ConditionError, fault_in, holds
from openaudit.vocabulary import Failure, Target, TargetKind

REPORT: dict[str, Any] = {
    "level": "open-weight",
    "score": 41.5,
    "lineage": [{"id": "a/b", "depth": 1, "level": None}],
    "components": [{"id": "model_card", "status": "open"}],
    "license": {"effective": None, "terms": {"names": ["naming"]}},
}


def ask(when: str, report: dict[str, Any] = REPORT) -> bool:
    assert fault_in(when) is None
    return holds(when, report, {"kind": ["internal"]}, "a/b@main")


@pytest.mark.parametrize(
    ("when", "answer"),
    [
        ("score < 50", True),
        ("license.effective == null", True),
        ("'naming' in license.terms.names", True),
        ("lineage.exists(a, a.depth == 1 && a.level == null)", True),
        ("components.all(c, c.status == 'open')", True),
        ("report.level == level && 'internal' in use.kind && model.startsWith('a/')", True),
        ("has(license.terms.figures) && license.terms.figures > 3", False),
    ],
)
def test_conditions_see_the_report(when: str, answer: bool) -> None:
    assert ask(when) is answer


@pytest.mark.parametrize(
    ("when", "says"),
    [
        ("license.terms.figures > 3", "there is no key 'figures'"),
        ("score", "not true or false"),
        ("level > 3", "overload"),
        ("lineage[5].depth == 1", "."),
        ("1 / (size(lineage) - 1) == 1", "division by zero"),
    ],
)
def test_no_answer_is_an_error_and_no_pass(when: str, says: str) -> None:
    with pytest.raises(ConditionError, match=says):
        ask(when)


@pytest.mark.parametrize(
    ("when", "says"),
    [
        ("level ==", "line 1, column"),
        ("", "CEL"),
        ("levle == 'x'", "no variable 'levle'"),
        ("level.startswith('x')", "no function 'startswith'"),
        ("x" * 2_001, "longer than"),
        ("a.map(b, b.map(c, c.map(d, d.map(e, e))))", "more than 3 macros"),
        ("(" * 900 + "1" + ")" * 900, "CEL"),
    ],
)
def test_faults_are_told_when_the_policy_is_read(when: str, says: str) -> None:
    fault = fault_in(when)
    assert fault is not None
    assert says in fault.message


def test_a_condition_that_would_take_long_is_refused_at_once() -> None:
    many = {**REPORT, "lineage": [{"depth": n} for n in range(9_000)]}
    started = time.monotonic()
    with pytest.raises(ConditionError, match="lists of 9000 items"):
        ask("lineage.all(a, lineage.all(b, a.depth + b.depth >= 0))", many)
    assert ask("lineage.all(a, a.depth >= 0)", many)
    assert time.monotonic() - started < 2


def test_macros_in_texts_and_one_after_the_other_are_not_nested() -> None:
    assert (
        fault_in("level == '.map(.map(.map(.map(' || lineage.map(a, a.id).filter(b, true).exists(c, true)")
        is None
    )


def test_every_key_of_the_report_is_a_variable() -> None:
    target = Target(kind=TargetKind.MODEL, id="a/b")
    report = failure_object(Failure(target=target, stage="read", reason="not-found", message="No."))
    assert set(VARIABLES) == {*report, "report", "use", "model"}
