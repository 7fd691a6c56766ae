"""The table of formats: complete, lazy, and the same for everybody."""

from __future__ import annotations

import json
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from openaudit.formats import FORMATS, Outcome
from tests.formats.reports import ATTACK, failure, minimal_report, open_report, poisoned, rich_report

SUPPORT = set(
    "__init__ frameworks licenses lineage links permission_facts permissions request safe_text terms weight_files wording".split()
)
BILLS_OF_MATERIALS = {"cyclonedx", "cyclonedx-1.7", "spdx", "spdx-tag-value", "spdx3"}


def test_every_module_in_the_folder_is_a_format_in_the_table() -> None:
    folder = Path(__file__).parents[2] / "openaudit" / "formats"
    modules = {path.stem for path in folder.glob("*.py")} - SUPPORT
    assert {module.removesuffix("_v1") for module in modules} | BILLS_OF_MATERIALS == set(FORMATS)


def test_the_table_of_formats_imports_no_heavy_library() -> None:
    code = "import sys, openaudit.formats; print([m for m in ('jinja2', 'rich', 'json', 'click') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_the_same_outcomes_give_the_same_bytes(name: str) -> None:
    outcomes: list[Outcome] = [rich_report(), open_report(), failure()]
    assert FORMATS[name].render_file(outcomes) == FORMATS[name].render_file(outcomes)


@pytest.mark.parametrize("name", sorted(FORMATS))
@pytest.mark.parametrize("outcomes", [[], [minimal_report()], [failure()], [poisoned(failure())]])
def test_every_format_takes_every_kind_of_outcome(name: str, outcomes: list[Outcome]) -> None:
    text = FORMATS[name].render(outcomes)
    assert text.endswith("\n")
    text.encode("utf-8")


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_hundred_kilobytes_in_every_field_stay_a_readable_report(name: str) -> None:
    huge = poisoned(rich_report(), attack=(ATTACK * 300)[:100_000])
    text = FORMATS[name].render_file([huge])
    assert len(text) < 2_000_000
    if name == "json":
        json.loads(text)


@pytest.mark.parametrize("name", ["html", "markdown", "table"])
def test_formats_for_people_print_no_control_or_invisible_character(name: str) -> None:
    text = FORMATS[name].render_file([poisoned(rich_report()), poisoned(failure())])
    bad = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") and c != "\n"}
    assert bad == set()
