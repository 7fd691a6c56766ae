"""What `openaudit license` found, as a table, as JSON, or as Markdown."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from openaudit.formats.safe_text import clean
from openaudit.licenses.identification import Edit, Match
from openaudit.licenses.reading import LicenseReading

if TYPE_CHECKING:
    from openaudit.licenses.clauses import Clause

_BOLD, _DIM, _RED, _GREEN, _OFF = "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m", "\x1b[0m"
_GRANTS = {
    "open": "any use",
    "restricted": "limited use",
    "research-only": "no commercial use, or no derivatives",
    "unlicensed": "nothing granted",
    "undetermined": "terms could not be told",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseFile:
    """One text and what was read in it; `reading` is None where it could not be read, and `error` says why."""

    path: str
    reading: LicenseReading | None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the reader asked to see beside the names: the changed words, the terms with quotes, colours."""

    diff: bool = False
    terms: bool = False
    color: bool = False


def render_json(files: Sequence[LicenseFile], shown: Shown) -> str:
    """The public JSON of license texts: one object with `files`."""
    document = {"files": [_file(file) for file in files]}
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _file(file: LicenseFile) -> dict[str, Any]:
    if file.reading is None:
        return {
            "path": file.path,
            "expression": None,
            "matches": [],
            "terms": {},
            "confidence": 0.0,
            "error": file.error,
        }
    reading = file.reading
    return {
        "path": clean(file.path),
        "expression": reading.identification.expression,
        "matches": [_match(match) for match in reading.identification.matches],
        "grant": reading.grant.value,
        "at_most": reading.at_most.value,
        "terms": reading.terms.as_dict(),
        "term_names": list(reading.term_names),
        "clauses": [_clause(clause) for clause in reading.clauses],
        "confidence": round(reading.identification.confidence, 3),
    }  # fmt: skip


def _clause(clause: Clause) -> dict[str, Any]:
    return {
        "term": clause.term,
        "effect": clause.effect.value if clause.effect else None,
        "quote": clean(clause.quote),
        "lines": list(clause.lines),
        "rule": clause.rule,
    }


def _match(match: Match) -> dict[str, Any]:
    return {
        "id": match.id,
        "spdx": match.spdx,
        "name": match.name,
        "kind": match.kind,
        "coverage": round(match.coverage, 4),
        "similarity": round(match.similarity, 4),
        "modified": match.modified,
        "base": match.base,
        "added": [_edit(edit) for edit in match.added],
        "removed": [_edit(edit) for edit in match.removed],
        "lines": list(match.lines),
    }


def _edit(edit: Edit) -> dict[str, Any]:
    return {
        "words": clean(edit.words),
        "line": edit.line,
        "before": clean(edit.before),
        "after": clean(edit.after),
    }


def render_table(files: Sequence[LicenseFile], shown: Shown) -> str:
    """For a terminal: a line or two a file, then what was asked for."""
    paint = _Paint(shown.color)
    return "".join(f"{line}\n" for file in files for line in _lines(file, shown, paint))


class _Paint:
    """Terminal colours, or none."""

    def __init__(self, on: bool) -> None:
        self._on = on

    def __call__(self, code: str, text: str) -> str:
        return f"{code}{text}{_OFF}" if self._on else text


def _lines(file: LicenseFile, shown: Shown, paint: _Paint) -> Iterator[str]:
    name = paint(_BOLD, clean(file.path))
    if file.reading is None:
        yield f"{name}: {file.error}"
        return
    reading = file.reading
    verdict = reading.identification.expression or "no known license"
    yield f"{name}: {paint(_BOLD, verdict)}  ({_GRANTS[reading.grant.value]})"
    for match in reading.identification.matches:
        yield f"  {_said(match)}"
        if shown.diff:
            yield from _diff(match, paint)
    if shown.terms:
        yield from _terms(reading)


def _said(match: Match) -> str:
    first, last = match.lines
    place = f"line {first}" if first == last else f"lines {first}-{last}"
    what = {"text": "text of", "reference": "refers to", "title": "title of"}[match.kind]
    state = ""
    if match.modified:
        state = f", MODIFIED from {match.base}: {len(match.added)} added, {len(match.removed)} left out"
    return f"{place}: {what} {clean(match.name)} [{match.id}]{state}"


def _diff(match: Match, paint: _Paint) -> Iterator[str]:
    for edit in match.added:
        yield f"    {edit.line:>5}  … {clean(edit.before)} {paint(_GREEN, '{+' + clean(edit.words) + '+}')} {clean(edit.after)} …"
    for edit in match.removed:
        yield f"    {edit.line:>5}  … {clean(edit.before)} {paint(_RED, '[-' + clean(edit.words) + '-]')} {clean(edit.after)} …"


def _terms(reading: LicenseReading) -> Iterator[str]:
    if reading.why:
        yield f"    {clean(reading.why)}"
    for name, value in reading.terms.as_dict().items():
        yield f"    {name.replace('_', ' ')}: {_value(value)}"
    for clause in reading.clauses:
        yield f"    {clause.term}: “{clean(clause.quote)}” (line {clause.lines[0]})"


def _value(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(
            f"{key.replace('_', ' ')} {_value(item)}" for key, item in value.items() if item != ""
        )
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else clean(str(value))


def render_markdown(files: Sequence[LicenseFile], shown: Shown) -> str:
    """A table for a wiki or a pull request, everything quoted escaped."""
    from openaudit.formats.markdown import escape

    rows = ["| file | license | grants | changed |", "| --- | --- | --- | --- |"]
    for file in files:
        if file.reading is None:
            rows.append(f"| {escape(file.path, 200)} | {escape(file.error, 200)} | | |")
            continue
        reading = file.reading
        changed = "; ".join(
            escape(f"+ {edit.words}", 160)
            for match in reading.texts
            if match.modified
            for edit in match.added[:3]
        )
        left_out = "; ".join(
            escape(f"- {edit.words}", 160)
            for match in reading.texts
            if match.modified
            for edit in match.removed[:3]
        )
        expression = escape(reading.identification.expression or "no known license", 200)
        both = "; ".join(part for part in (changed, left_out) if part)
        rows.append(f"| {escape(file.path, 200)} | {expression} | {_GRANTS[reading.grant.value]} | {both} |")
    return "\n".join(rows) + "\n"


LICENSE_FORMATS: Mapping[str, Callable[[Sequence[LicenseFile], Shown], str]] = MappingProxyType(
    {"json": render_json, "markdown": render_markdown, "table": render_table}
)
"""Format name, as `--format` takes it, to how readings of license texts are written."""
