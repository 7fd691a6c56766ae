"""What every reader takes and gives: the text of one file, and the places in it that name a model or dataset."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal

from openaudit.formats.safe_text import clean
from openaudit.gate.result import Reference

Kind = Literal["model", "dataset", "file", "ollama"]
QUOTE_CHARACTERS = 300
_TESTS = re.compile(
    r"(?:^|/)(?:tests?|testing|__tests__|__mocks__|spec|fixtures|testdata|test_data)/"
    r"|(?:^|/)(?:test_[^/]*|[^/]*_test|[^/]*_tests|conftest)\.py$"
    r"|\.(?:test|spec)\.[cm]?[jt]sx?$"
)


class Weight(IntEnum):
    """How sure the use is. Where one literal is seen twice, the surer sight stays."""

    LOADED = 0
    """A call or command that loads it."""
    KEYED = 1
    """The value of a key or argument whose name says model or dataset."""
    NAMED = 2
    """Bound to a name that says model or dataset, and seen in no call."""
    RECOGNISED = 3
    """Told only by how it is written: a known maker, a name as only models have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A string that names something: the target as `scan` takes it, and the revision written into it."""

    target: str
    kind: Kind
    revision: str | None = None
    guessed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One place of a file; `line` and `column` count from 1."""

    named: Named
    line: int
    column: int
    how: str
    revision: str | None = None
    guessed: bool = False
    weight: Weight = Weight.LOADED


def _nothing_is_here(path: str) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The text of one file. `path` is below the root; `is_here` says whether a path that the text names is in the tree."""

    path: str
    text: str
    is_here: Callable[[str], bool] = field(default=_nothing_is_here)

    @property
    def is_test(self) -> bool:
        """Whether the file is a test: there only calls that load count, since tests name things that do not exist."""
        return _TESTS.search(self.path) is not None

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rsplit("/", 1)[-1]

    def with_text(self, text: str) -> Source:
        """The same file with another text: a cell, a script inside a configuration."""
        return Source(path=self.path, text=text, is_here=self.is_here)


def as_references(source: Source, sightings: Iterable[Sighting], most: int) -> list[Reference]:
    """The sightings as references in their order in the file, each literal once per target and revision, the surest
    sights only, at most `most`."""
    best: dict[tuple[int, int], list[Sighting]] = {}
    for sighting in sightings:
        best.setdefault((sighting.line, sighting.column), []).append(sighting)
    lines = source.text.splitlines() if best else []
    references: list[Reference] = []
    for key in sorted(best):
        references += [_reference(source.path, each, lines) for each in _surest(best[key])]
    return references[:most]


def _surest(same: list[Sighting]) -> list[Sighting]:
    """Of the sights of one literal the surest; several only where they differ in target or revision."""
    least = min(each.weight for each in same)
    kept: dict[tuple[str, str], Sighting] = {}
    for each in same:
        if each.weight == least:
            kept.setdefault((each.named.target, each.revision or each.named.revision or ""), each)
    pinned = {target for target, revision in kept if revision}
    # Where one call names the revision and another leaves it out, the first says more.
    return [kept[key] for key in sorted(kept) if key[1] or key[0] not in pinned]


def _reference(path: str, sighting: Sighting, lines: list[str]) -> Reference:
    named = sighting.named
    quote = lines[sighting.line - 1] if 0 < sighting.line <= len(lines) else ""
    start = max(0, sighting.column - 100) if len(quote) > QUOTE_CHARACTERS else 0
    return Reference(
        target=named.target,
        kind=named.kind,
        path=path,
        line=sighting.line,
        column=sighting.column,
        how=clean(sighting.how, 120),
        revision=sighting.revision or named.revision,
        guessed=sighting.guessed or named.guessed,
        quote=clean(quote[start : start + QUOTE_CHARACTERS], QUOTE_CHARACTERS),
    )
