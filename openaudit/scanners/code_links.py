"""The code repository that an address leads to."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from openaudit.vocabulary import Target, TargetKind

_HOSTS = frozenset(
    {
        "github.com",
        "gitlab.com",
        "codeberg.org",
        "bitbucket.org",
        "gitee.com",
        "git.sr.ht",
        "salsa.debian.org",
    }
)
_NESTED = frozenset({"gitlab.com", "salsa.debian.org"})
"""Hosts where a repository may lie in groups within groups; `/-/` ends its path."""
_NOT_OWNERS = frozenset(
    {
        *(
            "about",
            "account",
            "api",
            "apps",
            "blog",
            "collections",
            "contact",
            "customer-stories",
            "dashboard",
        ),
        *("enterprise", "events", "explore", "features", "gist", "gists", "groups", "help", "issues", "join"),
        *(
            "login",
            "logout",
            "marketplace",
            "new",
            "notifications",
            "organizations",
            "orgs",
            "pricing",
            "pulls",
        ),
        *("readme", "search", "security", "settings", "signup", "site", "snippets", "solutions", "sponsors"),
        *("stars", "support", "team", "topics", "trending", "user-attachments", "users", "welcome", "wiki"),
    }
)
_NOT_CODE = re.compile(
    r"(?:/-)?/(?:issues?|discussions?|pulls?|pull-requests|merge_requests|releases?|stargazers|watchers|network|wikis?"
    r"|actions|workflows|projects|packages|security|pulse|graphs|labels|milestones|commits?|compare|tags)(?:/|$)"
    r"|\.(?:png|jpe?g|gif|svg|webp|pdf|mp4)$",
    re.IGNORECASE,
)
_PART = re.compile(r"(?!\.\.?$)[\w.-]{1,100}")
_HOST = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}")
_GROUPS = 6
_LONGEST = 2_000


def code_target(url: str) -> Target | None:
    """The repository behind a link, as `host/owner/name`; None for what is none (an issue, a gist, an account, a badge).

    Known hosts are taken by their addresses, any other by an address that ends in `.git`. A branch, tag or commit that
    the address names (`/tree/v1.0`) becomes the revision, save `main` and `master`, which mean the newest.
    """
    found = _address(url)
    if found is None:
        return None
    host, parts = found
    if host not in _HOSTS and not any(part.endswith(".git") for part in parts):
        return None
    if parts[0].lower() in _NOT_OWNERS or _NOT_CODE.search("/" + "/".join(parts[2:])):
        return None
    path, rest = _split(host, parts)
    names = [*path[:-1], path[-1].rstrip(".").removesuffix(".git")] if path else []
    if len(names) < 2 or not all(_PART.fullmatch(name.removeprefix("~")) for name in names):
        return None
    return Target(
        kind=TargetKind.CODE, id=f"{host}/{'/'.join(names)}", revision=_revision(rest), text=url[:_LONGEST]
    )


def _address(url: str) -> tuple[str, list[str]] | None:
    """Host and path of a web address or of `git@host:path`; None for anything else."""
    url = url.strip()[:_LONGEST].removeprefix("git+")
    if url.startswith("git@"):
        url = "https://" + url[4:].replace(":", "/", 1)
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
        has_port = parts.port is not None
    except ValueError:
        return None
    host = (parts.hostname or "").removeprefix("www.")
    if parts.scheme not in ("http", "https", "git", "ssh") or has_port or not _HOST.fullmatch(host):
        return None
    pieces = [unquote(piece) for piece in parts.path.split("/") if piece]
    return (host, pieces) if pieces else None


def _split(host: str, parts: list[str]) -> tuple[list[str], list[str]]:
    """The parts that name the repository, and those behind them."""
    if "-" in parts[2:]:
        end = parts.index("-", 2)
        return parts[:end], parts[end + 1 :]
    marked = next((i for i, part in enumerate(parts) if part.endswith(".git") and i > 0), None)
    if marked is not None:
        return parts[: marked + 1], parts[marked + 1 :]
    if host in _NESTED:
        inside = next((i for i, part in enumerate(parts) if part in ("tree", "blob", "raw") and i > 1), None)
        end = min(len(parts), _GROUPS) if inside is None else inside
        return parts[:end], parts[end:]
    return parts[:2], parts[2:]


def _revision(rest: list[str]) -> str | None:
    if len(rest) < 2 or rest[0] not in ("tree", "blob", "raw", "src"):
        return None
    name = rest[2] if rest[1] in ("branch", "tag", "commit") and len(rest) > 2 else rest[1]
    return (
        name if name not in ("main", "master", "HEAD") and re.fullmatch(r"[\w][\w.+-]{0,99}", name) else None
    )
