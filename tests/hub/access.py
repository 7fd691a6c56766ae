"""Who asks, what they may have, and how the Hub refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .answers import About, Answer, refusal
from .repositories import Repository

Standing = Literal["none", "accepted", "unknown"]
INVALID_CREDENTIALS = "Invalid credentials in Authorization header"
DISABLED = "Access to this resource is disabled."


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An account: `may_read` names the private and gated repositories open to it; None means all of them."""

    name: str
    may_read: frozenset[str] | None = None

    def reads(self, repository: Repository) -> bool:
        """Whether it was granted access to a private or gated repository."""
        return self.may_read is None or repository.target in self.may_read


def unknown_token(about: About) -> Answer:
    """The answer to a token that was never issued, whatever was asked."""
    return refusal(401, INVALID_CREDENTIALS, about)


def not_found(about: About, user: User | None) -> Answer:
    """A repository that does not exist, or is private to this user: the Hub does not say which.

    The code is sent with the 401 too. The client takes a bare 401 for a missing repository only on https addresses.
    """
    if user is None:
        return refusal(401, "Invalid username or password.", about, "RepoNotFound")
    return refusal(404, "Repository not found", about, "RepoNotFound")


def closed(repository: Repository, user: User | None, about: About) -> Answer | None:
    """The refusal that hides or disables a whole repository; None when it can be seen."""
    if repository.access.private and (user is None or not user.reads(repository)):
        return not_found(about, user)
    if repository.access.disabled:
        return refusal(403, DISABLED, about)
    return None


def gate(repository: Repository, user: User | None, about: About) -> Answer | None:
    """The refusal of a gated repository's files; None when they are open to this user."""
    if not repository.access.gated or about.path in repository.access.public_files:
        return None
    kind = repository.kind.removesuffix("s")
    if user is None:
        message = (
            f"Access to {kind} {repository.id} is restricted. You must have access to it and be authenticated to "
            "access it. Please log in."
        )
        return refusal(401, message, about, "GatedRepo")
    if not user.reads(repository):
        message = f"Access to {kind} {repository.id} is restricted and you are not in the authorized list."
        return refusal(403, message, about, "GatedRepo")
    return None
