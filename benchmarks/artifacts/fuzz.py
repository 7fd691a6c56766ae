"""Fuzzes the artifact readers for a number of CPU seconds and keeps every input that raises, hangs or lies.

Usage: python benchmarks/artifacts/fuzz.py --cpu-seconds 600 --seed 1 --keep FOLDER
"""

import argparse
import random
import sys
import time
import traceback
from collections import Counter
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

from openaudit.artifacts import Artifact, BytesReader, inspect

SLOW_SECONDS = 5.0
mutations = import_module("artifacts.mutations")  # the tests' own: their folder is no package


def complaint(name: str, content: bytes) -> tuple[str, Artifact | None]:
    """What is wrong with the answer to this input; an empty text when nothing is."""
    started = time.process_time()
    try:
        artifact = inspect(name, BytesReader(content))
        repr(artifact).encode("utf-8")
    except Exception:  # the one place that must see everything: it is the finding
        return traceback.format_exc(), None
    if time.process_time() - started > SLOW_SECONDS:
        return f"took {time.process_time() - started:.1f} s", artifact
    if artifact.bytes_read > 1_000_000:
        return f"read {artifact.bytes_read} bytes", artifact
    harmful = [problem for problem in artifact.problems if problem.code != "name-mismatch"]
    if artifact.safe == "safe" and (harmful or any(item.verdict != "safe" for item in artifact.globals)):
        return "called safe with problems", artifact
    return "", artifact


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--cpu-seconds", type=float, default=60)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--keep", type=Path, default=Path("fuzz-findings"))
    options = arguments.parse_args()
    randomness = random.Random(options.seed)
    pool = mutations.sound_files()
    formats: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    runs = findings = 0
    started = time.process_time()
    while time.process_time() - started < options.cpu_seconds:
        name, content = randomness.choice(pool)
        if randomness.random() < 0.1:
            name = randomness.choice(pool)[0]
        data = mutations.damaged(content, randomness)
        wrong, artifact = complaint(name, data)
        runs += 1
        if artifact is not None:
            formats[artifact.format] += 1
            fresh = [
                problem.code
                for problem in artifact.problems
                if not codes[f"{artifact.format} {problem.code}"]
            ]
            codes.update(f"{artifact.format} {problem.code}" for problem in artifact.problems)
            if fresh and len(data) < 20_000 and len(pool) < 2_000:
                pool.append((name, data))  # an input that showed something new is damaged further
        if wrong:
            findings += 1
            options.keep.mkdir(parents=True, exist_ok=True)
            (options.keep / f"{options.seed}-{runs}-{name.replace('/', '_')}").write_bytes(data)
            print(f"{name}: {wrong}", file=sys.stderr)
    seconds = time.process_time() - started
    print(
        f"seed {options.seed}: {runs} inputs in {seconds:.0f} CPU s, {findings} findings, {len(pool)} in the pool"
    )
    print("formats seen:", dict(formats.most_common()))
    print("kinds of problem seen:", len(codes))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
