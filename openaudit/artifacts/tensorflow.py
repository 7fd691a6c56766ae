"""TensorFlow: SavedModel and frozen graphs, Keras metadata beside them, checkpoints.

Source: tensorflow/core/protobuf/{saved_model,meta_graph}.proto, framework/{graph,function,node_def}.proto;
keras/protobuf/saved_metadata.proto.
"""

from openaudit.artifacts.archives import parse_json
from openaudit.artifacts.artifact import DamagedError, Draft, clean_text
from openaudit.artifacts.keras_config import judge_config
from openaudit.artifacts.protobuf import BYTES, Field, fields, text
from openaudit.artifacts.reader import BudgetedReader

# Source of the first two: modelscan 0.8.8, unsafe_tf_operators; of the others: TensorFlow's op registry.
UNSAFE_OPERATORS = {
    "ReadFile": "reads any file",
    "WriteFile": "writes any file",
    "PyFunc": "calls a Python function",
    "PyFuncStateless": "calls a Python function",
    "EagerPyFunc": "calls a Python function",
    "MatchingFiles": "lists files",
    "DebugIdentity": "sends tensors to an address",
    "DebugIdentityV2": "writes tensors to a folder",
}
_CHECKPOINT_FOOTER = (0xDB4775248B80FB57).to_bytes(8, "little")


def read_saved_model(reader: BudgetedReader, draft: Draft) -> None:
    """Read the operators of every graph and function. Raises: DamagedError, BudgetSpentError."""
    draft.format, draft.framework = "tensorflow-saved-model", "tensorflow"
    draft.presume_safe("a TensorFlow graph; its operators were looked at")
    graphs = [field for field in fields(reader) if field.number == 2 and field.wire == BYTES]
    if not graphs:
        raise DamagedError("no-graph", "a SavedModel without a graph", 0)
    for meta in graphs:
        for field in fields(reader, meta.start, meta.end):
            if field.number == 1 and field.wire == BYTES:
                _read_info(reader, field, draft)
            elif field.number == 2 and field.wire == BYTES:
                _read_graph(reader, field, draft)


def read_frozen_graph(reader: BudgetedReader, draft: Draft) -> None:
    """Read a bare GraphDef. Raises: DamagedError, BudgetSpentError."""
    draft.format, draft.framework = "tensorflow-graph", "tensorflow"
    draft.presume_safe("a TensorFlow graph; its operators were looked at")
    end = reader.end
    whole = Field(number=0, wire=BYTES, value=0, start=0, end=1 << 62 if end is None else end)
    if not _read_graph(reader, whole, draft):
        raise DamagedError("no-graph", "a graph without an operator", 0)


def _read_info(reader: BudgetedReader, info: Field, draft: Draft) -> None:
    for field in fields(reader, info.start, info.end):
        if field.number == 5:
            draft.note("producer", f"tensorflow {text(reader, field, 60)}")
        elif field.number == 4:
            draft.note("tag", text(reader, field, 60))


def _read_graph(reader: BudgetedReader, graph: Field, draft: Draft) -> int:
    nodes = 0
    for field in fields(reader, graph.start, graph.end):
        if field.wire != BYTES:
            continue
        if field.number == 1:
            nodes += 1
            _read_node(reader, field, draft)
        elif field.number == 2:
            for function in fields(reader, field.start, field.end):
                if function.number == 1 and function.wire == BYTES:
                    _read_function(reader, function, draft)
    return nodes


def _read_function(reader: BudgetedReader, function: Field, draft: Draft) -> None:
    for field in fields(reader, function.start, function.end):
        if field.number == 3 and field.wire == BYTES:
            _read_node(reader, field, draft)


def _read_node(reader: BudgetedReader, node: Field, draft: Draft) -> None:
    for field in fields(reader, node.start, node.end):
        if field.number == 2:
            operator = text(reader, field, 100)
            if operator in UNSAFE_OPERATORS:
                draft.judge("unsafe", f"the operator {operator} {UNSAFE_OPERATORS[operator]}")
            return


def read_keras_metadata(reader: BudgetedReader, draft: Draft) -> None:
    """Read keras_metadata.pb: one JSON text per layer. Raises: DamagedError, BudgetSpentError."""
    draft.format, draft.framework = "keras-metadata", "tensorflow"
    draft.presume_safe("Keras's notes beside a SavedModel; its layers were looked at")
    for node in fields(reader):
        if node.number != 1 or node.wire != BYTES:
            continue
        for field in fields(reader, node.start, node.end):
            if field.number == 5 and field.wire == BYTES:
                judge_config(parse_json(reader.read_at(field.start, field.length)), draft)


def is_checkpoint_index(reader: BudgetedReader) -> bool:
    """True when the file ends like the table that a TensorFlow checkpoint's index is."""
    end = reader.end
    return end is not None and end >= 48 and reader.read_at(end - 8, 8) == _CHECKPOINT_FOOTER


def read_checkpoint_state(raw: bytes, draft: Draft) -> None:
    """Read the text file `checkpoint`, which names the newest checkpoint's path."""
    draft.format, draft.framework = "tensorflow-checkpoint-state", "tensorflow"
    draft.presume_safe("a text that names checkpoint files")
    for line in raw.decode("utf-8", "replace").splitlines()[:50]:
        key, _, value = line.partition(":")
        if key.strip() in ("model_checkpoint_path", "all_model_checkpoint_paths"):
            draft.note(key.strip(), clean_text(value.strip().strip('"')))
