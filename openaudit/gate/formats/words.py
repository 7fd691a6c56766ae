"""The words that all formats of a check share: names, places, and what became of each model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from posixpath import normpath
from typing import Any, Literal

from openaudit.formats import wording
from openaudit.formats.safe_text import clean, clean_name, portable
from openaudit.gate.result import Checked, CheckResult, Reference, Violation, Waived

State = Literal["failed", "not audited", "warned", "waived", "passed"]
STATES: tuple[State, ...] = ("failed", "not audited", "warned", "waived", "passed")
"""Every state of a model, the gravest first."""
_FILE_ENDINGS = (".yaml", ".yml", ".toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in the code base something is used: the path from where the check was started, line and column from 1."""

    path: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{clean_name(self.path)}:{self.line}"


def state(checked: Checked) -> State:
    """What became of a model. What could not be audited is told as that, even where something else is wrong too."""
    if checked.failure is not None:
        return "not audited"
    if any(violation.severity == "error" for violation in checked.violations):
        return "failed"
    if checked.violations:
        return "warned"
    return "waived" if checked.waived else "passed"


def name(checked: Checked) -> str:
    """The model as its readers know it: `org/name@<twelve digits of the commit>`."""
    target, _, written = clean_name(portable(checked.target)).partition("@")
    revision = written or revision_of(checked)
    return f"{target}@{wording.short_revision(revision)}" if revision else target


def revision_of(checked: Checked) -> str:
    """The revision that was audited; empty where there is none."""
    return _text(_part(checked.report, "target").get("revision"))


def url_of(checked: Checked) -> str:
    """The address of the target; empty where it has none."""
    return _text(_part(checked.report, "target").get("url"))


def level(checked: Checked) -> str:
    """How the level is said; "not audited" where nothing could be read."""
    if checked.report is None:
        return "not audited"
    return clean_name(
        _text(checked.report.get("level_name")) or _text(checked.report.get("level")) or "undetermined"
    )


def license_of(checked: Checked) -> str:
    """The license that binds, as reports name it; "none", "cannot be told" or a dash where there is no report."""
    if checked.report is None:
        return "–"
    license = _part(checked.report, "license")
    effective = clean_name(_text(license.get("effective")))
    return effective or ("none" if license.get("grant") == "unlicensed" else "cannot be told")


def place_of(result: CheckResult, reference: Reference) -> Place:
    """Where a reference stands, seen from where the check was started, as CI systems want it."""
    return Place(
        path=below_start(result, reference.path), line=max(1, reference.line), column=max(1, reference.column)
    )


def below_start(result: CheckResult, path: str) -> str:
    """A path below the checked folder (`../` for a policy above it) as one from where the check was started, where
    that can be told."""
    root = result.root.replace("\\", "/").strip("/")
    parts = [part for part in root.split("/") if part not in ("", ".")]
    if portable(result.root) != result.root or ".." in parts:
        return path or "."
    joined = "/".join([*parts, path or "."])
    return normpath(joined) if path.startswith("../") else joined


def places(result: CheckResult, checked: Checked) -> list[Place]:
    """Every place that names the model, in order; where no code does, the file that the policy is in."""
    found = sorted(
        {place_of(result, reference) for reference in checked.references},
        key=lambda place: (place.path, place.line, place.column),
    )
    return found or [home(result)]


def home(result: CheckResult) -> Place:
    """The place of what no line names: the policy's file; where a ready policy holds, the file that would replace it."""
    name = portable(result.policy)
    ours = name.endswith(_FILE_ENDINGS) and not name.startswith("rules/policies/")
    return Place(path=below_start(result, name if ours else "openaudit.yaml"), line=1)


def problem(violation: Violation) -> str:
    """What is wrong and what to do about it, in one line."""
    fix = clean(violation.fix)
    return f"{clean(violation.message)}{f' Fix: {fix}' if fix else ''}"


def waiver(waived: Waived) -> str:
    """Who answers for an exception, until when and why."""
    given = waived.waiver
    return f"waived by {clean_name(given.owner)} until {clean_name(given.expires)}: {clean(given.reason)}".rstrip(
        ": "
    )


def not_audited(checked: Checked) -> str:
    """Why a model could not be audited."""
    failure = checked.failure
    if failure is None:
        return ""
    return f"{clean(failure.message)} {clean(failure.hint)}".strip()


def unread(result: CheckResult) -> Iterator[tuple[str, str]]:
    """Each file of the code base that could not be read, with the reason."""
    for each in result.unread:
        path = _text(each.get("path")) or "?"
        yield path, clean(_text(each.get("message")) or _text(each.get("reason")) or "could not be read")


def verdict(result: CheckResult) -> str:
    """The whole check in one sentence."""
    by_state = {each: sum(state(checked) == each for checked in result.checked) for each in STATES}
    total = len(result.checked)
    if not total and not result.unread:
        return "No model or dataset is used here."
    parts = []
    if by_state["failed"]:
        parts.append(f"{by_state['failed']} of {counted(total, 'model')} not as the policy asks")
    if by_state["not audited"]:
        parts.append(f"{counted(by_state['not audited'], 'model')} could not be audited")
    if result.unread:
        parts.append(f"{counted(len(result.unread), 'file')} could not be read")
    if not parts:
        parts.append(f"{counted(total, 'model')}, all as the policy asks")
    if by_state["warned"]:
        parts.append(f"{by_state['warned']} with warnings")
    waived = sum(len(checked.waived) for checked in result.checked)
    if waived:
        parts.append(f"{counted(waived, 'exception')} waived")
    return f"{'Passed' if result.passed else 'Failed'}: {'; '.join(parts)}."


def in_order(result: CheckResult) -> list[Checked]:
    """The models as people read them: the gravest first, then by name."""
    return sorted(
        result.checked, key=lambda each: (STATES.index(state(each)), each.target.casefold(), each.target)
    )


def counted(number: int, noun: str) -> str:
    """A number and what it counts."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _part(report: Mapping[str, Any] | None, key: str) -> Mapping[str, Any]:
    """An object of a report; empty where the report has none."""
    value = (report or {}).get(key)
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
