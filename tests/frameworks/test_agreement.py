"""Against verdicts of people, over the shared corpus: the definition never says the opposite."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.fixture(scope="module")
def printed(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the benchmark prints for the definition alone."""
    truth = tmp_path_factory.mktemp("truth")
    for name in ("osaid.json", "join.json"):
        (truth / name).write_bytes((shared / "eval" / "truth" / name).read_bytes())
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.frameworks.run", str(truth), str(shared / "corpus" / "hub")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    )
    return done.stdout


def test_no_passed_system_is_failed_and_no_failed_one_passed(printed: str, shared: Path) -> None:
    assert "passed systems failed or failed systems passed: 0" in printed
    entries = json.loads((shared / "eval" / "truth" / "osaid.json").read_text(encoding="utf-8"))["entries"]
    assert sum(f"people {verdict}" in printed for verdict in {e["verdict"] for e in entries}) == 3


def test_the_benchmark_never_reads_the_raters_links() -> None:
    source = (ROOT / "benchmarks" / "frameworks" / "run.py").read_text(encoding="utf-8")
    code = source.split('"""', 2)[2]
    assert not any(f'"{key}"' in code for key in ("links", "hf_datasets", "hf_models", "github", "arxiv"))
