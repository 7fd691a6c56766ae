"""`openaudit lock`: write down what was judged of each model, so that a later check sees what changed."""

from __future__ import annotations

from pathlib import Path

import click

from openaudit.cli.check import policy_option
from openaudit.cli.options import offline_option, rules_option


@click.command(name="lock", short_help="Write openaudit.lock: what was judged of each model.")
@click.argument("path", default=".", type=click.Path(exists=True, path_type=Path), metavar="[PATH]")
@click.option(
    "--upgrade",
    is_flag=False,
    flag_value="*",
    default=None,
    metavar="[MODEL]",
    help="Move this model to what its revision points to now; without a name, all of them.",
)
@policy_option
@offline_option
@click.option(
    "-j", "--jobs", type=click.IntRange(1, 64), default=16, show_default=True, help="Models read at once."
)
@rules_option
@click.pass_context
def command(
    ctx: click.Context,
    path: Path,
    upgrade: str | None,
    policy: str | None,
    offline: bool,
    jobs: int,
    rule_folders: tuple[Path, ...],
) -> None:  # fmt: skip
    """Write or refresh openaudit.lock for the code below PATH: revision, level, license, and the digests of what was
    judged. Models that are locked stay as they were adopted; new ones are added, unused ones removed.

    \b
    Example:  openaudit lock --upgrade Qwen/Qwen2.5-1.5B-Instruct
    """
    from openaudit.cli.progress import Progress
    from openaudit.gate.check import Options
    from openaudit.gate.lock import write_lock
    from openaudit.gate.locking import make_lock
    from openaudit.gate.policy_file import load_policy
    from openaudit.licenses.catalog import load_catalog

    root = path if path.is_dir() else path.parent
    read = load_policy(policy, root, load_catalog(rule_folders), rule_folders)
    options = Options(offline=offline, jobs=jobs, rules=rule_folders)
    with Progress(1) as progress:
        made = make_lock(path, read, options, upgrade, progress.say)
    try:
        write_lock(made.path, made.blocks)
    except OSError as error:
        raise click.ClickException(f"cannot write {made.path}: {error.strerror}") from error
    for word, names in (("new", made.new), ("moved", made.moved), ("gone", made.gone)):
        for name in names:
            click.echo(f"{word:6} {_printable(name)}")
    click.echo(f"{made.path.name}: {len(made.blocks)} models", err=True)
    for failure in made.failures:
        name = failure.target.text or failure.target.id
        click.echo(_printable(f"openaudit: {name}: {failure.message} {failure.hint}".rstrip()), err=True)
    for line in made.unread:
        click.echo(_printable(f"openaudit: {line}"), err=True)
    ctx.exit(3 if made.failures or made.unread else 0)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)
