"""`openaudit scan -f spdx|spdx-tag-value|spdx3|cyclonedx|cyclonedx-1.7` from outside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openaudit.formats import FORMATS
from tests.conftest import ROOT, Command, Ran
from tests.formats.sbom_validation import NAMES, SPDX_2, faults_of, read_spdx2
from tests.hub import HubServer, small_safetensors
from tests.test_corpus import _targets

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
EXAMPLE = str(ROOT / "examples" / "tiny-weather")
CARD = "---\nlicense: {license}\n{more}---\n# Model\n\nA model for tests.\n"


def add(hub: HubServer, name: str, license: str, more: str = "") -> None:
    card = CARD.format(license=license, more=more)
    hub.add_model(name, {"README.md": card, "model.safetensors": small_safetensors()})


def family(hub: HubServer) -> tuple[str, ...]:
    add(hub, "kea/base", "apache-2.0")
    add(
        hub,
        "kea/chat",
        "mit",
        "base_model: kea/base\nbase_model_relation: finetune\ndatasets:\n- kea/calls\n",
    )
    hub.add_dataset(
        "kea/calls", {"README.md": CARD.format(license="cc-by-4.0", more=""), "data.jsonl": "{}\n"}
    )
    return "kea/chat", "kea/base", "datasets/kea/calls", EXAMPLE


def scan(openaudit: Command, *targets: str) -> Ran:
    """One run that writes every format to a file of its own."""
    writes = [f"-f{name}=out/{name}" for name in NAMES]
    return openaudit("scan", *targets, *writes, "--jobs", "4", timeout_seconds=240)


def written(openaudit: Command) -> dict[str, str]:
    return {name: (openaudit.folder / "out" / name).read_text(encoding="utf-8") for name in NAMES}


def test_every_document_of_a_live_scan_is_valid_and_two_runs_give_the_same_bytes(
    openaudit: Command, hub: HubServer, tmp_path: Path
) -> None:
    targets = family(hub)
    ran = scan(openaudit, *targets)
    assert ran.code == 0, ran.err
    first = written(openaudit)
    assert {name: faults_of(name, text, tmp_path) for name, text in first.items()} == {
        name: [] for name in NAMES
    }
    assert scan(openaudit, *targets).code == 0
    assert written(openaudit) == first
    assert all("2023-11-14T22:13:20Z" in text for text in first.values())


@pytest.mark.parametrize("name", NAMES)
def test_a_document_goes_to_standard_output(openaudit: Command, name: str, tmp_path: Path) -> None:
    ran = openaudit("scan", EXAMPLE, "-f", name)
    assert ran.code == 0, ran.err
    assert faults_of(name, ran.out, tmp_path) == []
    assert str(ROOT) not in ran.out


@pytest.mark.parametrize("name", SPDX_2)
def test_spdx_tells_what_the_json_report_tells(
    openaudit: Command, hub: HubServer, name: str, tmp_path: Path
) -> None:
    family(hub)
    ran = openaudit("scan", "kea/chat", "-f", "json", "-f", f"{name}=bom")
    report = json.loads(ran.out)
    document = read_spdx2((openaudit.folder / "bom").read_text(encoding="utf-8"), tmp_path, SPDX_2[name])
    packages = {package.name: package for package in document.packages}
    model = packages["kea/chat"]
    assert model.version == report["target"]["revision"]
    assert model.external_references[0].locator == (
        f"pkg:huggingface/kea/chat@{report['target']['revision']}?repository_url={hub.url}"
    )
    assert str(model.license_concluded) == report["license"]["effective"]
    assert str(model.license_declared) == "MIT"
    assert set(packages) - {"kea/chat"} == {
        *(ancestor["id"] for ancestor in report["lineage"]),
        *(dataset["id"] for dataset in report["datasets"]),
        *(repository["id"] for repository in report["code"]),
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_target_that_is_not_there_is_in_the_document_and_the_exit_status_is_3(
    openaudit: Command, hub: HubServer, name: str, tmp_path: Path
) -> None:
    add(hub, "kea/base", "apache-2.0")
    ran = openaudit("scan", "kea/base", "kea/gone", "-f", name)
    assert ran.code == 3
    assert faults_of(name, ran.out, tmp_path) == []
    assert "kea/gone" in ran.out


@pytest.fixture(scope="module")
def sample(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Every eighth repository of the shared corpus, in one document of each format."""
    folder = tmp_path_factory.mktemp("sbom")
    with HubServer(shared / "corpus" / "hub") as hub:
        environment = {"PATH": "/usr/bin:/bin", "SOURCE_DATE_EPOCH": "1700000000", "HOME": str(folder)}
        command = Command({**environment, **hub.environment, "PYTHONPATH": str(ROOT)}, folder)
        ran = scan(command, *_targets(shared)[::8])
        assert ran.code in (0, 3), ran.err[-2000:]
        yield written(command)


@pytest.mark.parametrize("name", NAMES)
def test_documents_of_the_shared_corpus_are_valid(sample: dict[str, str], name: str, tmp_path: Path) -> None:
    assert faults_of(name, sample[name], tmp_path) == []


def test_documents_of_the_shared_corpus_describe_every_target(sample: dict[str, str], shared: Path) -> None:
    document: dict[str, Any] = json.loads(sample["spdx"])
    types = [relationship["relationshipType"] for relationship in document["relationships"]]
    assert types.count("DESCRIBES") == len(_targets(shared)[::8])


def test_help_names_every_format(openaudit: Command) -> None:
    out = " ".join(openaudit("scan", "--help").out.split())
    assert all(name in out for name in NAMES)
    assert set(NAMES) <= set(FORMATS)
