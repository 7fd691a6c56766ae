"""Built sites that many tests look at: the real reports, five thousand made-up ones, hostile ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from openaudit.site import Options, build_site
from tests.conftest import ROOT
from tests.site.made_up import hostile, many, report, write_lines

REPORTS = ROOT / "reports" / "models.jsonl"


@pytest.fixture(scope="session")
def real_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """150 of the published reports, and two older reports of the first model."""
    if not REPORTS.is_file():
        pytest.skip("reports/models.jsonl is not here")
    scratch = tmp_path_factory.mktemp("real")
    lines = REPORTS.read_text(encoding="utf-8").splitlines()
    step = len(lines) / 150
    (scratch / "real.jsonl").write_text(
        "\n".join(lines[int(i * step)] for i in range(150)) + "\n", encoding="utf-8"
    )
    history = [report("made-up/heron", level=n + 2, day=f"2026-0{3 - n}-01", seed=n) for n in range(3)]
    write_lines(scratch / "history.jsonl", history)
    options = Options(
        base_url="https://example.org/openness",
        issues_url="https://example.org/issues",
        notice="Made for a test.",
        accuracy=accuracy_file(scratch / "accuracy.json"),
    )
    built = build_site([scratch / "real.jsonl", scratch / "history.jsonl"], scratch / "site", options)
    assert not built.broken
    return scratch / "site"


@pytest.fixture(scope="session")
def kinds_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every kind of page, and few rows on each: a published report of each level, and a history."""
    if not REPORTS.is_file():
        pytest.skip("reports/models.jsonl is not here")
    scratch = tmp_path_factory.mktemp("kinds")
    by_level: dict[str, str] = {}
    for line in REPORTS.read_text(encoding="utf-8").splitlines():
        by_level.setdefault(json.loads(line)["level"], line)
    (scratch / "real.jsonl").write_text("\n".join(by_level.values()) + "\n", encoding="utf-8")
    history = [report("made-up/heron", level=n + 2, day=f"2026-0{3 - n}-01", seed=n) for n in range(3)]
    write_lines(scratch / "history.jsonl", history)
    options = Options(
        base_url="https://example.org/openness",
        issues_url="https://example.org/issues",
        accuracy=accuracy_file(scratch / "accuracy.json"),
    )
    build_site([scratch / "real.jsonl", scratch / "history.jsonl"], scratch / "site", options)
    return scratch / "site"


def accuracy_file(path: Path) -> Path:
    path.write_text(
        '{"generated_by": "python -m benchmarks.made_up", "sets": [{"name": "Levels", "what": "Made-up labels.",'
        ' "count": 12, "metrics": [{"name": "exact", "value": 0.91667, "baseline": 0.5}], "misses": [{"id": "made-up/heron",'
        ' "expected": "open-weight", "got": "undetermined", "why": "The card is cut."}]}]}',
        encoding="utf-8",
    )
    return path


@pytest.fixture(scope="session")
def large_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """5,000 made-up models."""
    scratch = tmp_path_factory.mktemp("large")
    build_site([write_lines(scratch / "reports.jsonl", many(5000))], scratch / "site")
    return scratch / "site"


@pytest.fixture(scope="session")
def hostile_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reports whose every text is an attack."""
    scratch = tmp_path_factory.mktemp("hostile")
    options = Options(issues_url="https://example.org/issues", base_url="https://example.org/")
    build_site([write_lines(scratch / "reports.jsonl", hostile())], scratch / "site", options)
    return scratch / "site"
