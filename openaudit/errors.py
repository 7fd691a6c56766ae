"""Everything openaudit raises on purpose.

OpenAuditError
├── TargetError        what the user named is nothing we can audit                      exit 2
├── PolicyError        a rule, policy or config file is wrong; file, line and key path  exit 2
├── LicenseError       a license expression cannot be parsed; scanners turn it into evidence
└── SourceError        the target, or a part of it, could not be read                   exit 3
    ├── NotFound       no such repository, revision, file or folder
    ├── AccessDenied   gated, private, disabled, or a token that is not accepted
    ├── TooLarge       more bytes than the ceiling of this read
    ├── TimedOut       no complete answer within the time ceiling
    ├── RateLimited    the server asks for a longer pause than we wait
    ├── OverBudget     one text more than an audit makes requests for
    ├── Unreachable    no connection, or offline and not in the cache
    └── Damaged        an answer that is not what it says it is
"""

from __future__ import annotations

from typing import ClassVar


class OpenAuditError(Exception):
    """Base of all errors raised on purpose; `hint` says what the reader can do about it."""

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class TargetError(OpenAuditError):
    """The user's words name no target."""

    exit_code: ClassVar[int] = 2


class PolicyError(OpenAuditError):
    """A YAML file of rules, policy or configuration is wrong at a known place."""

    exit_code: ClassVar[int] = 2

    def __init__(
        self, message: str, *, file: str = "", line: int | None = None, key_path: str = "", hint: str = ""
    ) -> None:
        place = file + (f":{line}" if line is not None else "")
        super().__init__(": ".join(part for part in (place, key_path, message) if part), hint=hint)
        self.file = file
        self.line = line
        self.key_path = key_path


class LicenseError(OpenAuditError):
    """A license expression cannot be parsed."""

    exit_code: ClassVar[int] = 2


class SourceError(OpenAuditError):
    """The target, or one file of it, could not be read; `reason` is the word reports use for it."""

    reason: ClassVar[str] = "unreadable"


class NotFound(SourceError):
    """No such repository, revision, file or folder."""

    reason: ClassVar[str] = "not-found"


class AccessDenied(SourceError):
    """Gated, private or disabled, or the token is not accepted."""

    reason: ClassVar[str] = "access-denied"


class TooLarge(SourceError):
    """The answer is longer than the byte ceiling of this read."""

    reason: ClassVar[str] = "too-large"


class TimedOut(SourceError):
    """No complete answer within the time ceiling."""

    reason: ClassVar[str] = "timed-out"


class RateLimited(SourceError):
    """The server asks for a longer pause than an audit waits."""

    reason: ClassVar[str] = "rate-limited"


class OverBudget(SourceError):
    """One text more than an audit of one target makes requests for."""

    reason: ClassVar[str] = "over-budget"


class Unreachable(SourceError):
    """No connection to the server, or offline and nothing in the cache."""

    reason: ClassVar[str] = "unreachable"


class Damaged(SourceError):
    """The answer is not what it says it is: truncated, malformed, or a login page."""

    reason: ClassVar[str] = "damaged"
