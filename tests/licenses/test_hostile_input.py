"""Hostile text costs bounded time and gets a clear answer."""

import time

import pytest

from openaudit.licenses.decoding import decode
from openaudit.licenses.matching import identify

SECONDS = 30.0
"""Generous for a shared machine; the measured times are a few seconds at most."""

FIRST = (
    "Permission to use, copy, modify, and distribute this thing for any purpose is hereby granted to any person who holds"
    " a copy of it, provided that this sentence appears in all copies of the thing and of its documentation.\n"
)


@pytest.mark.parametrize(
    ("piece", "times"),
    [
        pytest.param(FIRST, 1_000_000, id="a million sentences"),
        pytest.param("word ", 2_000_000, id="one line of ten megabytes"),
        pytest.param("a", 10_000_000, id="one word of ten megabytes"),
        pytest.param("(" * 10_000 + "[" * 10_000 + ")" * 10_000, 1, id="nested brackets"),
        pytest.param("\n", 2_000_000, id="blank lines"),
        pytest.param("1. a) (b) ", 200_000, id="list numbers"),
        pytest.param("Copyright (c) 2024 A B\n", 100_000, id="copyright lines"),
        pytest.param("<p <div [name {your ", 100_000, id="unclosed markup"),
        pytest.param("](https://", 100_000, id="unclosed links"),
        pytest.param("SPDX-License-Identifier: MIT OR ( ", 50_000, id="tags"),
        pytest.param("licensed under the ", 100_000, id="statements"),
        pytest.param("\u00e2\u20ac\u2122", 200_000, id="mojibake"),
        pytest.param("&amp", 300_000, id="entities"),
    ],
)
def test_hostile_text_is_read_in_bounded_time(piece: str, times: int) -> None:
    text = piece * times
    start = time.process_time()
    found = identify(text)
    assert time.process_time() - start < SECONDS
    assert 0.0 <= found.confidence <= 1.0


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 5000,
        bytes(range(256)) * 40,
        b"\xff\xfe",
        b"\xff" * 999,
        "Lizenz \u4e2d\u6587".encode("gb18030"),
    ],
)
def test_any_bytes_decode_and_name_no_license(data: bytes) -> None:
    assert identify(decode(data)).expression is None


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_encodings_are_told_apart(encoding: str) -> None:
    text = "SPDX-License-Identifier: Zlib \u2013 caf\u00e9 \u201cquoted\u201d, and some more plain words"
    assert decode(text.encode(encoding)) == text


def test_nul_bytes_between_letters_change_nothing() -> None:
    assert identify("SPDX-\0License-Identifier: \0MIT").expression == "MIT"
