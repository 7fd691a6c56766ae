"""How long discover takes over many Python files: `python -m benchmarks.discover.speed FOLDER --files 5000`.

The first files in order of path are copied into a throw-away folder, read once so that the disk cache is warm, and timed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from pathlib import Path

from openaudit.gate.discover import discover


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=5_000)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    sources = sorted(arguments.folder.rglob("*.py"))
    step = max(1, len(sources) // arguments.files)
    with tempfile.TemporaryDirectory() as folder:
        root, count, size = Path(folder), 0, 0
        for source in sources[::step][: arguments.files]:
            target = root / source.relative_to(arguments.folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
            count, size = count + 1, size + target.stat().st_size
        print(
            f"{count} files, {size / 1e6:.1f} MB, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}"
        )
        for _ in range(arguments.runs):
            start, before = time.perf_counter(), os.times()
            found = discover(root)
            after = os.times()
            busy = sum(after[:4]) - sum(before[:4])
            print(
                f"{time.perf_counter() - start:.1f} s, {busy:.1f} s of processor time, {len(found.references)} references"
            )


if __name__ == "__main__":
    main()
