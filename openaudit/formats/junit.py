"""Findings as JUnit XML, one suite per target: what CI systems show on their test page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

from openaudit.formats import wording
from openaudit.formats.safe_text import clean, clean_name
from openaudit.vocabulary import Failure, Finding, Report, Severity

State = Literal["passed", "failure", "error", "skipped"]
_CASES = 10_000
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 document may hold, not even as a reference. Source: XML 1.0, 2.2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One line of the test page: `details` is what it shows when opened, `type` the kind of failure."""

    classname: str
    name: str
    state: State = "passed"
    type: str = ""
    message: str = ""
    details: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """Cases that belong together, with what holds for all of them."""

    name: str
    cases: tuple[Case, ...]
    properties: tuple[tuple[str, str], ...] = ()


def render(outcomes: Sequence[Report | Failure]) -> str:
    """One suite per outcome, one case per finding: a critical finding fails, warnings and notes pass with their words
    as output, what could not be looked at is skipped, a target that could not be read is an error."""
    return document([_suite(o) if isinstance(o, Report) else _failed(o) for o in outcomes])


# ---------------------------------------------------------------- the format


def document(suites: Sequence[Suite]) -> str:
    """The whole file. It has no times: what is judged was measured by nobody's clock.

    Source: the schema `junit-10.xsd` of Jenkins' xUnit plug-in.
    """
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(
        f"<testsuites name={attribute('openaudit')} {_counts([c for s in suites for c in s.cases])}>"
    )
    for suite in suites:
        lines.extend(_suite_lines(suite))
    lines.append("</testsuites>")
    return "\n".join(lines) + "\n"


def text(words: str) -> str:
    """Words as the content of an element: characters that XML does not allow are gone."""
    return escape(_ILLEGAL.sub("", words))


def attribute(words: str) -> str:
    """Words as a quoted attribute."""
    return quoteattr(_ILLEGAL.sub("", words))


def _suite_lines(suite: Suite) -> Iterator[str]:
    skipped = sum(case.state == "skipped" for case in suite.cases)
    yield f'  <testsuite name={attribute(suite.name)} {_counts(suite.cases)} skipped="{skipped}">'
    if suite.properties:
        yield "    <properties>"
        for name, value in suite.properties:
            yield f"      <property name={attribute(name)} value={attribute(value)}/>"
        yield "    </properties>"
    for case in suite.cases:
        yield from _case_lines(case)
    yield "  </testsuite>"


def _counts(cases: Sequence[Case]) -> str:
    failures = sum(case.state == "failure" for case in cases)
    errors = sum(case.state == "error" for case in cases)
    return f'tests="{len(cases)}" failures="{failures}" errors="{errors}"'


def _case_lines(case: Case) -> Iterator[str]:
    head = f"    <testcase classname={attribute(case.classname)} name={attribute(case.name)}"
    if case.state == "passed":
        yield (
            f"{head}><system-out>{text(case.details)}</system-out></testcase>"
            if case.details
            else f"{head}/>"
        )
        return
    yield f"{head}>"
    of_type = f" type={attribute(case.type)}" if case.type else ""
    yield (
        f"      <{case.state}{of_type} message={attribute(case.message)}>{text(case.details)}</{case.state}>"
    )
    yield "    </testcase>"


# ---------------------------------------------------------------- single scans


def _suite(report: Report) -> Suite:
    name = wording.outcome_name(report)
    level = Case(
        classname=name,
        name=f"level: {clean_name(report.level_name)}",
        details=clean(report.headline),
    )
    findings = [_finding(name, each) for each in wording.findings_in_order(report.findings)[:_CASES]]
    unseen = [
        Case(
            classname=name,
            name=f"could not be looked at: {clean_name(error.get('path') or error.get('stage', ''))}",
            state="skipped",
            message=clean(error.get("message", "")),
        )
        for error in report.errors[:_CASES]
    ]
    return Suite(
        name=name,
        cases=(level, *findings, *unseen),
        properties=(
            ("level", clean_name(report.level)),
            ("license", wording.license_in_words(report.license)),
            ("openaudit", clean_name(report.tool_version)),
            ("rules", clean_name(report.rules_version)),
        ),
    )


def _failed(failure: Failure) -> Suite:
    name = wording.outcome_name(failure)
    case = Case(
        classname=name,
        name="audit",
        state="error",
        type=clean_name(failure.reason),
        message=clean(failure.message),
        details=clean(failure.hint),
    )
    return Suite(name=name, cases=(case,))


def _finding(target: str, finding: Finding) -> Case:
    places = [wording.place(evidence.where) for evidence in finding.evidence[:20]]
    details = "\n".join(
        line
        for line in (
            f"{finding.severity.value}: {clean(finding.message)}",
            f"at {', '.join(places)}" if places else "",
            f"fix: {clean(finding.fix)}" if finding.fix else "",
        )
        if line
    )
    return Case(
        classname=target,
        name=f"{clean_name(finding.rule)}{f' ({places[0]})' if places else ''}",
        state="failure" if finding.severity is Severity.CRITICAL else "passed",
        type=finding.severity.value if finding.severity is Severity.CRITICAL else "",
        message=clean(finding.message),
        details=details,
    )
