"""The Model Openness Framework gives the class and figures that the Model Openness Tool gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from openaudit.engine.frameworks.mof import BUCKETS, Declared, MofRules, evaluate_mof, inappropriate
from openaudit.engine.frameworks.mof_verdict import mof_of_declared
from openaudit.engine.rules import load_rules
from openaudit.sources.record import read_record
from openaudit.yaml_text import dump
from tests.frameworks.make_mot_records import RECORDS, ROWS, Row, record_of

_CLASSES = (("3", "iii"), ("2", "ii"), ("1", "i"))


@pytest.fixture(scope="module")
def rules() -> MofRules:
    return load_rules().frameworks.mof


def declared_in(record: dict[str, Any]) -> tuple[list[Declared], dict[str, str]]:
    components = [Declared(name=c["name"], license=c["license"]) for c in record["components"]]
    return components, {key: value["name"] for key, value in record["license"].items()}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.file)
def test_the_tools_own_test_records_give_their_class_and_percentages(row: Row, rules: MofRules) -> None:
    text = (RECORDS / f"{row.file}.yml").read_text(encoding="utf-8")
    result = evaluate_mof(*declared_in(read_record(text, row.file)), rules)
    assert result.number == row.number
    assert result.progress == pytest.approx({"iii": row.iii, "ii": row.ii, "i": row.i})
    assert sum(len(result.buckets["i"][b]) for b in BUCKETS if b != "missing") == row.listed
    assert len(result.buckets["i"]["included"]) + len(result.buckets["i"]["optional"]) == row.valid
    assert len(result.buckets["i"]["invalid"]) == row.invalid


def test_there_are_27_records_and_each_is_what_the_script_makes() -> None:
    assert {path.stem for path in RECORDS.glob("*.yml")} == {row.file for row in ROWS}
    assert len(ROWS) == 27
    for row in ROWS:
        assert (RECORDS / f"{row.file}.yml").read_text(encoding="utf-8") == dump(record_of(row))


def test_every_stored_record_gives_its_stored_result(shared: Path, rules: MofRules) -> None:
    entries = json.loads((shared / "eval" / "truth" / "mot.json").read_text(encoding="utf-8"))["entries"]
    names = {component.key: component.name for component in rules.components}
    for entry in entries:
        declared = [Declared(name=c["name"], license=c["license_in_file"]) for c in entry["components"]]
        globals_ = {key: value["name"] for key, value in entry["global_license"].items()}
        got, stored = evaluate_mof(declared, globals_, rules), entry["result"]
        assert got.number == stored["mof_class"], entry["id"]
        for digit, name in _CLASSES:
            assert got.progress[name] == pytest.approx(stored["progress"][digit], abs=1e-3), entry["id"]
            buckets = {b: sorted(names[key] for key in got.buckets[name][b]) for b in BUCKETS}
            assert buckets == {b: sorted(stored["buckets"][digit][b]) for b in BUCKETS}, entry["id"]
        placed = dict.fromkeys((*got.buckets["i"]["included"], *got.buckets["i"]["optional"]), "included")
        ill = sorted(names[key] for key in inappropriate(placed, got.licenses, rules))
        assert ill == sorted(stored["not_type_appropriate"]), entry["id"]
    assert entries


_SIX = (
    "Model architecture",
    "Model parameters (Final)",
    "Evaluation results",
    "Model card",
    "Data card",
    "Technical report",
)


@pytest.mark.parametrize(
    ("license_", "number"),
    [
        ("Apache-2.0", 3),
        ("CC-BY-4.0", 3),
        ("OpenMDW-1.0", 3),
        ("Apache 2.0", 0),
        ("MIT OR Apache-2.0", 0),
        ("apache-2.0", 0),
        ("PDDL-1.0", 0),
        ("C-UDA-1.0", 0),
        ("unlicensed", 0),
        ("", 0),
    ],
)
def test_a_license_counts_by_its_exact_id(license_: str, number: int, rules: MofRules) -> None:
    declared = [Declared(name=name, license=license_) for name in _SIX]
    assert evaluate_mof(declared, {}, rules).number == number


def test_a_component_falls_back_to_its_types_license_and_then_to_the_distributions(rules: MofRules) -> None:
    declared = [Declared(name="Training code"), Declared(name="Datasets"), Declared(name="Model card")]
    got = evaluate_mof(declared, {"code": "MIT", "distribution": "CC-BY-4.0", "data": ""}, rules)
    assert got.licenses == {"training_code": "MIT", "datasets": "CC-BY-4.0", "model_card": "CC-BY-4.0"}


def test_unlicensed_ends_the_search(rules: MofRules) -> None:
    got = evaluate_mof([Declared(name="Datasets", license="unlicensed")], {"distribution": "MIT"}, rules)
    assert got.licenses == {"datasets": None}


def test_of_a_component_listed_twice_the_last_counts_and_it_is_said(rules: MofRules) -> None:
    declared = [Declared(name="Datasets", license="MIT"), Declared(name="Datasets", license="Proprietary")]
    got = evaluate_mof(declared, {}, rules)
    assert got.buckets["i"]["invalid"] == ("datasets",)
    assert any("2 times" in warning for warning in got.warnings)


def test_an_unknown_name_is_taken_for_datasets_and_it_is_said(rules: MofRules) -> None:
    got = evaluate_mof([Declared(name="Vibes", license="MIT")], {}, rules)
    assert got.buckets["i"]["included"] == ("datasets",)
    assert any("Vibes" in warning for warning in got.warnings)


def test_a_paper_without_an_open_license_does_not_stand_in_for_the_report(rules: MofRules) -> None:
    declared = [Declared(name=name, license="CC-BY-4.0") for name in _SIX[:5]]
    assert (
        evaluate_mof([*declared, Declared(name="Research paper", license="CC-BY-4.0")], {}, rules).number == 3
    )
    closed = Declared(name="Research paper", license="arXiv.org perpetual license")
    assert evaluate_mof([*declared, closed], {}, rules).number == 0


def test_what_is_in_doubt_counts_at_best_only_and_is_named(rules: MofRules) -> None:
    declared = [Declared(name=name, license="CC-BY-4.0") for name in _SIX[:5]]
    verdict = mof_of_declared(
        [*declared, Declared(name="Research paper", license="unlicensed", doubt="not read.")], {}, rules
    )
    assert (verdict.verdict, verdict.details["at_best"]) == ("none", "class-iii")
    assert verdict.details["could_not_judge"] == ["Research paper: not read.", *rules.limits]
    assert "class iii" in verdict.reason


def test_the_verdict_names_what_the_next_class_lacks(rules: MofRules) -> None:
    verdict = mof_of_declared([Declared(name=name, license="MIT") for name in _SIX], {}, rules)
    assert verdict.verdict == "class-iii"
    assert set(verdict.decided_by) == {
        "training_code",
        "inference_code",
        "evaluation_code",
        "evaluation_data",
    }
