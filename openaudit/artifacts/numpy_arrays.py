"""NumPy's .npy files: dtype and shape, and the pickle that an array of objects really is.

Source: numpy/lib/format.py (the NPY format, versions 1.0 to 3.0).
"""

import re

from openaudit.artifacts.artifact import DamagedError, Draft
from openaudit.artifacts.cursor import Cursor
from openaudit.artifacts.pickles import numpy_dtype, read_pickles
from openaudit.artifacts.reader import BudgetedReader

MAGIC = b"\x93NUMPY"
_MAX_HEADER_BYTES = 64 * 1024
_DESCR = re.compile(r"""["']descr["']\s*:\s*(?:["']([^"']{1,64})["']|(\[))""")
_SHAPE = re.compile(r"""["']shape["']\s*:\s*\(([\d\s,L]{0,1000})\)""")


def matches(head: bytes) -> bool:
    """True for the magic of NPY."""
    return head[:6] == MAGIC


def read_array(reader: BudgetedReader, draft: Draft) -> None:
    """Read one array's header into the draft, and follow its pickle when it holds objects.

    Raises: DamagedError, BudgetSpentError.
    """
    draft.format = "npy" if draft.format == "unknown" else draft.format
    draft.framework = draft.framework or "numpy"
    cursor = Cursor(reader, 6)
    major = cursor.unsigned(1)
    cursor.skip(1)
    if major not in (1, 2, 3):
        raise DamagedError("bad-version", f"NPY version {major} is not known", 6)
    length = cursor.unsigned(2 if major == 1 else 4)
    if length > _MAX_HEADER_BYTES:
        raise DamagedError("header-too-large", f"a header of {length} bytes", 8)
    header = cursor.read(length).decode("utf-8" if major == 3 else "latin-1", "replace")
    descr, shape = _DESCR.search(header), _SHAPE.search(header)
    if descr is None or shape is None:
        raise DamagedError("bad-header", "no readable dtype or shape", 10)
    if (
        "O" in re.findall(r"[<>|=]?([A-Za-z])\d*", descr[1])
        if descr[1]
        else re.search(r"['\"]\|?O\d*['\"]", header)
    ):
        draft.note("dtype", "object")
        read_pickles(reader, draft, cursor.offset)
        draft.presumption = "an array of Python objects is a pickle; what it imports was followed"
        return
    draft.presume_safe("an array of numbers; loading it runs no code")
    if descr[1]:
        _count(descr[1], shape[1], cursor, draft)


def _count(descr: str, shape: str, cursor: Cursor, draft: Draft) -> None:
    """Count the elements, and see that the data is as long as they need."""
    elements = 1
    for size in re.findall(r"\d+", shape):
        elements *= int(size) if len(size) < 20 else 2**63
        if elements >= 2**63:
            draft.problem("size-overflow", "an array of more than 2^63 elements", 10)
            return
    draft.count(numpy_dtype(descr), elements)
    draft.parameters_seen = True
    item = re.fullmatch(r"[<>|=]?([A-Za-z?])(\d*)(?:\[\w+\])?", descr)
    if item is None:
        draft.problem("unknown-dtype", f"the dtype {descr!r} is not known", 10)
        return
    size = int(item[2] or 1) * (4 if item[1] == "U" else 1) if len(item[2]) < 10 else 2**63
    limit = cursor.limit
    if limit is not None and elements * size > limit - cursor.offset:
        needed = elements * size
        draft.problem(
            "truncated", f"{needed} bytes of data expected, {limit - cursor.offset} are there", cursor.offset
        )
    elif limit is not None and elements * size < limit - cursor.offset:
        draft.problem(
            "trailing-bytes", "bytes that belong to no array follow", cursor.offset + elements * size
        )
