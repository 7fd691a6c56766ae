"""Names, dates, numbers of lists, typography, wrapping and comment signs never make another license."""

import re

import pytest

from openaudit.licenses.matching import identify
from tests.licenses.test_tampering import TEXTS
from tests.licenses.texts import FORMATS

pytestmark = pytest.mark.skipif(not TEXTS, reason="no license text on this machine")


@pytest.mark.parametrize("name", sorted(TEXTS))
@pytest.mark.parametrize("form", sorted(FORMATS))
def test_a_license_in_another_dress_stays_what_it_is(name: str, form: str) -> None:
    text, expression = TEXTS[name]
    found = identify(FORMATS[form](text))
    assert found.expression == expression
    assert not any(match.modified for match in found.matches)
    assert found.confidence == 1.0


@pytest.mark.parametrize("name", sorted(TEXTS))
@pytest.mark.parametrize(
    "notice",
    [
        "Copyright (c) 1999-2031 Jane Doe <jane@example.org>",
        "Copyright \u00a9 2024, The Example Authors. All rights reserved.",
        "(C) 2020 Example GmbH & Co. KG",
        "Copyright 2010 Foo Ltd., 12 High Street, London",
    ],
)
def test_copyright_notices_never_count(name: str, notice: str) -> None:
    text, expression = TEXTS[name]
    found = identify(f"{notice}\n\n{text}")
    assert found.expression == expression
    assert not any(match.modified for match in found.matches)


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_two_texts_in_one_file_are_both_told_with_their_lines(name: str) -> None:
    text, expression = TEXTS[name]
    other = next(key for key in sorted(TEXTS) if TEXTS[key][1] != expression)
    second, second_expression = TEXTS[other]
    joined = text.rstrip("\n") + "\n\n" + "-" * 60 + "\n\n" + second
    found = identify(joined)
    assert found.expression == f"{expression} AND {second_expression}"
    first_lines = text.rstrip("\n").count("\n") + 1
    one, two = (match for match in found.matches if match.kind == "text")
    assert one.lines[1] <= first_lines < two.lines[0]


def test_edits_carry_the_line_where_they_stand() -> None:
    text, _ = TEXTS[sorted(TEXTS)[0]]
    place = [match.start() for match in re.finditer(r"\n\s*\n", text)][-1]
    changed = f"{text[:place]}\n\nThe Software must not be used for gambling.\n\n{text[place:]}"
    line = changed[: changed.index("The Software must not be used for gambling")].count("\n") + 1
    (edit,) = (edit for match in identify(changed).matches for edit in match.added)
    assert edit.line == line
    assert edit.words == "the software must not be used for gambling"
