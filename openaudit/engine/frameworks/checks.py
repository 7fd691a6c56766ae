"""Checks and facts into answers: which outcome holds, why, and the evidence that shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from openaudit.engine.conditions import Facts
from openaudit.engine.frameworks.rules import UNKNOWN, Check, Framework
from openaudit.engine.judge import fill
from openaudit.vocabulary import Evidence

_MAX_EVIDENCE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one check found: a word of its framework or `unknown`, why, and where that can be checked."""

    check: Check
    result: str
    reason: str
    evidence: tuple[Evidence, ...]

    def as_dict(self) -> dict[str, Any]:
        """The answer as reports write it."""
        return {
            "id": self.check.id,
            "name": self.check.name,
            "group": self.check.group,
            "source": self.check.source,
            "result": self.result,
            "reason": self.reason,
            "evidence": [
                {
                    "topic": e.topic,
                    "value": e.value[:200],
                    "where": str(e.where) if (e.where.path or e.where.url) else "",
                    "quote": e.quote,
                }
                for e in self.evidence
            ],
        }


def answer(check: Check, facts: Facts) -> Answer:
    """The first outcome of the check that holds; `unknown` where one that comes first could not be looked at."""
    found: Answer = check.scope.answer(facts, lambda: _answer(check, facts))
    return found


def _answer(check: Check, facts: Facts) -> Answer:
    for outcome in check.outcomes:
        holds = outcome.when.ask(facts)
        if holds is False:
            continue
        if holds is None:
            why = facts.why_unseen(outcome.when.topics).rstrip(".")
            reason = f"Could not be told: {why}." if why else "Could not be told."
            return Answer(check=check, result=UNKNOWN, reason=reason, evidence=())
        matched = _distinct(outcome.when.matching(facts))
        reason = fill(outcome.reason, facts, matched)
        return Answer(check=check, result=outcome.result, reason=reason, evidence=matched[:_MAX_EVIDENCE])
    return Answer(check=check, result=UNKNOWN, reason=check.otherwise, evidence=())


def _distinct(found: Iterable[Evidence]) -> tuple[Evidence, ...]:
    kept: dict[tuple[str, str, str], Evidence] = {}
    for evidence in found:
        kept.setdefault((evidence.topic, evidence.value, str(evidence.where)), evidence)
    return tuple(kept.values())


def answers(framework: Framework, facts: Facts) -> tuple[Answer, ...]:
    """Every check of a framework, in its order."""
    return tuple(answer(check, facts) for check in framework.checks)
