"""What a derivative can be at most: its base's data and training code are part of it.

Source: the public contract, "Derivatives": training data is at most as open as the base's, training code at most
`described` where the base's is not public.
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
    for limit, base in limits(bases):
        if _OPENNESS.index(limit) > _OPENNESS.index(component.status):
            component = _lowered(component, limit, base)
    return component


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
    return base.detail["training_data" if component == "datasets" else "training_code"]


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
