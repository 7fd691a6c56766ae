"""Python by its syntax tree: calls that load, arguments and names that say model or dataset, addresses of the Hub."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from openaudit.gate.discover import ids, python_loaders
from openaudit.gate.discover.keys import is_exact, is_revision_of, is_silent, key_kind, words_of
from openaudit.gate.discover.python_index import Index, Scope, dotted_name, index_of, last_name
from openaudit.gate.discover.python_loaders import LOADERS, NOT_CALLS, OLLAMA, WRITERS, Loader, Reading
from openaudit.gate.discover.python_text import read_broken
from openaudit.gate.discover.python_values import LAST_LINE, Elsewhere, Value, Values
from openaudit.gate.discover.sighting import Named, Sighting, Source, Weight

_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]{0,254}")
_OTHER_HUBS = frozenset({"modelscope", "mlflow", "tensorflow_hub", "kagglehub", "paddlenlp", "openmind_hub"})
"""Libraries whose ids are names of another hub."""
_MOST_UNSAID = 8
_LONGEST_LINE = 20_000
"""Characters of a line with other letters than ASCII whose columns are counted exactly."""
_SIMPLE = (ast.Constant, ast.Call, ast.IfExp, ast.BoolOp, ast.JoinedStr, ast.BinOp)
_OUR_HUB = frozenset({"transformers", "huggingface_hub", "datasets", "diffusers", "sentence_transformers"})
_Revision = str | Elsewhere | None
_COLLECTIONS = (ast.List, ast.Tuple, ast.Set, ast.Dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A call whose argument another module of the tree binds."""

    elsewhere: Elsewhere
    loader: str
    how: str
    revision: str | Elsewhere | None


def parse(text: str) -> Index | None:
    """The index of a module, or None where the text is no Python that this Python reads."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return index_of(ast.parse(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def read(source: Source) -> tuple[list[Sighting], list[Pending]]:
    """What a Python file refers to, and what it needs from other modules to say. Broken files are read by pattern."""
    index = parse(source.text)
    if index is None:
        return list(read_broken(source)), []
    reader = _Reader(source, index)
    return reader.sightings(), reader.pending


def resolve(source: Source, pending: Pending) -> list[Sighting]:
    """What the module `source` binds the pending name to, as sightings in that module."""
    index = parse(source.text)
    if index is None:
        return []
    reader = _Reader(source, index)
    name: ast.expr = ast.Name(id=pending.elsewhere.name, lineno=LAST_LINE, col_offset=0)
    found = reader.values.of(name, index.module)
    if pending.elsewhere.attribute:
        bound = index.attributes.get(pending.elsewhere.attribute, ())[:8]
        found = [value for node, scope in bound for value in reader.values.of(node, scope)]
        attribute: ast.expr = ast.Name(id=pending.elsewhere.attribute, lineno=LAST_LINE, col_offset=0)
        found = found or reader.values.of(
            attribute, index.module
        )  # `from app import config`, then `config.NAME`
    reading: Reading = reading_of(pending.loader)
    revision = pending.revision if isinstance(pending.revision, str) else None
    return [
        each
        for value in found
        if isinstance(value, Value)
        for each in reader.seen(value, reading, pending.how, revision, Weight.LOADED)
    ]


def resolve_text(source: Source, elsewhere: Elsewhere) -> str | None:
    """The one string that the module `source` binds a name to: a revision."""
    index = parse(source.text)
    if index is None:
        return None
    name: ast.expr = ast.Name(id=elsewhere.name, lineno=LAST_LINE, col_offset=0)
    texts = {value.text for value in Values(index).of(name, index.module) if isinstance(value, Value)}
    return _valid(texts.pop()) if len(texts) == 1 else None


def reading_of(loader: str) -> Reading:
    """How the strings of a call are read, by its name (a dataset or model under a key: `key:dataset`)."""
    if loader == "key:dataset":
        return ids.keyed_dataset
    if loader == "key:model":
        return ids.keyed_model
    if loader == "dataset":
        return ids.loaded_dataset
    return LOADERS[loader].reading if loader in LOADERS else ids.loaded_model


class _Reader:
    """One module. `sightings` says what is in it; what other modules must say gathers in `pending`."""

    def __init__(self, source: Source, index: Index) -> None:
        self._source = source
        self._index = index
        self._lines = source.text.split("\n")
        self.values = Values(index)
        self.pending: list[Pending] = []
        self._written = _names_written(index)
        libraries = {each.module.split(".")[0] for each in index.imports.values() if not each.level}
        self._names_another_hub = bool(libraries & _OTHER_HUBS) and not libraries & _OUR_HUB

    def sightings(self) -> list[Sighting]:
        found: list[Sighting] = []
        for call, scope in self._index.calls:
            found += self._call(call, scope)
        if not self._source.is_test:
            for name, value, scope in self._index.named:
                found += self._named(name, value, scope)
        found += self._addresses()
        return found

    # ------------------------------------------------------------ calls

    def _call(self, call: ast.Call, scope: Scope) -> Iterator[Sighting]:
        name = last_name(call.func)
        if not name or name in WRITERS or NOT_CALLS.search(name):
            return
        parts = dotted_name(call.func)
        if self._library(parts) in _OTHER_HUBS:
            return
        loader = self._loader(name, parts, call)
        shown = ".".join(parts[-2:])
        revision = self._revision(call, scope)
        taken: set[str] = set()
        if loader is not None:
            kind = self._repo_kind(call, scope)
            if kind == "space":
                return
            reading = ids.loaded_dataset if kind == "dataset" else loader.reading
            key = "dataset" if kind == "dataset" else name
            for place in loader.places:
                if place < len(call.args):
                    yield from self._argument(call.args[place], scope, reading, key, shown, revision)
            for keyword in call.keywords:
                if keyword.arg in loader.keywords:
                    taken.add(str(keyword.arg))
                    yield from self._argument(keyword.value, scope, reading, key, shown, revision)
            if name == "load_dataset":
                yield from self._data_files(call, scope)
        if name in ("get", "getenv", "pop", "setdefault"):
            yield from self._lookup(call, scope)
        elif name not in ("add_argument", "option", "Field", "field"):
            yield from self._keywords(call, scope, shown, taken)
            if loader is None:
                yield from self._by_its_name(call, scope, name, shown)
                if not self._source.is_test:
                    yield from self._arguments(call, shown)

    def _loader(self, name: str, parts: tuple[str, ...], call: ast.Call) -> Loader | None:
        library = self._library(parts)
        if "ollama" in name.lower() and name[:1].isupper():
            return OLLAMA
        if name in python_loaders.OLLAMA_CALLS and (
            library == "ollama" or "ollama" in ".".join(parts[:-1]).lower()
        ):
            return OLLAMA
        if name in python_loaders.OLLAMA_CALLS and parts and self._is_ollama(parts[0]):
            return OLLAMA
        if library == "spacy" and name in ("load", "download"):
            return python_loaders.SPACY_LOAD
        if library in ("torch", "keras", "tensorflow", "whisper") and name in LOADERS:
            return None
        if name in LOADERS:
            return LOADERS[name]
        is_maker = name[:1].isupper() or key_kind(name) == "model" or name.startswith(("load", "from_"))
        if (
            library in python_loaders.LIBRARIES
            and len(parts) <= 3
            and (is_maker or name in ("transformers", "mlxlm"))
        ):
            return python_loaders.FIRST_ARGUMENT
        return None

    def _library(self, parts: tuple[str, ...]) -> str:
        origin = self._index.imports.get(parts[0]) if parts else None
        return origin.module.split(".")[0] if origin is not None and not origin.level else ""

    def _is_ollama(self, name: str) -> bool:
        """Whether a variable holds a client of Ollama."""
        bound = self._index.module.names.get(name, ())
        return any(isinstance(value, ast.Call) and self._comes_from(value.func, "ollama") for value in bound)

    def _comes_from(self, func: ast.expr, library: str) -> bool:
        parts = dotted_name(func)
        origin = self._index.imports.get(parts[0]) if parts else None
        return origin is not None and origin.module.split(".")[0] == library

    def _argument(
        self, node: ast.expr, scope: Scope, reading: Reading, loader: str, how: str, revision: _Revision
    ) -> Iterator[Sighting]:
        values = self.values.of(node, scope)
        if isinstance(node, ast.List | ast.Tuple | ast.Dict):
            values += self.values.of(node, scope, elements=1)
        for value in values:
            if isinstance(value, Value):
                yield from self.seen(value, reading, how, _here(revision), Weight.LOADED)
            else:
                self._later(value, loader, how, revision)

    def _later(self, value: Elsewhere, loader: str, how: str, revision: _Revision) -> None:
        if len(self.pending) < 200:
            self.pending.append(Pending(elsewhere=value, loader=loader, how=how, revision=revision))

    def _keywords(self, call: ast.Call, scope: Scope, how: str, taken: set[str]) -> Iterator[Sighting]:
        """Arguments of any call whose name says model or dataset; in tests only those of calls that load."""
        if self._source.is_test:
            return
        for keyword in call.keywords:
            if keyword.arg is None or keyword.arg in taken:
                continue
            kind = key_kind(keyword.arg)
            if kind is None:
                continue
            reading = _reading_under(keyword.arg, kind)
            elements = 1 if isinstance(keyword.value, _COLLECTIONS) else 0
            revision = self._revision_beside(call, keyword.arg, scope)
            for value in self.values.of(keyword.value, scope, elements=elements):
                if isinstance(value, Value):
                    yield from self.seen(
                        value, reading, f"{how}({keyword.arg}=)", _here(revision), Weight.KEYED
                    )
                elif keyword.arg in ("model", "model_name", "model_id", "model_name_or_path"):
                    self._later(value, f"key:{kind}", f"{how}({keyword.arg}=)", revision)

    def _by_its_name(self, call: ast.Call, scope: Scope, name: str, how: str) -> Iterator[Sighting]:
        """`HFTokenizer("org/name")`, `alpaca_dataset(source="org/name")`: what a call makes is said by its name."""
        if self._source.is_test:
            return
        inner = last_name(call.args[0]) if name == "partial" and call.args else name
        kind = key_kind(inner)
        given: list[ast.expr] = []
        if kind == "dataset":
            given = [k.value for k in call.keywords if k.arg in ("source", "path", "repo_id", "name")]
        elif kind == "model" and call.args:
            given = [call.args[0]]
        for node in given:
            for value in self.values.of(node, scope):
                if isinstance(value, Value):
                    yield from self.seen(value, _reading_under("", str(kind)), how, None, Weight.KEYED)

    def _lookup(self, call: ast.Call, scope: Scope) -> Iterator[Sighting]:
        """`os.environ.get("MODEL_ID", "org/name")`."""
        if len(call.args) < 2 or self._source.is_test:
            return
        key = call.args[0]
        if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
            return
        yield from self._named(key.value, call.args[1], scope)

    def _data_files(self, call: ast.Call, scope: Scope) -> Iterator[Sighting]:
        for keyword in call.keywords:
            if keyword.arg in ("data_files", "data_dir"):
                values = self.values.of(keyword.value, scope) + self.values.of(
                    keyword.value, scope, elements=1
                )
                for value in values:
                    if isinstance(value, Value) and (named := ids.hub_address(value.text)) is not None:
                        yield self._sighting(value, named, "load_dataset", None, Weight.LOADED)

    # ------------------------------------------------------------ revisions

    def _text(self, node: ast.expr, scope: Scope) -> str | None:
        """The one string that an expression can be; None where it can be several, or none that is written here."""
        texts = {value.text for value in self.values.of(node, scope) if isinstance(value, Value)}
        return texts.pop() if len(texts) == 1 else None

    def _revision_text(self, node: ast.expr, scope: Scope) -> _Revision:
        """The revision that an expression says, or where it is said; None where it can be several."""
        found = self.values.of(node, scope)
        if len(found) == 1 and isinstance(found[0], Elsewhere):
            return found[0]
        return _valid(self._text(node, scope))

    def _revision(self, call: ast.Call, scope: Scope) -> _Revision:
        for keyword in call.keywords:
            if keyword.arg == "revision":
                return self._revision_text(keyword.value, scope)
            if keyword.arg in ("model_kwargs", "kwargs") and isinstance(keyword.value, ast.Dict):
                for key, value in zip(keyword.value.keys, keyword.value.values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "revision":
                        return self._revision_text(value, scope)
        return None

    def _revision_beside(self, call: ast.Call, key: str, scope: Scope) -> _Revision:
        for keyword in call.keywords:
            if keyword.arg and is_revision_of(keyword.arg, key):
                return self._revision_text(keyword.value, scope)
        return self._revision(call, scope)

    def _repo_kind(self, call: ast.Call, scope: Scope) -> str | None:
        for keyword in call.keywords:
            if keyword.arg == "repo_type":
                return self._text(keyword.value, scope)
        return None

    # ------------------------------------------------------------ names and addresses

    def _named(self, name: str, node: ast.expr, scope: Scope) -> Iterator[Sighting]:
        """A name that says model or dataset, bound to an id or to a collection of ids; under a name that says nothing
        only what is recognised by itself."""
        kind = key_kind(name)
        if name in self._written or self._names_another_hub or (kind is None and not is_silent(name)):
            return
        is_collection = isinstance(node, _COLLECTIONS)
        if not is_collection and not isinstance(node, _SIMPLE):
            return
        is_ollama = kind == "model" and "ollama" in words_of(name)
        reading = (
            OLLAMA.reading if is_ollama else _reading_under(name, kind) if kind else ids.recognised_model
        )
        facts = _keys(node) if kind is None else _keys_with_numbers(node)
        commit = _pair_revision(node)
        values = self.values.of(node, scope, elements=int(is_collection))
        if kind is None and len(values) > _MOST_UNSAID:
            return  # a catalogue of models that are known, not of those in use
        for value in values:
            if not isinstance(value, Value) or (value.line, value.column_bytes) in facts:
                continue
            if value.composed and not ids.is_known_maker(value.text):
                continue
            if is_collection and kind == "model" and not is_ollama and "/" not in value.text:
                continue  # a table of what is known of models: their old names
            weight = Weight.RECOGNISED if kind is None else Weight.NAMED
            yield from self.seen(
                value, ids.loaded_model if commit and kind else reading, name, commit, weight
            )

    def _arguments(self, call: ast.Call, how: str) -> Iterator[Sighting]:
        """What stands written in any other call and is recognised by itself: `build("mistralai/Mistral-7B-v0.1")`."""
        for node in (*call.args, *(k.value for k in call.keywords if k.arg and is_silent(k.arg))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                value = Value(text=node.value, line=node.lineno, column_bytes=node.col_offset)
                yield from self.seen(value, ids.recognised_model, how, None, Weight.RECOGNISED)

    def _addresses(self) -> Iterator[Sighting]:
        for node in self._index.strings:
            text = node.value
            if (
                isinstance(text, str)
                and not re.search(r"\s", text.strip())
                and (named := ids.hub_address(text))
            ):
                if "://" in text and "/resolve/" not in text and self._source.is_test:
                    continue
                value = Value(text=text, line=node.lineno, column_bytes=node.col_offset)
                yield self._sighting(value, named, "address", None, Weight.NAMED)
        for joined, _ in self._index.joined:
            first = joined.values[0] if joined.values else None
            if (
                isinstance(first, ast.Constant)
                and isinstance(first.value, str)
                and first.value.count("/") > 4
            ):
                named = ids.hub_address(first.value.rsplit("/", 1)[0])
                if named is not None and not re.search(r"\s", first.value):
                    value = Value(text="", line=joined.lineno, column_bytes=joined.col_offset, composed=True)
                    yield self._sighting(value, named, "address", None, Weight.NAMED)

    # ------------------------------------------------------------ sightings

    def seen(
        self, value: Value, reading: Reading, how: str, revision: str | None, weight: Weight
    ) -> Iterator[Sighting]:
        """The sighting of a string, where it names something."""
        if len(value.text) > 500 or "\n" in value.text:
            return
        named = reading(value.text, self._source.is_here)
        if named is not None:
            yield self._sighting(value, named, how, revision, weight)

    def _sighting(
        self, value: Value, named: Named, how: str, revision: str | None, weight: Weight
    ) -> Sighting:
        line = self._lines[value.line - 1] if value.line <= len(self._lines) else ""
        column = value.column_bytes
        if not line.isascii() and len(line) <= _LONGEST_LINE:
            column = len(line.encode("utf-8", "replace")[:column].decode("utf-8", "replace"))
        return Sighting(
            named=named,
            line=value.line,
            column=column + 1,
            how=how,
            revision=revision,
            guessed=value.composed,
            weight=weight,
        )


def _here(revision: _Revision) -> str | None:
    return revision if isinstance(revision, str) else None


def _reading_under(key: str, kind: str) -> Reading:
    if kind == "dataset":
        return ids.keyed_dataset
    return ids.exact_model if is_exact(key) else ids.keyed_model


def _keys(node: ast.expr) -> frozenset[tuple[int, int]]:
    """The places of the keys of a table whose name says nothing: what is known of models, not models in use."""
    keys = node.keys if isinstance(node, ast.Dict) else []
    return frozenset((key.lineno, key.col_offset) for key in keys if key is not None)


def _keys_with_numbers(node: ast.expr) -> frozenset[tuple[int, int]]:
    """The places of keys with a number each (`MODEL_SIZES = {"org/name": 768}`): facts too."""
    if not isinstance(node, ast.Dict):
        return frozenset()
    return frozenset(
        (key.lineno, key.col_offset)
        for key, value in zip(node.keys, node.values, strict=True)
        if key is not None and isinstance(value, ast.Constant) and isinstance(value.value, int | float)
    )


def _pair_revision(node: ast.expr) -> str | None:
    """`("org/name", "e3dde19")`: an id with its commit beside it."""
    if isinstance(node, ast.Tuple) and len(node.elts) == 2 and isinstance(node.elts[1], ast.Constant):
        second = node.elts[1].value
        if isinstance(second, str) and re.fullmatch(r"[0-9a-f]{7,40}", second):
            return second
    return None


def _valid(text: str | None) -> str | None:
    return text if text is not None and _REVISION.fullmatch(text) else None


def _names_written(index: Index) -> frozenset[str]:
    """Variables that are handed to a call that writes to the Hub, and to no call that loads."""
    written: set[str] = set()
    loaded: set[str] = set()
    for call, _ in index.calls:
        names = {a.id for a in (*call.args, *(k.value for k in call.keywords)) if isinstance(a, ast.Name)}
        if names:
            (written if last_name(call.func) in WRITERS else loaded).update(names)
    return frozenset(written - loaded)
