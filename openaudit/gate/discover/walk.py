"""The files of a code base that count, in their order: no build folders, no dependencies, no way out of the root."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_SKIPPED = frozenset(
    (
        ".git .hg .svn .jj node_modules bower_components .venv venv virtualenv __pycache__ .tox .nox "
        ".mypy_cache .ruff_cache .pytest_cache .ipynb_checkpoints .cache .eggs .next .nuxt .svelte-kit "
        ".turbo .parcel-cache .terraform .serverless .gradle .idea site-packages dist-packages "
        ".hypothesis .yarn .pnpm-store __pypackages__ htmlcov"
    ).split()
)
_BUILT = frozenset({"build", "dist", "out", "target", "_build"})
_PROJECTS = frozenset(
    {
        "setup.py",
        "pyproject.toml",
        "package.json",
        "Cargo.toml",
        "CMakeLists.txt",
        "build.gradle",
        "conf.py",
        "pom.xml",
    }
)
_ENVIRONMENTS = frozenset({"pyvenv.cfg", "CACHEDIR.TAG", "conda-meta"})
_DEEPEST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A regular file: its path below the root with forward slashes, and its size."""

    path: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Globs:
    """Patterns as .gitignore has them: the last one that matches decides, `!` takes back."""

    patterns: tuple[tuple[re.Pattern[str], bool, bool], ...]

    @classmethod
    def of(cls, lines: Sequence[str]) -> Globs:
        """The patterns of some lines; comments and empty ones say nothing."""
        return cls(
            tuple(_pattern(line) for line in lines[:5_000] if line.strip() and not line.startswith("#"))
        )

    def leave_out(self, path: str, is_folder: bool) -> bool:
        """Whether a path is left out. What is below a folder that is left out is never asked for."""
        verdict = False
        for pattern, only_folders, takes_back in self.patterns:
            if (is_folder or not only_folders) and pattern.fullmatch(path):
                verdict = not takes_back
        return verdict


def _pattern(line: str) -> tuple[re.Pattern[str], bool, bool]:
    text = line.strip()[:500]
    takes_back = text.startswith("!")
    text = text[1:] if takes_back else text
    only_folders = text.endswith("/")
    text = text.rstrip("/")
    anchored = "/" in text
    text = re.sub(r"\*{3,}", "**", text.lstrip("/"))
    parts: list[str] = []
    for piece in re.findall(r"\*\*/|/\*\*$|\*+|\?|\[[^\]]*\]|.", text):
        if piece == "**/":
            parts.append("(?:.*/)?")
        elif piece == "/**":
            parts.append("/.*")
        elif piece.startswith("*"):
            parts.append("[^/]*")
        elif piece == "?":
            parts.append("[^/]")
        elif piece.startswith("[") and len(piece) > 2:
            parts.append(
                "["
                + ("^" if piece[1] in "!^" else "")
                + re.escape(piece[1:-1].lstrip("!^")).replace(r"\-", "-")
                + "]"
            )
        else:
            parts.append(re.escape(piece))
    expression = ("" if anchored else "(?:.*/)?") + "".join(parts)
    return _compiled(expression, text), only_folders, takes_back


def _compiled(expression: str, text: str) -> re.Pattern[str]:
    try:
        return re.compile(expression)
    except re.error:
        return re.compile(re.escape(text))


def files(root: Path, globs: Globs, most: int) -> Iterator[File]:
    """The files below `root`, folder by folder in order of name. Links are not followed; of a link to a file inside the
    root the file itself is found."""
    base = os.path.realpath(root)
    stack: list[tuple[str, int]] = [("", 0)]
    count = 0
    while stack:
        folder, depth = stack.pop()
        entries = _entries(os.path.join(base, folder))
        names = {entry.name for entry in entries}
        if folder and names & _ENVIRONMENTS:
            continue
        inner: list[tuple[str, int]] = []
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            kind = _mode(entry)
            if kind is None or not _is_text(path):
                continue
            if stat.S_ISDIR(kind.st_mode):
                if (
                    depth < _DEEPEST
                    and not _is_skipped(entry.name, names)
                    and not globs.leave_out(path, True)
                ):
                    inner.append((path, depth + 1))
            elif stat.S_ISREG(kind.st_mode) and not globs.leave_out(path, False):
                count += 1
                if count > most:
                    return
                yield File(path=path, size_bytes=kind.st_size)
        stack.extend(reversed(inner))


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []


def _mode(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return entry.stat(follow_symlinks=False)
    except OSError:
        return None


def _is_text(path: str) -> bool:
    """Whether a path can be written into a report: no lone surrogates."""
    return path.isascii() or path == path.encode("utf-8", "replace").decode("utf-8")


def _is_skipped(name: str, beside: set[str]) -> bool:
    if name in _SKIPPED or name.endswith((".egg-info", ".dist-info")):
        return True
    return name in _BUILT and bool(beside & _PROJECTS)
