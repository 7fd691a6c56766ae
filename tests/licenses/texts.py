"""License texts that are already on the machine: of installed packages, of Debian, and of the shared folder."""

from __future__ import annotations

import json
import os
import re
import textwrap
from collections.abc import Callable, Iterator
from functools import cache
from html import escape
from importlib.metadata import distributions
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from openaudit.licenses.decoding import decode

ROOT = Path(__file__).parents[2]
COMMON = Path("/usr/share/common-licenses")
_SPDX = "{http://www.spdx.org/license}"


def shared() -> Path:
    """The shared reading; skips the test where it is not there."""
    folder = Path(os.environ.get("OPENAUDIT_SHARED", ROOT.parent / "shared"))
    if not (folder / "licenses" / "index.json").is_file():
        pytest.skip("the shared folder is not here (OPENAUDIT_SHARED)")
    return folder


@cache
def collection() -> dict[str, dict[str, Any]]:
    """The entries of the AI license collection by id."""
    rows = json.loads((shared() / "licenses" / "index.json").read_text(encoding="utf-8"))
    return {row["id"]: row for row in rows}


def collected(id_: str) -> str:
    """One text of the AI license collection."""
    return decode((shared() / "licenses" / f"{id_}.txt").read_bytes())


def common(name: str) -> str:
    """One text of Debian's common licenses; skips the test elsewhere."""
    path = COMMON / name
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    return decode(path.read_bytes())


def installed() -> Iterator[tuple[str, str, str, str]]:
    """Package, declared expression, file name and text of every license file of an installed package."""
    for distribution in sorted(distributions(), key=lambda one: (one.metadata["Name"] or "").lower()):
        declared = str(distribution.metadata["License-Expression"] or "")
        for file in distribution.files or ():
            in_metadata = re.search(r"\.(?:dist|egg)-info/", str(file))
            if in_metadata and re.match(r"(?:licen[cs]e|copying)", file.name, re.IGNORECASE):
                path = Path(str(file.locate()))
                if path.is_file() and path.stat().st_size < 300_000:
                    yield distribution.metadata["Name"], declared, str(file), decode(path.read_bytes())


def spdx_texts() -> Iterator[tuple[str, str]]:
    """Id and default text of every SPDX license and exception that is not obsolete."""
    folder = shared() / "licenses" / "spdx-xml"
    for path in sorted([*folder.glob("*.xml"), *folder.glob("exceptions/*.xml")]):
        root = ElementTree.parse(path).getroot()[0]
        text = root.find(f"{_SPDX}text")
        if text is not None and root.find(f"{_SPDX}obsoletedBys") is None:
            yield root.get("licenseId", ""), _rendered(text)


def _rendered(node: ElementTree.Element) -> str:
    parts: list[str] = []

    def walk(element: ElementTree.Element) -> None:
        tag = element.tag.removeprefix(_SPDX) if isinstance(element.tag, str) else ""
        if tag in ("p", "item", "list", "titleText", "copyrightText", "standardLicenseHeader"):
            parts.append("\n\n")
        if tag == "br":
            parts.append("\n")
        parts.append(re.sub(r"\s+", " ", element.text or "") if tag else "")
        for child in element:
            walk(child)
            parts.append(re.sub(r"\s+", " ", child.tail or ""))
        parts.append({"bullet": " ", "p": "\n\n", "titleText": "\n\n", "copyrightText": "\n\n"}.get(tag, ""))

    walk(node)
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]*\n[ \t]*", "\n", "".join(parts))).strip() + "\n"


PROSE = (
    "The results table lists accuracy, latency and memory for each size.",
    "Start the demo with the command given below.",
    "We thank the reviewers for their comments.",
    "This folder carries the checkpoints, the tokenizer and a small demo.",
)


def _paragraphs(text: str) -> list[str]:
    return re.split(r"\n\s*\n", text)


def _markdown(text: str) -> str:
    head, *rest = _paragraphs(text)
    return "\n\n".join([f"# {head}", *(re.sub(r'"([^"]{2,40})"', r'**"\1"**', part) for part in rest)])


def _html(text: str) -> str:
    body = "\n".join(f"<p>{escape(part)}</p>" for part in _paragraphs(text))
    return f"<html><head><title>x</title></head><body>\n{body}</body></html>"


def _typographic(text: str) -> str:
    return re.sub(r'"([^"]*)"', "\u201c\\1\u201d", text).replace("'", "\u2019").replace(" - ", " \u2014 ")


def _surrounded(text: str) -> str:
    lines = [PROSE[number % len(PROSE)] for number in range(40)]
    return "\n".join(lines[:25]) + "\n\n" + text + "\n\n" + "\n".join(lines[25:])


def _mojibake(text: str) -> str:
    """UTF-8 read as Windows-1252, where every byte has a character there; else the text as it is."""
    try:
        return _typographic(text).encode().decode("cp1252")
    except UnicodeDecodeError:
        return text


def _wrapped(width: int) -> Callable[[str], str]:
    def wrap(text: str) -> str:
        fill = textwrap.TextWrapper(width, break_long_words=False, break_on_hyphens=False).fill
        return "\n\n".join(fill(part) for part in _paragraphs(text))

    return wrap


FORMATS: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "wrapped at 100": _wrapped(100),
    "markdown": _markdown,
    "html": _html,
    "typographic": _typographic,
    "upper case": str.upper,
    "surrounded": _surrounded,
    "comment": lambda text: "/*\n" + "".join(f" * {line}\n" for line in text.split("\n")) + " */\n",
    "windows lines": lambda text: text.replace("\n", "\r\n"),
    "mojibake": _mojibake,
}
