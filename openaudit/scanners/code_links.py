"""The code repository that an address leads to."""

from __future__ import annotations

from openaudit.scanners.links import repository_of
from openaudit.vocabulary import Target, TargetKind

_HOSTS = ("github.com", "gitlab.com", "codeberg.org", "bitbucket.org", "gitee.com")


def code_target(url: str) -> Target | None:
    """The repository behind a link; None for what is none."""
    found = repository_of(url, _HOSTS)
    if found is None:
        return None
    return Target(kind=TargetKind.CODE, id="/".join(found), text=url)
