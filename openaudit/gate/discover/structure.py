"""YAML, JSON, TOML and key-value files as one kind of tree in which every string knows its line and column."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

DEEPEST = 64
_MOST_NODES = 500_000


class Malformed(ValueError):
    """The text is no such file, or nested deeper than any configuration is."""


@dataclass(slots=True)
class Scalar:
    """A string or number as written; `line` and `column` are of its first character, `places` of each of its lines."""

    text: str
    line: int
    column: int
    places: tuple[tuple[int, int], ...] = ()


@dataclass(slots=True)
class Sequence:
    """A list."""

    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Mapping:
    """Pairs in the order of the file; a key may be there twice."""

    pairs: list[tuple[Scalar, Node]] = field(default_factory=list)


Node = Scalar | Sequence | Mapping


class Builder:
    """Puts a tree together from a stream of beginnings, ends and scalars."""

    def __init__(self) -> None:
        self.roots: list[Node] = []
        self._open: list[Sequence | Mapping] = []
        self._keys: list[Scalar | None] = []
        self._count = 0

    def begin(self, node: Sequence | Mapping) -> None:
        """Open a list or mapping. Raises: Malformed when too deep."""
        if len(self._open) >= DEEPEST:
            raise Malformed(f"nested deeper than {DEEPEST} levels")
        self._put(node)
        self._open.append(node)
        self._keys.append(None)

    def end(self) -> None:
        """Close the innermost. Raises: Malformed when nothing is open."""
        if not self._open:
            raise Malformed("a closing bracket too many")
        self._open.pop()
        self._keys.pop()

    def scalar(self, scalar: Scalar) -> None:
        """A key or a value, whichever is due."""
        if self._open and isinstance(self._open[-1], Mapping) and self._keys[-1] is None:
            self._keys[-1] = scalar
        else:
            self._put(scalar)

    def nothing(self) -> None:
        """An alias or a key that is no scalar: takes its place and says nothing."""
        self.scalar(Scalar("", 0, 0))

    def _put(self, node: Node) -> None:
        self._count += 1
        if self._count > _MOST_NODES:
            raise Malformed(f"more than {_MOST_NODES} values")
        if not self._open:
            self.roots.append(node)
            return
        container = self._open[-1]
        if isinstance(container, Sequence):
            container.items.append(node)
            return
        key, self._keys[-1] = self._keys[-1], None
        container.pairs.append((key or Scalar("", 0, 0), node))


def read_yaml(text: str) -> list[Node]:
    """The documents of a YAML stream. Aliases stand for nothing, so none can expand.

    Raises: Malformed.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = Builder()
    lines = text.split("\n")
    try:
        for event in yaml.parse(text, Loader=loader):
            if isinstance(event, yaml.MappingStartEvent):
                builder.begin(Mapping())
            elif isinstance(event, yaml.SequenceStartEvent):
                builder.begin(Sequence())
            elif isinstance(event, yaml.CollectionEndEvent):
                builder.end()
            elif isinstance(event, yaml.ScalarEvent):
                builder.scalar(_yaml_scalar(event, lines))
            elif isinstance(event, yaml.AliasEvent):
                builder.nothing()
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Malformed(str(error).splitlines()[0] if str(error) else "not YAML") from error
    return builder.roots


def _yaml_scalar(event: object, lines: list[str]) -> Scalar:
    """Of a block (`|`, `>`) or a plain text over several lines the lines as they stand, so that each keeps its place."""
    start, end, style = event.start_mark, event.end_mark, event.style  # type: ignore[attr-defined]
    text = str(event.value)  # type: ignore[attr-defined]
    if style in ("|", ">"):
        raw = lines[start.line + 1 : end.line if end.column == 0 else end.line + 1]
        return _block(raw, start.line + 2, folded=style == ">", at=(start.line + 1, start.column + 1))
    if style is None and end.line > start.line:
        raw = [
            lines[start.line][start.column :],
            *lines[start.line + 1 : end.line],
            lines[end.line][: end.column],
        ]
        places = [(start.line + 1, start.column + 1)]
        places += [(start.line + 2 + i, _indent(line) + 1) for i, line in enumerate(raw[1:])]
        return Scalar(" \\\n".join(line.strip() for line in raw), *places[0], tuple(places))
    quoted = 1 if style in ("'", '"') else 0
    return Scalar(text, start.line + 1, start.column + 1 + quoted)


def _block(raw: list[str], first: int, *, folded: bool, at: tuple[int, int]) -> Scalar:
    indent = min((_indent(line) for line in raw if line.strip()), default=0)
    text = [line[indent:].rstrip() for line in raw]
    places = tuple((first + i, indent + 1) for i in range(len(raw)))
    joined = (" \\\n" if folded else "\n").join(text)
    return Scalar(joined, *(places[0] if places else at), places)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


_JSON = re.compile(
    r'"((?:[^"\\\n]|\\.)*)"|([{}\[\]:,])|//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/|([^\s{}\[\]:,"/]+)|(\n)|[ \t\r]+|(.)'
)
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))')
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def read_json(text: str, *, longest: int = 1_000_000) -> list[Node]:
    """The value of a JSON text; comments and commas too many, as editors' settings have them, are let pass. Strings
    longer than `longest` stand for nothing.

    Raises: Malformed.
    """
    builder = Builder()
    line, start_of_line = 1, 0
    for match in _JSON.finditer(text):
        string, mark, word, newline, wrong = match.groups()
        if string is not None:
            plain = string if "\\" not in string else _unescaped(string) if len(string) <= longest else ""
            builder.scalar(Scalar(plain, line, match.start() - start_of_line + 2))
        elif mark in ("{", "["):
            builder.begin(Mapping() if mark == "{" else Sequence())
        elif mark in ("}", "]"):
            builder.end()
        elif word is not None:
            builder.scalar(Scalar(word, line, match.start() - start_of_line + 1))
        elif newline is not None:
            line, start_of_line = line + 1, match.end()
        elif wrong is not None:
            raise Malformed(f"line {line}: unexpected {wrong!r}")
        elif match[0].startswith("/*"):
            line += match[0].count("\n")
    return builder.roots


def _unescaped(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        return chr(int(match[1], 16)) if match[1] else _ESCAPES.get(match[2], match[2])

    return _ESCAPE.sub(one, text)


_SECTION = re.compile(r"\s*\[{1,2}\s*([^\]\n]{1,200}?)\s*\]{1,2}\s*(?:#.*)?$")
_PAIR = re.compile(r"""(?:^|(?<=[{,\s]))(?:export\s+)?["']?([A-Za-z_][\w.-]{0,100})["']?\s*[=:]\s*""")
_OUTSIDE = re.compile(r'"[^"\n]*"|\'[^\'\n]*\'|[\]#]')
_MOST_PAIRS = 200
_VALUE = re.compile(r'"([^"\n]*)"|\'([^\'\n]*)\'|([^\s,"\'{}\[\]#;]+)')


def read_lines(text: str, *, longest_line: int = 20_000) -> list[Node]:
    """TOML, INI, `.env` and properties files line by line: sections, `key = value`, lists over several lines.

    Reading by line loses nothing that a reference needs, and keeps the places that TOML's own reader does not give.
    """
    root = Mapping()
    current = root
    waiting: Sequence | None = None
    for number, line in enumerate(text.split("\n"), 1):
        line = line[:longest_line]
        bare = line.strip()
        if not bare or bare[0] in "#;":
            continue
        if waiting is not None:
            end = _end_of_list(line, 0)
            waiting.items += _values(line, 0, number, end)
            waiting = waiting if end == len(line) else None
            continue
        if (section := _SECTION.match(line)) is not None:
            current = _section(root, section[1], number)
            continue
        waiting = _pairs(current, line, number)
    return [root]


def _section(root: Mapping, name: str, number: int) -> Mapping:
    node = root
    for part in re.split(r"[.\s]+", name.replace('"', "").replace("'", ""))[:16]:
        inner = Mapping()
        node.pairs.append((Scalar(part, number, 1), inner))
        node = inner
    return node


def _pairs(current: Mapping, line: str, number: int) -> Sequence | None:
    """The pairs of a line (`a = {b = "x", c = "y"}` has three); the list that it leaves open."""
    opened: Sequence | None = None
    inline = line.find("{")
    for count, pair in enumerate(_PAIR.finditer(line)):
        key = Scalar(pair[1], number, pair.start(1) + 1)
        first = line[pair.end() : pair.end() + 1]
        if first == "[":
            end = _end_of_list(line, pair.end())
            items = Sequence(items=list(_values(line, pair.end(), number, end)))
            current.pairs.append((key, items))
            opened = items if end == len(line) else None
        elif (value := _VALUE.match(line, pair.end())) is not None:
            current.pairs.append((key, _scalar(value, number)))
        if (first != "{" and not 0 <= inline < pair.start()) or count > _MOST_PAIRS:
            break
    return opened


def _end_of_list(line: str, start: int) -> int:
    """Where a list ends that is open at `start`: its bracket, or the end of the line where that has none outside quotes."""
    for match in _OUTSIDE.finditer(line, start):
        if match[0] == "#":
            break
        if match[0] == "]":
            return match.start()
    return len(line)


def _values(line: str, start: int, number: int, end: int) -> Iterator[Scalar]:
    for value in _VALUE.finditer(line, start, end):
        yield _scalar(value, number)


def _scalar(value: re.Match[str], number: int) -> Scalar:
    group = next(i for i in (1, 2, 3) if value[i] is not None)
    return Scalar(value[group], number, value.start(group) + 1)
