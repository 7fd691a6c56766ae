"""Finds the end of a long array of strings in a GGUF header without reading it.

A vocabulary and its merges take megabytes in which every string must be passed to reach the next. Strings of this
kind are easy to tell from what follows them, so their end is searched by halving, at 4 KiB a probe. The reader that
uses this says so, because what a search passes over was not seen.
"""

import re

from openaudit.artifacts.reader import BudgetedReader, BudgetSpentError

PROBE_BYTES = 4096
_MAX_STRING_BYTES = 1024
_MAX_STEPS = 64
_MIN_STRINGS = 6
_NAME = re.compile(rb"[A-Za-z0-9_\-]+(?:\.[A-Za-z0-9_\-]+)+")
_MAX_TYPE = 12


def array_end(reader: BudgetedReader, start: int, count: int, order: str) -> int | None:
    """The offset behind an array of `count` strings that begins at `start`; None when the search fails.

    The strings have 8-byte lengths (GGUF 2 and later) in the byte order "<" or ">". The search takes steps that
    are shorter than the array of numbers that stands between a vocabulary and its merges.
    """
    end = reader.end
    if end is None:
        return None
    byteorder = "little" if order == "<" else "big"
    low, step = start, max(PROBE_BYTES, count * 7 // 2)
    high = start + count * 9
    try:
        for _ in range(_MAX_STEPS):
            if high + PROBE_BYTES > end or _synchronised(reader, high, byteorder) is None:
                break
            low, high = high, high + step
        else:
            return None
        high = min(high, end)
        while high - low > PROBE_BYTES:
            middle = (low + high) // 2
            if _synchronised(reader, middle, byteorder) is None:
                high = middle
            else:
                low = middle
        return _boundary(reader, low, start, byteorder)
    except BudgetSpentError:
        return None


def _synchronised(reader: BudgetedReader, offset: int, byteorder: str) -> int | None:
    """Where the first whole string in the probe at `offset` begins; None when there is no chain of strings."""
    window = reader.read_at(offset, PROBE_BYTES)
    for first in range(min(_MAX_STRING_BYTES + 8, len(window) - 8)):
        length_byte = window[first] if byteorder == "little" else window[first + 7]
        if not length_byte:
            continue
        chain = _chain(window, first, byteorder)
        if len(chain) >= _MIN_STRINGS and chain[-1] > len(window) - _MAX_STRING_BYTES - 8:
            return offset + first
    return None


def _chain(window: bytes, position: int, byteorder: str) -> list[int]:
    """Where the strings begin that follow one another from `position`; empty ones end the chain."""
    begins: list[int] = []
    while position + 8 <= len(window):
        length = int.from_bytes(window[position : position + 8], "little" if byteorder == "little" else "big")
        if not 0 < length <= _MAX_STRING_BYTES:
            break
        begins.append(position)
        position += 8 + length
    return begins


def _boundary(reader: BudgetedReader, low: int, start: int, byteorder: str) -> int | None:
    """Where the record behind the strings begins: a key, or a tensor's name, which looks like one more string."""
    window = reader.read_at(low, 4 * PROBE_BYTES)
    first = 0 if low == start else (_synchronised(reader, low, byteorder) or low) - low
    for position in reversed(_chain(window, first, byteorder)[-4:]):
        length = int.from_bytes(window[position : position + 8], "little" if byteorder == "little" else "big")
        name = window[position + 8 : position + 8 + length]
        kind = window[position + 8 + length : position + 12 + length]
        value = int.from_bytes(kind, "little" if byteorder == "little" else "big")
        if len(kind) == 4 and value <= _MAX_TYPE and _NAME.fullmatch(name):
            return low + position
    return None
