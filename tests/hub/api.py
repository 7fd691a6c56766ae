"""The Hub's API: info, tree, paths, refs, commits, access check, listings, who am I."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlencode

from . import payloads
from .access import User, closed, gate, not_found
from .answers import About, Answer, Ask, Part, json_answer, redirect, refusal
from .repositories import Catalog, Kind, Repository, Revision, target_of

TREE_PAGE = 1000
TREE_PAGE_EXPANDED = 50
LIST_PAGE = 1000
_AFTER_THE_ID = frozenset(
    [
        "revision",
        "tree",
        "paths-info",
        "refs",
        "commits",
        "auth-check",
        "safetensors-metadata",
        "resolve",
        "treesize",
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An API request for one repository, resolved as far as the repository."""

    ask: Ask
    user: User | None
    repository: Repository
    rest: tuple[str, ...]
    about: About
    url: str


def answer(catalog: Catalog, ask: Ask, user: User | None, url: str) -> Answer:
    """The answer to a request below `/api/`; `url` is the Hub's own address, for links to the next page."""
    head = ask.segments[1] if len(ask.segments) > 1 else ""
    if head == "whoami-v2":
        return _whoami(user)
    kinds: dict[str, Kind] = {"models": "models", "datasets": "datasets"}
    if head not in kinds:
        return refusal(404, "Sorry, we can't find the page you are looking for.", About(part="api"))
    segments = tuple(segment for segment in ask.segments[2:] if segment)
    if not segments:
        return _list(catalog, ask, user, kinds[head], url)
    return _about_one(catalog, ask, user, kinds[head], segments, url)


def _about_one(
    catalog: Catalog, ask: Ask, user: User | None, kind: Kind, segments: tuple[str, ...], url: str
) -> Answer:
    parts = 1 if len(segments) == 1 or segments[1] in _AFTER_THE_ID else 2
    repo_id = "/".join(unquote(segment) for segment in segments[:parts])
    rest = segments[parts:]
    what = rest[0] if rest else "info"
    part: Part = "info" if what in ("info", "revision") else "tree" if what == "tree" else "api"
    about = About(target=target_of(kind, repo_id), part=part)
    repository = catalog.find(kind, repo_id)
    moved = repository.access.redirect_to if repository else catalog.canonical_id(kind, repo_id)
    if moved is not None:
        query = "?" + ask.target.partition("?")[2] if "?" in ask.target else ""
        return redirect(307, "/".join(("/api", kind, moved, *rest)) + query, about)
    if repository is None:
        return not_found(about, user)
    refused = closed(repository, user, about)
    endpoint = _ENDPOINTS.get(what)
    if refused is not None:
        return refused
    if endpoint is None:
        return refusal(404, "Sorry, we can't find the page you are looking for.", about)
    return endpoint(Asked(ask=ask, user=user, repository=repository, rest=rest[1:], about=about, url=url))


def take_revision(rest: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The revision's name at the start of path segments, and the segments after it; `refs/pr/1` may be unencoded."""
    if not rest:
        return "main", ()
    if rest[0] == "refs" and len(rest) >= 3 and rest[1] in ("pr", "convert", "heads", "tags"):
        return unquote("/".join(rest[:3])), rest[3:]
    return unquote(rest[0]), rest[1:]


def _missing_revision(asked: Asked, name: str) -> Answer:
    return refusal(404, f"Invalid rev id: {name}", asked.about, "RevisionNotFound")


def _info(asked: Asked) -> Answer:
    name, _ = take_revision(asked.rest)
    revision = asked.repository.revision(name)
    if revision is None:
        return _missing_revision(asked, name)
    wanted = frozenset(asked.ask.query.get("expand", ()) + asked.ask.query.get("expand[]", ()))
    unknown = wanted - payloads.properties_of(asked.repository)
    with_blobs, with_security = asked.ask.says("blobs"), asked.ask.says("securityStatus")
    if unknown:
        return refusal(400, f'"expand" must not be {", ".join(sorted(unknown))}', asked.about)
    if wanted and (with_blobs or with_security):
        return refusal(400, '"expand" conflicts with "blobs" and "securityStatus"', asked.about)
    if wanted:
        payload = payloads.expanded(asked.repository, revision, wanted)
    else:
        payload = payloads.info(
            asked.repository, revision, with_blobs=with_blobs, with_security=with_security
        )
    return json_answer(payload, asked.about)


def _tree(asked: Asked) -> Answer:
    name, rest = take_revision(asked.rest)
    revision = asked.repository.revision(name)
    if revision is None:
        return _missing_revision(asked, name)
    folder = unquote("/".join(rest)).strip("/")
    if folder not in revision.folders:
        headers = (("X-Repo-Commit", revision.sha),)
        return refusal(404, f'{folder} does not exist on "{name}"', asked.about, "EntryNotFound", headers)
    expand = asked.ask.says("expand")
    paths = _below(revision, folder) if asked.ask.says("recursive") else list(revision.folders[folder])
    size = min(asked.ask.number("limit", TREE_PAGE), TREE_PAGE_EXPANDED if expand else TREE_PAGE) or 1
    page, link = _page(asked.ask, paths, size, asked.url)
    rows = [payloads.tree_entry(revision, path, expand=expand) for path in page]
    return json_answer(rows, asked.about, headers=(*link, ("X-Repo-Commit", revision.sha)))


def _below(revision: Revision, folder: str) -> list[str]:
    """Every path below a folder, each folder before what is in it."""
    found: list[str] = []
    waiting = list(reversed(revision.folders[folder]))
    while waiting:
        path = waiting.pop()
        found.append(path)
        waiting.extend(reversed(revision.folders.get(path, ())))
    return found


def _page(ask: Ask, rows: list[Any], size: int, url: str) -> tuple[list[Any], tuple[tuple[str, str], ...]]:
    """One page of the rows and the `Link` to the next; the cursor is the row that it starts with."""
    start = ask.number("cursor", 0)
    if start + size >= len(rows):
        return rows[start : start + size], ()
    query = [(name, value) for name, values in ask.query.items() if name != "cursor" for value in values]
    path = ask.target.partition("?")[0]
    following = f"{url}{path}?{urlencode([*query, ('cursor', str(start + size))])}"
    return rows[start : start + size], (("Link", f'<{following}>; rel="next"'),)


def _paths_info(asked: Asked) -> Answer:
    name, _ = take_revision(asked.rest)
    revision = asked.repository.revision(name)
    if revision is None:
        return _missing_revision(asked, name)
    expand = asked.ask.says("expand")
    known = [
        path.strip("/")
        for path in asked.ask.form.get("paths", ())
        if path.strip("/") in revision.entries or path.strip("/") in revision.folders
    ]
    rows = [payloads.tree_entry(revision, path, expand=expand) for path in dict.fromkeys(known) if path]
    return json_answer(rows, asked.about)


def _refs(asked: Asked) -> Answer:
    rows: dict[str, list[dict[str, str]]] = {"branches": [], "tags": [], "converts": []}
    if asked.ask.says("include_prs"):
        rows["pullRequests"] = []
    for name, revision in asked.repository.revisions.items():
        if name.startswith("refs/"):
            if name.startswith("refs/pr/") and "pullRequests" in rows:
                rows["pullRequests"].append({"name": name, "ref": name, "targetCommit": revision.sha})
            continue
        kind, prefix = ("tags", "refs/tags") if revision.is_tag else ("branches", "refs/heads")
        rows[kind].append({"name": name, "ref": f"{prefix}/{name}", "targetCommit": revision.sha})
    return json_answer(rows, asked.about)


def _commits(asked: Asked) -> Answer:
    name, _ = take_revision(asked.rest)
    revision = asked.repository.revision(name)
    if revision is None:
        return _missing_revision(asked, name)
    return json_answer(payloads.commits(asked.repository, revision), asked.about)


def _auth_check(asked: Asked) -> Answer:
    return gate(asked.repository, asked.user, asked.about) or json_answer({}, asked.about)


def _safetensors_metadata(asked: Asked) -> Answer:
    path = unquote("/".join(asked.rest))
    refused = gate(asked.repository, asked.user, asked.about)
    if refused is not None:
        return refused
    payload = payloads.safetensors_index(asked.repository.revisions["main"], path)
    if payload is None:
        return refusal(404, f"{path}: no index of safetensors", asked.about, "EntryNotFound")
    return json_answer(payload, asked.about)


def _whoami(user: User | None) -> Answer:
    about = About(part="api")
    if user is None:
        return refusal(401, "Invalid username or password.", about)
    token = {"accessToken": {"displayName": "test", "role": "read"}, "type": "access_token"}
    return json_answer({"type": "user", "name": user.name, "orgs": [], "auth": token}, about)


def _list(catalog: Catalog, ask: Ask, user: User | None, kind: Kind, url: str) -> Answer:
    """`GET /api/models` and `/api/datasets`, as far as the client's parameters go."""
    visible = (
        repository
        for repository in catalog.all(kind)
        if repository.access.redirect_to is None and closed(repository, user, About()) is None
    )
    rows = [repository for repository in visible if _matches(repository, ask)]
    key = ask.query.get("sort", ("",))[0]
    if key in ("downloads", "likes", "lastModified", "createdAt", "trendingScore"):
        wanted_key = frozenset({key})
        rows.sort(
            key=lambda each: payloads.listed(each, wanted_key, in_full=False, with_card=False)[key],
            reverse=True,
        )
    size = min(ask.number("limit", LIST_PAGE), LIST_PAGE) or 1
    page, headers = _page(ask, rows, size, url)
    wanted = frozenset(ask.query.get("expand", ()))
    shown = [
        payloads.listed(repository, wanted, in_full=ask.says("full"), with_card=ask.says("cardData"))
        for repository in page
    ]
    return json_answer(shown, About(part="api"), headers=headers)


def _matches(repository: Repository, ask: Ask) -> bool:
    author = ask.query.get("author", ("",))[0]
    if author and repository.id.rpartition("/")[0] != author:
        return False
    if any(text.lower() not in repository.id.lower() for text in ask.query.get("search", ())):
        return False
    if ask.query.get("gated") and ask.says("gated") != bool(repository.access.gated):
        return False
    wanted = ask.query.get("filter", ()) + ask.query.get("pipeline_tag", ())
    if not wanted:
        return True
    row = payloads.listed(repository, frozenset({"tags", "pipeline_tag"}), in_full=False, with_card=False)
    tags = {*(row.get("tags") or ()), row.get("pipeline_tag")}
    return all(tag in tags for each in wanted for tag in each.split(","))


_ENDPOINTS: dict[str, Callable[[Asked], Answer]] = {
    "info": _info,
    "revision": _info,
    "tree": _tree,
    "paths-info": _paths_info,
    "refs": _refs,
    "commits": _commits,
    "auth-check": _auth_check,
    "safetensors-metadata": _safetensors_metadata,
}
