"""The weight files of a report for people: the figures, and the files that run code or could not be proven safe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from openaudit.formats.safe_text import clean, clean_name, portable

_PER_FILE = ("files", "unsafe", "unproven")
_MOST_REASONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtfulFile:
    """A weight file that is not known to be safe: `unsafe` runs code when it is loaded, else nothing proves that it
    does not. `reasons` say what was seen."""

    path: str
    unsafe: bool
    format: str
    reasons: tuple[str, ...]


def doubtful_files(artifacts: Mapping[str, Any]) -> tuple[DoubtfulFile, ...]:
    """The unsafe files first, then the unproven ones, each group in the order of the report."""
    known = {
        str(file.get("path")): file for file in _list(artifacts.get("files")) if isinstance(file, Mapping)
    }
    return (*_of(artifacts, "unsafe", known), *_of(artifacts, "unproven", known))


def figures_of(artifacts: Mapping[str, Any]) -> dict[str, Any]:
    """What is told of all weight files together: formats, parameters, bytes."""
    return {str(key): value for key, value in artifacts.items() if key not in _PER_FILE}


def _of(
    artifacts: Mapping[str, Any], key: str, known: Mapping[str, Mapping[str, Any]]
) -> Iterator[DoubtfulFile]:
    for entry in _list(artifacts.get(key)):
        said = entry if isinstance(entry, Mapping) else {"path": entry}
        path = str(said.get("path") or "")
        file = known.get(path, {})
        reasons = [said["reason"]] if said.get("reason") else _list(file.get("reasons"))
        yield DoubtfulFile(
            path=clean_name(portable(path)),
            unsafe=key == "unsafe",
            format=clean_name(str(file.get("format") or "")),
            reasons=tuple(clean(str(reason)) for reason in reasons[:_MOST_REASONS]),
        )


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []
