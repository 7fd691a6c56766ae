"""The models and datasets that a code base refers to, each with file, line, how it is used and at which revision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from openaudit.gate.discover.limits import Limits
from openaudit.gate.result import Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """What was found, in the order of path and line; `unread` are files that count and could not be read, with
    `path`, `reason` and `message`."""

    references: tuple[Reference, ...]
    unread: tuple[Mapping[str, str], ...]
    files_read: int


def discover(root: Path, *, ignore: Sequence[str] = (), limits: Limits | None = None) -> Discovery:
    """The references in the folder (or the one file) `root`; `ignore` are patterns as .gitignore has them.

    Nothing is executed and no link is followed. Raises: TargetError when there is no such folder or file.
    """
    from openaudit.gate.discover.search import search

    references, unread, files_read = search(root, ignore, limits or Limits())
    return Discovery(references=references, unread=unread, files_read=files_read)


__all__ = ["Discovery", "Limits", "Reference", "discover"]
