"""Small trees of files for the tests of discovery."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from openaudit.gate.discover import Discovery, discover


def tree(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write the files below `root`."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def look(root: Path, files: Mapping[str, str | bytes]) -> Discovery:
    """What is found in a tree of these files."""
    return discover(tree(root, files))


def seen(root: Path, path: str, text: str) -> list[tuple[str, int, str | None]]:
    """Target, line and revision of what one file refers to."""
    return [(r.target, r.line, r.revision) for r in look(root, {path: text}).references]


def targets(root: Path, path: str, text: str) -> list[str]:
    """Only the targets."""
    return [target for target, _, _ in seen(root, path, text)]
