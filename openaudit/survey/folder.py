"""The folder that a survey writes: one part a batch, each whole or not there, and what all of them are of.

    OUT.parquet/
      _survey.json         what was surveyed with which rules, when, and how it went
      _targets.txt         of a live survey: the list of targets, fixed at its start
      part-000000.parquet  the rows of batch 0 ...

Readers of Parquet folders leave out names that begin with `_` or `.`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from openaudit import __version__
from openaudit.errors import TargetError
from openaudit.survey.schema import ROW, SCHEMA_VERSION

MANIFEST, TARGETS = "_survey.json", "_targets.txt"
_KEYS = (b"openaudit.batch", b"openaudit.input", b"openaudit.rules", b"openaudit.rows")
_MANIFEST_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a survey is of: the same in every part, and what a resumed one must be of too."""

    kind: str
    """`table` or `live`."""
    input: str
    """SHA-256 of the input: the bytes of a table, the lines of a list."""
    rows: int
    batches: int
    rules_version: str
    tool_version: str = __version__
    schema_version: str = SCHEMA_VERSION


_SAID = {
    "kind": "another kind of survey",
    "input": "another input",
    "rows": "another input",
    "batches": "other batches",
    "rules_version": "other rules",
    "tool_version": "another version of openaudit",
    "schema_version": "another version of the table",
}


class Folder:
    """The parts of one survey. `open_folder` makes it, or finds what is there of it already."""

    def __init__(self, path: Path, subject: Subject) -> None:
        self.path = path
        self.subject = subject

    def part(self, number: int) -> Path:
        """Where the rows of a batch lie, or will."""
        return self.path / f"part-{number:06d}.parquet"

    def done(self) -> frozenset[int]:
        """The batches whose parts are there and whole."""
        return frozenset(n for n in range(self.subject.batches) if self._is_whole(n))

    def _is_whole(self, number: int) -> bool:
        try:
            found = pq.read_schema(self.part(number)).metadata or {}
        except (OSError, pa.ArrowException):
            return False
        return all(found.get(key) == value for key, value in self._marks(number).items())

    def _marks(self, number: int) -> dict[bytes, bytes]:
        values = (str(number), self.subject.input, self.subject.rules_version, self.subject.schema_version)
        return {key: value.encode() for key, value in zip(_KEYS, values, strict=True)}

    def write(self, number: int, rows: pa.Table) -> None:
        """Put the rows of a batch in their place, all at once: a part that is there is whole."""
        final = self.part(number)
        temporary = self.path / f".{final.name}.{os.getpid()}"
        marked = rows.replace_schema_metadata(self._marks(number))
        pq.write_table(marked, temporary, compression="zstd", use_dictionary=True, write_statistics=False)
        os.replace(temporary, final)

    def finish(self, counts: dict[str, Any]) -> None:
        """Note that all parts are there, and how many rows say what."""
        _write_manifest(self.path, {**_read_manifest(self.path), "finished_at": _now(), **counts})
        for left in self.path.glob(".part-*"):
            left.unlink(missing_ok=True)


def open_folder(path: Path, subject: Subject, lines: Sequence[str] = ()) -> Folder:
    """A new survey's folder, or one that was left off in the middle.

    Raises:
        TargetError: the path is taken by something else, or by a survey of another input or by other rules.
    """
    if path.exists() and not path.is_dir():
        raise TargetError(f"'{path}' is a file; a survey writes a folder.", hint="Choose another -o.")
    if not (path / MANIFEST).is_file():
        if path.is_dir() and any(path.iterdir()):
            raise TargetError(f"'{path}' holds other files.", hint="Choose another -o.")
        path.mkdir(parents=True, exist_ok=True)
        if lines:
            (path / TARGETS).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        _write_manifest(path, {**asdict(subject), "started_at": _now()})
        return Folder(path, subject)
    found = _read_manifest(path)
    for key, value in asdict(subject).items():
        if found.get(key) != value:
            raise TargetError(
                f"'{path}' holds a survey of {_SAID[key]} ({key} {found.get(key)}, now {value}): rows of both would be "
                "mixed up.",
                hint="Choose another -o, or remove the folder.",
            )
    return Folder(path, subject)


def lines_of(path: Path) -> list[str] | None:
    """The targets of a live survey that was begun in this folder; None where there is none."""
    file = path / TARGETS
    return file.read_text(encoding="utf-8").splitlines() if file.is_file() else None


def is_survey(path: Path) -> bool:
    """Whether a folder is what a survey wrote."""
    return (path / MANIFEST).is_file()


def parts_of(path: Path) -> Iterator[Path]:
    """The parts of a survey's folder in order; of a single file, the file."""
    yield from sorted(path.glob("part-*.parquet")) if path.is_dir() else [path]


def manifest_of(path: Path) -> dict[str, Any]:
    """What is told of the survey; empty for a single file."""
    return _read_manifest(path) if path.is_dir() else {}


def _read_manifest(path: Path) -> dict[str, Any]:
    file = path / MANIFEST
    try:
        if file.stat().st_size > _MANIFEST_LIMIT:
            raise ValueError("too long")
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise TargetError(f"'{file}' cannot be read ({error}).", hint="Choose another -o.") from error
    return value if isinstance(value, dict) else {}


def _write_manifest(path: Path, value: dict[str, Any]) -> None:
    temporary = path / f".{MANIFEST}.{os.getpid()}"
    temporary.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    os.replace(temporary, path / MANIFEST)


def _now() -> str:
    stamp = os.environ.get("SOURCE_DATE_EPOCH", "")
    moment = datetime.fromtimestamp(int(stamp), UTC) if stamp.isdigit() else datetime.now(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


EMPTY = ROW.empty_table()
