"""The check as Markdown for a pull request comment or a step summary: everything quoted is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from openaudit.formats.markdown import LENGTH_LIMIT, escape
from openaudit.formats.safe_text import clean, clean_name, portable, web_address
from openaudit.gate.formats import words
from openaudit.gate.result import Checked, CheckResult, Violation

MARKER = "<!-- openaudit-check -->"
"""The first line: nobody sees it, and by it the comment of an earlier run is found and replaced."""
_ROWS = 200
_PLACES = 5
_DIFF_LINES = 40
_DIFF_LIMIT = 4_000
_MARKS: dict[words.State, str] = {
    "failed": "❌",
    "not audited": "❓",
    "warned": "⚠️",
    "waived": "⏸️",
    "passed": "✅",
}
_CODE_SAFE = re.compile(r"[\w./+@:,()~ -]+\Z", re.ASCII)


def render(result: CheckResult) -> str:
    """The verdict, what is wrong with each model and where it is used, then a table of all; at most `LENGTH_LIMIT`
    characters. The same result gives the same bytes."""
    lines: list[str] = []
    length = 0
    for block in _blocks(result):
        size = sum(len(line) + 1 for line in block)
        if length + size > LENGTH_LIMIT - 500:
            lines += ["", "*The rest is too long for this place; see the JSON or SARIF report.*"]
            break
        lines += block
        length += size
    return "\n".join([*lines, "", *_footer(result)]) + "\n"


def _blocks(result: CheckResult) -> Iterator[list[str]]:
    """Parts that are shown whole or not at all, the most important first."""
    yield [
        MARKER,
        f"## {'✅' if result.passed else '❌'} openaudit check",
        "",
        f"**{escape(words.verdict(result))}**",
    ]
    ordered = words.in_order(result)
    for checked in ordered:
        if checked.failure is not None or checked.violations:
            yield _model(result, checked)
    files = list(words.unread(result))
    if files:
        yield ["", "### Files that could not be read", ""]
        yield from ([f"- {_code(path)}: {escape(message)}"] for path, message in files[:_ROWS])
        yield _left_out(len(files))
    waived = [line for checked in ordered for line in _waived(checked)]
    if waived:
        yield ["", "### Waived", "", *waived[:_ROWS], *_left_out(len(waived))]
    if ordered:
        yield [
            "",
            "### All models",
            "",
            "| | model | level | license | used at |",
            "| --- | --- | --- | --- | --- |",
        ]
        yield from ([_row(result, checked)] for checked in ordered[:_ROWS])
        yield _left_out(len(ordered))
    if result.notes:
        yield ["", "### Notes", "", *(f"- {escape(note)}" for note in result.notes[:_ROWS])]


def _model(result: CheckResult, checked: Checked) -> list[str]:
    mark = _MARKS[words.state(checked)]
    lines = ["", f"### {mark} {_link(checked)}", ""]
    lines.append(
        f"{escape(words.level(checked), 80)} · license {_code(words.license_of(checked))} · used at {_places(result, checked)}"
    )
    lines.append("")
    if checked.failure is not None:
        lines.append(f"- **could not be audited**: {escape(words.not_audited(checked))}")
    for violation in checked.violations[:_ROWS]:
        lines += _violation(violation)
    lines += [f"- {escape(line)}" for line in checked.explanation[:20]]
    return lines


def _violation(violation: Violation) -> Iterator[str]:
    kind = "error" if violation.severity == "error" else "warning"
    fix = f" → {escape(violation.fix)}" if violation.fix else ""
    yield f"- **{kind}** {_code(violation.rule)}: {escape(violation.message)}{fix}"
    if violation.diff:
        yield ""
        yield from (f"      {line}" for line in _diff(violation.diff))
        yield ""


def _diff(diff: str) -> Iterator[str]:
    """The changed words as lines of an indented code block: nothing in it is markup, and no fence can end it."""
    lines = diff[:_DIFF_LIMIT].splitlines()
    yield from (clean(line, 400) for line in lines[:_DIFF_LINES])
    if len(lines) > _DIFF_LINES or len(diff) > _DIFF_LIMIT:
        yield "…"


def _waived(checked: Checked) -> Iterator[str]:
    for waived in checked.waived:
        said = escape(waived.violation.message)
        yield f"- {_link(checked)} {_code(waived.violation.rule)}: {said} ({escape(words.waiver(waived))})"


def _row(result: CheckResult, checked: Checked) -> str:
    cells = (
        f"{_MARKS[words.state(checked)]} {words.state(checked)}",
        _link(checked),
        escape(words.level(checked), 80),
        _code(words.license_of(checked)),
        _places(result, checked),
    )
    return f"| {' | '.join(cells)} |"


def _places(result: CheckResult, checked: Checked) -> str:
    places = words.places(result, checked)
    shown = ", ".join(_code(str(place)) for place in places[:_PLACES])
    return f"{shown} and {len(places) - _PLACES} more" if len(places) > _PLACES else shown


def _link(checked: Checked) -> str:
    name = _code(words.name(checked))
    url = web_address(words.url_of(checked))
    if url is None:
        return name
    for character, written in (("(", "%28"), (")", "%29"), ("*", "%2A"), ("_", "%5F")):
        url = url.replace(character, written)
    return f"[{name}]({url})"


def _code(text: str) -> str:
    """A name or place in code type where its characters allow that, else escaped."""
    shown = clean_name(text)
    if shown and _CODE_SAFE.match(shown) and shown == shown.strip():
        return f"`{shown}`"
    return escape(text, len(shown) + 1)


def _left_out(total: int) -> list[str]:
    return ["", f"*and {total - _ROWS} more*"] if total > _ROWS else []


def _footer(result: CheckResult) -> Sequence[str]:
    policy = f"policy {_code(portable(result.policy))} · " if result.policy else ""
    return (
        f"*{policy}openaudit {escape(result.tool_version, 40)}, rules {escape(result.rules_version, 40)}*",
    )
