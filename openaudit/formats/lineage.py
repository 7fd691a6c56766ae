"""What a model was made from, as a strip of generations: the roots first, each with what its license imposes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from openaudit.formats.safe_text import clean, clean_name, portable
from openaudit.formats.terms import term_in_words
from openaudit.vocabulary import Ancestor, Grant, Reach, Report

MOST_GENERATIONS = 12
MOST_IN_A_GENERATION = 16
_MOST_TERMS = 12

REACH_WORDS = {Reach.READ: "read", Reach.FACTS: "not read, known from the rules", Reach.UNREAD: "not read"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kin:
    """One ancestor in the strip. `makes` are the models made from it, each with how; `imposes` its license's limits and
    duties in words; `binds` is true for the one whose license decides the grant of the audited model."""

    ancestor: Ancestor
    makes: tuple[tuple[str, str], ...]
    imposes: tuple[str, ...]
    binds: bool = False

    @property
    def name(self) -> str:
        """Its id, fit to show."""
        return clean_name(portable(self.ancestor.id))

    @property
    def seen(self) -> str:
        """How it is known, in words."""
        return REACH_WORDS[self.ancestor.reach]

    @property
    def why(self) -> str:
        """Why it was not read; empty where it was."""
        return clean(self.ancestor.why) if self.ancestor.reach is not Reach.READ else ""

    @property
    def license(self) -> str:
        """Its license by name, or that none is granted, or that it was not seen."""
        ancestor = self.ancestor
        named = ancestor.license_name or ancestor.license
        if named:
            return clean_name(named)
        return "no license granted" if ancestor.grant is Grant.UNLICENSED else "license not seen"

    @property
    def relation(self) -> str:
        """What was made from it, and how."""
        return " and ".join(dict.fromkeys(f"{how} → {what}" for how, what in self.makes[:6]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """The ancestors at the same distance, `depth` steps above the model; `left_out` how many more there are."""

    depth: int
    kin: tuple[Kin, ...]
    left_out: int = 0


def strip_of(report: Report) -> tuple[Generation, ...]:
    """The generations above the model, the most distant first; empty where it names no ancestor.

    An ancestor that is reached by several ways stands once, at its greatest distance. What is beyond
    `MOST_GENERATIONS` is left out; cycles cannot be: the edges are a list.
    """
    by_depth: dict[int, list[Kin]] = {}
    for kin in _kin(report):
        by_depth.setdefault(kin.ancestor.depth, []).append(kin)
    nearest = sorted(by_depth)[:MOST_GENERATIONS]
    return tuple(
        Generation(
            depth=depth,
            kin=tuple(by_depth[depth][:MOST_IN_A_GENERATION]),
            left_out=max(0, len(by_depth[depth]) - MOST_IN_A_GENERATION),
        )
        for depth in reversed(nearest)
    )


def unread_in(generations: Sequence[Generation]) -> int:
    """How many ancestors of the strip were not read themselves."""
    return sum(
        1 for generation in generations for kin in generation.kin if kin.ancestor.reach is not Reach.READ
    )


def _kin(report: Report) -> list[Kin]:
    found: dict[str, Kin] = {}
    for ancestor in report.lineage:
        key = ancestor.id.lower()
        edge = (clean_name(ancestor.relation), clean_name(portable(ancestor.of or report.id)))
        known = found.get(key)
        if known is None:
            found[key] = Kin(
                ancestor=ancestor,
                makes=(edge,),
                imposes=tuple(dict.fromkeys(term_in_words(name) for name in ancestor.terms[:_MOST_TERMS])),
                binds=_binds(report, ancestor),
            )
        else:
            deeper = max(known.ancestor, ancestor, key=lambda each: each.depth)
            found[key] = replace(known, ancestor=deeper, makes=tuple(dict.fromkeys((*known.makes, edge))))
    return list(found.values())


def _binds(report: Report, ancestor: Ancestor) -> bool:
    bound_by = report.license.bound_by
    return bound_by is not None and bound_by.lower() == ancestor.id.lower()
