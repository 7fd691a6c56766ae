"""Which three-word sequences stand for a text in the index, and their 32-bit hashes."""

from collections.abc import Sequence
from typing import Final

SHORT_REFERENCE: Final = 320
"""References with fewer words are sampled four times as densely, so that each keeps a few dozen n-grams."""

_DENSE_BELOW: Final = 4  # of eight: what a text is searched for
_SPARSE_BELOW: Final = 1  # of eight: what a long reference is filed under


def searched(words: Sequence[int]) -> list[tuple[int, int]]:
    """Every n-gram of a text that some reference may be filed under, as (hash, position)."""
    return [
        (one ^ two << 7 ^ three << 14, place)
        for place, (one, two, three) in enumerate(zip(words, words[1:], words[2:], strict=False))
        if (one ^ 5 * two ^ 11 * three) & 7 < _DENSE_BELOW
    ]


def filed(words: Sequence[int]) -> set[int]:
    """The n-grams that a reference is filed under."""
    below = _DENSE_BELOW if len(words) < SHORT_REFERENCE else _SPARSE_BELOW
    return {
        one ^ two << 7 ^ three << 14
        for one, two, three in zip(words, words[1:], words[2:], strict=False)
        if (one ^ 5 * two ^ 11 * three) & 7 < below
    }
