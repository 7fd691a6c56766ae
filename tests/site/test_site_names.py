"""File names of pages are safe wherever a site is unpacked."""

from __future__ import annotations

import re

import pytest

from openaudit.site.names import anchor, is_plain, page_name, page_names


@pytest.mark.parametrize(
    ("id_", "name"),
    [
        ("meta-llama/Llama-3.1-8B", "meta-llama--llama-3.1-8b"),
        ("gpt2", "gpt2"),
        ("datasets/allenai/dolma", "datasets--allenai--dolma"),
    ],
)
def test_a_usual_id_is_told_from_its_name(id_: str, name: str) -> None:
    assert is_plain(id_)
    assert page_name(id_) == name


@pytest.mark.parametrize(
    "id_",
    ["../../etc/passwd", "..", "CON", "con.txt", "nul.x/y", "Com1", "index", "all", "a--b/c", "a/../b", "-x", ".hidden", "x" * 5000,
     "<script>", "a b", "\u202e", "ünï", "", "a\x00b", "a/b/c/d", "C:\\x", "a..b"],
)  # fmt: skip
def test_an_odd_id_gets_a_safe_name_with_a_digest(id_: str) -> None:
    name = page_name(id_)
    assert re.fullmatch(r"[a-z0-9_][a-z0-9._-]{0,108}[a-z0-9]", name)
    assert ".." not in name
    assert re.search(r"-[0-9a-f]{8}$", name)
    assert name.split(".")[0] not in ("con", "nul", "com1", "index", "all")


def test_ids_that_differ_in_case_only_get_different_names() -> None:
    names = page_names(["Org/Model", "org/model", "ORG/MODEL"])
    assert len({name.lower() for name in names.values()}) == 3
    assert "org--model" in names.values()


def test_two_ids_that_look_alike_in_a_file_name_get_different_ones() -> None:
    assert page_name("a--b/c") != page_name("a/b--c")
    assert page_name("a b") != page_name("a-b")


def test_an_anchor_depends_on_the_finding_alone() -> None:
    assert anchor("vague-data", "datasets", "m") == anchor("vague-data", "datasets", "m")
    assert anchor("vague-data", "datasets", "m") != anchor("vague-data", "datasets", "n")
    assert re.fullmatch(r"f-[a-z0-9-]+-[0-9a-f]{6}", anchor("<x> y/Z", "", ""))
