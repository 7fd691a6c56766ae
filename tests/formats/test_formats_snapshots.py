"""Whole outputs, kept as files.

After a wanted change: `UPDATE_SNAPSHOTS=1 python -m pytest tests/formats`, then read the diff.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from openaudit.formats import FORMATS, Outcome
from openaudit.formats.table import render_sized
from tests.formats.reports import (
    dataset_report,
    failure,
    family_report,
    minimal_report,
    open_report,
    poisoned,
    rich_report,
)

SNAPSHOTS = Path(__file__).parent / "snapshots"
CASES: dict[str, list[Outcome]] = {
    "rich": [rich_report()],
    "minimal": [minimal_report()],
    "failure": [failure()],
    "several": [open_report(), failure(), dataset_report()],
    "hostile": [poisoned(rich_report())],
}


def check(name: str, text: str) -> None:
    path = SNAPSHOTS / name
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, f"{name} has changed: see this module's docstring"


FOR_PEOPLE = ("html", "markdown", "table")


@pytest.mark.parametrize("name", FOR_PEOPLE)
def test_lineage_code_and_data_are_the_snapshot(name: str) -> None:
    check("family" + FORMATS[name].extension, FORMATS[name].render_file([family_report()]))


@pytest.mark.parametrize("case", sorted(CASES))
@pytest.mark.parametrize("name", sorted(FORMATS))
def test_output_is_the_snapshot(name: str, case: str) -> None:
    check(case + FORMATS[name].extension, FORMATS[name].render_file(CASES[case]))


def test_table_on_a_terminal_of_eighty_columns_is_the_snapshot() -> None:
    check("rich-80-columns.ansi", render_sized([rich_report()], width=80, color=True))


def test_no_snapshot_is_left_over() -> None:
    expected = {case + chosen.extension for case in CASES for chosen in FORMATS.values()}
    expected |= {"family" + FORMATS[name].extension for name in FOR_PEOPLE}
    assert {path.name for path in SNAPSHOTS.iterdir()} == expected | {"rich-80-columns.ansi"}
