"""Zip and tar files that are models: PyTorch's and TorchScript's, npz, Keras v3, TorchServe, llamafile, NeMo.

Source: PyTorch torch/serialization.py and caffe2/serialize/inline_container.h; numpy.savez;
keras/src/saving/saving_lib.py.
"""

import json
import re
import stat
from collections.abc import Callable
from typing import Any

from openaudit.artifacts.artifact import DamagedError, Draft, clean_text
from openaudit.artifacts.keras_config import judge_config
from openaudit.artifacts.pickles import read_pickles
from openaudit.artifacts.reader import KIB, BudgetedReader, WindowReader
from openaudit.artifacts.safetensors import leaves_folder
from openaudit.artifacts.zip_directory import Entry, budgeted, open_member, read_directory

Look = Callable[[BudgetedReader, Draft], None]
"""How a member is read: told by content and name like a file of its own."""

_MAX_MEMBERS = 200
_MAX_TAR_MEMBERS = 5_000
_MAX_JSON_BYTES = 4 * KIB * KIB
_CODE = (".py", ".pyc", ".so", ".dll", ".dylib", ".exe", ".sh", ".bat", ".js")
_LOOKED_AT = (
    ".pkl", ".pickle", ".dill", ".joblib", ".npy", ".npz", ".pt", ".pth", ".bin", ".ckpt", ".zip", ".tar", ".nemo",
    ".safetensors", ".gguf", ".onnx", ".pb", ".h5", ".hdf5", ".keras", ".msgpack", ".mlmodel", ".data", ".dat",
)  # fmt: skip


def is_zip(head: bytes) -> bool:
    """True when the file starts with a zip member (or is an empty zip)."""
    return head[:4] in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")


def is_tar(head: bytes) -> bool:
    """True for a tar header with its magic."""
    return len(head) >= 512 and head[257:262] == b"ustar"


def read_zip(reader: BudgetedReader, draft: Draft, look: Look) -> None:
    """Read a zip file's directory, name its kind, and look at the members that a loader would act on.

    Raises: DamagedError, BudgetSpentError.
    """
    draft.format = "zip" if draft.format == "unknown" else draft.format
    directory = read_directory(reader, draft)
    draft.note("members", len(directory.entries))
    names = [entry.name for entry in directory.entries]
    kind = _kind(names)
    draft.format = kind if draft.format == "zip" else draft.format
    draft.framework = draft.framework or _KIND_FRAMEWORK.get(kind)
    draft.presume_safe(f"a zip file of the kind {kind}; its members were looked at")
    if kind == "torchscript":
        draft.judge("unknown", "it carries a TorchScript program, which the loader compiles and may run")
    code = [name for name in names if name.lower().endswith(_CODE)] if kind != "torchscript" else []
    if code:
        draft.judge("unknown", f"it carries code that a loader may run: {clean_text(code[0], 100)}")
    chosen = [entry for entry in directory.entries if _is_telling(entry.name, kind)]
    if len(chosen) > _MAX_MEMBERS:
        draft.problem("too-many-members", f"only {_MAX_MEMBERS} of {len(chosen)} members were looked at")
    counted = kind in ("pytorch-zip", "torchscript", "npz")
    for entry in chosen[:_MAX_MEMBERS]:
        counted &= _read_member(reader, entry, draft, kind, look)
    draft.parameters_seen = counted and len(chosen) <= _MAX_MEMBERS and bool(draft.dtypes)


_KIND_FRAMEWORK = {
    "pytorch-zip": "pytorch", "torchscript": "pytorch", "torch-model-archive": "pytorch", "npz": "numpy",
    "keras-zip": "tensorflow", "coreml-zip": "coreml", "skops": "scikit-learn", "pytorch-package": "pytorch",
}  # fmt: skip


def _kind(names: list[str]) -> str:
    leaves = {name.split("/", 1)[1] if "/" in name else name for name in names} | set(names)
    if any(name.startswith(".data/") or "/.data/extern_modules" in name for name in names) and any(
        name.endswith("extern_modules") for name in names
    ):
        return "pytorch-package"
    if "data.pkl" in leaves:
        return "torchscript" if "constants.pkl" in leaves else "pytorch-zip"
    if "MAR-INF/MANIFEST.json" in names:
        return "torch-model-archive"
    if "config.json" in names and ("model.weights.h5" in names or "metadata.json" in names):
        return "keras-zip"
    if "schema.json" in names:
        return "skops"
    if names and all(name.endswith(".npy") for name in names):
        return "npz"
    if any(name.endswith(".mlmodel") for name in names):
        return "coreml-zip"
    return "zip"


def _is_telling(name: str, kind: str) -> bool:
    lowered = name.lower()
    if kind in ("pytorch-zip", "torchscript"):
        return lowered.endswith((".pkl", ".pickle"))
    if kind == "keras-zip" and lowered.endswith(".json"):
        return True
    return lowered.endswith(_LOOKED_AT) or "." not in lowered.rsplit("/", 1)[-1]


def _read_member(reader: BudgetedReader, entry: Entry, draft: Draft, kind: str, look: Look) -> bool:
    """Look at one member; True when its tensors could be counted to the end."""
    if entry.name.endswith("/") and not entry.size_bytes:
        return True
    member = Draft(path=entry.name, effort=draft.effort)
    try:
        inside = open_member(reader, entry, member)
        if entry.name.endswith(".pkl"):
            read_pickles(inside, member)
        elif kind == "keras-zip" and entry.name.endswith(".json"):
            _read_keras_json(inside, member)
        else:
            look(inside, member)
    except DamagedError as error:
        member.problem(error.code, error.message, error.offset)
        member.judge("unknown", "it could not be read")
    finally:
        if entry.name.endswith((".pkl", ".npy")) or member.format != "unknown" or member.problems:
            draft.absorb(member, entry.name)
        elif member.safe != "safe" and kind != "keras-zip":
            draft.judge("unknown", f"{clean_text(entry.name, 100)}: a member of unknown kind")
    return not any(problem.code in ("budget", "truncated") for problem in member.problems)


def _read_keras_json(reader: BudgetedReader, member: Draft) -> None:
    member.format = "keras-config"
    member.presume_safe("a Keras configuration")
    size = reader.end or 0
    if size > _MAX_JSON_BYTES:
        raise DamagedError("header-too-large", f"a configuration of {size} bytes")
    value = parse_json(reader.read_at(0, size))
    if isinstance(value, dict) and isinstance(version := value.get("keras_version"), str):
        member.note("producer", f"keras {version}")
    if member.path == "config.json":
        judge_config(value, member)


def parse_json(raw: bytes) -> Any:
    """The value of a JSON text. Raises: DamagedError."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise DamagedError("not-json", "the JSON inside cannot be read") from None


def read_tar(reader: BudgetedReader, draft: Draft, look: Look) -> None:
    """Walk a tar file's headers by jumps and look at the members that are models; PyTorch's first format is one.

    Raises: DamagedError, BudgetSpentError. Source: POSIX pax, ustar; torch/serialization.py (legacy_load).
    """
    draft.format, offset, names = "tar", 0, []
    draft.presume_safe("a tar file; its members were looked at")
    for _ in range(_MAX_TAR_MEMBERS):
        header = reader.read_at(offset, 512)
        if len(header) < 512 or not header.strip(b"\0"):
            if header.strip(b"\0") or not header:
                draft.problem("truncated", "the tar file has no end", offset)
            break
        name, size = _tar_header(header, offset)
        names.append(name)
        _check_tar_member(header, name, draft, offset)
        if header[156:157] in (b"0", b"\0"):
            _read_tar_member(reader, draft, look, (name, offset + 512, size))
        offset += 512 + -(-size // 512) * 512
    else:
        draft.problem("too-many-members", f"only {_MAX_TAR_MEMBERS} members were looked at", offset)
    plain = {name.removeprefix("./") for name in names}
    if {"pickle", "storages", "tensors"} <= plain:
        draft.format, draft.framework = "pytorch-tar", "pytorch"
    elif any(name.endswith(("model_config.yaml", ".ckpt")) for name in plain):
        draft.framework = draft.framework or "pytorch"


def _tar_header(header: bytes, offset: int) -> tuple[str, int]:
    name = header[:100].split(b"\0")[0]
    prefix = header[345:500].split(b"\0")[0] if header[257:263] == b"ustar\0" else b""
    field = header[124:136]
    try:
        if field[0] & 0x80:
            size = int.from_bytes(field, "big") & ((1 << 88) - 1)
        else:
            size = int(field.split(b"\0")[0].strip() or b"0", 8)
        checksum = int(header[148:156].split(b"\0")[0].strip() or b"0", 8)
    except ValueError:
        raise DamagedError("bad-entry", "a tar header is damaged", offset) from None
    if checksum != sum(header[:148]) + 8 * 32 + sum(header[156:]):
        raise DamagedError("bad-entry", "a tar header's checksum is wrong", offset)
    return (prefix + b"/" * bool(prefix) + name).decode("utf-8", "replace"), size


def _check_tar_member(header: bytes, name: str, draft: Draft, offset: int) -> None:
    target = header[157:257].split(b"\0")[0].decode("utf-8", "replace")
    if leaves_folder(name):
        draft.problem("path-traversal", f"the member {clean_text(name, 120)!r} leaves the folder", offset)
        draft.external(name)
    if header[156:157] in (b"1", b"2"):
        draft.problem("symlink", f"the member {clean_text(name, 120)!r} is a link", offset)
        draft.external(target)
    mode = re.fullmatch(rb"[0-7]{1,8}", header[100:108].split(b"\0")[0].strip())
    set_uid = mode is not None and bool(int(mode[0], 8) & stat.S_ISUID)
    if set_uid or header[156:157] in (b"3", b"4", b"6"):
        draft.problem(
            "device", f"the member {clean_text(name, 120)!r} is a device, pipe or set-uid file", offset
        )


def _read_tar_member(reader: BudgetedReader, draft: Draft, look: Look, place: tuple[str, int, int]) -> None:
    name, start, size = place
    base = name.rsplit("/", 1)[-1].lower()
    if base.endswith(_CODE):
        draft.judge("unknown", f"it carries code that a loader may run: {clean_text(name, 100)}")
    if not (base.endswith(_LOOKED_AT) or "." not in base):
        return
    member = Draft(path=name, effort=draft.effort)
    inside = budgeted(WindowReader(reader, start, size))
    try:
        if base in ("pickle", "storages", "tensors"):
            read_pickles(inside, member)
        else:
            look(inside, member)
    except DamagedError as error:
        member.problem(error.code, error.message, error.offset)
        member.judge("unknown", "it could not be read")
    finally:
        draft.absorb(member, name)
