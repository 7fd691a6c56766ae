"""`openaudit site`: published scorecards, a static web site made of JSON reports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from openaudit.cli.options import rules_option

if TYPE_CHECKING:
    from openaudit.site import Rows


@click.command(name="site", short_help="Build published scorecards from reports.")
@click.argument("reports", nargs=-1, required=True, metavar="REPORTS...", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write: new, empty, or a site that was built before.",
)
@click.option("--title", default="Open model scorecards", show_default=True, help="The name of the site.")
@click.option(
    "--notice", default="", help="A sentence for the foot of every page: who publishes this, from what."
)
@click.option(
    "--base-url", metavar="URL", help="Where it will be published: for the sitemap, the feed and badges."
)
@click.option(
    "--issues-url", metavar="URL", help="Where findings are disputed: an issue list; links come filled in."
)
@click.option(
    "--accuracy",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Measured figures and misses (JSON of the evaluation) for the method page.",
)
@click.option(
    "--templates",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Your own templates: a file of the same name replaces ours; assets/ holds styles and pictures.",
)
@rules_option
@click.pass_context
def command(
    ctx: click.Context,
    reports: tuple[Path, ...],
    output: Path,
    title: str,
    notice: str,
    base_url: str | None,
    issues_url: str | None,
    accuracy: Path | None,
    templates: Path | None,
    rule_folders: tuple[Path, ...],
) -> None:
    """Build a static web site from REPORTS: JSON reports of `openaudit scan -f json`, folders of them, files with
    one a line (.jsonl), or the table of `openaudit survey`. Several reports of one model become its history.

    It needs no server and loads nothing from elsewhere: open its index.html, or publish the folder anywhere.
    Exit status 3: a report could not be read; the others are built.

    \b
    Example:  openaudit site reports/ -o out/site --base-url https://example.org/openness/
    """
    from openaudit.formats.safe_text import clean
    from openaudit.site import Options, build_site

    options = Options(
        title=clean(title) or "Open model scorecards",
        notice=clean(notice),
        base_url=base_url,
        issues_url=issues_url,
        accuracy=accuracy,
        templates=templates,
        rule_folders=rule_folders,
    )
    files, tables = _sorted_out(reports)
    built = build_site(files, output, options, lambda text: click.echo(text, err=True), tables)
    for broken in built.broken:
        click.echo(f"openaudit: {clean(broken.place)}: {clean(broken.why)}", err=True)
    click.echo(f"site: {output / 'index.html'}: {built.counted}, {built.reports:,} reports", err=True)
    ctx.exit(3 if built.broken else 0)


def _sorted_out(reports: Sequence[Path]) -> tuple[list[Path], list[Rows]]:
    """Report files and folders of them, and the tables of surveys."""
    from openaudit.site import Rows
    from openaudit.survey.folder import is_survey
    from openaudit.survey.reading import read_rows

    surveys = [path for path in reports if path.suffix == ".parquet" or is_survey(path)]
    files = [path for path in reports if path not in surveys]
    return files, [Rows(place=str(path), objects=read_rows(path)) for path in surveys]
