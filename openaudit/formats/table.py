"""The report for a terminal: the verdict first, short, readable without colour, safe to print."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from io import StringIO

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.style import Style
from rich.table import Table
from rich.text import Text

from openaudit.formats import wording
from openaudit.formats.json_v1 import report_object
from openaudit.formats.lineage import Kin, strip_of
from openaudit.formats.permission_facts import Answer
from openaudit.formats.permissions import Permission, permissions_of
from openaudit.formats.safe_text import clean, clean_name, clean_quote, clip
from openaudit.formats.weight_files import doubtful_files
from openaudit.vocabulary import (
    ComponentFinding,
    DimensionFinding,
    Failure,
    Finding,
    Grant,
    LicenseConflict,
    LicenseStatement,
    Report,
    Severity,
    Status,
)

FILE_WIDTH = 100
_NARROWEST, _WIDEST = 40, 120
_BAR_CELLS = 10
_ROWS = 40
"""Rows of one table that are shown; the rest is counted."""

_MOST_DATASETS = 12
BOLD, DIM = Style(bold=True), Style(dim=True)
_STATUS_STYLES = {
    Status.OPEN: Style(color="green"),
    Status.RESTRICTED: Style(color="yellow"),
    Status.UNLICENSED: Style(color="red"),
    Status.DESCRIBED: Style(color="cyan"),
    Status.ABSENT: Style(color="red"),
    Status.UNKNOWN: Style(dim=True),
}
_GRANT_STYLES = {
    Grant.OPEN: Style(color="green"),
    Grant.RESTRICTED: Style(color="yellow"),
    Grant.RESEARCH_ONLY: Style(color="yellow"),
    Grant.UNLICENSED: Style(color="red"),
    Grant.UNDETERMINED: Style(dim=True),
}
_ANSWER_STYLES: dict[Answer, Style] = {
    "yes": Style(color="green"),
    "if": Style(color="yellow"),
    "unknown": Style(dim=True),
    "no": Style(color="red"),
}
_SEVERITY_STYLES = {
    Severity.CRITICAL: Style(color="red", bold=True),
    Severity.WARNING: Style(color="yellow"),
    Severity.NOTE: Style(color="blue"),
}
_BAND_STYLES = {
    "open-source": Style(color="green", bold=True),
    "open-weight": Style(color="yellow", bold=True),
    "closed": Style(color="red", bold=True),
}
_ASCII = str.maketrans(
    {"●": "*", "◐": "~", "◌": "o", "○": "-", "×": "x", "■": "#", "□": ".", "▸": ">", "─": "-", "…": ".",
     "“": '"', "”": '"', "·": "-", "→": ">", "↑": "^", "↓": "v", "≠": "!", "–": "-", "✓": "+", "’": "'"}
)  # fmt: skip


def render(outcomes: Sequence[Report | Failure]) -> str:
    """The tables for standard output as it is: its width, and colours only on a terminal without NO_COLOR."""
    return on_terminal(lambda width, color: render_sized(outcomes, width=width, color=color))


def on_terminal(sized: Callable[[int, bool], str]) -> str:
    """What `sized` makes of the width and colours of standard output, in characters that its encoding has."""
    is_terminal = sys.stdout.isatty()
    color = (is_terminal or bool(os.environ.get("FORCE_COLOR"))) and not os.environ.get("NO_COLOR")
    width = shutil.get_terminal_size((80, 24)).columns if is_terminal else _width_of_a_pipe()
    text = sized(width, color)
    encoding = (sys.stdout.encoding or "ascii").lower().replace("-", "")
    if encoding.startswith("utf"):
        return text
    return text.translate(_ASCII).encode(encoding, "replace").decode(encoding)


def render_file(outcomes: Sequence[Report | Failure]) -> str:
    """The tables for a file: 100 columns, no colours, the same bytes on every machine."""
    return render_sized(outcomes, width=FILE_WIDTH, color=False)


def _width_of_a_pipe() -> int:
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isascii() and columns.isdigit() and len(columns) < 5 else 80


def render_sized(outcomes: Sequence[Report | Failure], *, width: int, color: bool) -> str:
    """The tables at `width` columns (held between 40 and 120), with or without terminal colours."""
    parts: list[RenderableType] = []
    for position, outcome in enumerate(outcomes):
        if position:
            parts.append(Text())
        parts.append(_report(outcome) if isinstance(outcome, Report) else _failure(outcome))
    if len(outcomes) > 1:
        parts.append(Group(Text(), title("Summary"), _summary(outcomes)))
    return printed(parts, width=width, color=color)


def printed(parts: Sequence[RenderableType], *, width: int, color: bool) -> str:
    """What a terminal of `width` columns (held between 40 and 120) shows of the parts, one below the other."""
    buffer = StringIO()
    console = Console(
        file=buffer,
        width=max(_NARROWEST, min(width, _WIDEST)),
        force_terminal=color,
        color_system="standard" if color else None,
        no_color=not color,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
        _environ={},
    )
    for part in parts:
        console.print(part)
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"


# ---------------------------------------------------------------- one report


def _report(report: Report) -> RenderableType:
    sections = [
        _verdict(report),
        *_policy(report),
        *_conflicts(report),
        *_findings(wording.other_findings(report)),
        *_license(report),
        *_permissions(report),
        *_dimensions(report),
        *_lineage(report),
        *_code(report),
        *_datasets(report),
        *_frameworks(report),
        *_weight_files(report),
        *_improvements(report),
        *_claims(report),
        *_unseen(report),
        _footer(report),
    ]
    return Group(*sections)


def _failure(failure: Failure) -> RenderableType:
    message = Text.assemble(
        ("Could not be audited. ", _SEVERITY_STYLES[Severity.CRITICAL]), clean(failure.message)
    )
    parts: list[RenderableType] = [
        Text(wording.outcome_name(failure), style=BOLD),
        indented(message),
        indented(Text(f"{clean_name(failure.reason)}, while {clean_name(failure.stage)}", style=DIM)),
    ]
    if failure.hint:
        parts.append(indented(Text(f"→ {clean(failure.hint)}")))
    return Group(*parts)


def _verdict(report: Report) -> RenderableType:
    style = _BAND_STYLES.get(report.band, BOLD)
    level = Text(clean_name(report.level_name) or report.level, style=style)
    step = wording.step_of(report.level)
    parts = [f"score {wording.score_in_words(report)} of 100", f"band {clean_name(report.band)}"]
    if step is not None and report.subject == "model":
        parts.insert(0, f"level {step.number} of 6")
    level.append("  " + " · ".join(parts), style=DIM)
    head: list[RenderableType] = [Text(wording.outcome_name(report), style=BOLD), indented(level)]
    if report.headline:
        head.append(indented(Text(clean(report.headline))))
    head.append(indented(Text(wording.access_in_words(report), style=DIM)))
    return Group(*head)


def _policy(report: Report) -> Iterator[RenderableType]:
    """How it stands against the policy; nothing where none was given."""
    policy = wording.policy_of(report)
    if policy is None:
        return
    yield title(wording.policy_title(policy))
    for violation in policy["violations"]:
        style = _SEVERITY_STYLES[Severity.CRITICAL if violation["severity"] == "error" else Severity.WARNING]
        said = Text.assemble("! ", (f"{clean_name(violation['rule'])} ", style), clean(violation["message"]))
        yield hanging(said.append(f" {clean(violation['fix'])}", style=DIM))
    for each in policy["waived"]:
        by = f" {wording.waived_by(each['waiver'])}"
        yield hanging(
            Text.assemble("~ ", (f"{clean_name(each['rule'])} ", DIM), clean(each["message"]), (by, DIM))
        )


def _conflicts(report: Report) -> Iterator[RenderableType]:
    conflicts = wording.contradictions(report)
    if not conflicts:
        return
    yield title(_counted(len(conflicts), "contradiction"))
    for conflict in conflicts[:_ROWS]:
        yield _conflict(conflict)
    yield from _left_out(len(conflicts))


def _conflict(conflict: LicenseConflict) -> RenderableType:
    message = Text.assemble(("! ", _SEVERITY_STYLES[conflict.severity]), clean(conflict.message))
    quotes = [
        Text.assemble(
            (f"{wording.place(statement.where)} ", DIM),
            f"“{clip(clean_quote(statement.quote or statement.says), 150)}”",
            (f" → {wording.licenses_said(statement)}", _GRANT_STYLES[statement.grant]),
        )
        for statement in conflict.between[:4]
    ]
    return Group(hanging(message), *(indented(quote, 4) for quote in quotes))


def _findings(findings: Sequence[Finding]) -> Iterator[RenderableType]:
    """What was found beside the contradictions; remarks are only counted where there is something graver."""
    if not findings:
        return
    grave = [finding for finding in findings if finding.severity is not Severity.NOTE]
    shown = grave or findings[:3]
    yield title(_counted(len(findings), "finding"))
    for finding in shown[:_ROWS]:
        at = next((f" ({wording.place(evidence.where)})" for evidence in finding.evidence), "")
        mark = "·" if finding.severity is Severity.NOTE else "!"
        yield hanging(
            Text.assemble(
                (f"{mark} ", _SEVERITY_STYLES[finding.severity]),
                (f"{finding.severity.value}: ", _SEVERITY_STYLES[finding.severity]),
                clip(clean(finding.message), 240),
                (at, DIM),
            )
        )
    rest = len(findings) - len(shown[:_ROWS])
    if rest:
        yield indented(Text(f"and {_counted(rest, 'remark')} (-f json, -f html)", style=DIM))


def _license(report: Report) -> Iterator[RenderableType]:
    license = report.license
    yield title(wording.license_title(report))
    effective = Text(wording.license_in_words(license), style=BOLD)
    if license.effective:
        effective.append(f"  {wording.GRANT_NAMES[license.grant]}", style=_GRANT_STYLES[license.grant])
    yield indented(effective)
    if license.reason:
        yield indented(Text(clip(clean(license.reason), 240)))
    if not license.statements:
        yield indented(Text("Nothing that was read names a license.", style=DIM))
        return
    table = grid()
    table.add_column(width=1)
    for header, ratio in (("where", 5), ("kind", 3), ("says", 5), ("license", 5), ("grants", 3)):
        table.add_column(header, ratio=ratio, overflow="fold", header_style=DIM)
    for statement in license.statements[:_ROWS]:
        binds = statement in license.decided_by
        table.add_row(*_statement_row(statement, binds), style=BOLD if binds else None)
    yield indented(table)
    if any(statement in license.decided_by for statement in license.statements[:_ROWS]):
        yield indented(Text("▸ binds", style=DIM))
    yield from _left_out(len(license.statements))


def _statement_row(statement: LicenseStatement, binds: bool) -> tuple[Text, ...]:
    said = wording.licenses_said(statement) if statement.claimed else "no statement"
    return (
        Text("▸" if binds else ""),
        Text(wording.place(statement.where)),
        Text(f"{wording.KIND_NAMES[statement.kind]} {wording.scope_in_words(statement)}".strip()),
        Text(clip(clean_quote(statement.says), 40)),
        Text(said),
        Text(wording.grant_in_words(statement), style=_GRANT_STYLES[statement.grant]),
    )


def _permissions(report: Report) -> Iterator[RenderableType]:
    """The six questions, each with its answer and what it hangs on."""
    yield title("What you may do")
    table = grid(show_header=False)
    table.add_column(ratio=5, overflow="fold")
    table.add_column(width=18)
    table.add_column(ratio=10, overflow="fold", style=DIM)
    for permission in permissions_of(report_object(report)):
        style = _ANSWER_STYLES[permission.answer]
        table.add_row(
            Text(permission.question), Text(permission.words, style=style), Text(_grounds(permission))
        )
    yield indented(table)


def _grounds(permission: Permission) -> str:
    said = [
        f"{clause.text} (through {clause.imposed_by})" if clause.imposed_by else clause.text
        for clause in permission.clauses
    ]
    return clip(" ".join(part for part in (permission.reason, "; ".join(said)) if part), 240)


def _lineage(report: Report) -> Iterator[RenderableType]:
    """From the roots to the model, a line for each ancestor, deeper where it stands nearer."""
    generations = strip_of(report)
    if not generations:
        return
    yield title("Made from")
    for step, generation in enumerate(generations):
        for kin in generation.kin:
            yield indented(_kin(kin), 2 + 2 * min(step, 8))
        if generation.left_out:
            yield indented(Text(f"and {generation.left_out} more (-f json)", style=DIM), 2 + 2 * min(step, 8))
    license = report.license
    named = wording.license_of_kin(license.effective, license.effective_name, license.grant)
    yield indented(
        Text.assemble(
            (f"→ {clean_name(report.id)}", BOLD),
            f"  {wording.level_in_words(report.level)}, ",
            (named, _GRANT_STYLES[license.grant]),
        ),
        2 + 2 * min(len(generations), 8),
    )


def _kin(kin: Kin) -> RenderableType:
    ancestor = kin.ancestor
    level = f"  {wording.level_in_words(ancestor.level)}, " if ancestor.level else "  "
    first = Text.assemble(
        (kin.name, BOLD), level, (kin.license, _GRANT_STYLES[ancestor.grant]), "  binds" if kin.binds else ""
    )
    seen = kin.seen + (f": {kin.why.rstrip('.')}" if kin.why else "")
    parts = [kin.relation, f"imposes {', '.join(kin.imposes)}" if kin.imposes else "", seen]
    return Group(first, indented(Text(clip("; ".join(part for part in parts if part), 240), style=DIM)))


def _code(report: Report) -> Iterator[RenderableType]:
    if not report.code:
        return
    yield title("Code repositories")
    for repository in report.code[:_ROWS]:
        license = wording.license_of_kin(repository.license, repository.license_name, repository.grant)
        yield hanging(
            Text.assemble(
                (f"{wording.STATUS_MARKS[repository.status]} ", _STATUS_STYLES[repository.status]),
                (clean_name(repository.id), BOLD),
                f"  {wording.code_in_words(repository)}; {wording.owner_in_words(repository)}; ",
                (f"license {license}", _GRANT_STYLES[repository.grant]),
            )
        )
    yield from _left_out(len(report.code))


def _datasets(report: Report) -> Iterator[RenderableType]:
    if not report.datasets:
        return
    yield title("Datasets")
    for dataset in report.datasets[:_MOST_DATASETS]:
        license = wording.short_license(dataset.license) if dataset.license else "license not seen"
        role = f" ({clean_name(dataset.role)})" if dataset.role else ""
        yield hanging(
            Text.assemble(
                (f"{wording.STATUS_MARKS[dataset.status]} ", _STATUS_STYLES[dataset.status]),
                (clean_name(dataset.id), BOLD),
                f"{role}  {dataset.status.value}, {license}; ",
                (clip(wording.dataset_reach(dataset), 160), DIM),
            )
        )
    if len(report.datasets) > _MOST_DATASETS:
        yield indented(Text(f"and {len(report.datasets) - _MOST_DATASETS} more", style=DIM))


def _weight_files(report: Report) -> Iterator[RenderableType]:
    files = doubtful_files(report.artifacts)
    if not files:
        return
    yield title("Files that may run code when they are loaded")
    for file in files[:_MOST_DATASETS]:
        said, style = (
            ("runs code", _SEVERITY_STYLES[Severity.CRITICAL]) if file.unsafe else ("not proven safe", DIM)
        )
        why = f": {clip('; '.join(file.reasons), 160)}" if file.reasons else ""
        yield hanging(Text.assemble("! ", (f"{file.path} ", BOLD), (said, style), why))
    if len(files) > _MOST_DATASETS:
        yield indented(Text(f"and {len(files) - _MOST_DATASETS} more", style=DIM))


def _dimensions(report: Report) -> Iterator[RenderableType]:
    """Each dimension with its bar, and under it what it is made of, with the place of the first evidence."""
    yield title("Four dimensions")
    table = grid(show_header=False)
    table.add_column(ratio=6, min_width=15, overflow="fold")
    table.add_column(width=_BAR_CELLS + 4, no_wrap=True)
    table.add_column(ratio=6, min_width=12, overflow="fold")
    components = {component.id: component for component in report.components}
    for dimension in report.dimensions:
        style = _STATUS_STYLES[dimension.status]
        table.add_row(
            Text(wording.DIMENSION_NAMES[dimension.dimension], style=BOLD),
            Text(_bar(dimension), style=style),
            Text(dimension.status.value, style=style),
        )
        for identifier in dimension.components:
            if identifier in components:
                table.add_row(*_component_row(components.pop(identifier)))
    for component in components.values():
        table.add_row(*_component_row(component))
    yield indented(table)


def _component_row(component: ComponentFinding) -> tuple[Text, Text, Text]:
    style = _STATUS_STYLES[component.status]
    first = next((wording.place(evidence.where) for evidence in component.evidence), "")
    status = Text.assemble((f"{wording.STATUS_MARKS[component.status]} {component.status.value}", style))
    return Text(f"  {clean_name(component.name)}"), status, Text(clip(first, 60), style=DIM)


def _bar(dimension: DimensionFinding) -> str:
    """Ten cells and the points; question marks where nothing could be seen, which is not the same as nothing."""
    said = wording.dimension_points(dimension)
    if said == "–":
        return "?" * _BAR_CELLS + f" {said:>3}"
    filled = max(0, min(_BAR_CELLS, round(dimension.score * _BAR_CELLS / 100)))
    return "■" * filled + "□" * (_BAR_CELLS - filled) + f" {said:>3}"


def _frameworks(report: Report) -> Iterator[RenderableType]:
    """The frameworks side by side: name, verdict in words, and what decided it, cut to a line or two."""
    lines = wording.framework_lines(report)
    if not lines:
        return
    yield title("What the frameworks say")
    table = grid(show_header=False)
    table.add_column(ratio=4, overflow="fold")
    table.add_column(ratio=4, overflow="fold", style=BOLD)
    table.add_column(ratio=8, overflow="fold", style=DIM)
    for line in lines[:_ROWS]:
        table.add_row(Text(line.name), Text(line.verdict), Text(clip(line.why, 110)))
    yield indented(table)


def _improvements(report: Report) -> Iterator[RenderableType]:
    if not report.improvements:
        return
    yield title("What would raise the level")
    for step in report.improvements[:5]:
        yield hanging(
            Text.assemble("· ", clip(clean(step.action), 240), (f" → {clean_name(step.level)}", DIM))
        )
    if len(report.improvements) > 5:
        yield indented(Text(f"and {len(report.improvements) - 5} more", style=DIM))


def _claims(report: Report) -> Iterator[RenderableType]:
    if not report.claims:
        return
    yield title("What it claims")
    words = {True: "holds", False: "does not hold", None: "cannot be told"}
    styles = {True: _STATUS_STYLES[Status.OPEN], False: _SEVERITY_STYLES[Severity.WARNING], None: DIM}
    for claim in report.claims[:5]:
        yield hanging(
            Text.assemble(
                f"“{clip(clean_quote(claim.quote), 120)}” ",
                (f"{wording.place(claim.where)} ", DIM),
                (words[claim.holds], styles[claim.holds]),
            )
        )
    if len(report.claims) > 5:
        yield indented(Text(f"and {len(report.claims) - 5} more", style=DIM))


def _unseen(report: Report) -> Iterator[RenderableType]:
    notes = wording.unseen_notes(report)
    if not notes:
        return
    yield title("What could not be seen")
    for note in notes[:8]:
        yield hanging(Text(f"? {note.path + ': ' if note.path else ''}{note.message or note.reason}"))
    if len(notes) > 8:
        yield indented(Text(f"and {len(notes) - 8} more", style=DIM))


def _footer(report: Report) -> RenderableType:
    made = (
        f"{wording.coverage_in_words(report)} · {clean_name(report.resolved_at)} · "
        f"openaudit {clean_name(report.tool_version)}, rules {clean_name(report.rules_version)}"
    )
    return Group(Text(), indented(Text(made, style=DIM)))


def _summary(outcomes: Sequence[Report | Failure]) -> RenderableType:
    table = grid()
    for header, ratio in (("target", 6), ("level", 4), ("score", None), ("license", 5)):
        width = None if ratio else len(header)
        table.add_column(header, ratio=ratio, width=width, overflow="fold", header_style=DIM)
    for outcome in outcomes:
        if isinstance(outcome, Report):
            table.add_row(
                Text(wording.outcome_name(outcome)),
                Text(clean_name(outcome.level_name), style=_BAND_STYLES.get(outcome.band, BOLD)),
                Text(wording.score_in_words(outcome)),
                Text(wording.license_in_words(outcome.license)),
            )
        else:
            broken = Text("could not be audited", style=_SEVERITY_STYLES[Severity.CRITICAL])
            table.add_row(
                Text(wording.outcome_name(outcome)), broken, Text("–"), Text(clean_name(outcome.reason))
            )
    return indented(table)


# ---------------------------------------------------------------- pieces


def title(text: str) -> RenderableType:
    """A section's title with a rule behind it."""
    return Group(Text(), Rule(Text(f"{text} ", style=BOLD), align="left", style=DIM, characters="─"))


def indented(renderable: RenderableType, columns: int = 2) -> Padding:
    """The same, some columns to the right."""
    return Padding(renderable, (0, 0, 0, columns))


def hanging(text: Text) -> RenderableType:
    """A list item whose further lines stand under its first word."""
    table = grid(show_header=False)
    table.add_column(width=1)
    table.add_column(ratio=1, overflow="fold")
    mark, rest = text.divide([2])[:2] if text.plain[1:2] == " " else (Text("·"), text)
    mark.rstrip()
    table.add_row(mark, rest)
    return indented(table)


def grid(*, show_header: bool = True) -> Table:
    """A table without lines, as wide as the terminal."""
    return Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, expand=True, show_header=show_header)


def _left_out(total: int) -> Iterator[RenderableType]:
    if total > _ROWS:
        yield indented(Text(f"and {total - _ROWS} more (-f json)", style=DIM))


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
