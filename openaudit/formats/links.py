"""Where a reader can check a place: addresses of lines on the Hub, GitHub and their like, at the audited revision."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit, urlunsplit

from openaudit.formats.safe_text import evidence_link, web_address
from openaudit.vocabulary import Where

_PAGE = re.compile(
    r"^(?P<home>/.+?)/(?:-/)?(?P<view>blob|resolve|raw)/(?P<revision>[^/]+)/(?P<path>.+)$", re.DOTALL
)
_RAW_HOST = "raw.githubusercontent.com"
_KEPT = "/%:@!$&'()*+,;=~-._"
"""What an address may hold as it stands: an escape is not escaped again."""
_PATH_LIMIT = 1000


def line_link(where: Where, *, url: str | None, revision: str | None) -> str | None:
    """The address of a place, with its lines where the page has lines: the file of the repository `url` at `revision`,
    or the place's own address. None where that would not be http(s) or would name another path than it says.

    Source: `/blob/<revision>/<path>#L<first>-L<last>` of the Hub, GitHub, and (with `-<last>`) GitLab.
    """
    if where.url is None:
        return evidence_link(where, url=url, revision=revision)
    address = page_address(where.url)
    if address is None:
        return None
    parts = urlsplit(address)
    if parts.fragment or where.lines is None or "/blob/" not in parts.path:
        return address
    return web_address(address + _anchor(where.lines, gitlab="/-/blob/" in parts.path))


def page_address(url: str) -> str | None:
    """An address as a page that people read: files as `blob` pages, their paths percent-encoded; None where unsafe."""
    try:
        parts = urlsplit(url)
        path, netloc = parts.path, parts.netloc
        raw = path.split("/")
        if netloc.lower() == _RAW_HOST and len(raw) > 4:
            netloc, path = "github.com", "/".join([*raw[:3], "blob", *raw[3:]])
        match = _PAGE.match(path)
        if re.search(r"[\x00-\x1f\x7f]", url) or len(path) > _PATH_LIMIT:
            return None
        if match is not None:
            if ".." in match["path"].split("/"):
                return None
            path = _blob_page(match, path)
        return web_address(urlunsplit((parts.scheme, netloc, path, parts.query, parts.fragment)))
    except (ValueError, UnicodeEncodeError):
        return None


def _blob_page(match: re.Match[str], path: str) -> str:
    view = path[match.start("view") : match.end("view")]
    middle = path[match.end("home") : match.start("view")]
    page = "blob" if view in ("resolve", "raw") else view
    return "".join(
        (
            quote(match["home"], safe=_KEPT),
            middle,
            page,
            "/",
            quote(match["revision"], safe=_KEPT),
            "/",
            quote(match["path"], safe=_KEPT),
        )
    )


def _anchor(lines: tuple[int, int], *, gitlab: bool) -> str:
    first, last = lines
    if first == last:
        return f"#L{first}"
    return f"#L{first}-{last}" if gitlab else f"#L{first}-L{last}"
