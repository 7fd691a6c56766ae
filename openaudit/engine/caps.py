"""What a derivative can be at most: its base's data and training code are part of it.

Source: the public contract, "Derivatives": training data is at most as open as the base's, training code at most
`described` where the base's is not public; the two highest levels need every base to have been read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from openaudit.vocabulary import ComponentFinding, Evidence, EvidenceSet, Status

_OPENNESS = (Status.OPEN, Status.RESTRICTED, Status.UNLICENSED, Status.DESCRIBED, Status.ABSENT)
_PUBLIC = (Status.OPEN, Status.RESTRICTED, Status.UNLICENSED)


def capped(components: Sequence[ComponentFinding], seen: EvidenceSet) -> tuple[ComponentFinding, ...]:
    """The components with those of a derivative lowered to what its bases allow, as far as the rules know them."""
    bases = [*seen.of("base.named"), *seen.of("base.implied")]
    return tuple(_capped(component, bases) for component in components)


def _capped(component: ComponentFinding, bases: Sequence[Evidence]) -> ComponentFinding:
    limits = {"datasets": _data, "training_code": _code}.get(component.id)
    if limits is None or component.status not in _OPENNESS:
        return component
    unseen = next((base for base in bases if _is_certain(base) and not _said(base, component.id)), None)
    if unseen is not None and component.status in _PUBLIC:
        return _unknown(component, unseen)
    for limit, base in limits(bases):
        if _OPENNESS.index(limit) > _OPENNESS.index(component.status):
            component = _lowered(component, limit, base)
    return component


def _is_certain(base: Evidence) -> bool:
    """Whether the metadata names it: a base known from prose alone may be none."""
    return base.topic == "base.named" and base.confidence >= 0.9


def _unknown(component: ComponentFinding, base: Evidence) -> ComponentFinding:
    """What holds for the whole cannot be told while a base was neither read nor is known."""
    what = "training data" if component.id == "datasets" else "training code"
    return replace(
        component,
        status=Status.UNKNOWN,
        reason=f"{component.reason} For the whole it could not be told: the {what} of its base {base.value} was not seen.",
        confidence=min(component.confidence, 0.5),
    )


def _lowered(component: ComponentFinding, limit: Status, base: Evidence) -> ComponentFinding:
    what = "training data" if component.id == "datasets" else "training code"
    said = f"the {what} of its base {base.value} is {_said(base, component.id)}"
    share = component.points / component.weight if component.weight else 0.0
    most = {Status.DESCRIBED: 0.3, Status.ABSENT: 0.0}.get(limit, share)
    return replace(
        component,
        status=limit,
        reason=f"{component.reason} For the whole, at most {limit.value}: {said}.",
        points=round(min(share, most) * component.weight, 2),
        evidence=(*component.evidence[:3], base),
    )


def _said(base: Evidence, component: str) -> str:
    said = base.detail.get("training_data" if component == "datasets" else "training_code", "")
    return "" if said == Status.UNKNOWN.value else said


def _data(bases: Sequence[Evidence]) -> Iterator[tuple[Status, Evidence]]:
    for base in bases:
        status = base.detail.get("training_data", "")
        if status in {known.value for known in _OPENNESS}:
            yield Status(status), base


def _code(bases: Sequence[Evidence]) -> Iterator[tuple[Status, Evidence]]:
    for base in bases:
        status = base.detail.get("training_code", "")
        if status and status in {known.value for known in _OPENNESS} and Status(status) not in _PUBLIC:
            yield Status.DESCRIBED, base
