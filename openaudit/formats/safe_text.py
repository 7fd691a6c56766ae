"""Text from a repository made fit to show: no control codes, no invisible characters, a bounded length."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, urlsplit

from openaudit.vocabulary import QUOTE_LIMIT, Where

TEXT_LIMIT = 600
"""Characters of a sentence (reason, message, hint) that are shown."""
NAME_LIMIT = 160
"""Characters of a name, path or id that are shown."""

_ANSI = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x9b[0-?]*[ -/]*[@-~]"  # the same with the C1 introducer
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]{0,4096}(?:\x07|\x1b\\|\x9c)"  # OSC, DCS, SOS, PM, APC
    r"|\x1b[ -/]*[0-~]"  # two-character escapes
)
_SPACES = re.compile(r"\s+")
_MARKS_IN_A_ROW = 4
_INVISIBLE = frozenset({"Cc", "Cf", "Cn", "Co"})
BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u034f\u2800")
"""Letters, marks and symbols that print as nothing."""


def clean(text: str, limit: int = TEXT_LIMIT) -> str:
    """One line of visible characters, at most `limit` of them.

    Terminal escapes, C0 and C1 controls, bidirectional overrides, zero-width and tag characters are gone;
    lone surrogates are U+FFFD; white space is single spaces; no letter carries more than four accents.
    """
    text = text[: 4 * limit + 64]
    if text.isascii() and text.isprintable():
        return clip(_SPACES.sub(" ", text).strip(), limit)
    text = _ANSI.sub("", text)
    kept: list[str] = []
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if character.isspace():
            kept.append(" ")
        elif category == "Cs":
            kept.append("\ufffd")
        elif category not in _INVISIBLE and character not in BLANK_LETTERS and marks <= _MARKS_IN_A_ROW:
            kept.append(character)
    return clip(_SPACES.sub(" ", "".join(kept)).strip(), limit)


def clean_quote(text: str) -> str:
    """A quote from a repository, cleaned, at most `QUOTE_LIMIT` characters."""
    return clean(text, QUOTE_LIMIT)


def clean_name(text: str) -> str:
    """A name, path or id, cleaned, at most `NAME_LIMIT` characters."""
    return clean(text, NAME_LIMIT)


def clip(text: str, limit: int) -> str:
    """At most `limit` characters; an ellipsis says that there was more."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def portable(path: str) -> str:
    """A path without the machine that it was read on: of an absolute path only the last part is left."""
    if path.startswith(("/", "\\", "~")) or re.match(r"[A-Za-z]:[\\/]", path):
        return re.split(r"[\\/]", path.rstrip("\\/"))[-1] or "."
    return path


def web_address(url: str | None) -> str | None:
    """The address when it is safe to offer as a link, else None: http or https, a host, no user or password."""
    if not url or len(url) > 2000 or not url.isascii() or re.search(r"[\s\x00-\x1f\x7f<>\"'`\\^{}|]", url):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        return None
    return url


def evidence_link(where: Where, *, url: str | None, revision: str | None) -> str | None:
    """The address where a reader can check a place: the file at the audited revision, at its line, on the Hub.

    None where the place has no safe address. Source: the Hub's `/blob/<revision>/<path>#L<line>` pages.
    """
    if where.url is not None:
        return web_address(where.url)
    base = web_address(url)
    if base is None or not revision or not where.path or len(where.path) > 1000:
        return None
    if where.path.startswith("/") or ".." in where.path.split("/"):
        return None
    try:
        path = quote(where.path, safe="/")
        commit = quote(revision, safe="")
    except UnicodeEncodeError:
        return None
    anchor = ""
    if where.lines is not None:
        first, last = where.lines
        anchor = f"#L{first}" if first == last else f"#L{first}-L{last}"
    return web_address(f"{base.rstrip('/')}/blob/{commit}/{path}{anchor}")
