"""The stable names of everything that the check can find wrong, as severities and waivers use them."""

from __future__ import annotations

from collections.abc import Iterable

from openaudit.licenses.catalog import TERM_NAMES

FACTS = (
    "pinned-revision",
    "safe-weights",
    "no-custom-code",
    "model-card",
    "license-text",
    "dataset-licenses",
    "known-lineage",
    "ungated",
    "no-conflicts",
    "full-coverage",
)
"""What `require` can ask for, besides a share of coverage."""

USES = (
    "commercial",
    "research-only",
    "by-approval",
    "user-threshold",
    "revenue-threshold",
    "territory",
    "training-on-outputs",
    "redistribution",
    "hosted-service",
    "fine-tuning",
    "sector",
    "unknown-figure",
)
"""The ways in which the terms of a license can stand against a declared use."""

LOCKED = (
    "not-locked",
    "terms-changed",
    "level-changed",
    "gate-changed",
    "revision-moved",
)

_SINGLE = ("minimum-level", "license-missing", "license-unknown")
_LISTS = ("allow", "deny", "review")


def rule_names(conditions: Iterable[str] = ()) -> tuple[str, ...]:
    """Every rule, with those of the conditions of a policy."""
    return (
        *_SINGLE,
        *(f"licenses/{name}" for name in _LISTS),
        *(f"deny-terms/{name}" for name in TERM_NAMES),
        *(f"use/{name}" for name in USES),
        *(f"require/{name}" for name in (*FACTS, "coverage")),
        *(f"conditions/{name}" for name in dict.fromkeys(conditions)),
        *(f"lock/{name}" for name in LOCKED),
    )


def groups() -> tuple[str, ...]:
    """The names that stand for a whole group of rules in severities."""
    return ("licenses", "deny-terms", "use", "require", "conditions", "lock")
