"""A live survey keeps to the Hub's limits, accounts for every target, and does not let the faulty ones stop it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from openaudit.survey.lists import read_list
from tests.conftest import Command
from tests.hub import HubServer
from tests.hub.faults import FAULTS, Fault, fault_of

MODELS = 240
QUOTA, WINDOW_SECONDS = 120, 4.0
_SLOW = ("hang", "trickle")
"""Faults that last as long as a request may: tried elsewhere, and here by one of them."""


def _fill(hub: HubServer, count: int) -> list[str]:
    names = []
    for n in range(count):
        base = f"base_model: org0/model-{n % 3}\n" if n >= 3 else ""
        card = f"---\nlicense: {('mit', 'apache-2.0', 'cc-by-nc-4.0')[n % 3]}\n{base}---\n# Model {n}\n"
        names.append(f"org{n % 20}/model-{n}")
        hub.add_model(names[-1], {"README.md": card, "model.safetensors": b"x" * 64})
    return names


def _break(hub: HubServer, names: list[str]) -> dict[str, str]:
    """A fault of every kind, each in a repository of its own; which one has which."""
    kinds = [kind for kind in FAULTS if kind not in _SLOW[1:]]
    needs: dict[str, dict[str, object]] = {"status": {"status": 503}, "slow": {"seconds": 0.5}}
    broken = dict(zip(names[10 :: len(names) // (len(kinds) + 2)], kinds, strict=False))
    for name, kind in broken.items():
        fault: Fault = fault_of(kind, needs.get(kind, {}))
        hub.fault(name, fault, on="info")
    return broken


def test_the_limit_is_kept_and_every_target_has_its_row(hub: HubServer, openaudit: Command) -> None:
    names = _fill(hub, MODELS)
    broken = _break(hub, names)
    lines = [*names, "org/not-there", "not a model"]
    (openaudit.folder / "list.txt").write_text("# ours\n" + "\n".join(lines) + "\n")
    hub.limit("api", QUOTA, WINDOW_SECONDS)
    ran = openaudit("survey", "list.txt", "-o", "out.parquet", timeout_seconds=200)
    rows = pq.read_table(openaudit.folder / "out.parquet").to_pylist()
    assert ran.code == 3, ran.err
    assert [row["id"] for row in rows] == lines
    refused = [r for r in hub.requests if r.status == 429 and r.target not in broken]
    assert len(refused) <= QUOTA * 0.05, f"{len(refused)} of {len(hub.requests)} requests were one too many"
    unread = {row["id"]: row["unread_reason"] for row in rows if row["state"] == "unread"}
    assert set(unread) <= {*broken, "org/not-there", "not a model"}
    assert unread["org/not-there"] == "not-found"
    assert unread["not a model"] == "not-auditable"
    by_kind = {kind: unread.get(name) for name, kind in broken.items()}
    assert {
        "hang": "timed-out",
        "malformed-json": "damaged",
        "redirect-loop": "damaged",
    }.items() <= by_kind.items()
    assert all(reason for reason in unread.values())
    assert f"{len(unread)} models could not be read" in ran.err
    levels = Counter(row["level"] for row in rows if row["state"] == "audited")
    assert set(levels) <= {"open-weight", "research-only"}, levels


def test_a_base_that_many_share_is_read_once(hub: HubServer, openaudit: Command) -> None:
    hub.add_model("org/base", {"README.md": "---\nlicense: mit\n---\n", "model.safetensors": b"x" * 64})
    names = [f"org/child-{n}" for n in range(30)]
    for name in names:
        hub.add_model(
            name,
            {"README.md": "---\nlicense: mit\nbase_model: org/base\n---\n", "model.safetensors": b"x" * 64},
        )
    (openaudit.folder / "list.csv").write_text(
        "downloads,model_id\n" + "".join(f"1,{name}\n" for name in names)
    )
    ran = openaudit("survey", "list.csv", "-o", "out.parquet")
    assert ran.code == 0, ran.err
    assert sum(r.target == "org/base" and "/api/models/" in r.path for r in hub.requests) == 1
    rows = pq.read_table(openaudit.folder / "out.parquet").to_pylist()
    assert {(row["lineage"][0]["id"], row["lineage"][0]["reach"]) for row in rows} == {("org/base", "read")}


def test_a_query_is_asked_once_and_a_row_is_what_scan_says(hub: HubServer, openaudit: Command) -> None:
    _fill(hub, 8)
    ran = openaudit("survey", "--author", "org1", "-o", "out.parquet")
    assert ran.code == 0, ran.err
    (row,) = pq.read_table(openaudit.folder / "out.parquet").to_pylist()
    assert row["id"] == "org1/model-1"
    asked = len(hub.requests)
    again = openaudit("survey", "--author", "org1", "-o", "out.parquet")
    assert "0 models surveyed, 1 kept" in again.err
    assert len(hub.requests) == asked


@pytest.mark.parametrize(
    ("name", "text", "targets"),
    [
        ("l.txt", "org/a\n# remark\n\norg/b # why\norg/a\n", ["org/a", "org/b"]),
        ("l.csv", "id,likes\norg/a,3\norg/b,1\n", ["org/a", "org/b"]),
        ("l.csv", "org/a,3\norg/b,1\n", ["org/a", "org/b"]),
        ("l.tsv", "likes\tmodelId\n3\torg/a\n", ["org/a"]),
    ],
)
def test_lists_are_read_in_every_form(tmp_path: Path, name: str, text: str, targets: list[str]) -> None:
    (tmp_path / name).write_text(text)
    assert read_list(tmp_path / name) == targets
