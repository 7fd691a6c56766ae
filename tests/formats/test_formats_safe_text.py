"""What is left of hostile text, and which addresses may become links."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from openaudit.formats.safe_text import clean, clip, evidence_link, portable, web_address
from openaudit.vocabulary import Where


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("  two\t\n words \r\n", "two words"),
        ("a\x1b[31mred\x1b[0m", "ared"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\", "click"),
        ("\x9b2Jx", "x"),
        ("\x1bcreset", "reset"),
        ("a\x00b\x7f\x85c", "ab c"),
        ("\u202eevil\u202c \u2066x\u2069", "evil x"),
        ("zero\u200bwidth\ufeff\u2060", "zerowidth"),
        ("soft\xadhyphen", "softhyphen"),
        ("\ud800", "\ufffd"),
        ("tag\U000e0041", "tag"),
        ("e" + "\u0301" * 40, "e" + "\u0301" * 4),
        ("模型 مرحبا ü", "模型 مرحبا ü"),
        ("\u3164\u115f", ""),
    ],
)
def test_only_visible_characters_are_left(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_no_code_point_gets_through_that_is_no_visible_character() -> None:
    for start in range(0, sys.maxunicode + 1, 100):
        text = clean("".join(map(chr, range(start, min(start + 100, sys.maxunicode + 1)))))
        assert {unicodedata.category(c) for c in text} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} == set()


def test_length_is_bounded_and_the_cut_is_shown() -> None:
    assert len(clean("x" * 10_000_000, 50)) == 50
    assert clean("x" * 100, 50).endswith("…")
    assert clip("abc", 3) == "abc"


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("README.md", "README.md"),
        ("code/LICENSE", "code/LICENSE"),
        ("/home/me/models/tiny", "tiny"),
        ("/home/me/models/tiny/", "tiny"),
        ("C:\\Users\\me\\tiny", "tiny"),
        ("~/tiny", "tiny"),
        ("/", "."),
    ],
)
def test_absolute_paths_lose_the_machine(path: str, kept: str) -> None:
    assert portable(path) == kept


@pytest.mark.parametrize("url", ["https://huggingface.co/a/b", "http://localhost:8080/x?y=1#z"])
def test_http_addresses_may_be_links(url: str) -> None:
    assert web_address(url) == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "ftp://x",
        "javascript:x",
        "https://a b",
        "https://u:p@x",
        "https://x/\n",
        "http:///x",
        "x" * 3000,
    ],
)
def test_other_addresses_may_not(url: str | None) -> None:
    assert web_address(url) is None


@pytest.mark.parametrize(
    ("where", "link"),
    [
        (Where(path="a b/ü#1.md", lines=(3, 3)), "https://hub.example/o/m/blob/r%2F1/a%20b/%C3%BC%231.md#L3"),
        (Where(path="x", lines=(3, 9)), "https://hub.example/o/m/blob/r%2F1/x#L3-L9"),
        (Where(path="../x"), None),
        (Where(path="/etc/passwd"), None),
        (Where(path="\ud800"), None),
        (Where(url="https://other.example/x"), "https://other.example/x"),
        (Where(url="javascript:x"), None),
        (Where(), None),
    ],
)
def test_evidence_links_stay_inside_the_repository(where: Where, link: str | None) -> None:
    assert evidence_link(where, url="https://hub.example/o/m/", revision="r/1") == link
