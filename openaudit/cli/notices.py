"""`openaudit notices`: what has to go along with the models that a product ships."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import click

from openaudit.cli.options import offline_option, rules_option
from openaudit.cli.progress import Progress
from openaudit.errors import OpenAuditError, SourceError, TargetError
from openaudit.vocabulary import Failure, Target, TargetKind

if TYPE_CHECKING:
    from openaudit.gate.notices import Notice
    from openaudit.pipeline import Knowledge, Library


@click.command(name="notices", short_help="Write the notices that go along with models.")
@click.argument("what", nargs=-1, metavar="[PATH | TARGET...]")
@click.option(
    "-f",
    "--format",
    "format_",
    type=click.Choice(["markdown", "text"]),
    default="markdown",
    show_default=True,
    help="How to write them; text suits a NOTICE file.",
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
@click.option(
    "--texts",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Also copy the license, notice and policy texts of the repositories to this folder.",
)
@offline_option
@click.option(
    "-j", "--jobs", type=click.IntRange(1, 64), default=4, show_default=True, help="Targets read at once."
)
@rules_option
@click.pass_context
def command(
    ctx: click.Context,
    what: tuple[str, ...],
    format_: str,
    output: Path | None,
    texts: Path | None,
    offline: bool,
    jobs: int,
    rule_folders: tuple[Path, ...],
) -> None:  # fmt: skip
    """Write the notices that go along with what you ship: license names and links, credits, lines to show, policies
    to pass on, of each model and of everything that it was made from.

    A TARGET is as for `openaudit scan`. A PATH is a folder of code: the models and datasets that it uses, as
    `openaudit discover` finds them (a folder with a model card, a configuration or weights at its top is a model
    itself). Without either, the current folder is meant. What is not known is said; exit status 3 when something
    could not be read. License texts are copied only with --texts, and only from the repositories.

    \b
    Example:  openaudit notices . -o NOTICE.md --texts third-party
    """
    from openaudit.gate.formats import notices as pack
    from openaudit.gate.notices import unread_notice
    from openaudit.pipeline import Library, load_knowledge
    from openaudit.sources import source_for

    unread: list[str] = []
    targets = list(dict.fromkeys(_targets(what or (".",), offline, unread)))
    knowledge = load_knowledge(rule_folders)
    library = Library(lambda target: source_for(target, offline=offline), knowledge)
    with Progress(len(targets)) as progress:

        def one(target: Target | Failure) -> Notice | Failure:
            return (
                _read(target, knowledge, library, offline, progress) if isinstance(target, Target) else target
            )

        with ThreadPoolExecutor(max_workers=min(jobs, max(1, len(targets)))) as pool:
            read = list(pool.map(one, targets))
    notices = [unread_notice(each) if isinstance(each, Failure) else each for each in read]
    written = (pack.markdown if format_ == "markdown" else pack.text)(notices, knowledge.rules.version)
    _write(output, written)
    if texts is not None:
        _copy(texts, notices)
    failures = [each for each in read if isinstance(each, Failure)]
    for failure in failures:
        unread.append(
            f"{failure.target.text or failure.target.id}: {failure.message} {failure.hint}".rstrip()
        )
    for message in unread:
        click.echo(f"openaudit: {message}", err=True)
    ctx.exit(3 if unread else 0)


def _targets(what: Sequence[str], offline: bool, unread: list[str]) -> Iterator[Target | Failure]:
    """Each target that is meant; files of a code base that could not be read are added to `unread`.

    Raises: TargetError for words that name nothing.
    """
    from openaudit.gate.discover import discover
    from openaudit.gate.notices import targets_in
    from openaudit.sources import expand, parse_target
    from openaudit.sources.targets import looks_like_a_repository

    for text in what:
        folder = Path(text)
        target = None if folder.is_dir() else parse_target(text)
        if target is None and looks_like_a_repository(folder):
            target = Target(kind=TargetKind.FOLDER, id=str(folder), text=text)
        if target is not None:
            try:
                yield from expand(target, offline=offline)
            except SourceError as error:
                yield _failure(target, error)
            continue
        found = discover(folder)
        unread.extend(f"{each.get('path')}: {each.get('message')}" for each in found.unread)
        for named in targets_in(folder, found.references):
            try:
                yield parse_target(named)
            except TargetError as error:
                unread.append(f"{named}: {error}")


def _read(
    target: Target, knowledge: Knowledge, library: Library, offline: bool, progress: Progress
) -> Notice | Failure:
    """The notice of one target, or why there is none: one broken target never stops the others."""
    from openaudit.gate.notices import notice_for
    from openaudit.sources import source_for

    try:
        source = source_for(target, offline=offline)
        return notice_for(target, source, knowledge, library, lambda text: progress.say(target, text))
    except OpenAuditError as error:
        return _failure(target, error)
    finally:
        progress.done(target)


def _failure(target: Target, error: OpenAuditError) -> Failure:
    reason = error.reason if isinstance(error, SourceError) else "not-auditable"
    return Failure(target=target, stage="read", reason=reason, message=error.message, hint=error.hint)


def _write(output: Path | None, text: str) -> None:
    if output is None:
        click.echo(text, nl=False)
        return
    _write_file(output, text)
    click.echo(f"notices: {output}", err=True)


def _copy(folder: Path, notices: Sequence[Notice]) -> None:
    """The texts of the repositories, each below a folder of its repository's name."""
    from openaudit.gate.notices import files_of

    files = files_of(notices)
    for path, words in files.items():
        _write_file(folder / path, words)
    click.echo(f"texts: {len(files)} in {folder}", err=True)


def _write_file(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", errors="replace")
    except OSError as error:
        raise click.ClickException(f"cannot write {file}: {error.strerror}") from error
