"""Which faults are in force: where, on what part, and how many times more."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .answers import About, Answer
from .faults import Fault, Place, fault_of

EVERYWHERE = "*"
On = Literal["everything", "info", "tree", "api", "files", "storage"]
_PARTS: dict[str, frozenset[str]] = {
    "everything": frozenset({"info", "tree", "api", "file", "storage", "page"}),
    "info": frozenset({"info"}),
    "tree": frozenset({"tree"}),
    "api": frozenset({"info", "tree", "api"}),
    "files": frozenset({"file", "storage"}),
    "storage": frozenset({"storage"}),
}


@dataclass(slots=True, kw_only=True)
class _Entry:
    target: str
    fault: Fault
    on: On
    path: str | None
    times_left: int | None

    def concerns(self, about: About) -> bool:
        if self.times_left == 0 or self.target not in (EVERYWHERE, about.target):
            return False
        if self.path is not None and about.path != self.path:
            return False
        return about.part in _PARTS[self.on]


class FaultBook:
    """The faults in force, in the order in which they were entered; several may meet in one answer."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._lock = threading.Lock()

    def enter(
        self,
        target: str,
        fault: Fault,
        *,
        on: On = "everything",
        path: str | None = None,
        times: int | None = None,
    ) -> None:
        """Put a fault in force, for so many answers (None: for good). Raises ValueError for an unknown `on`."""
        if on not in _PARTS:
            raise ValueError(f"on: {on!r} is none of {', '.join(_PARTS)}")
        with self._lock:
            self._entries.append(_Entry(target=target, fault=fault, on=on, path=path, times_left=times))

    def enter_configured(self, target: str, config: Mapping[str, Any]) -> None:
        """The same from `repo.json`: `kind`, the fault's own fields, and `on`, `path`, `times`. Raises ValueError."""
        settings = dict(config)
        where = {name: settings.pop(name) for name in ("on", "path", "times") if name in settings}
        self.enter(target, fault_of(settings.pop("kind", ""), settings), **where)

    def lift(self, target: str) -> None:
        """End all faults of a target; `EVERYWHERE` ends those entered for everywhere only."""
        with self._lock:
            self._entries = [entry for entry in self._entries if entry.target != target]

    def spoil(self, answer: Answer, place: Place) -> Answer:
        """The answer as the faults in force leave it."""
        for fault in self._due(answer.about):
            answer = fault.spoil(answer, place)
        return answer

    def _due(self, about: About) -> list[Fault]:
        with self._lock:
            due = [entry for entry in self._entries if entry.concerns(about)]
            for entry in due:
                if entry.times_left is not None:
                    entry.times_left -= 1
            return [entry.fault for entry in due]
