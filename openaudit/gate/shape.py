"""Plain values against a JSON Schema, with errors that name the key and the nearest right spelling.

Only the words of JSON Schema that our own schemas use are read: a schema with another word is refused, so that nothing
is silently left unchecked. The same files serve editors.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from typing import Any

from openaudit.errors import PolicyError

Keys = tuple[str | int, ...]
Wrong = Callable[[str, Keys, str], PolicyError]
"""Makes the error for a message, the keys that lead to the fault, and a hint."""

_MOST_DEPTH = 32
_KNOWN_WORDS = frozenset(
    (
        *("$schema", "$id", "$defs", "$ref", "title", "description", "examples", "default"),
        *("type", "properties", "additionalProperties", "required", "items", "enum", "const", "pattern"),
        *("minimum", "maximum", "minItems", "minProperties", "maxProperties", "maxLength", "anyOf"),
    )
)
_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
_WORDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}


@lru_cache(maxsize=4)
def schema(name: str) -> Mapping[str, Any]:
    """The schema `name` (such as `policy-1.json`) that the package ships."""
    text = files("openaudit.gate").joinpath("schema", name).read_text(encoding="utf-8")
    read: Mapping[str, Any] = json.loads(text)
    return read


def check_shape(value: Any, of: Mapping[str, Any], wrong: Wrong) -> None:
    """Raises: PolicyError, made by `wrong`, for the first thing in `value` that the schema does not allow."""
    for _ in _faults(value, of, of, (), wrong):
        pass


def nearest(word: str, known: Sequence[str], *, all_when_few: int = 12) -> str:
    """A hint: the right spelling that is nearest to `word`, else the words there are."""
    near = get_close_matches(word.casefold(), [k.casefold() for k in known], n=1)
    if near:
        return f"Did you mean '{next(k for k in known if k.casefold() == near[0])}'?"
    if 0 < len(known) <= all_when_few:
        return f"Known here: {', '.join(sorted(known))}."
    return ""


def _faults(
    value: Any, of: Mapping[str, Any], root: Mapping[str, Any], keys: Keys, wrong: Wrong
) -> Iterator[None]:
    """Walks value and schema together; raises at the first fault. An iterator only so that it reads as a walk."""
    of = _resolved(of, root)
    if len(keys) > _MOST_DEPTH:
        raise wrong("nested too deeply.", keys, "")
    if "anyOf" in of:
        yield from _faults(value, _branch(value, of["anyOf"], root, keys, wrong), root, keys, wrong)
        return
    _check_type(value, of, keys, wrong)
    _check_value(value, of, keys, wrong)
    if isinstance(value, dict):
        yield from _in_mapping(value, of, root, keys, wrong)
    elif isinstance(value, list):
        if len(value) < of.get("minItems", 0):
            raise wrong("an empty list says nothing here.", keys, "")
        for number, item in enumerate(value):
            yield from _faults(item, of.get("items", {}), root, (*keys, number), wrong)
    yield


def _in_mapping(
    value: Mapping[Any, Any], of: Mapping[str, Any], root: Mapping[str, Any], keys: Keys, wrong: Wrong
) -> Iterator[None]:
    known: Mapping[str, Any] = of.get("properties", {})
    others = of.get("additionalProperties", True)
    for key in value:
        if not isinstance(key, str):
            raise wrong(f"the key {key!r} has to be a text.", keys, "Put it in quotes.")
        if key not in known and others is False:
            raise wrong(f"unknown key '{key}'.", (*keys, key), nearest(key, list(known), all_when_few=20))
    for key in of.get("required", ()):
        if key not in value:
            raise wrong(f"the key '{key}' is missing.", keys, "")
    if len(value) > of.get("maxProperties", len(value)) or len(value) < of.get("minProperties", 0):
        raise wrong("exactly one key is expected.", keys, "")
    for key, item in value.items():
        below = known.get(key, others if isinstance(others, Mapping) else {})
        yield from _faults(item, below, root, (*keys, key), wrong)


def _resolved(of: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" in of:
        of = root["$defs"][of["$ref"].removeprefix("#/$defs/")]
    unread = set(of) - _KNOWN_WORDS
    assert not unread, f"the schema says {unread}, which nobody checks"
    return of


def _branch(
    value: Any, branches: Sequence[Mapping[str, Any]], root: Mapping[str, Any], keys: Keys, wrong: Wrong
) -> Mapping[str, Any]:
    """The branch of `anyOf` whose type the value has."""
    resolved = [_resolved(branch, root) for branch in branches]
    for branch in resolved:
        if _is(value, branch["type"]):
            return branch
    expected = " or ".join(_WORDS[branch["type"]] for branch in resolved)
    raise wrong(f"{expected} is expected, not {_said(value)}.", keys, "")


def _is(value: Any, type_: str) -> bool:
    return isinstance(value, _TYPES[type_]) and (type_ == "boolean" or not isinstance(value, bool))


def _check_type(value: Any, of: Mapping[str, Any], keys: Keys, wrong: Wrong) -> None:
    type_ = of.get("type")
    if type_ is not None and not _is(value, type_):
        raise wrong(f"{_WORDS[type_]} is expected, not {_said(value)}.", keys, "")


def _check_value(value: Any, of: Mapping[str, Any], keys: Keys, wrong: Wrong) -> None:
    if "const" in of and value != of["const"]:
        raise wrong(f"{of['const']!r} is expected, not {value!r}.", keys, "")
    if "enum" in of and value not in of["enum"]:
        words = [str(word) for word in of["enum"]]
        raise wrong(f"'{value}' is no word for this key.", keys, nearest(str(value), words, all_when_few=30))
    if isinstance(value, str):
        if len(value) > of.get("maxLength", 4_000):
            raise wrong(f"longer than {of.get('maxLength', 4_000)} characters.", keys, "")
        if "pattern" in of and not re.search(of["pattern"], value):
            raise wrong(f"'{value[:80]}' does not have the form that is expected.", keys, of["description"])
    if isinstance(value, int | float) and not isinstance(value, bool):
        least, most = of.get("minimum"), of.get("maximum")
        if (least is not None and value < least) or (most is not None and value > most) or value != value:
            raise wrong(f"{value} is not between {least} and {most}." if most is not None
                        else f"{value} is less than {least}.", keys, "")  # fmt: skip


def _said(value: Any) -> str:
    if value is None:
        return "nothing"
    kind = next((name for name in _TYPES if _is(value, name)), None)
    shown = f" ({value!r:.60})" if kind not in ("object", "array", None) else ""
    return f"{_WORDS[kind]}{shown}" if kind else type(value).__name__
