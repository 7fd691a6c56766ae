"""The house rules: folders and their registries agree, and rules ship in the wheel."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from openaudit.licenses.catalog import load_catalog
from openaudit.scanners import SCANNERS
from openaudit.scanners.known import load_known
from tests.conftest import ROOT

_NO_SCANNERS = {
    "front_matter",
    "known",
    "known_facts",
    "lexicon",
    "makers",
    "markdown",
    "memory",
    "plain_markdown",
    "relatives",
    "scene",
    "sieve",
}
_BAD_NAMES = ("utils", "helpers", "common", "misc")


def test_every_scanner_module_is_in_the_tuple() -> None:
    names = {path.stem for path in (ROOT / "openaudit" / "scanners").glob("[a-z]*.py")} - _NO_SCANNERS
    modules = {
        name for name in names if not name.startswith("code")
    }  # read other repositories, not the target
    assert {scanner.__module__.rsplit(".", 1)[1] for scanner in SCANNERS} == modules


def test_no_module_has_a_name_that_says_nothing() -> None:
    names = [path.stem for path in (ROOT / "openaudit").rglob("*.py")]
    assert not set(names).intersection(_BAD_NAMES)


def test_the_wheel_ships_the_rules() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"] == {
        "rules": "openaudit/rules"
    }


@pytest.mark.parametrize("family", load_known().families.values(), ids=lambda family: family.id)
def test_every_familys_license_is_known(family: object) -> None:
    catalog = load_catalog()
    name = getattr(family, "license")  # noqa: B009
    assert (
        name in (None, "unlicensed") or catalog.by_key(name) or catalog.by_id(name) or catalog.by_hub_id(name)
    )


def test_no_license_text_but_our_own_is_in_the_repository() -> None:
    ours = (ROOT / "LICENSE").read_text()
    tracked = [
        p for p in ROOT.rglob("LICENSE*") if not {".venv", "site-packages", ".git"}.intersection(p.parts)
    ]
    assert all(Path(path).read_text() == ours for path in tracked)


def test_the_text_index_and_the_rules_name_the_ai_licenses_alike() -> None:
    manifest = json.loads((ROOT / "openaudit/licenses/data/license_manifest.json").read_text())["licenses"]
    catalog = load_catalog()
    ours = [
        row for row in manifest if any(s["collection"] not in ("spdx", "scancode") for s in row["sources"])
    ]
    assert len(ours) > 100
    assert [row["id"] for row in ours if catalog.by_id(row["id"]) is None] == []
