"""When words that are spelled differently are the same: broken in two, glued together, or misspelt."""

from collections.abc import Sequence
from typing import Final

ARTICLES: Final = frozenset(["a", "an", "the"])

ENUMERATORS: Final = frozenset(
    [*"bcdefghijklmnopqrstuvwxyz", "ii", "iii", "iv", "vi", "vii", "viii", "ix", "xi", "xii", "xiii"]
)
"""What may number a list; alone inserted or left out they mean nothing."""

_TURNING_ENDS: Final = ("less", "able", "ible", "or", "ee", "er", "ed", "ing", "s")


def joined_alike(one: Sequence[str], two: Sequence[str]) -> bool:
    """Whether two spellings differ in spaces only ("sub license", "sublicense"; a word broken at a line's end)."""
    return "".join(one) == "".join(two)


def misspelt(found: str, meant: str) -> bool:
    """Whether `found`, a word of no known text, is `meant` with one slip of the hand.

    One letter added, dropped, changed or swapped with its neighbour, in a word of five letters or more that
    begins alike. Digits are never a slip, nor is an ending that makes another word of it.
    """
    if len(meant) < 5 or abs(len(found) - len(meant)) > 1 or found[:2] != meant[:2] or not found.isalpha():
        return False
    if found + "s" == meant or meant + "s" == found:
        return False
    start = 0
    shorter = min(len(found), len(meant))
    while start < shorter and found[start] == meant[start]:
        start += 1
    stop = 0
    while stop < shorter - start and found[-1 - stop] == meant[-1 - stop]:
        stop += 1
    left_found, left_meant = found[start : len(found) - stop], meant[start : len(meant) - stop]
    if len(left_found) <= 1 and len(left_meant) <= 1:
        return not (found.endswith(_TURNING_ENDS) and not meant.endswith(_TURNING_ENDS) and stop == 0)
    return len(left_found) == len(left_meant) == 2 and left_found == left_meant[::-1]
