"""A list of targets audited live, as fast as the Hub allows; what many of them have in common is read once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import pyarrow as pa

from openaudit.errors import OpenAuditError, SourceError
from openaudit.pipeline import Knowledge, Library, audit
from openaudit.sources import parse_target, source_for
from openaudit.sources.interface import Source
from openaudit.survey.batches import Batch, record_batch
from openaudit.survey.budget import Budget
from openaudit.survey.folder import Folder
from openaudit.survey.local import Done
from openaudit.survey.rows import Row, not_a_model, row_of, unread_row
from openaudit.survey.schema import ROW
from openaudit.vocabulary import Failure, Report, Target, TargetKind

LIVE_BATCH = 50
"""Targets in one part: what a kill loses at most for each that is under way."""
_PER_LIBRARY = 5_000
"""Relatives are kept for so many targets, so that memory stays bounded however long the list is."""
_ATTEMPTS = 3
_OUR_OWN_FAULT = "rate-limited"
_NOT_WELL = (_OUR_OWN_FAULT, "timed-out", "unreachable")


def live_batches(lines: Sequence[str]) -> tuple[Batch, ...]:
    """The batches of a list."""
    return tuple(
        Batch(number=n, file="", group=0, start=start, rows=min(LIVE_BATCH, len(lines) - start))
        for n, start in enumerate(range(0, len(lines), LIVE_BATCH))
    )


def run_live(
    batches: Sequence[Batch],
    lines: Sequence[str],
    folder: Folder,
    knowledge: Knowledge,
    budget: Budget,
    *,
    threads: int,
    offline: bool,
) -> Iterator[Done]:
    """Every target of the batches, audited as `scan` does and with the same rows; a batch is written when its last
    target is done."""
    auditor = _Auditor(knowledge, budget, offline=offline)
    with _watched(budget), ThreadPoolExecutor(max_workers=threads, thread_name_prefix="live") as pool:
        waiting: dict[Future[Row], tuple[int, int]] = {}
        rows: dict[int, dict[int, Row]] = {}
        by_number = {batch.number: batch for batch in batches}

        def finished(pending: dict[Future[Row], tuple[int, int]]) -> Iterator[Done]:
            done, _ = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                number, at = pending.pop(future)
                rows.setdefault(number, {})[at] = future.result()
                if len(rows[number]) == by_number[number].rows:
                    held = rows.pop(number)
                    ordered = [held[index] for index in sorted(held)]
                    folder.write(number, pa.Table.from_batches([record_batch(ordered)], schema=ROW))
                    yield Done(batch=by_number[number], rows=len(ordered))

        for batch in batches:
            for at in range(batch.rows):
                while len(waiting) >= threads:
                    yield from finished(waiting)
                budget.begin()
                waiting[pool.submit(auditor.row, lines[batch.start + at])] = (batch.number, at)
        while waiting:
            yield from finished(waiting)


class _Auditor:
    """Audits one target after another, from several threads."""

    def __init__(self, knowledge: Knowledge, budget: Budget, *, offline: bool) -> None:
        self._knowledge = knowledge
        self._budget = budget
        self._source_of_kind: Callable[[TargetKind], Source] = lru_cache(maxsize=None)(
            lambda kind: source_for(Target(kind=kind, id=""), offline=offline)
        )
        self._lock = threading.Lock()
        self._begun = 0
        self._library = self._fresh_library()

    def row(self, text: str) -> Row:
        """The row of one target, read or not; tells the budget when it is done."""
        went_well = False
        try:
            outcome = self._patiently(text)
            went_well = not (isinstance(outcome, Failure) and outcome.reason in _NOT_WELL)
        finally:
            self._budget.end(went_well=went_well)
        if isinstance(outcome, Failure):
            return unread_row(outcome, self._knowledge.rules.version)
        return row_of(outcome)

    def _patiently(self, text: str) -> Report | Failure:
        """The outcome; where the server's limit kept from seeing something, that of another attempt after the pause
        that it asks for: how busy we are says nothing of a model."""
        for attempt in range(_ATTEMPTS):
            outcome = self._once(text)
            reasons = (
                [outcome.reason]
                if isinstance(outcome, Failure)
                else [error["reason"] for error in outcome.errors]
            )
            if _OUR_OWN_FAULT not in reasons or attempt == _ATTEMPTS - 1:
                break
            threading.Event().wait(self._budget.pause_after_refusal() or 2.0**attempt)
        return outcome

    def _once(self, text: str) -> Report | Failure:
        try:
            target = parse_target(text)
        except OpenAuditError as error:
            return not_a_model(text, str(error))
        try:
            return audit(
                target, self._source_of_kind(target.kind), self._knowledge, library=self._current_library()
            )
        except SourceError as error:
            return Failure(
                target=target, stage="read", reason=error.reason, message=error.message, hint=error.hint
            )
        except OpenAuditError as error:
            return Failure(target=target, stage="target", reason="not-auditable", message=error.message)

    def _current_library(self) -> Library:
        with self._lock:
            self._begun += 1
            if self._begun % _PER_LIBRARY == 0:
                self._library = self._fresh_library()
            return self._library

    def _fresh_library(self) -> Library:
        return Library(lambda target: self._source_of_kind(target.kind), self._knowledge)


@contextmanager
def _watched(budget: Budget) -> Iterator[None]:
    """Every answer to the Hub's own client tells the budget how much is left: one client, one token, one budget."""
    from huggingface_hub import get_session

    session = get_session()
    before = session.event_hooks

    def note(response: Any) -> None:
        budget.note(response.status_code, response.headers)

    session.event_hooks = {**before, "response": [*before.get("response", []), note]}
    try:
        yield
    finally:
        session.event_hooks = before
