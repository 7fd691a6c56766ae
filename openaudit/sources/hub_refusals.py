"""Why the Hub gave no content, in words that say what to do."""

from __future__ import annotations

import httpx2
from huggingface_hub import hf_raise_for_status
from huggingface_hub.errors import (
    DisabledRepoError,
    GatedRepoError,
    HfHubHTTPError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from openaudit.errors import AccessDenied, Damaged, NotFound, SourceError, Unreachable
from openaudit.sources.door import Answer, shown
from openaudit.sources.hub_addresses import Address
from openaudit.vocabulary import TargetKind

_TOLD = frozenset({"x-error-code", "x-error-message", "content-type"})


def check(answer: Answer, where: Address, path: str | None, *, has_token: bool) -> None:
    """Let an answer with content pass, for `path` or for the repository as a whole.

    The library decides what kind of refusal it is; it is given a copy of the answer, because it would read the body
    of the original without a ceiling.

    Raises: SourceError.
    """
    copy = httpx2.Response(
        answer.status,
        headers={name: value for name, value in answer.headers.items() if name.lower() in _TOLD},
        content=answer.body if answer.status >= 400 else b"",
        request=answer.request,
    )
    try:
        hf_raise_for_status(copy)
    except (HfHubHTTPError, AttributeError, TypeError) as error:
        # the last two: the library trips over an error body that is JSON and no object
        raise _explained(error, answer, where, path, has_token) from error
    if answer.request.method == "GET" and answer.status not in (200, 206):
        raise Damaged(f"{shown(answer.url)} answered HTTP {answer.status}, which is no content.")


def _explained(
    error: Exception, answer: Answer, where: Address, path: str | None, has_token: bool
) -> SourceError:
    if isinstance(error, GatedRepoError):
        return _gated(answer.status, where, has_token)
    if isinstance(error, DisabledRepoError):
        return AccessDenied(f"{where.name} was disabled by the Hub.", hint=f"See {where.page}.")
    if isinstance(error, RevisionNotFoundError):
        return NotFound(
            f"{where.name} has no revision {where.revision}.",
            hint=f"Its branches and tags: {where.page}/tree/main.",
        )
    if isinstance(error, RemoteEntryNotFoundError):
        return NotFound(f"{where.name} has no file {path}.")
    if isinstance(error, RepositoryNotFoundError) or answer.status in (401, 404):
        return _missing(answer, where, path, has_token)
    said = _said(answer)
    if answer.status == 403:
        return AccessDenied(
            f"{where.host} denies access to {where.name}{said}.",
            hint="Check the permissions of the token in HF_TOKEN.",
        )
    return Unreachable(
        f"{shown(answer.url)} answered HTTP {answer.status}{said}.",
        hint="Check HF_ENDPOINT, or try again later.",
    )


def _gated(status: int, where: Address, has_token: bool) -> AccessDenied:
    if has_token and status != 401:
        return AccessDenied(
            f"{where.name} is gated, and the token in use has no access.",
            hint=f"Accept the terms at {where.page}, or wait until its authors grant access.",
        )
    return AccessDenied(
        f"{where.name} is gated.",
        hint=f"Log in with `hf auth login` or set HF_TOKEN, and accept the terms at {where.page}.",
    )


def _missing(answer: Answer, where: Address, path: str | None, has_token: bool) -> SourceError:
    """The Hub does not tell a private repository from a missing one, and neither can we."""
    if "invalid credentials" in answer.headers.get("x-error-message", "").lower():
        return AccessDenied(
            f"{where.host} does not accept the token.", hint="Run `hf auth login` again, or unset HF_TOKEN."
        )
    if path is not None and answer.status == 404:
        return NotFound(f"{where.name} has no file {path}.")
    other = f"datasets/{where.id}" if where.kind is TargetKind.MODEL else where.id
    if has_token:
        advice = f"Check the spelling, whether the token may read it, or try {other}."
    else:
        advice = (
            f"Check the spelling, log in with `hf auth login` or HF_TOKEN if it is private, or try {other}."
        )
    return NotFound(f"{where.host} has no {where.type} {where.id}, or it is private.", hint=advice)


def _said(answer: Answer) -> str:
    """What the server says of its refusal, as plain text, or nothing."""
    words = answer.headers.get("x-error-message", "")
    clean = " ".join("".join(c if c.isprintable() else " " for c in words).split())[:160]
    return f' ("{clean}")' if clean else ""
