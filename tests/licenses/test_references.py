"""Licenses that are named and not quoted are found, as weaker evidence than a text."""

import pytest

from openaudit.licenses.matching import identify


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("# SPDX-License-Identifier: Apache-2.0", "Apache-2.0"),
        ("// SPDX-License-Identifier: mit or apache-2.0", "MIT OR Apache-2.0"),
        (
            "SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0",
            "GPL-2.0-only WITH Classpath-exception-2.0",
        ),
        ("This project is licensed under the MIT License.", "MIT"),
        ("Licensed under the Apache License, Version 2.0", "Apache-2.0"),
        ("released under the GNU General Public License version 3 or any later version", "GPL-3.0-or-later"),
        ("The weights are released under the CC BY-NC-SA 4.0 license", "CC-BY-NC-SA-4.0"),
        ("https://creativecommons.org/licenses/by-nd/4.0/", "CC-BY-ND-4.0"),
        ("see https://www.apache.org/licenses/LICENSE-2.0.txt", "Apache-2.0"),
        ("https://www.gnu.org/licenses/agpl-3.0.html", "AGPL-3.0-only"),
    ],
)
def test_a_named_license_is_a_reference(text: str, expression: str) -> None:
    found = identify(text)
    assert found.expression == expression
    assert all(match.kind == "reference" and not match.modified for match in found.matches)
    assert found.confidence < 1.0


def test_a_bare_name_is_a_title() -> None:
    found = identify("MIT License\n")
    assert [(match.id, match.kind) for match in found.matches] == [("MIT", "title")]
    assert found.confidence == 0.5


@pytest.mark.parametrize(
    "text", ["", "   \n", "A small demo of a tokenizer.", "You may use the stairs.", "Not for sale"]
)
def test_text_without_a_license_gives_nothing(text: str) -> None:
    assert identify(text).expression is None
