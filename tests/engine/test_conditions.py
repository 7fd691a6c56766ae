"""Conditions are three-valued: what could not be looked at is neither there nor absent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from openaudit.engine.conditions import Answer, Condition, Facts, compile_condition
from openaudit.errors import PolicyError
from openaudit.rule_files import RuleFile
from openaudit.vocabulary import Evidence, Where

TOPICS = {"seen.yes": "", "seen.no": "", "dark.x": "", "n.a": "", "n.b": ""}
AREAS = {"seen.yes": "light", "seen.no": "light", "dark.x": "dark", "n.a": "light", "n.b": "light"}
FILE = RuleFile(path=Path("x.yaml"), name="rules/x.yaml", text="when: {}\n", value={"when": {}})

YES: dict[str, Any] = {"seen.yes": "any"}
NO: dict[str, Any] = {"seen.no": "any"}
DARK: dict[str, Any] = {"dark.x": "any"}


def evidence(topic: str, value: str, confidence: float = 1.0, **detail: str) -> Evidence:
    return Evidence(topic=topic, value=value, where=Where(path="f"), confidence=confidence, detail=detail)


def facts(*found: Evidence) -> Facts:
    by_topic: dict[str, list[Evidence]] = {}
    for e in (evidence("seen.yes", "v"), *found):
        by_topic.setdefault(e.topic, []).append(e)
    return Facts(by_topic=by_topic, areas=AREAS, unseen={"dark": "the light was off"})


def compiled(value: Any) -> Condition:
    return compile_condition(FILE, value, ("when",), TOPICS)


def ask(value: Any, *found: Evidence) -> Answer:
    return compiled(value).ask(facts(*found))


PARTS: Mapping[str, Any] = {"T": YES, "F": NO, "?": DARK}
ANSWERS: Mapping[str, Answer] = {"T": True, "F": False, "?": None}
PAIRS = ["TT", "TF", "T?", "FT", "FF", "F?", "?T", "?F", "??"]


@pytest.mark.parametrize(("pair", "answer"), list(zip(PAIRS, "TF?FFF?F?", strict=True)))
def test_all_is_the_and_of_kleene(pair: str, answer: str) -> None:
    assert ask({"all": [PARTS[p] for p in pair]}) is ANSWERS[answer]


@pytest.mark.parametrize(("pair", "answer"), list(zip(PAIRS, "TTTTF?T??", strict=True)))
def test_any_is_the_or_of_kleene(pair: str, answer: str) -> None:
    assert ask({"any": [PARTS[p] for p in pair]}) is ANSWERS[answer]


@pytest.mark.parametrize(("part", "answer"), list(zip("TF?", "FT?", strict=True)))
def test_not_leaves_what_is_unknown_unknown(part: str, answer: str) -> None:
    assert ask({"not": PARTS[part]}) is ANSWERS[answer]


@pytest.mark.parametrize(
    ("parts", "least", "answer"),
    [("TTF", 2, "T"), ("TFF", 2, "F"), ("TF?", 2, "?"), ("F??", 2, "?"), ("FF?", 2, "F"), ("T??", 1, "T"), ("FFF", 0, "T")],
)  # fmt: skip
def test_some_counts_and_says_unknown_only_where_that_could_decide(
    parts: str, least: int, answer: str
) -> None:
    assert ask({"some": {"at_least": least, "of": [PARTS[p] for p in parts]}}) is ANSWERS[answer]


@pytest.mark.parametrize(("pair", "answer"), list(zip(PAIRS, "TF?FFF?F?", strict=True)))
def test_several_topics_of_one_mapping_must_all_hold(pair: str, answer: str) -> None:
    assert ask({"all": [PARTS[pair[0]]], "any": [PARTS[pair[1]]]}) is ANSWERS[answer]


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        ({"seen.yes": "none"}, False),
        ({"seen.no": "none"}, True),
        ({"dark.x": "none"}, None),
        ({"seen.yes": "v"}, True),
        ({"seen.yes": "w"}, False),
        ({"seen.yes": ["w", "v"]}, True),
        ({"seen.yes": {"value": "v"}}, True),
        ({"seen.yes": {"not_value": "v"}}, False),
        ({"seen.yes": {"not_value": ["w"]}}, True),
        ({"dark.x": "v"}, None),
        ({"dark.x": {"count": 2}}, None),
        ({"seen.*": "any"}, True),
        ({"seen.*": "w"}, False),
        (True, True),
    ],
)
def test_a_topic_is_asked_for_anything_nothing_or_a_value(value: Any, answer: Answer) -> None:
    assert ask(value) is answer


@pytest.mark.parametrize(
    ("test", "answer"),
    [
        ({"at_least": 30}, True),
        ({"at_least": 31}, False),
        ({"at_least": 10, "value": "10"}, True),
        ({"at_least": 11, "value": "10"}, False),
        ({"count": 3}, True),
        ({"count": 4}, False),
        ({"confidence": 0.9}, True),
        ({"confidence": 0.9, "count": 2}, False),
        ({"detail": {"role": "training"}}, True),
        ({"detail": {"role": ["x", "training"]}, "count": 2}, False),
        ({"detail": {"role": "x"}}, False),
        ({"detail": {"role": "training", "other": "y"}}, False),
        ({}, True),
    ],
)
def test_numbers_counts_confidence_and_details_are_compared(test: dict[str, Any], answer: Answer) -> None:
    found = [evidence("n.a", "10", role="training"), evidence("n.a", "20", 0.5), evidence("n.a", "word", 0.5)]
    assert ask({"n.a": test}, *found) is answer


def test_what_was_seen_in_an_unseen_area_still_counts() -> None:
    assert ask({"dark.x": "any"}, evidence("dark.x", "1")) is True
    assert ask({"dark.x": "none"}, evidence("dark.x", "1")) is False


def test_the_evidence_of_a_condition_is_that_of_the_parts_that_hold() -> None:
    a, b = evidence("n.a", "1"), evidence("n.b", "2")
    condition = compiled({"any": [{"n.a": "1"}, {"n.b": "no"}, {"not": {"seen.no": "any"}}]})
    assert condition.matching(facts(a, b)) == [a]
    assert condition.topics == ("n.a", "n.b", "seen.no")


def test_a_family_of_topics_is_unknown_where_its_area_was_not_seen() -> None:
    assert ask({"dark.*": "any"}) is None
    assert ask({"dark.*": "none"}) is None


@pytest.mark.parametrize(
    ("value", "key_path", "says"),
    [
        ({"seen.yess": "any"}, "when.seen.yess", "Did you mean 'seen.yes'?"),
        ({"al": [YES]}, "when.al", "Did you mean 'all'?"),
        ({"all": [{"any": [{"seen.on": "any"}]}]}, "when.all[0].any[0].seen.on", "Did you mean 'seen.no'?"),
        ({"some": {"at_least": 1, "of": [{"n.c": 1}]}}, "when.some.of[0].n.c", "Did you mean 'n."),
        ({"not": {"x": "any"}}, "when.not.x", "Known here"),
        ({"seen.yes": {"valeu": 1}}, "when.seen.yes.valeu", "Did you mean 'value'?"),
        ({"nothing.*": "any"}, "when.nothing.*", ""),
        ({}, "when", "a mapping of topics is expected"),
        ([], "when", "a mapping of topics is expected"),
        ("any", "when", "a mapping of topics is expected"),
        (None, "when", "a mapping of topics is expected"),
        ({"all": []}, "when.all", "a list of conditions is expected"),
        ({"any": YES}, "when.any", "a list of conditions is expected"),
        ({"some": [YES]}, "when.some", "at_least"),
        ({"some": {"of": [YES]}}, "when.some", "at_least"),
        ({"some": {"at_least": 1}}, "when.some", "of"),
        ({"some": {"at_least": "x", "of": [YES]}}, "when.some.at_least", "number"),
        ({"seen.yes": {"count": "many"}}, "when.seen.yes.count", "number"),
        ({"seen.yes": {"at_least": []}}, "when.seen.yes.at_least", "number"),
        ({"seen.yes": {"detail": "x"}}, "when.seen.yes.detail", "mapping"),
    ],
)  # fmt: skip
def test_a_wrong_condition_names_its_key_path_and_the_nearest_right_spelling(
    value: Any, key_path: str, says: str
) -> None:
    with pytest.raises(PolicyError) as caught:
        compiled(value)
    assert caught.value.key_path == key_path
    assert caught.value.file == "rules/x.yaml"
    assert says in str(caught.value) + caught.value.hint
