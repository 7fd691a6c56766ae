"""The published reports are valid, short of quotes, and say nothing that only the localhost Hub told."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from openaudit.formats import json_v1
from scripts.make_reports import QUOTE_LIMIT
from tests.conftest import ROOT

PUBLISHED = ROOT / "reports" / "models.jsonl"


@pytest.fixture(scope="module")
def published() -> list[dict[str, Any]]:
    return [json.loads(line) for line in PUBLISHED.read_text(encoding="utf-8").splitlines()]


def values(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from values(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from values(item, key)
    else:
        yield key, value


def test_every_published_report_satisfies_the_schema(published: list[dict[str, Any]]) -> None:
    validator = jsonschema.Draft202012Validator(json_v1.report_schema())
    assert len(published) >= 150
    for report in published[::10]:
        assert [error.message for error in validator.iter_errors(report)] == []


def test_they_are_sorted_and_small_with_short_quotes(published: list[dict[str, Any]]) -> None:
    ids = [report["target"]["id"] for report in published]
    assert ids == sorted(set(ids), key=str.lower)
    assert PUBLISHED.stat().st_size < 8_000_000
    for report in published:
        assert all(len(v) <= QUOTE_LIMIT for key, v in values(report) if key in ("quote", "says") and v)


def test_nothing_in_them_is_of_the_localhost_hub(published: list[dict[str, Any]]) -> None:
    text = PUBLISHED.read_text(encoding="utf-8")
    assert "127.0.0.1" not in text
    assert "localhost:" not in text
    for report in published:
        assert {"parameters", "bytes", "files"}.isdisjoint(report["artifacts"])
        assert "systemic_risk" not in report["frameworks"].get("eu_ai_act", {})
        assert report["target"].get("released_at") is None


def test_reports_are_made_of_a_corpus_the_same_way_twice(tmp_path: Path) -> None:
    folder = tmp_path / "corpus" / "models" / "org__heron"
    folder.mkdir(parents=True)
    (folder / "repo.json").write_text('{"repo_id": "org/heron"}')
    (folder / "README.md").write_text(f"---\nlicense: mit\n---\n# Heron\nTrained on {'much ' * 100} text.\n")
    made = []
    for name in ("one", "two"):
        command = [
            sys.executable,
            "-m",
            "scripts.make_reports",
            str(tmp_path / "corpus"),
            "-o",
            str(tmp_path / name),
        ]
        subprocess.run([*command, "--date", "2026-11-25"], cwd=ROOT, check=True, capture_output=True)
        made.append((tmp_path / name / "models.jsonl").read_bytes())
    assert made[0] == made[1]
    report = json.loads(made[0])
    assert report["target"] == {
        "id": "org/heron",
        "kind": "model",
        "released_at": None,
        "resolved_at": "2026-11-25T00:00:00Z",
        "revision": None,
        "subject": "model",
        "url": "https://huggingface.co/org/heron",
    }
