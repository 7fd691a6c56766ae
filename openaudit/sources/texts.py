"""Bytes that were read, turned into a document: what was lost on the way is said in it."""

from __future__ import annotations

import codecs
import hashlib

from openaudit.vocabulary import Document, Unread

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def document(
    path: str, data: bytes, *, max_bytes: int, url: str | None = None, origin: str | None = None
) -> Document:
    """The document of `data`, cut to `max_bytes`; `data` should hold one byte more where there is more to read.

    UTF-8, or UTF-16 where a byte order mark says so; what is neither is replaced and makes the document `lossy`.
    """
    truncated = len(data) > max_bytes
    data = data[:max_bytes]
    text, lossy = _decode(data, truncated=truncated)
    return Document(
        path=path,
        text=text,
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        truncated=truncated,
        lossy=lossy,
        url=url,
        origin=origin,
    )


def cut_off(read: Document) -> Unread | None:
    """What an audit did not see of a document that was longer than its ceiling."""
    if not read.truncated:
        return None
    return Unread(
        path=place(read.path, read.origin),
        reason="too-large",
        message=f"{read.path} is longer than the {read.size_bytes} bytes that an audit reads; the rest is unseen.",
    )


def place(path: str, origin: str | None) -> str:
    """How an `Unread` names a text: by its path, or `<origin>/<path>` in another repository."""
    return path if origin is None else f"{origin}/{path}"


def _decode(data: bytes, *, truncated: bool) -> tuple[str, bool]:
    encoding = "utf-8"
    for mark, name in _BOMS:
        if data.startswith(mark):
            data, encoding = data[len(mark) :], name
            break
    decoder = codecs.getincrementaldecoder(encoding)
    try:
        return decoder("strict").decode(data, final=not truncated), False
    except UnicodeDecodeError:
        return decoder("replace").decode(data, final=not truncated), True
