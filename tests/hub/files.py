"""Files: `/{id}/resolve/{revision}/{path}` on the Hub, and the storage host where large files lie."""

from __future__ import annotations

import hashlib
import hmac
import re
from urllib.parse import quote, unquote

from .access import User, closed, gate, not_found
from .answers import About, Answer, Ask, redirect, refusal
from .api import take_revision
from .content import Content, Window
from .repositories import Catalog, Entry, Kind, Revision, target_of

_TYPES = {
    ".json": "application/json",
    ".md": "text/plain; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}
_RANGE = re.compile(r"bytes=(\d{0,20})-(\d{0,20})\s*$")
_SIGNING_KEY = b"the storage of the localhost Hub"


def answer(catalog: Catalog, ask: Ask, user: User | None, storage_url: str) -> Answer:
    """The answer to a request outside `/api/`: a file, or 404 for any page."""
    segments = tuple(segment for segment in ask.segments if segment)
    kind: Kind = "datasets" if segments[:1] == ("datasets",) else "models"
    if kind == "datasets":
        segments = segments[1:]
    # The first "resolve" after a one- or two-part id; a path may hold another.
    parts = next((index for index in (1, 2) if segments[index : index + 1] == ("resolve",)), 0)
    if not parts or len(segments) < parts + 3:
        return refusal(404, "Sorry, we can't find the page you are looking for.", About(part="page"))
    repo_id = "/".join(unquote(segment) for segment in segments[:parts])
    return _resolve(catalog, ask, user, kind, repo_id, segments[parts + 1 :], storage_url)


def _resolve(
    catalog: Catalog,
    ask: Ask,
    user: User | None,
    kind: Kind,
    repo_id: str,
    rest: tuple[str, ...],
    storage_url: str,
) -> Answer:
    name, path_segments = take_revision(rest)
    about = About(target=target_of(kind, repo_id), part="file", path=unquote("/".join(path_segments)))
    repository = catalog.find(kind, repo_id)
    moved = repository.access.redirect_to if repository else catalog.canonical_id(kind, repo_id)
    if moved is not None:
        prefix = "" if kind == "models" else f"/{kind}"
        return redirect(307, f"{prefix}/{moved}/resolve/{'/'.join(rest)}", about)
    if repository is None:
        return not_found(about, user)
    refused = closed(repository, user, about) or gate(repository, user, about)
    if refused is not None:
        return refused
    revision = repository.revision(name)
    if revision is None:
        return refusal(404, f"Invalid rev id: {name}", about, "RevisionNotFound")
    entry = revision.entries.get(about.path)
    commit = ("X-Repo-Commit", revision.sha)
    if entry is None or entry.content is None:
        return refusal(404, "Entry not found", about, "EntryNotFound", (commit,))
    if entry.is_lfs:
        return _to_storage(entry, entry.content, revision, about, storage_url)
    headers = (*_file_headers(entry.path), ("ETag", f'"{entry.blob_id}"'), commit)
    return _ranged(ask, entry.content, headers, about)


def _to_storage(entry: Entry, content: Content, revision: Revision, about: About, storage_url: str) -> Answer:
    """The redirect to the other host; the file's metadata is on this answer, as the client expects."""
    path = f"{about.target}/{revision.sha}/{entry.path}"
    location = f"{storage_url}/{quote(path)}?Signature={sign(path)}"
    headers = (
        ("X-Repo-Commit", revision.sha),
        ("X-Linked-Size", str(content.size_bytes)),
        ("X-Linked-Etag", f'"{entry.sha256}"'),
        ("ETag", f'"{entry.sha256}"'),
        ("Accept-Ranges", "bytes"),
    )
    return redirect(302, location, about, headers)


def sign(path: str) -> str:
    """What proves to the storage host that the Hub sent the client: knowing it is having access."""
    return hmac.new(_SIGNING_KEY, path.encode(), hashlib.sha256).hexdigest()


def storage_answer(catalog: Catalog, ask: Ask) -> Answer:
    """The storage host's answer to `/{target}/{sha}/{path}?Signature=`; it knows nothing of tokens."""
    path = "/".join(unquote(segment) for segment in ask.segments)
    if ask.query.get("Signature", ("",))[0] != sign(path):
        return refusal(403, "SignatureDoesNotMatch", About(part="storage"))
    parts = path.split("/")
    kind: Kind = "datasets" if parts[0] == "datasets" else "models"
    parts = parts[1:] if kind == "datasets" else parts
    for id_parts in (1, 2):
        repository = catalog.find(kind, "/".join(parts[:id_parts]))
        revision = repository.revision(parts[id_parts]) if repository and len(parts) > id_parts else None
        entry = revision.entries.get("/".join(parts[id_parts + 1 :])) if revision else None
        if repository is not None and entry is not None and entry.content is not None:
            about = About(target=repository.target, part="storage", path=entry.path)
            headers = (*_file_headers(entry.path), ("ETag", f'"{entry.sha256}"'))
            return _ranged(ask, entry.content, headers, about)
    return refusal(404, "NoSuchKey", About(part="storage"))


def _file_headers(path: str) -> tuple[tuple[str, str], ...]:
    suffix = path[path.rfind(".") :] if "." in path else ""
    name = quote(path.rpartition("/")[2])
    return (
        ("Content-Type", _TYPES.get(suffix, "application/octet-stream")),
        ("Content-Disposition", f"inline; filename*=UTF-8''{name}; filename=\"{name}\";"),
        ("Accept-Ranges", "bytes"),
    )


def _ranged(ask: Ask, content: Content, headers: tuple[tuple[str, str], ...], about: About) -> Answer:
    """The whole file, or the part that `Range` names: 206, 416 outside the file; several ranges at once get the whole.

    Source: RFC 9110, sections 13.1.2 (If-None-Match) and 14 (Range Requests).
    """
    whole = Answer(status=200, headers=headers, body=content, about=about)
    etag = whole.header("ETag")
    if etag is not None and etag in ask.headers.get("if-none-match", ""):
        return Answer(status=304, headers=headers, about=about)
    asked = ask.headers.get("range", "")
    match = _RANGE.match(asked)
    if match is None or not (match[1] or match[2]):
        return whole
    size = content.size_bytes
    if not match[1]:
        start, stop = max(0, size - int(match[2])), size
    else:
        start, stop = int(match[1]), min(int(match[2]) + 1, size) if match[2] else size
    if match[1] and match[2] and int(match[2]) < start:
        return whole
    if start >= stop:
        outside = ("Content-Range", f"bytes */{size}")
        return refusal(416, f"Requested range not satisfiable: {asked}", about, headers=(outside,))
    part = ("Content-Range", f"bytes {start}-{stop - 1}/{size}")
    body = Window(content, start, stop)
    return Answer(status=206, headers=(*headers, part), body=body, about=about)
