"""The report as Markdown for a pull request comment or a wiki: everything quoted is escaped, nothing is raw HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from openaudit.formats import terms, wording
from openaudit.formats.json_v1 import report_object
from openaudit.formats.lineage import Kin, strip_of
from openaudit.formats.links import line_link
from openaudit.formats.permissions import Permission, permissions_of
from openaudit.formats.safe_text import TEXT_LIMIT, clean, clean_name, clip, web_address
from openaudit.formats.weight_files import doubtful_files
from openaudit.vocabulary import (
    QUOTE_LIMIT,
    CodeRepository,
    Evidence,
    Failure,
    LicenseStatement,
    Report,
    Severity,
    Where,
)

LENGTH_LIMIT = 60_000
"""Characters of the whole text. Source: GitHub refuses comments of more than 65 536."""
_ROWS = 40
_ZERO_WIDTH = "&#8203;"
_ESCAPES = {character: f"&#{ord(character)};" for character in "|\\$^~"} | {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    **{character: "\\" + character for character in "`*_[]()#!{}"},
}
_ESCAPED = re.compile("[" + re.escape("".join(_ESCAPES)) + "]")
_REFERENCE = re.compile(r"(?<=[@#!%~$^&])(?=\w)")
_AUTOLINK = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?<=mailto:)|(?<=xmpp:)", re.IGNORECASE)
_BLOCK_START = re.compile(r"^(?=[-+=:])")
_ORDERED = re.compile(r"^(\d{1,9})(?=[.)](?: |$))")
_CODE_SAFE = re.compile(r"[\w./+@:,()~ –-]+\Z")


def render(outcomes: Sequence[Report | Failure]) -> str:
    """One section per outcome, an overview first where there are several; at most `LENGTH_LIMIT` characters."""
    text = ""
    if not outcomes:
        return "Nothing was audited.\n"
    if len(outcomes) > 1:
        text = "\n".join(_overview(outcomes)) + "\n"
    for position, outcome in enumerate(outcomes):
        lines = _report(outcome) if isinstance(outcome, Report) else _failure(outcome)
        section = ("\n---\n\n" if text else "") + "\n".join(lines) + "\n"
        if len(text) + len(section) > LENGTH_LIMIT:
            left = len(outcomes) - position
            return (
                text
                + f"\n*{left} of {len(outcomes)} reports are too long for this place; see the JSON report.*\n"
            )
        text += section
    return text


# ---------------------------------------------------------------- escaping


def escape(text: str, limit: int = TEXT_LIMIT) -> str:
    """The text as readers shall see it, on one line: no markup, link, mention, reference or image comes of it."""
    text = clean(text, limit)
    pieces = _AUTOLINK.split(_REFERENCE.sub("\0", text))
    escaped = "\1".join(_ESCAPED.sub(lambda match: _ESCAPES[match[0]], piece) for piece in pieces)
    escaped = escaped.replace("\0", _ZERO_WIDTH).replace("\1", _ZERO_WIDTH)
    return _BLOCK_START.sub(r"\\", _ORDERED.sub(r"\1\\", escaped))


def in_code(text: str) -> str:
    """A name or place in code type where its characters allow that, else escaped."""
    name = clean_name(text)
    return f"`{name}`" if _CODE_SAFE.match(name) and name == name.strip() else escape(text, len(name) + 1)


def _quote(text: str) -> str:
    return f"“{escape(text, QUOTE_LIMIT)}”"


def _place(where: Where, repository: Report | CodeRepository) -> str:
    """The place in code type, linked to the file at the audited revision where it has a safe address."""
    return _linked(wording.place(where), line_link(where, url=repository.url, revision=repository.revision))


def _linked(name: str, address: str | None) -> str:
    """A name in code type, with its address where that is safe."""
    link = web_address(address)
    if link is None:
        return in_code(name)
    return f"[{in_code(name)}]({link.replace('(', '%28').replace(')', '%29').replace('*', '%2A').replace('_', '%5F')})"


# ---------------------------------------------------------------- sections


def _overview(outcomes: Sequence[Report | Failure]) -> Iterator[str]:
    yield "| target | level | score | license |"
    yield "| --- | --- | ---: | --- |"
    for outcome in outcomes[:200]:
        name = in_code(wording.outcome_name(outcome))
        if isinstance(outcome, Report):
            license = in_code(wording.license_in_words(outcome.license))
            score = wording.score_in_words(outcome)
            yield f"| {name} | **{escape(outcome.level_name, 80)}** | {score} | {license} |"
        else:
            yield f"| {name} | could not be audited | – | {escape(outcome.reason, 80)} |"
    if len(outcomes) > 200:
        yield f"\n*and {len(outcomes) - 200} more*"


def _failure(failure: Failure) -> Iterator[str]:
    yield f"## {in_code(wording.outcome_name(failure))}: could not be audited"
    yield ""
    yield escape(failure.message)
    if failure.hint:
        yield ""
        yield f"→ {escape(failure.hint)}"


def _report(report: Report) -> Iterator[str]:
    yield f"## {in_code(wording.outcome_name(report))}: {escape(report.level_name, 80)}"
    yield ""
    yield f"**{escape(report.headline)}**"
    yield ""
    yield (
        f"Level {in_code(report.level)} · band {in_code(report.band)} · score **{wording.score_in_words(report)}** of 100. "
        f"{escape(wording.access_in_words(report))}"
    )
    for section in (
        _policy,
        _conflicts,
        _findings,
        _license,
        _terms,
        _dimensions,
        _components,
        _lineage,
        _code_repositories,
        _datasets,
        _frameworks,
        _weight_files,
        _improvements,
        _claims,
    ):
        yield from section(report)
    yield from _unseen(report)
    yield ""
    yield (
        f"*{wording.coverage_in_words(report)} · {escape(report.resolved_at, 40)} · "
        f"openaudit {escape(report.tool_version, 40)}, rules {escape(report.rules_version, 40)}*"
    )


def _policy(report: Report) -> Iterator[str]:
    policy = wording.policy_of(report)
    if policy is None:
        return
    yield from _heading(escape(wording.policy_title(policy)))
    for violation in policy["violations"][:_ROWS]:
        mark = "❌" if violation["severity"] == "error" else "⚠️"
        fix = f" Fix: {escape(violation['fix'])}" if violation["fix"] else ""
        yield f"- {mark} {in_code(violation['rule'])}: {escape(violation['message'])}{fix}"
    yield from _left_out(len(policy["violations"]))
    if not policy["violations"] and not policy["waived"]:
        yield "Nothing stands against it."
    for each in policy["waived"][:_ROWS]:
        by = escape(wording.waived_by(each["waiver"]))
        yield f"- {in_code(each['rule'])}: {escape(each['message'])} {by}"


def _conflicts(report: Report) -> Iterator[str]:
    conflicts = wording.contradictions(report)
    if not conflicts:
        return
    yield from _heading("Contradictions")
    for conflict in conflicts[:_ROWS]:
        yield f"- ⚠️ **{escape(conflict.message)}**"
        for statement in conflict.between[:4]:
            quote = _quote(statement.quote or statement.says)
            yield f"  - {_place(statement.where, report)}: {quote} → {in_code(wording.licenses_said(statement))}"
        fix = wording.fix_of(report, conflict)
        if fix:
            yield f"  - Fix: {escape(fix)}"
    yield from _left_out(len(conflicts))


def _findings(report: Report) -> Iterator[str]:
    findings = wording.other_findings(report)
    if not findings:
        return
    yield from _heading("Findings")
    marks = {Severity.CRITICAL: "❌", Severity.WARNING: "⚠️", Severity.NOTE: "ℹ️"}
    for finding in findings[:_ROWS]:
        at = _first_place(finding.evidence, report)
        fix = f" Fix: {escape(finding.fix)}" if finding.fix else ""
        yield f"- {marks[finding.severity]} **{finding.severity.value}**: {escape(finding.message)}{at}{fix}"
    yield from _left_out(len(findings))


def _license(report: Report) -> Iterator[str]:
    license = report.license
    yield from _heading(wording.license_title(report))
    grant = f", {wording.GRANT_NAMES[license.grant]}" if license.effective else ""
    reason = f". {escape(license.reason)}" if license.reason else ""
    yield f"**{in_code(wording.license_in_words(license))}**{grant}{reason}"
    yield ""
    if not license.statements:
        yield "Nothing that was read names a license."
        return
    yield "| | where | kind | says | license | grants |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for statement in license.statements[:_ROWS]:
        yield _statement_row(statement, report)
    yield from _left_out(len(license.statements))


def _statement_row(statement: LicenseStatement, report: Report) -> str:
    binds = "**binds**" if statement in report.license.decided_by else ""
    cells = (
        binds,
        _place(statement.where, report),
        f"{wording.KIND_NAMES[statement.kind]} {escape(wording.scope_in_words(statement), 80)}".strip(),
        escape(clip(clean(statement.says), 120)),
        in_code(wording.licenses_said(statement)) if statement.claimed else "no statement",
        wording.grant_in_words(statement),
    )
    return f"| {' | '.join(cells)} |"


def _terms(report: Report) -> Iterator[str]:
    yield from _heading("What you may do")
    limits = terms.limits_named(report.license.terms)
    if limits:
        yield f"Limits and duties of all licenses that bind: {escape(limits)}."
        yield ""
    yield "| may I … | answer | on what it hangs |"
    yield "| --- | --- | --- |"
    for permission in permissions_of(report_object(report)):
        yield f"| {permission.question} | **{permission.words}** | {_grounds(permission)} |"
    yield from _duties(report)


def _grounds(permission: Permission) -> str:
    """The reason and the clauses of an answer, with the licenses they stand in."""
    said = []
    for clause in permission.clauses:
        license = f" ({in_code(wording.short_license(clause.license))})" if clause.license else ""
        through = f" through {in_code(clause.imposed_by)}" if clause.imposed_by else ""
        said.append(f"{escape(clause.text)}{license}{through}")
    return " ".join(part for part in (escape(permission.reason), "; ".join(said)) if part)


def _duties(report: Report) -> Iterator[str]:
    for license in terms.duties_by_license(report.license.terms):
        name = in_code(wording.short_license(license.license)) if license.license else "question"
        yield ""
        yield f"| {name} | answer | condition |"
        yield "| --- | --- | --- |"
        for term in license.terms:
            answer = terms.ANSWER_WORDS[term.answer]
            yield f"| {escape(term.question, 80)} | {answer} | {escape(term.detail)} |"


def _dimensions(report: Report) -> Iterator[str]:
    yield from _heading("Four dimensions")
    yield "| dimension | score | status | why |"
    yield "| --- | ---: | --- | --- |"
    for dimension in report.dimensions:
        name = wording.DIMENSION_NAMES[dimension.dimension]
        score = wording.dimension_points(dimension)
        yield f"| {name} | {score} | {dimension.status.value} | {escape(dimension.reason)} |"


def _components(report: Report) -> Iterator[str]:
    if not report.components:
        return
    yield from _heading("Components")
    yield "| component | status | license | why | evidence |"
    yield "| --- | --- | --- | --- | --- |"
    for component in report.components[:_ROWS]:
        mark = f"{wording.STATUS_MARKS[component.status]} {component.status.value}"
        license = in_code(component.license) if component.license else ""
        places = ", ".join(
            dict.fromkeys(_place(evidence.where, report) for evidence in component.evidence[:3])
        )
        yield f"| {escape(component.name, 80)} | {mark} | {license} | {escape(component.reason)} | {places} |"
    yield from _left_out(len(report.components))


def _frameworks(report: Report) -> Iterator[str]:
    lines = wording.framework_lines(report)
    if not lines:
        return
    yield from _heading("What the frameworks say")
    yield "| framework | verdict | what decided it |"
    yield "| --- | --- | --- |"
    for line in lines[:_ROWS]:
        yield f"| {escape(line.name, 80)} | **{escape(line.verdict, 80)}** | {escape(line.why, 240)} |"


def _improvements(report: Report) -> Iterator[str]:
    if not report.improvements:
        return
    yield from _heading("What would raise the level")
    for step in report.improvements[:_ROWS]:
        yield f"- {escape(step.action)} → {in_code(step.level)}"


def _claims(report: Report) -> Iterator[str]:
    if not report.claims:
        return
    yield from _heading("What it claims")
    words = {True: "holds", False: "**does not hold**", None: "cannot be told"}
    for claim in report.claims[:_ROWS]:
        yield f"- {_quote(claim.quote)} {_place(claim.where, report)}: {words[claim.holds]}"


def _lineage(report: Report) -> Iterator[str]:
    """From the roots to the model, one numbered line a generation, the branches of a merge below it."""
    generations = strip_of(report)
    if not generations:
        return
    yield from _heading("Made from")
    for number, generation in enumerate(generations, start=1):
        steps = "its base" if generation.depth == 1 else f"{generation.depth} steps above"
        yield f"{number}. {steps}"
        yield from (f"   - {_kin(kin, report)}" for kin in generation.kin)
        if generation.left_out:
            yield f"   - *and {generation.left_out} more*"
    license = report.license
    named = wording.license_of_kin(license.effective, license.effective_name, license.grant)
    yield f"{len(generations) + 1}. {in_code(report.id)}: {escape(wording.level_in_words(report.level), 80)}, {escape(named)}"


def _kin(kin: Kin, report: Report) -> str:
    ancestor = kin.ancestor
    level = f"{escape(wording.level_in_words(ancestor.level), 80)}, " if ancestor.level else ""
    imposes = f"; imposes {escape(', '.join(kin.imposes))}" if kin.imposes else ""
    why = f", {escape(kin.why)}" if kin.why else ""
    binds = " **binds**" if kin.binds else ""
    return (
        f"{_linked(kin.name, ancestor.url)}{binds}: {level}{escape(kin.license)}{imposes} "
        f"({escape(kin.relation)}; {escape(kin.seen)}{why}; {_place(ancestor.where, report)})"
    )


def _code_repositories(report: Report) -> Iterator[str]:
    if not report.code:
        return
    yield from _heading("Code repositories")
    yield "| repository | whose | what it does | status | license | linked in |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for repository in report.code[:_ROWS]:
        license = wording.license_of_kin(repository.license, repository.license_name, repository.grant)
        cells = (
            _linked(repository.id, repository.url),
            wording.owner_in_words(repository),
            escape(wording.code_in_words(repository)) + _first_place(repository.evidence, repository),
            repository.status.value,
            escape(license),
            _place(repository.where, report),
        )
        yield f"| {' | '.join(cells)} |"
    yield from _left_out(len(report.code))


def _datasets(report: Report) -> Iterator[str]:
    if not report.datasets:
        return
    yield from _heading("Datasets")
    yield "| dataset | used for | status | license | how it is known | named in |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for dataset in report.datasets[:_ROWS]:
        cells = (
            _linked(dataset.id, dataset.url),
            escape(dataset.role, 80),
            dataset.status.value,
            in_code(wording.short_license(dataset.license)) if dataset.license else "not seen",
            escape(wording.dataset_reach(dataset)),
            _place(dataset.where, report),
        )
        yield f"| {' | '.join(cells)} |"
    yield from _left_out(len(report.datasets))


def _weight_files(report: Report) -> Iterator[str]:
    files = doubtful_files(report.artifacts)
    if not files:
        return
    yield from _heading("Files that may run code when they are loaded")
    for file in files[:_ROWS]:
        said = "runs code" if file.unsafe else "not proven safe"
        why = f": {escape('; '.join(file.reasons))}" if file.reasons else ""
        yield f"- {in_code(file.path)} **{said}**{why}"
    yield from _left_out(len(files))


def _unseen(report: Report) -> Iterator[str]:
    notes = wording.unseen_notes(report)
    if not notes:
        return
    yield from _heading("What could not be seen")
    for note in notes[:_ROWS]:
        path = f"{in_code(note.path)}: " if note.path else ""
        yield f"- {path}{escape(note.message) or escape(note.reason)}"
    yield from _left_out(len(notes))


def _first_place(evidence: Sequence[Evidence], repository: Report | CodeRepository) -> str:
    return next((f" ({_place(found.where, repository)})" for found in evidence), "")


def _heading(text: str) -> tuple[str, str, str]:
    return "", f"### {text}", ""


def _left_out(total: int) -> Iterator[str]:
    if total > _ROWS:
        yield ""
        yield f"*and {total - _ROWS} more in the JSON report*"
