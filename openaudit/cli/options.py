"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

rules_option = click.option(
    "--rules",
    "rule_folders",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    multiple=True,
    help="A folder of your own rules that extends or overrides the shipped ones.",
)
"""Folders of the user's own rules."""

offline_option = click.option(
    "--offline", is_flag=True, help="Read only caches, folders and bundles; open no connection."
)
"""No connection at all."""
