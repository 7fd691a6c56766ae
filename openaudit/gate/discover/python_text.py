"""Python that does not parse (Python 2, templates, half a notebook): read line by line by pattern, and marked guessed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from openaudit.gate.discover import ids
from openaudit.gate.discover.keys import key_kind
from openaudit.gate.discover.python_loaders import LOADERS, NOT_CALLS, OLLAMA, WRITERS, Reading
from openaudit.gate.discover.sighting import Sighting, Source, Weight

_LONGEST_LINE = 2_000
_STRING = r"""[rRbBuUfF]{0,2}(?P<quote>["'])(?P<text>[^"'\n]{1,300})(?P=quote)"""
_CALL = re.compile(rf"(?P<name>[A-Za-z_]\w{{0,80}})\(\s*{_STRING}")
_BOUND = re.compile(rf"""(?P<name>[A-Za-z_]\w{{0,80}})["']?\s*(?::\s*str\s*)?[=:]\s*{_STRING}""")


def read_broken(source: Source) -> Iterator[Sighting]:
    """Calls that load and names that say model, one line at a time; comments and documentation are left out."""
    quotes: str | None = None
    for number, line in enumerate(source.text.split("\n"), 1):
        line = line[:_LONGEST_LINE]
        was_inside, quotes = quotes, _inside_after(line, quotes)
        if was_inside is None and not line.lstrip().startswith("#"):
            yield from _read_line(source, line, number)


def _inside_after(line: str, quotes: str | None) -> str | None:
    """The triple quotes that are still open after a line."""
    for found in re.findall(r'"""|\'\'\'', line):
        if quotes is None:
            quotes = found
        elif quotes == found:
            quotes = None
    return quotes


def _read_line(source: Source, line: str, number: int) -> Iterator[Sighting]:
    for match in _CALL.finditer(line):
        name = match["name"]
        if name in LOADERS:
            yield from _seen(source, match, LOADERS[name].reading, name, number, Weight.LOADED)
        elif "Ollama" in name:
            yield from _seen(source, match, OLLAMA.reading, name, number, Weight.LOADED)
    if any(f"{name}(" in line for name in WRITERS):
        return
    for match in _BOUND.finditer(line):
        kind = key_kind(match["name"])
        if kind is None or source.is_test or NOT_CALLS.search(match["name"]):
            continue
        reading = ids.keyed_dataset if kind == "dataset" else ids.keyed_model
        yield from _seen(source, match, reading, match["name"], number, Weight.NAMED)


def _seen(
    source: Source, match: re.Match[str], reading: Reading, how: str, number: int, weight: Weight
) -> Iterator[Sighting]:
    named = reading(match["text"], source.is_here)
    if named is not None:
        column = match.start("text") + 1
        yield Sighting(named=named, line=number, column=column, how=how, guessed=True, weight=weight)
