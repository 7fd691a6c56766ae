"""Links to the lines that evidence stands on: exact, at the audited revision, and never anywhere else."""

from __future__ import annotations

import pytest

from openaudit.formats.links import line_link
from openaudit.vocabulary import Where

HUB = "https://huggingface.co/org/name"


@pytest.mark.parametrize(
    ("path", "lines", "address"),
    [
        ("README.md", (3, 3), f"{HUB}/blob/abc/README.md#L3"),
        ("README.md", (10, 12), f"{HUB}/blob/abc/README.md#L10-L12"),
        ("sub/LICENSE", None, f"{HUB}/blob/abc/sub/LICENSE"),
        ("a b#c?d%20.md", (1, 2), f"{HUB}/blob/abc/a%20b%23c%3Fd%2520.md#L1-L2"),
        ('"><script>.md', None, f"{HUB}/blob/abc/%22%3E%3Cscript%3E.md"),
        ("naïve/\u202egnp.md", None, f"{HUB}/blob/abc/na%C3%AFve/%E2%80%AEgnp.md"),
        ("../../other/README.md", None, None),
        ("/etc/passwd", None, None),
        ("x" * 1001, None, None),
        ("\ud800", None, None),
    ],
)
def test_a_file_is_linked_at_its_line_with_its_path_escaped(
    path: str, lines: tuple[int, int] | None, address: str | None
) -> None:
    assert line_link(Where(path=path, lines=lines), url=HUB, revision="abc") == address


def test_a_dataset_and_another_endpoint_keep_their_addresses() -> None:
    where = Where(path="README.md", lines=(1, 1))
    hub = "http://127.0.0.1:8080/datasets/org/name"
    assert line_link(where, url=hub, revision="main") == f"{hub}/blob/main/README.md#L1"


@pytest.mark.parametrize(
    ("url", "lines", "address"),
    [
        ("https://github.com/o/r/blob/abc/a.py", (10, 12), "https://github.com/o/r/blob/abc/a.py#L10-L12"),
        ("https://raw.githubusercontent.com/o/r/abc/L", (1, 1), "https://github.com/o/r/blob/abc/L#L1"),
        (f"{HUB}/resolve/abc/LICENSE", (1, 9), f"{HUB}/blob/abc/LICENSE#L1-L9"),
        (f"{HUB}/blob/abc/a b.md", (1, 1), f"{HUB}/blob/abc/a%20b.md#L1"),
        (f"{HUB}/blob/abc/a%20b.md#L7", (1, 1), f"{HUB}/blob/abc/a%20b.md#L7"),
        ("https://gitlab.com/g/p/-/blob/abc/a.py", (1, 3), "https://gitlab.com/g/p/-/blob/abc/a.py#L1-3"),
        (HUB, (1, 3), HUB),
        (f"{HUB}/blob/abc/../../x", None, None),
        ("javascript:alert(1)", None, None),
        ("data:text/html,x", None, None),
        ("https://user:secret@evil.example/a", None, None),
        ("https://evil.example/\nblob/x/y", None, None),
        ("http://[::1", None, None),
        ("//evil.example/blob/a/b", None, None),
    ],
)
def test_an_address_is_opened_as_a_page_at_its_lines(
    url: str, lines: tuple[int, int] | None, address: str | None
) -> None:
    assert line_link(Where(url=url, lines=lines), url=HUB, revision="abc") == address


def test_a_local_copy_has_no_links() -> None:
    assert line_link(Where(path="README.md"), url=None, revision=None) is None
    assert line_link(Where(path="README.md"), url="file:///home/me", revision="abc") is None
