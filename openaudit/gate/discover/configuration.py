"""YAML, JSON, TOML and key-value files: keys that say model or dataset, command lines, scripts and environments in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from openaudit.gate.discover import ids, python_source, shell
from openaudit.gate.discover.commands import Word, read_command
from openaudit.gate.discover.embedded import placed
from openaudit.gate.discover.keys import is_exact, is_revision_of, key_kind, words_of
from openaudit.gate.discover.python_loaders import spacy_model
from openaudit.gate.discover.sighting import Named, Sighting, Source, Weight
from openaudit.gate.discover.structure import (
    Malformed,
    Mapping,
    Node,
    Scalar,
    Sequence,
    read_json,
    read_lines,
    read_yaml,
)

_COMMAND_WORDS = frozenset(("command commands cmd args arguments entrypoint flags").split())
_SCRIPT_WORDS = frozenset(("run script scripts shell exec steps tasks cmds").split())
_VALUE_KEYS = frozenset(
    (
        "name id path repo repo_id source src uri url ref value storageuri storage_uri default hf_path "
        "hf_repo pretrained key_name hf"
    ).split()
)
_DATASET_KEYS = frozenset(("path name id source repo repo_id hf_path data_path dataset_path url uri").split())
_BARE_KEYS = re.compile(
    r"name_or_path$|^base_?model|^pretrained|^(?:hf_)?model_(?:name|id)$|^tokenizer(?:_name)?$"
)
_NOT_CONFIGURATION = re.compile(
    r"(?:^|/)(?:package-lock|npm-shrinkwrap|tsconfig[\w.-]*|composer|angular|jest\.config|tokenizer|vocab|merges|special_tokens_map|"
    r"[\w.-]*\.index|added_tokens|manifest|renovate|tslint|\.eslintrc|schema|openapi|swagger)\.(?:json|ya?ml)$|\.lock$|-lock\.ya?ml$|(?:^|/)uv\.lock$"
    r"|(?:^|/)(?:locales?|i18n|translations?|__snapshots__|snapshots|cassettes|mocks?)/",
    re.IGNORECASE,
)
_DATA_IN_NAME = re.compile(
    r"(?:^|/)(?:results?|data|predictions|outputs?|leaderboards?|metrics)/[^/]*\.json$|\.(?:geojson|jsonl)$"
)
_TEMPLATE = re.compile(r"\{\{|\{%|<%")
_BROKEN_PAIR = re.compile(r"^\s*(?:-\s+)?[\"']?([A-Za-z_][\w.-]{0,80})[\"']?\s*:\s*[\"']?([^\s\"'#{}]+)")
_NOTHING = frozenset({"", "~", "null", "Null", "NULL", "None", "none", "true", "false"})
_MOST_BESIDE = 200
_LONGEST_LINE = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where in the tree a value stands: the keys down to it, and the pairs beside it."""

    keys: tuple[str, ...]
    beside: dict[str, str]

    @property
    def key(self) -> str:
        return self.keys[-1] if self.keys else ""

    @property
    def parent(self) -> str:
        return self.keys[-2] if len(self.keys) > 1 else ""

    def sibling(self, name: str) -> str | None:
        return self.beside.get(name)


def is_configuration(path: str) -> bool:
    """Whether a YAML or JSON file can hold configuration: lock files, vocabularies and translations do not."""
    return not (_NOT_CONFIGURATION.search(path) or _DATA_IN_NAME.search(path))


def read_yaml_file(source: Source) -> Iterator[Sighting]:
    """A YAML stream. Templates (Helm, Jinja) are read line by line. Raises: Malformed for what is no template."""
    try:
        roots = read_yaml(source.text)
    except Malformed:
        if not _TEMPLATE.search(source.text):
            raise
        yield from _read_template(source)
        return
    yield from read_tree(source, roots)


def read_json_file(source: Source) -> Iterator[Sighting]:
    """A JSON text. Raises: Malformed."""
    yield from read_tree(source, read_json(source.text))


def read_pairs_file(source: Source) -> Iterator[Sighting]:
    """TOML, INI, `.env` and properties."""
    yield from read_tree(source, read_lines(source.text))


def read_tree(source: Source, roots: list[Node]) -> Iterator[Sighting]:
    """What a tree of keys and values names, each value once."""
    stack: list[tuple[Node, _Place]] = [(root, _Place(keys=(), beside={})) for root in reversed(roots)]
    while stack:
        node, place = stack.pop()
        if isinstance(node, Mapping):
            beside = {k.text: v.text for k, v in node.pairs[:_MOST_BESIDE] if isinstance(v, Scalar)}
            joined = _command_lists(node)
            if joined:  # Kubernetes: command and args, compose: entrypoint and command
                yield from read_command([word for each in joined for word in _as_words(each)])
            for key, value in reversed(node.pairs):
                yield from _key_itself(source, key, value, place)
                inner = _Place(keys=(*place.keys, key.text), beside=beside)
                if isinstance(value, Sequence) and any(value is each for each in joined):
                    stack.extend((item, inner) for item in reversed(value.items))
                else:
                    stack.append((value, inner))
        elif isinstance(node, Sequence):
            yield from _list(node, place)
            stack.extend((item, place) for item in reversed(node.items))
        else:
            yield from _scalar(source, node, place)


def _key_itself(source: Source, key: Scalar, value: Node, place: _Place) -> Iterator[Sighting]:
    """`models: {org/name: {...}}`: an id as a key."""
    if key_kind(place.key) != "model" or "/" not in key.text or source.is_test:
        return
    if (named := ids.keyed_model(key.text)) is not None:
        yield _sighting(key, named, _how(place), None)


# ---------------------------------------------------------------- values


def _scalar(source: Source, scalar: Scalar, place: _Place) -> Iterator[Sighting]:
    words = words_of(place.key)
    text = scalar.text
    if len(text) < 3:
        return
    if " " in text or "\n" in text:
        if len(text) < 200_000 and _is_script(place, words):
            yield from _script(source, scalar)
        return
    if source.is_test or len(text) > 400:
        return
    yield from _value(source, scalar, place)


def _value(source: Source, scalar: Scalar, place: _Place) -> Iterator[Sighting]:
    key = place.key
    if key in ("value", "default") and (name := place.sibling("name") or place.sibling("key")) is not None:
        key = name  # Kubernetes: {name: MODEL_ID, value: org/name}
    text, at = scalar.text, scalar.column
    if "=" in text:
        name, equals, rest = text.partition("=")
        if equals and re.fullmatch(r"[A-Z][A-Z0-9_]*", name):  # compose: - MODEL_ID=org/name
            key, text, at = name, rest.strip("\"'"), at + len(name) + 1
    named = _named(text, key, place, source)
    if named is None:
        return
    revision = _revision(place, key)
    yield _sighting(Scalar(text, scalar.line, at), named, _how(place, key), revision)


def _named(text: str, key: str, place: _Place, source: Source) -> Named | None:
    kind = _kind(key, place)
    if kind is None:
        return _address_alone(text, key)
    if kind == "dataset":
        is_task = place.sibling("task") is not None and key == "dataset_path"
        named = (ids.loaded_dataset if is_task else ids.keyed_dataset)(text, source.is_here)
        return None if key == "dataset_name" and place.sibling("dataset_path") is not None else named
    if _is_ollama(key, place):
        return ids.ollama_model(text)
    text = re.sub(r"\+[\w.-]+/[\w.-]+$", "", text)  # mergekit: model+adapter
    if (named := (ids.exact_model if is_exact(key) else ids.keyed_model)(text, source.is_here)) is not None:
        return named
    if "/" not in text and (
        _BARE_KEYS.search(key.lower()) or "transformer" in ".".join(place.keys[:-1]).lower()
    ):
        return ids.loaded_model(text, source.is_here)
    return spacy_model(text) if key in ("model", "pipeline", "spacy_model") and "/" not in text else None


def _kind(key: str, place: _Place) -> str | None:
    """What a key's value is, by the key, or by the key around it where the key itself says little (`model: {name: ...}`)."""
    low = key.lower()
    kind: str | None = key_kind(key)
    if low in ("repo_id", "hf_repo", "repo") and place.sibling("repo_type") == "dataset":
        return "dataset"
    around = next((key_kind(each) for each in reversed(place.keys[:-1]) if not each.isdigit()), None)
    if kind is None and low in _DATASET_KEYS and around == "dataset":
        return "dataset"
    if kind is None and low in _VALUE_KEYS and around == "model":
        return "model"
    if kind is None and low in ("pull", "run", "create", "models") and _is_ollama(key, place):
        return "model"
    if kind == "model" and around == "dataset" and low in ("repo_id", "hub_id"):
        return "dataset"
    return kind


def _is_ollama(key: str, place: _Place) -> bool:
    if any("ollama" in words_of(each) for each in (key, *place.keys)):
        return True
    beside = (
        place.sibling(name)
        for name in ("provider", "backend", "type", "engine", "llm_provider", "api_type", "_target_", "class")
    )
    return any(text is not None and "ollama" in text.lower() for text in beside)


def _address_alone(text: str, key: str) -> Named | None:
    """An address under a key that says nothing, unless the key says that it is for reading."""
    if not text.startswith(("hf://", "hf-hub:", "hf_hub:")) and "/resolve/" not in text:
        return None
    return ids.hub_address(text)


def _revision(place: _Place, key: str) -> str | None:
    for name, text in place.beside.items():
        if text not in _NOTHING and is_revision_of(name, key):
            return text if re.fullmatch(r"[A-Za-z0-9][\w./+-]{0,254}", text) else None
    return None


# ---------------------------------------------------------------- command lines and scripts


def _is_script(place: _Place, words: tuple[str, ...]) -> bool:
    if words and words[-1] in _COMMAND_WORDS | _SCRIPT_WORDS:
        return True
    return any(
        words_of(each)[-1:] in (("scripts",), ("script",), ("tasks",), ("commands",))
        for each in place.keys[-2:-1]
    )


def _script(source: Source, scalar: Scalar) -> Iterator[Sighting]:
    places = scalar.places or [(scalar.line, scalar.column)] * (scalar.text.count("\n") + 1)
    inner = source.with_text(re.sub(r"\$\{\{[^}\n]*\}\}", lambda found: "_" * len(found[0]), scalar.text))
    if re.match(r"\s*(?:from \w[\w.]* import |import \w+)", scalar.text):
        yield from placed(python_source.read(inner)[0], places)
    else:
        yield from placed(shell.read(inner), places)


def _list(node: Sequence, place: _Place) -> Iterator[Sighting]:
    """A list under `args`, `command` and the like is one command line; Kubernetes' two are joined in their mapping. Of
    its words one with spaces is a script (`sh -c "..."`), read as a value of its own."""
    words = words_of(place.key)
    if not words or words[-1] not in _COMMAND_WORDS:
        return
    yield from read_command(_as_words(node))


def _command_lists(node: Mapping) -> list[Sequence]:
    found = {key.text.lower(): value for key, value in node.pairs if isinstance(value, Sequence)}
    return [found[name] for name in ("entrypoint", "command", "args") if name in found]


def _as_words(node: Sequence) -> list[Word]:
    words = [item for item in node.items if isinstance(item, Scalar)]
    return [Word(text=item.text, line=item.line, column=item.column) for item in words[:2_000]]


# ---------------------------------------------------------------- templates


def _read_template(source: Source) -> Iterator[Sighting]:
    """`key: value` line by line, where the rest is a template that no YAML reader takes."""
    for number, line in enumerate(source.text.split("\n"), 1):
        match = _BROKEN_PAIR.match(line[:_LONGEST_LINE])
        if match is None or source.is_test:
            continue
        kind = key_kind(match[1])
        if kind is None:
            continue
        named = (ids.keyed_dataset if kind == "dataset" else ids.keyed_model)(match[2], source.is_here)
        if named is not None:
            yield Sighting(
                named=named,
                line=number,
                column=match.start(2) + 1,
                how=match[1],
                guessed=True,
                weight=Weight.KEYED,
            )


def _how(place: _Place, key: str = "") -> str:
    keys = [*place.keys[:-1], key] if key and key != place.key else list(place.keys)
    return ".".join(keys[-3:])


def _sighting(scalar: Scalar, named: Named, how: str, revision: str | None) -> Sighting:
    return Sighting(
        named=named, line=scalar.line, column=scalar.column, how=how, revision=revision, weight=Weight.KEYED
    )
