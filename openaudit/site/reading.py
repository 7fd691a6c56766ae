"""Report files from disk: one report, several, a folder of them, or one a line; a broken one never stops the rest."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openaudit.errors import TargetError
from openaudit.site.report_json import NotAReport, read_report
from openaudit.vocabulary import Report

FILE_LIMIT_BYTES = 256 * 1024 * 1024
LINE_LIMIT_BYTES = 32 * 1024 * 1024
_ENDINGS = (".json", ".jsonl", ".ndjson")
_LINES = (".jsonl", ".ndjson")


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A file, or one report of it, that could not be read: where, and why."""

    place: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadReport:
    """One report as it was read. `seen` is false where nothing of the target could be read; `unscored` names the
    dimensions without a score."""

    report: Report
    place: str
    seen: bool
    unscored: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Reports that come from elsewhere than report files, as objects of the JSON report; `place` says where from."""

    place: str
    objects: Iterable[Mapping[str, Any]]


def read_rows(rows: Rows) -> Iterator[ReadReport | Broken]:
    """Every report of a table, in its order."""
    for number, value in enumerate(rows.objects, 1):
        yield _one(value, f"{rows.place}: row {number}")


def read_all(paths: Sequence[Path]) -> Iterator[ReadReport | Broken]:
    """Every report of the files and folders, in the order given and by name in a folder.

    Raises:
        TargetError: a path is not there.
    """
    for path in paths:
        if not path.exists():
            raise TargetError(
                f"there is no file or folder '{path}'.", hint="Make one with: openaudit scan X -f json=x.json"
            )
    for path in paths:
        files = _in_folder(path) if path.is_dir() else [path]
        if not files:
            yield Broken(place=str(path), why="the folder holds no .json or .jsonl file")
        for file in files:
            yield from _read_file(file)


def _in_folder(folder: Path) -> list[Path]:
    found = (path for path in folder.rglob("*") if path.suffix.lower() in _ENDINGS)
    return sorted(path for path in found if path.is_file() and not path.is_symlink())


def _read_file(path: Path) -> Iterator[ReadReport | Broken]:
    try:
        if not path.is_file():
            yield Broken(place=str(path), why="it is no regular file")
        elif path.stat().st_size > FILE_LIMIT_BYTES:
            yield Broken(place=str(path), why=f"it is larger than {FILE_LIMIT_BYTES >> 20} MiB")
        elif path.suffix.lower() in _LINES:
            yield from _read_lines(path)
        else:
            yield from _read_document(path.read_bytes(), str(path))
    except OSError as error:
        yield Broken(place=str(path), why=error.strerror or "it cannot be read")


def _read_lines(path: Path) -> Iterator[ReadReport | Broken]:
    with path.open("rb") as stream:
        number = 0
        while line := stream.readline(LINE_LIMIT_BYTES + 1):
            number += 1
            if len(line) > LINE_LIMIT_BYTES:
                yield Broken(
                    place=f"{path}:{number}", why=f"the line is longer than {LINE_LIMIT_BYTES >> 20} MiB"
                )
                while line and not line.endswith(b"\n"):
                    line = stream.readline(LINE_LIMIT_BYTES)
            elif line.strip():
                yield from _read_document(line, f"{path}:{number}")


def _read_document(data: bytes, place: str) -> Iterator[ReadReport | Broken]:
    try:
        value: Any = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        yield Broken(place=place, why="it is not UTF-8")
        return
    except RecursionError:
        yield Broken(place=place, why="it is nested too deeply")
        return
    except ValueError as error:
        yield Broken(place=place, why=f"it is no JSON: {str(error)[:120]}")
        return
    several = value.get("reports") if isinstance(value, dict) else value
    if not isinstance(several, list):
        yield _one(value, place)
        return
    for index, item in enumerate(several):
        yield _one(item, f"{place}: reports[{index}]")


def _one(value: Any, place: str) -> ReadReport | Broken:
    try:
        report = read_report(value)
    except NotAReport as error:
        return Broken(place=place, why=f"it is no report: {error}")
    dimensions = value["dimensions"] if isinstance(value.get("dimensions"), dict) else {}
    unscored = {
        name
        for name, dimension in dimensions.items()
        if isinstance(dimension, dict) and not _scored(dimension)
    }
    return ReadReport(report=report, place=place, seen=_scored(value), unscored=frozenset(unscored))


def _scored(value: Mapping[str, Any]) -> bool:
    """Whether it has points: nothing seen is not the same as no points."""
    score = value.get("score")
    return isinstance(score, int | float) and not isinstance(score, bool) and math.isfinite(score)
