"""The JSON Schemas as tables: one section for each object, one row for each key."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openaudit
from openaudit.survey.schema import ROW, SCHEMA_VERSION
from scripts.reference.markup import Raw, code, link, paragraph, table, text

_PACKAGE = Path(openaudit.__file__).parent
Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """A file format: its page, its schema, and what is said of it at the top. `first` is the object to begin with."""

    page: str
    file: str
    title: str
    intro: str
    first: str = ""


_KINDS: Sequence[_Kind] = (
    _Kind(
        page="report",
        file="formats/schema/report-1.json",
        title="JSON report",
        first="report",
        intro="What `openaudit scan -f json` prints: one report, or `{\"reports\": [...]}` for several targets. Within version 1 keys "
        "are added, never renamed or removed. The same files, rules and options give the same bytes, save `resolved_at`, which "
        "`SOURCE_DATE_EPOCH` fixes.",
    ),
    _Kind(
        page="policy",
        file="gate/schema/policy-1.json",
        title="Policy file",
        intro="`openaudit.yaml`, or `[tool.openaudit]` in `pyproject.toml`. Unknown keys are errors. How to use it: "
        "[Adopt models in CI](../how-to/ci.md).",
    ),
    _Kind(
        page="lock",
        file="gate/schema/lock-1.json",
        title="Lock file",
        intro="`openaudit.lock`, as `openaudit lock` writes it. Commit it; do not edit it.",
    ),
    _Kind(
        page="comparison",
        file="formats/schema/compare-1.json",
        title="Comparison",
        intro="What `openaudit compare -f json` prints.",
    ),
)  # fmt: skip


def pages() -> dict[str, str]:
    """A page for each format, and the schemas themselves to link to from an editor."""
    made: dict[str, str] = {}
    for kind in _KINDS:
        raw = (_PACKAGE / kind.file).read_text(encoding="utf-8")
        name = Path(kind.file).name
        made[f"reference/schemas/{name}"] = raw
        schema = _with_meanings(json.loads(raw))
        intro = f"# {kind.title}\n\n{kind.intro} The JSON Schema: [{name}](schemas/{name}).\n"
        made[f"reference/{kind.page}.md"] = "\n".join([intro, *_sections(schema, kind.first)])
    made["reference/survey-table.md"] = _survey_table()
    return made


def _survey_table() -> str:
    rows = [(code(field.name), code(field.type)) for field in ROW]
    intro = (
        f"# Survey table\n\nThe columns that `openaudit survey` writes, in version {SCHEMA_VERSION}: one row for each model, named and "
        "meant as in the [JSON report](report.md). `state` tells rows that could not be read; their `unread_reason` is "
        "one of those of the report. How to use it: [Survey many models](../how-to/survey.md).\n\n"
    )
    return intro + table(("column", "Arrow type"), rows)


def _with_meanings(schema: Any) -> Any:
    """The schema in which a reference that says nothing itself has the words of what it refers to."""
    named = schema.get("$defs", {})

    def meant(node: Any) -> Any:
        if isinstance(node, list):
            return [meant(each) for each in node]
        if not isinstance(node, dict):
            return node
        target = named.get(str(node.get("$ref", "")).rsplit("/", 1)[-1], {})
        words = {"description": target["description"]} if "description" in target else {}
        return {**words, **{key: meant(value) for key, value in node.items()}}

    return meant(schema)


def _sections(schema: Schema, first: str) -> Iterator[str]:
    """The object at the top, then everything that it and the others refer to by name."""
    named: dict[str, Schema] = dict(schema.get("$defs", {}))
    if first:
        yield from _object(first, named.pop(first))
    else:
        yield from _object("", schema)
    for name, each in named.items():
        yield from _object(name, each)


def _object(path: str, schema: Schema) -> Iterator[str]:
    """A section for an object and for each object inside it; one that holds keys is told as a table."""
    heading = f"## {path} {{ #{_anchor(path)} }}" if path else "## The file { #top }"
    keys: Schema = schema.get("properties", {})
    if not keys:
        yield "\n".join([heading, "", paragraph(_said(schema))])
        return
    required = schema.get("required", ())
    rows = [
        (code(key), _type(value, f"{path}.{key}".lstrip(".")), "yes" if key in required else "", _said(value))
        for key, value in keys.items()
    ]
    yield "\n".join(
        [
            heading,
            "",
            paragraph(schema.get("description", "")) if "description" in schema else "",
            "",
            table(("key", "type", "required", "meaning"), rows),
        ]
    )
    for key, value in keys.items():
        yield from _objects_in(f"{path}.{key}".lstrip("."), value)


def _objects_in(path: str, schema: Schema) -> Iterator[str]:
    """The sections of the object that a value is, or of the one that its list, or list of lists, holds."""
    while isinstance(schema.get("items"), dict):
        path, schema = f"{path}[]", schema["items"]
    if schema.get("properties"):
        yield from _object(path, schema)


def _said(schema: Schema) -> Raw:
    """What a value means: its own words, then the words it may be."""
    parts = [text(schema["description"])] if "description" in schema else []
    words = _words(schema)
    if words:
        parts.append(Raw("One of " + ", ".join(code(json.dumps(w).strip('"')) for w in words) + "."))
    if "const" in schema:
        parts.append(Raw(f"Always {code(schema['const'])}."))
    return Raw(" ".join(parts))


def _words(schema: Schema) -> Sequence[Any]:
    items = schema.get("items")
    inner: Schema = items if isinstance(items, dict) else schema
    words: Sequence[Any] = inner.get("enum", ())
    return words


def _type(schema: Schema, path: str) -> Raw:
    if "$ref" in schema:
        name = str(schema["$ref"]).rsplit("/", 1)[1]
        return link(f"#{_anchor(name)}", name)
    for together in ("anyOf", "oneOf"):
        if together in schema:
            return Raw(" or ".join(_type(each, path) for each in schema[together]))
    if isinstance(schema.get("items"), dict):
        return Raw(f"list of {_type(schema['items'], path + '[]')}")
    if schema.get("properties"):
        return link(f"#{_anchor(path)}", "object")
    values = schema.get("additionalProperties")
    if isinstance(values, dict):
        return Raw(f"object of {_type(values, path)}")
    kinds = schema.get("type", "word" if "enum" in schema or "const" in schema else "any")
    return text(" or ".join(kinds) if isinstance(kinds, list) else kinds)


def _anchor(path: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")
