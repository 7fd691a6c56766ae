"""The badge: a picture that says the level in words, and nothing that a repository could slip in."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from openaudit.formats.badge import render
from tests.formats.reports import dataset_report, failure, minimal_report, open_report, poisoned, rich_report

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    ("outcome", "words", "color"),
    [
        (rich_report(), "openness: open-weight, restricted licence", "#825000"),
        (open_report(), "openness: fully open", "#17663d"),
        (dataset_report(), "openness: open dataset", "#17663d"),
        (minimal_report(), "openness: undetermined", "#565a61"),
        (failure(), "openness: could not be audited", "#565a61"),
    ],
)
def test_the_level_is_said_in_words_and_grey_is_unknown(outcome: object, words: str, color: str) -> None:
    root = ET.fromstring(render([outcome]))  # type: ignore[list-item]
    assert root.attrib["aria-label"] == words
    assert [rect.attrib["fill"] for rect in root.iter(f"{SVG}rect")][1] == color


def test_several_targets_are_several_badges_with_their_names() -> None:
    root = ET.fromstring(render([open_report(), failure()]))
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert texts == ["wren/Wren-1B@v1.0", "fully open", "nobody/nothing", "could not be audited"]


def test_a_hostile_report_is_well_formed_and_holds_only_text() -> None:
    root = ET.fromstring(render([poisoned(rich_report()), poisoned(failure())]))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {"svg", "title", "g", "rect", "text"}
    assert not [
        name for element in root.iter() for name in element.attrib if name.startswith("on") or "href" in name
    ]
