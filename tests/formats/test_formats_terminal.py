"""The table for a terminal: the verdict first, inside the width, plain where colours are not wanted."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len

from openaudit.formats import Outcome
from openaudit.formats.table import render, render_file, render_sized
from tests.formats.reports import failure, minimal_report, poisoned, rich_report

SGR = re.compile(r"\x1b\[[0-9;]*m")


def test_the_verdict_in_words_stands_before_any_number() -> None:
    lines = render_sized([rich_report()], width=80, color=False).splitlines()
    assert lines[1].strip().startswith("open-weight, restricted licence")
    assert "score 41 of 100" in "\n".join(lines[:4])
    assert lines.index(next(line for line in lines if "contradiction" in line)) < 10


@pytest.mark.parametrize("width", [1, 40, 60, 80, 120, 10_000])
@pytest.mark.parametrize(
    "outcomes", [[rich_report()], [poisoned(rich_report()), failure(), minimal_report()]]
)
def test_no_line_is_wider_than_the_terminal(width: int, outcomes: list[Outcome]) -> None:
    text = render_sized(outcomes, width=width, color=True)
    assert max(cell_len(SGR.sub("", line)) for line in text.splitlines()) <= min(max(width, 40), 120)


def test_colours_are_the_only_escapes_and_say_nothing_that_words_do_not_say() -> None:
    colored = render_sized([poisoned(rich_report())], width=80, color=True)
    plain = render_sized([poisoned(rich_report())], width=80, color=False)
    assert "\x1b" not in plain
    assert SGR.search(colored)
    without = "\n".join(line.rstrip() for line in SGR.sub("", colored).splitlines())
    assert without == plain.rstrip("\n")


def test_no_colours_in_a_pipe_with_no_color_or_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    assert "\x1b" not in render([rich_report()])
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" in render([rich_report()])
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in render([rich_report()])
    assert "\x1b" not in render_file([rich_report()])


def test_the_binding_row_is_marked_without_colour() -> None:
    rows = [
        line for line in render_sized([rich_report()], width=100, color=False).splitlines() if "▸" in line
    ]
    assert len(rows) == 2
    assert "LICENSE:1–214" in rows[0]


def test_what_was_not_seen_never_looks_like_a_score_of_zero() -> None:
    text = render_sized([minimal_report()], width=80, color=False)
    assert "score – of 100" in text
    assert "??????????" in text


def test_several_targets_end_with_a_summary() -> None:
    text = render_sized([rich_report(), failure()], width=80, color=False)
    assert "Summary" in text
    assert text.rindex("could not be") > text.index("Summary")
