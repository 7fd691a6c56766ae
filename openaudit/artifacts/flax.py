"""Flax's msgpack checkpoints and Orbax's notes: the tensors of a JAX model.

Source: flax/serialization.py (_MsgpackExtType, chunked arrays), https://github.com/msgpack/msgpack/blob/master/spec.md,
orbax/checkpoint/_src/metadata/tree.py.
"""

import re
from typing import Any

from openaudit.artifacts.archives import parse_json
from openaudit.artifacts.artifact import DamagedError, Draft, clean_text
from openaudit.artifacts.cursor import Cursor
from openaudit.artifacts.reader import BudgetedReader

_ARRAY_EXTENSIONS = (1, 3)  # ndarray, numpy scalar
_MAX_DEPTH = 200
_MAX_NODES = 500_000
_MAX_JSON_BYTES = 900_000
_DTYPES = {
    "float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16", "int64": "I64", "int32": "I32",
    "int16": "I16", "int8": "I8", "uint64": "U64", "uint32": "U32", "uint16": "U16", "uint8": "U8", "bool": "BOOL",
    "complex64": "C64", "complex128": "C128", "float8_e4m3fn": "F8_E4M3", "float8_e5m2": "F8_E5M2", "int4": "I4",
}  # fmt: skip
_SIZES = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4, 0xC7: 1, 0xC8: 2, 0xC9: 4}
_FIXED = {0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8}


def matches(head: bytes) -> bool:
    """True when the file begins with a msgpack map whose first key is a readable name."""
    if not head or not (0x81 <= head[0] <= 0x8F or head[0] in (0xDE, 0xDF)):
        return False
    start = {0xDE: 3, 0xDF: 5}.get(head[0], 1)
    lead = head[start : start + 1]
    if lead and 0xA1 <= lead[0] <= 0xBF:
        name = head[start + 1 : start + 1 + (lead[0] & 31)]
    elif lead == b"\xd9":
        name = head[start + 2 : start + 2 + head[start + 1]] if len(head) > start + 1 else b""
    else:
        return False
    return re.fullmatch(rb"[\w .:/\-]{1,255}", name) is not None


def read_flax(reader: BudgetedReader, draft: Draft) -> None:
    """Walk the tree of a msgpack checkpoint, counting arrays without reading them.

    Raises: DamagedError, BudgetSpentError.
    """
    draft.format, draft.framework = "flax-msgpack", "jax"
    draft.presume_safe("msgpack holds data only; restoring it runs no code")
    cursor = Cursor(reader, 0, order=">")
    open_counts, nodes = [1], 0
    while open_counts:
        if not open_counts[-1]:
            open_counts.pop()
            continue
        open_counts[-1] -= 1
        nodes += 1
        if nodes > _MAX_NODES:
            raise DamagedError("budget", f"more than {_MAX_NODES} values", cursor.offset)
        children = _value(cursor, draft)
        if children:
            open_counts.append(children)
            if len(open_counts) > _MAX_DEPTH:
                raise DamagedError("too-deep", "maps are nested too deeply", cursor.offset)
    draft.parameters_seen = bool(draft.dtypes)
    if not cursor.at_end:
        draft.problem("trailing-bytes", "bytes follow the checkpoint", cursor.offset)


def _value(cursor: Cursor, draft: Draft) -> int:
    """Pass over one value; the number of values inside it if it is a map or an array."""
    at = cursor.offset
    lead = cursor.read(1)[0]
    if lead <= 0x7F or lead >= 0xE0 or lead in (0xC0, 0xC2, 0xC3):
        return 0
    if lead <= 0x8F:
        return (lead & 15) * 2
    if lead <= 0x9F:
        return lead & 15
    if lead <= 0xBF:
        cursor.skip(lead & 31)
    elif lead in (0xDC, 0xDD):
        return cursor.unsigned(2 if lead == 0xDC else 4)
    elif lead in (0xDE, 0xDF):
        return cursor.unsigned(2 if lead == 0xDE else 4) * 2
    elif lead in _FIXED:
        cursor.skip(_FIXED[lead])
    elif lead in (0xC7, 0xC8, 0xC9):
        _extension(cursor, cursor.unsigned(_SIZES[lead]), draft)
    elif 0xD4 <= lead <= 0xD8:
        _extension(cursor, 1 << (lead - 0xD4), draft)
    elif lead in _SIZES:
        cursor.skip(cursor.unsigned(_SIZES[lead]))
    else:
        raise DamagedError("bad-value", f"0x{lead:02x} begins no msgpack value", at)
    return 0


def _extension(cursor: Cursor, length: int, draft: Draft) -> None:
    """Count an array from the (shape, dtype, bytes) inside its extension value."""
    kind = cursor.signed(1)
    end = cursor.offset + length
    if kind in _ARRAY_EXTENSIONS and length > 3:
        shape, dtype = _shape_and_dtype(Cursor(cursor.reader, cursor.offset, end=end, order=">"))
        if dtype is None:
            draft.problem("bad-array", "an array without a readable shape", cursor.offset)
        else:
            elements = 1
            for size in shape:
                elements *= size
            if elements < 2**63:
                draft.count(_DTYPES.get(dtype, clean_text(dtype, 40)), elements)
            else:
                draft.problem("size-overflow", "an array of more than 2^63 elements", cursor.offset)
    cursor.skip(length)


def _shape_and_dtype(cursor: Cursor) -> tuple[list[int], str | None]:
    try:
        if cursor.unsigned(1) != 0x93:
            return [], None
        lead = cursor.unsigned(1)
        if not 0x90 <= lead <= 0x9F:
            return [], None
        shape = [_integer(cursor) for _ in range(lead & 15)]
        lead = cursor.unsigned(1)
        length = lead & 31 if 0xA0 <= lead <= 0xBF else cursor.unsigned(1) if lead == 0xD9 else 0
        name = cursor.read(length).decode("utf-8", "replace")
    except DamagedError:
        return [], None
    return shape, name or None


def _integer(cursor: Cursor) -> int:
    lead = cursor.unsigned(1)
    if lead <= 0x7F:
        return lead
    if lead in (0xCC, 0xCD, 0xCE, 0xCF):
        return cursor.unsigned(1 << (lead - 0xCC))
    raise DamagedError("bad-array", "a size that is no whole number", cursor.offset)


def read_orbax_json(reader: BudgetedReader, draft: Draft) -> None:
    """Read one of Orbax's JSON notes (`_METADATA`, `_CHECKPOINT_METADATA`, array metadata) or a `.zarray`.

    Raises: DamagedError, BudgetSpentError.
    """
    draft.format, draft.framework = "orbax", "jax"
    draft.presume_safe("notes about a checkpoint; they carry no code")
    value = parse_json(reader.read_at(0, _MAX_JSON_BYTES + 1)[:_MAX_JSON_BYTES])
    if not isinstance(value, dict):
        raise DamagedError("bad-metadata", "Orbax's notes are not an object", 0)
    if isinstance(tree := value.get("tree_metadata"), dict):
        draft.note("tensors", len(tree))
    for key in ("custom_metadata", "item_handlers"):
        if key in value:
            draft.note(key, str(value[key]))
    for shape, dtype in _described_arrays(value):
        elements = 1
        for size in shape[:64]:
            elements *= size
        if elements < 2**63:
            draft.count(_DTYPES.get(dtype, clean_text(dtype, 40)), elements)
            draft.parameters_seen = True


def _described_arrays(value: dict[str, Any]) -> list[tuple[list[int], str]]:
    """Shapes with dtypes: of a zarr array itself, or of every array in Orbax's array metadata."""
    if "zarr_format" in value:
        described = [(value.get("shape"), value.get("dtype"))]
    else:
        rows = value.get("array_metadatas")
        inner = (
            [row.get("array_metadata") for row in rows if isinstance(row, dict)]
            if isinstance(rows, list)
            else []
        )
        described = [(row.get("shape"), row.get("dtype")) for row in inner if isinstance(row, dict)]
    return [
        (shape, _zarr_dtype(dtype))
        for shape, dtype in described
        if isinstance(shape, list)
        and isinstance(dtype, str)
        and all(type(size) is int and 0 <= size < 2**63 for size in shape)
    ]


def _zarr_dtype(dtype: str) -> str:
    names = {"f": "float", "i": "int", "u": "uint", "c": "complex"}
    found = re.fullmatch(r"[<>|]([fiuc])(\d{1,2})", dtype)
    return f"{names[found[1]]}{int(found[2]) * 8}" if found else dtype
