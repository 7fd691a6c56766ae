"""`openaudit survey`: audit thousands to millions of models from a list, a query of the Hub, or a Parquet table."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from openaudit.cli.options import offline_option, rules_option

if TYPE_CHECKING:
    from openaudit.survey.batches import Settings
    from openaudit.survey.run import Surveyed

_EVERY_SECONDS = 10.0


@click.command(name="survey", short_help="Audit thousands to millions of models.")
@click.argument("input_", metavar="[INPUT]", required=False, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    metavar="OUT.parquet",
    help="The folder of Parquet parts to write; one that an earlier run left unfinished is resumed.",
)
@click.option("--author", metavar="NAME", help="All models of this user or organisation, instead of INPUT.")
@click.option(
    "--filter",
    "filters",
    multiple=True,
    metavar="TAG",
    help="Models with this tag of the Hub; may be repeated.",
)
@click.option("--limit", type=click.IntRange(1), help="At most so many models of a query.")
@click.option(
    "--engine",
    type=click.Choice(("local", "ray")),
    default="local",
    show_default=True,
    help="What judges a table: processes of this machine, or Ray (pip install 'openaudit[ray]').",
)
@click.option("--address", metavar="ADDRESS", help="The Ray cluster; without one, this machine is made one.")
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(1, 256),
    help="Processes for a table (default: one a core), or targets at once for a live survey (default: 16).",
)
@click.option(
    "--summary", is_flag=True, help="Print what the rows add up to, and write it with plots to OUT.html."
)
@offline_option
@rules_option
@click.pass_context
def command(
    ctx: click.Context,
    input_: Path | None,
    output: Path,
    author: str | None,
    filters: tuple[str, ...],
    limit: int | None,
    engine: str,
    address: str | None,
    jobs: int | None,
    summary: bool,
    offline: bool,
    rule_folders: tuple[Path, ...],
) -> None:  # fmt: skip
    """Audit many models and write a table with one row for each: level, score, license, conflicts, findings.

    INPUT is a Parquet table of metadata and cards (such as librarian-bots/model_cards_with_metadata or
    cfahlgren1/hub-stats), judged as it stands and without a network; or a list of targets (text or CSV), audited
    live within the Hub's rate limits, as is what --author and --filter find. A run that was stopped goes on where it
    was when it is started again with the same INPUT, output and rules.

    \b
    Example:  openaudit survey models.parquet -o audited.parquet --summary
    Example:  openaudit survey --author allenai -o allenai.parquet
    """
    from openaudit.sources.hub_addresses import checked_endpoint
    from openaudit.sources.targets import hub_endpoint
    from openaudit.survey.batches import settings_of

    if (input_ is None) == (author is None and not filters):
        raise click.UsageError("Name one INPUT, or a query with --author or --filter.")
    if engine != "ray" and address is not None:
        raise click.UsageError("--address goes with --engine ray.")
    settings = settings_of(rule_folders, checked_endpoint(hub_endpoint()))
    if input_ is not None and _is_table(input_):
        done = _table(input_, output, settings, engine, address, jobs)
    else:
        lines = _lines(input_, output, author, filters, limit)
        done = _live(lines, output, settings, jobs, offline)
    unread = _say_unread(done, settings)
    if summary:
        _summary(output, settings)
    click.echo(f"{done.rows:,} models surveyed, {done.resumed:,} kept of an earlier run: {output}", err=True)
    ctx.exit(3 if unread else 0)


def _is_table(path: Path) -> bool:
    """Raises: TargetError for a path that is not there."""
    from openaudit.errors import TargetError

    if not path.exists():
        raise TargetError(f"there is no file or folder '{path}'.", hint="For models of the Hub use --author.")
    return path.is_dir() or path.suffix.lower() in (".parquet", ".pq")


def _table(
    path: Path, output: Path, settings: Settings, engine: str, address: str | None, jobs: int | None
) -> Surveyed:
    from openaudit.errors import TargetError
    from openaudit.survey.batches import plan_table
    from openaudit.survey.run import Engine, cores, survey_table, table_files

    files = table_files(path)
    if not files:
        raise TargetError(f"the folder '{path}' holds no Parquet file.")
    plan = plan_table(files)
    for line in plan.columns.missing:
        click.echo(f"openaudit: {path}: {line}", err=True)
    chosen = Engine(name=engine, processes=jobs or cores(), address=address)
    return survey_table(plan, output, settings, chosen, _Line())


def _lines(
    path: Path | None, output: Path, author: str | None, filters: Sequence[str], limit: int | None
) -> Sequence[str]:
    """The targets; those of a query as it was first answered, for the Hub's list changes by the minute."""
    from openaudit.survey.folder import lines_of
    from openaudit.survey.lists import query_hub, read_list

    if path is not None:
        return read_list(path)
    kept = lines_of(output)
    return kept if kept is not None else query_hub(author, filters, limit)


def _live(
    lines: Sequence[str], output: Path, settings: Settings, jobs: int | None, offline: bool
) -> Surveyed:
    from openaudit.survey.run import survey_list

    return survey_list(lines, output, settings, threads=jobs or 16, offline=offline, progress=_Line())


def _say_unread(done: Surveyed, settings: Settings) -> int:
    """How many models could not be read; the reasons on stderr."""
    from openaudit.survey.run import unread_of

    unread = unread_of(done.folder.path)
    if unread:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in unread.most_common())
        click.echo(f"openaudit: {unread.total():,} models could not be read: {reasons}", err=True)
    return unread.total()


def _summary(output: Path, settings: Settings) -> None:
    from openaudit.survey.summary import summarise
    from openaudit.survey.summary_page import summary_page
    from openaudit.survey.summary_text import summary_text

    summary = summarise(output, settings.knowledge().known)
    click.echo(summary_text(summary), nl=False)
    page = output.with_suffix(".html")
    page.write_text(summary_page(summary, output.stem), encoding="utf-8")
    click.echo(f"summary with plots: {page}", err=True)


class _Line:
    """How far a survey is, on stderr, now and then."""

    def __init__(self) -> None:
        import time

        self._clock = time.monotonic
        self._started = self._said = time.monotonic()

    def __call__(self, rows: int, before: int, of: int) -> None:
        now = self._clock()
        if now - self._said < _EVERY_SECONDS and rows + before < of:
            return
        self._said = now
        pace = rows / max(1e-9, now - self._started)
        click.echo(f"openaudit: {rows + before:,} of {of:,} models, {pace:,.0f} a second", err=True)
        sys.stderr.flush()
