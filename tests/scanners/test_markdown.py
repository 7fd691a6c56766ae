"""Blocks of a card: what a reader sees, under which headings, on which lines, in bounded time."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest

from openaudit.scanners.markdown import BODY_LIMIT_CHARS, BODY_LIMIT_LINES, Block, read_blocks, sentences
from tests.scanners.scenes import scan_card


def read(*rows: str, first_line: int = 1) -> tuple[Block, ...]:
    return read_blocks("\n".join(rows), first_line)


def told(blocks: tuple[Block, ...]) -> list[tuple[str, str, tuple[int, int]]]:
    return [(block.kind, block.text.strip(), block.lines) for block in blocks]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(["# A", "", "words", "more"], [("heading", "A", (1, 1)), ("text", "words\nmore", (3, 4))], id="paragraph"),
        pytest.param(["A", "===", "b"], [("heading", "A", (1, 1)), ("text", "b", (3, 3))], id="setext"),
        pytest.param(["## *A* `b` ##"], [("heading", "A b", (1, 1))], id="marks in a heading"),
        pytest.param(["<h2 align=center>A <b>b</b></h2>"], [("heading", "A  b", (1, 1))], id="HTML heading"),
        pytest.param(["- a", "- b", "", "  c"], [("item", "a", (1, 1)), ("item", "b", (2, 2)), ("item", "c", (4, 4))], id="items"),
        pytest.param(["| x | y |", "|---|---|", "| 1 | 2 |"], [("row", "x | y", (1, 1)), ("row", "1 | 2", (3, 3))], id="table"),
        pytest.param(["```py", "a = 1", "```"], [("code", "a = 1", (1, 3))], id="fence"),
        pytest.param(["x", "", "    indented"], [("text", "x", (1, 1)), ("code", "indented", (3, 3))], id="indented code"),
        pytest.param(["```", "never closed"], [("code", "never closed", (1, 2))], id="fence never closed"),
        pytest.param(["<!-- a", "b -->"], [("comment", "a\nb", (1, 2))], id="comment"),
        pytest.param(["x <!-- a --> y"], [("comment", "a", (1, 1)), ("text", "x  y", (1, 1))], id="comment in a line"),
        pytest.param(["<!-- a", "", "b"], [("comment", "a\n\nb", (1, 3))], id="comment never closed"),
        pytest.param(["<div>", "a <br> b", "</div>"], [("text", "a   b", (1, 3))], id="HTML block"),
        pytest.param(["> a", "> b"], [("text", "a\nb", (1, 2))], id="quote"),
        pytest.param(["A &amp; B &lt;c&gt;"], [("text", "A & B <c>", (1, 1))], id="entities"),
        pytest.param(["**a** __b__ ~~c~~ snake_case_name 2 * 3"], [("text", "a b c snake_case_name 2 * 3", (1, 1))], id="emphasis"),
        pytest.param(["", "", ""], [], id="nothing"),
    ],
)  # fmt: skip
def test_each_kind_of_block_is_read_with_its_text_and_lines(
    rows: list[str], expected: list[tuple[str, str, tuple[int, int]]]
) -> None:
    assert told(read(*rows)) == expected


def test_lines_count_from_the_first_line_that_is_given() -> None:
    assert [b.lines for b in read("# A", "", "b", first_line=11)] == [(11, 11), (13, 13)]


def test_headings_nest_by_level_and_end_with_one_of_the_same_level() -> None:
    blocks = read("# A", "## B", "b", "### C", "c", "## D", "d", "# E", "e", "#### F", "f")
    above = {block.text: block.headings for block in blocks if block.kind == "text"}
    assert above == {"b": ("A", "B"), "c": ("A", "B", "C"), "d": ("A", "D"), "e": ("E",), "f": ("E", "F")}


def test_html_and_setext_headings_nest_as_the_others_do() -> None:
    blocks = read("A", "===", "", "<h2>B</h2>", "", "b", "", "C", "---", "c")
    above = {block.text: block.headings for block in blocks if block.kind == "text"}
    assert above == {"b": ("A", "B"), "c": ("A", "C")}


def test_rows_have_their_header_for_a_parent_and_a_new_table_has_a_new_one() -> None:
    blocks = read("| a | b |", "|---|---|", "| 1 | 2 |", "", "text", "", "| c |", "|---|", "| 3 |")
    assert [(b.text, b.parents) for b in blocks if b.kind == "row"] == [
        ("a | b", ()), ("1 | 2", ("a | b",)), ("c", ()), ("3", ("c",)),
    ]  # fmt: skip


def test_nested_items_have_the_items_above_them_for_parents() -> None:
    blocks = read("- a", "  - b", "    - c", "  - d", "- e")
    assert [(b.text, b.parents) for b in blocks] == [
        ("a", ()), ("b", ("a",)), ("c", ("a", "b")), ("d", ("a",)), ("e", ()),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "text", "links"),
    [
        ("see [our code](https://a.b/c) now", "see our code now", [("our code", "https://a.b/c")]),
        ('[a](https://a.b "title")', "a", [("a", "https://a.b")]),
        ("[a](<https://a.b/c d>)", None, None),
        ("[a](https://a.b/w_(x))", "a", [("a", "https://a.b/w_(x)")]),
        ("[**a** `b`](u)", "a b", [("a b", "u")]),
        ("[![pic](https://i.j/k.png)](https://a.b)", "pic", [("pic", "https://a.b")]),
        ("![pic](https://i.j/k.png)", "pic", []),
        ("https://a.b/c.", "https://a.b/c.", [("https://a.b/c", "https://a.b/c")]),
        ("(https://a.b/c), x", "(https://a.b/c), x", [("https://a.b/c", "https://a.b/c")]),
        ("<https://a.b/c>", "https://a.b/c", [("https://a.b/c", "https://a.b/c")]),
        ('<a class="x" href="https://a.b">our <b>code</b></a>', "our code", [("our code", "https://a.b")]),
        ("<a href=https://a.b>c</a>", "c", [("c", "https://a.b")]),
        ('<a name="x"></a>b', "b", []),
        ("<a href='u'>never closed", "never closed", []),
        ("<img src='s' alt='the words'>", "the words", []),
        ("[a](u?x=1&amp;y=2)", "a", [("a", "u?x=1&y=2")]),
        ("[not a link]", "[not a link]", []),
        ("javascript:alert(1)", "javascript:alert(1)", []),
    ],
)
def test_links_are_read_with_their_words_and_the_markup_is_taken_off(
    row: str, text: str | None, links: list[tuple[str, str]] | None
) -> None:
    (block,) = read(row)
    assert text is None or " ".join(block.text.split()) == text
    assert links is None or [(link.text, link.url) for link in block.links] == links


def test_reference_links_find_their_definitions_in_any_case() -> None:
    blocks = read(
        "[our code][Repo] and [paper] and [x][none]", "", "[repo]: https://a.b/c", "[Paper]: <https://d.e>"
    )
    (block,) = [b for b in blocks if b.links]
    assert [(link.text, link.url) for link in block.links] == [
        ("our code", "https://a.b/c"), ("paper", "https://d.e"),
    ]  # fmt: skip


def test_links_have_the_line_they_stand_on() -> None:
    blocks = read("# A", "one", "[x](u) two", "https://a.b <a", "href='v'>y</a>")
    assert sorted((link.url, link.line) for link in blocks[1].links) == [
        ("https://a.b", 4),
        ("u", 3),
        ("v", 4),
    ]


def test_a_place_in_a_text_has_its_line_behind_a_link_over_two_lines() -> None:
    (block,) = read("[a", "b](u) c", "<img", "alt='x'> the end")
    assert block.line_at(block.text.index("the end")) == 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("Llama 3.1 is v. good, e.g. here.", ["Llama 3.1 is v. good, e.g. here."]),
        ("By Acme Inc. It is free.", ["By Acme Inc. It is free."]),
        ("一句。两句！三句", ["一句。", "两句！", "三句"]),
        ("A\nB", ["A\nB"]),
        ("A\n\nB", ["A", "B"]),
        ("A:\n- b\n- c", ["A:", "- b", "- c"]),
        ("1.5 times. 2 more.", ["1.5 times. 2 more."]),
        ("", []),
        (" . ", ["."]),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, expected: list[str]) -> None:
    found = list(sentences(text))
    assert [sentence for _, sentence in found] == expected
    assert all(text[offset:].startswith(sentence) for offset, sentence in found)


MEGABYTE = 1_000_000
HOSTILE = {
    "[": "[" * MEGABYTE,
    "<a ": "<a " * (MEGABYTE // 3),
    "<a href='": "<a href='" * (MEGABYTE // 9),
    "<a href=x>": "<a href=x>" * (MEGABYTE // 10),
    "<img alt=": "<img alt=" * (MEGABYTE // 9),
    "*": "*" * MEGABYTE,
    "_": "_" * MEGABYTE,
    "`": "`" * MEGABYTE,
    "![": "![" * (MEGABYTE // 2),
    "](": "](" * (MEGABYTE // 2),
    "[a](": "[a](" * (MEGABYTE // 4),
    "[a](b)": "[a](b)" * (MEGABYTE // 6),
    "[[a]": "[[a]" * (MEGABYTE // 4),
    "<": "<" * MEGABYTE,
    "<!--": "<!--" * (MEGABYTE // 4),
    "<!---->": "<!---->" * (MEGABYTE // 7),
    "http://": "http://" * (MEGABYTE // 7),
    "https://a.b ": "https://a.b " * (MEGABYTE // 12),
    "'": "'" * MEGABYTE,
    "&": "&" * MEGABYTE,
    ">": ">" * MEGABYTE,
    "# a": "# a\n" * (MEGABYTE // 4),
    "- a": "- a\n" * (MEGABYTE // 4),
    "a table": "|a|b|\n|-|-|\n" + "|1|2|\n" * (MEGABYTE // 6),
    "brackets": "[" * 10_000 + "a" + "]" * 10_000,
    "quotes": ">" * 10_000 + " a",
    "list levels": "\n".join(" " * (2 * i) + "- a" for i in range(500)),
    "list marks": "- " * 10_000 + "a",
    "blank": " " * MEGABYTE,
    "line breaks": "\n" * MEGABYTE,
    "one word": "x" * MEGABYTE,
    "llama": "based on Llama 3 " * (MEGABYTE // 17),
    "links to code": "training code [a](https://github.com/a/b) " * (MEGABYTE // 42),
    "data": "trained on https://huggingface.co/datasets/a/b " * (MEGABYTE // 47),
    "licenses": "License: MIT\n\n" * (MEGABYTE // 14),
    "license": "license " * (MEGABYTE // 8),
}

SCANNED = (
    "[", "<a ", "*", "![", "'", "http://", "<!---->", "llama", "links to code", "data", "licenses", "license",
)  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_megabyte_of_anything_is_read_in_time(name: str) -> None:
    """The processor's time, with a margin for slow machines: what backtracks takes minutes."""
    started = time.process_time()
    read_blocks(HOSTILE[name], 1)
    assert time.process_time() - started < 3


@pytest.mark.parametrize("name", SCANNED)
def test_a_megabyte_of_anything_is_scanned_in_time(name: str) -> None:
    started = time.process_time()
    scan_card(HOSTILE[name])
    assert time.process_time() - started < 6


def test_no_more_than_the_limit_of_a_body_is_read() -> None:
    assert len(read_blocks("x" * (2 * BODY_LIMIT_CHARS), 1)[0].text) == BODY_LIMIT_CHARS
    assert read_blocks("a\n\n" * BODY_LIMIT_LINES, 1)[-1].lines[1] <= BODY_LIMIT_LINES


@pytest.mark.parametrize("name", ["list levels", "quotes", "brackets", "list marks"])
def test_deep_nesting_loses_no_later_paragraph(name: str) -> None:
    blocks = read_blocks(HOSTILE[name] + "\n\n\nThe last words.", 1)
    assert blocks[-1].text == "The last words."
    assert blocks[-1].lines == (HOSTILE[name].count("\n") + 4,) * 2


def test_blocks_come_in_reading_order() -> None:
    blocks = read(
        "# A", "b", "", "- c", "", "| d |", "|---|", "| e |", "", "```", "f", "```", "<!-- g -->", "h"
    )
    assert all(a.lines[0] <= b.lines[0] for a, b in pairwise(blocks))
