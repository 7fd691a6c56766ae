"""What kind of code a repository holds."""

from __future__ import annotations

from collections.abc import Sequence

from openaudit.licenses.catalog import Catalog
from openaudit.vocabulary import CodeRepository, FileEntry, Snapshot, Wanted, Where


def wanted_code(files: Sequence[FileEntry]) -> tuple[Wanted, ...]:
    """The texts to read of a code repository."""
    return ()


def scan_code(code: Snapshot, model: Snapshot, where: Where, catalog: Catalog) -> CodeRepository:
    """What a linked code repository holds."""
    return CodeRepository(id=code.id, where=where)
