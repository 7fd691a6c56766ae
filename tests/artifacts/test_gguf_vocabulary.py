"""Long vocabularies are passed over by a search that finds exactly what reading them would find, or says so."""

import random
import struct

import pytest

from openaudit.artifacts import BudgetedReader, BytesReader, inspect

from . import builders as make

WORDS = 20_000


def words(seed: int) -> list[str]:
    """Words of 1 to 24 bytes that grow with their number, some with dots, some not ASCII."""
    randomness = random.Random(seed)
    letters = "abcdefghijklmnopqrstuvwxyz._-ĠĊé中"
    return [
        "".join(randomness.choices(letters, k=randomness.randint(1, 3 + 12 * number // WORDS)))
        for number in range(WORDS)
    ]


def strings(texts: list[str], order: str) -> bytes:
    return struct.pack(order + "IQ", 8, len(texts)) + b"".join(
        make.gguf_string(text, order) for text in texts
    )


def numbers(kind: int, code: str, value: float, order: str) -> bytes:
    return struct.pack(order + "IQ", kind, WORDS) + struct.pack(order + code, value) * WORDS


def header(order: str, *, scores: bool, types: bool) -> bytes:
    vocabulary = words(1)
    pairs = [
        make.gguf_text("general.license", "mit", order),
        make.gguf_pair("tokenizer.ggml.tokens", 9, strings(vocabulary, order), order),
    ]
    if scores:
        pairs.append(make.gguf_pair("tokenizer.ggml.scores", 9, numbers(6, "f", 0.0, order), order))
    if types:
        pairs.append(make.gguf_pair("tokenizer.ggml.token_type", 9, numbers(5, "i", 1, order), order))
    pairs.append(
        make.gguf_pair(
            "tokenizer.ggml.merges", 9, strings([f"{word} x" for word in vocabulary], order), order
        )
    )
    pairs.append(make.gguf_pair("tokenizer.ggml.bos_token_id", 4, b"\0" * 4, order))
    pairs.append(make.gguf_text("tokenizer.chat_template", "{{ x }}" * 300, order))
    pairs.append(make.gguf_text("general.base_model.0.name", "Base", order))
    tensors = [
        make.gguf_tensor(f"blk.{number}.weight", [256, 4], 12, number * 576, order) for number in range(50)
    ]
    return make.gguf_file(pairs, tensors, b"\0" * (576 * 50), order=order)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("scores", "types"), [(False, True), (True, True), (True, False)])
def test_search_finds_what_reading_finds(order: str, scores: bool, types: bool) -> None:
    content = header(order, scores=scores, types=types)
    searched = BudgetedReader(BytesReader(content), max_bytes=500_000)
    short = inspect("m.gguf", searched)
    whole = inspect("m.gguf", BudgetedReader(BytesReader(content), max_bytes=100_000_000))
    assert searched.bytes_read < len(content) // 3
    assert (short.parameters, short.dtypes, short.metadata) == (
        whole.parameters,
        whole.dtypes,
        whole.metadata,
    )
    assert short.problems == whole.problems == ()
    assert any("passed over" in reason for reason in short.reasons)
    assert not any("passed over" in reason for reason in whole.reasons)


def test_search_that_goes_wrong_is_no_clean_answer() -> None:
    content = header(
        "<", scores=False, types=False
    )  # two arrays of strings in a row: their border cannot be seen
    artifact = inspect("m.gguf", BudgetedReader(BytesReader(content), max_bytes=500_000))
    assert artifact.license_metadata == (("general.license", "mit"),)
    assert artifact.problems
    assert (artifact.safe, artifact.parameters) == ("unknown", None)


def test_vocabulary_that_lies_about_its_length_is_a_problem() -> None:
    lie = struct.pack("<IQ", 8, 10**6) + b"".join(make.gguf_string(word) for word in words(2))
    content = make.gguf_file([make.gguf_pair("tokenizer.ggml.tokens", 9, lie)])
    artifact = inspect("m.gguf", BytesReader(content))
    assert artifact.problems
    assert artifact.safe == "unknown"
