"""The known facts of one license as answers to what anyone may do, each with the words of its clause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal

from openaudit.formats.safe_text import clean_name
from openaudit.formats.terms import flat

Ability = Literal["use", "change", "share", "sell", "train", "host-eu"]
Answer = Literal["yes", "if", "unknown", "no"]

_PERMITS = ("commercial_use", "modification", "redistribution", "distillation")
_EUROPE = ("european union", "eu", "eea", "europe", "european economic area")

Reading = tuple[Ability, str, Answer, str, bool]
"""The question, the topic of the clause, the answer, the clause's words (none: nothing to add), and whether it is a duty."""


def readings_of(facts: Mapping[str, Any]) -> Iterator[Reading]:
    """The facts of one license as answers, each with the words of its clause."""
    limits = list(_limits(facts))
    known = any(_tristate(facts.get(key)) for key in _PERMITS) or bool(limits)
    using: list[tuple[str, str]] = [*_purposes(facts), *limits]
    yield from _each("use", using, known)
    yield from _change(facts)
    yield from _share(facts)
    yield from _sell(facts, limits)
    yield from _train(facts)
    yield from _each("host-eu", [*using, *_europe_if(facts)], known)
    if _excludes_europe(facts) and not _only_multimodal(facts):
        yield "host-eu", "territory", "no", _territory(facts), False


def _each(ability: Ability, conditions: Sequence[tuple[str, str]], known: bool) -> Iterator[Reading]:
    if not conditions:
        yield ability, "license", "yes" if known else "unknown", "", False
    for topic, text in conditions:
        yield ability, topic, "if", text, False


def _purposes(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if _tristate(facts.get("commercial_use")) == "no":
        yield "non-commercial", _with("the purpose is not commercial", facts.get("commercial_condition"))
    if facts.get("research_only") is True:
        yield "research-only", "it is for research"


def _limits(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What limits every use: policies, purposes, thresholds, places."""
    policy, field = facts.get("acceptable_use_policy") is True, _said(facts.get("field_of_use"))
    if policy:
        yield "acceptable-use", _with("the policy on its use is kept", field if "polic" in field else "")
    if field and not (policy and "polic" in field):
        yield "field-of-use", f"the limits on purposes are kept: {field}"
    users, revenue = _mapping(facts.get("user_threshold")), _mapping(facts.get("revenue_threshold"))
    if users:
        many = _number(users.get("monthly_active_users"), "monthly active users")
        yield (
            "user-threshold",
            _or_else(f"you have fewer than {many}" if many else "you have few users", users),
        )
    if revenue:
        much = _number(revenue.get("usd"), "US dollars")
        per = f" a {clean_name(str(revenue['per']))}" if revenue.get("per") else ""
        yield (
            "revenue-threshold",
            _or_else(f"you earn less than {much}{per}" if much else "you earn little", revenue),
        )
    if _list(facts.get("territory_excluded")):
        yield "territory", f"it is not used in: {_territory(facts)}"


def _number(value: Any, unit: str) -> str:
    return f"{flat(value)} {unit}" if isinstance(value, int) and not isinstance(value, bool) else ""


def _or_else(text: str, threshold: Mapping[str, Any]) -> str:
    effect = _said(threshold.get("effect"))
    return f"{text}, else: {effect}" if effect else text


def _change(facts: Mapping[str, Any]) -> Iterator[Reading]:
    yield from _permit("change", "no-derivatives", facts, "modification", facts.get("modification_note"))
    if facts.get("naming"):
        yield "change", "naming", "if", f"the name duty is met: {_said(facts['naming'])}", False


def _share(facts: Mapping[str, Any]) -> Iterator[Reading]:
    yield from _permit(
        "share", "no-redistribution", facts, "redistribution", facts.get("redistribution_note")
    )
    if facts.get("naming"):
        yield "share", "naming", "if", f"the name duty is met: {_said(facts['naming'])}", False
    if _tristate(facts.get("share_alike")) in ("yes", "if"):
        text = _with("the same terms go along with what is made from it", facts.get("share_alike_note"))
        yield "share", "share-alike", "if", text, False
    if facts.get("attribution"):
        yield "share", "attribution", "yes", f"Credit: {_said(facts['attribution'])}", True


def _sell(facts: Mapping[str, Any], limits: Sequence[tuple[str, str]]) -> Iterator[Reading]:
    condition = _said(facts.get("commercial_condition"))
    topics = {topic for topic, _ in limits}
    if ("user-threshold" in topics and " users" in condition) or (
        "revenue-threshold" in topics and "revenue" in condition
    ):
        condition = ""  # the threshold says it better
    said = _tristate(facts.get("commercial_use"))
    by_approval = facts.get("by_approval") is True
    if said == "if" and not condition and (limits or by_approval):
        yield "sell", "commercial", "yes", "", False
    else:
        yield from _permit("sell", "non-commercial", facts, "commercial_use", condition)
    if facts.get("research_only") is True and said not in ("yes", "if"):
        yield "sell", "research-only", "no", "only research is allowed", False
    if by_approval:
        yield "sell", "by-approval", "if", "the licensor approves your application", False
    yield from (("sell", topic, "if", text, False) for topic, text in limits)


def _train(facts: Mapping[str, Any]) -> Iterator[Reading]:
    named = facts.get("distillation_naming") is True
    topic = "outputs-naming" if named else "outputs-restricted"
    yield from _permit("train", topic, facts, "distillation", facts.get("distillation_note"))
    if named and not facts.get("distillation_note"):
        yield "train", topic, "if", "models trained on outputs carry its name", False


def _permit(ability: Ability, topic: str, facts: Mapping[str, Any], key: str, note: Any) -> Iterator[Reading]:
    """A plain permission fact: yes, no, conditional, or not stated."""
    said, words = _tristate(facts.get(key)), _said(note)
    if said is None:
        yield ability, "not-stated", "unknown", "what its license says of this is not known", False
    elif said == "yes":
        yield ability, topic, "yes", words, True
    elif said == "no":
        yield ability, topic, "no", words or _NO[ability], False
    else:
        yield ability, topic, "if", words or "conditions are met that its license states", False


_NO: Final[Mapping[Ability, str]] = {
    "use": "its license does not allow it",
    "change": "no changed versions",
    "share": "it may not be passed on",
    "sell": "no commercial use",
    "train": "outputs may not train other models",
    "host-eu": "its license does not cover the EU",
}


def _excludes_europe(facts: Mapping[str, Any]) -> bool:
    places = [str(place).strip().lower() for place in _list(facts.get("territory_excluded"))]
    return any(place in _EUROPE or "european" in place for place in places)


def _only_multimodal(facts: Mapping[str, Any]) -> bool:
    return str(facts.get("territory_note") or "").startswith("multimodal models only")


def _europe_if(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if _excludes_europe(facts) and _only_multimodal(facts):
        yield "territory", "it takes text alone: multimodal models are not licensed to users in the EU"


def _territory(facts: Mapping[str, Any]) -> str:
    return _with(flat(facts.get("territory_excluded")), facts.get("territory_note"))


# ---------------------------------------------------------------- values of a report


def _tristate(value: Any) -> Answer | None:
    """A permission fact as an answer; None where the license does not speak of it."""
    if value in (True, "yes"):
        return "yes"
    if value in (False, "no"):
        return "no"
    return "if" if isinstance(value, str) and value else None


def _said(value: Any) -> str:
    return "" if value in (None, "", True, False) else flat(value)


def _with(text: str, note: Any) -> str:
    said = _said(note)
    return f"{text}: {said}" if said else text


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []
