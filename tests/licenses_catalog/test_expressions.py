"""SPDX expressions: normal spelling, members, and clear errors."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openaudit.errors import LicenseError
from openaudit.licenses.expressions import grant, normalise, parse
from openaudit.vocabulary import Grant


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("mit", "MIT"),
        ("mit or apache-2.0", "MIT OR Apache-2.0"),
        ("(mit and cc-by-nc-4.0) or gpl-3.0", "(MIT AND CC-BY-NC-4.0) OR GPL-3.0-only"),
        ("mit AND (bsd-3-clause OR isc)", "MIT AND (BSD-3-Clause OR ISC)"),
        ("GPL-2.0+", "GPL-2.0-or-later"),
        ("gpl-2.0-or-later with Classpath-exception-2.0", "GPL-2.0-or-later WITH Classpath-exception-2.0"),
        ("LicenseRef-scancode-qwen-2024 and mit", "LicenseRef-scancode-qwen-2024 AND MIT"),
        ("LicenseRef-mine", "LicenseRef-mine"),
        ("DocumentRef-a:LicenseRef-b OR mit", "DocumentRef-a:LicenseRef-b OR MIT"),
    ],
)
def test_an_expression_has_one_spelling(written: str, normal: str) -> None:
    assert normalise(written) == normal
    assert normalise(normal) == normal


@pytest.mark.parametrize(
    ("written", "members", "joined"),
    [
        ("MIT", ("MIT",), "single"),
        ("MIT AND ISC AND MIT", ("MIT", "ISC"), "all"),
        ("MIT OR ISC", ("MIT", "ISC"), "any"),
        ("MIT OR (ISC AND Zlib)", ("MIT", "ISC", "Zlib"), "unclear"),
    ],
)
def test_members_and_how_they_are_joined(written: str, members: tuple[str, ...], joined: str) -> None:
    parsed = parse(written)
    assert (parsed.members, parsed.joined, parsed.unknown) == (members, joined, ())


def test_exceptions_and_unknown_ids_are_told_apart() -> None:
    parsed = parse("GPL-2.0-only WITH Classpath-exception-2.0 OR LicenseRef-mine")
    assert parsed.exceptions == ("Classpath-exception-2.0",)
    assert parsed.unknown == ("LicenseRef-mine",)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("MIT OR CC-BY-NC-4.0", Grant.OPEN),
        ("MIT AND CC-BY-NC-4.0", Grant.RESEARCH_ONLY),
        ("(MIT AND CC-BY-NC-4.0) OR LicenseRef-scancode-qwen-2024", Grant.RESTRICTED),
        ("MIT AND LicenseRef-mine", Grant.UNDETERMINED),
    ],
)
def test_or_is_a_choice_and_and_binds(written: str, expected: Grant) -> None:
    assert grant(written) is expected


@pytest.mark.parametrize(
    "broken",
    [
        "",
        " ",
        "MIT AND",
        "OR",
        "MIT WITH",
        "apache 2.0",
        "((((MIT",
        "a,b",
        "\x00",
        "MIT)" * 50,
        "(" * 5000,
        "A" * 5000,
    ],
)
def test_broken_syntax_is_a_license_error(broken: str) -> None:
    with pytest.raises(LicenseError):
        parse(broken)


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.text(max_size=80),
        st.lists(
            st.sampled_from(["MIT", "AND", "OR", "WITH", "(", ")", "GPL-2.0+", "x", ","]), max_size=14
        ).map(" ".join),
    )
)
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        parsed = parse(text)
    except LicenseError:
        return
    assert normalise(parsed.text) == parsed.text
