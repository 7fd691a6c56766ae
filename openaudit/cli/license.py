"""`openaudit license`: which license is this text, word for word, and what does it allow?"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from openaudit.cli.options import rules_option

if TYPE_CHECKING:
    from openaudit.licenses.clause_rules import ClauseRules

MAX_BYTES = 2_000_000
MAX_FILES = 10_000
_FORMATS = ("json", "markdown", "table")


@click.command(name="license", short_help="Say which license a text is.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("-f", "--format", "form", type=click.Choice(_FORMATS), default="table", show_default=True)
@click.option(
    "--diff", is_flag=True, help="Show the words that were added to a known license, and those left out."
)
@click.option(
    "--explain", is_flag=True, help="Show the terms, with quotes where the text was read clause by clause."
)
@rules_option
@click.pass_context
def command(
    ctx: click.Context, paths: tuple[str, ...], form: str, diff: bool, explain: bool, rule_folders: tuple[Path, ...]
) -> None:  # fmt: skip
    """Say which license each PATH holds, what was changed in it, and what it allows.

    A PATH is a file, a folder (its license, notice and policy files are read), or - for standard input.

    \b
    Example:  openaudit license LICENSE --diff --explain
    """
    from openaudit.formats.licenses import LICENSE_FORMATS, LicenseFile, Shown
    from openaudit.licenses.catalog import load_catalog
    from openaudit.licenses.decoding import decode
    from openaudit.licenses.reading import read_license

    def rules() -> ClauseRules:
        from openaudit.licenses.clause_rules import load_clause_rules

        return load_clause_rules(rule_folders)

    catalog = load_catalog(rule_folders)
    files, failed = [], False
    for name, data, error in _texts(paths):
        if error:
            failed = True
            files.append(LicenseFile(path=name, reading=None, error=error))
            click.echo(f"openaudit: {name}: {error}", err=True)
        else:
            files.append(LicenseFile(path=name, reading=read_license(decode(data), catalog, rules)))
    color = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    click.echo(
        LICENSE_FORMATS[form](files, Shown(diff=diff, terms=explain, color=color)), nl=False, color=True
    )
    ctx.exit(3 if failed or not files else 0)


def _texts(paths: tuple[str, ...]) -> Iterator[tuple[str, bytes, str]]:
    """Name, bytes and error of each text, standard input as `-`."""
    for name in paths:
        if name == "-":
            yield name, sys.stdin.buffer.read(MAX_BYTES), ""
            continue
        path = Path(name)
        if path.is_dir():
            found = list(_in_folder(path))
            if not found:
                yield name, b"", "no license, notice or policy file in this folder."
            for file in found:
                yield file.as_posix(), *_read(file)
        else:
            yield name, *_read(path)


def _in_folder(folder: Path) -> Iterator[Path]:
    """The files of a folder that by their names hold a license, in order; links are not followed."""
    from openaudit.scanners.license_files import kind_of

    count = 0
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in (".git", "node_modules", ".venv"))
        for name in sorted(names):
            count += 1
            path = Path(root, name)
            if count <= MAX_FILES and kind_of(name) is not None and not path.is_symlink():
                yield path


def _read(path: Path) -> tuple[bytes, str]:
    try:
        if not path.is_file():
            return b"", "no such file." if not path.exists() else "not a regular file."
        with path.open("rb") as file:
            return file.read(MAX_BYTES), ""
    except OSError as error:
        return b"", f"cannot be read: {error.strerror}."
