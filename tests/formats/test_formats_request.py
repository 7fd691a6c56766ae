"""The text for the maintainers: everything they need to act, in plain characters."""

from __future__ import annotations

import dataclasses

from openaudit.formats.html import render
from openaudit.formats.request import request_text
from tests.formats.reports import minimal_report, open_report, poisoned, rich_report


def test_it_tells_what_contradicts_what_to_do_and_where() -> None:
    text = request_text(rich_report())
    lines = text.splitlines()
    assert lines[0] == "How heron-ai/Heron-7B could become more open"
    assert "- The tag says MIT, the license text is the Heron Community License 1.2." in lines
    assert any(line.endswith("/README.md#L3") for line in lines)
    assert "To become open weights:" in lines
    assert "1. Release the weights under an open license such as Apache-2.0." in lines
    assert "rules 2026.11" in text


def test_it_names_what_the_next_class_of_the_mof_lacks() -> None:
    report = rich_report()
    frameworks = tuple(
        dataclasses.replace(
            verdict,
            details={
                "by_class": {
                    "iii": {"missing": ["model-card"], "invalid": ["training-code"], "unlicensed": []}
                }
            },
        )
        if verdict.framework == "mof"
        else verdict
        for verdict in report.frameworks
    )
    text = request_text(dataclasses.replace(report, frameworks=frameworks))
    assert "For class III (Open Model) of the Model Openness Framework:" in text
    assert "- Release: Model card." in text
    assert "- Put this under an open license: Training code." in text


def test_there_is_no_text_where_there_is_nothing_to_ask_for() -> None:
    assert request_text(open_report()) == ""
    assert "A text for its maintainers" not in render([minimal_report()])


def test_a_hostile_report_writes_nothing_that_does_not_show() -> None:
    text = request_text(poisoned(rich_report()))
    assert all(character == "\n" or character.isprintable() for character in text)
    assert max(len(line) for line in text.splitlines()) < 2_000
    assert "&lt;script&gt;" in render([poisoned(rich_report())])
