"""The schemas beside this file, ready to validate with."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
from lxml import etree  # type: ignore[import-untyped]

HERE = Path(__file__).parent


@cache
def _sarif() -> Any:
    schema = json.loads((HERE / "sarif-2.1.0.json").read_text(encoding="utf-8-sig"))
    return jsonschema.Draft202012Validator(schema)


@cache
def _junit() -> Any:
    return etree.XMLSchema(etree.parse(HERE / "junit-10.xsd"))


def valid_sarif(text: str) -> dict[str, Any]:
    """The log, after it was held against the schema of SARIF 2.1.0."""
    log: dict[str, Any] = json.loads(text)
    errors = [f"{'/'.join(map(str, e.path))}: {e.message[:200]}" for e in _sarif().iter_errors(log)]
    assert errors == []
    return log


def valid_junit(text: str) -> Any:
    """The root element, after it was held against the XSD of JUnit results."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    root = etree.fromstring(text.encode("utf-8"), parser)
    schema = _junit()
    assert schema.validate(root), list(schema.error_log)[:3]
    return root
