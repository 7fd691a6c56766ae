"""Damaged and hostile files: each is a problem or a reason, none a crash, a hang or something executed."""

import gzip
import io
import json
import pickle
import re
import resource
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import openaudit.artifacts
from openaudit.artifacts import PROBLEM_KINDS, Artifact, BudgetedReader, BytesReader, inspect
from openaudit.artifacts.safetensors import read_index

from . import builders as make

F32 = make.tensor("F32", [2], 0, 8)
OK_PICKLE = make.state_dict_pickle(make.torch_tensor())
SYSTEM = make.call_pickle("os", "system")
ARRAY_HEADER = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"


def edited(data: bytes, old: bytes, new: bytes) -> bytes:
    assert old in data
    return data.replace(old, new, 1)


def bomb() -> bytes:
    return make.zip_file({"archive/data.pkl": b"\0" * 40_000_000}, deflated=True)


def overlapping_zip() -> bytes:
    data = bytearray(make.zip_file({"a.npy": b"x" * 50, "b.npy": b"y" * 50}))
    second = data.rfind(b"PK\x01\x02")
    data[second + 42 : second + 46] = struct.pack("<I", 10)
    return bytes(data)


def zip_with(name: str, *, mode: int = 0) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        archive.writestr(info, b"x")
    return buffer.getvalue()


def duplicate_members() -> bytes:
    data = make.zip_file({"archive/data.pkl": OK_PICKLE, "archive/data.pkM": SYSTEM})
    return data.replace(b"archive/data.pkM", b"archive/data.pkl")


def lying_local_name() -> bytes:
    data = make.torch_zip(OK_PICKLE)
    return edited(data, b"archive/data.pkl", b"archive/evil.pkl")


def encrypted_zip() -> bytes:
    data = bytearray(make.torch_zip(OK_PICKLE))
    directory = data.find(b"PK\x01\x02")
    data[directory + 8] |= 1
    return bytes(data)


def nested_zips(depth: int) -> bytes:
    data = make.zip_file({"x.pkl": SYSTEM})
    for _ in range(depth):
        data = make.zip_file({"inner.zip": data})
    return data


def memo_chain() -> bytes:
    """STACK_GLOBAL whose names come through DUP, POP and the memo."""
    return b"\x80\x04\x8c\x02os\x94\x8c\x04junk20\x8c\x06system\x94000h\x00h\x01\x93\x8c\x02id\x85R."


def set_uid_tar() -> bytes:
    data = bytearray(make.tar_file({"x": b"y"}))
    data[100:108] = b"0004755\0"
    data[148:156] = b" " * 8
    data[148:156] = f"{sum(data[:512]):06o}\0 ".encode()
    return bytes(data)


def safetensors_and_pickle() -> bytes:
    """A sound safetensors file; as a pickle its length begins a line of text that ends with the header."""
    data = b"0" + SYSTEM
    header = json.dumps({"a": make.tensor("U8", [len(data)], 0, len(data))}).encode()
    return make.safetensors_file(header.ljust(ord("V") - 1) + b"\n", data)


def opcodes_in_an_array() -> bytes:
    """joblib reads 40 raw bytes after the description; pickle.load goes on with them as opcodes."""
    describe = (
        b"\x80\x02cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(X\x05\x00\x00\x00shapeK\x05\x85"
        b"X\x05\x00\x00\x00dtypecnumpy\ndtype\nX\x02\x00\x00\x00f8\x89\x88\x87Rub"
    )
    return describe + (b"0" + SYSTEM).ljust(40, b".") + b"."


def gguf_with_type(kind: int) -> bytes:
    return make.gguf_file([make.gguf_pair("k", kind, b"\0" * 8)])


def nested_gguf_arrays(depth: int) -> bytes:
    value = struct.pack("<IQ", 9, 1) * depth + struct.pack("<IQ", 4, 1) + b"\0" * 4
    return make.gguf_file([make.gguf_pair("k", 9, value)])


def keras_zip(config: object) -> bytes:
    return make.zip_file(
        {
            "metadata.json": b'{"keras_version": "3.3.3"}',
            "config.json": json.dumps(config).encode(),
            "model.weights.h5": b"",
        }
    )


# name: (file name, content, the code of a problem or a word of a reason that must be there)
CASES: dict[str, tuple[str, bytes, str]] = {
    # safetensors
    "empty file": ("m.safetensors", b"", "empty"),
    "seven bytes": ("m.safetensors", b"\0" * 7, "truncated"),
    "header length 2^63": ("m.safetensors", make.safetensors_file({}, length=2**63), "header-too-large"),
    "header length past the end": (
        "m.safetensors",
        make.safetensors_file({"a": F32}, length=5000),
        "truncated",
    ),
    "header length over 100 MB": (
        "m.safetensors",
        make.safetensors_file({}, length=100_000_001),
        "header-too-large",
    ),
    "header length zero": ("m.safetensors", make.safetensors_file(b"", b"\0" * 8), "not-json"),
    "header is a list": ("m.safetensors", make.safetensors_file([]), "not-json"),
    "header is cut json": ("m.safetensors", make.safetensors_file(b'{"a": {"dtype"'), "not-json"),
    "header is not utf-8": ("m.safetensors", make.safetensors_file(b'{"\xff\xfe": 1}'), "not-utf8"),
    "header is deeply nested": (
        "m.safetensors",
        make.safetensors_file(b'{"a":' + b"[" * 50_000 + b"}"),
        "too-deep",
    ),
    "header has a huge number": (
        "m.safetensors",
        make.safetensors_file(b'{"a":{"dtype":"F32","shape":[' + b"9" * 5000 + b"]}}"),
        "not-json",
    ),
    "header has NaN": ("m.safetensors", make.safetensors_file(b'{"a": NaN}'), "not-json"),
    "tensor listed twice": (
        "m.safetensors",
        make.safetensors_file(b'{"a":%s,"a":%s}' % ((json.dumps(F32).encode(),) * 2), b"\0" * 8),
        "duplicate-key",
    ),
    "license key twice": (
        "m.safetensors",
        make.safetensors_file(b'{"__metadata__":{"license":"mit","license":"nc"}}'),
        "duplicate-key",
    ),
    "metadata is a list": ("m.safetensors", make.safetensors_file({"__metadata__": []}), "bad-metadata"),
    "metadata holds an object": (
        "m.safetensors",
        make.safetensors_file({"__metadata__": {"license": {}}}),
        "bad-metadata",
    ),
    "tensors overlap": (
        "m.safetensors",
        make.safetensors_file({"a": F32, "b": make.tensor("F32", [2], 4, 12)}, b"\0" * 12),
        "overlap",
    ),
    "tensors leave a hole": (
        "m.safetensors",
        make.safetensors_file({"a": F32, "b": make.tensor("F32", [2], 16, 24)}, b"\0" * 24),
        "hole",
    ),
    "tensor past the end": ("m.safetensors", make.safetensors_file({"a": F32}, b"\0" * 4), "out-of-range"),
    "bytes after the last tensor": (
        "m.safetensors",
        make.safetensors_file({"a": F32}, b"\0" * 9),
        "trailing-bytes",
    ),
    "offsets run backwards": (
        "m.safetensors",
        make.safetensors_file({"a": make.tensor("F32", [2], 8, 0)}),
        "bad-offsets",
    ),
    "negative offset": (
        "m.safetensors",
        make.safetensors_file({"a": make.tensor("F32", [2], -8, 0)}),
        "bad-tensor",
    ),
    "shape of booleans": (
        "m.safetensors",
        make.safetensors_file({"a": {**F32, "shape": [True]}}),
        "bad-tensor",
    ),
    "shape overflows": (
        "m.safetensors",
        make.safetensors_file({"a": make.tensor("F32", [2**40, 2**40], 0, 8)}),
        "size-overflow",
    ),
    "shape does not fit": (
        "m.safetensors",
        make.safetensors_file({"a": make.tensor("F32", [3], 0, 8)}, b"\0" * 8),
        "size-mismatch",
    ),
    "unknown dtype": (
        "m.safetensors",
        make.safetensors_file({"a": make.tensor("X99", [2], 0, 8)}, b"\0" * 8),
        "unknown-dtype",
    ),
    # GGUF
    "gguf magic only": ("m.gguf", b"GGUF", "truncated"),
    "gguf version 9": ("m.gguf", make.gguf_file(version=9), "bad-version"),
    "2^62 keys": ("m.gguf", make.gguf_file(counts=(0, 2**62)), "count-too-large"),
    "2^62 tensors": ("m.gguf", make.gguf_file(counts=(2**62, 0)), "count-too-large"),
    "key length past the end": ("m.gguf", make.gguf_file([struct.pack("<Q", 60_000) + b"k"]), "truncated"),
    "key length 2^63": ("m.gguf", make.gguf_file([struct.pack("<Q", 2**63) + b"k"]), "string-too-long"),
    "string length 2^63": (
        "m.gguf",
        make.gguf_file([make.gguf_pair("general.license", 8, struct.pack("<Q", 2**63))]),
        "truncated",
    ),
    "value type 99": ("m.gguf", gguf_with_type(99), "bad-type"),
    "arrays nested 1000 deep": ("m.gguf", nested_gguf_arrays(1000), "too-deep"),
    "array of 2^61 strings": (
        "m.gguf",
        make.gguf_file([make.gguf_pair("tokens", 9, struct.pack("<IQ", 8, 2**61))]),
        "truncated",
    ),
    "array of 2^61 numbers": (
        "m.gguf",
        make.gguf_file([make.gguf_pair("scores", 9, struct.pack("<IQ", 6, 2**61))]),
        "truncated",
    ),
    "array of an unknown type": (
        "m.gguf",
        make.gguf_file([make.gguf_pair("a", 9, struct.pack("<IQ", 77, 1))]),
        "bad-type",
    ),
    "license key twice in gguf": (
        "m.gguf",
        make.gguf_file([make.gguf_text("general.license", "mit"), make.gguf_text("general.license", "nc")]),
        "duplicate-key",
    ),
    "gguf key is not utf-8": (
        "m.gguf",
        make.gguf_file([make.gguf_pair(b"\xff\xfe", 4, b"\0" * 4)]),
        "not-utf8",
    ),
    "alignment of zero": (
        "m.gguf",
        make.gguf_file([make.gguf_pair("general.alignment", 4, b"\0" * 4)]),
        "bad-alignment",
    ),
    "gguf tensors overlap": (
        "m.gguf",
        make.gguf_file(
            [], [make.gguf_tensor("a", [32], 0, 0), make.gguf_tensor("b", [32], 0, 32)], b"\0" * 160
        ),
        "overlap",
    ),
    "gguf tensor past the end": (
        "m.gguf",
        make.gguf_file([], [make.gguf_tensor("a", [32], 0, 0)], b"\0" * 8),
        "out-of-range",
    ),
    "gguf tensor of 9 dimensions": (
        "m.gguf",
        make.gguf_file([], [make.gguf_tensor("a", [1] * 9, 0, 0)]),
        "bad-tensor",
    ),
    "gguf tensor overflows": (
        "m.gguf",
        make.gguf_file([], [make.gguf_tensor("a", [2**40, 2**40], 0, 0)], b"\0" * 8),
        "size-overflow",
    ),
    "gguf tensor twice": (
        "m.gguf",
        make.gguf_file([], [make.gguf_tensor("a", [8], 0, 0)] * 2, b"\0" * 64),
        "duplicate-key",
    ),
    "gguf tensor of an unknown type": (
        "m.gguf",
        make.gguf_file([], [make.gguf_tensor("a", [8], 999, 0)], b"\0" * 64),
        "unknown-dtype",
    ),
    "chat template that escapes": (
        "m.gguf",
        make.gguf_file([make.gguf_text("tokenizer.chat_template", "{{ ''.__class__.__mro__ }}")]),
        "Python's internals",
    ),
    "chat template of 300 kB": (
        "m.gguf",
        make.gguf_file([make.gguf_text("tokenizer.chat_template", "x" * 300_000)]),
        "string-too-long",
    ),
    # pickles
    "os.system in text": ("m.pkl", SYSTEM, "imports os.system"),
    "posix.system in binary": ("m.bin", make.stack_global_pickle("posix", "system"), "imports posix.system"),
    "STACK_GLOBAL from the memo": (
        "m.pkl",
        make.stack_global_pickle("os", "system", memoized=True),
        "imports os.system",
    ),
    "STACK_GLOBAL through DUP and POP": ("m.pkl", memo_chain(), "imports os.system"),
    "STACK_GLOBAL of computed names": (
        "m.pkl",
        b"\x80\x04cbuiltins\nstr\n)R\x8c\x06system\x93)R.",
        "computes the name",
    ),
    "STACK_GLOBAL of bytes": ("m.pkl", b"\x80\x04C\x02osC\x06system\x93)R.", "computes the name"),
    "INST": ("m.pkl", b"(S'id'\nios\nsystem\n.", "imports os.system"),
    "OBJ": ("m.pkl", b"\x80\x02(cos\nsystem\nX\x02\x00\x00\x00ido.", "imports os.system"),
    "NEWOBJ": (
        "m.pkl",
        b"\x80\x02csubprocess\nPopen\nX\x02\x00\x00\x00id\x85\x81.",
        "imports subprocess.Popen",
    ),
    "NEWOBJ_EX": ("m.pkl", b"\x80\x04\x8c\x0asubprocess\x8c\x05Popen\x93)}\x92.", "imports subprocess.Popen"),
    "BUILD changes an imported object": (
        "m.pkl",
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}b.",
        "changes the imported",
    ),
    "EXT1": ("m.pkl", b"\x80\x02\x82\x01.", "extension 1"),
    "EXT4": ("m.pkl", b"\x80\x02\x84\x01\x00\x00\x00.", "extension 1"),
    "name of Python 2": ("m.pkl", b"c__builtin__\nexecfile\n(S'x'\ntR.", "imports __builtin__.execfile"),
    "module of Python 2": ("m.pkl", b"ccommands\ngetoutput\n(S'x'\ntR.", "imports commands.getoutput"),
    "dotted name through a harmless module": (
        "m.pkl",
        make.stack_global_pickle("logging", "os.system"),
        "reaches the module os",
    ),
    "dotted name into internals": (
        "m.pkl",
        make.stack_global_pickle("torch._utils", "_rebuild_tensor_v2.__globals__"),
        "internals",
    ),
    "getattr": ("m.pkl", make.call_pickle("builtins", "getattr"), "imports builtins.getattr"),
    "unlisted import": ("m.pkl", make.call_pickle("my_package.models", "Net"), "on no list"),
    "second pickle": (
        "m.pkl",
        pickle.dumps({}) + make.stack_global_pickle("os", "system"),
        "imports os.system",
    ),
    "second pickle in text": ("m.pkl", pickle.dumps({}) + SYSTEM, "imports os.system"),
    "pickle behind a harmless one and 1 MB of zeros": (
        "m.pkl",
        pickle.dumps({}) + b"\0" * 1_000_000 + SYSTEM,
        "imports os.system",
    ),
    "pickle cut off": ("m.pkl", pickle.dumps({"a": 1})[:-2], "truncated"),
    "pickle without STOP": ("m.pkl", b"\x80\x02K\x01", "truncated"),
    "payload before a broken end": ("m.pkl", SYSTEM[:-1] + b"\xff", "imports os.system"),
    "unknown opcode": ("m.pkl", b"\x80\x02\xff.", "bad-opcode"),
    "stack underflow": ("m.pkl", b"\x80\x02R.", "stack-underflow"),
    "memo entry that is not there": ("m.pkl", b"\x80\x02h\x07.", "bad-memo"),
    "nothing returned": ("m.pkl", b"\x80\x02.", "stack-underflow"),
    "string of negative length": ("m.pkl", b"\x80\x02T\xff\xff\xff\xff.", "bad-opcode"),
    "number of 2 GB": ("m.pkl", b"\x80\x02\x8b\xff\xff\xff\x7f.", "truncated"),
    "a million marks": ("m.pkl", b"\x80\x02" + b"(" * 900_000 + b".", ""),
    "opcodes where joblib would read an array": ("m.joblib", opcodes_in_an_array(), "imports os.system"),
    "safetensors and pickle in one": ("pytorch_model.bin", safetensors_and_pickle(), "imports os.system"),
    "tar and pickle in one": ("m.pkl", make.tar_file({SYSTEM.decode(): b"x"}), "imports os.system"),
    "under the name of safetensors": (
        "m.safetensors",
        make.stack_global_pickle("os", "system"),
        "imports os.system",
    ),
    # zip and tar
    "torch zip with os.system": ("m.pt", make.torch_zip(SYSTEM), "imports os.system"),
    "torch zip with a second pickle member": (
        "m.pt",
        make.zip_file({"a/data.pkl": OK_PICKLE, "a/extra.pkl": SYSTEM}),
        "imports os.system",
    ),
    "zip bomb": ("m.pt", bomb(), "zip-bomb"),
    "zip path traversal": ("m.zip", zip_with("../../etc/cron.d/x"), "path-traversal"),
    "zip absolute path": ("m.zip", zip_with("/etc/passwd"), "path-traversal"),
    "zip windows path": ("m.zip", zip_with("C:evil.exe"), "path-traversal"),
    "zip symbolic link": ("m.zip", zip_with("link", mode=0o120777), "symlink"),
    "zip members overlap": ("m.npz", overlapping_zip(), "overlap"),
    "zip member twice": ("m.pt", duplicate_members(), "imports os.system"),
    "zip local name lies": ("m.pt", lying_local_name(), "name-lies"),
    "zip encrypted": ("m.pt", encrypted_zip(), "encrypted"),
    "zip cut off": ("m.pt", make.torch_zip(OK_PICKLE)[:-30], "no-directory"),
    "zip with bytes before it": ("m.zip", b"PK\x03\x04junk" + make.torch_zip(OK_PICKLE), "prepended-bytes"),
    "zip count lies": (
        "m.pt",
        edited(
            make.torch_zip(OK_PICKLE), b"PK\x05\x06\0\0\0\0\x03\0\x03\0", b"PK\x05\x06\0\0\0\0\x09\0\x09\0"
        ),
        "count-mismatch",
    ),
    "zips in zips": ("m.zip", nested_zips(8), "too-deep"),
    "pickle in a zip in a zip": ("m.zip", nested_zips(1), "imports os.system"),
    "zip with code": (
        "m.mar",
        make.zip_file({"MAR-INF/MANIFEST.json": b"{}", "handler.py": b"x"}),
        "carries code",
    ),
    "tar path traversal": ("m.tar", make.tar_file({"../../x": b"x"}), "path-traversal"),
    "tar link": ("m.tar", make.tar_file({"x": b""}, kind=b"2", link="/etc/passwd"), "symlink"),
    "tar device": ("m.tar", make.tar_file({"x": b""}, kind=b"3"), "device"),
    "tar with a pickle": (
        "m.tar",
        make.tar_file({"storages": pickle.dumps(0), "tensors": pickle.dumps(0), "pickle": SYSTEM}),
        "imports os.system",
    ),
    "tar set-uid program": ("m.tar", set_uid_tar(), "set-uid"),
    "npy dtype of a superscript": (
        "a.npy",
        make.npy_file("{'descr': '<f\xb2', 'fortran_order': False, 'shape': (1,), }"),
        "unknown-dtype",
    ),
    "tar checksum wrong": ("m.tar", edited(make.tar_file({"x": b"y"}), b"0000644", b"0000777"), "bad-entry"),
    "tar size past the end": ("m.tar", make.tar_header("x.pkl", 8**10) + b"\0" * 512, "truncated"),
    "gzip with a pickle": ("m.pkl.gz", gzip.compress(SYSTEM), "imports os.system"),
    "gzip bomb": ("m.pkl.gz", gzip.compress(b"\0" * 50_000_000), "incomplete"),
    "gzip cut off": ("m.pkl.gz", gzip.compress(b"x" * 5000)[:20], "incomplete"),
    # numpy
    "npy of objects with os.system": (
        "a.npy",
        make.npy_file("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", SYSTEM),
        "imports os.system",
    ),
    "npy with a field of objects": (
        "a.npy",
        make.npy_file("{'descr': [('x', '|O')], 'fortran_order': False, 'shape': (1,), }", SYSTEM),
        "imports os.system",
    ),
    "npy with an expression for a header": (
        "a.npy",
        make.npy_file("__import__('os').system('id')"),
        "bad-header",
    ),
    "npy header length lies": ("a.npy", make.npy_file(ARRAY_HEADER, length=60_000), "truncated"),
    "npy header of 4 GB": (
        "a.npy",
        make.npy_file(ARRAY_HEADER, version=2, length=2**32 - 1),
        "header-too-large",
    ),
    "npy version 9": ("a.npy", b"\x93NUMPY\x09\0" + b"\0" * 20, "bad-version"),
    "npy shape overflows": (
        "a.npy",
        make.npy_file("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999), }"),
        "size-overflow",
    ),
    "npy data cut off": ("a.npy", make.npy_file(ARRAY_HEADER, b"\0" * 4), "truncated"),
    # graphs
    "onnx data outside the folder": (
        "m.onnx",
        make.onnx_file(location="../../../etc/passwd"),
        "path-traversal",
    ),
    "onnx data at an absolute path": ("m.onnx", make.onnx_file(location="/etc/passwd"), "path-traversal"),
    "onnx custom operators": ("m.onnx", make.onnx_file(domain="evil.ops"), "needs a library"),
    "onnx graphs nested 50 deep": ("m.onnx", make.onnx_file(nested=50), "too-deep"),
    "onnx tensor overflows": ("m.onnx", make.onnx_file(dims=(2**40, 2**40)), "size-overflow"),
    "onnx cut off": ("m.onnx", make.onnx_file()[:60], "truncated"),
    "onnx length past the end": ("m.onnx", b"\x08\x08\x12\xff\xff\xff\xff\x0f", "truncated"),
    "onnx endless number": ("m.onnx", b"\x08" + b"\xff" * 40, "bad-field"),
    "onnx without a graph": ("m.onnx", b"\x08\x08\x12\x01x", "no-graph"),
    "saved model that writes files": (
        "saved_model.pb",
        make.saved_model_file("MatMul", "WriteFile"),
        "WriteFile",
    ),
    "saved model that reads files in a function": (
        "saved_model.pb",
        make.saved_model_file("ReadFile", in_function=True),
        "ReadFile",
    ),
    "saved model that calls Python": ("saved_model.pb", make.saved_model_file("PyFunc"), "PyFunc"),
    "saved model cut off": ("saved_model.pb", make.saved_model_file("MatMul")[:-3], "truncated"),
    "frozen graph that reads files": (
        "frozen.pb",
        make.message(1, make.message(1, "n") + make.message(2, "ReadFile")),
        "ReadFile",
    ),
    "keras lambda": (
        "m.keras",
        keras_zip({"class_name": "Functional", "config": {"layers": [{"class_name": "Lambda"}]}}),
        "Lambda",
    ),
    "keras lambda deep inside": (
        "m.keras",
        keras_zip(
            {"config": {"layers": [{"class_name": "F", "config": {"layers": [{"class_name": "Lambda"}]}}]}}
        ),
        "Lambda",
    ),
    "keras class of another module": (
        "m.keras",
        keras_zip({"class_name": "run", "module": "os", "config": {}}),
        "imports os.run",
    ),
    "keras configuration is no json": (
        "m.keras",
        make.zip_file({"metadata.json": b"{}", "config.json": b"[" * 100_000}),
        "not-json",
    ),
    "keras metadata beside a saved model": (
        "keras_metadata.pb",
        make.message(1, make.message(4, "_tf_keras_layer") + make.message(5, '{"class_name": "Lambda"}')),
        "Lambda",
    ),
    "hdf5 signature only": ("m.h5", b"\x89HDF\r\n\x1a\n", "truncated"),
    "hdf5 unknown superblock": ("m.h5", b"\x89HDF\r\n\x1a\n\x09" + b"\0" * 90, "bad-version"),
    "hdf5 addresses of 200 bytes": (
        "m.h5",
        b"\x89HDF\r\n\x1a\n\x02\xc8\x08" + b"\0" * 90,
        "impossible width",
    ),
    "hdf5 root past the end": (
        "m.h5",
        b"\x89HDF\r\n\x1a\n\x02\x08\x08\0" + b"\0" * 24 + b"\x77" * 8 + b"\0" * 4,
        "truncated",
    ),
    # JAX and others
    "msgpack cut off": ("flax_model.msgpack", b"\x81\xa6params\x85", "truncated"),
    "msgpack map of 2^32": ("flax_model.msgpack", b"\xdf\xff\xff\xff\xff\xa1a", "truncated"),
    "msgpack nested 10000 deep": ("flax_model.msgpack", b"\x81\xa1a" * 10_000, "too-deep"),
    "msgpack array without a shape": ("flax_model.msgpack", b"\x81\xa1a\xc7\x05\x01junk!", "bad-array"),
    "msgpack unused byte": ("flax_model.msgpack", b"\x81\xa1a\xc1", "bad-value"),
    "orbax notes that are no json": ("step_5/_METADATA", b"{" * 5000, "not-json"),
    "openvino with entities": (
        "m.xml",
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><net name="x" version="11"></net>',
        "xml-entities",
    ),
    "openvino cut off": ("m.xml", b'<?xml version="1.0"?><net name="x" version="11"><layers>', "truncated"),
    "program named like weights": ("m.bin", b"\x7fELF" + b"\0" * 200, "it is a program"),
    "script named like weights": ("m.pt", b"#!/bin/sh\nid\n", "it is a program"),
    "web page named like weights": ("m.bin", b"<!DOCTYPE html><html>", "not-weights"),
    "web page named safetensors": ("m.safetensors", b"<!DOCTYPE html><html>", "not-weights"),
    "pointer instead of weights": (
        "m.safetensors",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 12\n",
        "not-weights",
    ),
    "pointer instead of a pickle": (
        "m.bin",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 12\n",
        "not-weights",
    ),
    "noise": ("m.bin", bytes(range(256)) * 8, ""),
    "ggml before gguf": ("m.bin", b"lmgg" + b"\0" * 100, "before GGUF"),
}


def said(artifact: Artifact) -> str:
    problems = [f"{problem.code}: {problem.message}" for problem in artifact.problems]
    return "\n".join([*problems, *artifact.reasons])


@pytest.mark.parametrize("name", CASES)
def test_hostile_file_is_reported_and_never_called_safe(name: str) -> None:
    path, content, expected = CASES[name]
    started = time.process_time()
    artifact = inspect(path, BytesReader(content))
    assert expected in said(artifact), said(artifact)
    assert artifact.safe != "safe"
    assert artifact.problems or artifact.reasons
    assert artifact.bytes_read <= 1_000_000
    assert time.process_time() - started < 8


def test_there_are_at_least_sixty_kinds() -> None:
    assert len(CASES) >= 60


@pytest.mark.parametrize(
    "name", [name for name, (_path, _content, expected) in CASES.items() if expected.startswith("imports ")]
)
def test_dangerous_imports_make_the_file_unsafe(name: str) -> None:
    path, content, _expected = CASES[name]
    assert inspect(path, BytesReader(content)).safe == "unsafe"


PADDINGS: dict[str, Callable[[], tuple[dict[int, bytes], int]]] = {
    "a string inside the pickle": lambda: (
        {0: b"\x80\x04\x8d" + struct.pack("<Q", 10**8) , 11 + 10**8: b"0" + make.call_pickle("os", "system")},
        11 + 10**8 + 1 + len(SYSTEM),
    ),
    "bytes inside the pickle": lambda: (
        {0: b"\x80\x04B" + struct.pack("<I", 10**8), 7 + 10**8: b"0" + SYSTEM}, 7 + 10**8 + 1 + len(SYSTEM)),
    "zeros behind a harmless pickle": lambda: (
        {0: OK_PICKLE, 10**8: SYSTEM}, 10**8 + len(SYSTEM)),
}  # fmt: skip


@pytest.mark.parametrize("name", PADDINGS)
def test_pickle_behind_100_megabytes_of_padding_is_found(name: str) -> None:
    pieces, size = PADDINGS[name]()
    artifact = inspect("m.pkl", make.PatternReader(size, pieces))
    assert artifact.safe == "unsafe", said(artifact)
    assert artifact.bytes_read <= 1_000_000


@pytest.mark.parametrize("content", [
    b"\x80\x02K\x01" + b"2\x86" * 200_000 + b".",
    b"\x80\x02ccollections\nOrderedDict\n" + b")R\x85" * 200_000 + b".",
    b"\x80\x02" + b"(" * 200_000 + b"t" * 200_000 + b".",
])  # fmt: skip
def test_deeply_nested_values_are_walked_without_recursion(content: bytes) -> None:
    assert inspect("m.pkl", BytesReader(content)).problems == ()


def test_padding_that_must_be_walked_is_never_safe() -> None:
    padding = b"\x80\x02" + b"N0" * 2_000_000 + b"N."
    artifact = inspect("m.pkl", BytesReader(padding))
    assert artifact.safe == "unknown"
    assert [problem.code for problem in artifact.problems][:1] == ["budget"]


def test_larger_budget_walks_the_padding() -> None:
    padding = b"\x80\x02" + b"N0" * 700_000 + SYSTEM
    reader = BudgetedReader(BytesReader(padding), max_bytes=8_000_000)
    assert inspect("m.pkl", reader).safe == "unsafe"


def crowded_zip(member: bytes, names: list[str]) -> bytes:
    """A zip whose directory names one member many times: little to read, much to do."""
    data = make.zip_file({names[0]: member}, deflated=True)
    start = data.find(b"PK\x01\x02")
    end = data.find(b"PK\x05\x06")
    entry = data[start:end]
    entries = b"".join(entry.replace(names[0].encode(), name.encode()) for name in names)
    record = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, len(names), len(names), len(entries), start, 0)
    return data[:start] + entries + record


@pytest.mark.parametrize("member", [b"\x80\x02" + b"N0" * 2_000_000 + b"N.", b"\0" * 8_000_000])
def test_many_names_for_one_member_cost_no_more_than_a_few(member: bytes) -> None:
    content = crowded_zip(member, [f"a{number:04d}.pkl" for number in range(500)])
    started = time.process_time()
    artifact = inspect("m.zip", BytesReader(content))
    assert time.process_time() - started < 15
    assert artifact.safe != "safe"
    assert {"overlap", "too-many-members", "more-problems"} <= {problem.code for problem in artifact.problems}


def test_many_pickles_started_in_the_bytes_behind_cost_little() -> None:
    behind = b"\x80\x04" * 100 + b"N0" * 400_000
    started = time.process_time()
    assert inspect("m.pkl", BytesReader(pickle.dumps({}) + b"\0" + behind)).safe == "unknown"
    assert time.process_time() - started < 8


def test_memory_stays_bounded_with_a_zip_bomb() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    inspect("m.zip", BytesReader(bomb()))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000  # kilobytes


def test_index_with_shards_outside_the_folder_is_a_problem() -> None:
    text = json.dumps(
        {"metadata": {"total_size": 12}, "weight_map": {"a": "../x.safetensors", "b": "ok.safetensors"}}
    )
    index = read_index(text)
    assert index.total_size_bytes == 12
    assert index.tensors == 2
    assert [problem.code for problem in index.problems] == ["path-traversal"]


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"weight_map": []}', '{"weight_map": {"a": 1}}', "[" * 100_000, "NaN"]
)
def test_broken_index_is_a_problem(text: str) -> None:
    assert read_index(text).problems


def test_every_code_that_is_used_has_a_kind() -> None:
    source = "".join(
        path.read_text() for path in sorted(Path(openaudit.artifacts.__file__).parent.glob("*.py"))
    )
    used = set(re.findall(r'(?:DamagedError|\.problem|Problem)\(\s*(?:code=)?"([a-z0-9-]+)"', source))
    assert used <= set(PROBLEM_KINDS)
    assert len(used) > 40
