"""The table of what may be released as what: every example of it, and that each row says why and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from openaudit.engine.conflicts import agree
from openaudit.engine.relicensing import read_relicensing, row_for
from openaudit.engine.rules import load_rules
from openaudit.errors import PolicyError
from openaudit.licenses.catalog import load_catalog
from openaudit.rule_files import read_rule_file, rule_files

_FILE = next(file for file in rule_files("base", ()) if file.path.stem == "relicensing")


@pytest.mark.parametrize("example", _FILE.value["examples"], ids=lambda e: f"{e['child']} on {e['base']}")
def test_every_example_of_the_table_holds(example: dict[str, str]) -> None:
    catalog = load_catalog()
    base, child = catalog.by_hub_id(example["base"]), catalog.by_hub_id(example["child"])
    assert base is not None
    assert child is not None
    row = row_for(load_rules().relicensing, base, base.grant, catalog.term_names(base))
    assert row is not None
    severity = row.breach(child.grant, base.grant, agree=agree([child.id], [base.id], catalog))
    assert (severity.value if severity else "allowed") == example["expect"]


def test_every_row_says_why_and_where_that_stands() -> None:
    rows = load_rules().relicensing
    assert len({row.id for row in rows}) == len(rows)
    assert all(row.reason and row.source for row in rows)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("may_become: nothing", "may_become: everything", "one of nothing"),
        ("families: [llama]", "familys: [llama]", "Did you mean 'families'"),
        ("grants: [unlicensed]", "grants: [none]", "none"),
    ],
)
def test_broken_row_is_named_with_its_place(old: str, new: str, message: str, tmp_path: Path) -> None:
    assert old in _FILE.text
    (tmp_path / "relicensing.yaml").write_text(_FILE.text.replace(old, new, 1))
    broken = read_rule_file(tmp_path / "relicensing.yaml", tmp_path)
    with pytest.raises(PolicyError, match=message):
        read_relicensing(broken)
