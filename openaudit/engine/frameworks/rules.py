"""The rules of rules/frameworks/, compiled: checks with outcomes, and how a framework adds them up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openaudit.engine.conditions import Condition, Scope, compile_condition
from openaudit.engine.frameworks.mof import MofRules, read_mof
from openaudit.rule_files import RuleFile, rule_files

MOF = "mof"
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOutcome:
    """One outcome of a check: its result and the reason in plain words."""

    result: str
    when: Condition
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckExample:
    """A worked example: evidence by topic, topics or areas that could not be looked at, and the result."""

    given: Mapping[str, Any]
    unseen: tuple[str, ...]
    expect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question of a framework: the first outcome whose condition holds answers it.

    `role` tells what the verdict makes of it: one that `decides` leaves the verdict open where it is unknown, one that
    `counts` does not, one that is `reported` never bears on it.
    """

    id: str
    name: str
    group: str
    source: str
    question: str
    role: str
    outcomes: tuple[CheckOutcome, ...]
    otherwise: str
    examples: tuple[CheckExample, ...]
    scope: Scope[Any] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework:
    """One framework of checks. `results` are the words that its checks answer with, with what each is worth;
    `limits` what no repository can show."""

    id: str
    name: str
    version: str
    question: str
    results: Mapping[str, float]
    checks: tuple[Check, ...]
    limits: tuple[str, ...]
    texts: Mapping[str, str]
    figures: Mapping[str, float]
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frameworks:
    """All frameworks, and the topics and areas that only their checks may ask for."""

    checked: Mapping[str, Framework]
    mof: MofRules
    topics: Mapping[str, str]
    areas: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """The ids of all frameworks but the spectrum, in order of name."""
        return tuple(sorted((*self.checked, MOF)))


_KEYS = (
    "id",
    "name",
    "version",
    "date",
    "question",
    "references",
    "results",
    "checks",
    "limits",
    "texts",
    "figures",
)
_CHECK_KEYS = ("id", "name", "group", "source", "question", "role", "outcomes", "otherwise", "examples")
_ROLES = ("decides", "counts", "reported")


def load_frameworks(
    topics: Mapping[str, str], areas: Mapping[str, str], judged: RuleFile, extra: tuple[Path, ...] = ()
) -> Frameworks:
    """The frameworks that ship with the package, extended or overridden by the user's folders. `judged` lists the
    topics that stand only for frameworks: what the engine concluded already.

    Raises:
        PolicyError: a file is broken; names file, line, key path and the nearest right spelling.
    """
    own = {topic: text for group in judged.value["areas"].values() for topic, text in group.items()}
    known = {**topics, **own}
    checked: dict[str, Framework] = {}
    mof: MofRules | None = None
    for file in rule_files("frameworks", extra):
        if file.path.stem == MOF:
            mof = read_mof(file)
        else:
            checked[file.path.stem] = _framework(file, known)
    if mof is None:
        raise judged.wrong("there is no rules/frameworks/mof.yaml.")
    return Frameworks(
        checked=checked, mof=mof, topics=known, areas={**areas, **{topic: topic for topic in own}}
    )


def _framework(file: RuleFile, topics: Mapping[str, str]) -> Framework:
    value = file.value
    for key in value:
        if key not in _KEYS:
            raise file.unknown_key(str(key), _KEYS)
    for key in ("id", "name", "results", "checks"):
        if key not in value:
            raise file.wrong(f"the key '{key}' is missing.")
    if value["id"] != file.path.stem:
        raise file.wrong(f"the id must be the file's name, '{file.path.stem}'.", "id")
    results = {str(word): float(worth) for word, worth in value["results"].items()}
    return Framework(
        id=value["id"],
        name=value["name"],
        version=str(value.get("version", "")),
        question=value.get("question", ""),
        results=results,
        checks=tuple(_check(file, i, topics, results) for i in range(len(value["checks"]))),
        limits=tuple(value.get("limits", ())),
        texts=dict(value.get("texts", {})),
        figures={key: float(figure) for key, figure in value.get("figures", {}).items()},
        file=file.name,
    )


def _check(file: RuleFile, index: int, topics: Mapping[str, str], results: Mapping[str, float]) -> Check:
    value = file.value["checks"][index]
    for key in value:
        if key not in _CHECK_KEYS:
            raise file.unknown_key(str(key), _CHECK_KEYS, "checks", index)
    for key in ("id", "name", "outcomes"):
        if key not in value:
            raise file.wrong(f"the key '{key}' is missing.", "checks", index)
    role = value.get("role", "decides")
    if role not in _ROLES:
        raise file.wrong(f"'{role}' is none of {', '.join(_ROLES)}.", "checks", index, "role")
    outcomes = tuple(_outcome(file, index, i, topics, results) for i in range(len(value["outcomes"])))
    return Check(
        id=str(value["id"]),
        name=value["name"],
        group=value.get("group", ""),
        source=value.get("source", ""),
        question=value.get("question", ""),
        role=role,
        outcomes=outcomes,
        otherwise=value.get("otherwise", "No rule covers what was seen."),
        examples=_examples(file, index, results),
        scope=Scope((outcome.when for outcome in outcomes), (outcome.reason for outcome in outcomes)),
    )


def _outcome(
    file: RuleFile, check: int, index: int, topics: Mapping[str, str], results: Mapping[str, float]
) -> CheckOutcome:
    keys = ("checks", check, "outcomes", index)
    value = file.value["checks"][check]["outcomes"][index]
    for key in ("result", "when", "reason"):
        if key not in value:
            raise file.wrong(f"the key '{key}' is missing.", *keys)
    result = str(value["result"])
    if result not in results and result != UNKNOWN:
        raise file.wrong(f"'{result}' is none of {', '.join((*results, UNKNOWN))}.", *keys, "result")
    when = compile_condition(file, value["when"], (*keys, "when"), topics)
    return CheckOutcome(result=result, when=when, reason=value["reason"])


def _examples(file: RuleFile, check: int, results: Mapping[str, float]) -> tuple[CheckExample, ...]:
    examples: Sequence[Mapping[str, Any]] = file.value["checks"][check].get("examples", ())
    for i, value in enumerate(examples):
        if str(value["expect"]) not in (*results, UNKNOWN):
            raise file.wrong(f"'{value['expect']}' is no result.", "checks", check, "examples", i, "expect")
    return tuple(
        CheckExample(given=e.get("given", {}), unseen=tuple(e.get("unseen", ())), expect=str(e["expect"]))
        for e in examples
    )
