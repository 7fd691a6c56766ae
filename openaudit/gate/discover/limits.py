"""What discovery reads at most: code bases are read whole, but no file may cost more than a file should."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Ceilings; a file over its ceiling is reported as unread, never passed over."""

    file_bytes: int = 4_000_000
    notebook_bytes: int = 30_000_000
    files: int = 200_000
    depth: int = 64
    references_per_file: int = 2_000
    line_characters: int = 20_000
