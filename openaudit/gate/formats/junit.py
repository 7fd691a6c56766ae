"""The check as JUnit XML: one suite, a case for each model that passed and for each thing that is wrong with one."""

from __future__ import annotations

from collections.abc import Iterator

from openaudit.formats.junit import Case, Suite, document
from openaudit.formats.safe_text import clean, clean_name, portable
from openaudit.gate.formats import words
from openaudit.gate.result import Checked, CheckResult, Violation

_SHOWN_PLACES = 50
_DIFF_LIMIT = 10_000


def render(result: CheckResult) -> str:
    """Errors of the policy fail, what could not be audited or read is an error, what a waiver covers is skipped, and
    warnings pass with their words as output."""
    cases = [case for checked in words.in_order(result) for case in _cases(result, checked)]
    cases += [
        Case(
            classname=clean_name(path),
            name="read",
            state="error",
            type="could-not-be-read",
            message=message,
        )
        for path, message in words.unread(result)
    ]
    suite = Suite(
        name="openaudit check",
        cases=tuple(cases),
        properties=(
            ("policy", clean_name(portable(result.policy))),
            ("verdict", words.verdict(result)),
            ("openaudit", clean_name(result.tool_version)),
            ("rules", clean_name(result.rules_version)),
            *((f"note {number}", clean(note)) for number, note in enumerate(result.notes[:100], 1)),
        ),
    )
    return document([suite])


def _cases(result: CheckResult, checked: Checked) -> Iterator[Case]:
    name, used = words.name(checked), _used(result, checked)
    if checked.failure is not None:
        yield Case(
            classname=name,
            name="audit",
            state="error",
            type=clean_name(checked.failure.reason),
            message=words.not_audited(checked),
            details=used,
        )
    for violation in checked.violations:
        yield _wrong(name, used, violation)
    for waived in checked.waived:
        yield Case(
            classname=name,
            name=clean_name(waived.violation.rule),
            state="skipped",
            type="waived",
            message=f"{clean(waived.violation.message)} ({words.waiver(waived)})",
            details=used,
        )
    if words.state(checked) == "passed":
        told = f"{words.level(checked)}, license {words.license_of(checked)}\n{used}"
        yield Case(classname=name, name="policy", details=told)


def _wrong(name: str, used: str, violation: Violation) -> Case:
    diff = "\n".join(clean(line, 500) for line in violation.diff[:_DIFF_LIMIT].splitlines())
    said = "\n".join(part for part in (words.problem(violation), used, diff) if part)
    if violation.severity == "warn":
        return Case(classname=name, name=clean_name(violation.rule), details=f"warning: {said}")
    return Case(
        classname=name,
        name=clean_name(violation.rule),
        state="failure",
        type=clean_name(violation.rule),
        message=words.problem(violation),
        details=said,
    )


def _used(result: CheckResult, checked: Checked) -> str:
    places = words.places(result, checked)
    lines = [f"used at {place}" for place in places[:_SHOWN_PLACES]]
    if len(places) > _SHOWN_PLACES:
        lines.append(f"and {len(places) - _SHOWN_PLACES} more")
    return "\n".join(lines)
