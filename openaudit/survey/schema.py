"""The columns of a survey's table: one row a model, what an audit concludes of it as nested columns."""

from __future__ import annotations

import pyarrow as pa

SCHEMA_VERSION = "1.0"

_TEXTS = pa.list_(pa.string())
_DIMENSION = pa.struct([("status", pa.string()), ("score", pa.float64()), ("reason", pa.string())])

ROW = pa.schema(
    [
        ("id", pa.string()),
        ("subject", pa.string()),
        ("revision", pa.string()),
        ("url", pa.string()),
        ("state", pa.string()),
        ("unread_reason", pa.string()),
        ("unread_message", pa.string()),
        ("level", pa.string()),
        ("level_name", pa.string()),
        ("band", pa.string()),
        ("score", pa.float64()),
        ("headline", pa.string()),
        (
            "dimensions",
            pa.struct([(name, _DIMENSION) for name in ("weights", "code", "data", "docs")]),
        ),
        ("grant", pa.string()),
        ("license", pa.string()),
        ("license_name", pa.string()),
        ("license_reason", pa.string()),
        ("license_confidence", pa.float64()),
        ("license_ids", _TEXTS),
        (
            "license_sources",
            pa.list_(
                pa.struct(
                    [
                        ("kind", pa.string()),
                        ("where", pa.string()),
                        ("lines", pa.list_(pa.int32())),
                        ("says", pa.string()),
                        ("licenses", _TEXTS),
                        ("grant", pa.string()),
                        ("claimed", pa.bool_()),
                        ("binding", pa.bool_()),
                    ]
                )
            ),
        ),
        ("terms", _TEXTS),
        (
            "conflicts",
            pa.list_(pa.struct([("kind", pa.string()), ("severity", pa.string()), ("message", pa.string())])),
        ),
        ("gated", pa.string()),
        ("downloadable", pa.bool_()),
        (
            "coverage",
            pa.struct(
                [
                    ("expected", pa.int32()),
                    ("read", pa.int32()),
                    ("share", pa.float64()),
                    (
                        "missing",
                        pa.list_(
                            pa.struct(
                                [("path", pa.string()), ("reason", pa.string()), ("message", pa.string())]
                            )
                        ),
                    ),
                ]
            ),
        ),
        (
            "components",
            pa.list_(
                pa.struct(
                    [
                        ("id", pa.string()),
                        ("dimension", pa.string()),
                        ("status", pa.string()),
                        ("license", pa.string()),
                        ("reason", pa.string()),
                    ]
                )
            ),
        ),
        (
            "lineage",
            pa.list_(
                pa.struct(
                    [
                        ("id", pa.string()),
                        ("relation", pa.string()),
                        ("of", pa.string()),
                        ("depth", pa.int32()),
                        ("license", pa.string()),
                        ("grant", pa.string()),
                        ("level", pa.string()),
                        ("reach", pa.string()),
                    ]
                )
            ),
        ),
        (
            "datasets",
            pa.list_(
                pa.struct(
                    [
                        ("id", pa.string()),
                        ("role", pa.string()),
                        ("license", pa.string()),
                        ("status", pa.string()),
                        ("reach", pa.string()),
                    ]
                )
            ),
        ),
        (
            "claims",
            pa.list_(
                pa.struct([("quote", pa.string()), ("claimed_level", pa.string()), ("holds", pa.bool_())])
            ),
        ),
        (
            "frameworks",
            pa.list_(pa.struct([("id", pa.string()), ("verdict", pa.string()), ("reason", pa.string())])),
        ),
        (
            "findings",
            pa.list_(
                pa.struct(
                    [
                        ("rule", pa.string()),
                        ("severity", pa.string()),
                        ("component", pa.string()),
                        ("message", pa.string()),
                    ]
                )
            ),
        ),
        ("parameters", pa.int64()),
        ("weight_files", pa.list_(pa.struct([("format", pa.string()), ("files", pa.int32())]))),
        ("downloads", pa.int64()),
        ("likes", pa.int64()),
        ("rules_version", pa.string()),
        ("tool_version", pa.string()),
    ]
)
"""`state` is `audited` or `unread`; of an unread model only `id`, `unread_*` and the versions say something.
`license_ids` are all that any source names, `license` what binds; `gated` is `false`, `auto` or `manual`."""

ADDED_COLUMNS = ("downloads", "likes")
"""What a row carries over from the input and no audit concludes."""
