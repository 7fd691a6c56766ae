"""`openaudit scan` from outside: the installed command against the localhost Hub."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from openaudit.formats.json_v1 import report_schema
from tests.conftest import ROOT, Command
from tests.hub import (
    Access,
    Disconnect,
    EndlessBody,
    Hang,
    HubServer,
    LoginPage,
    MalformedJson,
    Slow,
    Status,
    TooManyRequests,
    Trickle,
    Truncated,
    WrongShape,
    small_safetensors,
)

EXAMPLE = str(ROOT / "examples" / "tiny-weather")
CARD = "---\nlicense: {license}\n---\n# Model\n\nA model for tests.\n"


def add(hub: HubServer, name: str, license_: str = "mit", **more: object) -> None:
    files = {"README.md": CARD.format(license=license_), "model.safetensors": small_safetensors()}
    hub.add_model(name, files, **more)  # type: ignore[arg-type]


def test_example_is_fully_open_and_its_report_is_valid(openaudit: Command) -> None:
    ran = openaudit("scan", EXAMPLE, "-f", "json")
    assert ran.code == 0, ran.err
    report = json.loads(ran.out)
    jsonschema.validate(report, report_schema())
    assert report["level"] == "fully-open"
    assert report["band"] == "open-source"


def test_two_runs_give_the_same_bytes(openaudit: Command, hub: HubServer) -> None:
    add(hub, "org/a")
    assert openaudit("scan", "org/a", "-f", "json").out == openaudit("scan", "org/a", "-f", "json").out


def test_default_is_the_table_with_the_verdict_first(openaudit: Command, hub: HubServer) -> None:
    add(hub, "org/a", "cc-by-nc-4.0")
    ran = openaudit("scan", "org/a")
    assert ran.code == 0
    head = ran.out.split("\n\n")[0]
    assert "research only" in head
    assert "\x1b" not in ran.out


def test_several_formats_go_to_their_files(openaudit: Command, hub: HubServer) -> None:
    add(hub, "org/a")
    ran = openaudit("scan", "org/a", "-f", "html=out/a.html", "-f", "markdown=a.md", "-f", "json")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["level"] == "open-weight"
    assert "<!doctype html>" in (openaudit.folder / "out" / "a.html").read_text().lower()
    assert "open-weight" in (openaudit.folder / "a.md").read_text()


def test_output_option_tells_the_format_by_its_ending(openaudit: Command, hub: HubServer) -> None:
    add(hub, "org/a")
    assert openaudit("scan", "org/a", "-o", "a.json").code == 0
    assert json.loads((openaudit.folder / "a.json").read_text())["level"] == "open-weight"


def test_results_come_in_the_order_given(openaudit: Command, hub: HubServer) -> None:
    names = [f"org/m{i}" for i in range(6)]
    for name in names:
        add(hub, name)
    hub.fault("org/m0", Slow(0.8))
    ran = openaudit("scan", *names, "-f", "json", "--jobs", "6")
    assert [r["target"]["id"] for r in json.loads(ran.out)["reports"]] == names


def test_one_faulty_target_among_five_leaves_four_reports_and_exit_3(
    openaudit: Command, hub: HubServer
) -> None:
    for i in range(5):
        add(hub, f"org/m{i}")
    hub.fault("org/m2", Status(404))
    ran = openaudit("scan", *(f"org/m{i}" for i in range(5)), "-f", "json")
    assert ran.code == 3
    reports = json.loads(ran.out)["reports"]
    jsonschema.validate(json.loads(ran.out), report_schema())
    assert [r["level"] for r in reports].count("open-weight") == 4
    assert reports[2]["level"] == "undetermined"
    assert reports[2]["errors"]
    assert "org/m2" in ran.err


@pytest.mark.parametrize(
    ("level", "code"), [("unlicensed", 0), ("open-weight", 0), ("open-toolchain", 1), ("fully-open", 1)]
)
def test_fail_under_sets_the_exit_status(openaudit: Command, hub: HubServer, level: str, code: int) -> None:
    add(hub, "org/a")
    assert openaudit("scan", "org/a", "-f", "json", "--fail-under", level).code == code


def test_undetermined_is_below_every_level(openaudit: Command, hub: HubServer) -> None:
    add(hub, "org/a", "other")
    ran = openaudit("scan", "org/a", "-f", "json", "--fail-under", "unlicensed")
    assert json.loads(ran.out)["level"] == "undetermined"
    assert ran.code == 1


def test_worst_exit_status_wins(openaudit: Command, hub: HubServer) -> None:
    add(hub, "org/a")
    assert openaudit("scan", "org/a", "org/gone", "--fail-under", "fully-open").code == 3


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["scan"], "Missing argument"),
        (["scan", "org/a", "-f", "pdf"], "none of"),
        (["scan", "org/a", "-f", "json", "-f", "table"], "Only one format"),
        (["scan", "not a model!"], "not a model!"),
        (["scan", "org/a", "--fail-under", "open"], "open"),
        (["scan", "org/a", "--rules", "nowhere"], "nowhere"),
        (["frobnicate"], "No such command"),
    ],
)
def test_wrong_usage_is_exit_2_with_a_message(openaudit: Command, arguments: list[str], says: str) -> None:
    ran = openaudit(*arguments)
    assert ran.code == 2
    assert says in ran.err
    assert "Traceback" not in ran.err


def test_two_tags_that_contradict_are_the_first_finding_with_both_quotes(
    openaudit: Command, hub: HubServer
) -> None:
    card = "---\nlicense:\n- mit\n- cc-by-nc-4.0\n---\n# Model\n"
    hub.add_model("org/a", {"README.md": card, "model.safetensors": small_safetensors()})
    report = json.loads(openaudit("scan", "org/a", "-f", "json").out)
    first = report["findings"][0]
    assert first["rule"] == "license-conflict/list-contradiction"
    assert [e["quote"] for e in first["evidence"]] == ["mit", "cc-by-nc-4.0"]
    assert report["level"] == "research-only"


def test_prose_that_contradicts_the_tag_is_the_first_finding(openaudit: Command, hub: HubServer) -> None:
    card = "---\nlicense: mit\n---\n# Model\n\n- **License:** CC-BY-NC 4.0\n"
    hub.add_model("org/a", {"README.md": card, "model.safetensors": small_safetensors()})
    report = json.loads(openaudit("scan", "org/a", "-f", "json").out)
    first = report["findings"][0]
    assert first["rule"] == "license-conflict/tag-vs-prose"
    assert [(e["where"], e["lines"]) for e in first["evidence"]] == [
        ("README.md", [2, 2]),
        ("README.md", [6, 6]),
    ]
    assert report["level"] == "research-only"


FAULTS = {
    "missing": (Status(404), "everything"),
    "unavailable": (Status(503), "everything"),
    "rate-limited": (TooManyRequests(), "everything"),
    "hanging": (Hang(), "api"),
    "disconnecting": (Disconnect(), "everything"),
    "malformed": (MalformedJson(), "api"),
    "misshapen": (WrongShape(), "api"),
    "login page": (LoginPage(), "everything"),
    "endless listing": (EndlessBody(), "api"),
    "endless card": (EndlessBody(), "files"),
    "truncated card": (Truncated(), "files"),
    "trickling": (Trickle(), "api"),
}


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_each_fault_says_what_it_was_and_is_exit_3(openaudit: Command, hub: HubServer, name: str) -> None:
    add(hub, "org/a")
    fault, on = FAULTS[name]
    hub.fault("org/a", fault, on=on)  # type: ignore[arg-type]
    ran = openaudit("scan", "org/a", "-f", "json")
    assert ran.code == 3, (ran.out[:500], ran.err)
    jsonschema.validate(json.loads(ran.out), report_schema())
    message = ran.err.strip().splitlines()[-1]
    assert message.startswith("openaudit: org/a")
    assert len(message) > 60
    assert "Traceback" not in ran.err


def test_gated_repository_says_how_to_get_access(openaudit: Command, hub: HubServer) -> None:
    add(hub, "org/a", "llama3.1", access=Access(gated="manual"))
    ran = openaudit("scan", "org/a", "-f", "json")
    assert ran.code == 3
    assert "HF_TOKEN" in ran.err
    report = json.loads(ran.out)
    assert report["access"]["gated"] == "manual"
    assert report["level"] == "restricted-weight"
    assert report["coverage"]["share"] < 1


def test_gated_repository_is_read_with_a_token(openaudit: Command, hub: HubServer) -> None:
    add(hub, "org/a", "llama3.1", access=Access(gated="manual"))
    ran = openaudit("scan", "org/a", "-f", "json", HF_TOKEN=hub.token)
    assert ran.code == 0, ran.err
    assert hub.token not in ran.out + ran.err


def test_bundle_gives_the_same_report_bytes_without_a_network(openaudit: Command, hub: HubServer) -> None:
    add(hub, "org/a", "cc-by-nc-4.0")
    live = openaudit("scan", "org/a", "-f", "json").out
    assert openaudit("bundle", "org/a", "-o", "a.openaudit").code == 0
    ran = openaudit(
        "scan", "a.openaudit", "-f", "json", HF_ENDPOINT="http://127.0.0.1:9", SOURCE_DATE_EPOCH="1"
    )
    assert ran.code == 0, ran.err
    assert ran.out == live


def test_bundle_of_the_same_snapshot_has_the_same_bytes(openaudit: Command, hub: HubServer) -> None:
    add(hub, "org/a")
    for name in ("a", "b"):
        assert openaudit("bundle", "org/a", "-o", f"{name}.openaudit").code == 0
    assert (openaudit.folder / "a.openaudit").read_bytes() == (openaudit.folder / "b.openaudit").read_bytes()


def test_offline_reads_what_an_earlier_scan_kept(openaudit: Command, hub: HubServer) -> None:
    add(hub, "org/a", "apache-2.0")
    live = json.loads(openaudit("scan", "org/a", "-f", "json").out)
    hub.forget()
    ran = openaudit("scan", "org/a", "-f", "json", "--offline")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["level"] == live["level"]
    assert not hub.requests


def test_offline_without_a_cache_says_so(openaudit: Command) -> None:
    ran = openaudit("scan", "org/never-seen", "--offline")
    assert ran.code == 3
    assert "offline" in ran.err.lower()


def test_dataset_is_judged_as_a_dataset(openaudit: Command, hub: HubServer) -> None:
    hub.add_dataset("org/d", {"README.md": "---\nlicense: odc-by\n---\n# Data\n", "data/train.jsonl": "{}\n"})
    report = json.loads(openaudit("scan", "datasets/org/d", "-f", "json").out)
    assert report["target"]["subject"] == "dataset"
    assert report["level"] == "open-data"


def test_a_users_own_rule_overrides_ours(openaudit: Command, hub: HubServer) -> None:
    add(hub, "org/a")
    own = Path(openaudit.folder, "rules", "findings")
    own.mkdir(parents=True)
    (own / "house-rule.yaml").write_text(
        "id: house-rule\nseverity: critical\nwhen: {files.weights: any}\nmessage: We look at every model twice.\n"
        "examples: [{given: {files.weights: gguf}, expect: found}, {given: {}, expect: not-found}]\n"
    )
    report = json.loads(openaudit("scan", "org/a", "-f", "json", "--rules", "rules").out)
    assert "house-rule" in [f["rule"] for f in report["findings"]]


def test_a_broken_rule_names_file_line_and_spelling(openaudit: Command) -> None:
    own = Path(openaudit.folder, "rules", "findings")
    own.mkdir(parents=True)
    (own / "house-rule.yaml").write_text(
        "id: house-rule\nseverity: critical\nwhen:\n  files.wieghts: any\nmessage: x\n"
    )
    ran = openaudit("scan", EXAMPLE, "--rules", "rules")
    assert ran.code == 2
    assert "house-rule.yaml:4" in ran.err
    assert "when.files.wieghts" in ran.err
    assert "'files.weights'" in ran.err
