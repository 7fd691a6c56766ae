"""The measured accuracy that the method page shows: read from the file that the evaluation writes, never typed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openaudit.errors import PolicyError, TargetError
from openaudit.site.lenient import items, mapping, mappings, text

_LIMIT_BYTES = 32 * 1024 * 1024
_MISSES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One figure, as it is to be read, and what it is to be compared with (empty where nothing is)."""

    name: str
    value: str
    baseline: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """One case that came out wrong."""

    id: str
    expected: str
    got: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledSet:
    """One set of labels: what it is, how many cases, the figures and every miss."""

    name: str
    what: str
    count: int | None
    metrics: tuple[Metric, ...]
    misses: tuple[Miss, ...]

    @property
    def baselines(self) -> bool:
        """Whether any figure has something to be compared with."""
        return any(metric.baseline for metric in self.metrics)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """All sets, and the command that measured them."""

    generated_by: str
    sets: tuple[LabelledSet, ...]


def read_accuracy(path: Path) -> Accuracy:
    """The figures of the file.

    Raises:
        TargetError: there is no such file.
        PolicyError: it is not what the evaluation writes.
    """
    try:
        if path.stat().st_size > _LIMIT_BYTES:
            raise PolicyError("the file is too large.", file=str(path))
        document: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TargetError(f"cannot read the accuracy file '{path}': {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise PolicyError(f"it is no JSON: {str(error)[:120]}", file=str(path)) from error
    sets = mapping(document).get("sets")
    if not isinstance(sets, list):
        raise PolicyError("a list is expected.", file=str(path), key_path="sets")
    return Accuracy(
        generated_by=text(mapping(document).get("generated_by"), "an unnamed command"),
        sets=tuple(_set(item) for item in mappings(sets, 50)),
    )


def _set(item: Any) -> LabelledSet:
    count = item.get("count")
    return LabelledSet(
        name=text(item.get("name"), "(no name)", 200),
        what=text(item.get("what")),
        count=count if isinstance(count, int) and not isinstance(count, bool) else None,
        metrics=tuple(
            Metric(
                name=text(metric.get("name"), "?", 200),
                value=_figure(metric.get("value")),
                baseline=_figure(metric.get("baseline")),
            )
            for metric in mappings(item.get("metrics"), 100)
        ),
        misses=tuple(
            Miss(
                id=text(miss.get("id"), "?", 300),
                expected=_figure(miss.get("expected")),
                got=_figure(miss.get("got")),
                why=text(miss.get("why")),
            )
            for miss in mappings(item.get("misses"), _MISSES)
        ),
    )


def _figure(value: Any) -> str:
    """A figure as people read it: with at most four decimals; words as they are, lists with commas."""
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    if isinstance(value, list):
        return ", ".join(_figure(item) for item in items(value, 20))
    return text(value) if not isinstance(value, bool) else ("yes" if value else "no")
