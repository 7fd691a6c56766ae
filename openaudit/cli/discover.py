"""`openaudit discover`: the models and datasets that a code base refers to."""

from __future__ import annotations

from pathlib import Path

import click

_FORMATS = ("json", "table")


@click.command(name="discover", short_help="List the models that a code base uses.")
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("-f", "--format", "form", type=click.Choice(_FORMATS), default="table", show_default=True)
@click.option(
    "--ignore",
    "patterns",
    multiple=True,
    metavar="PATTERN",
    help="Leave out what matches, as in a .gitignore (tests/, *.ipynb); may be repeated.",
)
@click.option(
    "--skip-gitignored", is_flag=True, help="Leave out what the .gitignore at the top of PATH names."
)
@click.pass_context
def command(
    ctx: click.Context, path: Path, form: str, patterns: tuple[str, ...], skip_gitignored: bool
) -> None:
    """List the models and datasets that the code below PATH refers to, with file, line and revision.

    Read are Python, notebooks, JavaScript and TypeScript, shell, Dockerfiles, Makefiles, YAML, TOML, JSON and .env
    files, Ollama Modelfiles, and weight files. Nothing is executed or fetched. Documentation is left out.

    \b
    Example:  openaudit discover ./my-service -f json
    Exit status: 0 done; 2 there is no such path; 3 a file that counts could not be read.
    """
    from openaudit.gate.discover import discover
    from openaudit.gate.discover.listing import LISTINGS

    ignored = (*_gitignore(path), *patterns) if skip_gitignored else patterns
    discovery = discover(path, ignore=ignored)
    click.echo(LISTINGS[form](discovery), nl=False)
    for each in discovery.unread:
        click.echo(f"openaudit: {each['path']}: {each['message']}", err=True)
    ctx.exit(3 if discovery.unread else 0)


def _gitignore(path: Path) -> tuple[str, ...]:
    """The lines of the .gitignore at the top, nothing where there is none that can be read."""
    from openaudit.errors import SourceError
    from openaudit.sources.regular_file import read_regular_file

    try:
        data = read_regular_file(path / ".gitignore", ceiling=1_000_000, kind="file", shown=".gitignore")
    except SourceError:
        return ()
    return tuple(data.decode("utf-8", "replace").splitlines())
