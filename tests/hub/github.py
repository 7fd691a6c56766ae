"""GitHub's REST API below `/github`, as far as an audit reads it.

Source: "REST API", https://docs.github.com/en/rest, versions of 2022-11-28: repos, git/trees, contents, licenses.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote

from .access import Standing
from .answers import About, Answer, Ask, Part, json_answer, redirect
from .code import CodeCatalog, CodeRepository
from .content import Content

MAX_INLINE_BYTES = 1_000_000
PUSHED_AT = "2025-01-01T00:00:00Z"
_RAW_TYPES = ("application/vnd.github.raw", "application/vnd.github.v3.raw")


def answer(catalog: CodeCatalog, ask: Ask, standing: Standing, url: str) -> Answer:
    """The answer to a request below `/github`; `url` is the API's base address.

    A path that the tree lists and whose bytes are not at hand is 404 on `/contents`.
    """
    segments = [unquote(segment) for segment in ask.segments[1:] if segment]
    if standing == "unknown":
        return json_answer({"message": "Bad credentials", "status": "401"}, About(part="api"), 401)
    if segments[:1] == ["repositories"] and len(segments) > 1 and segments[1].isdecimal():
        repository, rest, name = catalog.numbered(int(segments[1][:12])), segments[2:], ""
    elif segments[:1] == ["repos"] and len(segments) > 2:
        name, rest = "/".join(segments[1:3]), segments[3:]
        repository = catalog.find(name)
    elif segments == ["rate_limit"]:
        return json_answer({"resources": {}}, About(part="api"))
    else:
        return _not_found(About(part="api"))
    about = _about(repository.name if repository else name, rest)
    moved = catalog.moved(name) if repository is None else None
    if moved is not None:
        return _moved(moved, rest, ask, _about(moved.name, rest), url)
    if repository is None:
        return _not_found(about)
    endpoint = _ENDPOINTS.get("/".join(rest[:2]) if rest[:1] == ["git"] else rest[0] if rest else "")
    if endpoint is None:
        return _not_found(about)
    return endpoint(repository, rest, ask, about, url)


def _about(name: str, rest: list[str]) -> About:
    parts: dict[str, Part] = {"": "info", "git": "tree"}
    path = "/".join(rest[1:]) if rest[:1] == ["contents"] else ""
    part: Part = "file" if path else parts.get(rest[0] if rest else "", "api")
    return About(target=f"github/{name}", part=part, path=path)


def _not_found(about: About, message: str = "Not Found") -> Answer:
    documentation = "https://docs.github.com/rest"
    return json_answer({"message": message, "documentation_url": documentation, "status": "404"}, about, 404)


def _moved(repository: CodeRepository, rest: list[str], ask: Ask, about: About, url: str) -> Answer:
    """GitHub sends old names to the address by number, which never changes."""
    path = "/".join([f"repositories/{repository.id}", *(quote(part) for part in rest)])
    query = "?" + ask.target.partition("?")[2] if "?" in ask.target else ""
    location = f"{url}/{path}{query}"
    message = json_answer({"message": "Moved Permanently", "url": location}, about, 301)
    return redirect(301, location, about).with_headers(*message.headers)


def _repository(repository: CodeRepository, rest: list[str], ask: Ask, about: About, url: str) -> Answer:
    owner, _, name = repository.name.partition("/")
    payload: dict[str, Any] = {
        "id": repository.id,
        "name": name,
        "full_name": repository.name,
        "private": False,
        "owner": {"login": owner, "type": "Organization"},
        "html_url": f"https://github.com/{repository.name}",
        "description": None,
        "fork": False,
        "url": f"{url}/repos/{repository.name}",
        "size": sum(size or 0 for size in repository.sizes.values()) // 1024,
        "default_branch": repository.default_branch,
        "archived": False,
        "disabled": False,
        "pushed_at": PUSHED_AT,
        "created_at": PUSHED_AT,
        "license": repository.license,
    }
    return json_answer(payload | dict(repository.github), about)


def _trees(repository: CodeRepository, rest: list[str], ask: Ask, about: About, url: str) -> Answer:
    ref = "/".join(rest[2:])
    if not repository.sizes:
        return json_answer({"message": "Git Repository is empty.", "status": "409"}, about, 409)
    if not repository.has_ref(ref):
        return _not_found(about)
    # GitHub takes any value of `recursive`, also "0", for yes.
    paths = _all_paths(repository) if "recursive" in ask.query else list(repository.folders[""])
    payload = {
        "sha": repository.commit,
        "url": f"{url}/repos/{repository.name}/git/trees/{repository.commit}",
        "tree": [_tree_row(repository, path, url) for path in paths],
        "truncated": repository.is_truncated,
    }
    return json_answer(payload, about)


def _all_paths(repository: CodeRepository) -> list[str]:
    return sorted({*repository.sizes, *repository.folders} - {""})


def _tree_row(repository: CodeRepository, path: str, url: str) -> dict[str, Any]:
    size = repository.sizes.get(path)
    row: dict[str, Any] = {"path": path, "mode": "100644", "type": "blob", "sha": repository.blob_id(path)}
    if path not in repository.sizes:
        return row | {"mode": "040000", "type": "tree"}
    if size is None:
        return row | {"mode": "160000", "type": "commit"}
    return row | {"size": size, "url": f"{url}/repos/{repository.name}/git/blobs/{row['sha']}"}


def _commits(repository: CodeRepository, rest: list[str], ask: Ask, about: About, url: str) -> Answer:
    ref = "/".join(rest[1:]) or repository.default_branch
    if not repository.has_ref(ref):
        return _not_found(about, f"No commit found for SHA: {ref}")
    author = {"name": repository.name.partition("/")[0], "date": PUSHED_AT}
    commit = {
        "sha": repository.commit,
        "commit": {"message": "Upload", "author": author, "committer": author},
    }
    return json_answer(commit if rest[1:] else [commit], about)


def _contents(repository: CodeRepository, rest: list[str], ask: Ask, about: About, url: str) -> Answer:
    ref = ask.query.get("ref", (repository.default_branch,))[0]
    if not repository.has_ref(ref):
        return _not_found(about, f"No commit found for the ref {ref}")
    path = "/".join(rest[1:])
    if path in repository.folders:
        rows = [_content_row(repository, child, url) for child in repository.folders[path]]
        return json_answer(rows, about)
    return _file(repository, path, ask, about, url)


def _readme(repository: CodeRepository, rest: list[str], ask: Ask, about: About, url: str) -> Answer:
    path = repository.root_file("readme")
    return _not_found(about) if path is None else _file(repository, path, ask, about, url)


def _license(repository: CodeRepository, rest: list[str], ask: Ask, about: About, url: str) -> Answer:
    path = repository.root_file("license")
    if path is None:
        return _not_found(about)
    return _file(repository, path, ask, about, url, {"license": repository.license})


def _file(
    repository: CodeRepository,
    path: str,
    ask: Ask,
    about: About,
    url: str,
    more: dict[str, Any] | None = None,
) -> Answer:
    content = repository.contents.get(path)
    if content is None:
        return _not_found(about)
    about = About(target=about.target, part="file", path=path)
    accepted = ask.headers.get("accept", "")
    if any(kind in accepted for kind in _RAW_TYPES):
        kind = ("Content-Type", "application/vnd.github.raw+json; charset=utf-8")
        return Answer(status=200, headers=(kind,), body=content, about=about)
    row = _content_row(repository, path, url) | _inline(content)
    return json_answer(row | (more or {}), about)


def _inline(content: Content) -> dict[str, str]:
    if content.size_bytes > MAX_INLINE_BYTES:
        return {"content": "", "encoding": "none"}
    data = base64.encodebytes(content.read(0, content.size_bytes)).decode()
    return {"content": data, "encoding": "base64"}


def _content_row(repository: CodeRepository, path: str, url: str) -> dict[str, Any]:
    size = repository.sizes.get(path, 0)
    is_folder = path not in repository.sizes
    address = f"{url}/repos/{repository.name}/contents/{quote(path)}?ref={repository.default_branch}"
    return {
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": repository.blob_id(path),
        "size": size or 0,
        "url": address,
        "html_url": f"https://github.com/{repository.name}/blob/{repository.default_branch}/{quote(path)}",
        "type": "dir" if is_folder else "submodule" if size is None else "file",
        "download_url": None,
    }


_ENDPOINTS: dict[str, Callable[[CodeRepository, list[str], Ask, About, str], Answer]] = {
    "": _repository,
    "git/trees": _trees,
    "commits": _commits,
    "contents": _contents,
    "readme": _readme,
    "license": _license,
}
