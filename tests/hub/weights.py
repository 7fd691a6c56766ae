"""Small valid weight files, and plausible ones of a declared size, for repositories whose weights are not at hand."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import PurePosixPath

from .content import Content, InMemory, Sparse

WEIGHT_SUFFIXES = frozenset(
    [
        ".safetensors",
        ".gguf",
        ".ggml",
        ".bin",
        ".pt",
        ".pth",
        ".ckpt",
        ".h5",
        ".msgpack",
        ".onnx",
        ".tflite",
        ".ot",
        ".pb",
        ".mlmodel",
        ".npz",
        ".nemo",
    ]
)
_SAFETENSORS_HEADER_BYTES = 248


def is_weight_path(path: str) -> bool:
    """Whether a file's name says that it holds weights."""
    return PurePosixPath(path).suffix.lower() in WEIGHT_SUFFIXES


def plausible_weights(path: str, size_bytes: int | None) -> Content:
    """Deterministic bytes for a weight file that is listed and not at hand.

    Without a size: the smallest valid file of the format. With one: a valid header (safetensors, GGUF, PyTorch) or the
    format's first bytes (HDF5, TFLite, ONNX, msgpack), then zeros up to the size, which are never stored.
    """
    make = _MAKERS.get(PurePosixPath(path).suffix.lower(), _torch)
    head = make(size_bytes)
    if size_bytes is None:
        return InMemory(head)
    return Sparse(size_bytes, {0: head[:size_bytes]})


def small_safetensors() -> bytes:
    """A valid safetensors file: one tensor of eight float32 zeros."""
    return _safetensors(None)


def small_gguf() -> bytes:
    """A valid GGUF file, version 3: one key, one tensor of eight float32 zeros."""
    return _gguf(None)


def safetensors_header(tensors: dict[str, object], size_bytes: int = _SAFETENSORS_HEADER_BYTES) -> bytes:
    """Length and JSON header of a safetensors file, padded with spaces to at least `size_bytes` of JSON.

    Source: "Format", https://huggingface.co/docs/safetensors/index#format.
    """
    header = json.dumps(tensors, separators=(",", ":")).encode()
    header = header.ljust(size_bytes)
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header)) + header


def _safetensors(size_bytes: int | None) -> bytes:
    if size_bytes is None:
        dtype, shape, data = "F32", [2, 4], bytes(32)
    else:
        rest = max(0, size_bytes - 8 - _SAFETENSORS_HEADER_BYTES)
        dtype, shape, data = "U8", [rest], b""
    length = len(data) if size_bytes is None else shape[0]
    tensor = {"dtype": dtype, "shape": shape, "data_offsets": [0, length]}
    return safetensors_header({"__metadata__": {"format": "pt"}, "weight": tensor}) + data


def _gguf(size_bytes: int | None) -> bytes:
    """Source: "GGUF", https://github.com/ggml-org/ggml/blob/master/docs/gguf.md."""
    head_bytes = 160
    elements = 8 if size_bytes is None else max(0, size_bytes - head_bytes) // 4
    key = _gguf_text("general.architecture") + struct.pack("<I", 8) + _gguf_text("llama")
    tensor = _gguf_text("token_embd.weight") + struct.pack("<IQIQ", 1, elements, 0, 0)
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + key + tensor
    head = head.ljust(head_bytes, b"\0")
    return head + bytes(32) if size_bytes is None else head


def _gguf_text(text: str) -> bytes:
    return struct.pack("<Q", len(text)) + text.encode()


def _torch(size_bytes: int | None) -> bytes:
    """An empty state dict: as a zip archive, or, with a size, in the form before PyTorch 1.6, which allows a tail."""
    if size_bytes is None:
        return _torch_zip()
    system = {
        "protocol_version": 1001,
        "little_endian": True,
        "type_sizes": {"short": 2, "int": 4, "long": 4},
    }
    parts: tuple[object, ...] = (0x1950A86A20F9469CFC6C, 1001, system, {}, [])
    return b"".join(pickle.dumps(part, 2) for part in parts)


def _torch_zip() -> bytes:
    buffer = io.BytesIO()
    members = {"data.pkl": pickle.dumps({}, 2), "byteorder": b"little", "version": b"3\n"}
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(f"archive/{name}"), data)
    return buffer.getvalue()


def _first_bytes(magic: bytes) -> Callable[[int | None], bytes]:
    return lambda size_bytes: magic


_MAKERS: dict[str, Callable[[int | None], bytes]] = {
    ".safetensors": _safetensors,
    ".gguf": _gguf,
    ".h5": _first_bytes(b"\x89HDF\r\n\x1a\n" + bytes(88)),
    ".tflite": _first_bytes(b"\x1c\0\0\0TFL3" + bytes(24)),
    ".onnx": _first_bytes(b"\x08\x08"),
    ".msgpack": _first_bytes(b"\x80"),
}
