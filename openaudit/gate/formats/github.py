"""The check as workflow commands of GitHub Actions: annotations at the lines that name the models."""

from __future__ import annotations

from collections.abc import Iterator

from openaudit.formats.safe_text import clean, clean_name
from openaudit.gate.formats import words
from openaudit.gate.formats.words import Place
from openaudit.gate.result import Checked, CheckResult

_LINES = 1_000
"""Annotations written. GitHub itself shows ten errors and ten warnings of a step."""
_PATH_LIMIT = 1_000


def render(result: CheckResult) -> str:
    """One command a line, errors first; the last says how the check ended.

    Source: GitHub's workflow commands `::error`, `::warning` and `::notice` with `file`, `line`, `col` and `title`.
    """
    lines = [line for checked in words.in_order(result) for line in _of(result, checked)]
    lines += [
        _command("error", Place(path=words.below_start(result, path), line=1), "could not be read", message)
        for path, message in words.unread(result)
    ]
    lines.sort(key=lambda line: not line.startswith("::error"))
    if len(lines) > _LINES:
        lines[_LINES:] = [_command("notice", None, "", f"{len(lines) - _LINES} more are not shown here.")]
    lines += [_command("notice", None, "", note) for note in result.notes[:_LINES]]
    lines.append(
        _command("notice" if result.passed else "error", None, "openaudit check", words.verdict(result))
    )
    return "".join(f"{line}\n" for line in lines)


def _of(result: CheckResult, checked: Checked) -> Iterator[str]:
    name = words.name(checked)
    for place in words.places(result, checked):
        if checked.failure is not None:
            yield _command("error", place, f"{name}: could not be audited", words.not_audited(checked))
        for violation in checked.violations:
            kind = "error" if violation.severity == "error" else "warning"
            said = f"{words.problem(violation)} [{clean_name(violation.rule)}]"
            yield _command(kind, place, name, said)
        for waived in checked.waived:
            said = f"{clean(waived.violation.message)} ({words.waiver(waived)})"
            yield _command("notice", place, name, said)


def _command(kind: str, place: Place | None, title: str, message: str) -> str:
    properties = []
    if place is not None:
        properties += [f"file={_property(place.path)}", f"line={place.line}"]
        if place.column > 1:
            properties.append(f"col={place.column}")
    shown = clean(title, 200)
    if shown:
        properties.append(f"title={_property(shown)}")
    return f"::{kind}{' ' if properties else ''}{','.join(properties)}::{_data(clean(message, 2_000))}"


def _data(text: str) -> str:
    """Text as the message of a command. Source: `escapeData` of GitHub's toolkit."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Text as a property of a command. Source: `escapeProperty` of GitHub's toolkit."""
    shown = text if text.isprintable() and len(text) <= _PATH_LIMIT else clean(text, _PATH_LIMIT)
    return _data(shown).replace(":", "%3A").replace(",", "%2C")
