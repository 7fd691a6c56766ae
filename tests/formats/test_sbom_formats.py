"""Bills of materials: valid by the published validators, whatever the report says."""

from __future__ import annotations

import dataclasses
import json
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from openaudit.formats import FORMATS, Outcome
from openaudit.formats.sbom.inventory import take_inventory
from openaudit.formats.sbom.spdx3 import graph_of
from openaudit.vocabulary import (
    Ancestor,
    CodeKind,
    CodeRepository,
    DatasetMention,
    Failure,
    Grant,
    Reach,
    Report,
    Status,
    Target,
    TargetKind,
    Where,
)
from tests.formats.reports import (
    ATTACK,
    REVISION,
    at,
    dataset_report,
    failure,
    minimal_report,
    open_report,
    poisoned,
    rich_report,
)
from tests.formats.sbom_validation import NAMES, faults_of, spdx3_faults

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""The tag-value parser of spdx-tools leaves the log of its table generator open."""

BASE = "0123456789abcdef0123456789abcdef01234567"


def family_report() -> Report:
    """An adapter over a conversion over a base, all read, with data and code; the base stands under two."""
    hub = "https://huggingface.co"
    ancestors = (
        Ancestor(
            id="kea/Kea-GGUF", relation="adapter", where=at("adapter_config.json"), of="kea/Kea-Chat",
            license="Apache-2.0", grant=Grant.OPEN, reach=Reach.READ, revision=REVISION, url=f"{hub}/kea/Kea-GGUF",
        ),
        Ancestor(
            id="kea/Kea-Base", relation="quantized", where=at("README.md", 3), of="kea/Kea-GGUF", depth=2,
            license="Apache-2.0 OR MIT", grant=Grant.OPEN, reach=Reach.READ, revision=BASE, url=f"{hub}/kea/Kea-Base",
        ),
        Ancestor(
            id="kea/Kea-Base", relation="merge", where=at("mergekit.yml", 2), of="kea/Kea-Chat",
            license="Apache-2.0 OR MIT", grant=Grant.OPEN, reach=Reach.READ, revision=BASE, url=f"{hub}/kea/Kea-Base",
        ),
        Ancestor(
            id="meta-llama/Llama-2-7b", relation="finetune", where=at("README.md", 5), of="kea/Kea-Base", depth=3,
            license="LicenseRef-scancode-llama-2-license-2023", grant=Grant.RESTRICTED, reach=Reach.FACTS,
        ),
    )  # fmt: skip
    datasets = (
        DatasetMention(
            id="kea/calls", role="training", license="cc-by-4.0", status=Status.OPEN, where=at("README.md", 7),
            reach=Reach.READ, revision=REVISION, url=f"{hub}/datasets/kea/calls", gated=False,
        ),
        DatasetMention(
            id="kea/silence", role="training", license=None, status=Status.UNLICENSED, where=at("README.md", 8),
            reach=Reach.READ, revision=REVISION, url=f"{hub}/datasets/kea/silence", gated="auto",
        ),
        DatasetMention(id="mmlu", role="evaluation", license="mit", status=Status.OPEN, where=at("README.md", 9)),
        DatasetMention(id="c4", role="mentioned", license=None, status=Status.UNKNOWN, where=at("README.md", 10)),
    )  # fmt: skip
    code = CodeRepository(
        id="github.com/kea/train", where=at("README.md", 11), status=Status.OPEN, kinds=(CodeKind.PRE_TRAINING,),
        owner="maker", license="BSD-3-Clause", grant=Grant.OPEN, reach=Reach.READ, revision=BASE,
        url="https://github.com/kea/train",
    )  # fmt: skip
    return dataclasses.replace(
        open_report(),
        id="kea/Kea-Chat",
        url=f"{hub}/kea/Kea-Chat",
        revision=REVISION,
        target=Target(kind=TargetKind.MODEL, id="kea/Kea-Chat"),
        lineage=ancestors,
        datasets=datasets,
        code=(code,),
    )


def far_report() -> Report:
    """A model of a Hub on the loopback address, whose address SPDX 2.3's validator does not take for one."""
    return dataclasses.replace(family_report(), url="http://127.0.0.1:8080/kea/Kea-Chat")


def effective(license: str | None, grant: Grant) -> Report:
    report = rich_report()
    return dataclasses.replace(
        report, license=dataclasses.replace(report.license, effective=license, grant=grant)
    )


FORM_WORDS = [
    "Tool: x",
    "Person: me",
    "NONE",
    "NOASSERTION",
    "PackageName",
    "SHA1: abc",
    "2024-01-01T00:00:00Z",
]
FORM_WORDS += [
    "</text>\nPackageName: evil",
    "<text>",
    "# heading",
    "a: b",
    "LicenseRef-",
    "AND",
    "MIT AND (",
    ":",
]
CASES: dict[str, list[Outcome]] = {
    "rich": [rich_report()],
    "minimal": [minimal_report()],
    "open": [open_report()],
    "dataset": [dataset_report()],
    "failure": [failure()],
    "family": [family_report()],
    "far": [far_report()],
    "several": [open_report(), failure(), dataset_report(), rich_report(), family_report()],
    "twice": [open_report(), open_report(), failure(), failure()],
    "none": [],
    "hostile": [poisoned(rich_report())],
    "hostile-family": [poisoned(family_report()), poisoned(failure())],
    "hostile-words-only": [poisoned(family_report(), keep=frozenset({"joined", "gated", "subject", "id", "url"}))],
    "huge": [poisoned(rich_report(), attack="x" * 1_000_000)],
    "huge-words": [poisoned(family_report(), attack="Tool: " * 100_000)],
    **{f"form {word!r}": [poisoned(rich_report(), attack=word), poisoned(failure(), attack=word)] for word in FORM_WORDS},
    "compound": [effective("Apache-2.0 AND (MIT OR LicenseRef-openaudit-heron)", Grant.OPEN)],
    "exception": [effective("GPL-3.0-only WITH Classpath-exception-2.0", Grant.OPEN)],
    "unlicensed": [effective(None, Grant.UNLICENSED)],
    "undetermined": [effective("MIT", Grant.UNDETERMINED)],
    "no-such-license": [effective("Nonesuch-9.9", Grant.OPEN)],
    "misplaced-exception": [effective("MIT WITH Apache-2.0", Grant.OPEN)],
    "exception-alone": [effective("Classpath-exception-2.0", Grant.OPEN)],
    "other-document": [effective("DocumentRef-x:LicenseRef-y", Grant.OPEN)],
    "malformed": [effective("MIT AND", Grant.OPEN)],
}  # fmt: skip


@pytest.mark.parametrize("case", sorted(CASES))
@pytest.mark.parametrize("name", NAMES)
def test_every_document_is_valid(name: str, case: str, tmp_path: Path) -> None:
    assert faults_of(name, FORMATS[name].render_file(CASES[case]), tmp_path) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_same_outcomes_give_the_same_bytes_and_others_another_identifier(name: str) -> None:
    first, second = (FORMATS[name].render_file(CASES["several"]) for _ in range(2))
    assert first == second
    changed = dataclasses.replace(open_report(), headline="Another verdict.")
    assert _identifier(name, FORMATS[name].render([changed])) != _identifier(
        name, FORMATS[name].render([open_report()])
    )


def _identifier(name: str, text: str) -> str:
    if name == "spdx-tag-value":
        return next(line for line in text.splitlines() if line.startswith("DocumentNamespace: "))
    document = json.loads(text)
    if name == "spdx3":
        return str(document["@graph"][1]["spdxId"])
    return str(document.get("documentNamespace") or document["serialNumber"])


@pytest.mark.parametrize("name", NAMES)
def test_no_control_or_hidden_character_is_written(name: str) -> None:
    everything = "".join(map(chr, range(0x20, sys.maxunicode, 7)))
    outcomes: list[Outcome] = [
        poisoned(rich_report(), attack=ATTACK),
        poisoned(failure(), attack=everything[:4000]),
    ]
    text = FORMATS[name].render_file(outcomes)
    readable = text if name == "spdx-tag-value" else json.dumps(json.loads(text), ensure_ascii=False)
    assert {c for c in readable if unicodedata.category(c) in ("Cc", "Cf", "Cs")} <= {"\n"}


@pytest.mark.parametrize("name", NAMES)
def test_no_path_of_the_machine_is_written(name: str) -> None:
    report = dataclasses.replace(
        minimal_report(),
        id="/home/somebody/models/tiny",
        url="file:///home/somebody/models/tiny",
        lineage=(Ancestor(id="/home/somebody/base", relation="merge", where=at("/home/somebody/m.yml", 3)),),
        datasets=(
            DatasetMention(
                id="C:\\Users\\somebody\\data", role="training", license=None, status=Status.UNKNOWN,
                where=Where(path="~/somebody/x"),
            ),
        ),
    )  # fmt: skip
    lost = Failure(
        target=Target(kind=TargetKind.FOLDER, id="/home/somebody/gone"),
        stage="read",
        reason="not-found",
        message="m",
    )
    assert "somebody" not in FORMATS[name].render_file([report, lost])


@pytest.mark.parametrize("name", NAMES)
def test_quotes_are_at_most_three_hundred_characters(name: str) -> None:
    quote = "w" * 301
    report = poisoned(
        rich_report(), attack=quote, keep=frozenset({"joined", "gated", "subject", "id", "headline"})
    )
    assert "“" + "w" * 300 not in FORMATS[name].render_file([report]).replace("\\u201c", "“")


@pytest.mark.parametrize("name", NAMES)
def test_what_could_not_be_audited_has_its_place(name: str) -> None:
    text = FORMATS[name].render_file([open_report(), failure()])
    assert "nobody/nothing" in text
    assert "There is no model nobody/nothing on the Hub" in text


def _cyclonedx(outcomes: list[Any], version: str = "cyclonedx") -> Any:
    return json.loads(FORMATS[version].render(outcomes))


def test_cyclonedx_model_card_holds_what_the_report_says_and_nothing_else() -> None:
    document = _cyclonedx([family_report()])
    model = document["metadata"]["component"]
    assert (model["type"], model["group"], model["name"]) == ("machine-learning-model", "kea", "Kea-Chat")
    assert model["purl"] == f"pkg:huggingface/kea/Kea-Chat@{REVISION}"
    named = {component["bom-ref"]: component["name"] for component in document["components"]}
    datasets = [named[entry["ref"]] for entry in model["modelCard"]["modelParameters"]["datasets"]]
    assert datasets == ["calls", "silence"]
    assert set(model["modelCard"]) == {"modelParameters"}
    assert [parent["name"] for parent in model["pedigree"]["ancestors"]] == ["kea/Kea-GGUF", "kea/Kea-Base"]


def test_cyclonedx_dependencies_follow_the_lineage_and_the_training_data() -> None:
    document = _cyclonedx([family_report()])
    parts = [document["metadata"]["component"], *document["components"]]
    names = {part["bom-ref"]: part["name"] for part in parts}
    depends = {
        names[entry["ref"]]: sorted(names[ref] for ref in entry.get("dependsOn", ()))
        for entry in document["dependencies"]
    }
    assert depends == {
        "Kea-Chat": ["Kea-Base", "Kea-GGUF", "calls", "silence"],
        "Kea-GGUF": ["Kea-Base"],
        "Kea-Base": ["Llama-2-7b"],
        "Llama-2-7b": [],
        "calls": [],
        "silence": [],
        "mmlu": [],
        "c4": [],
        "github.com/kea/train": [],
    }


@pytest.mark.parametrize(
    ("license", "grant", "concluded"),
    [
        ("Apache-2.0", Grant.OPEN, [{"license": {"id": "Apache-2.0", "acknowledgement": "concluded"}}]),
        (
            "MIT OR Apache-2.0",
            Grant.OPEN,
            [{"expression": "MIT OR Apache-2.0", "acknowledgement": "concluded"}],
        ),
        (None, Grant.UNLICENSED, []),
        (None, Grant.UNDETERMINED, []),
    ],
)
def test_cyclonedx_license_is_an_id_or_an_expression(
    license: str | None, grant: Grant, concluded: list[Any]
) -> None:
    report = effective(license, grant)
    report = dataclasses.replace(report, license=dataclasses.replace(report.license, statements=()))
    assert _cyclonedx([report])["metadata"]["component"].get("licenses", []) == concluded


def test_cyclonedx_1_7_tells_the_declared_license_beside_the_concluded_one() -> None:
    (concluded, declared) = _cyclonedx([rich_report()], "cyclonedx-1.7")["metadata"]["component"]["licenses"]
    assert concluded["license"]["acknowledgement"] == "concluded"
    assert {p["name"]: p["value"] for p in concluded["license"]["properties"]}["openaudit:license:id"] == (
        "LicenseRef-openaudit-heron-community"
    )
    assert declared["acknowledgement"] == "declared"
    assert "MIT" in declared["expression"]


def test_cyclonedx_of_several_has_no_single_subject_and_marks_the_targets() -> None:
    document = _cyclonedx(CASES["several"])
    assert "component" not in document["metadata"]
    roles = [
        component["name"]
        for component in document["components"]
        if {"name": "openaudit:role", "value": "target"} in component["properties"]
    ]
    assert roles == ["Wren-1B", "nobody/nothing", "songs", "Heron-7B", "Kea-Chat"]


def test_cyclonedx_without_a_time_has_no_timestamp() -> None:
    assert "timestamp" not in _cyclonedx([failure()])["metadata"]
    assert _cyclonedx([open_report()])["metadata"]["timestamp"] == "2026-11-25T12:00:00Z"


def _graph(outcomes: list[Any]) -> list[dict[str, Any]]:
    graph: list[dict[str, Any]] = json.loads(FORMATS["spdx3"].render(outcomes))["@graph"]
    return graph


def test_spdx3_relates_models_to_their_bases_and_data() -> None:
    graph = _graph([family_report()])
    names = {element["spdxId"]: element.get("name", "") for element in graph if "spdxId" in element}
    found = {
        (names[e["from"]], e["relationshipType"], names[e["to"][0]])
        for e in graph
        if e["type"] == "Relationship" and "License" not in e["relationshipType"]
    }
    assert found == {
        ("kea/Kea-Chat", "descendantOf", "kea/Kea-GGUF"),
        ("kea/Kea-Chat", "dependsOn", "kea/Kea-GGUF"),
        ("kea/Kea-Chat", "descendantOf", "kea/Kea-Base"),
        ("kea/Kea-GGUF", "descendantOf", "kea/Kea-Base"),
        ("kea/Kea-Base", "descendantOf", "meta-llama/Llama-2-7b"),
        ("kea/Kea-Chat", "trainedOn", "kea/calls"),
        ("kea/Kea-Chat", "trainedOn", "kea/silence"),
        ("kea/Kea-Chat", "testedOn", "mmlu"),
        ("kea/Kea-Chat", "other", "c4"),
        ("kea/Kea-Chat", "other", "github.com/kea/train"),
    }


def test_spdx3_claims_the_ai_profile_where_every_minimum_is_known() -> None:
    inventory = take_inventory([open_report()])
    dated = [dataclasses.replace(part, released="2026-01-02T03:04:05Z") for part in inventory.parts]
    graph = graph_of(dataclasses.replace(inventory, parts=tuple(dated)))
    text = json.dumps({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": graph})
    assert spdx3_faults(text) == []
    assert graph[1]["profileConformance"] == ["core", "software", "simpleLicensing", "ai"]


@pytest.mark.parametrize(
    ("type_", "name", "value"),
    [
        ("ai_AIPackage", "name", ""),
        ("ai_AIPackage", "software_primaryPurpose", "brain"),
        ("ai_AIPackage", "surprise", "x"),
        ("ai_AIPackage", "spdxId", "https://example.org/other"),
        ("dataset_DatasetPackage", "dataset_datasetType", []),
        ("Relationship", "relationshipType", "cousinOf"),
        ("Relationship", "to", ["https://example.org/nothing"]),
        ("Relationship", "relationshipType", "other"),
        ("SpdxDocument", "profileConformance", ["core", "ai"]),
        ("SpdxDocument", "element", []),
        ("CreationInfo", "created", "yesterday"),
    ],
)
def test_the_checks_of_spdx3_catch_a_mistake(type_: str, name: str, value: object) -> None:
    document = json.loads(FORMATS["spdx3"].render([family_report()]))
    next(element for element in document["@graph"] if element["type"] == type_)[name] = value
    assert spdx3_faults(json.dumps(document)) != []


def test_spdx3_claims_no_profile_whose_minima_are_not_known_and_says_which() -> None:
    document = _graph([family_report()])[1]
    assert document["profileConformance"] == ["core", "software", "simpleLicensing"]
    assert "The ai profile is not claimed: not known of every package: " in document["comment"]
    assert "releaseTime" in document["comment"]


@pytest.mark.parametrize(
    ("outcome", "declared", "concluded"),
    [
        (effective(None, Grant.UNLICENSED), "", "NoneLicense"),
        (effective("MIT", Grant.UNDETERMINED), "", "NoAssertionLicense"),
        (failure(), "NoAssertionLicense", "NoAssertionLicense"),
        (minimal_report(), "NoAssertionLicense", "NoAssertionLicense"),
    ],
    ids=["unlicensed", "undetermined", "failure", "minimal"],
)
def test_spdx3_none_is_what_is_known_to_be_absent_and_noassertion_what_is_not_known(
    outcome: Outcome, declared: str, concluded: str
) -> None:
    licenses = {
        element["relationshipType"]: element["to"][0].rsplit("/", 1)[-1]
        for element in reversed(_graph([outcome]))
        if element["type"] == "Relationship" and "License" in element["relationshipType"]
    }
    assert licenses["hasConcludedLicense"] == concluded
    assert not declared or licenses["hasDeclaredLicense"] == declared
