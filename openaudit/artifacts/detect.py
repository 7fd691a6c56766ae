"""Tells what kind of artifact a file is, by content first and by name second, and has it read."""

from collections.abc import Callable

from openaudit.artifacts import (
    archives,
    flax,
    gguf,
    hdf5,
    numpy_arrays,
    onnx,
    pickles,
    safetensors,
    small_formats,
    tensorflow,
)
from openaudit.artifacts.artifact import Artifact, DamagedError, Draft, Effort
from openaudit.artifacts.pickle_walk import walk_pickle
from openaudit.artifacts.protobuf import BYTES, fields, text
from openaudit.artifacts.reader import BudgetedReader, BudgetSpentError, ByteReader, BytesReader
from openaudit.artifacts.zip_directory import budgeted
from openaudit.errors import SourceError

_HEAD_BYTES = 512
_MAX_DEPTH = 3
_PICKLE_SUFFIXES = (
    ".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".joblib", ".dill", ".pdparams", ".pdopt", ".pk", ".sav", ".pyt",
)  # fmt: skip
_PERHAPS_PICKLE_SUFFIXES = (
    ".bin",
    ".dat",
    ".data",
    ".model",
    ".p",
    ".t7",
    ".th",
    ".distcp",
    ".npy",
    ".params",
)
_TRIAL_STEPS = 20_000
_PICKLE_FORMATS = {"pickle", "joblib", "pytorch-legacy", "unknown"}
_ORBAX_NAMES = {"_METADATA", "_CHECKPOINT_METADATA", ".zarray", "_sharding"}

Read = Callable[[BudgetedReader, Draft], None]
_EXPECTED = {
    ".safetensors": {"safetensors"}, ".gguf": {"gguf"}, ".npy": {"npy"}, ".npz": {"npz", "zip"}, ".onnx": {"onnx"},
    ".h5": {"hdf5", "keras-hdf5"}, ".hdf5": {"hdf5", "keras-hdf5"}, ".keras": {"keras-zip", "keras-hdf5", "hdf5"},
    ".msgpack": {"flax-msgpack"},
}  # fmt: skip


def inspect(path: str, reader: ByteReader) -> Artifact:
    """Read one file's header and report what it is; never raises for what the bytes say.

    `reader` may be a `BudgetedReader`, whose budget then binds; any other is given the default one
    (1 MB and 128 reads).
    """
    bounded = reader if isinstance(reader, BudgetedReader) else BudgetedReader(reader)
    draft = Draft(path=path)
    before = bounded.bytes_read
    try:
        _look(bounded, draft, 0)
    except DamagedError as error:
        draft.problem(error.code, error.message, error.offset)
        draft.judge("unknown", "the file is damaged or not what it seems")
    except BudgetSpentError as error:
        draft.problem("budget", str(error))
        draft.judge("unknown", "the file was read only in part")
    except SourceError as error:
        draft.problem("unreadable", f"{error.reason}: {error.message}")
        draft.judge("unknown", "the file could not be read")
    except OSError as error:
        draft.problem("unreadable", error.strerror or str(error))
        draft.judge("unknown", "the file could not be read")
    _compare_with_declared(bounded, draft)
    return draft.freeze(size_bytes=bounded.size_bytes, bytes_read=bounded.bytes_read - before)


def _compare_with_declared(reader: BudgetedReader, draft: Draft) -> None:
    declared, real = reader.size_bytes, reader.end
    if declared is not None and real is not None and real < declared:
        draft.problem("size-lies", f"said to have {declared} bytes, but ends after {real}", real)


def _look(reader: BudgetedReader, draft: Draft, depth: int) -> None:
    head = reader.read_at(0, _HEAD_BYTES)
    if not head:
        draft.format = "empty"
        raise DamagedError("empty", "the file has no bytes", 0)
    if depth > _MAX_DEPTH:
        raise DamagedError("too-deep", "archives are nested too deeply", 0)
    name = draft.path.rsplit("/", 1)[-1]
    read = _by_content(head, name, depth) or _by_name(head, name, reader)
    if read is None:
        _unknown(head, draft)
        return
    try:
        read(reader, draft)
    finally:
        _look_for_second_face(reader, draft, head, name.lower())
    _compare_with_name(name.lower(), draft)


def _by_content(head: bytes, name: str, depth: int) -> Read | None:
    """The reader for formats that can be told from their first bytes."""

    def look_inside(reader: BudgetedReader, draft: Draft) -> None:
        _look(reader, draft, depth + 1)

    if gguf.matches(head):
        return gguf.read_gguf
    if archives.is_zip(head):
        return lambda reader, draft: archives.read_zip(reader, draft, look_inside)
    if hdf5.matches(head):
        return hdf5.read_hdf5
    if numpy_arrays.matches(head):
        return numpy_arrays.read_array
    if head[:4] in small_formats.GGML_MAGICS:
        return small_formats.read_ggml
    if archives.is_tar(head):
        return lambda reader, draft: archives.read_tar(reader, draft, look_inside)
    if small_formats.executable_kind(head) is not None:
        return lambda reader, draft: _read_executable(reader, draft, look_inside)
    if head[4:8] in (b"TFL3", b"ET12"):
        return _read_flatbuffer
    tensors = safetensors.matches(head)
    if pickles.matches(head) and not (tensors and name.lower().endswith(".safetensors")):
        return pickles.read_pickles
    if tensors:
        return safetensors.read_safetensors
    if small_formats.compression_kind(head) is not None:
        return lambda reader, draft: _read_compressed(reader, draft, look_inside)
    return _by_protobuf(head, name)


def _by_protobuf(head: bytes, name: str) -> Read | None:
    """Protocol buffers have no magic: ONNX, SavedModel and CoreML begin alike and are told by name."""
    lowered = name.lower()
    if lowered == "keras_metadata.pb":
        return tensorflow.read_keras_metadata
    if lowered == "saved_model.pb":
        return tensorflow.read_saved_model
    if lowered.endswith(".mlmodel"):
        return _read_coreml
    if lowered.endswith(".pb") and not onnx.matches(head):
        return tensorflow.read_frozen_graph
    if lowered.endswith(".pb") and head[:3] == b"\x08\x01\x12" and b"\x0a" in head[3:9]:
        return tensorflow.read_saved_model
    if lowered.endswith((".onnx", ".ort")) or (onnx.matches(head) and _is_readable_producer(head)):
        return onnx.read_onnx
    return flax.read_flax if flax.matches(head) else None


def _is_readable_producer(head: bytes) -> bool:
    """True when the second field is a short printable text, as ONNX's producer is."""
    length = head[3] if len(head) > 3 else 0
    text = head[4 : 4 + length]
    return head[2] == 0x12 and 0 < length < 100 and text.isascii() and text.decode("ascii").isprintable()


def _by_name(head: bytes, name: str, reader: BudgetedReader) -> Read | None:
    """The reader for files that only their name tells, or whose content is not what their name says."""
    lowered = name.lower()
    if name in _ORBAX_NAMES:
        return flax.read_orbax_json
    if name == "checkpoint" and b"model_checkpoint_path" in head:
        return lambda reader, draft: tensorflow.read_checkpoint_state(head, draft)
    if lowered.endswith(".index") and tensorflow.is_checkpoint_index(reader):
        return _read_checkpoint_index
    if ".data-0" in lowered and "-of-0" in lowered:
        return _read_checkpoint_data
    if lowered.endswith(".xml") and b"<net" in head:
        return small_formats.read_openvino
    if small_formats.read_pointer(head, Draft(path=name)) or small_formats.read_text_instead(
        head, Draft(path=name)
    ):
        return None
    if lowered.endswith(".safetensors"):
        return safetensors.read_safetensors
    if lowered.endswith(".gguf"):
        return gguf.read_gguf
    if lowered.endswith(".msgpack"):
        return flax.read_flax
    if lowered.endswith((".npz", ".keras", ".zip", ".mar", ".nemo")):
        return lambda reader, draft: archives.read_zip(reader, draft, lambda *_: None)
    if lowered.endswith(_PICKLE_SUFFIXES):
        return pickles.read_pickles if pickles.may_be_pickle(head) else None
    if lowered.endswith(_PERHAPS_PICKLE_SUFFIXES) or "." not in name:
        return _read_perhaps_pickle if pickles.may_be_pickle(head) else None
    return None


def _read_perhaps_pickle(reader: BudgetedReader, draft: Draft) -> None:
    """Raw numbers may begin like an old pickle: it is one when it imports something or comes to its end."""
    trial = walk_pickle(reader, effort=Effort(steps=_TRIAL_STEPS))
    unfinished = trial.problem is not None and trial.problem.code == "budget"
    imports = [item for item in trial.imports if f"{item.module}{item.name}".isprintable()]
    if trial.complete or imports or unfinished:
        pickles.read_pickles(reader, draft)
    else:
        _unknown(reader.read_at(0, _HEAD_BYTES), draft)


def _look_for_second_face(reader: BudgetedReader, draft: Draft, head: bytes, name: str) -> None:
    """A file that a loader unpickles by its name may be a sound file of another format and a pickle at once.

    Zip files are none: their first byte asks for a persistent object, which plain loading refuses.
    """
    unpickled = name.endswith((*_PICKLE_SUFFIXES, *_PERHAPS_PICKLE_SUFFIXES)) or "." not in name
    if (
        not unpickled
        or head[:2] == b"PK"
        or draft.format in _PICKLE_FORMATS
        or not pickles.may_be_pickle(head)
    ):
        return
    trial = walk_pickle(reader, effort=Effort(steps=_TRIAL_STEPS))
    if any(f"{item.module}{item.name}".isprintable() for item in trial.imports):
        draft.problem("polyglot", f"a {draft.format} file that is a pickle too", 0)
        pickles.judge_walk(trial, draft, quietly=True)
    elif trial.opcodes >= _TRIAL_STEPS:
        draft.judge("unknown", "unpickled, it would run through more opcodes than were followed")


def _unknown(head: bytes, draft: Draft) -> None:
    """Say what stands in the file's place, or that its format is not known."""
    if not (small_formats.read_pointer(head, draft) or small_formats.read_text_instead(head, draft)):
        draft.problem("unknown-format", "no known format begins like this", 0)
    draft.judge("unknown", "the format is not known, so nothing can be said of loading it")


def _compare_with_name(name: str, draft: Draft) -> None:
    suffix = next((suffix for suffix in _EXPECTED if name.endswith(suffix)), None)
    if suffix is not None and draft.format not in _EXPECTED[suffix]:
        draft.problem("name-mismatch", f"named {suffix}, but the content is {draft.format}", 0)
        if draft.format.startswith(("pickle", "pytorch", "joblib", "executable")):
            draft.judge("unknown", f"a {draft.format} file under a name that promises {suffix}")


def _read_executable(reader: BudgetedReader, draft: Draft, look: archives.Look) -> None:
    """A program; a llamafile is one with a zip behind it that holds the weights."""
    kind = small_formats.executable_kind(reader.read_at(0, _HEAD_BYTES)) or "program"
    draft.format = "executable"
    draft.note("executable", kind)
    draft.judge("unsafe", f"it is a program ({kind}); opening it runs it")
    inner = Draft(path=draft.path, format="llamafile", effort=draft.effort)
    try:
        archives.read_zip(reader, inner, look)
    except DamagedError:
        return
    if any(key == "gguf.version" for key, _ in inner.metadata):
        draft.format, draft.framework = "llamafile", "gguf"
        draft.parameters_seen = bool(inner.dtypes)
    inner.problems = [problem for problem in inner.problems if problem.code != "prepended-bytes"]
    draft.absorb(inner, "inside")


def _read_compressed(reader: BudgetedReader, draft: Draft, look: archives.Look) -> None:
    """Inflate up to a cap and read what is inside as a file of its own."""
    kind = small_formats.compression_kind(reader.read_at(0, 16)) or "compressed"
    draft.format = kind
    content = small_formats.inflate(reader, kind, draft)
    if content is None:
        draft.judge("unknown", f"{kind} cannot be looked into")
        return
    inner = Draft(
        path=draft.path.removesuffix(".gz").removesuffix(".bz2").removesuffix(".xz"), effort=draft.effort
    )
    try:
        look(budgeted(BytesReader(content)), inner)
    finally:
        if inner.format not in ("unknown", "empty"):
            draft.format, draft.framework = f"{inner.format}+{kind}", inner.framework
        if inner.safe == "safe":
            draft.presume_safe(f"compressed with {kind}; {inner.presumption}")
        draft.parameters_seen = inner.parameters_seen
        draft.absorb(inner, "inside")


def _read_flatbuffer(reader: BudgetedReader, draft: Draft) -> None:
    tflite = reader.read_at(4, 4) == b"TFL3"
    draft.format, draft.framework = ("tflite", "tensorflow") if tflite else ("executorch", "pytorch")
    draft.judge("unknown", "a compiled graph; its operators were not looked at")


def _read_coreml(reader: BudgetedReader, draft: Draft) -> None:
    """CoreML's Model message: description, metadata and license. Source: coremltools mlmodel/format/Model.proto."""
    draft.format, draft.framework = "coreml", "coreml"
    draft.judge("unknown", "CoreML may name custom layers; they were not looked at")
    for field in fields(reader):
        if field.number != 2 or field.wire != BYTES:
            continue
        for part in fields(reader, field.start, field.end):
            if part.number != 100 or part.wire != BYTES:
                continue
            for item in fields(reader, part.start, part.end):
                key = {1: "description", 2: "version", 3: "author"}.get(item.number)
                if item.number == 4:
                    draft.license("license", text(reader, item))
                elif key:
                    draft.note(key, text(reader, item))


def _read_checkpoint_index(reader: BudgetedReader, draft: Draft) -> None:
    draft.format, draft.framework = "tensorflow-checkpoint", "tensorflow"
    draft.presume_safe("a table of tensors; restoring it runs no code")


def _read_checkpoint_data(reader: BudgetedReader, draft: Draft) -> None:
    draft.format, draft.framework = "tensorflow-checkpoint-data", "tensorflow"
    draft.presume_safe("raw tensors of a TensorFlow checkpoint")
