"""A record of the Model Openness Tool is a target, and a report can be written as one."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from openaudit.errors import Damaged
from openaudit.formats.json_v1 import report_schema
from openaudit.sources.record import MOST_COMPONENTS, read_record
from tests.conftest import ROOT, Command
from tests.frameworks.make_mot_records import RECORDS, ROWS

_HEAD = "framework: {name: Model Openness Framework, version: '1.0', date: '2024-12-15'}\n"


def record(components: str, license_: str = "{}") -> str:
    return (
        f"{_HEAD}release:\n  name: Heron\n  version: 7B\n  license: {license_}\n  components: {components}\n"
    )


def test_a_record_is_judged_as_it_stands(openaudit: Command) -> None:
    row = ROWS[0]
    ran = openaudit("scan", str(RECORDS / f"{row.file}.yml"), "-f", "json")
    assert ran.code == 0, ran.err
    report = json.loads(ran.out)
    jsonschema.validate(report, report_schema())
    assert report["target"]["kind"] == "record"
    assert report["frameworks"]["mof"]["verdict"] == "class-i"
    assert report["level"] == "fully-open"
    weights = next(c for c in report["components"] if c["id"] == "model_parameters_final")
    assert (weights["status"], weights["license"]) == ("open", "CDLA-Permissive-2.0")
    assert weights["evidence"][0]["lines"]


@pytest.mark.parametrize(
    ("license_", "level"),
    [
        ("Apache-2.0", "open-weight"),
        ("Llama 3.1 Community License Agreement", "restricted-weight"),
        ("CC-BY-NC-4.0", "research-only"),
        ("unlicensed", "unlicensed"),
        ("Undisclosed", "undetermined"),
    ],
)
def test_the_level_follows_from_what_is_declared_of_the_weights(
    openaudit: Command, tmp_path: Path, license_: str, level: str
) -> None:
    file = tmp_path / "heron.yml"
    file.write_text(record(f"[{{name: 'Model parameters (Final)', license: '{license_}'}}]"))
    report = json.loads(openaudit("scan", str(file), "-f", "json").out)
    assert report["level"] == level, report["headline"]
    assert report["license"]["reason"]


def test_a_record_without_weights_is_undetermined_with_the_reason(openaudit: Command, tmp_path: Path) -> None:
    file = tmp_path / "heron.yml"
    file.write_text(record("[{name: Model card, license: CC-BY-4.0}]"))
    report = json.loads(openaudit("scan", str(file), "-f", "json").out)
    assert report["level"] == "undetermined"
    assert report["findings"] == []


def test_what_was_not_looked_at_is_never_said_to_be_so(openaudit: Command, tmp_path: Path) -> None:
    file = tmp_path / "heron.yml"
    file.write_text(record("[{name: 'Model parameters (Final)', license: MIT}]"))
    frameworks = json.loads(openaudit("scan", str(file), "-f", "json").out)["frameworks"]
    assert frameworks["eu_ai_act"]["verdict"] == "undetermined"
    parameters = frameworks["osai_index"]["parameters"]
    assert (parameters["weights_endmodel"], parameters["modelcard"]) == ("unknown", "unknown")


def test_a_written_record_gives_the_class_of_the_report_it_was_written_from(
    openaudit: Command, tmp_path: Path
) -> None:
    written = tmp_path / "tiny.yml"
    first = openaudit("scan", str(ROOT / "examples" / "tiny-weather"), "-f", f"mot={written}", "-f", "json")
    before = json.loads(first.out)["frameworks"]["mof"]
    after = json.loads(openaudit("scan", str(written), "-f", "json").out)["frameworks"]["mof"]
    for key in ("verdict", "progress", "included", "missing", "invalid", "unlicensed"):
        assert before[key] == after[key], key
    release = yaml.safe_load(written.read_text())["release"]
    assert {"name", "version", "date", "architecture", "origin", "producer", "contact", "components"} <= set(
        release
    )
    assert all(
        set(c) >= {"name", "description", "license", "license_path", "component_path"}
        for c in release["components"]
    )


def test_a_record_survives_a_bundle(openaudit: Command, tmp_path: Path) -> None:
    source = RECORDS / f"{ROWS[0].file}.yml"
    assert openaudit("bundle", str(source), "-o", str(tmp_path / "r.openaudit")).code == 0
    bundled = json.loads(openaudit("scan", str(tmp_path / "r.openaudit"), "-f", "json").out)
    assert bundled["frameworks"]["mof"]["verdict"] == "class-i"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "just words",
        "framework: {}\n",
        "release: {components: []}\n",
        f"{_HEAD}release: 7\n",
        record("7"),
        record("[7]"),
        record("[{license: MIT}]"),
        record("[{name: {a: b}}]"),
        "a: &x [1]\nb: *x\n",
        "[" * 500,
        "a: b: c",
        record("[" + ", ".join(["{name: Datasets}"] * (MOST_COMPONENTS + 1)) + "]"),
    ],
)
def test_what_is_no_record_is_refused(text: str) -> None:
    with pytest.raises(Damaged):
        read_record(text, "x.yml")


def test_a_file_that_is_no_record_is_an_error_of_reading(openaudit: Command, tmp_path: Path) -> None:
    (tmp_path / "compose.yml").write_text("services: {}\n")
    ran = openaudit("scan", str(tmp_path / "compose.yml"))
    assert ran.code == 3
    assert "no Model Openness Tool record" in ran.err
    (tmp_path / "long.yml").write_text(record("[]") + "#" * 600_000)
    assert openaudit("scan", str(tmp_path / "long.yml")).code == 3


def test_hostile_values_are_bounded_and_stay_values() -> None:
    long = "x" * 100_000
    read = read_record(
        record(f"[{{name: Datasets, license: '{long}', description: [1, 2], license_path: 7}}]"), "x.yml"
    )
    component = read["components"][0]
    assert len(component["license"]) == 2000
    assert (component["description"], component["license_path"]) == ("", "7")
    tagged = read_record(record("[{name: !!python/object:os.system Datasets, license: !x MIT}]"), "x.yml")
    assert (tagged["components"][0]["name"], tagged["components"][0]["license"]) == ("Datasets", "MIT")


def test_a_hostile_record_does_not_reach_the_terminal_raw(openaudit: Command, tmp_path: Path) -> None:
    file = tmp_path / "heron.yml"
    file.write_text(record('[{name: "Model parameters (Final)", license: "\\e[31mMIT\\x07 <script>"}]'))
    for chosen in ("table", "html", "markdown", "mot"):
        ran = openaudit("scan", str(file), "-f", chosen)
        assert "\x1b[31m" not in ran.out
        assert "\x07" not in ran.out
        assert "<script>" not in ran.out or chosen in ("mot", "table")
