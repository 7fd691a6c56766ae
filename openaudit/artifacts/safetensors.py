"""Safetensors headers: license keys, tensors, dtypes, and everything a lying header can get wrong.

Source: https://github.com/huggingface/safetensors, "Format" and its limits.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from json.decoder import JSONDecoder, scanstring  # type: ignore[attr-defined]
from typing import Any

from openaudit.artifacts.artifact import DamagedError, Draft, Problem, clean_text
from openaudit.artifacts.reader import BudgetedReader
from openaudit.artifacts.telling_keys import note_pair

HEADER_LIMIT_BYTES = 100_000_000
DTYPE_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32,
    "F32": 32, "C64": 64, "F64": 64, "I64": 64, "U64": 64, "C128": 128,
}  # fmt: skip
_FRAMEWORKS = {"pt": "pytorch", "tf": "tensorflow", "flax": "jax", "jax": "jax", "mlx": "mlx", "np": "numpy"}
_WHITESPACE = " \t\r\n"
_MAX_DIMENSION = 2**63


def matches(head: bytes) -> bool:
    """True when the first bytes look like a safetensors header: a length, then a JSON object."""
    return len(head) >= 10 and head[8:9] == b"{" and head[9:10] in b'" \t\r\n}'


def read_safetensors(reader: BudgetedReader, draft: Draft) -> None:
    """Read the header into the draft. Raises: DamagedError, BudgetSpentError."""
    draft.format = "safetensors"
    draft.presume_safe("safetensors holds tensors and text only; loading it runs no code")
    text, header_bytes, complete = _header_text(reader, draft)
    spans: list[tuple[int, int, str]] = []
    seen: set[str] = set()
    for key, value, position in _entries(text, draft, complete=complete):
        if key in seen:
            draft.problem(
                "duplicate-key", f"the tensor {clean_text(key, 80)!r} is listed twice", 8 + position
            )
        seen.add(key)
        if key == "__metadata__":
            _read_metadata(value, draft)
        elif (span := _read_tensor(key, value, draft)) is not None:
            spans.append(span)
    if complete:
        draft.parameters_seen = True
        data_bytes = None if reader.size_bytes is None else reader.size_bytes - 8 - header_bytes
        _check_layout(sorted(spans), data_bytes, draft, 8 + header_bytes)


def _header_text(reader: BudgetedReader, draft: Draft) -> tuple[str, int, bool]:
    """The header as text, its declared length in bytes, and whether all of it could be read."""
    prefix = reader.read_at(0, 8)
    if len(prefix) < 8:
        raise DamagedError("truncated", "shorter than the 8 bytes of a header length", 0)
    declared = int.from_bytes(prefix, "little")
    size = reader.end
    if declared > HEADER_LIMIT_BYTES:
        draft.problem("header-too-large", f"a header of {declared} bytes; the format allows 100 MB", 0)
    if size is not None and declared > size - 8:
        draft.problem("truncated", f"a header of {declared} bytes in a file of {size}", 0)
    wanted = declared if size is None else min(declared, size - 8)
    readable = min(wanted, HEADER_LIMIT_BYTES, reader.remaining_bytes + _fetched_ahead(reader))
    raw = reader.read_at(8, readable)
    complete = len(raw) == declared
    if len(raw) < wanted:
        code = "budget" if len(raw) == readable else "truncated"
        draft.problem(code, f"{len(raw)} of {declared} header bytes were read", 8 + len(raw))
    try:
        return raw.decode("utf-8"), declared, complete
    except UnicodeDecodeError as error:
        if complete or error.start < len(raw) - 4:
            draft.problem("not-utf8", "the header is not UTF-8", 8 + error.start)
        return raw.decode("utf-8", "replace"), declared, complete


def _fetched_ahead(reader: BudgetedReader) -> int:
    """Header bytes that lie in the first block, which is paid for."""
    return max(0, len(reader.segments.get(0, b"")) - 8)


def _entries(text: str, draft: Draft, *, complete: bool) -> Iterator[tuple[str, Any, int]]:
    """The members of the header object, one by one, as far as the text goes."""
    decoder = JSONDecoder(
        object_pairs_hook=_unique_pairs, parse_constant=_refuse_constant, parse_int=_whole_number
    )
    position = _skip_space(text, 0)
    if text[position : position + 1] != "{":
        raise DamagedError("not-json", "the header is not a JSON object", 8)
    position = _skip_space(text, position + 1)
    if text[position : position + 1] == "}":
        _check_padding(text, position + 1, draft)
        return
    while True:
        start = position
        try:
            if text[position : position + 1] != '"':
                raise ValueError("a key was expected")
            key, position = scanstring(text, position + 1, True)
            position = _expect(text, position, ":")
            value, position = decoder.raw_decode(text, position)
            position = _skip_space(text, position)
        except (ValueError, RecursionError) as error:
            _report_broken(error, start, text, draft, complete=complete)
            return
        yield key, value, start
        if text[position : position + 1] == "}":
            _check_padding(text, position + 1, draft)
            return
        if text[position : position + 1] != ",":
            _report_broken(ValueError("',' or '}' was expected"), position, text, draft, complete=complete)
            return
        position = _skip_space(text, position + 1)


def _report_broken(error: Exception, position: int, text: str, draft: Draft, *, complete: bool) -> None:
    draft.parameters_seen = False
    if isinstance(error, _DuplicateKeyError):
        draft.problem(
            "duplicate-key", f"the key {str(error)[:80]!r} is there twice in one object", 8 + position
        )
    elif isinstance(error, RecursionError):
        draft.problem("too-deep", "the header is nested too deeply", 8 + position)
    elif complete or len(text) - position > 100_000:
        draft.problem("not-json", f"the header is not JSON: {str(error)[:120]}", 8 + position)


class _DuplicateKeyError(ValueError):
    pass


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise _DuplicateKeyError(key)
        result[key] = value
    return result


def _whole_number(text: str) -> int:
    """A number as the format's own reader takes it: `-0` is a fraction there. Raises: ValueError."""
    if text == "-0":
        raise ValueError("-0 is no whole number")
    return int(text)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position] in _WHITESPACE:
        position += 1
    return position


def _expect(text: str, position: int, character: str) -> int:
    position = _skip_space(text, position)
    if text[position : position + 1] != character:
        raise ValueError(f"{character!r} was expected")
    return _skip_space(text, position + 1)


def _check_padding(text: str, position: int, draft: Draft) -> None:
    if text[position:].strip(_WHITESPACE):
        draft.problem("trailing-bytes", "there is more in the header after its JSON object", 8 + position)


def _read_metadata(value: Any, draft: Draft) -> None:
    if not isinstance(value, dict):
        draft.problem("bad-metadata", "__metadata__ is not an object")
        return
    for key, item in value.items():
        if not isinstance(item, str):
            draft.problem("bad-metadata", f"__metadata__.{clean_text(key, 80)} is not a string")
            item = json.dumps(item)[:1000]
        note_pair(draft, key, item)
    frame = value.get("format")
    if isinstance(frame, str):
        draft.framework = _FRAMEWORKS.get(frame.lower(), draft.framework)


def _read_tensor(name: str, value: Any, draft: Draft) -> tuple[int, int, str] | None:
    """Count one tensor; its byte span inside the data if it has a believable one."""
    label = clean_text(name, 80)
    if not isinstance(value, dict):
        draft.problem("bad-tensor", f"the entry of {label!r} is not an object")
        return None
    dtype = value.get("dtype")
    shape, offsets = _sizes(value.get("shape")), _sizes(value.get("data_offsets"))
    if not isinstance(dtype, str) or shape is None or offsets is None or len(offsets) != 2:
        draft.problem("bad-tensor", f"{label!r} lacks a sound dtype, shape or data_offsets")
        return None
    elements = 1
    for dimension in shape:
        elements *= dimension
        if elements >= _MAX_DIMENSION:
            draft.problem("size-overflow", f"{label!r} has more than 2^63 elements")
            return None
    begin, end = offsets
    if begin > end:
        draft.problem("bad-offsets", f"{label!r} ends before it begins: {begin}..{end}")
        return None
    bits = DTYPE_BITS.get(dtype)
    if bits is None:
        draft.problem("unknown-dtype", f"{label!r} has the unknown dtype {clean_text(dtype, 40)!r}")
    elif elements * bits != (end - begin) * 8:
        draft.problem("size-mismatch", f"{label!r} of {elements} {dtype} does not fit in {end - begin} bytes")
        return begin, end, name
    draft.count(clean_text(dtype, 40), elements)
    return begin, end, name


def _sizes(value: Any) -> list[int] | None:
    """The value if it is a list of believable sizes (JSON's `true` is none)."""
    if isinstance(value, list) and all(type(item) is int and 0 <= item < _MAX_DIMENSION for item in value):
        return value
    return None


def _check_layout(
    spans: list[tuple[int, int, str]], data_bytes: int | None, draft: Draft, start: int
) -> None:
    """Tensors must follow one another without overlap or hole and end with the file."""
    reached = 0
    for begin, end, name in spans:
        label = clean_text(name, 80)
        if begin < reached:
            draft.problem("overlap", f"{label!r} begins inside another tensor", start + begin)
        elif begin > reached:
            draft.problem(
                "hole", f"{begin - reached} bytes before {label!r} belong to no tensor", start + reached
            )
        reached = max(reached, end)
    if data_bytes is None:
        return
    if reached > data_bytes:
        draft.problem("out-of-range", f"tensors need {reached} bytes of data, {data_bytes} are there", start)
    elif reached < data_bytes:
        draft.problem(
            "trailing-bytes", f"{data_bytes - reached} bytes after the last tensor", start + reached
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsIndex:
    """What a `*.index.json` says: which shard files there are and what they add up to."""

    total_size_bytes: int | None
    total_parameters: int | None
    shards: tuple[str, ...]
    tensors: int
    problems: tuple[Problem, ...]


def read_index(text: str) -> WeightsIndex:
    """Read a sharded checkpoint's index (`model.safetensors.index.json` and its PyTorch twin).

    Never raises: what is wrong is in `problems`, and shard names that leave the folder are problems.
    """
    draft = Draft(path="index")
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        draft.problem("not-json", "the index is not JSON")
        value = {}
    weight_map = value.get("weight_map") if isinstance(value, dict) else None
    header = value.get("metadata") if isinstance(value, dict) else None
    if not isinstance(weight_map, dict):
        draft.problem("bad-index", "there is no weight_map")
        weight_map = {}
    shards = sorted({name for name in weight_map.values() if isinstance(name, str)})
    if any(not isinstance(name, str) for name in weight_map.values()):
        draft.problem("bad-index", "a shard is not named by a string")
    for shard in shards:
        if leaves_folder(shard):
            draft.problem("path-traversal", f"the shard {clean_text(shard, 120)!r} lies outside the folder")
    header = header if isinstance(header, dict) else {}
    return WeightsIndex(
        total_size_bytes=_size_or_none(header.get("total_size")),
        total_parameters=_size_or_none(header.get("total_parameters")),
        shards=tuple(clean_text(shard) for shard in shards),
        tensors=len(weight_map),
        problems=tuple(draft.problems),
    )


def _size_or_none(value: Any) -> int | None:
    return int(value) if isinstance(value, (int, float)) and 0 <= value < _MAX_DIMENSION else None


def leaves_folder(path: str) -> bool:
    """True when a path inside an artifact points out of the artifact's folder."""
    parts = path.replace("\\", "/").split("/")
    drive = len(path) > 1 and path[1] == ":" and path[0].isalpha()
    return path.startswith(("/", "\\")) or drive or ".." in parts or "\0" in path or "://" in path
