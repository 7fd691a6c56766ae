"""Text-level clean-up before words are cut: what SPDX's matching guidelines say never matters.

Every step keeps the line breaks, so that a word's line number stays true.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from openaudit.licenses.copyright_notices import without_notices
from openaudit.licenses.decoding import repair_mojibake

_INVISIBLE: Final = re.compile("[\0\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_SIGNS: Final = re.compile("[\u2122\u00ae\u2120]")
_MARKS: Final = re.compile("[\u0300-\u036f]")
_LEFTOVER_MOJIBAKE: Final = re.compile(
    "\u00e2(?:\u20ac.?|\u0080.?|(?=[^\\w]))|\u00c2(?=\\W)|[\u00ef\u00bf\u00bd]{3}"
)
_APOSTROPHE: Final = re.compile(r"'(?<=\w')(?=\w)")
_OTHER_APOSTROPHES: Final = re.compile("[\u2018\u2019\u02bc`\u00b4\u2032]")

_TAG: Final = re.compile(
    r"</?(?:html|head|body|title|meta|link|div|p|br|hr|h[1-6]|span|a|ul|ol|li|dl|dt|dd|b|i|u|em|strong|small|sup|sub"
    r"|tt|code|pre|font|center|blockquote|table|tbody|thead|tr|td|th|section|article|header|footer|main|nav|img"
    r"|script|style|details|summary|abbr|cite|var|samp|kbd|s|strike|mark|button|form|input|label|svg|path)"
    r"\b(?:[^<>\"']|\"[^\"<>]{0,2000}\"|'[^'<>]{0,2000}'){0,200}>|<!doctype[^<>]{0,300}>",
    re.IGNORECASE,
)
_INLINE_TAG: Final = re.compile(
    r"</?(?:span|a|b|i|u|em|strong|small|tt|code|font|abbr|cite|var|samp|kbd|s|mark)\b", re.IGNORECASE
)
_UNREAD_ELEMENT: Final = re.compile(
    r"<(script|style)\b[^<>]{0,500}>.{0,200000}?</\1\s*>", re.IGNORECASE | re.DOTALL
)
_ENTITY: Final = re.compile(r"&(?:[a-z][a-z0-9]{1,10}|#\d{1,6}|#x[0-9a-f]{1,5});", re.IGNORECASE)

_LINK_TARGET: Final = re.compile(r"(?<=[^\s\[])\]\(((?:#|https?:|mailto:|/|\.)[^()]{0,400})\)", re.IGNORECASE)
_SCHEME: Final = re.compile(r"(?:https?|ftp)://(?:www\.)?", re.IGNORECASE)
_WORLD_WIDE: Final = re.compile(r"www\.(?<![\w.@]www\.)(?=\w)", re.IGNORECASE)
_THOUSANDS: Final = re.compile(r",(?<=\d,)(?=\d{3}(?!\d))")
_NUMBER: Final = r"(?:\d{1,2}(?:\.\d{1,2}){0,3}|[a-z]|[ivx]{1,5})"
_NUMBERS: Final = r"((?:\(?" + _NUMBER + r"[.):]{1,3}[\s*_]{1,30}){1,3}|\d{1,2}(?:\.\d{1,2}){1,3}\s)"
_JUNK: Final = r"[\s\v*#/;>|%_-]{0,60}+"
_LIST_NUMBER: Final = re.compile(
    # at the start of a paragraph, behind the end of a sentence or of a list item, or at the start of a line
    r"[\n\v.;:](?:(?:(?<=\n)[ \t*#/;>|%_-]{0,60}+\n|(?<=\v))" + _JUNK + _NUMBERS
    + r"|(?<=[.;:])[\")\]*_\u201d]{0,4}[\s\v]" + _JUNK + r"(?:(?:and|or)\s+)?" + _NUMBERS
    + r"|(?<=\n)[ \t*#/;>|%_-]{0,60}+((?:\(?" + _NUMBER + r"[.)][\s*_]{1,30}){1,3}))",
    re.IGNORECASE,
)  # fmt: skip
_NUMBER_WITH_PARENTHESIS: Final = re.compile(
    r"\((?<!\S\()(?!c\)|s\))(" + _NUMBER + r")\)(?=[\s:,*])|\b(?<=\s)(\d{1,2}|[a-z]|[ivx]{2,5})\)(?=\s)",
    re.IGNORECASE,
)
_KEEPS_ITS_NUMBER: Final = frozenset(
    "section sections version article articles clause clauses license v of than least most to paragraph paragraphs part exhibit appendix"
    " one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen twenty thirty forty fifty sixty ninety"
    " attachment schedule chapter through within".split()
)
_WRAPPED: Final = 45  # a line of so many characters without a stop goes on in the next one


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What to put in place of what is taken out; `\\1` is the thing itself. The index builder wants to know."""

    list_number: str = r" "
    copyright: str = ""
    link: str = " "


NO_SIGNS: Final = Signs()


def clean(text: str, signs: Signs = NO_SIGNS) -> str:
    """Text without markup, entities, mojibake, typography and URL schemes; as many lines as before.

    A vertical tab stands where a paragraph of HTML begins or ends.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", " ").replace("\v", " ")
    if not text.isascii():
        text = _plain_letters(text)
    elif "\0" in text:
        text = text.replace("\0", "")
    if "<" in text and _TAG.search(text):
        text = _TAG.sub(_tag_gap, _UNREAD_ELEMENT.sub(_blank, text))
    if "&" in text and _ENTITY.search(text):
        text = _plain_letters(_ENTITY.sub(_entity, text))
    if "](" in text:
        text = _LINK_TARGET.sub(signs.link, text)
    if "\\" in text:
        text = _escapes(text)
    if "//" in text:
        text = _SCHEME.sub("", text)
    if "www." in text or "WWW." in text:
        text = _WORLD_WIDE.sub("", text)
    text = without_notices(text, signs.copyright)
    if not text.isascii():
        text = _OTHER_APOSTROPHES.sub("'", text)
    if "'" in text:
        text = _APOSTROPHE.sub("", text)
    return _without_list_numbers(_THOUSANDS.sub("", text), signs.list_number)


def _without_list_numbers(text: str, sign: str) -> str:
    """The text without the numbers and letters of lists and clauses; references to clauses keep theirs."""

    def taken_out(match: re.Match[str]) -> str:
        whole = match.group()
        number = match.group(match.lastindex or 0)
        start = match.end() - len(number) if match.re is _LIST_NUMBER else match.start()
        new_paragraph = whole.count("\n") > 1 or whole[0] in ".;:\v"
        if not new_paragraph and _word_before(text, start) in _KEEPS_ITS_NUMBER:
            return whole
        if match.re is _LIST_NUMBER and match.lastindex == 3 and _goes_on(text, match.start()):
            return whole
        gap = "\n" * number.count("\n") or " "
        shown = " ".join(number.replace("(", " ").split())
        head = whole[: len(whole) - len(number)] if match.re is _LIST_NUMBER else ""
        return head + sign.replace("\\1", shown) + gap

    if "(" in text or ")" in text:
        text = _NUMBER_WITH_PARENTHESIS.sub(taken_out, text)
    text = "\n\n" + text  # the start of a text is the start of a paragraph
    return _LIST_NUMBER.sub(taken_out, text)[2:]


def _word_before(text: str, place: int) -> str:
    """The word in front of a place, in lower case."""
    before = text[max(0, place - 60) : place].rstrip(" \t\n\v(*#/;>|%_-")
    start = len(before)
    while start and before[start - 1].isalnum():
        start -= 1
    return before[start:].lower()


def _goes_on(text: str, end: int) -> bool:
    """Whether the line that ends here seems to be wrapped in the middle of a sentence."""
    start = text.rfind("\n", 0, end) + 1
    return end - start >= _WRAPPED and text[end - 1] not in ".;:,)\"'!?"


def _plain_letters(text: str) -> str:
    text = repair_mojibake(text)
    text = _INVISIBLE.sub("", _SIGNS.sub(" ", _LEFTOVER_MOJIBAKE.sub(" ", text)))
    text = (
        text.replace("\u00a9", "(c)").replace("\u24d2", "(c)").replace("\u2028", " ").replace("\u2029", " ")
    )
    text = text.replace("\x85", " ").replace("\u2019", "'")
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text)
    return unicodedata.normalize("NFC", _MARKS.sub("", decomposed))


def _tag_gap(match: re.Match[str]) -> str:
    tag = match.group()
    gap = "\n" * tag.count("\n")
    return gap if _INLINE_TAG.match(tag) else gap + "\v"


def _blank(match: re.Match[str]) -> str:
    return "\n" * match.group().count("\n") or " "


def _entity(match: re.Match[str]) -> str:
    import html  # only files with entities pay for it

    name = match.group().lower()
    if name in ("&nbsp;", "&#160;", "&shy;", "&trade;", "&reg;"):
        return "" if name == "&shy;" else " "
    if name in ("&copy;", "&#169;"):
        return "(c)"
    if name in ("&lsquo;", "&rsquo;", "&apos;", "&#39;", "&#8217;", "&#8216;"):
        return "'"
    return html.unescape(match.group()).replace("\n", " ")


# Markdown escapes (\. \_ \"), and the escapes of a text kept as one JSON or source string.
_STRING_BREAK: Final = re.compile(r"\\[nrt](?![a-z]{2,}\\)")


def _escapes(text: str) -> str:
    if text.count("\\n") > 5 and text.count("\\n") > text.count("\n"):
        return _STRING_BREAK.sub(" ", text)
    return text.replace("\\'", "'")
