"""Reports side by side and what changed between two of them: exact, bounded, and harmless whatever they hold."""

from __future__ import annotations

import dataclasses
import json
import re
import time
from collections.abc import Mapping
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openaudit.formats.comparison import COMPARE_FORMATS
from openaudit.formats.comparison.as_json import compare_schema
from openaudit.formats.comparison.as_table import render_sized
from openaudit.formats.comparison.changes import changes_between
from openaudit.formats.comparison.side import Side
from openaudit.formats.comparison.side_by_side import compare
from openaudit.formats.comparison.word_changes import word_changes
from openaudit.formats.json_v1 import failure_object, report_object
from openaudit.vocabulary import FileEntry, Report
from tests.formats.reports import (
    ATTACK,
    dataset_report,
    failure,
    family_report,
    minimal_report,
    open_report,
    poisoned,
    rich_report,
)
from tests.formats.test_formats_html import Page
from tests.formats.test_formats_markdown import tokens

NEW = "b" * 40


def side(report: Report, **more: Any) -> Side:
    return Side(document=report_object(report), **more)


def later(report: Report, **values: Any) -> Report:
    return dataclasses.replace(report, revision=NEW, **values)


def file(path: str, digest: str | None = None, size: int | None = None) -> FileEntry:
    return FileEntry(path=path, digest=digest, size_bytes=size)


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("before", "after", "runs"),
    [
        ("a b c", "a b c", []),
        ("a  b\nc", "a b c", []),
        ("you may use it", "you may not use it", [("kept", "you may"), ("added", "not"), ("kept", "use it")]),
        (
            "for any purpose",
            "for research",
            [("kept", "for"), ("removed", "any purpose"), ("added", "research")],
        ),
        ("", "new words", [("added", "new words")]),
        ("old words", "", [("removed", "old words")]),
        ("a \u200b b", "a b", [("kept", "a"), ("removed", "(characters that do not show)"), ("kept", "b")]),
    ],
)
def test_words_that_were_taken_out_and_put_in(before: str, after: str, runs: list[tuple[str, str]]) -> None:
    hunks = word_changes(before, after).hunks
    assert [(run.kind, run.words) for hunk in hunks for run in hunk] == runs


@given(st.lists(st.sampled_from("abcde"), max_size=40), st.lists(st.sampled_from("abcde"), max_size=40))
@settings(max_examples=60, deadline=None)
def test_the_counts_of_words_add_up(before: list[str], after: list[str]) -> None:
    changes = word_changes(" ".join(before), " ".join(after))
    assert len(before) - changes.removed == len(after) - changes.added >= 0
    assert bool(changes.hunks) == (before != after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a b " * 60_000, "b a " * 60_000),
        ("the. " * 60_000, "the. of. " * 30_000),
        ("x" * 2_000_000, "y" * 2_000_000),
        (" ".join(map(str, range(60_000))), " ".join(map(str, range(60_000, 0, -1)))),
    ],
    ids=["swapped", "repeated", "one-word", "reversed"],
)
def test_a_hostile_text_costs_little_time_and_space(before: str, after: str) -> None:
    start = time.process_time()
    changes = word_changes(before, after)
    assert time.process_time() - start < 8
    assert sum(len(run.words) for hunk in changes.hunks for run in hunk) < 500_000


def test_a_long_license_with_one_word_changed_shows_that_word() -> None:
    text = " ".join(f"word{number}" for number in range(30_000))
    changes = word_changes(text, text.replace("word15000 ", "another "))
    assert (changes.removed, changes.added, len(changes.hunks)) == (1, 1, 1)
    assert [run.words for run in changes.hunks[0]][1:3] == ["word15000", "another"]


# ---------------------------------------------------------------- what changed


def test_the_same_report_twice_has_no_changes() -> None:
    for report in (rich_report(), minimal_report(), family_report()):
        assert changes_between(side(report), side(report)).is_empty


def test_a_level_that_fell_is_said_in_one_sentence() -> None:
    before = dataclasses.replace(open_report(), id="heron-ai/Heron-7B")
    changes = changes_between(side(before), side(rich_report()))
    assert changes.verdict == (
        "The level fell from fully open to open-weight, restricted licence; the license was Apache-2.0 and is "
        "heron-community; 4 terms more, 0 fewer."
    )
    assert {(c.label, c.direction) for c in changes.values} >= {
        ("Level", "down"),
        ("Grant", "down"),
        ("Weights", "down"),
        ("May I: train other models on its outputs", "down"),
    }
    assert "limit on users" in changes.terms_added
    back = changes_between(side(rich_report()), side(before))
    assert back.verdict.startswith("The level rose")
    assert back.terms_removed == changes.terms_added


def test_findings_appear_and_disappear_but_do_not_by_moving_to_another_line() -> None:
    report = rich_report()
    moved = dataclasses.replace(report.findings[0], message=report.findings[0].message + " (README.md:3)")
    again = dataclasses.replace(moved, message=report.findings[0].message + " (README.md:8-9)")
    before = side(dataclasses.replace(report, findings=(moved, report.findings[1])))
    after = side(later(report, findings=(again, report.findings[2])))
    changes = changes_between(before, after)
    assert [remark.rule for remark in changes.findings_gone] == [report.findings[1].rule]
    assert [remark.rule for remark in changes.findings_new] == [report.findings[2].rule]


def test_components_and_kin_that_came_and_went() -> None:
    changes = changes_between(side(rich_report()), side(family_report()))
    assert "base grebe/Grebe-8B" in changes.kin_added
    assert "code github.com/teal-ai/train" in changes.kin_added
    assert "base egret/Egret-6B" in changes.kin_removed
    fewer = later(rich_report(), components=rich_report().components[1:])
    (gone,) = changes_between(side(rich_report()), side(fewer)).components
    assert (gone.label, gone.before, gone.after) == ("Model parameters (final)", "restricted", "–")


def test_files_are_compared_by_digest_and_else_by_size() -> None:
    before = (
        file("same", "sha256:1"), file("other", "sha256:1"), file("gone"), file("sized", None, 1), file("kind", "git:1", 5),
    )  # fmt: skip
    after = (
        file("same", "sha256:1"), file("other", "sha256:2"), file("new"), file("sized", None, 2), file("kind", "sha256:1", 5),
    )  # fmt: skip
    files = changes_between(side(rich_report(), files=before), side(rich_report(), files=after)).files
    assert files is not None
    assert (files.added, files.removed, files.changed, files.unproven) == (
        ("new",),
        ("gone",),
        ("other", "sized"),
        2,
    )


def test_what_a_report_file_does_not_hold_is_said_and_not_guessed() -> None:
    changes = changes_between(
        side(rich_report()), side(rich_report(), files=(file("new"),), texts={"LICENSE": "x"})
    )
    assert changes.files is None
    assert changes.texts is None
    assert "holds no file list" in changes.note


def test_license_texts_are_paired_by_path_and_one_left_over_is_a_renamed_one() -> None:
    before = side(rich_report(), files=(), texts={"LICENSE": "any use", "NOTICE": "a"})
    after = side(rich_report(), files=(), texts={"LICENSE.md": "no use", "NOTICE": "a"})
    (change,) = changes_between(before, after).texts or ()
    assert (change.before, change.after) == ("LICENSE", "LICENSE.md")
    assert change.words is not None
    assert (change.words.removed, change.words.added) == (1, 1)
    gone = side(rich_report(), files=(), texts={"NOTICE": "a"})
    (lost,) = changes_between(before, gone).texts or ()
    assert (lost.before, lost.after, lost.words) == ("LICENSE", None, None)


def test_a_side_that_could_not_be_audited_is_no_change_for_the_better() -> None:
    unread = Side(document=failure_object(failure()))
    changes = changes_between(side(rich_report()), unread)
    assert changes.verdict == "One side could not be audited, so what changed cannot be told."
    assert all(change.direction != "up" for change in (*changes.values, *changes.components))


# ---------------------------------------------------------------- side by side


def test_changes_are_told_for_revisions_of_one_model_and_not_for_two_models() -> None:
    revisions = compare([side(rich_report()), side(later(rich_report())), side(rich_report())])
    assert len(revisions.changes) == 2
    assert compare([side(rich_report()), side(open_report())]).changes == ()
    same_id = dataclasses.replace(dataset_report(), id=rich_report().id)
    assert compare([side(rich_report()), side(same_id)]).changes == ()


def test_rows_that_differ_are_marked() -> None:
    rows = {
        row.label: row
        for group in compare([side(rich_report()), side(open_report())]).groups
        for row in group.rows
    }
    assert rows["Level"].cells == ("open-weight, restricted licence", "fully open")
    assert rows["Level"].differs
    assert rows["Limit on users"].cells == ("yes", "–")
    same = compare([side(rich_report()), side(rich_report())])
    assert not any(row.differs for group in same.groups for row in group.rows)


HOSTILE: Mapping[str, list[Side]] = {
    "poisoned": [
        side(poisoned(family_report()), files=(file(ATTACK),), texts={ATTACK: "a"}),
        side(poisoned(rich_report()), files=(file("b" + ATTACK),), texts={ATTACK: ATTACK * 3}),
    ],
    "wrong": [
        Side(document={"target": 1, "license": [], "frameworks": {"mof": 3}, "findings": {}, "score": "x"}),
        Side(document={"target": {"id": ["x"]}, "components": [1, {"id": 3}], "dimensions": {"weights": []}}),
        Side(document={}),
    ],
    "unread": [Side(document=failure_object(failure())), side(rich_report())],
    "several": [
        side(rich_report()),
        side(open_report()),
        side(family_report()),
        side(minimal_report()),
        side(dataset_report()),
    ],
}


@pytest.mark.parametrize("case", sorted(HOSTILE))
@pytest.mark.parametrize("name", sorted(COMPARE_FORMATS))
def test_every_format_writes_everything_the_same_way_twice(name: str, case: str) -> None:
    render_file = COMPARE_FORMATS[name][2]
    text = render_file(compare(HOSTILE[case]))
    assert text == render_file(compare(HOSTILE[case]))
    assert all(character == "\n" or character.isprintable() for character in text)


@pytest.mark.parametrize("case", sorted(HOSTILE))
def test_json_is_as_its_schema_says(case: str) -> None:
    jsonschema.validate(json.loads(COMPARE_FORMATS["json"][1](compare(HOSTILE[case]))), compare_schema())


def test_a_hostile_page_has_the_elements_of_a_harmless_one() -> None:
    harmless = [
        side(family_report(), files=(file("a"),), texts={"L": "a"}),
        side(dataclasses.replace(rich_report(), id=family_report().id), files=(file("b"),), texts={"L": "b"}),
    ]
    render = COMPARE_FORMATS["html"][1]
    good, bad = Page(render(compare(harmless))), Page(render(compare(HOSTILE["poisoned"])))
    assert bad.open == []
    assert {tag for tag, _ in bad.elements} <= {tag for tag, _ in good.elements}
    assert {"ins", "del"} <= {tag for tag, _ in good.elements}
    names = {name for _, attributes in bad.elements for name in attributes}
    assert not [name for name in names if name.startswith("on") or name in ("style", "src", "srcset")]
    assert [a for a in bad.all("a") if not str(a["href"]).startswith("#")] == []
    headings = [int(tag[1]) for tag, _ in good.elements if re.fullmatch(r"h[1-6]", tag)]
    assert headings[0] == 1
    assert set(headings) == {1, 2, 3}


def test_hostile_markdown_is_nothing_but_text() -> None:
    kinds = {token.type for token in tokens(COMPARE_FORMATS["markdown"][1](compare(HOSTILE["poisoned"])))}
    assert kinds.isdisjoint({"html_inline", "html_block", "image", "fence", "code_block", "hr", "link_open"})


def test_a_terminal_shows_four_sides_abreast_at_most() -> None:
    text = render_sized(compare(HOSTILE["several"]), width=80, color=False)
    assert text.count("Side by side") == 2
    assert max(len(line) for line in text.splitlines()) <= 80
