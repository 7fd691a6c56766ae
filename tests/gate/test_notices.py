"""What goes along with a model: duties from the rules, words from the repository's own texts, and what is unknown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from openaudit.gate.formats import notices as pack
from openaudit.gate.notices import (
    Notice,
    Terms,
    Text,
    copyright_lines,
    files_of,
    license_pages,
    lines_to_show,
    prescribed_notices,
    targets_in,
    unread_notice,
)
from openaudit.gate.result import Reference
from openaudit.licenses.catalog import load_catalog
from openaudit.vocabulary import Failure, Target, TargetKind
from tests.formats.reports import ATTACK, poisoned
from tests.formats.test_formats_markdown import LINKIFIED, tokens


@pytest.mark.parametrize(
    ("line", "stated"),
    [
        ("Copyright (c) 2024 Heron AI and contributors", ["Copyright (c) 2024 Heron AI and contributors"]),
        ("   # Copyright 2023 The Wren Authors. All rights reserved.", ["Copyright 2023 The Wren Authors. All rights reserved."]),
        ("© 2025 Egret GmbH", ["© 2025 Egret GmbH"]),
        ("Copyright © Egret Platforms, Inc.", ["Copyright © Egret Platforms, Inc."]),
        ("Copyright [yyyy] [name of copyright owner]", []),
        ("Copyright (C) <year>  <name of author>", []),
        ("Copyright (C) 2007 Free Software Foundation, Inc.", []),
        ("The copyright holders give no warranty.", []),
        ("This is subject to copyright law.", []),
        ("nothing of the kind", []),
    ],
)  # fmt: skip
def test_copyright_statements_are_read_as_written(line: str, stated: list[str]) -> None:
    assert list(copyright_lines(f"Some license\n\n{line}\n\nmore words")) == stated


def test_copyright_reading_is_bounded() -> None:
    text = "copyright " * 200_000 + "\n" + "Copyright (c) 2024 A\n" * 50_000
    assert len(list(copyright_lines(text))) <= 20_000


def test_prescribed_notices_are_quoted_sentences_near_the_word_notice() -> None:
    text = (
        'You keep this in a "Notice" text file that goes along with such copies:\n'
        "“Heron 2 is licensed under the Heron 2 License, Copyright © Heron AI.\nAll Rights Reserved.” And so on. "
        + "word " * 80
        + '"The parts are licensed under other terms" stands far from it.'
    )
    assert list(prescribed_notices(text)) == [
        "Heron 2 is licensed under the Heron 2 License, Copyright © Heron AI. All Rights Reserved."
    ]


CATALOG = load_catalog()


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("llama-3-community", "Built with Meta Llama 3"),
        ("llama-3.1-community", "Built with Llama"),
        ("llama-3.2-community", "Built with Llama"),
        ("apache-2.0", None),
    ],
)
def testlines_to_show_come_from_the_rules(key: str, line: str | None) -> None:
    license_ = CATALOG.by_key(key) or CATALOG.by_id(key)
    assert license_ is not None
    assert list(lines_to_show(license_)) == ([line] if line else [])


def test_every_naming_duty_with_a_line_in_quotes_to_show_is_found() -> None:
    naming = [each for each in CATALOG if '" is shown' in each.terms.naming]
    assert len(naming) >= 8
    assert [each.id for each in naming if not list(lines_to_show(each))] == []


@pytest.mark.parametrize(
    ("license_id", "page"),
    [
        ("Apache-2.0", "https://spdx.org/licenses/Apache-2.0.html"),
        (
            "LicenseRef-scancode-llama-3.1-license-2024",
            "https://scancode-licensedb.aboutcode.org/llama-3.1-license-2024.html",
        ),
        ("LicenseRef-openaudit-modified-MIT", "https://spdx.org/licenses/MIT.html"),
    ],
)
def test_licenses_have_the_page_of_their_list(license_id: str, page: str) -> None:
    license_ = CATALOG.by_id(license_id)
    assert license_ is not None
    assert next(iter(license_pages(license_, CATALOG))) == page


def _notice(**more: object) -> Notice:
    terms = Terms(
        id="LicenseRef-openaudit-heron",
        name="Heron License",
        of="heron/H-7B",
        pages=("https://heron.example/license",),
        show=("Built with Heron",),
        duties=("Credit: name the makers.",),
        limits=("user threshold",),
        policy=True,
    )
    text = Text(
        kind="license", repository="heron/H-7B", path="LICENSE", url="https://hub.example/l", words="w"
    )
    values: dict[str, object] = {
        "id": "heron/H-7B",
        "kind": "model",
        "revision": "a" * 40,
        "url": "https://hub.example/heron/H-7B",
        "terms": (terms,),
        "texts": (text,),
        "copyrights": ("Copyright (c) 2024 Heron AI",),
        "prescribed": ("Heron is licensed under the Heron License.",),
        "made_from": ("finetune of egret/E (license not known)",),
        "unknown": ("The license of egret/E, which it was made from, is not known.",),
    } | more
    return Notice(**values)  # type: ignore[arg-type]


def test_the_pack_has_a_place_for_everything_and_thelines_to_show_first() -> None:
    text = pack.text([_notice()], "2026.11")
    wanted = [
        "Lines to show",
        "“Built with Heron” (heron/H-7B)",
        "https://hub.example/heron/H-7B",
        "Heron License (LicenseRef-openaudit-heron)",
        "https://heron.example/license",
        "Credit: name the makers.",
        "Copyright (c) 2024 Heron AI",
        "Heron is licensed under the Heron License.",
        "Texts to pass on",
        "https://hub.example/l",
        "Acceptable use policy of Heron License",
        "\nNot known\n",
        "The license of egret/E",
    ]
    places = [text.find(words) for words in wanted]
    assert -1 not in places, wanted[places.index(-1)]
    assert places == sorted(places)


def test_the_pack_does_not_depend_on_the_order_of_targets() -> None:
    many = [_notice(id=f"org/m{n}") for n in range(5)]
    for write in (pack.markdown, pack.text):
        assert write(many, "1") == write(many[::-1], "1")


def test_a_target_that_could_not_be_read_has_its_place_and_everything_of_it_is_unknown() -> None:
    failure = Failure(
        target=Target(kind=TargetKind.MODEL, id="org/gone"),
        stage="read",
        reason="not-found",
        message="There is none.",
    )
    text = pack.text([unread_notice(failure)], "1")
    assert "org/gone" in text
    assert "Nothing is known of its license" in text


def test_no_hostile_word_is_markup() -> None:
    for attack in (ATTACK, "x" * 1_000_000, "\ud800\x00", "\n# a\n- b\n<script>"):
        hostile = replace(poisoned(_notice(), attack, frozenset({"kind", "url", "pages", "policy"})))
        text = pack.markdown([hostile], attack)
        assert len(text) < 200_000
        assert text.encode()
        for token in tokens(text):
            assert token.type not in ("image", "html_inline", "html_block")
            if token.type == "link_open":
                assert str(token.attrGet("href")).startswith("https://")
            if token.type == "text":
                assert not LINKIFIED.search(token.content.replace("https://", "")), token.content
        assert "\x1b" not in pack.text([hostile], attack)


@pytest.mark.parametrize(
    ("repository", "path"),
    [
        ("../../etc", "passwd"),
        ("org/name", "../../../x"),
        ("/abs", "/abs/LICENSE"),
        ("org/name@main", "a\\..\\b"),
        ("c:\\x", "CON\x00"),
        ("org/" + "n" * 5000, "L" * 5000),
    ],
)
def test_copies_stay_below_their_folder(tmp_path: Path, repository: str, path: str) -> None:
    text = Text(kind="license", repository=repository, path=path, url=None, words="w")
    (found,) = files_of([_notice(texts=(text,))])
    place = (tmp_path / found).resolve()
    assert place.is_relative_to(tmp_path)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("w")


def test_targets_of_a_code_base_carry_the_revision_and_stand_once() -> None:
    def at(target: str, kind: str = "model", revision: str | None = None) -> Reference:
        return Reference(target=target, kind=kind, path="a.py", line=1, how="x", revision=revision)  # type: ignore[arg-type]

    found = targets_in(
        Path("app"),
        [
            at("org/a"),
            at("org/a"),
            at("org/b", revision="v1"),
            at("ollama:x:7b", "ollama"),
            at("m/w.gguf", "file"),
        ],
    )
    assert found == ["./app/m/w.gguf", "ollama:x:7b", "org/a", "org/b@v1"]
