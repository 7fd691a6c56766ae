"""The comparison as JSON: sorted keys, two spaces, described by schema/compare-1.json."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from openaudit import __version__
from openaudit.formats.comparison.changes import Change, ChangeSet, FileChanges, Remark, TextChange
from openaudit.formats.comparison.side import Side
from openaudit.formats.comparison.side_by_side import Comparison

SCHEMA_VERSION = "1.0"


def compare_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of everything that `render` writes."""
    text = files("openaudit.formats").joinpath("schema", "compare-1.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def render(comparison: Comparison) -> str:
    """The comparison; the same sides give the same bytes. All that is not ASCII is written as an escape."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "openaudit", "version": __version__},
        "targets": [_target(side) for side in comparison.sides],
        "groups": [
            {
                "title": group.title,
                "rows": [
                    {"label": row.label, "values": list(row.cells), "differs": row.differs}
                    for row in group.rows
                ],
            }
            for group in comparison.groups
        ],
        "changes": [_changes(changes) for changes in comparison.changes],
    }
    return json.dumps(document, allow_nan=False, sort_keys=True, indent=2) + "\n"


def _target(side: Side) -> dict[str, Any]:
    return {
        "id": side.id,
        "subject": side.subject or None,
        "revision": side.revision or None,
        "level": side.level,
        "grant": side.grant.value,
        "license": side.license.get("effective") if isinstance(side.license.get("effective"), str) else None,
        "terms": list(side.terms),
        "failure": side.failure or None,
    }


def _changes(changes: ChangeSet) -> dict[str, Any]:
    return {
        "before": changes.before,
        "after": changes.after,
        "summary": changes.verdict,
        "values": [_change(change) for change in changes.values],
        "components": [_change(change) for change in changes.components],
        "terms": {"added": list(changes.terms_added), "removed": list(changes.terms_removed)},
        "findings": {
            "appeared": [_remark(remark) for remark in changes.findings_new],
            "disappeared": [_remark(remark) for remark in changes.findings_gone],
        },
        "made_from_and_with": {"added": list(changes.kin_added), "removed": list(changes.kin_removed)},
        "license_texts": None if changes.texts is None else [_text(text) for text in changes.texts],
        "files": None if changes.files is None else _files(changes.files),
        "note": changes.note,
    }


def _change(change: Change) -> dict[str, str]:
    return {
        "label": change.label,
        "before": change.before,
        "after": change.after,
        "direction": change.direction,
    }


def _remark(remark: Remark) -> dict[str, str]:
    return {"severity": remark.severity, "rule": remark.rule, "message": remark.message}


def _text(text: TextChange) -> dict[str, Any]:
    words = text.words
    return {
        "before": text.before,
        "after": text.after,
        "words_removed": words.removed if words else None,
        "words_added": words.added if words else None,
        "places": [[{"kind": run.kind, "words": run.words} for run in hunk] for hunk in words.hunks]
        if words
        else [],
        "places_left_out": words.left_out if words else 0,
    }


def _files(changed: FileChanges) -> dict[str, Any]:
    return {
        "added": list(changed.added),
        "removed": list(changed.removed),
        "changed": list(changed.changed),
        "compared_by_size_only": changed.unproven,
    }
