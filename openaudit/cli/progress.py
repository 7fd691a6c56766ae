"""A progress line on stderr for what takes over a second; silent where stderr is no terminal."""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import TYPE_CHECKING

from openaudit.vocabulary import Target

if TYPE_CHECKING:
    from rich.status import Status

_AFTER_SECONDS = 1.0


class Progress:
    """What is being read now, and how many targets are done. Thread-safe; starts to show after a second."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._now: dict[str, str] = {}
        self._lock = threading.Lock()
        self._status: Status | None = None
        self._timer = threading.Timer(_AFTER_SECONDS, self._show)
        self._timer.daemon = True

    def __enter__(self) -> Progress:
        if sys.stderr.isatty():
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            if self._status is not None:
                self._status.stop()

    def say(self, target: Target, text: str) -> None:
        """`target` is at `text` now."""
        with self._lock:
            self._now[target.id] = text
            self._update()

    def done(self, target: Target) -> None:
        """`target` is finished, well or not."""
        with self._lock:
            self._now.pop(target.id, None)
            self._done += 1
            self._update()

    def _show(self) -> None:
        from rich.console import Console

        with self._lock:
            self._status = Console(stderr=True).status(self._text())
            self._status.start()

    def _update(self) -> None:
        if self._status is not None:
            self._status.update(self._text())

    def _text(self) -> str:
        from rich.markup import escape

        printable = "".join(c if c.isprintable() else "?" for c in next(iter(self._now.values()), ""))
        count = f"{self._done} of {self._total} done" if self._total > 1 else ""
        return escape(", ".join(part for part in (count, printable[:80]) if part) or "working")
