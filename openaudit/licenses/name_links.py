"""Addresses in text: where they stand, and the one spelling under which a license's address is known."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

_URL_BODY = re.compile(r"[^\s<>\"'`\])}|]{3,400}")
_SCHEME = re.compile(r"https?$")
_BARE_HOSTS = (
    "www.",
    "opensource.org/",
    "creativecommons.org/",
    "apache.org/licenses",
    "gnu.org/licenses",
    "spdx.org/",
    "ai.google.dev/",
    "llama.com/",
    "ai.meta.com/",
    "choosealicense.com/",
    "openmdw.ai/",
)
"""Addresses that are recognised without `https://` before them."""
BADGE = re.compile(
    r"img\.shields\.io/badge/[^/]{0,40}licen[cs]e(?:[-_%20]{1,4}|[^/]{0,20}?-)"
    r"([a-z0-9_.%\-+]{2,60}?)-[a-z0-9]+(?:\.svg|\.png)?(?:\?.*)?$"
)
"""A badge that names a license: `.../badge/License-Apache_2.0-blue.svg`."""
EXTENSION = re.compile(r"\.(?:php|html?|txt|json|md|[a-z]{2}\.html?)$")
SUBPAGE = re.compile(
    r"(?:legalcode|deed)[\w.\-]*|[a-z]{2}(?:[-_][a-z]{2,4})?|consent|verify|huggingface|index|igo"
)
LISTINGS = frozenset(
    [
        "opensource.org/licenses",
        "opensource.org/license",
        "spdx.org/licenses",
        "choosealicense.com/licenses",
        "tldrlegal.com/license",
        "img.shields.io/badge",
    ]
)


def urls_in(low: str) -> list[tuple[int, int]]:
    """Where addresses stand, in order."""
    spans: list[tuple[int, int]] = []
    position = low.find("://")
    while position >= 0:
        scheme = _SCHEME.search(low, max(0, position - 5), position)
        body = _URL_BODY.match(low, position + 3)
        if body is not None:
            spans.append((scheme.start() if scheme else position, body.end()))
        position = low.find("://", body.end() if body else position + 3)
    with_scheme = list(spans)
    for host in _BARE_HOSTS:
        position = low.find(host)
        while position >= 0:
            body = _URL_BODY.match(low, position)
            end = body.end() if body else position + len(host)
            index = bisect_right(with_scheme, (position, end)) - 1
            if index < 0 or with_scheme[index][1] <= position:
                spans.append((position, end))
            position = low.find(host, end)
    return sorted(spans)


def masked(low: str, urls: Sequence[tuple[int, int]]) -> str:
    """The text with blanks for addresses: the words of a path are no names."""
    parts, position = [], 0
    for start, end in urls:
        if end > position:
            parts += [low[position:start], " " * (end - max(start, position))]
            position = end
    return "".join([*parts, low[position:]]) if parts else low


def address_of(url: str) -> str:
    """A URL without scheme, `www.`, query, fragment and what prose hangs on its end, in lower case."""
    bare = re.sub(r"^(?:https?:)?/{0,2}(?:www\.)?", "", url.strip().lower())
    path = re.split(r"[?#]", bare, maxsplit=1)[0].rstrip("/.,;:*)_")
    return re.sub(r"/(?:raw|resolve|blob|tree)/(?:main|master)/", "/blob/main/", path)
