"""Jupyter notebooks: code cells as one program, `!commands` and shell cells as shell, each at its line of the .ipynb file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from openaudit.gate.discover import python_source, shell
from openaudit.gate.discover.embedded import placed
from openaudit.gate.discover.python_source import Pending
from openaudit.gate.discover.python_text import read_broken
from openaudit.gate.discover.sighting import Sighting, Source
from openaudit.gate.discover.structure import Malformed, Mapping, Node, Scalar, Sequence, read_json

_SHELL_CELL = re.compile(r"%%(?:bash|sh|shell|script\s+(?:ba|z)?sh|system|!)\b")
_OTHER_CELL = re.compile(r"%%(?:html|javascript|js|latex|markdown|svg|perl|ruby|R|sql|cython|writefile)\b")
_MAGIC = re.compile(r"(\s*)(?:%%?|[!?])")
_COMMAND = re.compile(r"\s*(?:[\w.,\s]+=\s*)?(?:!{1,2}|%(?:sx|system|sh)\s)")
_ENVIRONMENT = re.compile(r"\s*%(?:set_)?env\s+")


@dataclass(slots=True)
class _Lines:
    """Lines of code and where each stands in the file."""

    texts: list[str] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)

    def add(self, text: str, place: tuple[int, int]) -> None:
        self.texts.append(text)
        self.places.append(place)


def read(source: Source) -> tuple[list[Sighting], list[Pending]]:
    """What the code cells of a notebook name. Raises: Malformed when it is no JSON or no notebook."""
    roots = read_json(source.text)
    if not roots or not isinstance(roots[0], Mapping):
        raise Malformed("no notebook")
    if _language(roots[0]) not in ("python", "python3", "ipython", "ipython3", ""):
        return [], []
    code, commands = _Lines(), _Lines()
    for cell in _cells(roots[0]):
        _sort_cell(cell, code, commands)
    found, pending = _python(source, code)
    script = source.with_text("\n".join(commands.texts))
    found += placed(shell.read(script), commands.places)
    return found, pending


def _python(source: Source, code: _Lines) -> tuple[list[Sighting], list[Pending]]:
    """All cells as one module, so that a name of one cell is known in the next; else each cell for itself."""
    whole = source.with_text("\n".join(code.texts))
    if python_source.parse(whole.text) is not None:
        sightings, pending = python_source.read(whole)
        return list(placed(sightings, code.places)), pending
    good = list(code.texts)
    found: list[Sighting] = []
    for start, end in _blocks(code.texts):
        cell = "\n".join(code.texts[start:end])
        if python_source.parse(cell) is None:
            found += placed(read_broken(source.with_text(cell)), code.places[start:end])
            good[start:end] = [""] * (end - start)
    sightings, pending = python_source.read(source.with_text("\n".join(good)))
    return [*found, *placed(sightings, code.places)], pending


def _blocks(lines: list[str]) -> Iterator[tuple[int, int]]:
    """The cells again: each ends with a form feed line."""
    start = 0
    for index, line in enumerate(lines):
        if line == "\f":
            yield start, index
            start = index + 1
    yield start, len(lines)


def _language(notebook: Mapping) -> str:
    node: Node = notebook
    for key in ("metadata", "kernelspec", "language"):
        found = _get(node, key)
        if found is None:
            return ""
        node = found
    return node.text.lower() if isinstance(node, Scalar) else ""


def _get(node: Node, key: str) -> Node | None:
    if not isinstance(node, Mapping):
        return None
    return next((value for name, value in node.pairs if name.text == key), None)


def _cells(notebook: Mapping) -> Iterator[list[Scalar]]:
    """The sources of the code cells: their lines as they stand in the file."""
    cells = _get(notebook, "cells")
    if cells is None:  # the format before 4.0
        sheets = _get(notebook, "worksheets")
        first = sheets.items[0] if isinstance(sheets, Sequence) and sheets.items else None
        cells = _get(first, "cells") if first is not None else None
    for cell in cells.items if isinstance(cells, Sequence) else ():
        kind = _get(cell, "cell_type")
        if not isinstance(kind, Scalar) or kind.text != "code":
            continue
        text = _get(cell, "source") or _get(cell, "input")
        if isinstance(text, Scalar):
            yield [text]
        elif isinstance(text, Sequence):
            yield [each for each in text.items if isinstance(each, Scalar)]


def _sort_cell(cell: list[Scalar], code: _Lines, commands: _Lines) -> None:
    """Put the lines of a cell where they belong; a magic leaves `pass` behind so that the rest stays a program."""
    lines = [(text, place) for scalar in cell for text, place in _lines(scalar)]
    first = next((text for text, _ in lines if text.strip()), "")
    if _OTHER_CELL.match(first):
        return
    is_shell = _SHELL_CELL.match(first) is not None
    continues = False
    for text, place in lines:
        command = _COMMAND.match(text)
        environment = _ENVIRONMENT.match(text)
        if is_shell or continues:
            commands.add("" if text.startswith("%%") else text, place)
            if not is_shell:
                code.add("", place)
            continues = not is_shell and text.rstrip().endswith("\\")
        elif command is not None:
            commands.add(" " * command.end() + text[command.end() :].replace("{", "${"), place)
            code.add(text[: len(text) - len(text.lstrip())] + "pass", place)
            continues = text.rstrip().endswith("\\")
        elif environment is not None:
            pair = text[environment.end() :]
            commands.add(
                " " * environment.end() + (pair if "=" in pair else pair.replace(" ", "=", 1)), place
            )
            code.add("", place)
        elif (magic := _MAGIC.match(text)) is not None:
            code.add(magic[1] + "pass", place)
        else:
            code.add(text, place)
    code.add("\f", (0, 0))


def _lines(scalar: Scalar) -> Iterator[tuple[str, tuple[int, int]]]:
    """The lines of one string of the file, which mostly is one line; inside it only the column can be told."""
    column = scalar.column
    for line in scalar.text.removesuffix("\n").split("\n"):
        yield line, (scalar.line, column)
        column += len(line) + 2  # the `\n` in the file
