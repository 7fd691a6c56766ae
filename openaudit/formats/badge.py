"""The level in words as a small SVG picture, for a README: grey where it could not be determined."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from openaudit.formats import wording
from openaudit.formats.safe_text import clean, clip
from openaudit.vocabulary import Failure, Report

_HEIGHT, _GAP, _PADDING = 20, 4, 7
_LABEL = "openness"
_TEXT_LIMIT = 48
_UNKNOWN, _LABEL_COLOR = "#565a61", "#33373d"
_COLORS: Mapping[str, str] = {
    "fully-open": "#17663d",
    "open-toolchain": "#17663d",
    "open-weight": "#2a5a8c",
    "restricted-weight": "#825000",
    "research-only": "#825000",
    "unlicensed": "#a12b24",
    "closed": "#a12b24",
    "open-data": "#17663d",
    "restricted-data": "#825000",
    "research-only-data": "#825000",
    "unlicensed-data": "#a12b24",
}
"""All of them dark enough for white text. Source: WCAG 2.2, success criterion 1.4.3."""


def render(outcomes: Sequence[Report | Failure]) -> str:
    """One badge for one outcome; one below the other, each with the name of its target, for several."""
    several = len(outcomes) > 1
    rows = [_row(outcome, named=wording.outcome_name(outcome) if several else _LABEL) for outcome in outcomes]
    width = max((left + right for _, _, _, left, right in rows), default=0)
    height = max(0, len(rows) * (_HEIGHT + _GAP) - _GAP)
    says = "; ".join(f"{label}: {message}" for label, message, *_ in rows)
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{_escape(says)}">',
        f"<title>{_escape(says)}</title>",
        '<g font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11" fill="#fff">',
    ]
    for position, row in enumerate(rows):
        lines.extend(_drawn(row, top=position * (_HEIGHT + _GAP)))
    return "\n".join([*lines, "</g>", "</svg>"]) + "\n"


_Row = tuple[str, str, str, int, int]
"""Label, message, color, and the widths of both halves in pixels."""


def _row(outcome: Report | Failure, *, named: str) -> _Row:
    message, color = "could not be audited", _UNKNOWN
    if isinstance(outcome, Report):
        message, color = outcome.level_name or outcome.level, _COLORS.get(outcome.level, _UNKNOWN)
    label, message = clip(clean(named), _TEXT_LIMIT), clip(clean(message), _TEXT_LIMIT)
    return label, message, color, _width(label) + 2 * _PADDING, _width(message) + 2 * _PADDING


def _drawn(row: _Row, *, top: int) -> Iterator[str]:
    label, message, color, left, right = row
    yield f'<rect y="{top}" width="{left}" height="{_HEIGHT}" fill="{_LABEL_COLOR}"/>'
    yield f'<rect x="{left}" y="{top}" width="{right}" height="{_HEIGHT}" fill="{color}"/>'
    for text, x, width in ((label, _PADDING, left), (message, left + _PADDING, right)):
        fitted = f'textLength="{width - 2 * _PADDING}" lengthAdjust="spacingAndGlyphs"'
        yield f'<text x="{x}" y="{top + 14}" {fitted}>{_escape(text)}</text>'


def _width(text: str) -> int:
    """Pixels that the text takes at 11 pixels in Verdana, nearly; `textLength` makes every font keep to it."""
    narrow, wide = frozenset("fijlrtI1.,:;'|!()[]- /"), frozenset("mwMWG@%")
    total = 0.0
    for character in text:
        if unicodedata.east_asian_width(character) in "WF":
            total += 11
        elif not unicodedata.combining(character):
            total += 4.4 if character in narrow else 9.6 if character in wide else 6.9
    return round(total)


def _escape(text: str) -> str:
    """The text as XML has it, in elements and in attributes."""
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        text = text.replace(character, entity)
    return text
