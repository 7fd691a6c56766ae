"""Markdown that is plain to see: headings, paragraphs, flat lists, tables and code at the margin, as the parser would
cut them, at a tenth of its time. Anything else is left to the parser."""

from __future__ import annotations

import re

from markdown_it.common.html_blocks import block_names
from markdown_it.token import Token

_HEADING = re.compile(r"#{1,6}(?= |$)")
_FENCE = re.compile(r"(`{3,}(?=[^`]*$)|~{3,})")
_RULE = re.compile(r"(?:-{3,}|\*{3,}|_{3,}) *$")
_BULLET = re.compile(r"([-*+]) (?=[^ ])")
_NUMBER = re.compile(r"\d{1,9}([.)]) (?=[^ ])")
_DELIMITERS = re.compile(r"\|(?: *:?-+:? *\|)+ *$")
_NOT_A_WORD = frozenset("#>-+*=<`~|: _")
"""What may begin something else than a paragraph."""
_ITEM_OF_NUMBER = re.compile(r"\d{1,9}[.)](?: |$)")
_EMPHASIS = re.compile(r"\*\*(?=[^*\s])|__(?=[^_\s])|\*(?=[^*\s])|_(?=[^_\s])")
_LINK = re.compile(r"!?\[[^\[\]]*\]\(")
_HTML_BLOCK = re.compile(rf"</?(?:{'|'.join(block_names)})(?=\s|/?>|$)", re.IGNORECASE)
_INLINE_CODE = re.compile(r"`{1,2}(?=[^`])")


def plain_tokens(text: str) -> list[Token] | None:
    """The tokens that tell of the text's blocks, without those that nobody reads; None where the text is not plain."""
    if "\t" in text or "\0" in text or "\\|" in text:
        return None
    rows = text.split("\n")
    tokens: list[Token] = []
    at = 0
    while at < len(rows):
        row = rows[at]
        if not row or not row.strip(" "):
            at += 1
            continue
        after = _block(rows, at, tokens)
        if after is None:
            return None
        at = after
    return tokens


def _block(rows: list[str], at: int, tokens: list[Token]) -> int | None:
    """Reads one block; the line after it, None where it is not plain."""
    row = rows[at]
    first = row[0]
    if first == "#":
        return _heading(row, at, tokens) if _HEADING.match(row) else None
    if first in "`~" and (fence := _FENCE.match(row)) is not None:
        return _code(rows, at, fence[1], tokens)
    if first == "|":
        return _table(rows, at, tokens)
    if first == "<":
        return _html(rows, at, tokens)
    if first in "-*_" and _RULE.match(row):
        return at + 1
    if first in "-*+" and (bullet := _BULLET.match(row)) is not None:
        return _items(rows, at, _BULLET, bullet[1], tokens)
    if first.isdigit() and (number := _NUMBER.match(row)) is not None:
        return _items(rows, at, _NUMBER, number[1], tokens)
    return _paragraph(rows, at, tokens)


def _heading(row: str, at: int, tokens: list[Token]) -> int:
    level = len(row) - len(row.lstrip("#"))
    content = row[level:].rstrip(" ")
    bare = content.rstrip("#")
    if bare.endswith(" "):
        content = bare
    tokens.append(Token("heading_open", f"h{level}", 1))
    tokens.append(Token("inline", "", 0, map=[at, at + 1], content=content.strip()))
    tokens.append(Token("heading_close", f"h{level}", -1))
    return at + 1


def _code(rows: list[str], at: int, fence: str, tokens: list[Token]) -> int | None:
    end = re.compile(rf" {{0,3}}{re.escape(fence[0])}{{{len(fence)},}} *$")
    for stop in range(at + 1, len(rows)):
        if fence[0] in rows[stop] and end.match(rows[stop]):
            content = "".join([f"{row}\n" for row in rows[at + 1 : stop]])
            tokens.append(Token("fence", "code", 0, map=[at, stop + 1], content=content))
            return stop + 1
    return None


def _table(rows: list[str], at: int, tokens: list[Token]) -> int | None:
    if at + 1 >= len(rows) or not _DELIMITERS.match(rows[at + 1]):
        return None
    width = rows[at + 1].count("|") - 1
    made = [Token("thead_open", "thead", 1)]
    stop = at
    while stop < len(rows) and rows[stop].strip(" "):
        if stop != at + 1:
            row = rows[stop].rstrip(" ")
            cells = row.split("|")
            if len(cells) != width + 2 or cells[0] or cells[-1] or "\\" in row:
                return None
            made.append(Token("tr_open", "tr", 1, map=[stop, stop + 1]))
            for cell in cells[1:-1]:
                made.append(Token("td_open", "td", 1))
                made.append(Token("inline", "", 0, map=[stop, stop + 1], content=cell.strip()))
                made.append(Token("td_close", "td", -1))
            made.append(Token("tr_close", "tr", -1))
        stop += 1
    made.append(Token("table_close", "table", -1))
    tokens.extend(made)
    return stop


def _html(rows: list[str], at: int, tokens: list[Token]) -> int | None:
    """A comment on one line, or the lines from a tag of a block to the next blank one."""
    row = rows[at]
    stop = at + 1
    if row.startswith("<!--"):
        if "-->" not in row:
            return None
    elif _HTML_BLOCK.match(row):
        while stop < len(rows) and rows[stop].strip(" "):
            stop += 1
    else:
        return None
    content = "\n".join(rows[at:stop]) + ("\n" if stop < len(rows) else "")
    tokens.append(Token("html_block", "", 0, map=[at, stop], content=content))
    return stop


def _items(rows: list[str], at: int, marker: re.Pattern[str], sign: str, tokens: list[Token]) -> int | None:
    """A list of one-line items; of those behind blank lines, each is a list to us, for nobody asks where one ends."""
    while at < len(rows) and rows[at].strip(" "):
        found = marker.match(rows[at])
        if found is None or found[1] != sign:
            return at if _ends_paragraph(rows[at]) and found is None else None
        content = rows[at][found.end() :]
        if not _is_text(content) or _may_define(content):
            return None
        tokens.append(Token("list_item_open", "li", 1))
        tokens.append(Token("inline", "", 0, map=[at, at + 1], content=content.strip()))
        tokens.append(Token("list_item_close", "li", -1))
        at += 1
    return at


def _paragraph(rows: list[str], at: int, tokens: list[Token]) -> int | None:
    if not _is_text(rows[at]) or _may_define(rows[at]):
        return None
    stop = at + 1
    while stop < len(rows) and rows[stop].strip(" "):
        if _ends_paragraph(rows[stop]):
            break
        if not _is_text(rows[stop]):
            return None
        stop += 1
    content = "\n".join(rows[at:stop]).strip()
    tokens.append(Token("paragraph_open", "p", 1))
    tokens.append(Token("inline", "", 0, map=[at, stop], content=content))
    tokens.append(Token("paragraph_close", "p", -1))
    return stop


def _is_text(row: str) -> bool:
    """Whether a line can be nothing but text of a paragraph, wherever in it it stands."""
    first = row[0]
    if first in _NOT_A_WORD:
        if first in "*_":
            return _EMPHASIS.match(row) is not None
        return first == "`" and _INLINE_CODE.match(row) is not None
    return not (first.isdigit() and _ITEM_OF_NUMBER.match(row) is not None)


def _may_define(row: str) -> bool:
    """Whether a line may begin the definition of a link, which no reader sees."""
    return row.startswith("[") and _LINK.match(row) is None


def _ends_paragraph(row: str) -> bool:
    """Whether a line begins a heading, code, or a list of bullets, which need no blank line before them."""
    first = row[0]
    if first == "#":
        return _HEADING.match(row) is not None
    if first in "`~":
        return _FENCE.match(row) is not None
    return first in "-*+" and _BULLET.match(row) is not None
