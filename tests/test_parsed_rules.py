"""The parsed form of the shipped rules: what the YAML files say, and never trusted where they say something else."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from openaudit.rule_files import PARSED, parsed_text, rule_files, rules_root
from openaudit.yaml_text import parse
from tests.conftest import ROOT


def test_the_parsed_form_is_what_the_files_say() -> None:
    """After a change of a rule: python scripts/compile_rules.py."""
    assert (rules_root() / PARSED).read_text(encoding="utf-8") == parsed_text()


@pytest.mark.parametrize("folder", ["families", "components", "frameworks", "cards", "base"])
def test_a_rule_file_has_the_value_of_its_text(folder: str) -> None:
    found = list(rule_files(folder))
    assert found
    for file in found:
        assert file.value == parse(file.text), file.name


@pytest.mark.parametrize("parsed", ["stale", "{", "[]", '{"files": []}', None])
def test_without_a_right_parsed_form_the_yaml_is_read(tmp_path: Path, parsed: str | None) -> None:
    """A copy of the package with a changed rule, and a parsed form that is older, broken or missing."""
    shutil.copytree(ROOT / "openaudit", tmp_path / "openaudit", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    changed = tmp_path / "rules" / "families" / "bigcode.yaml"
    changed.write_text(changed.read_text(encoding="utf-8").replace("id: starcoder2,", "id: starcoder-two,"))
    if parsed is None:
        (tmp_path / "rules" / PARSED).unlink()
    elif parsed != "stale":
        (tmp_path / "rules" / PARSED).write_text(parsed)
    code = (
        "import json; from openaudit.rule_files import rule_files; "
        "print(json.dumps([row['id'] for f in rule_files('families') for row in f.value['families']]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    ids = json.loads(done.stdout)
    assert "starcoder-two" in ids
    assert "starcoder2" not in ids
