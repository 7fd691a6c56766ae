"""For the models of the shared corpus a row of a survey and the report of a scan say the same."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from openaudit.pipeline import Collected, collect, judge, load_knowledge
from openaudit.sources.headers import Headers
from openaudit.sources.hub import HubSource
from openaudit.sources.targets import parse_hub_name
from openaudit.survey.batches import judge_batch, plan_table, settings_of
from openaudit.survey.reading import read_rows
from openaudit.survey.rows import row_of
from openaudit.vocabulary import Unread
from tests.conftest import ROOT, Command
from tests.hub import HubServer


@pytest.fixture(scope="module")
def corpus(shared: Path) -> Iterator[HubServer]:
    with HubServer(shared / "corpus" / "hub") as server:
        yield server


@pytest.fixture(scope="module")
def names(shared: Path) -> list[str]:
    folders = sorted((shared / "corpus" / "hub" / "models").iterdir())
    return [
        json.loads((f / "repo.json").read_text())["repo_id"] or f.name.replace("__", "/") for f in folders
    ]


def _told_by(whole: Any, part: Any) -> Any:
    """What of the report `whole` stands in the row's report `part` too: the same keys, lists in full."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return {key: _told_by(whole.get(key), value) for key, value in part.items()}
    if isinstance(part, list) and isinstance(whole, list) and len(part) == len(whole):
        return [_told_by(theirs, ours) for theirs, ours in zip(whole, part, strict=True)]
    return whole


def test_a_live_row_is_the_report_of_the_scan(corpus: HubServer, names: list[str], tmp_path: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "SOURCE_DATE_EPOCH": "1700000000", "HOME": str(tmp_path)}
    environment |= {**corpus.environment, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    environment["GITHUB_TOKEN"] = corpus.token  # an account: sixty requests an hour do not read a corpus
    command = Command(environment, tmp_path)
    (tmp_path / "list.txt").write_text("\n".join(names))
    surveyed = command("survey", "list.txt", "-o", "out.parquet", timeout_seconds=300)
    scanned = command("scan", *names, "-f", "json", "--jobs", "8", timeout_seconds=300)
    assert surveyed.code == scanned.code == 0, surveyed.err[-2000:]
    reports = json.loads(scanned.out)["reports"]
    rows = list(read_rows(tmp_path / "out.parquet"))
    assert len(rows) == len(reports) == len(names)
    for row, report in zip(rows, reports, strict=True):
        assert row == _told_by(report, row), row["target"]["id"]


KEPT = (
    *("sha", "cardData", "tags", "gated", "private", "disabled", "config", "safetensors", "gguf"),
    *("pipeline_tag", "library_name"),
)


def _row_of_table(collected: Collected) -> dict[str, Any]:
    """What public tables would hold of a repository: the API's payload, the file list, and the card."""
    snapshot = collected.snapshot
    card = snapshot.document("README.md")
    encoded = {k: json.dumps(snapshot.metadata.get(k)) for k in ("cardData", "config", "safetensors", "gguf")}
    plain = {k: snapshot.metadata.get(k) for k in KEPT if k not in encoded}
    gated = snapshot.access.gated
    return {
        **plain,
        **encoded,
        "id": snapshot.id,
        "gated": None if gated is None else str(gated),
        "siblings": [{"rfilename": file.path} for file in snapshot.files]
        if snapshot.listing_complete
        else None,
        "card": card.text if card is not None else None,
    }


def _seen_by_a_table(collected: Collected) -> Collected:
    """The same repository, of which only what a table holds was read."""
    snapshot = collected.snapshot
    lost = [d.path for d in snapshot.documents if d.path != "README.md" and d.origin is None]
    # what the Hub listed and did not have when it was asked, a table does not know; nor what lies behind a link
    asked = [unread.path for unread in snapshot.unread if "@" not in unread.path]
    unread = tuple(
        Unread(path=path, reason="not-looked-at", message="it is not in the table")
        for path in (*lost, *asked)
    )
    kept = tuple(d for d in snapshot.documents if d.path == "README.md" and d.origin is None)
    return Collected(snapshot=replace(snapshot, documents=kept, unread=unread), headers=Headers())


def _essence(row: Mapping[str, Any]) -> dict[str, Any]:
    """What is concluded, without the wording of what was not seen."""
    return {
        **{key: row[key] for key in ("id", "level", "band", "score", "grant", "license", "license_ids", "terms", "gated")},
        "conflicts": [conflict["kind"] for conflict in row["conflicts"]],
        "findings": [finding["rule"] for finding in row["findings"]],
        "components": [(c["id"], c["status"], c["license"]) for c in row["components"]],
        "lineage": [(a["id"], a["relation"], a["license"]) for a in row["lineage"]],
        "frameworks": [(v["id"], v["verdict"]) for v in row["frameworks"]],
    }  # fmt: skip


def test_a_row_of_a_table_is_the_report_of_what_the_table_holds(
    corpus: HubServer, names: list[str], tmp_path: Path
) -> None:
    knowledge = load_knowledge()
    source = HubSource(endpoint=corpus.url, token="")
    collected = [collect(parse_hub_name(name), source, lambda text: None) for name in names]
    table = pa.Table.from_pylist([_row_of_table(each) for each in collected])
    pq.write_table(table, tmp_path / "corpus.parquet")
    plan = plan_table([tmp_path / "corpus.parquet"])
    assert not plan.columns.missing
    rows = [
        row
        for batch in plan.batches
        for row in judge_batch(batch, settings_of((), os.fspath(corpus.url))).to_pylist()
    ]
    expected = [row_of(judge(_seen_by_a_table(each), knowledge)) for each in collected]
    assert [_essence(row) for row in rows] == [_essence(row) for row in expected]
