"""The body of a card as blocks with line numbers, headings and links: the one door to the Markdown parser."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from html import unescape
from itertools import groupby, islice
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

from openaudit.scanners.memory import Weighed, remembered
from openaudit.scanners.plain_markdown import plain_tokens

BODY_LIMIT_CHARS = 400_000
"""More of a card's body than this is not read: no honest card is longer, and parsing costs time."""
BODY_LIMIT_LINES = 20_000
"""Nor more lines than this: every block costs time, however short it is."""
_MAX_LINKS = 1000
_MAX_COMMENTS = 1000
_MAX_NESTING = 30

_KEPT_BODY_CHARS = 20_000
_KEPT_SECTION_CHARS = 4_000
_MOST_KEPT_CHARS = 4_000_000
"""What is kept of bodies, and of sections, weighs so much at most; then it is forgotten."""
_ABOVE_ALL, _BELOW_ALL = 0, 7
"""The levels of what stands under no heading at all, and under none of its own section."""

BlockKind = Literal["heading", "text", "item", "row", "code", "comment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link or bare address in the text of a block."""

    text: str
    url: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A heading, paragraph, list item, table row, code block or HTML comment.

    `text` is what a reader sees (markup taken off, line breaks kept); `raw` is the source; `lines` counts from 1 in
    the file; `headings` are the titles above it, outermost first; `parents` the list items it is nested in, or the
    header of a table row.
    """

    kind: BlockKind
    text: str
    raw: str
    lines: tuple[int, int]
    headings: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()

    def line_at(self, offset: int) -> int:
        """The line of the character at `offset` of `text` (exact where markup spans no lines)."""
        return min(self.lines[1], self.lines[0] + self.text.count("\n", 0, offset))


@cache
def _parser() -> MarkdownIt:
    """Block rules only: what a block's text says is read by `_plain`, at a tenth of the time."""
    parser = MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING}).enable("table")
    parser.disable(["inline"])
    return parser


def read_blocks(body: str, first_line: int) -> tuple[Block, ...]:
    """The blocks of a Markdown text that begins at line `first_line` of its file."""
    if len(body) <= _KEPT_BODY_CHARS:
        return _kept_blocks((body, first_line))
    return _read_blocks((body, first_line))


def _read_blocks(place: tuple[str, int]) -> tuple[Block, ...]:
    body, first_line = place
    rows = body[:BODY_LIMIT_CHARS].split("\n", BODY_LIMIT_LINES)[:BODY_LIMIT_LINES]
    references = dict(_references("\n".join(rows)))
    # a reference may be used in one section and defined in another: then all is read in one piece
    pieces = sections_of(rows) if not references else ["\n".join(rows)]
    made: list[Block] = []
    open_: tuple[_Open, ...] = ()
    line = first_line
    for piece in pieces:
        section = (
            _section(piece)
            if not references and len(piece) <= _KEPT_SECTION_CHARS
            else _parsed(piece, references)
        )
        if section is None:
            return tuple(_paragraphs("\n".join(rows), first_line))
        made.extend(_placed(block, level, line, open_) for block, level in section.blocks)
        open_ = (*(heading for heading in open_ if heading.level < section.level), *section.open)
        line += piece.count("\n") + 1
    return tuple(made)


_kept_blocks = Weighed(
    _read_blocks, lambda place, blocks: len(place[0]) + _weight(blocks), most=_MOST_KEPT_CHARS
)
"""Untouched templates: the same body at the same line of the file, and so the same blocks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    """A piece of a card by itself, its lines counted from 0: each block with the level of the highest heading that came
    before it in the piece, that level at its end, and the headings then open."""

    blocks: tuple[tuple[Block, int], ...]
    level: int
    open: tuple[_Open, ...]


def _parsed(piece: str, references: dict[str, str]) -> _Section | None:
    """None for what is nested so deeply that the parser skips text that a reader would see."""
    plain = plain_tokens(piece)
    tokens = _parser().parse(piece) if plain is None else plain
    if plain is None and any(token.level >= _MAX_NESTING - 1 for token in tokens):
        return None
    walk = _Walk(0, references)
    blocks: list[tuple[Block, int]] = []
    before = walk.highest
    for block in walk.blocks(tokens):
        if block.kind != "heading":
            level = walk.highest
        else:  # it stands below those that were open before it; one of HTML below none
            level = _ABOVE_ALL if walk.is_html else before
        blocks.append((block, level))
        before = walk.highest
    return _Section(blocks=tuple(blocks), level=walk.highest, open=tuple(walk.open))


def _weight(blocks: Sequence[object]) -> int:
    """What blocks take beside their texts, in characters."""
    return 700 * len(blocks)


_section: Weighed[str, _Section | None] = Weighed(
    lambda piece: _parsed(piece, {}),
    lambda piece, section: 3 * len(piece) + _weight(section.blocks if section else ()),
    most=_MOST_KEPT_CHARS,
)
"""The sections of templates: most cards of the same tool share most of them."""


def _placed(block: Block, level: int, line: int, open_: tuple[_Open, ...]) -> Block:
    """A block of a section where the section stands: below the headings that are open there."""
    above = tuple([heading.title for heading in open_ if heading.level < level])
    return Block(
        kind=block.kind,
        text=block.text,
        raw=block.raw,
        lines=(block.lines[0] + line, block.lines[1] + line),
        headings=above + block.headings,
        parents=block.parents,
        links=tuple([Link(text=link.text, url=link.url, line=link.line + line) for link in block.links])
        if block.links
        else (),
    )


_HEADING_LINE = re.compile(r"#{1,6}(?:[ \t]|$)")
_FENCE_LINE = re.compile(r"(`{3,}(?=[^`]*$)|~{3,})")
_HTML_LINE = re.compile(r" {0,3}<")
_UNSURE = re.compile(r"<(?:pre|script|style|textarea|[?!](?!--))", re.IGNORECASE)
"""HTML that goes on beyond blank lines."""


def sections_of(rows: Sequence[str]) -> list[str]:
    """Lines cut before headings, so that each piece says by itself what it says in the whole; uncut from where that is
    not plain to see.

    A heading at the margin after a blank line ends every paragraph, list, quote and table before it. What it does not
    end is code between fences and some HTML: fences are followed where they stand at the margin; from where one stands
    elsewhere, or HTML may hide one, the rest is left whole.
    """
    pieces: list[str] = []
    start = 0
    fence = ""
    html = comment = False
    for number, row in enumerate(rows):
        if "```" in row or "~~~" in row:
            found = _FENCE_LINE.match(row)
            if html or comment or (found is None and not _closes(row, fence)):
                break
            if fence:
                fence = "" if _closes(row, fence) else fence
            elif found is not None:
                fence = found[1]
        elif fence:
            continue
        elif comment:
            comment = "-->" not in row
        elif not row.strip(" \t"):
            html = False
        elif "<" in row and _UNSURE.search(row):
            break
        elif _HTML_LINE.match(row):
            if not row.lstrip(" ").startswith("<!--"):
                html = True
            elif "-->" not in row:
                if row.startswith(" "):
                    break
                comment = True
        elif number > start and _HEADING_LINE.match(row) and not rows[number - 1].strip(" \t"):
            pieces.append("\n".join(rows[start:number]))
            start = number
    pieces.append("\n".join(rows[start:]))
    return pieces


def _closes(row: str, fence: str) -> bool:
    """Whether a line ends the code that a fence began."""
    bare = row.rstrip(" \t")
    return bool(fence) and len(bare) >= len(fence) and bare == fence[0] * len(bare)


@dataclass(frozen=True, slots=True)
class _Open:
    """A heading that is open at the current place."""

    level: int
    title: str


class _Walk:
    """One pass over the parser's tokens, keeping the headings and list items that are open."""

    def __init__(self, first_line: int, references: dict[str, str]) -> None:
        self._shift = first_line
        self._references = references
        self.open: list[_Open] = []
        self.highest = _BELOW_ALL
        self.is_html = False
        self._items: list[str | None] = []
        self._header: str | None = None

    def blocks(self, tokens: list[Token]) -> Iterator[Block]:
        for i, token in enumerate(tokens):
            if token.type == "list_item_open":
                self._items.append(None)
            elif token.type == "list_item_close":
                self._items.pop()
            elif token.type in ("thead_open", "table_close"):
                self._header = None
            elif token.type == "tr_open":
                yield from self._row(tokens, i)
            elif token.type == "inline" and tokens[i - 1].type not in ("th_open", "td_open"):
                yield from self._inline(token, tokens[i - 1])
            elif token.type in ("fence", "code_block"):
                yield self._block("code", token.content, token)
            elif token.type == "html_block":
                self.is_html = True
                yield from self._html(token)
                self.is_html = False

    def _inline(self, token: Token, before: Token) -> Iterator[Block]:
        if before.type == "heading_open":
            block = self._block("heading", token.content, token)
            level = int(before.tag[1])
            self._opened(level, block.text.strip())
            yield block
            return
        yield from self._comments(token)
        block = self._block("item" if self._items else "text", token.content, token)
        if self._items and self._items[-1] is None:
            self._items[-1] = block.text
        if block.text.strip():
            yield block

    def _html(self, token: Token) -> Iterator[Block]:
        yield from self._comments(token)
        block = self._block("text", token.content, token)
        heading = re.match(r"\s*<h([1-6])\b", token.content, re.IGNORECASE)
        if heading and len(block.text) < 200:
            level = int(heading[1])
            self._opened(level, block.text.strip())
            yield Block(kind="heading", text=block.text, raw=block.raw, lines=block.lines, links=block.links)
        elif block.text.strip() or block.links:
            yield block

    def _comments(self, token: Token) -> Iterator[Block]:
        lines = _Lines(self._first_line(token))
        for match in islice(_COMMENT.finditer(token.content), _MAX_COMMENTS):
            first = lines.at(token.content, match.start())
            last = first + match[0].count("\n")
            yield Block(
                kind="comment", text=match[1], raw=match[0], lines=(first, last), headings=self._titles()
            )

    def _row(self, tokens: list[Token], start: int) -> Iterator[Block]:
        cells = []
        at = start + 1
        while tokens[at].type != "tr_close":
            if tokens[at].type == "inline":
                cells.append(tokens[at].content)
            at += 1
        row = self._block("row", " | ".join(cells), tokens[start])
        if self._header is None:
            self._header = row.text
            yield row
        else:
            yield replace(row, parents=(self._header,))

    def _block(self, kind: BlockKind, raw: str, token: Token) -> Block:
        first = self._first_line(token)
        last = self._shift + (token.map[1] - 1 if token.map else 0)
        text, links = (
            (raw, _bare_links(raw, first)) if kind == "code" else _plain(raw, first, self._references)
        )
        parents = tuple(item for item in self._items[:-1] if item) if self._items else ()
        return Block(
            kind=kind, text=text, raw=raw, lines=(first, max(first, last)), headings=self._titles(),
            parents=parents, links=links,
        )  # fmt: skip

    def _first_line(self, token: Token) -> int:
        return self._shift + (token.map[0] if token.map else 0)

    def _titles(self) -> tuple[str, ...]:
        return tuple([h.title for h in self.open])

    def _opened(self, level: int, title: str) -> None:
        self.open = [h for h in self.open if h.level < level]
        self.open.append(_Open(level, title))
        self.highest = min(self.highest, level)


def _paragraphs(body: str, first_line: int) -> Iterator[Block]:
    """A card that is nested beyond reason, cut at blank lines."""
    for empty, rows in groupby(enumerate(body.split("\n"), first_line), key=lambda row: not row[1].strip()):
        if not empty:
            (first, _), *_ = numbered = list(rows)
            raw = "\n".join(row for _, row in numbered)
            text, links = _plain(raw, first, {})
            yield Block(kind="text", text=text, raw=raw, lines=(first, numbered[-1][0]), links=links)


# The character classes below exclude line breaks and are bounded, so that no input makes them backtrack far.
_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)", re.DOTALL)
_IMAGE = re.compile(r"!\[([^\[\]]{0,300})\]\(\s*<?([^()\s<>]{0,2000})>?[^()\n]{0,200}\)")
_LINK = re.compile(
    r"\[((?:[^\[\]]|\[[^\[\]]{0,300}\]){0,600})\]\(\s*<?((?:[^()\s<>]|\([^()\s]{0,200}\)){1,2000})>?[^()\n]{0,200}\)"
)
_REFERENCE_LINK = re.compile(r"\[([^\[\]]{1,300})\](?:\s?\[([^\[\]]{0,100})\])?")
_AUTOLINK = re.compile(r"<(https?://[^\s<>]{1,2000})>", re.I)
_HREF = re.compile(r"\bhref\s{0,9}=\s{0,9}[\"']?([^\"'\s]{1,2000})", re.I)
_ALT = re.compile(r"\balt\s{0,9}=\s{0,9}[\"']([^\"']{0,300})[\"']", re.I)
_ANCHOR_OR_IMAGE = re.compile(r"<(/?)(a|img)\b([^<>]{0,3000})>", re.I)
_BARE = re.compile(r"<?\b(https?://[^\s<>\"'`\]|\\^{}]{3,2000})")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,2000}>")
_EMPHASIS = re.compile(r"(?<![\w*_])(\*{1,3}|_{1,3})(?=\S)|(?<=\S)(\*{1,3}|_{1,3})(?![\w*_])|~~|`+|\*\*")
_DEFINITION = re.compile(r"^ {0,3}\[([^\[\]]{1,100})\]:\s*<?(\S{1,2000}?)>?(?:\s|$)", re.MULTILINE)


def _references(body: str) -> Iterator[tuple[str, str]]:
    for match in _DEFINITION.finditer(body):
        yield match[1].strip().lower(), match[2]


class _Lines:
    """Line numbers of rising offsets in a text, without counting from its beginning each time."""

    __slots__ = ("_first", "_line", "_offset", "_text")

    def __init__(self, first_line: int) -> None:
        self._first = self._line = first_line
        self._text, self._offset = "", 0

    def at(self, text: str, offset: int) -> int:
        """The line of `text[offset]`."""
        if text is not self._text or offset < self._offset:
            self._text, self._offset, self._line = text, 0, self._first
        self._line += text.count("\n", self._offset, offset)
        self._offset = offset
        return self._line


def _plain(raw: str, first_line: int, references: dict[str, str]) -> tuple[str, tuple[Link, ...]]:
    """What a reader sees of a piece of Markdown or HTML, with as many line breaks as the source, and its links."""
    links: list[Link] = []
    lines = _Lines(first_line)
    text = _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), raw) if "<!--" in raw else raw

    def take(match: re.Match[str], label: str, url: str) -> str:
        line = lines.at(match.string, match.start())
        shown = unescape(_EMPHASIS.sub("", _TAG.sub("", label))).strip()
        links.append(Link(text=" ".join(shown.split()), url=unescape(url).rstrip(".,;"), line=line))
        return shown if shown.count("\n") == match[0].count("\n") else shown + "\n" * match[0].count("\n")

    if "![" in text:
        text = _IMAGE.sub(lambda match: match[1], text)
    if "<" in text:
        text = _without_anchors(_AUTOLINK.sub(lambda match: match[1], text), first_line, links)
    if "](" in text:
        text = _LINK.sub(lambda match: take(match, match[1], match[2]), text)
    if references and "]" in text:
        text = _REFERENCE_LINK.sub(
            lambda match: (
                take(match, match[1], references[(match[2] or match[1]).strip().lower()])
                if (match[2] or match[1]).strip().lower() in references
                else match[0]
            ),
            text,
        )
    if "://" in text:
        links.extend(_bare_links(text, first_line))
    if "<" in text:
        text = _TAG.sub(" ", text)
    return unescape(_EMPHASIS.sub("", text)), tuple(sorted(links, key=lambda link: link.line)[:_MAX_LINKS])


def _without_anchors(text: str, first_line: int, links: list[Link]) -> str:
    """The text with the images of HTML replaced by their descriptions and its anchors, noted in `links`, by their
    words. Each tag is looked at once, so that no number of tags that are never closed costs more than their length."""
    shown: list[str] = []
    at = line = 0
    opened: tuple[str, int, int] | None = (
        None  # address, line, and the piece of `shown` where its words begin
    )
    for match in _ANCHOR_OR_IMAGE.finditer(text):
        before, breaks = text[at : match.start()], match[0].count("\n")
        shown.append(before)
        line += before.count("\n")
        at = match.end()
        tag = match[0]
        if match[2].lower() == "img":
            alt = _ALT.search(match[3])
            tag = f" {alt[1]} " + "\n" * (breaks - alt[1].count("\n")) if alt else tag
        elif not match[1]:
            href = _HREF.search(match[3])
            opened = (href[1], first_line + line, len(shown)) if href else None
            tag = "\n" * breaks if href else tag
        elif opened is not None:
            words = unescape(_EMPHASIS.sub("", _TAG.sub("", "".join(shown[opened[2] :])[:2000])))
            links.append(
                Link(text=" ".join(words.split()), url=unescape(opened[0]).rstrip(".,;"), line=opened[1])
            )
            opened, tag = None, "\n" * breaks
        shown.append(tag)
        line += breaks
    return "".join((*shown, text[at:]))


def _bare_links(text: str, first_line: int) -> tuple[Link, ...]:
    if "://" not in text:
        return ()
    lines = _Lines(first_line)
    return tuple(
        Link(
            text=match[1].rstrip(".,;:)*"),
            url=match[1].rstrip(".,;:)*") if "(" not in match[1] else match[1].rstrip(".,;:*"),
            line=lines.at(text, match.start()),
        )
        for match in islice(_BARE.finditer(text), _MAX_LINKS)
    )


_SENTENCE = re.compile(
    r"(?<=[.!?。！？])(?:\s+|(?<=[。！？]))(?=[^\s\d])|\n(?=\s*(?:[-*•]|\d+[.)])\s)|\n{2,}"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|al|Inc|Ltd|Co|Corp|No|v|ver|Sec|Fig|approx)|\b[A-Z])\.$"
)


@remembered
def sentences(text: str) -> tuple[tuple[int, str], ...]:
    """The sentences of a text with the offset of each; abbreviations and version numbers end none."""
    return tuple(_sentences(text))


def _sentences(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for match in _SENTENCE.finditer(text):
        piece = text[start : match.start()]
        if _ABBREVIATION.search(piece):
            continue
        if piece.strip():
            yield start + len(piece) - len(piece.lstrip()), piece.strip()
        start = match.end()
    if text[start:].strip():
        piece = text[start:]
        yield start + len(piece) - len(piece.lstrip()), piece.strip()
