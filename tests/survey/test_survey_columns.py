"""Public tables are told by the names of their columns, and what they lack is said."""

from __future__ import annotations

import pytest

from openaudit.errors import TargetError
from openaudit.survey.columns import map_columns

CARDS = (
    *("modelId", "author", "last_modified", "downloads", "likes", "library_name", "tags"),
    *("pipeline_tag", "createdAt", "card"),
)
STATS = (
    *("_id", "id", "author", "cardData", "siblings", "tags", "gated", "sha", "safetensors"),
    *("baseModels", "createdAt", "lastModified"),
)


def test_the_table_of_cards_is_understood() -> None:
    columns = map_columns(CARDS)
    assert columns.found["id"] == "modelId"
    assert columns.found["lastModified"] == "last_modified"
    assert columns.holds("card")
    assert not columns.unused
    assert [line.split("'")[1] for line in columns.missing] == ["siblings", "gated", "sha"]


def test_the_table_of_statistics_is_understood() -> None:
    columns = map_columns(STATS)
    assert columns.found["id"] == "id"
    assert columns.found["baseModels"] == "baseModels"
    assert columns.unused == ("_id",)
    assert [line.split("'")[1] for line in columns.missing] == ["card"]
    assert "never taken for missing" in columns.missing[0]


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (("card", "tags"), "names the models"),
        (("name", "year"), "names the models"),
        (("id", "downloads"), "says nothing of its models"),
    ],
)
def test_a_table_that_says_nothing_of_models_is_refused(names: tuple[str, ...], says: str) -> None:
    with pytest.raises(TargetError, match=says):
        map_columns(names)
