"""`openaudit compare`: reports side by side, and what changed between two revisions of one model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from openaudit.cli.options import offline_option, rules_option
from openaudit.cli.progress import Progress
from openaudit.errors import OpenAuditError, SourceError, TargetError
from openaudit.formats.comparison import COMPARE_FORMATS
from openaudit.gate.levels import COULD_NOT_READ
from openaudit.vocabulary import Failure, Snapshot, Target

if TYPE_CHECKING:
    from openaudit.formats.comparison.side import Side
    from openaudit.formats.comparison.side_by_side import Comparison
    from openaudit.pipeline import Knowledge, Library

_MOST_REPORT_BYTES = 64 * 1024 * 1024
_MOST_SIDES = 100


@click.command(name="compare", short_help="Put reports side by side, or show what changed.")
@click.argument("targets", nargs=-1, required=True, metavar="A B...")
@click.option(
    "-f",
    "--format",
    "format_name",
    type=click.Choice(sorted(COMPARE_FORMATS)),
    help="How to write the comparison. Default: by the ending of -o, else table.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file instead of standard output.",
)
@offline_option
@click.option(
    "-j", "--jobs", type=click.IntRange(1, 64), default=4, show_default=True, help="Targets audited at once."
)
@rules_option
@click.pass_context
def command(
    ctx: click.Context,
    targets: tuple[str, ...],
    format_name: str | None,
    output: Path | None,
    offline: bool,
    jobs: int,
    rule_folders: tuple[Path, ...],
) -> None:
    """Put two targets or more side by side. Each is a target as `scan` takes it, or a file that `scan -f json` wrote.

    Two revisions of one model show what changed: the level, the license and its words, limits and duties, files,
    components, findings. A report file holds no file list and no license texts: those are compared between targets only.

    \b
    Example:  openaudit compare org/name@v1 org/name@v2
              openaudit compare Qwen/Qwen2.5-1.5B meta-llama/Llama-3.2-1B -f html -o compare.html
    """
    from openaudit.formats.comparison.side_by_side import compare

    sides = _sides(targets, rule_folders, jobs=jobs, offline=offline)
    if len(sides) < 2:
        raise click.UsageError("There is only one side: name a second target or report file.")
    if len(sides) > _MOST_SIDES:
        raise click.UsageError(
            f"These are {len(sides)} sides; {_MOST_SIDES} fit. `openaudit site` takes more."
        )
    _write(compare(sides), format_name, output)
    ctx.exit(_say_what_was_not_seen(sides))


# ---------------------------------------------------------------- the sides


def _sides(texts: Sequence[str], rules: tuple[Path, ...], *, jobs: int, offline: bool) -> list[Side]:
    """The sides in the order given: reports of a file as they are, everything else audited now."""
    from openaudit.formats.comparison.side import Side

    plans: list[Side | Target | Failure] = []
    for text in texts:
        path = Path(text)
        if path.suffix.lower() == ".json" and path.is_file():
            plans += [Side(document=document) for document in _reports_in(path)]
        else:
            plans += _targets(text, offline)
    waiting = [plan for plan in plans if isinstance(plan, Target)]
    audit = _auditor(rules, offline) if waiting else None
    with Progress(len(waiting)) as progress, ThreadPoolExecutor(max_workers=jobs) as pool:

        def one(plan: Side | Target | Failure) -> Side:
            if isinstance(plan, Target):
                assert audit is not None
                return audit(plan, progress)
            return _failed(plan) if isinstance(plan, Failure) else plan

        return list(pool.map(one, plans))


def _targets(text: str, offline: bool) -> Sequence[Target | Failure]:
    """The targets that one stands for (each model of a server or store), or why they cannot be told."""
    from openaudit.sources import expand, parse_target

    target = parse_target(text)
    try:
        return expand(target, offline=offline)
    except SourceError as error:
        return (_failure(target, error),)


def _auditor(rules: tuple[Path, ...], offline: bool) -> Callable[[Target, Progress], Side]:
    from openaudit.pipeline import Library, load_knowledge
    from openaudit.sources import source_for

    knowledge = load_knowledge(rules)
    library = Library(lambda target: source_for(target, offline=offline), knowledge)

    def audit(target: Target, progress: Progress) -> Side:
        try:
            return _audited(target, knowledge, library, offline, progress)
        except OpenAuditError as error:
            return _failed(_failure(target, error))
        finally:
            progress.done(target)

    return audit


def _audited(
    target: Target, knowledge: Knowledge, library: Library, offline: bool, progress: Progress
) -> Side:
    """One target with its file list and its license texts. Raises: SourceError."""
    from openaudit.formats.comparison.side import Side
    from openaudit.formats.json_v1 import report_object
    from openaudit.pipeline import Library, collect, judge
    from openaudit.sources import source_for
    from openaudit.sources.bundle import BundleSource

    def say(text: str) -> None:
        progress.say(target, text)

    source = source_for(target, offline=offline)
    collected = collect(target, source, say)
    if isinstance(source, BundleSource):
        library = Library(source.relative, knowledge)
    document = report_object(judge(library.follow(collected, say), knowledge))
    return Side(
        document=document,
        files=collected.snapshot.files,
        texts=_license_texts(collected.snapshot, document),
    )


def _license_texts(snapshot: Snapshot, document: Mapping[str, Any]) -> dict[str, str]:
    """The texts of which the report says that they are a license, by path or address."""
    wanted = {
        source["where"]
        for source in document["license"]["sources"]
        if source["kind"] == "text" and source["where"]
    }
    return {read.path: read.text for read in snapshot.documents if wanted & {read.path, read.url}}


def _failure(target: Target, error: OpenAuditError) -> Failure:
    reason = error.reason if isinstance(error, SourceError) else "not-auditable"
    return Failure(target=target, stage="read", reason=reason, message=error.message, hint=error.hint)


def _failed(failure: Failure) -> Side:
    from openaudit.formats.comparison.side import Side
    from openaudit.formats.json_v1 import failure_object

    return Side(document=failure_object(failure))


# ---------------------------------------------------------------- report files


def _reports_in(path: Path) -> Iterator[Mapping[str, Any]]:
    """The reports of a file that `scan -f json` wrote. Raises: TargetError for anything else."""
    try:
        with path.open("rb") as file:
            raw = file.read(_MOST_REPORT_BYTES + 1)
        if len(raw) > _MOST_REPORT_BYTES:
            raise TargetError(f"{path} is longer than {_MOST_REPORT_BYTES // 2**20} MB.")
        document = json.loads(raw)
    except OSError as error:
        raise TargetError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise _no_report(path) from error
    reports = document.get("reports", [document]) if isinstance(document, dict) else None
    if not isinstance(reports, list) or not all(_is_report(report) for report in reports):
        raise _no_report(path)
    yield from reports


def _is_report(report: object) -> bool:
    return (
        isinstance(report, dict)
        and str(report.get("schema_version", "")).startswith("1.")
        and isinstance(report.get("target"), dict)
        and isinstance(report.get("license"), dict)
    )


def _no_report(path: Path) -> TargetError:
    return TargetError(
        f"{path} is no report of openaudit.",
        hint="Make one with: openaudit scan TARGET -f json -o report.json",
    )


# ---------------------------------------------------------------- writing


def _write(comparison: Comparison, format_name: str | None, output: Path | None) -> None:
    endings = {ending: name for name, (ending, _, _) in COMPARE_FORMATS.items()}
    name = format_name or endings.get(output.suffix if output else "", "table")
    _, render, render_file = COMPARE_FORMATS[name]
    if output is None:
        click.echo(render(comparison), nl=False)
        return
    text = render_file(comparison)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"cannot write {output}: {error.strerror}") from error
    click.echo(f"{name} comparison: {output}", err=True)


def _say_what_was_not_seen(sides: Sequence[Side]) -> int:
    """3 where a side could not be read, as `scan` counts it, else 0; each reason on stderr."""
    status = 0
    for side in sides:
        for message in dict.fromkeys(_unread(side)):
            status = 3
            click.echo(f"openaudit: {side.id}: {message}", err=True)
    return status


def _unread(side: Side) -> Iterator[str]:
    from openaudit.formats.comparison.side import mappings, text
    from openaudit.formats.safe_text import clean

    if side.failure:
        yield side.failure
        return
    for error in mappings(side.document.get("errors")):
        if text(error.get("reason")) in COULD_NOT_READ:
            yield clean(text(error.get("message")))
