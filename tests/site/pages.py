"""Built pages read as a browser would: links, ids, text in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LINKS = {"a": "href", "link": "href", "script": "src", "img": "src"}


@dataclass
class Page:
    """What one page holds."""

    ids: list[str] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    rels: list[tuple[str, str]] = field(default_factory=list)
    text: str = ""
    headings: list[str] = field(default_factory=list)
    inline_scripts: int = 0
    handlers: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self._inside: list[str] = []
        self._in_heading = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if "id" in values:
            self.page.ids.append(values["id"])
        self.page.handlers += [name for name in values if name.startswith("on") or name == "style"]
        if tag in _LINKS and _LINKS[tag] in values:
            self.page.links.append((tag, values[_LINKS[tag]]))
            if tag == "a":
                self.page.rels.append((values["href"], values.get("rel", "")))
        if tag in ("h1", "h2"):
            self._in_heading = True
            self.page.headings.append("")
        if tag in ("script", "style"):
            self._inside.append(tag)
            self.page.inline_scripts += tag == "style" or "src" not in values

    def handle_endtag(self, tag: str) -> None:
        self._in_heading = self._in_heading and tag not in ("h1", "h2")
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.page.text += data + " "
        if self._in_heading:
            self.page.headings[-1] += data


def read_page(text: str) -> Page:
    reader = _Reader()
    reader.feed(text)
    reader.page.text = " ".join(reader.page.text.split())
    return reader.page


def read_site(folder: Path) -> dict[str, Page]:
    """Every HTML page of a site, by its path."""
    return {
        path.relative_to(folder).as_posix(): read_page(path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("*.html"))
    }


def dead_links(folder: Path, pages: dict[str, Page]) -> Iterator[str]:
    """Every link inside the site that leads to no file, or to no place on its page."""
    ids = {path: set(page.ids) for path, page in pages.items()}
    for path, page in pages.items():
        for _, link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (folder / path).parent / unquote(parts.path) if parts.path else folder / path
            if not target.resolve().is_relative_to(folder.resolve()) or not target.is_file():
                yield f"{path}: {link}"
                continue
            name = target.resolve().relative_to(folder.resolve()).as_posix()
            if parts.fragment and name in ids and parts.fragment not in ids[name]:
                yield f"{path}: {link}"
