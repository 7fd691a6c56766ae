"""What the real libraries refuse is a problem here, and what they take is none, for thousands of damaged files."""

import io
import json
import math
import os
import random

import pytest

from openaudit.artifacts import BytesReader, inspect

from . import builders as make
from .mutations import damaged

ROUNDS = int(os.environ.get("OPENAUDIT_FUZZ_EXAMPLES", "60")) * 40
_DTYPES = [("F32", 4), ("F16", 2), ("I8", 1), ("BOOL", 1), ("F64", 8), ("F8_E4M3", 1)]
_CHARACTERS = '0123456789,:[]{}"eE.-+ntf \\/F'


def any_safetensors(randomness: random.Random) -> bytes:
    """A safetensors file that is sound, damaged anywhere, or damaged in the text of its header."""
    header: dict[str, object] = {"__metadata__": {"license": "mit"}} if randomness.random() < 0.5 else {}
    place = 0
    for number in range(randomness.randint(0, 4)):
        dtype, width = randomness.choice(_DTYPES)
        shape = [randomness.randint(0, 3) for _ in range(randomness.randint(0, 3))]
        size = width
        for dimension in shape:
            size *= dimension
        header[f"t{number}"] = make.tensor(dtype, shape, place, place + size)
        place += size
    choice = randomness.random()
    if choice < 0.2:
        return make.safetensors_file(header, b"\0" * place)
    if choice < 0.5:
        return damaged(make.safetensors_file(header, b"\0" * place), randomness)
    text = json.dumps(header)
    for _ in range(randomness.randint(1, 2)):
        at = randomness.randrange(len(text))
        text = text[:at] + randomness.choice(_CHARACTERS) + text[at + randomness.randint(0, 1) :]
    return make.safetensors_file(text.encode(), b"\0" * place)


def test_safetensors_refuses_what_its_library_refuses() -> None:
    library = pytest.importorskip("safetensors")
    randomness = random.Random(5)
    taken = 0
    for _ in range(ROUNDS):
        content = any_safetensors(randomness)
        artifact = inspect("m.safetensors", BytesReader(content))
        clean = artifact.safe == "safe" and not artifact.problems
        try:
            library.deserialize(content)
        except Exception:  # the library's own errors, of several kinds
            assert not clean, content
        else:
            taken += 1
            # stricter on purpose: the library lets the last of two entries with one name win
            assert clean or [problem.code for problem in artifact.problems] == ["duplicate-key"], content
    assert taken > ROUNDS // 10


def test_onnx_reads_what_its_library_reads() -> None:
    library = pytest.importorskip("onnx")
    randomness = random.Random(6)
    compared = 0
    for _ in range(ROUNDS // 2):
        content = damaged(make.onnx_file(), randomness)
        artifact = inspect("m.onnx", BytesReader(content))
        try:
            model = library.load_model_from_string(content)
        except Exception:  # protobuf's DecodeError; it knows types of fields that are passed over here
            continue
        if artifact.format != "onnx" or artifact.problems:
            continue
        compared += 1
        name = model.producer_name
        readable = name.decode("utf-8", "replace") if isinstance(name, bytes) else name
        noted = [value for key, value in artifact.metadata if key == "producer"]
        assert not readable or readable in noted, content
        plain = not any(node.attribute for node in model.graph.node) and not model.graph.sparse_initializer
        if plain:
            assert artifact.parameters == sum(math.prod(tensor.dims) for tensor in model.graph.initializer), (
                content
            )
    assert compared > ROUNDS // 20


def test_numpy_refuses_what_numpy_refuses() -> None:
    numpy = pytest.importorskip("numpy")
    randomness = random.Random(7)
    sound = make.npy_file(
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".ljust(117), b"\0" * 24
    )
    for _ in range(ROUNDS // 2):
        content = damaged(sound, randomness)
        artifact = inspect("a.npy", BytesReader(content))
        try:
            numpy.load(io.BytesIO(content), allow_pickle=False)
        except Exception:  # ValueError, EOFError, SyntaxError, tokenize errors ...
            continue
        assert artifact.format == "npy", content
        assert artifact.safe == "safe" or artifact.problems, content
