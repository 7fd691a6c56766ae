"""Measures what a 40 GB safetensors and a 20 GB GGUF file cost on disk: bytes, reads, time and memory.

Usage: python benchmarks/artifacts/headers.py [FOLDER]
"""

import json
import os
import resource
import struct
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

LAYERS = 120
make = import_module("artifacts.builders")  # the tests' own: their folder is no package
GB = 10**9


def safetensors_start(size: int) -> bytes:
    """A header of 12 tensors a layer and an embedding that takes the rest of the file."""
    header: dict[str, object] = {
        "__metadata__": {"format": "pt", "license": "cc-by-nc-4.0", "base_model": "org/base"}
    }
    place = 0
    for layer in range(LAYERS):
        for part in range(12):
            end = place + 2 * 4096 * 1024
            header[f"model.layers.{layer}.block.part_{part:02d}.weight"] = make.tensor(
                "BF16", [4096, 1024], place, end
            )
            place = end
    draft = {**header, "model.embed_tokens.weight": make.tensor("BF16", [1, size // 2], place, size)}
    length = len(make.safetensors_file(draft)) + 64
    rest = (size - length - place) // 2
    header["model.embed_tokens.weight"] = make.tensor("BF16", [1, rest], place, place + 2 * rest)
    raw = make.safetensors_file(header)
    padding = size - place - 2 * rest - len(raw)
    return bytes(make.safetensors_file(json.dumps(header).encode() + b" " * padding))


def gguf_start(size: int, words: int) -> bytes:
    """A header with a vocabulary of `words` tokens and merges, and 12 tensors a layer."""
    tokens = b"".join(make.gguf_string(f"token{number}") for number in range(words))
    merges = b"".join(make.gguf_string(f"tok en{number}") for number in range(words))
    pairs = [
        make.gguf_text("general.architecture", "llama"),
        make.gguf_text("general.license", "cc-by-nc-4.0"),
        make.gguf_pair("tokenizer.ggml.tokens", 9, struct.pack("<IQ", 8, words) + tokens),
        make.gguf_pair(
            "tokenizer.ggml.token_type", 9, struct.pack("<IQ", 5, words) + struct.pack("<i", 1) * words
        ),
        make.gguf_pair("tokenizer.ggml.merges", 9, struct.pack("<IQ", 8, words) + merges),
        make.gguf_text("tokenizer.chat_template", "{{ messages }}"),
    ]
    place, tensors = 0, []
    for layer in range(LAYERS):
        for part in range(12):
            tensors.append(make.gguf_tensor(f"blk.{layer}.part_{part:02d}.weight", [4096, 1024], 12, place))
            place += 4096 * 1024 // 256 * 144
    start = make.gguf_file(pairs, [*tensors, make.gguf_tensor("output.weight", [256, 1], 12, place)])
    rest = (size - len(start) - place) // 144
    return bytes(make.gguf_file(pairs, [*tensors, make.gguf_tensor("output.weight", [256, rest], 12, place)]))


FILES = {
    "model.safetensors": (40 * GB, safetensors_start),
    "small-vocabulary.gguf": (20 * GB, lambda size: gguf_start(size, 2_000)),
    "large-vocabulary.gguf": (20 * GB, lambda size: gguf_start(size, 128_000)),
}


def measure(path: Path) -> None:
    """Run in a process of its own, so that memory is this file's alone."""
    from openaudit.artifacts import BudgetedReader, FileByteReader, inspect

    started = time.perf_counter()
    reader = BudgetedReader(FileByteReader(path))
    artifact = inspect(path.name, reader)
    seconds = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    problems = ",".join(problem.code for problem in artifact.problems) or "-"
    print(
        f"{path.name:24} {artifact.size_bytes or 0:>14,} B  read {reader.bytes_read:>9,} B in {reader.calls:>3} reads  "
        f"{seconds:6.3f} s  {memory:5.1f} MB  parameters {artifact.parameters}  {artifact.safe}  problems {problems}"
    )


def main() -> int:
    if len(sys.argv) == 3 and sys.argv[1] == "--measure":
        measure(Path(sys.argv[2]))
        return 0
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
        for name, (size, start) in FILES.items():
            path = Path(folder) / name
            with path.open("wb") as file:
                file.write(start(size))
                os.truncate(file.fileno(), size)
            subprocess.run([sys.executable, __file__, "--measure", str(path)], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
