"""Shell scripts and what holds them: Dockerfiles, Makefiles, justfiles. Words, quotes and simple variables; nothing is run."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from openaudit.gate.discover import modelfile, python_source
from openaudit.gate.discover.commands import Span, Word, program_of, read_command
from openaudit.gate.discover.embedded import placed, places_from
from openaudit.gate.discover.ids import keyed_dataset, keyed_model, ollama_model
from openaudit.gate.discover.keys import key_kind, words_of
from openaudit.gate.discover.sighting import Sighting, Source, Weight
from openaudit.gate.discover.structure import Malformed, Scalar, Sequence, read_json

_MOST_WORDS = 500_000
_LONGEST_WORD = 20_000
_DEEPEST = 4
_TOKEN = re.compile(
    r"(?P<gap>\\\r?\n|[ \t\r]+)|(?P<comment>(?<![^\s;])\#[^\n]*)|(?P<newline>\n)"
    r"|(?P<heredoc><<-?[ \t]*[\"']?(?P<tag>\w+)[\"']?)|(?P<redirect>\d?>>?&?|<)|(?P<stop>\$\(|[;|&()`]+)"
    r"|(?P<single>'[^']*')|(?P<double>\"(?:[^\"\\]|\\.)*\")|(?P<variable>\$\{[^}\n]{0,1000}\}|\$\w+)"
    r"|(?P<escape>\\.)|(?P<plain>[^\s\\'\"$;|&()<>`]+)|(?P<other>.)",
    re.DOTALL,
)
_VARIABLE = re.compile(r"\$\{(\w{1,200})(?::?[-=?+]([^}]{0,1000}))?\}|\$(\w{1,200})")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)\+?=", re.DOTALL)
_DECLARES = frozenset({"export", "local", "readonly", "declare", "typeset", "set", "setenv"})
_SHELLS = frozenset({"sh", "bash", "zsh", "ash", "dash", "ksh"})


@dataclass(slots=True)
class _Piece:
    """A part of a word: its text, where it starts, and whether variables in it are replaced."""

    text: str
    offset: int
    expands: bool


@dataclass(slots=True)
class _Heredoc:
    tag: str
    command: list[Word]
    target: str = ""


@dataclass(slots=True)
class _Script:
    """One script while it is read: its text, its variables, and the command at hand."""

    source: Source
    depth: int
    starts: list[int]
    variables: dict[str, Word] = field(default_factory=dict)
    words: list[Word] = field(default_factory=list)
    pieces: list[_Piece] = field(default_factory=list)
    heredocs: list[_Heredoc] = field(default_factory=list)
    skips_next: bool = False
    written_to: str = ""

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1, of an offset."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1


def read(source: Source, depth: int = 0) -> Iterator[Sighting]:
    """What the commands and assignments of a shell script name."""
    text = source.text
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    script = _Script(source=source, depth=depth, starts=starts)
    position, count = 0, 0
    while position < len(text):
        if count > _MOST_WORDS:
            raise Malformed(f"more than {_MOST_WORDS} words")
        match = _TOKEN.match(text, position)
        if match is None:
            return
        position, count = match.end(), count + 1
        kind = match.lastgroup if match.lastgroup != "tag" else "heredoc"
        if kind in ("single", "double", "variable", "escape", "plain", "other"):
            _add_piece(script, match, kind)
            continue
        _end_word(script)
        if kind == "heredoc":
            script.heredocs.append(_Heredoc(match["tag"], script.words, script.written_to))
        elif kind == "redirect":
            script.skips_next = "&" not in match[0]
        elif kind in ("newline", "stop"):
            yield from _end_command(script)
            if kind == "newline" and script.heredocs:
                position, sightings = _skip_heredocs(script, position)
                yield from sightings
    _end_word(script)
    yield from _end_command(script)


def _add_piece(script: _Script, match: re.Match[str], kind: str) -> None:
    text, offset = match[0], match.start()
    if kind in ("single", "double"):
        text, offset = text[1:-1], offset + 1
        if kind == "double":
            text = re.sub(r'\\(["$`\\])', r"\1", text)
    elif kind == "escape":
        text = text[1:]
    script.pieces.append(_Piece(text, offset, kind in ("double", "variable")))


def _end_word(script: _Script) -> None:
    if not script.pieces:
        return
    word = _word(script)
    script.pieces = []
    if script.skips_next:
        script.skips_next = False
        script.written_to = word.text
        for heredoc in script.heredocs:
            heredoc.target = heredoc.target or word.text
    else:
        script.words.append(word)


def _word(script: _Script) -> Word:
    """The word of the pieces at hand, variables replaced, each part with the place where it is written."""
    first = script.pieces[0]
    if len(script.pieces) == 1 and first.expands and (whole := _VARIABLE.fullmatch(first.text)):
        return _whole_variable(script, first, whole, *script.place(first.offset))
    texts: list[str] = []
    spans: list[Span] = []
    composed, length = False, 0
    parts = (part for piece in script.pieces for part in _parts(script, piece))
    for text, (line, column), is_variable in parts:
        texts.append(text)
        spans.append(Span(length, length + len(text), line, column))
        length += len(text)
        composed = composed or is_variable
        if length > _LONGEST_WORD:
            break
    line, column = script.place(first.offset)
    return Word(text="".join(texts), line=line, column=column, composed=composed, spans=tuple(spans))


def _parts(script: _Script, piece: _Piece) -> Iterator[tuple[str, tuple[int, int], bool]]:
    """The text of a piece between its variables, and the variables' values at their places."""
    if not piece.expands or "$" not in piece.text:
        yield piece.text, script.place(piece.offset), False
        return
    end = 0
    for match in _VARIABLE.finditer(piece.text):
        if match.start() > end:
            yield piece.text[end : match.start()], script.place(piece.offset + end), False
        inner = _Piece(match[0], piece.offset + match.start(), True)
        value = _whole_variable(script, inner, match, *script.place(inner.offset), relative=match.start())
        yield value.text[:_LONGEST_WORD], (value.line, value.column), value.text != match[0]
        end = match.end()
    if end < len(piece.text):
        yield piece.text[end:], script.place(piece.offset + end), False


def _whole_variable(
    script: _Script, piece: _Piece, match: re.Match[str], line: int, column: int, *, relative: int = 0
) -> Word:
    """A word that is a variable stands where its value is written: `${MODEL:-org/name}` here, `$MODEL` above."""
    default = match[2]
    if default:
        return Word(text=default, line=line, column=column + match.start(2) - relative)
    known = script.variables.get(match[1] or match[3])
    return known if known is not None else Word(text=piece.text, line=line, column=column)


def _end_command(script: _Script) -> Iterator[Sighting]:
    words, script.words = script.words, []
    script.skips_next, script.written_to = False, ""
    if not words:
        return
    start = 1 if words[0].text in _DECLARES else 0
    while start < len(words) and (match := _ASSIGNMENT.match(words[start].text)) is not None:
        yield from assigned(script.variables, words[start], match[1], match.end(), script.source)
        start += 1
    rest = words[start:]
    if not rest or words[0].text in _DECLARES:
        return
    yield from read_command(rest)
    yield from _programs_inside(script, rest)


def assigned(
    variables: dict[str, Word], word: Word, name: str, skip: int, source: Source
) -> Iterator[Sighting]:
    """Remember `NAME=value`, and the sighting where the name says model or dataset."""
    value = word.part(skip)
    variables[name] = value
    yield from named_value(name, value, source)


def named_value(name: str, value: Word, source: Source) -> Iterator[Sighting]:
    """The sighting of a value whose name says model or dataset."""
    kind = key_kind(name)
    if kind is None or source.is_test or len(value.text) > 300:
        return
    if kind == "dataset":
        named = keyed_dataset(value.text, source.is_here)
    elif "ollama" in words_of(name):
        named = ollama_model(value.text)
    else:
        named = keyed_model(value.text, source.is_here)
    if named is not None:
        yield Sighting(
            named=named,
            line=value.line,
            column=value.column,
            how=name,
            guessed=value.composed,
            weight=Weight.NAMED,
        )


def _programs_inside(script: _Script, words: list[Word]) -> Iterator[Sighting]:
    """`python -c "..."` and `bash -c "..."`."""
    if script.depth >= _DEEPEST:
        return
    for index in range(len(words) - 2):
        if not re.fullmatch(r"-[a-z]*c", words[index + 1].text):
            continue
        inner = words[index + 2]
        found = _inside(script, program_of(words[index].text), inner.text)
        if found is not None:
            yield from placed(found, places_from(inner.line, inner.column, inner.text))
            return


def _inside(script: _Script, program: str, text: str) -> Iterator[Sighting] | None:
    source = script.source.with_text(text)
    if program.startswith("python") or program.endswith(".py"):
        return iter(python_source.read(source)[0])
    if program in _SHELLS or program.endswith(".sh"):
        return read(source, script.depth + 1)
    return modelfile.read(source) if "modelfile" in program.lower() else None


def _skip_heredocs(script: _Script, position: int) -> tuple[int, list[Sighting]]:
    """Read past the texts that follow a line with `<<EOF`, those that are programs with their sightings."""
    found: list[Sighting] = []
    for heredoc in script.heredocs:
        end = re.compile(rf"^[ \t]*{re.escape(heredoc.tag)}[ \t\r]*$", re.MULTILINE).search(
            script.source.text, position
        )
        stop = end.start() if end is not None else len(script.source.text)
        text = script.source.text[position:stop]
        program = _program_of_heredoc(heredoc)
        if script.depth < _DEEPEST and (inside := _inside(script, program, text)) is not None:
            found += placed(inside, places_from(script.place(position)[0], 1, text))
        position = end.end() if end is not None else len(script.source.text)
    script.heredocs = []
    return position, found


def _program_of_heredoc(heredoc: _Heredoc) -> str:
    if heredoc.target:
        return program_of(heredoc.target)
    programs = [program_of(word.text) for word in heredoc.command[:8]]
    if not programs:
        return "sh"  # Dockerfile: RUN <<EOF
    known = [p for p in programs if p.startswith("python") or p in _SHELLS]
    if programs[0] == "tee" and len(programs) > 1:
        return programs[-1]
    return known[-1] if known else programs[0]


# ---------------------------------------------------------------- Dockerfiles

_INSTRUCTION = re.compile(
    r"\s*(ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR)\b",
    re.IGNORECASE,
)
_OPTION = re.compile(r"(?:\s+--[a-z]+(?:=\S+)?)+")


def read_dockerfile(source: Source) -> Iterator[Sighting]:
    """RUN as shell, CMD and ENTRYPOINT as command lines, ENV and ARG as variables; images (FROM) are no models."""
    lines: list[str] = []
    keeps, continues = True, False
    entrypoint: list[Word] = []
    found: list[Sighting] = []
    all_lines = source.text.split("\n")
    for number, line in enumerate(all_lines, 1):
        if continues and line.lstrip().startswith("#"):
            line = " " * (len(line) - 1) + "\\"  # Docker drops comments inside an instruction
        elif not continues and (match := _INSTRUCTION.match(line)) is not None:
            word = match[1].upper()
            keeps = word in ("RUN", "CMD", "ENTRYPOINT", "ENV", "ARG", "ADD", "ONBUILD", "HEALTHCHECK")
            rest = line[match.end() :]
            if word in ("CMD", "ENTRYPOINT") and rest.lstrip().startswith("["):
                listed = _exec_form(all_lines[number - 1 : number + 99], number, match.end())
                entrypoint = listed if word == "ENTRYPOINT" else entrypoint
                found += read_command(listed if word == "ENTRYPOINT" else [*entrypoint, *listed])
                keeps = False
            line = _as_shell(word, line, match.end())
        lines.append(
            line if keeps else " " * max(0, len(line) - 1) + ("\\" if line.rstrip().endswith("\\") else "")
        )
        continues = line.rstrip().endswith("\\")
    yield from found
    yield from read(source.with_text("\n".join(lines)))


def _as_shell(word: str, line: str, end: int) -> str:
    """An instruction as a line of shell of the same length."""
    if word in ("ENV", "ARG"):
        legacy = re.match(r"\s+([A-Za-z_]\w*)[ \t]+(?=[^\s=])", line[end:])
        if word == "ENV" and legacy is not None:
            head = f"{legacy[1]}="
            return " " * (end + legacy.end() - len(head)) + head + line[end + legacy.end() :]
        return " " * end + line[end:]
    if word == "ADD":
        return line
    option = _OPTION.match(line, end)
    end = option.end() if option is not None else end
    return " " * end + line[end:]


def _exec_form(lines: list[str], number: int, column: int) -> list[Word]:
    """The words of `["vllm", "serve", "org/name"]`, which may go over several lines."""
    joined = [lines[0][column:], *lines[1:]]
    end = next((i for i, line in enumerate(joined) if not line.rstrip().endswith("\\")), len(joined) - 1)
    raw = "\n".join(line.rstrip().removesuffix("\\") for line in joined[: end + 1])
    try:
        roots = read_json(raw)
    except Malformed:
        return []
    items = roots[0].items if roots and isinstance(roots[0], Sequence) else []
    return [
        Word(
            text=item.text,
            line=number + item.line - 1,
            column=item.column + (column if item.line == 1 else 0),
        )
        for item in items
        if isinstance(item, Scalar)
    ]


# ---------------------------------------------------------------- make and just

_MAKE_VARIABLE = re.compile(r"(?:export\s+|override\s+|set\s+)?([A-Za-z_][\w-]*)\s*(?:\?|:{1,3}|\+)?=\s*")


def read_makefile(source: Source) -> Iterator[Sighting]:
    """Recipes as shell, with the variables of the file."""
    lines: list[str] = []
    for line in source.text.split("\n"):
        shell = re.sub(r"\$\((\w+)\)", r"${\1}", line)
        shell = re.sub(r"\{\{\s*(\w+)\s*\}\}", r"${\1}", shell).replace("$$", "$")
        variable = _MAKE_VARIABLE.match(shell) if not line.startswith(("\t", " ")) else None
        if variable is not None:
            value = shell[variable.end() :].strip()
            quoted = (
                value if value[:1] in ("'", '"') or " " not in value else '"' + value.replace('"', "") + '"'
            )
            head = f"{variable[1].replace('-', '_')}="
            lines.append(" " * max(0, variable.end() - len(head)) + head + quoted)
        elif line.startswith(("\t", " ")):
            recipe = re.match(r"\s*[@+-]*", shell)
            start = recipe.end() if recipe is not None else 0
            lines.append(" " * start + shell[start:])
        else:
            lines.append("")
    yield from read(source.with_text("\n".join(lines)))
