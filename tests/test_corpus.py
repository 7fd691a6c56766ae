"""Every repository of the shared corpus, audited by the installed command on the localhost Hub."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from openaudit.formats.json_v1 import report_schema
from tests.conftest import Command
from tests.hub import HubServer

Reports = Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="module")
def corpus(shared: Path) -> Iterator[HubServer]:
    with HubServer(shared / "corpus" / "hub") as server:
        yield server


def _targets(shared: Path) -> list[str]:
    targets = []
    for kind, prefix in (("models", ""), ("datasets", "datasets/")):
        for folder in sorted((shared / "corpus" / "hub" / kind).iterdir()):
            id_ = json.loads((folder / "repo.json").read_text())["repo_id"] or folder.name.replace("__", "/")
            targets.append(prefix + id_)
    return targets


@pytest.fixture(scope="module")
def audited(
    shared: Path, corpus: HubServer, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, str, Reports]:
    """The standard output of two runs over everything, and the reports by id."""
    folder = tmp_path_factory.mktemp("corpus")
    environment = {"PATH": "/usr/bin:/bin", "SOURCE_DATE_EPOCH": "1700000000", "HOME": str(folder)}
    environment |= {**corpus.environment, "PYTHONPATH": str(Path(__file__).parent.parent)}
    environment["GITHUB_TOKEN"] = corpus.token  # an account: sixty requests an hour do not read a corpus
    targets = _targets(shared)
    outputs = []
    for run in ("first", "second"):
        command = Command({**environment, "XDG_CACHE_HOME": str(folder / run)}, folder)
        ran = command("scan", *targets, "-f", "json", "--jobs", "8", timeout_seconds=300)
        assert ran.code == 0, ran.err[-2000:]
        assert "Traceback" not in ran.err
        outputs.append(ran.out)
    document = json.loads(outputs[0])
    return outputs[0], outputs[1], {r["target"]["id"].lower(): r for r in document["reports"]}


def test_every_repository_gives_a_valid_report(shared: Path, audited: tuple[str, str, Reports]) -> None:
    document = json.loads(audited[0])
    jsonschema.validate(document, report_schema())
    assert len(document["reports"]) == len(_targets(shared))


def test_two_runs_give_the_same_bytes(audited: tuple[str, str, Reports]) -> None:
    assert audited[0] == audited[1]


@pytest.mark.parametrize(
    ("id_", "levels"),
    [
        ("Qwen/Qwen2.5-1.5B-Instruct", {"open-weight"}),
        ("meta-llama/Llama-3.2-1B-Instruct", {"restricted-weight"}),
        ("bigscience/bloom", {"restricted-weight"}),
        ("Qwen/Qwen2.5-3B-Instruct", {"research-only"}),
        ("mistralai/Mistral-Large-Instruct-2407", {"research-only"}),
        ("julien-c/dummy-unknown", {"unlicensed"}),
        ("allenai/OLMo-7B", {"open-toolchain", "fully-open"}),
        ("LLM360/Amber", {"open-toolchain", "fully-open"}),
        ("stanfordnlp/SHP", {"unlicensed-data"}),
    ],
)
def test_well_known_repositories_have_their_level(
    audited: tuple[str, str, Reports], id_: str, levels: set[str]
) -> None:
    report = audited[2][id_.lower()]
    assert report["level"] in levels, report["license"]["reason"]


def test_the_contradiction_of_simpo_is_its_first_finding(audited: tuple[str, str, Reports]) -> None:
    first = audited[2]["princeton-nlp/gemma-2-9b-it-simpo"]["findings"][0]
    assert first["rule"].startswith("license-conflict/")
    assert [(e["quote"], e["lines"]) for e in first["evidence"]] == [("mit", [11, 11]), ("gemma", [27, 27])]


@pytest.mark.parametrize(
    ("id_", "relicensed"),
    [
        ("princeton-nlp/gemma-2-9b-it-SimPO", True),
        ("NousResearch/Nous-Hermes-Llama2-13b", True),
        ("ruslanmv/Medical-Llama3-8B", True),
        ("HuggingFaceH4/zephyr-7b-beta", False),
        ("teknium/OpenHermes-2.5-Mistral-7B", False),
    ],
)
def test_what_was_relicensed_without_right_is_told(
    audited: tuple[str, str, Reports], id_: str, relicensed: bool
) -> None:
    report = audited[2][id_.lower()]
    grave = [
        conflict
        for conflict in report["license"]["conflicts"]
        if conflict["kind"] == "tag-vs-base" and conflict["severity"] == "critical"
    ]
    assert bool(grave) is relicensed
    assert all(len(conflict["between"]) == 2 for conflict in grave)
