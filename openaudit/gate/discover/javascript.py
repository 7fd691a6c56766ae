"""JavaScript and TypeScript by their tokens: transformers.js, the Hub's client libraries, Ollama, web runtimes, addresses."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from openaudit.gate.discover import ids
from openaudit.gate.discover.keys import is_revision_of, key_kind, words_of
from openaudit.gate.discover.sighting import Named, Sighting, Source, Weight
from openaudit.gate.discover.structure import Malformed

_MOST_TOKENS = 400_000
_TOKEN = re.compile(
    r"(?P<gap>\s+|\\.)|(?P<comment>//[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/|$)|<!--(?:[^-]|-(?!->))*(?:-->|$))"
    r"|(?P<string>\"(?:[^\"\\\n]|\\.){0,2000}\"|'(?:[^'\\\n]|\\.){0,2000}'|`(?:[^`\\]|\\.){0,10000}`)"
    r"|(?P<name>[A-Za-z_$][\w$]*)|(?P<number>\d[\w.]*)"
    r"|(?P<mark>\?\?|\|\||&&|=>|[=!]==?|.)",
    re.DOTALL,
)
_REGEX = re.compile(r"/(?![*/])(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.){0,200}\]){1,500}/[a-z]*")
_BEFORE_REGEX = frozenset(
    "( , = : [ ! & | ? { } ; => && || ?? return typeof case of in === !== == !=".split()
)
_LOADS = {
    "from_pretrained": 0, "fromPretrained": 0, "pipeline": 1, "listFiles": 0, "downloadFile": 0, "fileDownloadInfo": 0,
    "snapshotDownload": 0, "modelInfo": 0, "datasetInfo": 0, "huggingface": 0, "hfChat": 0, "loadModel": 0,
}  # fmt: skip
"""Calls to the place of what they load. Source: @huggingface/transformers, @huggingface/hub, the AI SDK's providers."""
_OLLAMA_CALLS = frozenset({"chat", "generate", "pull", "embed", "embeddings", "show"})
_WRITES = frozenset(
    {
        "createRepo",
        "uploadFile",
        "uploadFiles",
        "uploadFilesWithProgress",
        "commit",
        "deleteRepo",
        "deleteFile",
    }
)
_WEB_LLM = re.compile(r"[\w.-]+-q\d\w*f\d+(?:_\d)?-MLC(?:-\w+)?")
_MOST_AHEAD = 400


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    offset: int


class _Tokens:
    """The tokens of one file without its comments, and the strings that its constants are bound to."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self.all = list(_tokens(text))
        self.constants: dict[str, _Token] = {}
        for index, token in enumerate(self.all):
            if token.kind == "name" and self.mark(index + 1) in ("=", ":"):
                value = self._bound(index + 2)
                if value is not None:
                    self.constants.setdefault(token.text, value)

    def mark(self, index: int) -> str:
        return self.all[index].text if 0 <= index < len(self.all) else ""

    def place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def _bound(self, start: int) -> _Token | None:
        """The string behind `=`: itself, or the last of `process.env.MODEL ?? "org/name"`; types are passed over."""
        for index in range(start, min(start + 14, len(self.all))):
            token = self.all[index]
            if token.kind == "string":
                return (
                    token if index == start or self.mark(index - 1) in ("??", "||", "=", ":", "?") else None
                )
            if token.text in (";", "{", "(", "[", ",", "}", ")") and token.kind == "mark":
                return None
        return None

    def string(self, index: int) -> tuple[_Token, bool] | None:
        """The string that stands at a token or that its name is bound to, and whether it was put together."""
        if not 0 <= index < len(self.all):
            return None
        token = self.all[index]
        if token.kind == "name":
            at = index
            while self.mark(at + 1) == "." and at < index + 8:  # config.models.chat
                at += 2
            found = self.constants.get(self.mark(at)) if self.mark(at + 1) != "(" else None
            token = found if found is not None else token
        if token.kind != "string":
            return None
        if "${" not in token.text:
            return token, False
        filled = re.sub(r"\$\{\s*([\w$]+)\s*\}", self._filled, token.text)
        return (_Token("string", filled, token.offset), True) if "${" not in filled else None

    def _filled(self, match: re.Match[str]) -> str:
        known = self.constants.get(match[1])
        return known.text if known is not None and "${" not in known.text else "${?}"


def _tokens(text: str) -> Iterator[_Token]:
    """Strings, names, numbers and marks. Whether `/` begins a regular expression is told by what stands before it."""
    position, before = 0, "("
    for count in itertools.count():
        if count > _MOST_TOKENS:
            raise Malformed(f"more than {_MOST_TOKENS} words and marks")
        match = _TOKEN.match(text, position)
        if match is None:
            return
        kind = match.lastgroup or "mark"
        if kind == "mark" and match[0] == "/" and before in _BEFORE_REGEX:
            regex = _REGEX.match(text, position)
            if regex is not None:
                position, before = regex.end(), "/regex/"
                continue
        position = match.end()
        if kind == "string":
            yield _Token("string", match[0][1:-1], match.start() + 1)
        elif kind in ("name", "mark", "number"):
            yield _Token(kind, match[0], match.start())
        if kind not in ("gap", "comment"):
            before = match[0] if kind in ("mark", "name") else "value"


_LOAD = re.compile(
    r"""(?P<how>from_pretrained|pipeline)\((?:["'`][\w-]{1,60}["'`],)?["'`](?P<id>[^"'`\s]{3,200})["'`]"""
    r"""|["'`](?P<url>https://(?:huggingface\.co|hf\.co)/[^"'`\s]{3,300})["'`]"""
)


def _read_bundle(source: Source) -> Iterator[Sighting]:
    """Minified files and bundles: only what is unmistakable, for what they name mostly stands in their sources too."""
    starts = [0, *(match.end() for match in re.finditer("\n", source.text))]
    for match in _LOAD.finditer(source.text):
        text = match["id"] or match["url"]
        named = ids.loaded_model(text) if match["id"] or "/resolve/" in text else None
        if named is not None:
            at = match.start("id" if match["id"] else "url")
            line = bisect_right(starts, at)
            how = match["how"] or "address"
            yield Sighting(named=named, line=line, column=at - starts[line - 1] + 1, how=how, guessed=True)


def is_bundle(text: str) -> bool:
    """Whether the lines are longer than anybody writes them."""
    return len(text) > 20_000 and len(text) / (text.count("\n") + 1) > 400


def read(source: Source) -> Iterator[Sighting]:
    """What a file of JavaScript or TypeScript names."""
    if is_bundle(source.text):
        yield from _read_bundle(source)
        return
    tokens = _Tokens(source.text)
    for index, token in enumerate(tokens.all):
        if token.kind == "name" and tokens.mark(index + 1) in ("(", "<"):
            yield from _call(tokens, index)
        if token.kind in ("name", "string") and not source.is_test:
            yield from _bound(tokens, index)
        if token.kind == "string" and not _is_import(tokens, index):
            yield from _address(tokens, index, source)


def _is_import(tokens: _Tokens, index: int) -> bool:
    return tokens.mark(index - 1) in ("from", "import") or (
        tokens.mark(index - 1) == "(" and tokens.mark(index - 2) in ("require", "import", "mock")
    )


# ---------------------------------------------------------------- calls


def _call(tokens: _Tokens, index: int) -> Iterator[Sighting]:
    name = tokens.all[index].text
    opening = index + 1
    if tokens.mark(opening) == "<":  # pipeline<"summarization">(
        opening = next(
            (i for i in range(opening, min(opening + 20, len(tokens.all))) if tokens.mark(i) == "("), -1
        )
        if opening < 0:
            return
    owner = tokens.mark(index - 2) if tokens.mark(index - 1) == "." else ""
    how = f"{owner}.{name}" if owner else name
    arguments, end = _arguments(tokens, opening)
    if name in _LOADS:
        place = min(_LOADS[name], len(arguments) - 1)
        revision = _revision_in(tokens, opening, end)
        if place >= 0 and (found := tokens.string(arguments[place])) is not None:
            reading = ids.loaded_model if name != "loadModel" else ids.keyed_model
            yield from _seen(tokens, found, reading(found[0].text), how, revision)
        if name in (
            "listFiles",
            "downloadFile",
            "fileDownloadInfo",
            "snapshotDownload",
            "modelInfo",
            "datasetInfo",
        ):
            yield from _repository(tokens, opening, end, how, revision)
    elif ("ollama" in owner.lower() and name in _OLLAMA_CALLS) or re.search(
        r"^(?:Chat)?Ollama|^ollama$", name
    ):
        yield from _ollama(tokens, opening, end, arguments, how)
    elif name in ("CreateMLCEngine", "CreateWebWorkerMLCEngine", "reload"):
        for place in arguments[:2]:
            found = tokens.string(place)
            if found is not None and _WEB_LLM.fullmatch(found[0].text):
                named = Named(target=f"mlc-ai/{found[0].text}", kind="model", guessed=True)
                yield from _seen(tokens, found, named, how, None)


def _arguments(tokens: _Tokens, opening: int) -> tuple[list[int], int]:
    """The first token of each argument, and where the call ends."""
    starts, depth, index = [opening + 1], 0, opening
    last = min(len(tokens.all), opening + _MOST_AHEAD)
    while index < last:
        token = tokens.all[index]
        if token.kind == "mark":
            if token.text in "([{":
                depth += 1
            elif token.text in ")]}":
                depth -= 1
                if depth == 0:
                    break
            elif token.text == "," and depth == 1:
                starts.append(index + 1)
        index += 1
    return [start for start in starts if start < index], index


def _property(tokens: _Tokens, start: int, end: int, name: str) -> tuple[_Token, bool] | None:
    """The string of `name: "..."`, or of `name` alone, between two tokens."""
    for index in range(start, end):
        token = tokens.all[index]
        if token.text == name and token.kind in ("name", "string"):
            if tokens.mark(index + 1) == ":":
                return tokens.string(index + 2)
            if tokens.mark(index + 1) in (",", "}") and tokens.mark(index - 1) in ("{", ","):
                return tokens.string(index)
    return None


def _revision_in(tokens: _Tokens, start: int, end: int) -> str | None:
    found = _property(tokens, start, end, "revision")
    return found[0].text if found is not None and re.fullmatch(r"[\w./+-]{1,255}", found[0].text) else None


def _repository(tokens: _Tokens, start: int, end: int, how: str, revision: str | None) -> Iterator[Sighting]:
    """`downloadFile({ repo: "org/name" | { type: "dataset", name: "org/name" } })`."""
    kind = _property(tokens, start, end, "type")
    reading = ids.loaded_dataset if kind is not None and kind[0].text == "dataset" else ids.loaded_model
    for name in ("repo", "name"):
        found = _property(tokens, start, end, name)
        if found is not None:
            text = found[0].text
            is_dataset = text.startswith("datasets/")
            named = ids.loaded_dataset(text[9:]) if is_dataset else reading(text.removeprefix("models/"))
            yield from _seen(tokens, found, named, how, revision)


def _ollama(tokens: _Tokens, start: int, end: int, arguments: list[int], how: str) -> Iterator[Sighting]:
    found = _property(tokens, start, end, "model")
    if found is None and how == "ollama" and arguments:
        found = tokens.string(arguments[0])
    if found is not None:
        yield from _seen(tokens, found, ids.ollama_model(found[0].text), how, None)


# ---------------------------------------------------------------- names and addresses


def _bound(tokens: _Tokens, index: int) -> Iterator[Sighting]:
    """`model: "org/name"`, `const MODEL_ID = "org/name"`, `models = ["org/a", "org/b"]`."""
    token = tokens.all[index]
    mark = tokens.mark(index + 1)
    if mark not in ("=", ":") or len(token.text) > 100:
        return
    kind = key_kind(token.text)
    if kind is None or _inside_write(tokens, index):
        return
    revision = _sibling_revision(tokens, index, token.text)
    for at in _values_at(tokens, index + 2):
        found = tokens.string(at) if tokens.all[at].kind == "string" else None
        if found is None:
            continue
        named = ids.keyed_dataset(found[0].text) if kind == "dataset" else ids.keyed_model(found[0].text)
        if named is None and kind == "model" and "ollama" in words_of(token.text):
            named = ids.ollama_model(found[0].text)
        yield from _seen(tokens, found, named, token.text, revision, Weight.NAMED)


def _values_at(tokens: _Tokens, start: int) -> Iterator[int]:
    """The string behind a name, the last of alternatives, or all of a list or object."""
    if start >= len(tokens.all):
        return
    if tokens.mark(start) in ("[", "{") and tokens.all[start].kind == "mark":
        depth = 0
        for index in range(start, min(start + _MOST_AHEAD, len(tokens.all))):
            token = tokens.all[index]
            if token.kind == "mark" and token.text in "([{":
                depth += 1
            elif token.kind == "mark" and token.text in ")]}":
                depth -= 1
                if depth == 0:
                    return
            elif token.kind == "string" and depth == 1:
                yield index
        return
    for index in range(start, min(start + 14, len(tokens.all))):
        token = tokens.all[index]
        if token.kind == "string":
            yield index
            if tokens.mark(index + 1) not in (":", "??", "||"):
                return
        elif token.kind == "mark" and token.text in ";{},)[":
            return


def _inside_write(tokens: _Tokens, index: int) -> bool:
    return any(tokens.mark(i) in _WRITES for i in range(max(0, index - 12), index))


def _sibling_revision(tokens: _Tokens, index: int, key: str) -> str | None:
    for at in range(index + 2, min(index + 40, len(tokens.all))):
        token = tokens.all[at]
        if token.kind == "mark" and token.text in "};":
            return None
        if token.kind == "name" and tokens.mark(at + 1) == ":" and is_revision_of(token.text, key):
            found = tokens.string(at + 2)
            return found[0].text if found is not None else None
    return None


def _address(tokens: _Tokens, index: int, source: Source) -> Iterator[Sighting]:
    token = tokens.all[index]
    text = token.text
    if not re.match(r"https?://|hf://", text) or re.search(r"\s", text) or source.is_test:
        return
    if "${" in text:
        found = tokens.string(index)
        text = found[0].text if found is not None else text.partition("${")[0].rpartition("/")[0]
    named = ids.hub_address(text)
    if named is not None:
        yield from _seen(tokens, (token, text != token.text), named, "address", None, Weight.NAMED)


def _seen(
    tokens: _Tokens, found: tuple[_Token, bool], named: Named | None, how: str, revision: str | None,
    weight: Weight = Weight.LOADED,
) -> Iterator[Sighting]:  # fmt: skip
    if named is None:
        return
    line, column = tokens.place(found[0].offset)
    yield Sighting(
        named=named, line=line, column=column, how=how, revision=revision, guessed=found[1], weight=weight
    )
