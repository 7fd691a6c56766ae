"""The one door to PyYAML: YAML 1.2 core values from trusted rule files and from hostile model cards."""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any

import yaml

_MAX_DEPTH = 64


class YamlProblem(ValueError):
    """The text is no YAML that we accept; `line` counts from 1 within the text."""

    def __init__(self, message: str, line: int | None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


_TAG = "tag:yaml.org,2002:"
_STR, _SEQ, _MAP, _NULL, _MERGE = f"{_TAG}str", f"{_TAG}seq", f"{_TAG}map", f"{_TAG}null", f"{_TAG}merge"
_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _CoreLoader(_BASE):  # type: ignore[misc]
    """YAML 1.2 core schema: `no`, `on` and dates stay the strings that their authors meant."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
        """The tag of a node, as PyYAML finds it where no resolver goes by paths or for any first letter."""
        if kind is yaml.ScalarNode:
            if implicit[0]:
                for tag, pattern in self.yaml_implicit_resolvers.get(value[:1], ()):
                    if pattern.match(value):
                        return str(tag)
            return _STR
        return _SEQ if kind is yaml.SequenceNode else _MAP


_CoreLoader.yaml_implicit_resolvers = {}
_FLOAT = (
    r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$|^[-+]?[0-9]+[eE][-+]?[0-9]+$"
    r"|^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$"
)
for _tag, _pattern, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    ("float", _FLOAT, "-+0123456789."),
    ("merge", r"^<<$", "<"),
):
    _CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))


_DEEPEST = 250
"""Block collections within one another; beyond this no card has a meaning, and Python's stack has an end."""


def _value(loader: Any, node: Any, depth: int = 0) -> Any:
    """What a node stands for: PyYAML's way to it goes through generators, which front matter has no use for."""
    if depth > _DEEPEST:
        raise RecursionError
    tag = node.tag
    if type(node) is yaml.ScalarNode:
        if tag == _STR:
            return node.value
        return None if tag == _NULL else loader.construct_object(node, deep=True)
    if tag == _SEQ and type(node) is yaml.SequenceNode:
        return [_value(loader, item, depth + 1) for item in node.value]
    if tag == _MAP and type(node) is yaml.MappingNode:
        return _construct_mapping(loader, node, depth + 1)
    return loader.construct_object(node, deep=True)


def _construct_mapping(loader: Any, node: Any, depth: int = 0) -> dict[Hashable, Any]:
    """A mapping, refusing duplicate keys: two `license:` keys in a card must not silently become one."""
    if any(key.tag == _MERGE for key, _ in node.value):
        loader.flatten_mapping(node)
    mapping: dict[Hashable, Any] = {}
    for key_node, value_node in node.value:
        key = _value(loader, key_node, depth)
        if not isinstance(key, Hashable):
            raise yaml.constructor.ConstructorError(
                None, None, "a key is a list or a mapping", key_node.start_mark
            )
        if key in mapping:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key!r} is there twice", key_node.start_mark
            )
        mapping[key] = _value(loader, value_node, depth)
    return mapping


def _construct_unknown(loader: Any, suffix: str, node: Any) -> Any:
    """A node with a tag of its own (`!!python/...`, `!custom`): its plain text or nothing; never an object."""
    if isinstance(node, yaml.ScalarNode):
        return node.value
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return _construct_mapping(loader, node)


_CoreLoader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)
_CoreLoader.add_multi_constructor("!", _construct_unknown)
_CoreLoader.add_multi_constructor("tag:yaml.org,2002:", _construct_unknown)

_ALIAS = re.compile(r"(?:^|[\s\[{,:?-])\*[^\s,\]}*]", re.MULTILINE)


def parse(text: str) -> Any:
    """The value of a YAML text: dicts, lists, strings, numbers, booleans and None.

    Raises:
        YamlProblem: broken syntax, a duplicate key, too deep a nesting, or an alias (they can expand without end).
    """
    if "&" in text and _ALIAS.search(text):
        _refuse_aliases(text)
    if _flow_depth(text) > _MAX_DEPTH:
        raise YamlProblem(f"nested deeper than {_MAX_DEPTH} levels", None)
    try:
        return _load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlProblem(error.problem or "not YAML", mark.line + 1 if mark else None) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise YamlProblem(str(error).splitlines()[0], None) from error
    except RecursionError as error:
        raise YamlProblem("nested too deeply", None) from error


def _load(text: str) -> Any:
    """As `yaml.load` does. Raises: yaml.YAMLError, ValueError, RecursionError."""
    loader = _CoreLoader(text)
    try:
        node = loader.get_single_node()
        return None if node is None else _value(loader, node)
    finally:
        loader.dispose()


def dump(value: Any) -> str:
    """Plain values as YAML in their order, ASCII only, one line per scalar: the same value gives the same text."""
    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=False, width=1_000_000)
    return text


def _refuse_aliases(text: str) -> None:
    try:
        for event in yaml.parse(text, Loader=_CoreLoader):
            if isinstance(event, yaml.AliasEvent):
                line = event.start_mark.line + 1 if event.start_mark else None
                raise YamlProblem(f"the alias *{event.anchor}: aliases are not accepted", line)
    except yaml.YAMLError:
        return  # parse() reports it with its line


def line_of(text: str, keys: tuple[str | int, ...]) -> int | None:
    """The line (from 1) where the value under `keys` begins, or of the deepest part of the path that exists."""
    try:
        node = yaml.compose(text, Loader=_CoreLoader)
    except (yaml.YAMLError, RecursionError):
        return None
    if node is None:
        return None
    line = int(node.start_mark.line) + 1
    for key in keys:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == str(key)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            pair = (node.value[key], node.value[key])
        else:
            pair = None
        if pair is None:
            return line
        line, node = int(pair[0].start_mark.line) + 1, pair[1]
    return line


def _flow_depth(text: str) -> int:
    """The deepest nesting of brackets, an upper bound on flow collections (quoted brackets count too)."""
    if text.count("[") + text.count("{") <= _MAX_DEPTH:
        return 0
    depth = deepest = 0
    for character in re.findall(r"[\[\]{}]", text):
        depth = depth + 1 if character in "[{" else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest
