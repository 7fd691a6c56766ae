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


_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _CoreLoader(_BASE):  # type: ignore[misc]
    """YAML 1.2 core schema: `no`, `on` and dates stay the strings that their authors meant."""


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


def _construct_mapping(loader: Any, node: Any) -> dict[Hashable, Any]:
    """A mapping, refusing duplicate keys: two `license:` keys in a card must not silently become one."""
    loader.flatten_mapping(node)
    mapping: dict[Hashable, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, Hashable):
            raise yaml.constructor.ConstructorError(
                None, None, "a key is a list or a mapping", key_node.start_mark
            )
        if key in mapping:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key!r} is there twice", key_node.start_mark
            )
        mapping[key] = loader.construct_object(value_node, deep=True)
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
        return yaml.load(text, Loader=_CoreLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlProblem(error.problem or "not YAML", mark.line + 1 if mark else None) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise YamlProblem(str(error).splitlines()[0], None) from error
    except RecursionError as error:
        raise YamlProblem("nested too deeply", None) from error


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
