"""Waivers: which violations they cover, and why one that is there does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from openaudit.gate.policy import PlacedWaiver
from openaudit.gate.result import Violation, Waived


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What is left of some violations, what was waived, and the numbers (from 0) of the waivers that spoke of one of
    them, valid or not."""

    violations: tuple[Violation, ...]
    waived: tuple[Waived, ...]
    used: frozenset[int]


def settle(
    target: str, violations: Sequence[Violation], waivers: Sequence[PlacedWaiver], today: str
) -> Settled:
    """Each violation of `target` under the waivers for it. A waiver holds through its last day (`today` is an ISO
    date), and only for the evidence that it was written for; a void one is named in the violation that it lost."""
    left: list[Violation] = []
    waived: list[Waived] = []
    used: set[int] = set()
    for violation in violations:
        numbers = [n for n, placed in enumerate(waivers) if _speaks_of(placed, target, violation)]
        used.update(numbers)
        mine = [waivers[n] for n in numbers]
        valid = [p for p in mine if p.waiver.evidence == violation.evidence and today <= p.waiver.expires]
        if valid:
            last = max(valid, key=lambda placed: placed.waiver.expires)
            waived.append(Waived(violation=violation, waiver=last.waiver))
        else:
            why = " ".join(_void(placed, violation, today) for placed in mine)
            left.append(_printed(replace(violation, message=f"{violation.message} {why}".strip())))
    return Settled(violations=tuple(left), waived=tuple(waived), used=frozenset(used))


def unused(waivers: Sequence[PlacedWaiver], used: frozenset[int], file: str, today: str) -> tuple[str, ...]:
    """A note for each waiver that no violation needed."""
    notes = []
    for number, placed in enumerate(waivers):
        if number in used:
            continue
        waiver = placed.waiver
        expired = f", expired on {waiver.expires}" if today > waiver.expires else ""
        notes.append(
            f"{file}:{placed.line}: the waiver for {waiver.model} ({waiver.rule}{expired}) is for nothing that is wrong: "
            "remove it."
        )
    return tuple(notes)


def _speaks_of(placed: PlacedWaiver, target: str, violation: Violation) -> bool:
    waiver = placed.waiver
    return waiver.rule == violation.rule and waiver.model.lower() in (
        target.lower(),
        target.partition("@")[0].lower(),
    )


def _void(placed: PlacedWaiver, violation: Violation, today: str) -> str:
    waiver = placed.waiver
    whose = f"The waiver of {waiver.owner} (line {placed.line})"
    if waiver.evidence != violation.evidence:
        return f"{whose} is void: it was written for other evidence ({waiver.evidence[:19]}...)."
    return f"{whose} expired on {waiver.expires}."


def _printed(violation: Violation) -> Violation:
    """With the digest that a waiver has to carry."""
    how = f"To waive it: rule {violation.rule}, evidence {violation.evidence}"
    return replace(violation, fix=f"{violation.fix} {how}".strip())
