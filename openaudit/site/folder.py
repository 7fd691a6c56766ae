"""The folder that a site is written to: only files of ours are ever replaced or removed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from types import TracebackType

from openaudit.errors import TargetError
from openaudit.site.lenient import texts

Content = str | bytes | Iterable[str]
MARKER = "openaudit-site.json"


class SiteFolder:
    """Writes files below one folder and remembers them; on leaving, removes those of the last build that are gone.

    Raises:
        TargetError: on entering, for a folder with files in it that no build of ours left; on writing, for what the
            system refuses.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._written: set[str] = set()
        self._before: frozenset[str] = frozenset()
        self._made: set[Path] = set()

    def __enter__(self) -> SiteFolder:
        marker = self._root / MARKER
        if marker.is_file():
            self._before = _files_of(marker)
        elif self._root.exists() and (not self._root.is_dir() or any(self._root.iterdir())):
            raise TargetError(
                f"'{self._root}' is not empty, and no site of openaudit's.",
                hint="Name a new or an empty folder.",
            )
        return self

    def write(self, path: str, content: Content) -> None:
        """Write one file; `path` is relative with forward slashes, content in parts is written part by part."""
        target = self._root / path
        try:
            if target.parent not in self._made:
                target.parent.mkdir(parents=True, exist_ok=True)
                self._made.add(target.parent)
            with target.open("wb") as stream:
                for part in (content,) if isinstance(content, str | bytes) else content:
                    stream.write(part if isinstance(part, bytes) else part.encode("utf-8", "replace"))
        except OSError as error:
            raise TargetError(f"cannot write '{target}': {error.strerror}.") from error
        self._written.add(path)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            return
        self.write(MARKER, json.dumps({"files": sorted(self._written)}, separators=(",", ":")) + "\n")
        for path in self._before - self._written:
            (self._root / path).unlink(missing_ok=True)


def _files_of(marker: Path) -> frozenset[str]:
    """The files of the last build; names that lead out of the folder are none of ours."""
    try:
        document = json.loads(marker.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return frozenset()
    named = texts(document.get("files"), 10**7) if isinstance(document, dict) else ()
    return frozenset(
        path
        for path in named
        if not PurePosixPath(path).is_absolute() and ".." not in PurePosixPath(path).parts
    )
