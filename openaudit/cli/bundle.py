"""`openaudit bundle`: everything that an audit reads of one target, in one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from openaudit.cli.options import offline_option
from openaudit.cli.progress import Progress

if TYPE_CHECKING:
    from openaudit.sources.bundle import BundledRelative


@click.command(name="bundle", short_help="Collect what an audit reads into one file.")
@click.argument("target")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The file to write.",
)
@offline_option
def command(target: str, output: Path, offline: bool) -> None:
    """Collect everything an audit of TARGET reads (never weights) into one file with digests.

    `openaudit scan FILE` then gives the same report, without a network.

    \b
    Example:  openaudit bundle Qwen/Qwen2.5-1.5B-Instruct -o qwen.openaudit
    """
    from openaudit.pipeline import Library, collect, load_knowledge, relatives_of
    from openaudit.sources import parse_target, source_for
    from openaudit.sources.bundle import BundledRelative, write_bundle

    parsed = parse_target(target)
    library = Library(lambda each: source_for(each, offline=offline), load_knowledge())
    with Progress(1) as progress:

        def say(text: str) -> None:
            progress.say(parsed, text)

        collected = library.follow(collect(parsed, source_for(parsed, offline=offline), say), say)
    snapshot = collected.snapshot
    kin = tuple(
        BundledRelative(
            target=relative.target,
            unread=relative.unread,
            data=write_bundle(relative.collected.snapshot, relative.collected.headers.recorded)
            if relative.collected
            else None,
        )
        for relative in relatives_of(collected)
    )
    data = write_bundle(snapshot, collected.headers.recorded, kin)
    try:
        output.write_bytes(data)
    except OSError as error:
        raise click.ClickException(f"cannot write {output}: {error.strerror}") from error
    click.echo(
        f"{output}: {len(snapshot.documents)} texts of {snapshot.id}, {_counted(kin)}{len(data):,} bytes",
        err=True,
    )
    for unread in snapshot.unread:
        click.echo(f"openaudit: not in the bundle: {unread.path}: {unread.message}", err=True)
    if snapshot.unread:
        raise SystemExit(3)


def _counted(kin: tuple[BundledRelative, ...]) -> str:
    read = sum(relative.data is not None for relative in kin)
    return f"{read} of the {len(kin)} repositories that it names, " if kin else ""
