"""Answers into verdicts: how each framework adds its checks up, and what it could not judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from openaudit.engine.frameworks.case import Case
from openaudit.engine.frameworks.checks import Answer, answers
from openaudit.engine.frameworks.mof_verdict import mof_of_findings
from openaudit.engine.frameworks.rules import MOF, UNKNOWN, Framework, Frameworks
from openaudit.vocabulary import Verdict


def judge_frameworks(
    case: Case, frameworks: Frameworks, declared_mof: Verdict | None = None
) -> tuple[Verdict, ...]:
    """The verdict of every framework, in order of name; `declared_mof` is that of a record, which stands as it is."""
    found = []
    for name in frameworks.names:
        if name == MOF:
            found.append(declared_mof or mof_of_findings(case, frameworks.mof))
        else:
            found.append(judge_framework(frameworks.checked[name], case))
    return tuple(found)


def judge_framework(framework: Framework, case: Case) -> Verdict:
    """The verdict of one framework of checks; one that the engine has no sum for (a user's own) is counted."""
    found = answers(framework, case.facts)
    verdict, decided, reason, details = _SUMS.get(framework.id, _counted)(framework, found)
    return Verdict(
        framework=framework.id,
        verdict=verdict,
        decided_by=tuple(one.check.id for one in decided),
        reason=reason,
        details={
            "version": framework.version,
            **details,
            "checks": [one.as_dict() for one in found],
            "could_not_judge": [*_open_questions(found), *framework.limits],
        },
    )


_Sum = tuple[str, Sequence[Answer], str, Mapping[str, Any]]


def _open_questions(found: Sequence[Answer]) -> list[str]:
    return [
        f"{one.check.name}: {one.reason}"
        for one in found
        if one.result in (UNKNOWN, "judgement", "review") and one.check.role != "reported"
    ]


def _failing(found: Sequence[Answer], word: str) -> list[Answer]:
    return [one for one in found if one.result == word and one.check.role != "reported"]


def _screened(found: Sequence[Answer], word: str, failed: str) -> tuple[str, list[Answer], str]:
    """One failure is enough; without one, a deciding check that could not be told leaves the verdict open."""
    failing = _failing(found, word)
    if failing:
        return failed, failing, _reasons(failing)
    unclear = [one for one in found if one.result == UNKNOWN and one.check.role == "decides"]
    if unclear:
        return "undetermined", unclear, _reasons(unclear)
    return "no-failure-found", [], ""


def _reasons(found: Sequence[Answer]) -> str:
    return " ".join(dict.fromkeys(one.reason for one in found))


def _osaid(framework: Framework, found: Sequence[Answer]) -> _Sum:
    verdict, decided, reason = _screened(found, "fails", "fails")
    judged = [one for one in found if one.result == "met"]
    if verdict == "no-failure-found":
        decided = judged
        reason = (
            "Nothing that was seen stands against it; whether code is complete and data information sufficient "
            "is a judgement."
        )
    return verdict, decided, reason, {"version_date": "2024-10-28"}


def _eu_ai_act(framework: Framework, found: Sequence[Answer]) -> _Sum:
    verdict, decided, reason = _screened(found, "fail", "conditions-not-met")
    review = [one for one in found if one.result == "review" and one.check.role != "reported"]
    if verdict == "no-failure-found":
        decided = [one for one in found if one.result == "pass" and one.check.role == "decides"]
        reason = "No obstacle was found in what was read."
        if review:
            reason += f" For a person to judge: {', '.join(one.check.id for one in review)}."
    owed = [one for one in found if one.check.group == "still-owed"]
    risk = next((one for one in found if one.check.group == "systemic-risk"), None)
    details = {
        "still_owed": [
            {
                "id": one.check.id,
                "name": one.check.name,
                "source": one.check.source,
                "seen": one.result == "pass",
            }
            for one in owed
        ],
        "systemic_risk": {"result": risk.result, "hint": risk.reason} if risk else None,
        "disclaimer": " ".join(framework.texts[key] for key in ("disclaimer", "owed", "gpai")),
    }
    return verdict, decided, reason, details


def _osai_index(framework: Framework, found: Sequence[Answer]) -> _Sum:
    """The mean over the parameters that could be told; groups likewise."""
    told = [one for one in found if one.result != UNKNOWN]
    worth = framework.results
    score = sum(worth[one.result] for one in told) / len(told) if told else None
    groups: dict[str, float] = {}
    for group in dict.fromkeys(one.check.group for one in told):
        mine = [worth[one.result] for one in told if one.check.group == group]
        groups[group] = sum(mine) / len(mine)
    details = {
        "score": score,
        "told": len(told),
        "of": len(found),
        "groups": groups,
        "parameters": {one.check.id: one.result for one in found},
    }
    if score is None:
        return "undetermined", [], "None of the parameters could be told.", details
    counts = {word: sum(one.result == word for one in found) for word in (*worth, UNKNOWN)}
    said = ", ".join(f"{number} {word}" for word, number in counts.items() if number)
    return f"{score:.2f}", told, f"{said}; the score leaves out what could not be told.", details


def _fmti(framework: Framework, found: Sequence[Answer]) -> _Sum:
    verdict, decided, _, details = _counted(framework, found)
    reason = (
        "Evidence for single indicators, counted among those that a repository can settle; no index score."
    )
    return verdict, decided, reason, details


def _counted(framework: Framework, found: Sequence[Answer]) -> _Sum:
    """How many checks have the result of the highest worth, of those that could be told."""
    best = max(framework.results, key=lambda word: framework.results[word])
    told = [one for one in found if one.result != UNKNOWN]
    good = [one for one in told if one.result == best]
    if not told:
        return "undetermined", [], "None of the checks could be told.", {"satisfied": 0, "judged": 0}
    details = {"satisfied": len(good), "judged": len(told), "of": len(found)}
    reason = f"{len(good)} of {len(told)} checks that could be told are {best}."
    return f"{len(good)}-of-{len(told)}", good, reason, details


_SUMS: Mapping[str, Callable[[Framework, Sequence[Answer]], _Sum]] = {
    "osaid": _osaid,
    "eu_ai_act": _eu_ai_act,
    "osai_index": _osai_index,
    "fmti": _fmti,
}
