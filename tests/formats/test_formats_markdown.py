"""The Markdown report: read by a real parser, it holds nothing that its author did not write."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from openaudit.formats.markdown import LENGTH_LIMIT, escape, render
from openaudit.vocabulary import Failure, Report
from tests.formats.reports import ATTACK, failure, open_report, poisoned, rich_report

PARSER = MarkdownIt("gfm-like", {"html": True, "linkify": False})
LINKIFIED = re.compile(r"(?:https?|ftp)://|(?:xmpp|mailto):\w|www\.\w|\w@\w|(?:^|[\s(])[@#!~%$&]\w")


def tokens(text: str) -> Iterator[Token]:
    for token in PARSER.parse(text):
        yield token
        yield from token.children or ()


HOSTILE = [
    ATTACK,
    "- item",
    "+ item",
    "1. item",
    "12) item",
    "# heading",
    "> quote",
    "===",
    "---",
    "    code",
    "```\ncode",
    "~~~",
    "| a | b |",
    "[x]: https://evil.example",
    "![x](https://evil.example/x.png)",
    "<img src=x>",
    "<!-- comment",
    "<https://evil.example>",
    "https://evil.example",
    "www.evil.example",
    "mail user@evil.example",
    "@octocat",
    "fixes #1",
    "&lt;b&gt;",
    "&#60;b&#62;",
    "\\*a\\*",
    "trailing \\",
    "_a_ *b* __c__ ~~d~~",
    "$x$",
    "[^1]",
    ":---:",
    "a\n\nb",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("frame", ["{}", "- {}", "| {} | b |\n| --- | --- |\n| x | {} |", "**{}**", "“{}”"])
def test_escaped_text_is_nothing_but_text(text: str, frame: str) -> None:
    harmless = [token.type for token in tokens(frame.replace("{}", "word"))]
    attacked = [token.type for token in tokens(frame.replace("{}", escape(text)))]
    plain = {"text", "text_special", "softbreak"}
    assert [kind for kind in attacked if kind not in plain] == [
        kind for kind in harmless if kind not in plain
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_mention_reference_or_autolink_can_be_made_of_what_is_displayed(text: str) -> None:
    displayed = "".join(t.content for t in tokens(escape(text)) if t.type in ("text", "text_special"))
    assert LINKIFIED.findall(displayed) == []


def test_readers_see_the_words_that_were_written() -> None:
    words = "Uses <b>, *stars*, a_b | c & `code` (x) [y] 100 % $5 #1 @me"
    displayed = "".join(t.content for t in tokens(escape(words)) if t.type in ("text", "text_special"))
    assert displayed.replace("\u200b", "") == words


def test_a_hostile_report_has_the_structure_of_a_harmless_one() -> None:
    hostile = poisoned(rich_report())
    kinds = {token.type for token in tokens(render([hostile]))}
    assert kinds.isdisjoint({"html_inline", "html_block", "image", "fence", "code_block", "hr", "s_open"})
    headings = [t for t in PARSER.parse(render([hostile])) if t.type == "heading_open"]
    assert [t.tag for t in headings] == ["h2"] + ["h3"] * (len(headings) - 1)
    rows = [
        re.sub(r"`[^`]*`", "", line).count("|") for line in render([hostile]).splitlines() if line[:1] == "|"
    ]
    harmless = [
        re.sub(r"`[^`]*`", "", line).count("|")
        for line in render([rich_report()]).splitlines()
        if line[:1] == "|"
    ]
    assert sorted(set(rows)) == sorted(set(harmless))


def test_links_lead_to_the_audited_revision_over_http_only() -> None:
    links = {t.attrs["href"] for t in tokens(render([rich_report()])) if t.type == "link_open"}
    assert links
    base = "https://huggingface.co/heron-ai/Heron-7B/blob/3f1c9d2e7a5b4c6d8e9f0a1b2c3d4e5f60718293/"
    assert {str(link) for link in links if not str(link).startswith(base)} == {
        "https://github.com/heron-ai/datatools"
    }
    assert [t for t in tokens(render([poisoned(rich_report())])) if t.type == "link_open"] == []


def test_the_verdict_comes_first_and_contradictions_next() -> None:
    text = render([rich_report()])
    order = [
        "open-weight, restricted licence",
        "### Contradictions",
        "### License of the weights",
        "### Components",
    ]
    assert [text.index(part) for part in order] == sorted(text.index(part) for part in order)


def test_a_comment_never_grows_past_what_a_pull_request_takes() -> None:
    many: list[Report | Failure] = [rich_report(), failure(), open_report()] * 40
    text = render(many)
    assert len(text) <= LENGTH_LIMIT + 200
    assert "of 120 reports are too long for this place" in text
