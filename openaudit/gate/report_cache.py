"""Reports of earlier checks, kept in the user's cache folder by target, commit, rules and version."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openaudit import __version__
from openaudit.sources.cache import cache_folder
from openaudit.sources.targets import hub_endpoint
from openaudit.vocabulary import Target

_MOST_BYTES = 16_000_000
_MOST_ENTRIES = 5_000
_KEPT_SECONDS = 86_400
"""How long a report is good that rests on what has no revision to look up (code repositories, what was not read)."""
_FORMAT = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A report (the JSON object of the contract) with what else was read for the check: the digests of the texts by
    path, whether the model is multimodal, and when (seconds since the epoch)."""

    report: Mapping[str, Any]
    texts: Mapping[str, str]
    multimodal: bool | None
    at: float

    @property
    def fresh(self) -> bool:
        """Whether it is less than a day old."""
        return 0 <= time.time() - self.at < _KEPT_SECONDS


class ReportCache:
    """Reports below one folder; what was read with a token is kept apart. A damaged entry counts as none, and a cache
    that cannot be written is no fault. No token is ever written."""

    def __init__(self, rules_version: str, *, with_token: bool, folder: Path | None = None) -> None:
        self._folder = (folder or cache_folder()) / "reports"
        self._ours = (
            f"{_FORMAT}|{__version__}|{rules_version}|{hub_endpoint()}|{'token' if with_token else 'public'}"
        )

    def get(self, target: Target, commit: str) -> Kept | None:
        """The report of `target` at `commit`."""
        return _kept(self._read(self._place(target, f"commit:{commit}")), target, commit)

    def latest(self, target: Target) -> Kept | None:
        """The report of what `target`'s revision (a branch, the default one) pointed to when it was last looked up."""
        commit = (self._read(self._place(target, f"name:{target.revision or ''}")) or {}).get("commit")
        return self.get(target, commit) if isinstance(commit, str) else None

    def keep(self, target: Target, commit: str, kept: Kept) -> None:
        """Remember a report, and that the target's revision pointed to its commit."""
        entry = {
            "commit": commit,
            "id": target.id,
            "report": kept.report,
            "texts": dict(kept.texts),
            "multimodal": kept.multimodal,
            "at": kept.at,
        }
        with contextlib.suppress(OSError):
            _write(self._place(target, f"commit:{commit}"), entry)
            self.point(target, commit)
            self._trim()

    def point(self, target: Target, commit: str) -> None:
        """Remember where the target's revision points to."""
        with contextlib.suppress(OSError):
            place = self._place(target, f"name:{target.revision or ''}")
            if (self._read(place) or {}).get("commit") != commit:
                _write(place, {"commit": commit})

    def _place(self, target: Target, what: str) -> Path:
        name = hashlib.sha256(
            f"{self._ours}|{target.kind.value}|{target.id.lower()}|{what}".encode()
        ).hexdigest()
        return self._folder / name[:2] / f"{name[2:40]}.json"

    def _read(self, path: Path) -> dict[str, Any] | None:
        try:
            with path.open("rb") as file:
                data = file.read(_MOST_BYTES + 1)
            value = json.loads(data) if len(data) <= _MOST_BYTES else None
        except (OSError, ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None

    def _trim(self) -> None:
        """Once a day, remove the oldest entries beyond the most that are kept."""
        marker = self._folder / "trimmed"
        if marker.exists() and time.time() - marker.stat().st_mtime < _KEPT_SECONDS:
            return
        marker.touch()
        for path in sorted(_entries(self._folder), reverse=True)[_MOST_ENTRIES:]:
            path[1].unlink(missing_ok=True)


def _entries(folder: Path) -> Iterator[tuple[float, Path]]:
    for path in folder.glob("*/*.json"):
        with contextlib.suppress(OSError):
            yield path.stat().st_mtime, path


def _kept(entry: Mapping[str, Any] | None, target: Target, commit: str) -> Kept | None:
    """The entry, where it is whole and is what was asked for."""
    if entry is None or entry.get("commit") != commit or entry.get("id") != target.id:
        return None
    report, texts, at = entry.get("report"), entry.get("texts"), entry.get("at")
    if not isinstance(report, dict) or not isinstance(texts, dict) or not isinstance(at, int | float):
        return None
    if report.get("target", {}).get("revision") != commit:
        return None
    multimodal = entry.get("multimodal")
    return Kept(
        report=report, texts=texts, multimodal=multimodal if isinstance(multimodal, bool) else None, at=at
    )


def _write(path: Path, entry: Mapping[str, Any]) -> None:
    """Put the file there at once or not at all: other checks may be reading it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            json.dump(entry, file)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
