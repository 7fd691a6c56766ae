"""What every test can use: the localhost Hub, a clean environment, and the installed command."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.chromium import Browser, chromium
from tests.hub import HubServer

ROOT = Path(__file__).parent.parent
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "VIRTUAL_ENV", "OPENAUDIT_SHARED", "TMPDIR")


@dataclass(frozen=True)
class Ran:
    """What a run of the command left: exit status, standard output and standard error."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Command:
    """The installed command, in a clean environment of its own."""

    environment: Mapping[str, str]
    folder: Path

    def __call__(self, *arguments: str, timeout_seconds: float = 60, **more: str) -> Ran:
        """Run `openaudit ARGUMENTS` with `more` environment variables."""
        done = subprocess.run(
            [sys.executable, "-m", "openaudit", *arguments],
            env={**self.environment, **more},
            cwd=self.folder,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=timeout_seconds,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def hub() -> Iterator[HubServer]:
    """An empty localhost Hub."""
    with HubServer() as server:
        yield server


@pytest.fixture
def openaudit(hub: HubServer, tmp_path: Path) -> Command:
    """The command, pointed at the localhost Hub, with caches of its own and no token."""
    environment = {key: value for key, value in os.environ.items() if key in _KEPT}
    environment |= hub.environment
    environment |= {
        "HF_HOME": str(tmp_path / "hf"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "SOURCE_DATE_EPOCH": "1700000000",
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "100",
    }
    return Command(environment, tmp_path)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared material that CI lays beside the checkout; tests that need it skip where it is not."""
    for folder in (os.environ.get("OPENAUDIT_SHARED"), ROOT.parent / "shared"):
        if folder and Path(folder).is_dir():
            return Path(folder)
    pytest.skip("the shared material is not here")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium, one for all tests of a process; a skip where there is none."""
    with chromium() as one:
        yield one
