"""A survey from beginning to end: what is left to do of it, which engine does it, and what came out."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from openaudit.survey.batches import Plan, Settings, plan_table
from openaudit.survey.budget import Budget
from openaudit.survey.folder import Folder, Subject, lines_of, open_folder
from openaudit.survey.live import live_batches, run_live
from openaudit.survey.local import Done, run_local
from openaudit.survey.reading import read_batches

Progress = Callable[[int, int, int], None]
"""Told, after each batch: rows done in this run, rows done before, rows in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """What runs the batches of a table: `local` or `ray`, with so many processes; `address` of a Ray cluster."""

    name: str
    processes: int
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """What a run did: rows judged in it, and rows that an earlier one had left."""

    folder: Folder
    rows: int
    resumed: int


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def table_files(path: Path) -> list[Path]:
    """The Parquet files of a table: itself, or all in a folder by name."""
    if path.is_dir():
        return sorted(p for p in path.rglob("*.parquet") if p.is_file() and not p.name.startswith((".", "_")))
    return [path]


def survey_table(
    plan: Plan,
    out: Path,
    settings: Settings,
    engine: Engine,
    progress: Progress = lambda new, old, all_: None,
) -> Surveyed:
    """Survey a table; parts that are there already are kept.

    Raises:
        TargetError: the folder holds a survey of something else.
    """
    subject = Subject(
        kind="table",
        input=plan.digest,
        rows=plan.rows,
        batches=len(plan.batches),
        rules_version=settings.knowledge().rules.version,
    )
    folder = open_folder(out, subject)
    done = folder.done()
    left = [batch for batch in plan.batches if batch.number not in done]
    resumed = plan.rows - sum(batch.rows for batch in left)
    if engine.name == "ray":
        from openaudit.survey.cluster import run_ray

        steps: Iterator[Done] = run_ray(
            left, folder, settings, address=engine.address, processes=engine.processes
        ) if left else iter(())  # fmt: skip
    else:
        steps = run_local(left, folder, settings, processes=engine.processes)
    return _finished(folder, steps, resumed, progress)


def survey_list(
    lines: Sequence[str],
    out: Path,
    settings: Settings,
    *,
    threads: int,
    offline: bool,
    budget: Budget | None = None,
    progress: Progress = lambda new, old, all_: None,
) -> Surveyed:
    """Survey a list of targets live; parts that are there already are kept.

    Raises:
        TargetError: the folder holds a survey of something else.
    """
    knowledge = settings.knowledge()
    batches = live_batches(lines)
    subject = Subject(
        kind="live",
        input=sha256("\n".join(lines).encode()).hexdigest(),
        rows=len(lines),
        batches=len(batches),
        rules_version=knowledge.rules.version,
    )
    folder = open_folder(out, subject, lines)
    done = folder.done()
    left = [batch for batch in batches if batch.number not in done]
    resumed = len(lines) - sum(batch.rows for batch in left)
    steps = run_live(
        left, lines, folder, knowledge, budget or Budget(threads), threads=threads, offline=offline
    )
    return _finished(folder, steps, resumed, progress)


def _finished(folder: Folder, steps: Iterator[Done], resumed: int, progress: Progress) -> Surveyed:
    rows = 0
    for done in steps:
        rows += done.rows
        progress(rows, resumed, folder.subject.rows)
    folder.finish({"rows_written": rows + resumed})
    return Surveyed(folder=folder, rows=rows, resumed=resumed)


def unread_of(path: Path) -> Counter[str]:
    """How many models of a survey could not be read, by reason."""
    reasons: Counter[str] = Counter()
    for batch in read_batches(path, ("unread_reason",)):
        reasons.update(reason for reason in batch.column(0).to_pylist() if reason is not None)
    return reasons


__all__ = [
    "Engine",
    "Surveyed",
    "cores",
    "lines_of",
    "plan_table",
    "survey_list",
    "survey_table",
    "table_files",
    "unread_of",
]
