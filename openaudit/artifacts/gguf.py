"""GGUF headers, versions 1 to 3 in both byte orders: license, origin, quantisation, tensors.

Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md and llama.cpp's gguf-py constants.
"""

import hashlib
import re
from dataclasses import dataclass, field

from openaudit.artifacts.artifact import DamagedError, Draft, clean_text
from openaudit.artifacts.cursor import Cursor
from openaudit.artifacts.gguf_vocabulary import array_end
from openaudit.artifacts.reader import BudgetedReader

MAGIC = b"GGUF"
STRING, ARRAY = 8, 9
_FIXED_BYTES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_SIGNED = {1, 3, 5, 11}
_REAL = {6, 12}
_MAX_NESTING = 4
_MAX_KEY_BYTES = 65_535
_MAX_TEMPLATE_BYTES = 256 * 1024
_MAX_NOTED_ITEMS = 32
_MAX_DIMENSIONS = 4

# type id: (name, elements of a block, bytes of a block)
TENSOR_TYPES: dict[int, tuple[str, int, int]] = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20), 4: ("Q4_2", 16, 10),
    5: ("Q4_3", 16, 12), 6: ("Q5_0", 32, 22), 7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 9: ("Q8_1", 32, 40),
    10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110), 12: ("Q4_K", 256, 144), 13: ("Q5_K", 256, 176),
    14: ("Q6_K", 256, 210), 15: ("Q8_K", 256, 292), 16: ("IQ2_XXS", 256, 66), 17: ("IQ2_XS", 256, 74),
    18: ("IQ3_XXS", 256, 98), 19: ("IQ1_S", 256, 50), 20: ("IQ4_NL", 32, 18), 21: ("IQ3_S", 256, 110),
    22: ("IQ2_S", 256, 82), 23: ("IQ4_XS", 256, 136), 24: ("I8", 1, 1), 25: ("I16", 1, 2), 26: ("I32", 1, 4),
    27: ("I64", 1, 8), 28: ("F64", 1, 8), 29: ("IQ1_M", 256, 56), 30: ("BF16", 1, 2), 31: ("Q4_0_4_4", 32, 18),
    32: ("Q4_0_4_8", 32, 18), 33: ("Q4_0_8_8", 32, 18), 34: ("TQ1_0", 256, 54), 35: ("TQ2_0", 256, 66),
    36: ("IQ4_NL_4_4", 32, 18), 37: ("IQ4_NL_4_8", 32, 18), 38: ("IQ4_NL_8_8", 32, 18), 39: ("MXFP4", 32, 17),
    40: ("NVFP4", 64, 36), 41: ("Q1_0", 128, 18),
}  # fmt: skip

FILE_TYPES: dict[int, str] = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S",
    12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS",
    20: "IQ2_XS", 21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M",
    28: "IQ2_S", 29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4_MOE",
    39: "NVFP4", 40: "Q1_0",
}  # fmt: skip

_LICENSE_KEY = re.compile(r"licen[cs]e", re.IGNORECASE)
_NOTED_KEY = re.compile(
    r"(?s)^general\.(?:type|architecture|name|author|version|organization|finetune|basename|description|quantized_by|"
    r"size_label|url|doi|uuid|repo_url|huggingface\.repository|source\..*|base_model\..*|datasets?(?:\..*)?|tags|"
    r"languages|parameter_count|quantization_version|file_type|alignment)$"
    r"|^split\.(?:no|count|tensors\.count)$|^adapter\.(?:type|lora\.alpha)$|^tokenizer\.ggml\.(?:model|pre)$"
    r"|^tokenizer\.huggingface\.license$|^imatrix\.|^quantize\.imatrix\."
)
_TEMPLATE_KEY = re.compile(r"^tokenizer\.chat_template(?:\.|$)")
_TEMPLATE_ESCAPE = re.compile(
    rb"__(?:class|globals|builtins|subclasses|mro|base|bases|import|init|getattribute|dict|code)__"
    rb"|\|\s*attr\s*\(|\b(?:popen|os\.system|subprocess)\b"
)

Value = int | float | bool | bytes | list["Value"]


@dataclass(slots=True, kw_only=True)
class _Header:
    """Where the reading stands: the cursor and the width of sizes, which version 1 has shorter."""

    cursor: Cursor
    size_bytes: int
    alignment: int = 32
    keys: set[str] = field(default_factory=set)
    searched: int = 0  # arrays whose end was searched instead of read

    def size(self) -> int:
        return self.cursor.unsigned(self.size_bytes)


def matches(head: bytes) -> bool:
    """True for the magic of GGUF."""
    return head[:4] == MAGIC


def read_gguf(reader: BudgetedReader, draft: Draft, start: int = 0, end: int | None = None) -> None:
    """Read keys and tensor list into the draft, from `start` (a GGUF inside a llamafile starts later).

    Raises: DamagedError, BudgetSpentError; what was read until then is in the draft.
    """
    draft.format = "gguf" if draft.format == "unknown" else draft.format
    draft.framework = "gguf"
    draft.presume_safe("GGUF holds tensors and metadata only; loading it runs no code of the file")
    header = _open(reader, start, end, draft)
    cursor = header.cursor
    tensors, pairs = header.size(), header.size()
    limit = cursor.limit
    if limit is not None and (tensors > limit or pairs > limit):
        draft.problem(
            "count-too-large", f"{pairs} keys and {tensors} tensors in {limit} bytes", cursor.offset
        )
    for _ in range(pairs):
        _read_pair(header, draft)
    _read_tensors(header, tensors, draft, start)
    if header.searched:
        draft.reasons.append(
            f"{header.searched} long arrays of strings were passed over by searching for their end"
        )


def _open(reader: BudgetedReader, start: int, end: int | None, draft: Draft) -> _Header:
    cursor = Cursor(reader, start, end=end)
    if cursor.read(4) != MAGIC:
        raise DamagedError("bad-magic", "not a GGUF file", start)
    version_bytes = cursor.read(4)
    version = int.from_bytes(version_bytes, "little")
    if version & 0xFFFF == 0:
        version = int.from_bytes(version_bytes, "big")
        cursor.order = ">"
        draft.note("byte_order", "big")
    draft.note("gguf.version", version)
    if version not in (1, 2, 3):
        raise DamagedError("bad-version", f"GGUF version {version} is not known", start + 4)
    return _Header(cursor=cursor, size_bytes=4 if version == 1 else 8)


def _read_pair(header: _Header, draft: Draft) -> None:
    cursor = header.cursor
    at = cursor.offset
    length = header.size()
    if length > _MAX_KEY_BYTES:
        raise DamagedError("string-too-long", f"a key of {length} bytes", at)
    raw = cursor.read(length)
    if not raw:
        raise DamagedError("bad-header", "a key without a name", at)
    key = clean_text(raw, 256)
    if "\ufffd" in key:
        draft.problem("not-utf8", "a key is not UTF-8", at)
    if key in header.keys:
        draft.problem("duplicate-key", f"the key {key[:80]!r} is there twice", at)
    header.keys.add(key)
    kind = cursor.unsigned(4)
    if _TEMPLATE_KEY.match(key):
        _read_template(header, key, kind, draft)
    elif _LICENSE_KEY.search(key) or _NOTED_KEY.match(key):
        _note(header, key, kind, draft)
    else:
        _skip_value(header, kind, 0)


def _note(header: _Header, key: str, kind: int, draft: Draft) -> None:
    value = _read_value(header, kind, 0)
    if key == "general.alignment":
        _set_alignment(header, value, draft)
    items = value if isinstance(value, list) else [value]
    for item in items:
        if isinstance(item, list):
            continue
        text = item if isinstance(item, bytes) else str(item)
        if _LICENSE_KEY.search(key):
            draft.license(key, text)
        else:
            draft.note(key, text)
    if key == "general.file_type" and isinstance(value, int):
        draft.note("quantization", FILE_TYPES.get(value, f"file type {value}"))
    if key == "general.architecture" and isinstance(value, bytes):
        draft.note("architecture", value)


def _set_alignment(header: _Header, value: Value, draft: Draft) -> None:
    if isinstance(value, int) and 0 < value <= 1 << 20 and value & (value - 1) == 0:
        header.alignment = value
    else:
        draft.problem("bad-alignment", f"an alignment of {str(value)[:40]}", header.cursor.offset)


def _read_template(header: _Header, key: str, kind: int, draft: Draft) -> None:
    at = header.cursor.offset
    if kind != STRING:
        _skip_value(header, kind, 0)
        return
    length = header.size()
    if length > _MAX_TEMPLATE_BYTES:
        header.cursor.skip(length)
        draft.problem("string-too-long", f"a chat template of {length} bytes was not read", at)
        return
    template = header.cursor.read(length)
    name = key.removeprefix("tokenizer.")
    draft.note(f"{name}.sha256", hashlib.sha256(template).hexdigest())
    if found := _TEMPLATE_ESCAPE.search(template):
        draft.judge("unsafe", f"the {name} reaches for Python's internals: {clean_text(found[0], 40)}")
    else:
        draft.reasons.append(f"it carries a {name} that loaders render with Jinja; render it in a sandbox")


def _read_value(header: _Header, kind: int, depth: int) -> Value:
    """A value; strings cut at 1200 bytes, arrays at 32 items."""
    cursor = header.cursor
    if kind == STRING:
        length = header.size()
        kept = cursor.read(min(length, 1200))
        cursor.skip(length - len(kept))
        return kept
    if kind == ARRAY:
        return _read_array(header, depth)
    width = _FIXED_BYTES.get(kind)
    if width is None:
        raise DamagedError("bad-type", f"value type {kind} is not known", cursor.offset)
    if kind in _REAL:
        return cursor.real(width)
    return cursor.signed(width) if kind in _SIGNED else cursor.unsigned(width)


def _read_array(header: _Header, depth: int) -> list[Value]:
    kind, count = _array_head(header, depth)
    items = [_read_value(header, kind, depth + 1) for _ in range(min(count, _MAX_NOTED_ITEMS))]
    _skip_items(header, kind, count - len(items), depth + 1)
    return items


def _array_head(header: _Header, depth: int) -> tuple[int, int]:
    if depth >= _MAX_NESTING:
        raise DamagedError("too-deep", "arrays are nested too deeply", header.cursor.offset)
    return header.cursor.unsigned(4), header.size()


def _skip_value(header: _Header, kind: int, depth: int) -> None:
    if kind == ARRAY:
        item_kind, count = _array_head(header, depth)
        _skip_items(header, item_kind, count, depth + 1)
    elif kind == STRING:
        header.cursor.skip(header.size())
    elif kind in _FIXED_BYTES:
        header.cursor.skip(_FIXED_BYTES[kind])
    else:
        raise DamagedError("bad-type", f"value type {kind} is not known", header.cursor.offset)


def _skip_items(header: _Header, kind: int, count: int, depth: int) -> None:
    if kind in _FIXED_BYTES:
        header.cursor.skip(count * _FIXED_BYTES[kind])
    elif kind == STRING:
        _skip_strings(header, count)
    elif kind == ARRAY:
        for _ in range(count):
            _skip_value(header, kind, depth)
    else:
        raise DamagedError("bad-type", f"array item type {kind} is not known", header.cursor.offset)


def _skip_strings(header: _Header, count: int) -> None:
    """Pass over `count` strings; vocabularies have hundreds of thousands, so they are walked in chunks.

    Where the budget will not reach, the end is searched instead.
    """
    cursor, width = header.cursor, header.size_bytes
    byteorder = "little" if cursor.order == "<" else "big"
    limit = cursor.limit
    if limit is not None and count > (limit - cursor.offset) // width:
        raise DamagedError("truncated", f"{count} strings in {limit - cursor.offset} bytes", cursor.offset)
    if width == 8 and count * (width + 1) > cursor.reader.remaining_bytes // 4:
        end = array_end(cursor.reader, cursor.offset, count, cursor.order)
        if end is not None:
            header.searched += 1
            cursor.skip(end - cursor.offset)
            return
    while count > 0:
        chunk = cursor.peek(8192)
        position = 0
        while count > 0 and position + width <= len(chunk):
            length = int.from_bytes(chunk[position : position + width], byteorder)  # type: ignore[arg-type]
            if position + width + length > len(chunk):
                break
            position += width + length
            count -= 1
        if position:
            cursor.skip(position)
        elif count > 0:
            cursor.skip(header.size())
            count -= 1


def _read_tensors(header: _Header, count: int, draft: Draft, start: int) -> None:
    spans: list[tuple[int, int, str]] = []
    names: set[str] = set()
    for _ in range(count):
        at = header.cursor.offset
        name, span = _read_tensor(header, draft)
        if name in names:
            draft.problem("duplicate-key", f"the tensor {name[:80]!r} is listed twice", at)
        names.add(name)
        if span is not None:
            spans.append((*span, name))
    draft.parameters_seen = True
    draft.note("tensors", count)
    _check_spans(header, sorted(spans), draft, start)


def _read_tensor(header: _Header, draft: Draft) -> tuple[str, tuple[int, int] | None]:
    """The tensor's name, and its byte span inside the data where its type is known."""
    cursor = header.cursor
    at = cursor.offset
    length = header.size()
    if length > _MAX_KEY_BYTES:
        raise DamagedError("string-too-long", f"a tensor name of {length} bytes", at)
    name = clean_text(cursor.read(length), 256)
    if not name:
        raise DamagedError("bad-tensor", "a tensor without a name", at)
    dimensions = cursor.unsigned(4)
    if dimensions > _MAX_DIMENSIONS:
        raise DamagedError("bad-tensor", f"{name[:80]!r} has {dimensions} dimensions", at)
    elements = 1
    for _ in range(dimensions):
        elements *= header.size()
    kind = cursor.unsigned(4)
    offset = cursor.unsigned(8)
    if elements >= 2**63:
        draft.problem("size-overflow", f"{name[:80]!r} has more than 2^63 elements", at)
        return name, None
    if kind not in TENSOR_TYPES:
        draft.problem("unknown-dtype", f"{name[:80]!r} has the unknown type {kind}", at)
        draft.count(f"type {kind}", elements)
        return name, None
    dtype, block, block_bytes = TENSOR_TYPES[kind]
    draft.count(dtype, elements)
    if elements % block:
        draft.problem("size-mismatch", f"{name[:80]!r} does not fill whole blocks of {dtype}", at)
    return name, (offset, offset + -(-elements // block) * block_bytes)


def _check_spans(header: _Header, spans: list[tuple[int, int, str]], draft: Draft, start: int) -> None:
    """Tensor data must be aligned, apart from each other and inside the file."""
    cursor = header.cursor
    data_start = cursor.offset + -(cursor.offset - start) % header.alignment
    reached = 0
    for begin, end, name in spans:
        if begin % header.alignment:
            draft.problem(
                "bad-alignment", f"{name[:80]!r} is not aligned to {header.alignment}", data_start + begin
            )
        if begin < reached:
            draft.problem("overlap", f"{name[:80]!r} begins inside another tensor", data_start + begin)
        reached = max(reached, end)
    limit = cursor.limit
    if limit is not None and spans and data_start + reached > limit:
        draft.problem(
            "out-of-range", f"tensors end at byte {data_start + reached}, the file at {limit}", data_start
        )
