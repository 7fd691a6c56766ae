"""A survey cut into batches: what each is, and the one function that turns a batch of rows into rows of the result.

Every engine runs `judge_batch` and nothing else, so that all give the same rows.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from openaudit.errors import PolicyError, TargetError
from openaudit.pipeline import Knowledge, judge, load_knowledge
from openaudit.survey.columns import Columns, map_columns
from openaudit.survey.rows import Row, not_a_model, row_of, unread_row
from openaudit.survey.schema import ADDED_COLUMNS, ROW
from openaudit.survey.table_rows import collected_of
from openaudit.vocabulary import Failure

BATCH_ROWS = 1_000
_PARTS_OF_A_GROUP = 20
_COLLECT_AFTER = 50_000
"""Objects made before the collector looks for cycles: a report is some thousand, and none of them is in a cycle."""
_STEP_ROWS = 200
"""Rows that are held as Python objects at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """So many rows of one row group of one file, from `start` (0 is the group's first); `number` counts from 0."""

    number: int
    file: str
    group: int
    start: int
    rows: int

    def as_dict(self) -> dict[str, Any]:
        """For engines that carry plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a worker needs to know besides the batch: the user's folders of rules, the version that the rules must have,
    and the Hub that addresses name."""

    rule_folders: tuple[str, ...]
    rules_version: str
    endpoint: str

    def knowledge(self) -> Knowledge:
        """The rules, loaded once in each process.

        Raises:
            PolicyError: they are not those that the survey was begun with.
        """
        knowledge = _knowledge(self.rule_folders)
        if knowledge.rules.version != self.rules_version:
            raise PolicyError(
                f"the rules here have the version {knowledge.rules.version}, the survey goes by {self.rules_version}.",
                hint="Every worker needs the same openaudit and the same --rules.",
            )
        return knowledge


def settings_of(rule_folders: Sequence[Path], endpoint: str) -> Settings:
    """The settings for the rules as they are now.

    Raises:
        PolicyError: a rule file is wrong.
    """
    folders = tuple(str(folder.resolve()) for folder in rule_folders)
    return Settings(
        rule_folders=folders, rules_version=_knowledge(folders).rules.version, endpoint=endpoint.rstrip("/")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A table to survey: its batches, its columns, how many rows, and the digest of its bytes."""

    batches: tuple[Batch, ...]
    columns: Columns
    rows: int
    digest: str


@lru_cache(maxsize=2)
def _knowledge(rule_folders: tuple[str, ...]) -> Knowledge:
    knowledge = load_knowledge(tuple(Path(folder) for folder in rule_folders))
    gc.collect()
    gc.freeze()  # the rules live as long as the process: the collector need not walk them for every batch
    gc.set_threshold(_COLLECT_AFTER, 20, 50)
    return knowledge


def plan_table(files: Sequence[Path]) -> Plan:
    """The batches of one or several Parquet files of one schema: 1,000 rows each, more where row groups are large, so
    that no group is read more than twenty times.

    Raises:
        TargetError: a file is no Parquet file, or its columns say nothing of models.
    """
    batches: list[Batch] = []
    columns: Columns | None = None
    rows = 0
    for file in files:
        found = _footer(file)
        columns = columns or map_columns(found.schema.to_arrow_schema().names)
        for group in range(found.num_row_groups):
            length = found.row_group(group).num_rows
            step = max(BATCH_ROWS, -(-length // _PARTS_OF_A_GROUP))
            for start in range(0, length, step):
                size = min(step, length - start)
                batches.append(
                    Batch(number=len(batches), file=str(file), group=group, start=start, rows=size)
                )
            rows += length
    assert columns is not None
    return Plan(batches=tuple(batches), columns=columns, rows=rows, digest=_digest(files))


def _footer(file: Path) -> pq.FileMetaData:
    try:
        return pq.read_metadata(file)
    except (OSError, pa.ArrowException) as error:
        raise TargetError(
            f"'{file}' cannot be read as Parquet: {str(error).splitlines()[0][:200]}."
        ) from error


def _digest(files: Sequence[Path]) -> str:
    digest = sha256()
    for file in files:
        with file.open("rb") as stream:
            while piece := stream.read(1 << 20):
                digest.update(piece)
        digest.update(b"\0")
    return digest.hexdigest()


# ---------------------------------------------------------------- one batch


def judge_batch(batch: Batch, settings: Settings) -> pa.Table:
    """The rows of the result for one batch, in order: one for each row of the input, whatever it holds."""
    knowledge = settings.knowledge()
    made: list[pa.RecordBatch] = []
    held: list[Row] = []
    for values, columns in _rows_of(batch):
        held.append(_judged(values, columns, settings, knowledge))
        if len(held) == _STEP_ROWS:
            made.append(record_batch(held))
            held = []
    if held:
        made.append(record_batch(held))
    pa.default_memory_pool().release_unused()  # what reading took: some ten megabytes that nobody needs now
    return pa.Table.from_batches(made, schema=ROW)


def _judged(values: Mapping[str, Any], columns: Columns, settings: Settings, knowledge: Knowledge) -> Row:
    collected = collected_of(values, columns, settings.endpoint)
    if isinstance(collected, Failure):
        return unread_row(collected, knowledge.rules.version)
    row = row_of(judge(collected, knowledge))
    for name in ADDED_COLUMNS:
        value = values.get(name)
        row[name] = value if isinstance(value, int) and not isinstance(value, bool) else None
    return row


def _rows_of(batch: Batch) -> Iterator[tuple[Mapping[str, Any], Columns]]:
    """The rows of a batch as mappings by our words for columns; the file is read in pieces."""
    with pq.ParquetFile(batch.file, memory_map=False, buffer_size=1 << 20, pre_buffer=False) as file:
        columns = map_columns(file.schema_arrow.names)
        words = {name: word for word, name in columns.found.items()}
        skip, left = batch.start, batch.rows
        pieces = file.iter_batches(
            batch_size=_STEP_ROWS, row_groups=[batch.group], columns=list(words), use_threads=False
        )
        for piece in pieces:
            if skip >= piece.num_rows:
                skip -= piece.num_rows
                continue
            wanted = piece.slice(skip, left)
            skip, left = 0, left - wanted.num_rows
            for values in wanted.to_pylist():
                yield {words[name]: value for name, value in values.items()}, columns
            if left <= 0:
                return


def lost_batch(batch: Batch, settings: Settings, message: str) -> pa.Table:
    """The rows of a batch that no worker survives: all unread, with the reason."""
    version = settings.knowledge().rules.version
    rows = []
    for values, _ in _rows_of(batch):
        failure = not_a_model(str(values.get("id") or "(no id)"), message)
        rows.append({**unread_row(failure, version), "unread_reason": "worker-died"})
    return pa.Table.from_batches([record_batch(rows)] if rows else [], schema=ROW)


def record_batch(rows: Sequence[Row]) -> pa.RecordBatch:
    """Rows as Arrow columns; characters that no text may hold are replaced."""
    try:
        return pa.RecordBatch.from_pylist(rows, schema=ROW)
    except UnicodeEncodeError:
        return pa.RecordBatch.from_pylist([_whole(row) for row in rows], schema=ROW)


def _whole(value: Any) -> Any:
    """The same data without half characters, which UTF-8 does not know."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    return value
