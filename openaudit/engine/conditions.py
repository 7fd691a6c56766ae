"""Three-valued conditions of rules over evidence: true, false, or "could not be looked at"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from openaudit.rule_files import RuleFile
from openaudit.vocabulary import Evidence

SLOT = re.compile(r"\{([a-z.*|-]+)\}")
"""A slot of a text, filled by the value of a topic or of the first of several."""
_MOST_KEPT = 512
_T = TypeVar("_T")
Answer = bool | None
"""True, False, or None: the area of the topic could not be looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Evidence by topic, the area of each topic, and the areas that could not be looked at with the reason."""

    by_topic: Mapping[str, Sequence[Evidence]]
    areas: Mapping[str, str]
    unseen: Mapping[str, str]

    def of(self, topic: str) -> Sequence[Evidence]:
        """The evidence of a topic; `family.*` stands for all topics that begin with `family.`."""
        if topic.endswith(".*"):
            prefix = topic[:-1]
            return [e for name, found in self.by_topic.items() if name.startswith(prefix) for e in found]
        return self.by_topic.get(topic, ())

    def missing(self, topic: str) -> Answer:
        """What an absence of evidence means: False where it was looked for, None where it could not be."""
        if not self.unseen:
            return False
        area = self.areas.get(topic)
        if area is not None:  # nearly always; asked for every condition that nothing speaks to
            return None if self.unseen.get(area) else False
        return None if self._why(topic) else False

    def why_unseen(self, topics: Sequence[str]) -> str:
        """Why the first of the topics that could not be looked at could not."""
        return next((reason for topic in topics if (reason := self._why(topic))), "")

    def _why(self, topic: str) -> str:
        """Why a topic, or one of a family of topics (`family.*`), could not be looked at; "" where it was."""
        if not self.unseen:
            return ""
        area = self.areas.get(topic)
        if area is None and topic.endswith(".*"):
            members = (area for name, area in self.areas.items() if name.startswith(topic[:-1]))
            return next((self.unseen[area] for area in members if area in self.unseen), "")
        return self.unseen.get(area or "", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A compiled condition: `ask` answers it; `topics` are those it reads, in order."""

    ask: Callable[[Facts], Answer]
    matching: Callable[[Facts], list[Evidence]]
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known(Generic[_T]):
    """The areas of one set of rules, which of them a scope's topics lie in, and the answers kept by what of those could
    not be looked at."""

    areas: Mapping[str, str]
    mine: tuple[str, ...]
    kept: dict[tuple[str, ...], _T]


class Scope(Generic[_T]):
    """What an answer rests on: the topics of conditions, and those that the `{slots}` of a text are filled from.

    Where there is evidence of none of them, the answer depends on nothing but what could not be looked at. That is so
    of most rules for most models, so such answers are kept.
    """

    __slots__ = ("_known", "_prefixes", "_topics")

    def __init__(
        self, conditions: Iterable[Condition], texts: Iterable[str] = (), more: Iterable[str] = ()
    ) -> None:
        slots = [topic for text in texts for match in SLOT.findall(text) for topic in match.split("|")]
        topics = {*(topic for one in conditions for topic in one.topics), *slots, *more}
        self._topics = frozenset(topic for topic in topics if not topic.endswith("*"))
        self._prefixes = tuple(topic.rstrip("*") for topic in topics if topic.endswith("*"))
        self._known: _Known[_T] = _Known(areas={}, mine=(), kept={})

    def answer(self, facts: Facts, find: Callable[[], _T]) -> _T:
        """What `find` finds; where the facts are blank, what it found for others that were as blank."""
        if not self._topics.isdisjoint(facts.by_topic):
            return find()
        if self._prefixes and any(name.startswith(self._prefixes) for name in facts.by_topic):
            return find()
        known = self._known
        if known.areas is not facts.areas:
            known = self._known = self._known_of(facts.areas)
        unseen = facts.unseen
        blank = tuple([unseen.get(area, "") for area in known.mine]) if unseen else ()
        answer = known.kept.get(blank)
        if answer is None:
            answer = find()
            if len(known.kept) < _MOST_KEPT:
                known.kept[blank] = answer
        return answer

    def _known_of(self, areas: Mapping[str, str]) -> _Known[_T]:
        mine = {
            area for topic, area in areas.items() if topic in self._topics or topic.startswith(self._prefixes)
        }
        return _Known(areas=areas, mine=tuple(sorted(mine)), kept={})


def compile_condition(
    file: RuleFile, value: Any, keys: tuple[str | int, ...], topics: Mapping[str, str]
) -> Condition:
    """A condition out of a rule file.

    A mapping of topics, all of which must hold; `all`, `any`, `not` and `some` (`at_least` of a list) combine. A topic is asked for
    `any` (seen), `none` (looked for and not there), a value, a list of values, or a mapping of
    `value`, `at_least` (the sum of numeric values), `count` (pieces of evidence), `confidence` (at least) and `detail`.

    Raises:
        PolicyError: an unknown topic or key, with the nearest right spelling.
    """
    if value is True:
        return Condition(ask=lambda facts: True, matching=lambda facts: [], topics=())
    if not isinstance(value, dict) or not value:
        raise file.wrong("a mapping of topics is expected.", *keys)
    parts: list[Condition] = []
    for key, wanted in value.items():
        if key in ("all", "any"):
            if not isinstance(wanted, list) or not wanted:
                raise file.wrong("a list of conditions is expected.", *keys, key)
            members = [
                compile_condition(file, item, (*keys, key, i), topics) for i, item in enumerate(wanted)
            ]
            parts.append(_combined(members, every=key == "all"))
        elif key == "some":
            least, of = _least_of(file, wanted, (*keys, key))
            members = [
                compile_condition(file, item, (*keys, key, "of", i), topics) for i, item in enumerate(of)
            ]
            parts.append(_some(members, least))
        elif key == "not":
            parts.append(_negated(compile_condition(file, wanted, (*keys, key), topics)))
        elif key in topics or (key.endswith(".*") and any(name.startswith(key[:-1]) for name in topics)):
            parts.append(_topic(file, key, wanted, (*keys, key)))
        else:
            raise file.unknown_key(key, [*topics, "all", "any", "not", "some"], *keys)
    return parts[0] if len(parts) == 1 else _combined(parts, every=True)


def _least_of(file: RuleFile, wanted: Any, keys: tuple[str | int, ...]) -> tuple[int, list[Any]]:
    if (
        not isinstance(wanted, dict)
        or set(wanted) != {"at_least", "of"}
        or not isinstance(wanted["of"], list)
    ):
        raise file.wrong("a mapping of `at_least` and `of`, a list of conditions, is expected.", *keys)
    return int(_number_of(file, wanted["at_least"], (*keys, "at_least"))), wanted["of"]


def _number_of(file: RuleFile, value: Any, keys: tuple[str | int, ...]) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise file.wrong("a number is expected.", *keys)
    return float(value)


def _combined(parts: Sequence[Condition], *, every: bool) -> Condition:
    """Kleene's `and` (every) or `or`."""
    decisive = not every

    asks = [part.ask for part in parts]

    def ask(facts: Facts) -> Answer:
        unclear = False
        for one in asks:
            answer = one(facts)
            if answer is decisive:
                return decisive
            unclear = unclear or answer is None
        return None if unclear else every

    def matching(facts: Facts) -> list[Evidence]:
        return [e for part in parts if part.ask(facts) for e in part.matching(facts)]

    return Condition(ask=ask, matching=matching, topics=tuple(t for part in parts for t in part.topics))


def _some(parts: Sequence[Condition], least: int) -> Condition:
    """At least so many of the parts hold."""

    def ask(facts: Facts) -> Answer:
        answers = [part.ask(facts) for part in parts]
        if answers.count(True) >= least:
            return True
        return None if answers.count(True) + answers.count(None) >= least else False

    def matching(facts: Facts) -> list[Evidence]:
        return [e for part in parts if part.ask(facts) for e in part.matching(facts)]

    return Condition(ask=ask, matching=matching, topics=tuple(t for part in parts for t in part.topics))


def _negated(part: Condition) -> Condition:
    def ask(facts: Facts) -> Answer:
        answer = part.ask(facts)
        return None if answer is None else not answer

    return Condition(ask=ask, matching=lambda facts: [], topics=part.topics)


_TESTS = ("value", "not_value", "at_least", "count", "confidence", "detail")


def _topic(file: RuleFile, topic: str, wanted: Any, keys: tuple[str | int, ...]) -> Condition:
    if wanted == "none":
        return Condition(
            ask=lambda facts: False if facts.of(topic) else (None if facts.missing(topic) is None else True),
            matching=lambda facts: [],
            topics=(topic,),
        )
    tests = wanted if isinstance(wanted, dict) else ({} if wanted == "any" else {"value": wanted})
    for key in tests:
        if key not in _TESTS:
            raise file.unknown_key(key, _TESTS, *keys)
    for key in ("at_least", "count", "confidence"):
        if key in tests:
            _number_of(file, tests[key], (*keys, key))
    if not isinstance(tests.get("detail", {}), dict):
        raise file.wrong("a mapping is expected.", *keys, "detail")
    holds = _evidence_test(tests)

    def matching(facts: Facts) -> list[Evidence]:
        return [e for e in facts.of(topic) if holds(e)]

    return Condition(ask=_ask(topic, tests, holds), matching=matching, topics=(topic,))


def _ask(
    topic: str, tests: Mapping[str, Any], holds: Callable[[Evidence], bool]
) -> Callable[[Facts], Answer]:
    """Whether enough evidence of a topic holds; one piece, which most conditions ask for, is found without counting."""
    count = int(tests.get("count", 1))
    at_least = float(tests["at_least"]) if "at_least" in tests else None

    def one(facts: Facts) -> Answer:
        for evidence in facts.by_topic.get(topic, ()):
            if holds(evidence):
                return True
        return facts.missing(topic)

    def several(facts: Facts) -> Answer:
        found = [e for e in facts.of(topic) if holds(e)]
        enough = len(found) >= count
        if enough and at_least is not None:
            enough = sum(_number(e.value) for e in found) >= at_least
        return True if enough else facts.missing(topic)

    return one if count == 1 and at_least is None and not topic.endswith(".*") else several


def _evidence_test(tests: Mapping[str, Any]) -> Callable[[Evidence], bool]:
    def as_texts(value: Any) -> frozenset[str]:
        return frozenset(str(item) for item in (value if isinstance(value, list) else [value]))

    values = as_texts(tests["value"]) if "value" in tests else None
    excluded = as_texts(tests["not_value"]) if "not_value" in tests else frozenset()
    details = {key: as_texts(value) for key, value in tests.get("detail", {}).items()}
    sure = float(tests.get("confidence", 0))

    if values is None and not excluded and not details:
        return lambda evidence: evidence.confidence >= sure
    if values is not None and not excluded and not details and sure <= 0:
        return lambda evidence: evidence.value in values

    def holds(evidence: Evidence) -> bool:
        return (
            (values is None or evidence.value in values)
            and evidence.value not in excluded
            and evidence.confidence >= sure
            and all(evidence.detail.get(key, "") in wanted for key, wanted in details.items())
        )

    return holds


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
