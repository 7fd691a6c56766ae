"""What to survey live: a list of targets in a file, or what a query of the Hub lists."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from openaudit.errors import TargetError, Unreachable
from openaudit.survey.columns import map_columns

_LONGEST_LINE = 2_000
_MOST_LINES = 10_000_000


def read_list(path: Path) -> list[str]:
    """The targets of a text file, one a line (`#` begins a remark), or of the id column of a CSV file; each once.

    Raises:
        TargetError: the file cannot be read, is no text, or holds no target.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = _of_csv(stream, path) if path.suffix.lower() in (".csv", ".tsv") else _of_text(stream)
            targets = list(dict.fromkeys(row for row in rows if row))
    except UnicodeDecodeError as error:
        raise TargetError(f"'{path}' is no list of targets: it is not UTF-8 text.") from error
    except OSError as error:
        raise TargetError(f"'{path}' cannot be read: {error.strerror}.") from error
    if not targets:
        raise TargetError(f"'{path}' names no target.", hint="Write one a line, such as org/name.")
    return targets


def _of_text(stream: Iterator[str]) -> Iterator[str]:
    for line in _bounded(stream):
        yield line.partition("#")[0].strip()


def _of_csv(stream: Iterator[str], path: Path) -> Iterator[str]:
    """The column that names models; the first where no heading does."""
    first = next(stream, "")[:_LONGEST_LINE]
    mark = "\t" if path.suffix.lower() == ".tsv" or first.count("\t") > first.count(",") else ","
    head = next(csv.reader([first], delimiter=mark), [])
    column = _id_column([name.strip() for name in head])
    if column is None and head:
        yield head[0].strip()
    for row in csv.reader(_bounded(stream), delimiter=mark):
        yield row[column or 0].strip() if len(row) > (column or 0) else ""


def _id_column(names: Sequence[str]) -> int | None:
    try:
        return names.index(map_columns([*names, "tags"]).found["id"])
    except TargetError:
        return next((i for i, name in enumerate(names) if name.lower() in ("target", "model", "name")), None)


def _bounded(stream: Iterator[str]) -> Iterator[str]:
    for number, line in enumerate(stream):
        if number >= _MOST_LINES:
            raise TargetError(f"The list has more than {_MOST_LINES:,} lines.", hint="Cut it into several.")
        if len(line) <= _LONGEST_LINE:
            yield line


def query_hub(author: str | None, filters: Sequence[str], most: int | None) -> list[str]:
    """The models that the Hub lists for an organisation or user, and for filters as its website has them.

    Raises:
        SourceError: the Hub cannot be asked.
        TargetError: nothing was found.
    """
    import httpx2
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    from openaudit.sources.hub_addresses import checked_endpoint
    from openaudit.sources.targets import hub_endpoint

    api = HfApi(endpoint=checked_endpoint(hub_endpoint()))
    try:
        found = [info.id for info in api.list_models(author=author, filter=list(filters) or None, limit=most)]
    except (HfHubHTTPError, httpx2.HTTPError, OSError) as error:
        raise Unreachable(
            f"The Hub could not be asked for its list ({type(error).__name__}).",
            hint="Check the connection, HF_ENDPOINT and HF_TOKEN.",
        ) from error
    if not found:
        raise TargetError("The Hub lists no model for this query.", hint="Check --author and --filter.")
    return list(dict.fromkeys(found))
