"""The ladder of levels, for comparing, and the reasons that mean "could not be seen"."""

from __future__ import annotations

LEVELS = ("unlicensed", "research-only", "restricted-weight", "open-weight", "open-toolchain", "fully-open")
"""From the lowest on; `closed` and `undetermined` are below all of them."""

_DATASET_LEVELS = {"unlicensed-data": 0, "research-only-data": 1, "restricted-data": 2, "open-data": 5}

COULD_NOT_READ = (
    "access-denied",
    "timed-out",
    "rate-limited",
    "unreachable",
    "damaged",
    "too-large",
    "unreadable",
)
"""The reasons of a report's errors that make its audit incomplete: never a pass."""


def rank(level: str) -> int:
    """A level's place on the ladder, for comparing; undetermined and closed are below everything."""
    if level in LEVELS:
        return LEVELS.index(level)
    return _DATASET_LEVELS.get(level, -1)
