"""Bytes of a licence file to text: byte order marks, NUL bytes, wrong encodings, mojibake."""

import codecs
import re
from typing import Final

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# What UTF-8 punctuation and accents look like after one wrong trip through cp1252 or Latin-1.
_MOJIBAKE: Final = re.compile(
    "[\u00c2-\u00c5][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u2122\u20ac]"
    "|\u00e2[\u0080\u20ac][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u2122]"
    "|[\u00e3-\u00ef][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u2122\u20ac]{2}"
)


def decode(data: bytes) -> str:
    """The text of a file in whatever encoding it seems to be; never raises.

    UTF-8, UTF-16 and UTF-32 are told by their mark or by their NUL bytes, Chinese texts in GB 18030 by
    their share of common characters; what is left is read as Windows-1252.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    if data.count(b"\0", 0, 4096) * 3 > len(data[:4096]):
        little = data[1:4096:2].count(0) >= data[0:4096:2].count(0)
        return data.decode("utf-16-le" if little else "utf-16-be", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_foreign(data)


def _decode_foreign(data: bytes) -> str:
    utf8 = data.decode("utf-8", "replace")
    high = sum(len(run) for run in re.findall(rb"[\x80-\xff]+", data[:100_000]))
    damaged = utf8.count("\ufffd", 0, 100_000)
    if damaged * 4 < high:  # mostly sound UTF-8 with a few broken places
        return utf8
    try:
        chinese = data.decode("gb18030")
    except UnicodeDecodeError:
        chinese = ""
    ideographs = len(re.findall("[\u4e00-\u9fff\u3002\uff0c]", chinese[:50_000]))
    if ideographs > 20 and ideographs * 2 > high * 0.8:
        return chinese
    return data.decode("cp1252", "replace")


def repair_mojibake(text: str) -> str:
    """Undo UTF-8 that was once read as Windows-1252 (`â€™` for an apostrophe).

    >>> repair_mojibake("Licensorâ€™s")
    'Licensor’s'
    """
    if text.isascii():
        return text
    return _MOJIBAKE.sub(_retrip, text)


def _retrip(match: re.Match[str]) -> str:
    raw = bytearray()
    for character in match.group():
        try:
            raw += character.encode("cp1252")
        except UnicodeEncodeError:
            if ord(character) > 0xFF:
                return match.group()
            raw.append(ord(character))
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return match.group()
