"""`openaudit scan`: audit each target, write each report, say by the exit status how it went."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from openaudit.cli.check import policy_option
from openaudit.cli.options import offline_option, rules_option
from openaudit.cli.progress import Progress
from openaudit.errors import OpenAuditError, SourceError
from openaudit.formats import FORMATS, Outcome
from openaudit.gate.levels import COULD_NOT_READ, LEVELS, rank
from openaudit.vocabulary import Failure, Report, Target

if TYPE_CHECKING:
    from openaudit.gate.scanned import Measure
    from openaudit.pipeline import Knowledge, Library


def _parse_formats(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> tuple[tuple[str, Path | None], ...]:
    """Each `FORMAT` or `FORMAT=FILE`."""
    parsed: list[tuple[str, Path | None]] = []
    for value in values:
        name, _, file = value.partition("=")
        if name not in FORMATS:
            raise click.BadParameter(f"'{name}' is none of {', '.join(sorted(FORMATS))}.", ctx, param)
        parsed.append((name, Path(file) if file else None))
    return tuple(parsed)


@click.command(name="scan", short_help="Audit models or datasets.")
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@click.option(
    "-f",
    "--format",
    "formats",
    callback=_parse_formats,
    multiple=True,
    metavar="FORMAT[=FILE]",
    help=f"How to write the report: {', '.join(sorted(FORMATS))}; may be repeated. Default: table.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the report to this file; its ending tells the format where -f does not.",
)
@click.option(
    "--fail-under",
    type=click.Choice(LEVELS),
    metavar="LEVEL",
    help=f"Exit with 1 when a target is below this level: {', '.join(LEVELS)}.",
)
@policy_option
@click.option(
    "--framework",
    "frameworks",
    multiple=True,
    metavar="NAME",
    help="Show only this framework's verdict (mof, osaid, osai_index, eu_ai_act, fmti, spectrum); may be repeated.",
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
    formats: tuple[tuple[str, Path | None], ...],
    output: Path | None,
    fail_under: str | None,
    policy: str | None,
    frameworks: tuple[str, ...],
    offline: bool,
    jobs: int,
    rule_folders: tuple[Path, ...],
) -> None:  # fmt: skip
    """Audit each TARGET and report how open it is, what its license allows, and why.

    A TARGET is a Hub model (org/name, org/name@revision), a dataset (datasets/org/name), a URL of the Hub, a folder,
    a weight file, a model of Ollama (ollama:name) or the path of its store, a running server (http://host:port: every
    model that it serves), a bundle, or a record of the Model Openness Tool (x.yml).

    \b
    Example:  openaudit scan Qwen/Qwen2.5-1.5B-Instruct ./my-model -f table -f html=report.html
    """
    from openaudit.pipeline import Library, load_knowledge
    from openaudit.sources import parse_target, source_for

    writes = _writes(formats, output)
    knowledge = load_knowledge(rule_folders)
    _check_frameworks(frameworks, knowledge)
    measure = _measure(policy, knowledge, rule_folders)
    parsed = [parse_target(text) for text in targets]
    expanded = [each for target in parsed for each in _expanded(target, offline)]
    library = Library(lambda target: source_for(target, offline=offline), knowledge)
    with Progress(len(expanded)) as progress:

        def one(target: Target | Failure) -> Outcome:
            return (
                _audit(target, knowledge, library, offline, progress, measure)
                if isinstance(target, Target)
                else target
            )

        with ThreadPoolExecutor(max_workers=min(jobs, len(expanded))) as pool:
            outcomes = [_showing(frameworks, outcome) for outcome in pool.map(one, expanded)]
    for name, file in sorted(writes, key=lambda write: write[1] is not None):  # the terminal first
        _write(name, file, outcomes)
    _say_failures(outcomes)
    ctx.exit(exit_status(outcomes, fail_under))


def _expanded(target: Target, offline: bool) -> Sequence[Target | Failure]:
    """The targets that one stands for (each model of a server or store), or the one failure to find out."""
    from openaudit.sources import expand

    try:
        return expand(target, offline=offline)
    except SourceError as error:
        failure = Failure(
            target=target, stage="read", reason=error.reason, message=error.message, hint=error.hint
        )
        return (failure,)


def _check_frameworks(names: Sequence[str], knowledge: object) -> None:
    """Raises: click.BadParameter for a name that no framework has."""
    from difflib import get_close_matches

    from openaudit.pipeline import Knowledge

    assert isinstance(knowledge, Knowledge)
    known = ("spectrum", *knowledge.rules.frameworks.names)
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"Did you mean '{near[0]}'?" if near else f"Known: {', '.join(known)}."
            raise click.BadParameter(f"there is no framework '{name}'. {hint}", param_hint="--framework")


def _showing(frameworks: Sequence[str], outcome: Outcome) -> Outcome:
    """The outcome with the verdicts of the named frameworks only; with all of them where none is named."""
    if not frameworks or isinstance(outcome, Failure):
        return outcome
    return replace(outcome, frameworks=tuple(v for v in outcome.frameworks if v.framework in frameworks))


def _measure(policy: str | None, knowledge: Knowledge, rule_folders: tuple[Path, ...]) -> Measure | None:
    """What the reports are held against. Raises: PolicyError."""
    if policy is None:
        return None
    from openaudit.gate.policy_file import load_policy
    from openaudit.gate.scanned import measure_of

    return measure_of(load_policy(policy, Path(), knowledge.catalog, rule_folders), knowledge, rule_folders)


def _audit(
    target: Target,
    knowledge: Knowledge,
    library: Library,
    offline: bool,
    progress: Progress,
    measure: Measure | None,
) -> Outcome:
    """The report of one target, or its failure: one broken target never stops the others."""
    from openaudit.pipeline import audit
    from openaudit.sources import source_for

    try:
        source = source_for(target, offline=offline)

        def say(text: str) -> None:
            progress.say(target, text)

        if measure is None:
            return audit(target, source, knowledge, say, library)
        from openaudit.gate.scanned import audit_under

        return audit_under(measure, target, source, knowledge, say, library)
    except SourceError as error:
        return Failure(
            target=target, stage="read", reason=error.reason, message=error.message, hint=error.hint
        )
    except OpenAuditError as error:
        return Failure(
            target=target, stage="target", reason="not-auditable", message=error.message, hint=error.hint
        )
    finally:
        progress.done(target)


def _writes(formats: Sequence[tuple[str, Path | None]], output: Path | None) -> list[tuple[str, Path | None]]:
    """What to write where. `-o` takes the one format that names no file, else the one of its ending."""
    open_ended = [name for name, file in formats if file is None]
    if len(open_ended) > 1:
        raise click.UsageError(
            "Only one format can go to standard output; give the others a file: -f html=report.html"
        )
    writes: list[tuple[str, Path | None]] = [(name, file) for name, file in formats if file is not None]
    if output is not None:
        by_ending = {made.extension: name for name, made in FORMATS.items()}
        ending = max((e for e in by_ending if output.name.endswith(e)), key=len, default="")
        return [*writes, (open_ended[0] if open_ended else by_ending.get(ending, "table"), output)]
    if open_ended or not writes:
        writes.append((open_ended[0] if open_ended else "table", None))
    return writes


def _write(name: str, file: Path | None, outcomes: Sequence[Outcome]) -> None:
    if file is None:
        click.echo(FORMATS[name].render(outcomes), nl=False)
        return
    text = FORMATS[name].render_file(outcomes)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"cannot write {file}: {error.strerror}") from error
    click.echo(f"{name} report: {file}", err=True)


def _say_failures(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        if isinstance(outcome, Failure):
            name = outcome.target.text or outcome.target.id
            click.echo(f"openaudit: {name}: {outcome.message} {outcome.hint}".rstrip(), err=True)
            continue
        said: list[str] = []
        for error in outcome.errors:
            message = error["message"]
            # one gate, one message: it stands before every file
            if error["reason"] in COULD_NOT_READ and not any(other in message for other in said):
                said.append(message)
                click.echo(f"openaudit: {outcome.id}: {message}", err=True)
    sys.stderr.flush()


def exit_status(outcomes: Sequence[Outcome], fail_under: str | None) -> int:
    """3 where something could not be read, else 1 where a target is below `fail_under` or the policy, else 0."""
    if any(isinstance(o, Failure) or _could_not_read(o) for o in outcomes):
        return 3
    if fail_under is not None and any(
        isinstance(o, Report) and rank(o.level) < rank(fail_under) for o in outcomes
    ):
        return 1
    return int(any(not policy["passed"] for o in outcomes if (policy := getattr(o, "policy", None))))


def _could_not_read(report: Report) -> bool:
    return any(error["reason"] in COULD_NOT_READ for error in report.errors)
