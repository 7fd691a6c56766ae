"""`openaudit check`: the models that a code base uses, held against its policy, its lock and its waivers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from openaudit.cli.options import offline_option, rules_option

FORMATS = ("github", "gitlab-codequality", "json", "junit", "markdown", "sarif", "table")


def _parse_formats(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> tuple[tuple[str, Path | None], ...]:
    """Each `FORMAT` or `FORMAT=FILE`; without any, the table. At most one goes to standard output."""
    parsed: list[tuple[str, Path | None]] = []
    for value in values or ("table",):
        name, _, file = value.partition("=")
        if name not in FORMATS:
            raise click.BadParameter(f"'{name}' is none of {', '.join(FORMATS)}.", ctx, param)
        parsed.append((name, Path(file) if file else None))
    if sum(file is None for _, file in parsed) > 1:
        raise click.BadParameter(
            "only one format can go to standard output; give the others a file: -f sarif=check.sarif",
            ctx,
            param,
        )
    return tuple(parsed)


policy_option = click.option(
    "--policy",
    metavar="FILE|NAME",
    help="This policy file, or the ready policy of that name (permissive-only, commercial-ok, osaid, eu-hosting, "
    "research), in place of the one that is found.",
)
"""The policy that holds."""


@click.command(name="check", short_help="Check the models that a code base uses against a policy.")
@click.argument("path", default=".", type=click.Path(exists=True, path_type=Path), metavar="[PATH]")
@policy_option
@click.option(
    "--frozen",
    is_flag=True,
    help="Fail on models that openaudit.lock does not have, and on what changed since.",
)
@offline_option
@click.option("--explain", is_flag=True, help="Say in words what the policy means for each model.")
@click.option(
    "-f",
    "--format",
    "formats",
    callback=_parse_formats,
    multiple=True,
    metavar="FORMAT[=FILE]",
    help=f"How to write the result: {', '.join(FORMATS)}; may be repeated. Default: table.",
)
@click.option(
    "-j", "--jobs", type=click.IntRange(1, 64), default=16, show_default=True, help="Models read at once."
)
@rules_option
@click.pass_context
def command(
    ctx: click.Context,
    path: Path,
    policy: str | None,
    frozen: bool,
    offline: bool,
    explain: bool,
    formats: tuple[tuple[str, Path | None], ...],
    jobs: int,
    rule_folders: tuple[Path, ...],
) -> None:  # fmt: skip
    """Find the models and datasets that the code below PATH uses, audit each, and say whether the policy allows it.

    The policy is openaudit.yaml, or [tool.openaudit] in pyproject.toml, in PATH or above it up to the repository's
    root. Exit status: 0 all is allowed; 1 something is not; 2 the policy or the lock file is wrong; 3 something could
    not be audited, which is never a pass.

    \b
    Example:  openaudit check . --frozen -f sarif=check.sarif -f table
    """
    from openaudit.cli.progress import Progress
    from openaudit.gate.check import Options, check
    from openaudit.gate.policy_file import load_policy
    from openaudit.licenses.catalog import load_catalog

    root = path if path.is_dir() else path.parent
    read = load_policy(policy, root, load_catalog(rule_folders), rule_folders)
    options = Options(frozen=frozen, offline=offline, explain=explain, jobs=jobs, rules=rule_folders)
    with Progress(1) as progress:
        result = check(path, read, options, progress.say)
    _write(formats, result)
    ctx.exit(result.exit_status)


def _write(formats: Sequence[tuple[str, Path | None]], result: object) -> None:
    """The result in each format: standard output first, then the files."""
    from openaudit.gate.formats import CHECK_FORMATS
    from openaudit.gate.result import CheckResult

    assert isinstance(result, CheckResult)
    for name, file in sorted(formats, key=lambda write: write[1] is not None):
        if file is None:
            click.echo(CHECK_FORMATS[name].render(result), nl=False)
            continue
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(CHECK_FORMATS[name].render_file(result), encoding="utf-8")
        except OSError as error:
            raise click.ClickException(f"cannot write {file}: {error.strerror}") from error
        click.echo(f"{name} result: {file}", err=True)
