"""The lineage strip, the code and the datasets in every format for people."""

from __future__ import annotations

import dataclasses

from openaudit.formats import html, markdown
from openaudit.formats.lineage import MOST_GENERATIONS, MOST_IN_A_GENERATION, strip_of
from openaudit.formats.table import render_sized
from openaudit.vocabulary import Ancestor, CodeRepository, Reach, Report, Status, Where
from tests.formats.reports import family_report, minimal_report


def kin_of(report: Report) -> list[list[str]]:
    return [[kin.name for kin in generation.kin] for generation in strip_of(report)]


def chain(*edges: tuple[str, str, int]) -> Report:
    lineage = tuple(
        Ancestor(id=id_, relation="finetune", of=of, depth=depth, where=Where(path="README.md", lines=(1, 1)))
        for id_, of, depth in edges
    )
    return dataclasses.replace(minimal_report(), lineage=lineage)


def test_the_root_stands_first_and_the_base_last() -> None:
    report = chain(("a/base", "me", 1), ("b/root", "a/base", 2))
    assert kin_of(report) == [["b/root"], ["a/base"]]


def test_the_branches_of_a_merge_stand_in_one_generation() -> None:
    assert kin_of(family_report()) == [
        ["lost/Lost-7B"],
        ["heron-ai/Heron-7B"],
        ["grebe/Grebe-8B", "teal-ai/Teal-tuned"],
    ]


def test_an_ancestor_of_two_branches_stands_once_with_both() -> None:
    (_, generation, _) = strip_of(family_report())
    (heron,) = generation.kin
    assert heron.makes == (("finetune", "teal-ai/Teal-tuned"), ("adapter", "grebe/Grebe-8B"))
    assert heron.binds
    assert heron.imposes == ("limit on users", "name to carry or show")


def test_an_ancestor_at_two_distances_stands_at_the_greater_one() -> None:
    report = chain(("a/root", "me", 1), ("b/base", "me", 1), ("a/root", "b/base", 2))
    assert kin_of(report) == [["a/root"], ["b/base"]]


def test_what_is_endless_is_bounded() -> None:
    wide = chain(*((f"org/m{n}", "me", 1) for n in range(100)))
    (generation,) = strip_of(wide)
    assert (len(generation.kin), generation.left_out) == (MOST_IN_A_GENERATION, 100 - MOST_IN_A_GENERATION)
    deep = chain(*((f"org/m{n}", f"org/m{n - 1}", n) for n in range(1, 100)))
    assert len(strip_of(deep)) == MOST_GENERATIONS


def test_every_format_tells_the_whole_line_and_what_was_not_read() -> None:
    for text in (
        html.render([family_report()]),
        markdown.render([family_report()]),
        render_sized([family_report()], width=120, color=False),
    ):
        places = [text.index(name) for name in ("lost/Lost-7B", "heron-ai/Heron-7B", "grebe/Grebe-8B")]
        assert places == sorted(places)
        for words in (
            "not read, known from the rules",
            "no such repository",
            "name to carry or show",
            "pre-training, data preparation and evaluation code",
            "a link without code: nothing but a README",
            "read, gated by hand",
            "runs code",
            "not proven safe",
        ):
            assert words in text, words


def test_the_strip_is_a_list_that_ends_with_the_model_itself() -> None:
    page = html.render([family_report()])
    strip = page[page.index('<ol class="strip">') : page.index("</ol>", page.index('<ol class="strip">'))]
    assert strip.count('class="generation') == 4
    assert strip.rindex("this model") > strip.rindex("its base")


def test_code_is_linked_at_the_line_of_its_own_repository() -> None:
    page = html.render([family_report()])
    revision = family_report().revision
    assert f"https://github.com/teal-ai/train/blob/{revision}/src/train%20me.py#L10-L12" in page


def test_code_that_nobody_looked_at_is_not_called_empty() -> None:
    unread = CodeRepository(id="github.com/a/b", where=Where(path="README.md"), reach=Reach.UNREAD)
    empty = dataclasses.replace(unread, reach=Reach.READ, status=Status.ABSENT)
    text = markdown.render([dataclasses.replace(minimal_report(), code=(unread, empty))])
    assert "| not read | unknown |" in text
    assert "| a link without code | absent |" in text
