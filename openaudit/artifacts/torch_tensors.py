"""Counts the tensors that a PyTorch pickle rebuilds, from the calls it makes.

Source: PyTorch torch/_utils.py (`_rebuild_tensor_v2` and its kin), torch/serialization.py (persistent ids).
"""

from openaudit.artifacts.artifact import Draft
from openaudit.artifacts.pickle_walk import Call, Global, Persistent, Walk, elements_of

STORAGE_DTYPES = {
    "DoubleStorage": "F64", "FloatStorage": "F32", "HalfStorage": "F16", "BFloat16Storage": "BF16",
    "LongStorage": "I64", "IntStorage": "I32", "ShortStorage": "I16", "CharStorage": "I8", "ByteStorage": "U8",
    "BoolStorage": "BOOL", "ComplexFloatStorage": "C64", "ComplexDoubleStorage": "C128", "QInt8Storage": "QI8",
    "QUInt8Storage": "QU8", "QInt32Storage": "QI32", "QUInt4x2Storage": "QU4X2", "QUInt2x4Storage": "QU2X4",
}  # fmt: skip
_DTYPES = {
    "float64": "F64", "double": "F64", "float32": "F32", "float": "F32", "float16": "F16", "half": "F16",
    "bfloat16": "BF16", "int64": "I64", "long": "I64", "int32": "I32", "int": "I32", "int16": "I16", "short": "I16",
    "int8": "I8", "uint8": "U8", "uint16": "U16", "uint32": "U32", "uint64": "U64", "bool": "BOOL",
    "float8_e4m3fn": "F8_E4M3", "float8_e5m2": "F8_E5M2", "float8_e8m0fnu": "F8_E8M0", "complex64": "C64",
}  # fmt: skip
_REBUILDERS = {"_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_qtensor"}


def count_tensors(walk: Walk, draft: Draft, seen: set[object]) -> int:
    """Add the walk's tensors to the draft's counts, each stretch of a storage once; returns how many there are.

    `seen` carries the stretches already counted from one pickle of a file to the next.
    """
    found = 0
    for call in walk.calls:
        if not isinstance(call.target, Global) or call.target.module != "torch._utils":
            continue
        if (
            call.target.name not in _REBUILDERS
            or not isinstance(call.arguments, tuple)
            or len(call.arguments) < 3
        ):
            continue
        storage, offset, shape = call.arguments[:3]
        elements = elements_of(shape)
        if elements is None or not isinstance(storage, Persistent):
            continue
        found += 1
        stretch = (_storage_key(storage), offset if isinstance(offset, int) else None, elements)
        if stretch not in seen:
            seen.add(stretch)
            draft.count(_dtype(storage, call), elements)
    return found


def _storage_key(storage: Persistent) -> object:
    identifier = storage.identifier
    if isinstance(identifier, tuple) and len(identifier) > 2 and isinstance(identifier[2], (str, int)):
        return identifier[2]
    return id(storage)


def _dtype(storage: Persistent, call: Call) -> str:
    if isinstance(call.target, Global) and call.target.name == "_rebuild_tensor_v3":
        named = [
            item.name
            for item in _items(call.arguments)
            if isinstance(item, Global) and item.module == "torch"
        ]
        return _DTYPES.get(named[-1], named[-1]) if named else "?"
    identifier = _items(storage.identifier)
    kind = identifier[1] if len(identifier) > 1 else None
    return STORAGE_DTYPES.get(kind.name, kind.name) if isinstance(kind, Global) else "?"


def _items(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else ()
