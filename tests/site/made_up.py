"""Reports of models that do not exist: as many as wanted, always the same, and hostile ones."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LEVELS = (
    ("fully-open", "fully open", "open-source", "open"),
    ("open-toolchain", "open toolchain", "open-source", "open"),
    ("open-weight", "open-weight", "open-weight", "open"),
    ("restricted-weight", "open-weight, restricted license", "open-weight", "restricted"),
    ("research-only", "open-weight, research only", "open-weight", "research-only"),
    ("unlicensed", "no license granted", "closed", "unlicensed"),
    ("undetermined", "undetermined", "undetermined", "undetermined"),
)
LICENSES = {
    "open": ("Apache-2.0", "MIT", "BSD-3-Clause"),
    "restricted": ("LicenseRef-scancode-llama-3.1-license-2024", "LicenseRef-openaudit-heron-community"),
    "research-only": ("CC-BY-NC-4.0",),
    "unlicensed": (None,),
    "undetermined": (None,),
}
STATUSES = ("open", "restricted", "unlicensed", "described", "absent", "unknown")
COMPONENTS = (
    ("model_parameters_final", "Model parameters (final)", "weights"),
    ("training_code", "Training code", "code"),
    ("inference_code", "Inference code", "code"),
    ("datasets", "Datasets", "data"),
    ("model_card", "Model card", "docs"),
    ("evaluation_results", "Evaluation results", "docs"),
)
WORDS = (
    "heron",
    "tern",
    "plover",
    "curlew",
    "dunlin",
    "avocet",
    "knot",
    "ruff",
    "snipe",
    "godwit",
    "llama-3.1",
    "olmo",
)


def report(
    id_: str, *, level: int = 2, day: str = "2026-03-01", seed: int = 0, revision: str | None = None
) -> dict[str, Any]:
    """One report, whole, as the schema has it; the seed varies its statuses and points."""
    chance = random.Random(f"{id_}/{seed}")
    level_id, level_name, band, grant = LEVELS[level]
    license_ = chance.choice(LICENSES[grant])
    seen = level_id != "undetermined"
    statuses = {name: chance.choice(STATUSES) for name, _, _ in COMPONENTS}
    return {
        "schema_version": "1.0",
        "tool": {"name": "openaudit", "version": "0.1.0", "rules_version": "made-up"},
        "target": {
            "kind": "model",
            "subject": "model",
            "id": id_,
            "revision": revision or f"{chance.getrandbits(160):040x}",
            "url": f"https://huggingface.co/{id_}",
            "resolved_at": f"{day}T10:00:00Z",
        },
        "level": level_id,
        "level_name": level_name,
        "band": band,
        "score": chance.randrange(10, 95) if seen else None,
        "headline": f"{id_} is {level_name}, in this made-up report.",
        "reasons": ["Made up for a test."],
        "dimensions": {
            name: {
                "score": chance.randrange(100) if seen else None,
                "status": chance.choice(STATUSES[:5]) if seen else "unknown",
                "components": [],
                "reason": f"What was found of {name}.",
            }
            for name in ("weights", "code", "data", "docs")
        },
        "access": {"gated": False, "private": False, "disabled": False, "downloadable": True, "detail": ""},
        "coverage": {"expected": 3, "read": 3, "share": 1.0, "missing": []},
        "license": {
            "sources": [_statement(license_, grant, binding=True)] if license_ else [],
            "detected": [],
            "effective": license_,
            "effective_name": license_,
            "grant": grant,
            "reason": "",
            "confidence": 1.0,
            "conflicts": [],
            "terms": {},
        },
        "claims": [],
        "components": [
            {
                "id": name,
                "name": title,
                "dimension": dimension,
                "status": statuses[name],
                "license": None,
                "confidence": 1.0,
                "reason": f"{title}: {statuses[name]}.",
                "rule": name,
                "points": 1.0,
                "weight": 10.0,
                "evidence": [],
            }
            for name, title, dimension in COMPONENTS
        ],
        "lineage": [],
        "datasets": [],
        "code": [],
        "artifacts": {
            "parameters": chance.choice((125_000_000, 1_500_000_000, 7_240_000_000, 70_600_000_000))
        },
        "frameworks": {
            "mof": {
                "verdict": chance.choice(("none", "class-iii", "class-ii")),
                "decided_by": [],
                "reason": "",
            },
            "osaid": {
                "verdict": chance.choice(("fails", "no-failure-found", "undetermined")),
                "decided_by": [],
                "reason": "",
            },
            "osai_index": {"verdict": f"{chance.random():.2f}", "decided_by": [], "reason": ""},
        },
        "findings": [
            {
                "rule": "vague-data",
                "severity": "note",
                "message": "The training data is only described by category.",
                "component": "datasets",
                "evidence": [_evidence()],
                "fix": "Name the sources.",
            }
        ],
        "improvements": [],
        "errors": [],
    }


def _statement(license_: str | None, grant: str, *, binding: bool) -> dict[str, Any]:
    return {
        "kind": "tag",
        "says": license_ or "",
        "quote": f"license: {license_}",
        "licenses": [license_] if license_ else [],
        "joined": "single",
        "scope": ["release"],
        "grant": grant,
        "at_most": "open",
        "terms": [],
        "added": [],
        "modified": False,
        "confidence": 1.0,
        "claimed": True,
        "note": "",
        "where": "README.md",
        "lines": [2, 2],
        "url": None,
        "binding": binding,
    }


def _evidence() -> dict[str, Any]:
    return {
        "topic": "data.vague",
        "value": "category words",
        "quote": "trained on web text and books",
        "method": "sentence",
        "detail": {},
        "confidence": 1.0,
        "where": "README.md",
        "lines": [40, 41],
        "url": None,
    }


def many(count: int) -> Iterator[dict[str, Any]]:
    """That many reports of as many models, of a few hundred organisations; every level is among them."""
    chance = random.Random(20261125)
    for number in range(count):
        organisation = f"{chance.choice(WORDS)}-lab-{chance.randrange(30)}"
        name = f"{chance.choice(WORDS).title()}-{chance.choice(('1.5B', '7B', '70B'))}-v{number}"
        day = f"2026-{chance.randrange(1, 12):02d}-{chance.randrange(1, 28):02d}"
        yield report(f"{organisation}/{name}", level=number % len(LEVELS), day=day)


def write_lines(path: Path, reports: Iterator[dict[str, Any]] | list[dict[str, Any]]) -> Path:
    """A file with one report a line."""
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(each) + "\n" for each in reports)
    return path


ATTACKS = (
    "<script>window.hacked=1</script>",
    "<img src=x onerror=window.hacked=1>",
    "\"'><svg onload=window.hacked=1>",
    "</title></style></script><script>window.hacked=1</script>",
    "javascript:window.hacked=1",
    "{{ 7*7 }}{% raw %}",
    "\u202egnp.exe\u202c \u2066x\u2069\u200b\ufeff",
    "\x1b[31mred\x07\x00\x9b2J",
    "a" * 100_000,
    "W" * 300 + "\u0301" * 300,
    "../../../../etc/passwd",
    "]]><!--",
    "CON",
    '=HYPERLINK("http://x")',
)


def hostile() -> list[dict[str, Any]]:
    """Reports whose every text is an attack, one report an attack, and one of a hostile shape."""
    reports = []
    for number, attack in enumerate(ATTACKS):
        base = report(f"hostile/{number}", level=3, seed=number)
        base["license"]["conflicts"] = [
            {
                "kind": "tag-vs-text",
                "severity": "critical",
                "message": "m",
                "between": [_statement("MIT", "open", binding=False)] * 2,
            }
        ]
        base["claims"] = [
            {
                "quote": "q",
                "claimed_level": "fully-open",
                "measured_level": "x",
                "holds": False,
                "where": "w",
                "lines": [1, 1],
                "url": None,
            }
        ]
        base["lineage"] = [
            {
                "relation": "finetune",
                "id": "x/y",
                "license": "MIT",
                "level": "open-weight",
                "confidence": 0.5,
                "where": "w",
                "lines": [1, 1],
                "url": None,
            }
        ]
        base["datasets"] = [
            {
                "id": "d",
                "role": "training",
                "license": "MIT",
                "status": "open",
                "where": "w",
                "lines": [1, 1],
                "url": None,
            }
        ]
        base["improvements"] = [{"component": "c", "action": "a", "level": "l"}]
        base["errors"] = [{"stage": "s", "message": "m", "reason": "r", "hint": "h"}]
        base["coverage"]["missing"] = [{"path": "p", "reason": "r", "message": "m"}]
        base["license"]["terms"] = {
            "licenses": {"MIT": {"commercial_use": "yes", "odd": "x"}},
            "names": ["a"],
        }
        base["artifacts"] = {"formats": {"x": 1}, "unsafe": ["x"], "note": "x"}
        spoiled = _spoiled(base, attack)
        if len(attack) > 50_000:  # lines of a megabyte where people read, long ones everywhere
            spoiled["headline"] = spoiled["findings"][0]["message"] = spoiled["target"]["id"] = attack * 10
        reports.append(spoiled)
    broken = report("hostile/shape", level=3)
    broken |= {
        "components": "none",
        "license": [1],
        "frameworks": {"x<y": 1, "ok": {"verdict": {}}},
        "findings": [1, {}],
        "dimensions": None,
        "score": "NaN",
        "coverage": {"expected": -1, "read": 1e400},
        "lineage": [{"depth": -5}],
        "tool": None,
        "reasons": [None, {}, "r"],
    }
    reports.append(broken)
    return reports


_KEPT = (
    "schema_version",
    "kind",
    "subject",
    "resolved_at",
    "dimension",
    "status",
    "grant",
    "severity",
    "at_most",
    "joined",
)


def _spoiled(value: Any, attack: str, key: str = "") -> Any:
    if isinstance(value, dict):
        return {k if k in _KEPT or len(k) < 40 else attack: _spoiled(v, attack, k) for k, v in value.items()}
    if isinstance(value, list):
        return [_spoiled(item, attack, key) for item in value]
    if not isinstance(value, str) or key in _KEPT:
        return value
    return attack
