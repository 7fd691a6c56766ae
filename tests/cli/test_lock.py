"""`openaudit lock` and `scan --policy` from outside: the installed command against the localhost Hub."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from openaudit.formats.json_v1 import report_schema
from openaudit.gate.shape import schema
from tests.cli.test_check import CARD, TEXT, add, check, code, rules
from tests.conftest import Command
from tests.hub import Disconnect, HubServer, small_safetensors


def move(hub: HubServer, name: str) -> None:
    """A new commit on the default branch that changes nothing that is judged."""
    files: dict[str, Any] = {
        "README.md": CARD.format(license="mit"),
        "model.safetensors": small_safetensors(),
        "new.txt": "x",
    }
    hub.add_model(name, files)


def revisions(app: Path) -> dict[str, str]:
    return {
        row["target"]: row["revision"]
        for row in yaml.safe_load((app / "openaudit.lock").read_text())["models"]
    }


def test_the_lock_is_sorted_valid_and_the_same_bytes_again(
    openaudit: Command, hub: HubServer, tmp_path: Path
) -> None:
    add(hub, "acme/zeta")
    add(hub, "acme/alpha", "other", TEXT)
    app = code(tmp_path, "acme/zeta", "acme/alpha")
    assert openaudit("lock", str(app)).code == 0
    text = (app / "openaudit.lock").read_text()
    value = yaml.safe_load(text)
    jsonschema.validate(value, schema("lock-1.json"))
    assert [row["target"] for row in value["models"]] == ["acme/alpha", "acme/zeta"]
    assert set(value["models"][0]["texts"]) == {"LICENSE"}
    assert "Weather Model License" not in text.split("statements:")[0]  # digests, no license texts
    (app / "openaudit.lock").unlink()
    assert openaudit("lock", str(app)).code == 0
    assert (app / "openaudit.lock").read_text() == text


def test_one_new_model_is_one_new_block(openaudit: Command, hub: HubServer, tmp_path: Path) -> None:
    for name in ("acme/a", "acme/b", "acme/c"):
        add(hub, name)
    app = code(tmp_path, "acme/a", "acme/c")
    openaudit("lock", str(app))
    before = (app / "openaudit.lock").read_text().split("\n\n")
    ran = openaudit("lock", str(code(tmp_path, "acme/a", "acme/b", "acme/c")))
    assert ran.out.split() == ["new", "acme/b"]
    after = (app / "openaudit.lock").read_text().split("\n\n")
    assert [block for block in after if block not in before] == [next(b for b in after if "acme/b" in b)]


def test_locked_models_stay_until_they_are_upgraded_by_name(
    openaudit: Command, hub: HubServer, tmp_path: Path
) -> None:
    add(hub, "acme/a")
    add(hub, "acme/b")
    app = code(tmp_path, "acme/a", "acme/b")
    openaudit("lock", str(app))
    before = revisions(app)
    move(hub, "acme/a")
    move(hub, "acme/b")
    assert openaudit("lock", str(app)).code == 0
    assert revisions(app) == before
    ran = openaudit("lock", str(app), "--upgrade", "acme/a")
    assert ran.out.split() == ["moved", "acme/a"]
    after = revisions(app)
    assert (after["acme/a"] != before["acme/a"], after["acme/b"]) == (True, before["acme/b"])
    assert openaudit("lock", str(app), "--upgrade").out.split() == ["moved", "acme/b"]


def test_an_upgrade_of_what_nobody_uses_names_the_nearest(
    openaudit: Command, hub: HubServer, tmp_path: Path
) -> None:
    add(hub, "acme/weather-large")
    ran = openaudit("lock", str(code(tmp_path, "acme/weather-large")), "--upgrade", "acme/weather-larg")
    assert ran.code == 2
    assert "Did you mean 'acme/weather-large'?" in ran.err


def test_a_model_that_cannot_be_read_keeps_its_block_and_is_no_success(
    openaudit: Command, hub: HubServer, tmp_path: Path
) -> None:
    add(hub, "acme/a")
    add(hub, "acme/b")
    app = code(tmp_path, "acme/a", "acme/b")
    openaudit("lock", str(app))
    hub.fault("acme/a", Disconnect(), on="everything")
    ran = openaudit("lock", str(app), "--upgrade")
    assert ran.code == 3
    assert set(revisions(app)) == {"acme/a", "acme/b"}


def test_a_model_that_is_used_no_more_leaves_the_lock(
    openaudit: Command, hub: HubServer, tmp_path: Path
) -> None:
    add(hub, "acme/a")
    add(hub, "acme/b")
    app = code(tmp_path, "acme/a", "acme/b")
    openaudit("lock", str(app))
    ran = openaudit("lock", str(code(tmp_path, "acme/a")))
    assert ran.out.split() == ["gone", "acme/b"]


def test_a_block_edited_by_hand_is_refused(openaudit: Command, hub: HubServer, tmp_path: Path) -> None:
    add(hub, "acme/a", "cc-by-nc-4.0")
    app = code(tmp_path, "acme/a")
    openaudit("lock", str(app))
    lock = app / "openaudit.lock"
    lock.write_text(lock.read_text().replace("level: research-only", "level: open-weight"))
    ran = openaudit("check", str(app), "--offline", "--frozen")
    assert ran.code == 2
    assert "the block was edited" in ran.err


def test_an_upgrade_accepts_what_frozen_refused(openaudit: Command, hub: HubServer, tmp_path: Path) -> None:
    add(hub, "acme/custom", "other", TEXT)
    app = code(tmp_path, "acme/custom", policy="version: 1\n")
    openaudit("lock", str(app))
    add(hub, "acme/custom", "other", TEXT.replace("free of charge", "at no cost"))
    ran, result = check(openaudit, app, "--frozen")
    assert (ran.code, rules(result, "acme/custom")[0]) == (1, "lock/terms-changed")
    assert openaudit("lock", str(app), "--upgrade", "acme/custom").code == 0
    assert openaudit("check", str(app), "--frozen").code == 0


# ---------------------------------------------------------------- scan --policy


@pytest.mark.parametrize(("license_", "passed"), [("mit", True), ("cc-by-nc-4.0", False)])
def test_scan_holds_a_target_against_a_policy(
    openaudit: Command, hub: HubServer, license_: str, passed: bool
) -> None:
    add(hub, "acme/a", license_)
    ran = openaudit("scan", "acme/a", "--policy", "commercial-ok", "-f", "json")
    report = json.loads(ran.out)
    jsonschema.validate(report, report_schema())
    assert report["policy"]["passed"] is passed
    assert [v["rule"] for v in report["policy"]["violations"]] == ([] if passed else ["use/commercial"])
    assert ran.code == int(not passed)
    says = "It meets the policy" if passed else "It does not meet the policy"
    for format_ in ("table", "markdown", "html"):
        out = openaudit("scan", "acme/a", "--policy", "commercial-ok", "-f", format_).out
        assert says in out, format_
        assert ("use/commercial" in out) is not passed, format_


def test_scan_without_a_policy_says_nothing_of_one(openaudit: Command, hub: HubServer) -> None:
    add(hub, "acme/a")
    assert "policy" not in json.loads(openaudit("scan", "acme/a", "-f", "json").out)
    for format_ in ("markdown", "html"):
        assert "the policy" not in openaudit("scan", "acme/a", "-f", format_).out, format_


def test_scan_and_check_print_the_same_digest(openaudit: Command, hub: HubServer, tmp_path: Path) -> None:
    add(hub, "acme/a", "cc-by-nc-4.0", TEXT)
    app = code(tmp_path, "acme/a")
    _, result = check(openaudit, app)
    scanned = json.loads(
        openaudit("scan", "acme/a", "--policy", str(app / "openaudit.yaml"), "-f", "json").out
    )
    mine = [v["evidence"] for v in result["models"][0]["violations"]]
    assert [v["evidence"] for v in scanned["policy"]["violations"]] == mine


def test_scan_with_a_broken_policy_reads_nothing(openaudit: Command, hub: HubServer, tmp_path: Path) -> None:
    add(hub, "acme/a")
    (tmp_path / "p.yaml").write_text("version: 1\npolicys: {}\n")
    ran = openaudit("scan", "acme/a", "--policy", "p.yaml")
    assert ran.code == 2
    assert "p.yaml:2: policys: unknown key 'policys'. Did you mean 'policy'?" in ran.err
    assert not hub.requests
