"""What the check passes on: the references found, what is wrong with each model, and what was waived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from openaudit.vocabulary import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One place in a code base that names a model or dataset.

    `target` is as `scan` takes it (`org/name`, `datasets/org/name`, `ollama:name:tag`, a path below the root); `path` is
    below the root with forward slashes, `line` and `column` count from 1; `how` is the call, command or key that uses it;
    `revision` is as written, `guessed` whether the id was inferred and not written out.
    """

    target: str
    kind: Literal["model", "dataset", "file", "ollama"]
    path: str
    line: int
    column: int = 1
    how: str
    revision: str | None = None
    guessed: bool = False
    quote: str = ""

    @property
    def pinned(self) -> bool:
        """Whether the revision is a full commit hash: a branch or tag can move."""
        revision = self.revision or ""
        return len(revision) == 40 and all(c in "0123456789abcdef" for c in revision.lower())


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One way in which a model does not meet the policy or the lock file.

    `rule` is stable (`minimum-level`, `licenses/deny`, `deny-terms/non-commercial`, `require/pinned-revision`,
    `conditions/<id>`, `lock/terms-changed` ...); `evidence` is the digest (`sha256:<hex>`) of what was judged, to which
    a waiver is bound; `diff` the words that changed, where that is what is wrong.
    """

    rule: str
    severity: Literal["error", "warn"]
    message: str
    evidence: str
    fix: str = ""
    diff: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """An exception that somebody answers for until `expires` (ISO date), for as long as the evidence stays the same."""

    model: str
    rule: str
    owner: str
    reason: str
    expires: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waived:
    """A violation that a valid waiver covers."""

    violation: Violation
    waiver: Waiver


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One model or dataset of a code base: where it is used, its report (the JSON object of the public contract) or why
    there is none, and what the policy makes of it. `explanation` says in words what the policy means for it."""

    target: str
    references: tuple[Reference, ...]
    report: Mapping[str, Any] | None = None
    failure: Failure | None = None
    violations: tuple[Violation, ...] = ()
    waived: tuple[Waived, ...] = ()
    explanation: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The whole check. `policy` names the file that decided; `notes` are remarks on no single model (an expired waiver
    that nothing needs, a file that discover could not read), `unread` the files of the code base that could not be read."""

    root: str
    policy: str
    tool_version: str
    rules_version: str
    checked: tuple[Checked, ...]
    notes: tuple[str, ...] = ()
    unread: tuple[Mapping[str, str], ...] = field(default_factory=tuple)

    @property
    def passed(self) -> bool:
        """No violation of severity error, and nothing that could not be audited."""
        return self.exit_status == 0

    @property
    def exit_status(self) -> int:
        """3 where something could not be audited, else 1 where an error stands, else 0."""
        if self.unread or any(each.failure is not None for each in self.checked):
            return 3
        return int(any(v.severity == "error" for each in self.checked for v in each.violations))
