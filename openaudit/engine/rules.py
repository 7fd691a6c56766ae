"""The rules of rules/, compiled: components, findings, the spectrum and the score."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from openaudit.engine.conditions import Condition, Scope, compile_condition
from openaudit.engine.frameworks.rules import Frameworks, load_frameworks
from openaudit.engine.relicensing import Row, read_relicensing
from openaudit.rule_files import RuleFile, rule_files, rules_digest
from openaudit.vocabulary import ComponentFinding, Dimension, Finding, Grant, Severity, Status

_T = TypeVar("_T")
SUBJECTS = ("model", "dataset")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A worked example of a rule: evidence by topic, areas that could not be looked at, what must come out."""

    given: Mapping[str, Any]
    unseen: tuple[str, ...]
    expect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One outcome of a component rule: its status, or the part whose grant gives the status."""

    when: Condition
    status: Status | None
    by_grant: str | None
    reason: str
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentRule:
    """How the status of one component is decided: the first outcome whose condition holds."""

    id: str
    component: str
    name: str
    dimension: Dimension
    weight: float
    subjects: tuple[str, ...]
    question: str
    outcomes: tuple[Outcome, ...]
    remedy: str
    references: tuple[str, ...]
    examples: tuple[Example, ...]
    file: str
    scope: Scope[ComponentFinding] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRule:
    """A problem worth telling, when its condition holds."""

    id: str
    severity: Severity
    component: str | None
    subjects: tuple[str, ...]
    when: Condition
    message: str
    fix: str
    examples: tuple[Example, ...]
    file: str
    scope: Scope[tuple[Finding, ...]] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One step of the spectrum: the grants and component statuses it needs, and how it is said."""

    id: str
    name: str
    band: str
    headline: str
    grants: frozenset[Grant]
    needs: Mapping[str, frozenset[Status]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spectrum:
    """The levels of one kind of subject, best first, and how components make up dimensions."""

    levels: tuple[Level, ...]
    undetermined: Level
    headline_no_weights: str
    dimensions: Mapping[Dimension, tuple[str, tuple[str, ...]]]
    shares: Mapping[Dimension, float]
    remedies: Mapping[str, str]
    """What mends each component that may lack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictText:
    """How a kind of license conflict is titled, and what mends it."""

    title: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """All that the engine judges by. `version` changes with any rule file."""

    components: tuple[ComponentRule, ...]
    findings: tuple[FindingRule, ...]
    spectra: Mapping[str, Spectrum]
    conflicts: Mapping[str, ConflictText]
    areas: Mapping[str, str]
    topics: Mapping[str, str]
    status_share: Mapping[Status, float]
    grant_share: Mapping[Grant, float]
    relicensing: tuple[Row, ...]
    frameworks: Frameworks
    version: str


@cache
def load_rules(extra: tuple[Path, ...] = ()) -> RuleSet:
    """The rules that ship with the package, extended or overridden by the user's folders.

    Raises:
        PolicyError: a file is broken; names file, line, key path and the nearest right spelling.
    """
    base = {file.path.stem: file for file in rule_files("base", extra)}
    areas = {topic: area for area, topics in base["topics"].value["areas"].items() for topic in topics}
    topics = {
        topic: text for topics in base["topics"].value["areas"].values() for topic, text in topics.items()
    }
    components = [_component(file, topics) for file in rule_files("components", extra)]
    members = {
        subject: {rule.component: rule.remedy for rule in components if subject in rule.subjects}
        for subject in SUBJECTS
    }
    order = list(Dimension)
    return RuleSet(
        components=tuple(
            sorted(components, key=lambda rule: (order.index(rule.dimension), -rule.weight, rule.id))
        ),
        findings=tuple(_finding(file, topics) for file in rule_files("findings", extra)),
        spectra=dict(_spectrum(file, members) for file in rule_files("spectrum", extra)),
        conflicts={
            kind: ConflictText(title=text["title"], fix=text["fix"])
            for kind, text in base["conflicts"].value["conflicts"].items()
        },
        areas=areas,
        topics=topics,
        status_share={
            Status(key): float(value) for key, value in base["score"].value["status_share"].items()
        },
        grant_share={Grant(key): float(value) for key, value in base["score"].value["grant_share"].items()},
        relicensing=read_relicensing(base["relicensing"]),
        frameworks=load_frameworks(topics, areas, base["judged"], extra),
        version=rules_digest(extra),
    )


_COMPONENT_KEYS = (
    "id", "component", "name", "dimension", "weight", "subjects", "question", "remedy", "references", "outcomes", "examples",
)  # fmt: skip
_OUTCOME_KEYS = ("status", "when", "reason", "confidence")
_FINDING_KEYS = ("id", "severity", "component", "subjects", "when", "message", "fix", "examples")
_EXAMPLE_KEYS = ("given", "unseen", "expect")


def _component(file: RuleFile, topics: Mapping[str, str]) -> ComponentRule:
    value = _checked(
        file, file.value, _COMPONENT_KEYS, required=("id", "name", "dimension", "weight", "outcomes")
    )
    _check_id(file)
    outcomes = tuple(
        _outcome(file, i, topics) for i in range(len(_list(file, value["outcomes"], "outcomes")))
    )
    return ComponentRule(
        id=value["id"],
        component=value.get("component", value["id"]),
        name=value["name"],
        dimension=_word(file, Dimension, value["dimension"], "dimension"),
        weight=_number(file, value["weight"], "weight"),
        subjects=_subjects(file),
        question=value.get("question", ""),
        outcomes=outcomes,
        remedy=value.get("remedy", ""),
        references=tuple(_list(file, value.get("references", []), "references")),
        examples=_examples(file),
        file=file.name,
        scope=Scope(
            (outcome.when for outcome in outcomes),
            (outcome.reason for outcome in outcomes),
            (f"grant.{outcome.by_grant}" for outcome in outcomes if outcome.by_grant),
        ),
    )


def _outcome(file: RuleFile, index: int, topics: Mapping[str, str]) -> Outcome:
    keys = ("outcomes", index)
    value = _checked(
        file, file.value["outcomes"][index], _OUTCOME_KEYS, *keys, required=("status", "when", "reason")
    )
    status = value["status"]
    by_grant = None
    if isinstance(status, dict):
        by_grant = status.get("by_grant")
        if f"grant.{by_grant}" not in topics:
            raise file.wrong("by_grant is one of weights, code, data.", *keys, "status")
    return Outcome(
        when=compile_condition(file, value["when"], (*keys, "when"), topics),
        status=None if by_grant else _word(file, Status, status, *keys, "status"),
        by_grant=by_grant,
        reason=value["reason"],
        confidence=_number(file, value.get("confidence", 1.0), *keys, "confidence"),
    )


def _finding(file: RuleFile, topics: Mapping[str, str]) -> FindingRule:
    value = _checked(file, file.value, _FINDING_KEYS, required=("id", "severity", "when", "message"))
    _check_id(file)
    when = compile_condition(file, value["when"], ("when",), topics)
    return FindingRule(
        id=value["id"],
        severity=_word(file, Severity, value["severity"], "severity"),
        component=value.get("component"),
        subjects=_subjects(file),
        when=when,
        message=value["message"],
        fix=value.get("fix", ""),
        examples=_examples(file),
        file=file.name,
        scope=Scope((when,), (value["message"],)),
    )


_SPECTRUM_KEYS = ("subject", "dimensions", "dimension_share", "levels", "undetermined")
_LEVEL_KEYS = ("id", "name", "band", "headline", "grant", "components")
_UNDETERMINED_KEYS = ("id", "name", "band", "headline", "headline_no_weights")
_PICKS = ("worst_of", "best_of")


def _spectrum(file: RuleFile, members: Mapping[str, Mapping[str, str]]) -> tuple[str, Spectrum]:
    """The subject of a file and its spectrum; every component that it speaks of must have a rule (`members`, each with
    its remedy)."""
    value = _checked(file, file.value, _SPECTRUM_KEYS, required=_SPECTRUM_KEYS)
    subject = value["subject"]
    if subject not in members:
        raise file.wrong(f"'{subject}' is none of {', '.join(SUBJECTS)}.", "subject")
    known = frozenset(members[subject])
    dimensions = {
        _word(file, Dimension, name, "dimensions", name): _dimension(file, name, known)
        for name in value["dimensions"]
    }
    shares = {
        _word(file, Dimension, name, "dimension_share", name): _number(file, share, "dimension_share", name)
        for name, share in value["dimension_share"].items()
    }
    if set(shares) != set(dimensions):
        raise file.wrong("every dimension needs a share, and no other.", "dimension_share")
    last = _checked(
        file, value["undetermined"], _UNDETERMINED_KEYS, "undetermined", required=_UNDETERMINED_KEYS
    )
    undetermined = Level(
        id=last["id"], name=last["name"], band=last["band"], headline=last["headline"], grants=frozenset(), needs={}
    )  # fmt: skip
    names = [*known, *(dimension.value for dimension in dimensions)]
    return subject, Spectrum(
        levels=tuple(_level(file, i, names) for i in range(len(_list(file, value["levels"], "levels")))),
        undetermined=undetermined,
        headline_no_weights=last["headline_no_weights"],
        dimensions=dimensions,
        shares=shares,
        remedies=members[subject],
    )


def _dimension(file: RuleFile, name: str, known: frozenset[str]) -> tuple[str, tuple[str, ...]]:
    """How the status of a dimension is picked, and from which components."""
    keys = ("dimensions", name)
    made = _checked(file, file.value["dimensions"][name], _PICKS, *keys)
    if len(made) != 1:
        raise file.wrong(f"one of {', '.join(_PICKS)} is expected.", *keys)
    how, components = next(iter(made.items()))
    for i, component in enumerate(_list(file, components, *keys, how)):
        if component not in known:
            raise file.wrong(f"no rule has the component '{component}'.", *keys, how, i)
    return how, tuple(components)


def _level(file: RuleFile, index: int, names: Sequence[str]) -> Level:
    keys = ("levels", index)
    value = _checked(file, file.value["levels"][index], _LEVEL_KEYS, *keys, required=_LEVEL_KEYS)
    for name in _checked(file, value["components"], names, *keys, "components"):
        _list(file, value["components"][name], *keys, "components", name)
    return Level(
        id=value["id"],
        name=value["name"],
        band=value["band"],
        headline=value["headline"],
        grants=frozenset(_word(file, Grant, grant, *keys, "grant") for grant in value["grant"]),
        needs={
            name: frozenset(_word(file, Status, status, *keys, "components", name) for status in wanted)
            for name, wanted in value["components"].items()
        },
    )


def _checked(
    file: RuleFile, value: Any, allowed: Sequence[str], *keys: str | int, required: Sequence[str] = ()
) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise file.wrong("a mapping is expected.", *keys)
    for key in value:
        if key not in allowed:
            raise file.unknown_key(str(key), allowed, *keys)
    for key in required:
        if key not in value:
            raise file.wrong(f"the key '{key}' is missing.", *keys)
    return value


def _check_id(file: RuleFile) -> None:
    if file.value["id"] != file.path.stem:
        raise file.wrong(f"the id must be the file's name, '{file.path.stem}'.", "id")


def _subjects(file: RuleFile) -> tuple[str, ...]:
    subjects = _list(file, file.value.get("subjects", ["model"]), "subjects")
    for i, subject in enumerate(subjects):
        if subject not in SUBJECTS:
            raise file.wrong(f"'{subject}' is none of {', '.join(SUBJECTS)}.", "subjects", i)
    return tuple(subjects)


def _examples(file: RuleFile) -> tuple[Example, ...]:
    examples = []
    for i, value in enumerate(_list(file, file.value.get("examples", []), "examples")):
        _checked(file, value, _EXAMPLE_KEYS, "examples", i, required=("given", "expect"))
        examples.append(
            Example(given=value["given"], unseen=tuple(value.get("unseen", ())), expect=str(value["expect"]))
        )
    return tuple(examples)


def _list(file: RuleFile, value: Any, *keys: str | int) -> list[Any]:
    if not isinstance(value, list):
        raise file.wrong("a list is expected.", *keys)
    return value


def _number(file: RuleFile, value: Any, *keys: str | int) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise file.wrong("a number of 0 or more is expected.", *keys)
    return float(value)


def _word(file: RuleFile, kind: Callable[[Any], _T], value: Any, *keys: str | int) -> _T:
    try:
        return kind(value)
    except ValueError as error:
        raise file.wrong(str(error) + ".", *keys) from error
