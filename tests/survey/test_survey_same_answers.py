"""What makes surveys fast changes no answer: each short cut against the long way, on texts made of awkward lines."""

from __future__ import annotations

import re

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from openaudit.scanners import markdown
from openaudit.scanners.lexicon import load_lexicon
from openaudit.scanners.markdown import Block, read_blocks
from openaudit.scanners.memory import MOST_KEPT, SHORT_CHARS, Weighed, remembered
from openaudit.scanners.plain_markdown import plain_tokens
from openaudit.scanners.sieve import Sieve, needles_of
from openaudit.yaml_text import YamlProblem, parse

LINES = (
    *("", "", "", "", "# A", "## B", "### C **x**", "#hash", "# ", "# trailing #", "   # indented", "# [a]: b"),
    *("text one", "more text", "**bold** text", "*em* text", "__b__", "_e_", "`code` text", "[x](http://a.b)", "[x] y"),
    *("- item", "- item two", "  - nested", "    deep", "* star", "+ plus", "- - twice", "-", "1. one", "2. two", "10) ten"),
    *("> quote", "> # heading", "> ```", "> - item", "```", "```python", "~~~", "~~~~", "  ```", "- ```", "``` a`b"),
    *("<div>", "</div>", "<!-- c -->", "<!-- open", "-->", "  <!-- in", "<!-->", "<!--->", "<span>x</span>", "<h2>T</h2>"),
    *("<pre>", "</pre>", "<br>", "<p>para", "text <!-- i -->", "<!DOCTYPE x>", "<?php", "<details>", "<img src='u'>"),
    *("| a | b |", "|---|---|", "| 1 | 2 |", "| 1 |", "| 1 | 2 | 3 |", "| a \\| b | c |", "|:-:|--:|", "a | b"),
    *("===", "---", "***", "___", "- - -", "\tTab", "-\ttab", "\xa0", "\x0c", "[r]: http://x.y", "[r]", "  [q]: u"),
    *("![i](u)", " one space", "text  ", "\\# escaped", "12 apples", "3.5 is a number", "www.a.b", "模型", "$$"),
)  # fmt: skip
SLOW = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
BODIES = st.lists(st.sampled_from(LINES), min_size=1, max_size=25).map("\n".join)


def _long_way(body: str, first_line: int) -> tuple[Block, ...]:
    """All of a body read by the Markdown parser in one piece."""
    parser = MarkdownIt("commonmark", {"maxNesting": markdown._MAX_NESTING}).enable("table")
    parser.disable(["inline"])
    tokens = parser.parse(body)
    if any(token.level >= markdown._MAX_NESTING - 1 for token in tokens):
        return tuple(markdown._paragraphs(body, first_line))
    return tuple(markdown._Walk(first_line, dict(markdown._references(body))).blocks(tokens))


@SLOW
@given(BODIES, st.integers(1, 40))
def test_a_body_read_in_sections_has_the_blocks_of_the_whole(body: str, first_line: int) -> None:
    assert read_blocks(body, first_line) == _long_way(body, first_line)


def test_what_is_plain_is_read_without_the_parser() -> None:
    text = "# A\n\nText\nand more.\n- one\n- two\n\n1. first\n2. second\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```py\nx\n```\n"
    assert plain_tokens(text) is not None
    assert plain_tokens("> quote") is None


@pytest.mark.parametrize(
    "pattern",
    [
        r"\b(?:trained|tuned)\b.{0,9}\bon\b",
        r"licen[sc]e(?:s|d)?",
        r"(?:a|an)? ?acceptable use|restrictions?",
        r"商用|commercial",
        r"s{2,}k",
    ],
)
@SLOW
@given(st.text(alphabet="abdeilmnorstuck AIKSſıİK.商用", max_size=40))
def test_a_sieve_finds_what_its_pattern_finds(pattern: str, text: str) -> None:
    plain = re.compile(pattern, re.IGNORECASE)
    for sample in (
        text,
        f"x {text} Trained on",
        f"{text} LICENſE",
        f"acceptable uſe {text}",
        f"reſtrİctıons{text}",
    ):
        found, wanted = Sieve(plain).search(sample), plain.search(sample)
        assert (found and found.span()) == (wanted and wanted.span())


def test_the_patterns_of_the_rules_can_mostly_be_sieved() -> None:
    lexicon = load_lexicon()
    patterns = [limit.phrases.found for limit in lexicon.limits] + [
        claim.phrases.found for claim in lexicon.claims
    ]
    patterns += [kind.prose for kind in lexicon.sections if kind.prose is not None]
    assert sum(pattern.needles is not None for pattern in patterns) * 2 > len(patterns)
    assert needles_of(re.compile(r"\w+")) is None


YAML_LINES = (
    *("license: mit", "license: no", "tags:", "- a", "- 1", "- 1.5", "- true", "- null", "-", " - b", "  x: 1"),
    *("k: [a, b, {c: d}]", '"q": "w"', "<<: {a: 1}", "<<: [{a: 1}, {b: 2}]", "a: 0x10", "a: 010", "a: 1e5", "a: .inf"),
    *("a: -0", "a: ~", "a:", "? x", ": y", "? [1, 2]", ": z", "!!str 5", 't: !!int "7"', "u: !custom {a: 1}"),
    *("v: !!python/object:os.system x", "m: |", "  line", "d: 2020-01-01", "e: on", "# c", "---", "...", "true: 1", "1: 2"),
)  # fmt: skip


@SLOW
@given(st.lists(st.sampled_from(YAML_LINES), min_size=1, max_size=8).map("\n".join))
def test_yaml_is_read_as_its_library_reads_it(text: str) -> None:
    """Where the library's own core loader reads the text, ours gives the same value."""
    try:
        ours: object = parse(text)
    except YamlProblem:
        return
    nodes = yaml.compose(text, Loader=yaml.CSafeLoader)
    if nodes is None:
        assert ours is None
    else:
        assert _shape(nodes) == _kind(ours)


def _shape(node: yaml.Node) -> str:
    if isinstance(node, yaml.SequenceNode):
        return "list"
    return "dict" if isinstance(node, yaml.MappingNode) and not node.tag.startswith("!") else "other"


def _kind(value: object) -> str:
    return "list" if isinstance(value, list) else "dict" if isinstance(value, dict) else "other"


def test_only_short_texts_are_remembered() -> None:
    asked: list[str] = []

    @remembered
    def length(text: str) -> int:
        asked.append(text)
        return len(text)

    long = "x" * (SHORT_CHARS + 1)
    assert [length("ab"), length("ab"), length(long), length(long)] == [2, 2, len(long), len(long)]
    assert asked == ["ab", long, long]
    assert MOST_KEPT < 100_000


def test_what_weighs_too_much_is_forgotten() -> None:
    asked: list[int] = []

    def work_out(number: int) -> int:
        asked.append(number)
        return number * 2

    kept: Weighed[int, int] = Weighed(work_out, lambda key, answer: 9, most=30)
    assert [kept(n) for n in (1, 2, 1, 3, 4, 1)] == [2, 4, 2, 6, 8, 2]
    assert asked == [1, 2, 3, 4, 1]
