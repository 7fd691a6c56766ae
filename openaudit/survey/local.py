"""Batches over processes of this machine: one a core, and a process that dies takes nothing with it."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext
from multiprocessing.process import BaseProcess

from openaudit.survey.batches import Batch, Settings, judge_batch, lost_batch
from openaudit.survey.folder import Folder

MOST_DEATHS = 3
"""How many processes may die over one batch before its models are reported as unread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A batch whose part is written."""

    batch: Batch
    rows: int
    cpu_seconds: float = 0.0
    """What the worker computed for it, where that is known."""


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    pipe: Connection
    batch: Batch | None = None


def run_local(
    batches: Iterable[Batch], folder: Folder, settings: Settings, *, processes: int
) -> Iterator[Done]:
    """Every batch, judged and written by so many processes, as they finish.

    Where a process dies (killed for want of memory, say) its batch is given to a new one; after the third death the
    models of the batch are reported as unread with the reason "worker-died".
    """
    waiting = deque(batches)
    deaths: dict[int, int] = {}
    context = multiprocessing.get_context("spawn")
    workers = [_hired(context, folder, settings) for _ in range(min(processes, len(waiting)))]
    try:
        for worker in workers:
            _give(worker, waiting)
        while any(worker.batch is not None for worker in workers):
            for worker in _ready(workers):
                batch, done = worker.batch, _answer(worker)
                assert batch is not None
                if done is not None:
                    yield done
                else:
                    workers[workers.index(worker)] = worker = _hired(context, folder, settings)
                    deaths[batch.number] = deaths.get(batch.number, 0) + 1
                    if deaths[batch.number] < MOST_DEATHS:
                        waiting.appendleft(batch)
                    else:
                        yield _give_up(batch, folder, settings)
                _give(worker, waiting)
    finally:
        for worker in workers:
            _dismiss(worker)


def _hired(context: SpawnContext, folder: Folder, settings: Settings) -> _Worker:
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, folder, settings), daemon=True, name="survey")
    process.start()
    theirs.close()
    return _Worker(process=process, pipe=ours)


def _give(worker: _Worker, waiting: deque[Batch]) -> None:
    worker.batch = waiting.popleft() if waiting else None
    if worker.batch is not None:
        with contextlib.suppress(OSError):  # it is dead: the next round finds out
            worker.pipe.send(worker.batch)


def _ready(workers: list[_Worker]) -> list[_Worker]:
    """The workers that answered or died."""
    busy = [worker for worker in workers if worker.batch is not None]
    signs = set(wait([each for worker in busy for each in (worker.pipe, worker.process.sentinel)]))
    return [worker for worker in busy if worker.pipe in signs or worker.process.sentinel in signs]


def _answer(worker: _Worker) -> Done | None:
    """What the worker did; None where it died."""
    try:
        answer = worker.pipe.recv() if worker.pipe.poll() else None
    except (EOFError, OSError):
        answer = None
    if isinstance(answer, BaseException):
        raise answer
    if answer is None:
        _dismiss(worker)
    return answer


def _dismiss(worker: _Worker) -> None:
    worker.pipe.close()
    worker.process.terminate()
    worker.process.join(5)
    if worker.process.is_alive():
        worker.process.kill()
        worker.process.join()


def _give_up(batch: Batch, folder: Folder, settings: Settings) -> Done:
    rows = lost_batch(batch, settings, f"{MOST_DEATHS} processes died over the batch that it is in.")
    folder.write(batch.number, rows)
    return Done(batch=batch, rows=rows.num_rows)


def _serve(pipe: Connection, folder: Folder, settings: Settings) -> None:
    """The life of a worker: batches in, parts written; it ends with the one that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    while True:
        try:
            batch: Batch = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            before = time.process_time()
            rows = judge_batch(batch, settings)
            folder.write(batch.number, rows)
            pipe.send(Done(batch=batch, rows=rows.num_rows, cpu_seconds=time.process_time() - before))
        except (BrokenPipeError, ConnectionResetError):
            return
        except BaseException as error:
            pipe.send(error)
            raise
