"""Start-up: what `openaudit --help` may import, and what the package says of itself."""

from __future__ import annotations

import subprocess
import sys

import pytest

from openaudit.cli import COMMANDS
from tests.conftest import Command

_HEAVY = (
    "huggingface_hub httpx2 httpx jinja2 markdown_it rich yaml numpy license_expression spdx_tools jsonschema asyncio ssl "
    "multiprocessing openaudit.pipeline openaudit.engine openaudit.scanners openaudit.sources openaudit.licenses"
).split()


def _modules(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_help_imports_nothing_heavy_and_of_openaudit_only_the_command() -> None:
    loaded = _modules("import openaudit.cli")
    assert not loaded.intersection(_HEAVY)
    ours = {name for name in loaded if name.startswith("openaudit")}
    assert ours == {"openaudit", "openaudit.errors", "openaudit.cli"}


def test_importing_the_package_loads_nothing_else() -> None:
    assert {m for m in _modules("import openaudit") if m.startswith("openaudit")} == {"openaudit"}


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help_with_an_example(openaudit: Command, name: str) -> None:
    ran = openaudit(name, "--help")
    assert ran.code == 0, ran.err
    assert "Example:  openaudit" in ran.out


def test_help_lists_every_command(openaudit: Command) -> None:
    ran = openaudit("--help")
    assert all(name in ran.out for name in COMMANDS)


def test_version_is_the_packages(openaudit: Command) -> None:
    from openaudit import __version__

    assert openaudit("--version").out.strip() == f"openaudit {__version__}"
