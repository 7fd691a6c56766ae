"""Random damage: every reader answers with an artifact, within its budget, whatever the bytes are.

OPENAUDIT_FUZZ_EXAMPLES sets how many examples each test tries; the normal run is short.
"""

import os
import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openaudit.artifacts import Artifact, BytesReader, inspect
from openaudit.artifacts.names import KINDS, checkpoint_step, classify_name
from openaudit.artifacts.safetensors import read_index

from . import builders as make
from .mutations import damaged, sound_files

EXAMPLES = int(os.environ.get("OPENAUDIT_FUZZ_EXAMPLES", "60"))
FILES = sound_files()
NAMES = sorted(
    {name for name, _content in FILES} | {"checkpoint", "x.bin", "noext", "m.pb", "m.index", "m.mlmodel"}
)
bounded = settings(
    max_examples=EXAMPLES, deadline=5000, derandomize=EXAMPLES <= 60, suppress_health_check=list(HealthCheck)
)


def check(artifact: Artifact) -> None:
    assert artifact.bytes_read <= 1_000_000
    assert artifact.safe in ("safe", "unsafe", "unknown")
    assert artifact.reasons
    harmful = [problem for problem in artifact.problems if problem.code != "name-mismatch"]
    assert not (artifact.safe == "safe" and harmful)
    assert not (artifact.safe == "safe" and any(item.verdict != "safe" for item in artifact.globals))
    repr(artifact).encode("utf-8")


@bounded
@given(st.sampled_from(FILES), st.integers(0, 2**64))
def test_damaged_file_is_answered(file: tuple[str, bytes], seed: int) -> None:
    name, content = file
    check(inspect(name, BytesReader(damaged(content, random.Random(seed)))))


@bounded
@given(
    st.sampled_from(NAMES),
    st.binary(max_size=600),
    st.sampled_from([content[:12] for _name, content in FILES]),
)
def test_any_bytes_are_answered(name: str, content: bytes, start: bytes) -> None:
    check(inspect(name, BytesReader(content)))
    check(inspect(name, BytesReader(start + content)))


@bounded
@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), max_size=6))
def test_gguf_metadata_comes_back_as_written(pairs: list[tuple[str, str]]) -> None:
    texts = [
        make.gguf_text(f"general.source.{number}{key}", value) for number, (key, value) in enumerate(pairs)
    ]
    artifact = inspect("m.gguf", BytesReader(make.gguf_file(texts)))
    for number, (_key, value) in enumerate(pairs):
        noted = [text for key, text in artifact.metadata if key.startswith(f"general.source.{number}")]
        licensed = [
            text for key, text in artifact.license_metadata if key.startswith(f"general.source.{number}")
        ]
        assert not value or value in noted + licensed


@bounded
@given(
    st.lists(
        st.tuples(st.sampled_from(["F32", "BF16", "I8"]), st.lists(st.integers(0, 5), max_size=4)), max_size=8
    )
)
def test_sound_safetensors_has_no_problem(tensors: list[tuple[str, list[int]]]) -> None:
    header, place, total = {}, 0, 0
    for number, (dtype, shape) in enumerate(tensors):
        elements = 1
        for size in shape:
            elements *= size
        width = {"F32": 4, "BF16": 2, "I8": 1}[dtype]
        header[f"t{number}"] = make.tensor(dtype, shape, place, place + elements * width)
        place, total = place + elements * width, total + elements
    artifact = inspect("m.safetensors", BytesReader(make.safetensors_file(header, b"\0" * place)))
    assert (artifact.problems, artifact.parameters, artifact.safe) == ((), total, "safe")


@bounded
@given(st.text(max_size=200))
def test_names_and_indexes_take_any_text(text: str) -> None:
    assert classify_name(text) in KINDS
    step = checkpoint_step(text)
    assert step is None or step >= 0
    read_index(text)
