"""Batches over a Ray cluster, by Ray Data: the same function on the same batches, the parts written here.

The workers read the table where it lies, so on several machines it must lie where all of them see it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa

from openaudit.errors import TargetError
from openaudit.survey.batches import Batch, Settings, judge_batch
from openaudit.survey.folder import Folder
from openaudit.survey.local import Done

_BATCH = "openaudit_batch"
"""The column that tells which batch a row is of, on the way from a worker to the part."""
_STORE_BYTES = 80 << 20
"""What a local cluster may use of shared memory: batches are small, and pass through it one by one."""


_ALLOCATOR = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "1000000"}
"""What the C library is told in the processes of a local cluster: Ray's threads would each keep memory of their own.
Source: mallopt(3)."""


def run_ray(
    batches: Iterable[Batch], folder: Folder, settings: Settings, *, address: str | None, processes: int
) -> Iterator[Done]:
    """Every batch, judged by the cluster at `address` (None: one of this machine's, of so many processes), as they
    finish. Ray gives the batches of a worker that died to others.

    Raises:
        TargetError: Ray is not installed.
    """
    ray = _ray()
    by_number = {batch.number: batch for batch in batches}
    started = not ray.is_initialized()
    if started:
        _start(ray, address, processes)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context.execution_options.preserve_order = False
    try:
        tasks = ray.data.from_items(
            [batch.as_dict() for batch in by_number.values()], override_num_blocks=max(1, len(by_number))
        )
        judged = tasks.map_batches(
            _judge,
            fn_kwargs={"settings": settings},
            batch_size=1,
            batch_format="pyarrow",
            zero_copy_batch=True,
        )
        for table in judged.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=1):
            yield from _written(table, by_number, folder)
    finally:
        if started:
            ray.shutdown()


def _ray() -> Any:
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # a survey tells nobody that it runs
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise TargetError(
            "the engine ray is not installed.", hint="Install it with: pip install 'openaudit[ray]'"
        ) from error
    return ray


def _start(ray: Any, address: str | None, processes: int) -> None:
    if address is not None:
        ray.init(address=address, log_to_driver=False, logging_level="error")
        return
    for name, value in _ALLOCATOR.items():
        os.environ.setdefault(name, value)
    ray.init(
        num_cpus=processes,
        object_store_memory=_STORE_BYTES,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="error",
    )


def _judge(task: pa.Table, settings: Settings) -> pa.Table:
    """The rows of one batch, each with the number of the batch."""
    (values,) = task.to_pylist()
    batch = Batch(**values)
    rows = judge_batch(batch, settings)
    return rows.append_column(_BATCH, pa.array([batch.number] * rows.num_rows, pa.int64()))


def _written(table: pa.Table, by_number: dict[int, Batch], folder: Folder) -> Iterator[Done]:
    """The parts of a block: Ray makes one of each batch, and never splits one that is this small."""
    numbers = table.column(_BATCH).to_pylist()
    rows = table.drop_columns([_BATCH])
    start = 0
    while start < len(numbers):
        number = numbers[start]
        stop = start
        while stop < len(numbers) and numbers[stop] == number:
            stop += 1
        batch = by_number[number]
        if stop - start != batch.rows:
            raise RuntimeError(f"Ray gave {stop - start} of the {batch.rows} rows of batch {number}")
        folder.write(number, rows.slice(start, stop - start))
        yield Done(batch=batch, rows=batch.rows)
        start = stop
    pa.default_memory_pool().release_unused()
