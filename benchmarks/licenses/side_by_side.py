"""openaudit, ScanCode, licensee and licensecheck on the same labelled license files, in one run.

    python -m benchmarks.licenses.side_by_side FOLDER [--scancode PYTHON]

FOLDER holds `labels.json` and `files/`. Tools that are not installed are skipped with a message. ScanCode runs
in an environment of its own (`pip install scancode-toolkit-mini==32.5.0 'pluggy<1.6'`), named by its Python.
Warm is the median time of one file in a running process; cold is a new process with one small file.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.licenses.label_table import Labels, judge_file, same_for_any_version
from openaudit.licenses.decoding import decode
from openaudit.licenses.matching import identify

REPOSITORY = Path(__file__).parents[2]
TIMEOUT_SECONDS = 900

SCANCODE_CODE = """
import json, sys, time
from licensedcode.cache import get_index
get_index()
from scancode.api import get_licenses
out = {}
for path in sys.argv[1:]:
    start = time.perf_counter()
    said = get_licenses(path)
    out[path] = [said.get("detected_license_expression_spdx") or "", time.perf_counter() - start]
print(json.dumps(out))
"""

OPENAUDIT_CODE = """
import sys
from openaudit.licenses.decoding import decode
from openaudit.licenses.matching import identify
print(identify(decode(open(sys.argv[1], "rb").read())).expression)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one tool said of each file, and what it cost."""

    tool: str
    said: Mapping[str, str]
    warm_seconds: float | None
    cold_seconds: float
    peak_megabytes: float


def measured(command: Sequence[str]) -> tuple[str, float, float]:
    """Output, seconds and peak memory in megabytes of one process (Linux: kilobytes from wait4)."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    start = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
    return output.decode("utf-8", "replace"), time.perf_counter() - start, usage.ru_maxrss / 1024


def cold(command: Sequence[str]) -> tuple[float, float]:
    """Median seconds and memory of three new processes."""
    runs = [measured(command) for _ in range(3)]
    return statistics.median(run[1] for run in runs), max(run[2] for run in runs)


def run_openaudit(files: Sequence[Path], small: Path) -> Run:
    """Ourselves, in this process; cold through the library, without the command around it."""
    said, times = {}, []
    for file in files:
        text = decode(file.read_bytes())
        identify(text)
        start = time.perf_counter()
        said[file.name] = identify(text).expression or ""
        times.append(time.perf_counter() - start)
    seconds, megabytes = cold([sys.executable, "-c", OPENAUDIT_CODE, str(small)])
    return Run(
        tool="openaudit",
        said=said,
        warm_seconds=statistics.median(times),
        cold_seconds=seconds,
        peak_megabytes=megabytes,
    )


def run_scancode(files: Sequence[Path], small: Path, python: str) -> Run:
    """ScanCode's license detection through its API, all files in one process."""
    output, _, megabytes = measured([python, "-c", SCANCODE_CODE, *map(str, files)])
    answers = json.loads(output)
    seconds, _ = cold([python, "-c", SCANCODE_CODE, str(small)])
    return Run(
        tool="scancode",
        said={file.name: answers[str(file)][0] for file in files},
        warm_seconds=statistics.median(answers[str(file)][1] for file in files),
        cold_seconds=seconds,
        peak_megabytes=megabytes,
    )


def run_licensee(files: Sequence[Path], small: Path) -> Run:
    """licensee, one process a file: its command has no way to stay warm over many."""
    said = {}
    for file in files:
        target = Path(f"/tmp/openaudit-licensee-{os.getpid()}")
        target.mkdir(exist_ok=True)
        copy = target / "LICENSE"
        copy.write_bytes(file.read_bytes())
        output, _, _ = measured(["licensee", "detect", "--json", str(target)])
        found = json.loads(output or "{}").get("matched_files") or [{}]
        said[file.name] = str(found[0].get("matched_license") or "")
    seconds, megabytes = cold(["licensee", "detect", "--json", str(target)])
    shutil.rmtree(target)
    return Run(tool="licensee", said=said, warm_seconds=None, cold_seconds=seconds, peak_megabytes=megabytes)


def run_licensecheck(files: Sequence[Path], small: Path) -> Run:
    """licensecheck with short SPDX names."""
    output, seconds, _ = measured(["licensecheck", "--shortname-scheme=spdx", "--machine", *map(str, files)])
    said = {}
    for line in output.splitlines():
        path, _, license = line.partition("\t")
        said[Path(path).name] = license.split("\t")[0]
    alone, megabytes = cold(["licensecheck", "--shortname-scheme=spdx", "--machine", str(small)])
    return Run(
        tool="licensecheck",
        said={file.name: said.get(file.name, "") for file in files},
        warm_seconds=max(0.0, seconds - alone) / len(files),
        cold_seconds=alone,
        peak_megabytes=megabytes,
    )


def score(said: str, entry: Mapping[str, Any], labels: Labels) -> str:
    """Right, dangerous (a changed text under its plain base, or another license) or nothing, by names alone."""
    ids = {same_for_any_version(labels.report_id(part)) for part in re.findall(r"[\w.+-]+", said)}
    ids -= {"AND", "OR", "WITH", "UNKNOWN", "NONE", "NOASSERTION", ""}
    if entry["modified"]:
        base = labels.expected(entry["base"] or entry["label"].removeprefix("LicenseRef-modified-"))
        if any("modified" in id_ for id_ in ids):
            return "right"
        return "dangerous" if ids & base else "missed"
    if ids == labels.expected(entry["label"]):
        return "right"
    return "wrong" if ids else "missed"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scancode", default="", help="Python of the environment that has ScanCode")
    options = parser.parse_args()
    entries = json.loads((options.folder / "labels.json").read_text(encoding="utf-8"))
    files = [options.folder / "files" / entry["file"] for entry in entries]
    small = min(files, key=lambda file: file.stat().st_size)
    labels = Labels()
    tools: list[tuple[str, bool, Callable[[], Run]]] = [
        ("openaudit", True, lambda: run_openaudit(files, small)),
        ("licensee", shutil.which("licensee") is not None, lambda: run_licensee(files, small)),
        ("licensecheck", shutil.which("licensecheck") is not None, lambda: run_licensecheck(files, small)),
        ("scancode", bool(options.scancode), lambda: run_scancode(files, small, options.scancode)),
    ]
    print(
        f"{'tool':14}{'right':>7}{'wrong':>7}{'missed':>8}{'dangerous':>11}{'warm ms':>10}{'cold s':>8}{'MB':>7}"
    )
    for name, installed, run in tools:
        if not installed:
            print(f"{name:14}skipped: not installed (see --help)")
            continue
        print_row(run(), entries, labels)
    print(flagging(entries, files, labels))
    return 0


def print_row(run: Run, entries: Sequence[Mapping[str, Any]], labels: Labels) -> None:
    """One tool."""
    found = [score(run.said[str(entry["file"])], entry, labels) for entry in entries]
    counts = "".join(
        f"{found.count(word):>{width}}"
        for word, width in (("right", 7), ("wrong", 7), ("missed", 8), ("dangerous", 11))
    )
    warm = "-" if run.warm_seconds is None else f"{run.warm_seconds * 1000:.2f}"
    print(f"{run.tool:14}{counts}{warm:>10}{run.cold_seconds:>8.2f}{run.peak_megabytes:>7.0f}", flush=True)


def flagging(entries: Sequence[dict[str, Any]], files: Sequence[Path], labels: Labels) -> str:
    """openaudit once more by the stricter table, which also asks for the base of a changed text."""
    outcomes = [
        judge_file(entry, identify(decode(file.read_bytes())), labels).outcome
        for entry, file in zip(entries, files, strict=True)
    ]
    return f"openaudit with base named: {outcomes.count('right')} of {len(outcomes)} right"


if __name__ == "__main__":
    raise SystemExit(main())
