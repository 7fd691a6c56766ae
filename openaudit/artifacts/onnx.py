"""ONNX models: producer, metadata, initializers, and the files outside that they ask for.

Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

from openaudit.artifacts.artifact import DamagedError, Draft, clean_text
from openaudit.artifacts.protobuf import BYTES, VARINT, Field, fields, packed_numbers, text
from openaudit.artifacts.reader import BudgetedReader
from openaudit.artifacts.safetensors import leaves_folder
from openaudit.artifacts.telling_keys import note_pair

_DTYPES = {
    1: "F32", 2: "U8", 3: "I8", 4: "U16", 5: "I16", 6: "I32", 7: "I64", 8: "STRING", 9: "BOOL", 10: "F16", 11: "F64",
    12: "U32", 13: "U64", 14: "C64", 15: "C128", 16: "BF16", 17: "F8_E4M3", 18: "F8_E4M3FNUZ", 19: "F8_E5M2",
    20: "F8_E5M2FNUZ", 21: "U4", 22: "I4", 23: "F4", 24: "F8_E8M0", 25: "U2", 26: "I2",
}  # fmt: skip
_OWN_DOMAINS = {
    "",
    "ai.onnx",
    "ai.onnx.ml",
    "ai.onnx.training",
    "ai.onnx.preview.training",
    "ai.onnx.preview",
}
_KNOWN_DOMAINS = {
    "com.microsoft",
    "com.microsoft.nchwc",
    "com.ms.internal.nhwc",
    "org.pytorch.aten",
    "pkg.onnxscript.torch_lib",
}
_MAX_DEPTH = 8
_TOP = {2: "producer", 3: "producer_version", 4: "domain", 6: "description"}


def matches(head: bytes) -> bool:
    """True when the bytes begin like a ModelProto: a small format version, then producer, domain or graph."""
    return (
        len(head) > 3
        and head[0] == 0x08
        and 1 <= head[1] <= 30
        and head[2] in b"\x12\x1a\x22\x28\x32\x3a\x42\x72"
    )


def read_onnx(reader: BudgetedReader, draft: Draft) -> None:
    """Read the model's own fields first, then its graph. Raises: DamagedError, BudgetSpentError."""
    draft.format, draft.framework = "onnx", "onnx"
    draft.presume_safe("ONNX holds a graph of fixed operators; loading it runs no code of the file")
    graphs: list[Field] = []
    for field in fields(reader):
        if field.number == 1 and field.wire == VARINT:
            draft.note("ir_version", field.value)
        elif field.number in _TOP:
            draft.note(_TOP[field.number], text(reader, field))
        elif field.number == 7 and field.wire == BYTES:
            graphs.append(field)
        elif field.number == 8:
            _read_opset(reader, field, draft)
        elif field.number == 14:
            note_pair(draft, *_pair(reader, field))
    if not graphs:
        raise DamagedError("no-graph", "an ONNX model without a graph", 0)
    for graph in graphs:
        _read_graph(reader, graph, draft, 0)
    draft.parameters_seen = True


def _read_opset(reader: BudgetedReader, field: Field, draft: Draft) -> None:
    domain, version = "", 0
    for item in fields(reader, field.start, field.end):
        if item.number == 1:
            domain = text(reader, item, 100)
        elif item.number == 2:
            version = item.value
    draft.note(f"opset {domain or 'ai.onnx'}", version)


def _pair(reader: BudgetedReader, field: Field) -> tuple[str, str]:
    key = value = ""
    if field.wire == BYTES:
        for item in fields(reader, field.start, field.end):
            if item.number == 1:
                key = text(reader, item, 200)
            elif item.number == 2:
                value = text(reader, item)
    return key, value


def _read_graph(reader: BudgetedReader, graph: Field, draft: Draft, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise DamagedError("too-deep", "graphs are nested too deeply", graph.start)
    for field in fields(reader, graph.start, graph.end):
        if field.wire != BYTES:
            continue
        if field.number == 1:
            _read_node(reader, field, draft, depth)
        elif field.number == 5:
            _read_tensor(reader, field, draft)
        elif field.number == 15:
            for part in fields(reader, field.start, field.end):
                if part.number in (1, 2) and part.wire == BYTES:
                    _read_tensor(reader, part, draft)


def _read_node(reader: BudgetedReader, node: Field, draft: Draft, depth: int) -> None:
    domain = operator = ""
    for field in fields(reader, node.start, node.end):
        if field.number == 4:
            operator = text(reader, field, 100)
        elif field.number == 7:
            domain = text(reader, field, 100)
        elif field.number == 5 and field.wire == BYTES:
            _read_attribute(reader, field, draft, depth)
    if domain not in _OWN_DOMAINS | _KNOWN_DOMAINS:
        draft.judge("unknown", f"it needs a library for the operators of {clean_text(domain, 80)!r}")
    if operator in ("PyOp", "PythonOp"):
        draft.judge("unsafe", f"the operator {operator} calls Python")


def _read_attribute(reader: BudgetedReader, attribute: Field, draft: Draft, depth: int) -> None:
    for field in fields(reader, attribute.start, attribute.end):
        if field.wire != BYTES:
            continue
        if field.number in (5, 10):
            _read_tensor(reader, field, draft)
        elif field.number in (6, 11):
            _read_graph(reader, field, draft, depth + 1)


def _read_tensor(reader: BudgetedReader, tensor: Field, draft: Draft) -> None:
    elements, kind, shape = 1, 0, list[int]()
    for field in fields(reader, tensor.start, tensor.end):
        if field.number == 1:
            shape.extend(packed_numbers(reader, field))
        elif field.number == 2:
            kind = field.value
        elif field.number == 13 and field.wire == BYTES:
            key, value = _pair(reader, field)
            if key == "location":
                _note_location(value, draft, field.start)
    for size in shape[:64]:
        elements *= size
        if elements >= 2**63:
            draft.problem("size-overflow", "a tensor of more than 2^63 elements", tensor.start)
            return
    draft.count(_DTYPES.get(kind, f"type {kind}"), elements)


def _note_location(path: str, draft: Draft, offset: int) -> None:
    draft.external(path)
    if leaves_folder(path):
        draft.problem("path-traversal", f"tensor data is read from {clean_text(path, 120)!r}", offset)
        draft.judge("unsafe", f"loading it reads a file outside the model's folder: {clean_text(path, 120)}")
