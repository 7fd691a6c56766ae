"""Which three-word sequences stand for a text in the index, and their 32-bit hashes."""

from collections.abc import Sequence
from typing import Final

SHORT_REFERENCE: Final = 320
"""References with fewer words are sampled four times as densely, so that each keeps a few dozen n-grams."""

_SAMPLE_MASK: Final = 31 << 20
_DENSE_BELOW: Final = 16 << 20  # one n-gram of two: what a text is searched for
_SPARSE_BELOW: Final = 4 << 20  # one of eight: what a long reference is filed under


def searched(words: Sequence[int]) -> list[tuple[int, int]]:
    """Every n-gram of a text that some reference may be filed under, as (hash, position)."""
    return [
        (code, place)
        for place, (one, two, three) in enumerate(zip(words, words[1:], words[2:], strict=False))
        if (code := (one * 0x9E3779B1 ^ two * 0x85EBCA6B ^ three * 0xC2B2AE35 ^ two >> 3) & 0xFFFFFFFF)
        & _SAMPLE_MASK
        < _DENSE_BELOW
    ]


def filed(words: Sequence[int]) -> set[int]:
    """The n-grams that a reference is filed under."""
    codes = {code for code, _ in searched(words)}
    if len(words) < SHORT_REFERENCE:
        return codes
    return {code for code in codes if code & _SAMPLE_MASK < _SPARSE_BELOW}
