"""The command `openaudit`: thin commands, each loaded only when it is called."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module

import click

from openaudit import __version__
from openaudit.errors import OpenAuditError

COMMANDS: Mapping[str, str] = {
    "scan": "Audit models or datasets and report how open they are.",
    "discover": "List the models and datasets that a code base refers to.",
    "check": "Check the models that a code base uses against a policy.",
    "lock": "Write openaudit.lock: what was judged of each model.",
    "compare": "Put reports side by side, or show what changed between two revisions.",
    "license": "Say which license a text is, what was changed in it, and what it allows.",
    "bundle": "Collect everything an audit reads (never weights) into one file.",
    "notices": "Write the notices that go along with the models you ship.",
    "site": "Build published scorecards, a static web site, from reports.",
    "survey": "Audit thousands to millions of models from a list, a query or a Parquet table.",
    "rules": "List, show and test the rules that audits go by.",
}
"""Command name to its one-line help: `--help` shows it without importing the command."""


class _Lazy(click.Group):
    """A group whose commands are modules of this package, imported at their first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"{__name__}.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except OpenAuditError as error:
            click.echo(f"openaudit: {error}", err=True)
            ctx.exit(error.exit_code)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "--version", message="openaudit %(version)s")
def cli() -> None:
    """Audit how open an AI model really is, and what its license lets you do.

    \b
    Example:  openaudit scan Qwen/Qwen2.5-1.5B-Instruct
    Exit status: 0 done; 1 below the policy or --fail-under; 2 wrong usage or a bad rule file;
    3 something could not be read.
    """


def main() -> None:
    """Entry point of the console script."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    cli()
