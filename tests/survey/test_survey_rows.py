"""A row is judged by what the table holds, and what it does not hold is never taken for absent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openaudit.pipeline import Collected, judge, load_knowledge
from openaudit.survey.batches import judge_batch, plan_table, settings_of
from openaudit.survey.columns import map_columns
from openaudit.survey.rows import row_of
from openaudit.survey.table_rows import collected_of
from openaudit.vocabulary import Failure
from tests.survey.tables import stats_table

HUB = "https://hub.example"
WITH_CARDS = map_columns(("modelId", "tags", "card"))
WITHOUT_CARDS = map_columns(("id", "tags", "cardData", "siblings", "gated", "sha"))


def judged(row: dict[str, Any], *, cards: bool = True) -> dict[str, Any]:
    collected = collected_of(row, WITH_CARDS if cards else WITHOUT_CARDS, HUB)
    assert isinstance(collected, Collected)
    return row_of(judge(collected, load_knowledge()))


def components(row: dict[str, Any]) -> dict[str, str]:
    return {component["id"]: component["status"] for component in row["components"]}


def test_a_card_with_weights_in_the_tags_has_a_level() -> None:
    row = judged({"id": "org/m", "tags": ["safetensors"], "card": "---\nlicense: mit\n---\n# M\n"})
    assert (row["level"], row["grant"], row["license"]) == ("open-weight", "open", "MIT")


def test_without_files_and_without_tags_of_weights_the_level_is_undetermined() -> None:
    row = judged({"id": "org/m", "tags": ["region:us"], "card": "---\nlicense: mit\n---\n# M\n"})
    assert row["level"] == "undetermined"
    assert components(row)["model_parameters_final"] == "unknown"


@pytest.mark.parametrize("card", [None, "Entry not found"])
def test_a_null_card_in_a_table_of_cards_is_no_card(card: str | None) -> None:
    assert components(judged({"id": "org/m", "tags": [], "card": card}))["model_card"] == "absent"


def test_without_a_column_of_cards_the_card_is_unseen_and_card_data_counts() -> None:
    row = judged(
        {"id": "org/m", "tags": [], "cardData": '{"license": "llama3"}', "siblings": [{"rfilename": "README.md"}, {"rfilename": "a.gguf"}]},
        cards=False,
    )  # fmt: skip
    assert components(row)["model_card"] == "unknown"
    assert (row["level"], row["grant"]) == ("restricted-weight", "restricted")
    assert ("README.md", "not-looked-at") in {(m["path"], m["reason"]) for m in row["coverage"]["missing"]}


def test_a_listed_license_file_that_the_table_does_not_hold_is_unread() -> None:
    row = judged(
        {"id": "org/m", "tags": [], "cardData": None, "siblings": [{"rfilename": "LICENSE"}, {"rfilename": "a.safetensors"}]},
        cards=False,
    )  # fmt: skip
    assert row["grant"] == "undetermined"


def test_a_complete_listing_without_card_and_license_is_unlicensed() -> None:
    row = judged({"id": "org/m", "tags": [], "siblings": [{"rfilename": "a.safetensors"}]}, cards=False)
    assert row["level"] == "unlicensed"


@pytest.mark.parametrize(
    ("given_", "gated"),
    [("False", "false"), (False, "false"), ("auto", "auto"), ("manual", "manual"), (None, None)],
)
def test_the_gate_is_told_in_every_spelling(given_: object, gated: str | None) -> None:
    assert judged({"id": "org/m", "tags": [], "gated": given_}, cards=False)["gated"] == gated


@pytest.mark.parametrize("name", [None, "", "a/b/c", "../etc", "org/na me", "x" * 500, 7])
def test_a_row_that_names_no_model_is_reported_and_stops_nothing(name: object) -> None:
    failure = collected_of({"id": name, "card": "x"}, WITH_CARDS, HUB)
    assert isinstance(failure, Failure)
    assert failure.reason == "not-auditable"


def test_every_row_of_a_table_has_its_place(tmp_path: Path) -> None:
    path = stats_table(tmp_path / "t.parquet", [{"id": "org/a"}, {"id": "no/such/name"}, {"id": "org/b"}])
    plan = plan_table([path])
    rows = judge_batch(plan.batches[0], settings_of((), HUB)).to_pylist()
    assert [(row["id"], row["state"]) for row in rows] == [
        ("org/a", "audited"),
        ("no/such/name", "unread"),
        ("org/b", "audited"),
    ]
    assert rows[0]["downloads"] == 3
    assert rows[1]["unread_reason"] == "not-auditable"
    assert rows[0]["rules_version"] == rows[1]["rules_version"] != ""


_ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=60), st.lists(st.text(max_size=9), max_size=3)
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from([*sorted(WITHOUT_CARDS.found), "card", "config", "safetensors", "private"]), _ANYTHING
    )
)
def test_no_row_whatever_it_holds_raises(row: dict[str, Any]) -> None:
    collected = collected_of({"id": "org/m", **row}, WITHOUT_CARDS, HUB)
    if isinstance(collected, Collected):
        row_of(judge(collected, load_knowledge()))


def test_batches_cover_every_row_once(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(
        pa.table({"id": [f"o/m{n}" for n in range(2_350)], "tags": [["x"]] * 2_350}),
        path,
        row_group_size=1_100,
    )
    plan = plan_table([path])
    assert [(b.group, b.start, b.rows) for b in plan.batches] == [
        (0, 0, 1_000), (0, 1_000, 100), (1, 0, 1_000), (1, 1_000, 100), (2, 0, 150),
    ]  # fmt: skip
    ids = [row["id"] for b in plan.batches for row in judge_batch(b, settings_of((), HUB)).to_pylist()]
    assert ids == [f"o/m{n}" for n in range(2_350)]
