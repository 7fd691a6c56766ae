"""Clauses are cut where a reader would cut them, and keep their lines."""

from __future__ import annotations

import pytest

from openaudit.licenses.clause_reading import fold, pieces
from openaudit.licenses.clauses import load_clause_rules, read_clauses


def said(text: str) -> list[str]:
    return [piece.said for piece in pieces(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One thing. Another\nthing.", ["One thing.", "Another thing."]),
        ("1. One thing\n2. Another\n   thing", ["1. One thing", "2. Another thing"]),
        ("Version\n2.0 of this, e.g. the text. More.", ["Version 2.0 of this, e.g. the text.", "More."]),
        ("不得商用。可以\n修改；可以分发。", ["不得商用。", "可以修改；", "可以分发。"]),
        ("# Title\n**bold** words", ["Title", "bold words"]),
        ("// line one\n// line two\n// line three\n// end.", ["line one line two line three end."]),
    ],
)
def test_text_is_cut_into_clauses(text: str, expected: list[str]) -> None:
    assert [part for part in said(text) if part] == expected


def test_items_carry_the_lead_in_of_their_list() -> None:
    found = list(pieces("You may not:\n\n- sell it;\n- rent it.\n\nYou may copy it."))
    assert [(piece.said, piece.lead) for piece in found][1:] == [
        ("- sell it;", "You may not:"),
        ("- rent it.", "You may not:"),
        ("You may copy it.", ""),
    ]


def test_lists_within_a_sentence_carry_their_lead_in_too() -> None:
    found = [(p.said, p.lead) for p in pieces("You may (a) copy it; (b) bend it; and (c) fold it.")]
    assert ("(b) bend it;", "You may") in found


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_lines_are_those_of_the_file(line_end: str) -> None:
    text = line_end.join(
        [
            "A title",
            "",
            "Some words that say",
            "nothing at all.",
            "The weights may not be used",
            "for commercial purposes.",
            "End.",
        ]
    )
    clause = next(c for c in read_clauses(text, load_clause_rules()).clauses if c.term == "non-commercial")
    assert clause.lines == (5, 6)
    assert clause.quote == "The weights may not be used for commercial purposes."


def test_a_quote_is_never_longer_than_300_characters_and_shows_the_match() -> None:
    text = (
        "We say this, " * 40
        + "and the weights may not be used for commercial purposes, "
        + "as we say, " * 40
    )
    clause = next(c for c in read_clauses(text, load_clause_rules()).clauses if c.term == "non-commercial")
    assert len(clause.quote) <= 300
    assert "commercial" in clause.quote


@pytest.mark.parametrize(
    "text", ["僅限非商業用途，許可證", "“Quotes” — İstanbul ﬁ ẞ", "（括号）：１００％", ""]
)
def test_folding_keeps_every_character_in_its_place(text: str) -> None:
    assert len(fold(text)) == len(text)


def test_traditional_characters_read_as_simplified() -> None:
    assert fold("僅限非商業用途，許可證") == "仅限非商业用途，许可证"
