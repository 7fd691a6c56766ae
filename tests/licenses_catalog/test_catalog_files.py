"""Faults in license files are reported with file, line, key path and the nearest right spelling."""

from __future__ import annotations

from pathlib import Path

import pytest

from openaudit.errors import PolicyError
from openaudit.licenses.catalog import load_catalog
from openaudit.vocabulary import Grant

GOOD = """\
licenses:
  - key: acme-1.0
    id: LicenseRef-openaudit-acme-1.0
    name: Acme License 1.0
    category: community
    grant: restricted
    why: No use on Mondays.
    aliases: [acme]
    terms:
      field_of_use: not on Mondays
"""


def rules(tmp_path: Path, text: str, name: str = "acme.yaml") -> Path:
    (tmp_path / "licenses").mkdir(exist_ok=True)
    (tmp_path / "licenses" / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_users_folder_adds_licenses(tmp_path: Path) -> None:
    catalog = load_catalog([rules(tmp_path, GOOD)])
    added = catalog.by_id("LicenseRef-openaudit-acme-1.0")
    assert added is not None
    assert added.grant is Grant.RESTRICTED
    assert catalog.by_id("MIT") is not None
    assert load_catalog().by_id("LicenseRef-openaudit-acme-1.0") is None


def test_a_users_entry_wins_over_ours_by_id(tmp_path: Path) -> None:
    text = GOOD.replace("LicenseRef-openaudit-acme-1.0", "MIT").replace("key: acme-1.0", "key: mit")
    found = load_catalog([rules(tmp_path, text)]).by_id("MIT")
    assert found is not None
    assert found.name == "Acme License 1.0"


def test_a_users_file_of_the_same_name_replaces_ours(tmp_path: Path) -> None:
    catalog = load_catalog([rules(tmp_path, GOOD, "gemma.yaml")])
    assert catalog.by_id("LicenseRef-openaudit-acme-1.0") is not None
    assert catalog.by_hub_id("gemma") is None
    assert catalog.by_hub_id("llama3") is not None


@pytest.mark.parametrize(
    ("broken", "line", "key_path", "says"),
    [
        (GOOD.replace("aliases:", "alias:"), 8, "licenses[0].alias", "Did you mean 'aliases'?"),
        (
            GOOD.replace("field_of_use:", "feild_of_use:"),
            10,
            "licenses[0].terms.feild_of_use",
            "'field_of_use'?",
        ),
        (GOOD.replace("grant: restricted", "grant: free"), 6, "licenses[0].grant", "'free' is none of"),
        (GOOD.replace("category: community", "category: communal"), 5, "licenses[0].category", "none of"),
        (GOOD.replace("aliases: [acme]", "aliases: acme"), 8, "licenses[0].aliases", "a list of texts"),
        (GOOD.replace("    why: No use on Mondays.\n", ""), 2, "licenses[0]", "'why' is missing"),
        (GOOD.replace("name: Acme License 1.0", "name: 1.0"), 4, "licenses[0].name", "a text is expected"),
        (GOOD + GOOD.replace("licenses:\n", ""), 11, "licenses[1]", "is also in"),
        ("licences: []\n", 1, "licences", "Did you mean 'licenses'?"),
        ("rows:\n  - [MIT, MIT License]\n", 2, "rows[0]", "columns"),
        ("licenses: 3\n", 1, "licenses", "a list is expected"),
    ],
)
def test_a_fault_names_its_place(tmp_path: Path, broken: str, line: int, key_path: str, says: str) -> None:
    with pytest.raises(PolicyError) as caught:
        load_catalog([rules(tmp_path, broken)])
    error = caught.value
    assert "acme.yaml" in error.file
    assert (error.line, error.key_path) == (line, key_path)
    assert says in str(error)


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="no such folder"):
        load_catalog([tmp_path / "nowhere"])
