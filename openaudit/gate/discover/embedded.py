"""Text inside text: a script in a configuration, a program in a script, a cell in a notebook, each at its own place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from openaudit.gate.discover.sighting import Sighting

Places = Sequence[tuple[int, int]]
"""For each line of the inner text the line and column (from 1) of the outer one at which it begins."""


def placed(sightings: Iterable[Sighting], places: Places) -> Iterator[Sighting]:
    """The sightings of an inner text, at their places in the outer one."""
    for sighting in sightings:
        if 0 < sighting.line <= len(places):
            line, column = places[sighting.line - 1]
            yield replace(sighting, line=line, column=column + sighting.column - 1)


def places_from(line: int, column: int, text: str) -> Places:
    """Where the lines of an inner text begin that stands in the outer one as it is."""
    return [(line, column), *((line + i, 1) for i in range(1, text.count("\n") + 1))]
