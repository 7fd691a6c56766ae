"""Tables and code of generated pages: plain HTML, every value escaped, so that no text of a rule becomes markup."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

_ADDRESS = re.compile(r"https?://[\w-]+\.[^\s<>\"'`]+[^\s<>\"'`.,;:)]")
_PIECES = re.compile(r"`([^`]+)`|(" + _ADDRESS.pattern + ")")


class Raw(str):
    """HTML that was made here and is not escaped again."""

    __slots__ = ()


def text(value: object) -> Raw:
    """A value as HTML: escaped, addresses as links, `words` in backticks as code."""
    if isinstance(value, Raw):
        return value
    parts: list[str] = []
    end = 0
    given = str(value)
    for match in _PIECES.finditer(given):
        parts.append(html.escape(given[end : match.start()]))
        parts.append(code(match[1]) if match[1] else link(match[2], match[2]))
        end = match.end()
    parts.append(html.escape(given[end:]))
    return Raw("".join(parts).replace("\n", "<br>"))


def code(value: object) -> Raw:
    """A word of the code or of a file."""
    return Raw(f"<code>{html.escape(str(value))}</code>")


def codes(values: Iterable[object], between: str = ", ") -> Raw:
    """Several of them."""
    return Raw(between.join(code(value) for value in values))


def link(address: str, words: str) -> Raw:
    """A link; the words are escaped."""
    return Raw(f'<a href="{html.escape(address)}">{html.escape(words)}</a>')


def paragraph(*values: object) -> str:
    """A paragraph of a rule's own words, in which nothing is markup."""
    return f"<p>{' '.join(text(value) for value in values)}</p>\n"


def table(
    head: Sequence[str], rows: Iterable[Sequence[object]], *, ids: Sequence[str] = (), label: str = ""
) -> str:
    """A table. `ids` are the anchors of its rows; `label` says what is filtered, for tables that get a filter field."""
    begin, end = "<table>", "</table>"
    if label:
        begin = f'<div class="long"><table class="filtered" data-label="{html.escape(label)}">'
        end = "</table></div>"
    lines = [
        begin,
        f"<thead><tr>{''.join(f'<th>{text(h)}</th>' for h in head)}</tr></thead>",
        "<tbody>",
    ]
    for number, row in enumerate(rows):
        anchor = f' id="{html.escape(ids[number])}"' if ids else ""
        lines.append(f"<tr{anchor}>{''.join(f'<td>{text(value)}</td>' for value in row)}</tr>")
    return "\n".join([*lines, "</tbody>", end]) + "\n"


def fenced(value: str, language: str = "text") -> str:
    """A block of code, whatever backticks are in it."""
    longest = max((len(run) for run in re.findall(r"`{3,}", value)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{value.rstrip()}\n{fence}\n"


def folded(title: str, body: str) -> str:
    """A block that is opened by a click (pymdownx.details)."""
    inner = "\n".join(f"    {line}".rstrip() for line in body.splitlines())
    return f'??? abstract "{title}"\n\n{inner}\n'
