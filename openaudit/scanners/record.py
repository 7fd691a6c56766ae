"""Model Openness Tool records: the components that they declare, and the license that they name for the weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from openaudit.licenses.names import resolve_tag
from openaudit.scanners.scene import Scanned, Scene, quote
from openaudit.vocabulary import Evidence, LicenseStatement, StatementKind, TargetKind, Where

_WEIGHTS = "Model parameters (Final)"
_NOTHING = ("", "unlicensed")


def scan_record(scene: Scene) -> Scanned:
    """One piece of `record.component` evidence for each component listed, in the record's order; the weights' license
    as a statement. Nothing for any other target."""
    record = scene.snapshot.metadata.get("record")
    if scene.snapshot.target.kind is not TargetKind.RECORD or not isinstance(record, Mapping):
        return Scanned()
    globals_ = {key: str(value["name"]) for key, value in record["license"].items()}
    lines = _lines(scene, str(record["file"]))
    evidence, statements = [], []
    for item in record["components"]:
        where = Where(path=str(record["file"]), lines=lines.get(str(item["name"])))
        evidence.append(_component(item, where))
        if item["name"] == _WEIGHTS:
            says = item["license"] if item["license"] is not None else _falls_to(globals_)
            statements = [_statement(scene, says, where)]
    return Scanned(evidence=tuple(evidence), statements=tuple(statements))


def _falls_to(globals_: Mapping[str, str]) -> str:
    return globals_.get("data") or globals_.get("distribution") or ""


def _component(item: Mapping[str, Any], where: Where) -> Evidence:
    license_ = item["license"]
    detail = {key: str(item[key]) for key in ("component_path", "license_path", "description")}
    if license_ is not None:
        detail["license"] = str(license_)
    says = f"{item['name']}: {license_ if license_ is not None else 'as the release'}"
    return Evidence(
        topic="record.component",
        value=str(item["name"]),
        where=where,
        quote=quote(says),
        method="record",
        detail=detail,
    )


def _statement(scene: Scene, says: str, where: Where) -> LicenseStatement:
    """What the record says of the weights; "unlicensed" and nothing are placeholders, not licenses."""
    match = resolve_tag(says, scene.catalog)
    claimed = says.strip().lower() not in _NOTHING and match.kind not in ("placeholder", "none")
    return LicenseStatement(
        kind=StatementKind.TAG,
        says=quote(says) or "nothing",
        where=where,
        licenses=match.licenses,
        names=tuple(known.name for i in match.licenses if (known := scene.catalog.by_id(i))),
        joined=match.joined,
        scope=frozenset({"weights"}),
        grant=match.grant,
        quote=quote(says),
        claimed=claimed,
        note="" if claimed else "a placeholder",
    )


def _lines(scene: Scene, path: str) -> dict[str, tuple[int, int]]:
    """The line of each component's name, the last one where a name is there twice."""
    document = scene.snapshot.document(path)
    rows: Sequence[str] = document.text.split("\n") if document else ()
    return dict(_named_lines(rows))


def _named_lines(rows: Sequence[str]) -> Iterator[tuple[str, tuple[int, int]]]:
    for number, row in enumerate(rows, 1):
        key, _, value = row.strip().lstrip("- ").partition(":")
        if key == "name":
            yield value.strip().strip("'\""), (number, number)
