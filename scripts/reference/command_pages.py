"""The reference of the command line and of the GitHub Action, from the commands and action.yml themselves."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click

from openaudit.cli import cli
from openaudit.yaml_text import parse
from scripts.reference.markup import Raw, code, fenced, paragraph, table, text

ROOT = Path(__file__).resolve().parent.parent.parent
_INTRO = """\
# Command line

What every command says with `--help`. All of them work with `HF_ENDPOINT`, `HF_TOKEN`, `HF_HOME`, `HF_HUB_OFFLINE` and
`NO_COLOR` as the Hub's own tools do, and with `GITHUB_API_URL` and `GITHUB_TOKEN` as GitHub's runners set them. Data goes
to standard output; progress, warnings and errors go to standard error.

| exit status | |
| --- | --- |
| 0 | done, and nothing fell below the policy |
| 1 | the policy or `--fail-under` was not met |
| 2 | wrong usage, or a bad policy, rule or configuration file |
| 3 | something could not be audited: no network, not found, gated, damaged |
"""


def pages() -> dict[str, str]:
    """The page of all commands and that of the action, by path."""
    context = click.Context(
        cli, info_name="openaudit", help_option_names=cli.context_settings["help_option_names"]
    )
    return {
        "reference/cli.md": "\n".join([_INTRO, *_sections(cli, context)]),
        "reference/action.md": "\n".join(_action()),
    }


def _action() -> Iterator[str]:
    action = parse((ROOT / "action.yml").read_text(encoding="utf-8"))
    yield "# GitHub Action\n\nHow to use it: [Adopt models in CI](../how-to/ci.md#github).\n\n## Inputs { #inputs }\n"
    yield table(
        ("input", "default", "meaning"),
        [(code(k), code(v["default"]), v["description"]) for k, v in action["inputs"].items()],
    )
    yield "\n## Outputs { #outputs }\n"
    yield table(("output", "meaning"), [(code(k), v["description"]) for k, v in action["outputs"].items()])


def _sections(group: click.Group, context: click.Context) -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        inner = click.Context(command, info_name=name, parent=context)
        yield _section(command, inner)
        if isinstance(command, click.Group):
            yield from _sections(command, inner)


def _section(command: click.Command, context: click.Context) -> str:
    path = context.command_path
    depth = len(path.split())
    anchor = "-".join(path.split()[1:])
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    parts = [f"{'#' * depth} {path} {{ #{anchor} }}\n", fenced(usage, "shell"), *_words(command.help or "")]
    records = [r for param in command.get_params(context) if (r := param.get_help_record(context))]
    if records:
        rows = [(_option(names), text(words)) for names, words in records if words]
        parts.append(table(("option", "what it does"), rows))
    return "\n".join(parts)


def _words(help_text: str) -> Iterator[str]:
    """The paragraphs of a help text; one marked with `\\b` keeps its lines."""
    for block in re.split(r"\n\s*\n", inspect.cleandoc(help_text)):
        lines = block.split("\n")
        if lines[0].strip() != "\b":
            yield paragraph(" ".join(line.strip() for line in lines))
            continue
        examples = [_EXAMPLE.sub("", line) for line in lines[1:] if _EXAMPLE.match(line)]
        if examples:
            yield fenced("\n".join(line.strip() for line in examples), "shell")
        rest = " ".join(line.strip() for line in lines[1:] if not _EXAMPLE.match(line))
        if rest:
            yield paragraph(rest)


_EXAMPLE = re.compile(r"\s*(?:Example:\s*)?(?=openaudit )")


def _option(names: str) -> Raw:
    return code(names.replace(" DIRECTORY", " DIR"))
