"""A survey's table read again: row by row, as the reports that the rows are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from openaudit.errors import TargetError
from openaudit.survey.folder import manifest_of, parts_of
from openaudit.survey.rows import report_of
from openaudit.survey.schema import ROW

_STEP_ROWS = 500


def read_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    """What each row of a survey tells, with the keys of the JSON report, in the order of the input; bounded memory.

    Raises:
        TargetError: it is no survey's table.
    """
    surveyed_at = str(manifest_of(path).get("started_at", ""))
    for batch in read_batches(path):
        for row in batch.to_pylist():
            yield report_of(row, surveyed_at)


def read_batches(path: Path, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """The rows of a survey's folder (or of one Parquet file made of it), some hundred at a time.

    Raises:
        TargetError: it is no survey's table.
    """
    parts = list(parts_of(path))
    if not parts:
        raise TargetError(
            f"'{path}' holds no survey.", hint="Make one with: openaudit survey INPUT -o OUT.parquet"
        )
    for part in parts:
        try:
            with pq.ParquetFile(part, pre_buffer=False) as file:
                lacking = [name for name in columns or ROW.names if name not in file.schema_arrow.names]
                if lacking:
                    raise TargetError(f"'{part}' is no survey's table: it has no column '{lacking[0]}'.")
                yield from file.iter_batches(
                    batch_size=_STEP_ROWS, columns=list(columns or ROW.names), use_threads=False
                )
        except (OSError, pa.ArrowException) as error:
            raise TargetError(f"'{part}' cannot be read as Parquet: {str(error)[:200]}.") from error
