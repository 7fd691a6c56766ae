"""The pre-commit hooks: their file is one that pre-commit takes, and they run from a clone of this checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT
from tests.hub import HubServer, small_safetensors

HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
_SHIPPED = ("openaudit", "rules", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")


def _pre_commit() -> str | None:
    beside = Path(sys.executable).parent / "pre-commit"
    return str(beside) if beside.exists() else shutil.which("pre-commit")


needs_pre_commit = pytest.mark.skipif(_pre_commit() is None, reason="pre-commit is not installed")


def _git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def _committed(folder: Path) -> None:
    _git(folder, "init", "--quiet")
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--no-verify", "-m", "x")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a user's pre-commit would clone: the files of this checkout as they are now, in a repository of their own."""
    folder = tmp_path_factory.mktemp("clone") / "openaudit"
    folder.mkdir()
    for name in _SHIPPED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    _committed(folder)
    return folder


def test_there_is_a_fast_hook_for_commits_and_a_full_one_for_pushes() -> None:
    by_id = {hook["id"]: hook for hook in HOOKS}
    assert by_id["openaudit-lock"]["entry"] == "openaudit check --offline --frozen"
    assert "pre-commit" in by_id["openaudit-lock"]["stages"]
    assert by_id["openaudit-check"]["entry"] == "openaudit check"
    assert by_id["openaudit-check"]["stages"][0] == "pre-push"
    for hook in HOOKS:
        assert hook["language"] == "python"
        assert hook["pass_filenames"] is False


@needs_pre_commit
def test_the_file_is_a_valid_manifest() -> None:
    done = subprocess.run(
        [str(_pre_commit()), "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _try(
    clone: Path, application: Path, hook: str, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            str(_pre_commit()),
            "try-repo",
            str(clone),
            hook,
            "--all-files",
            "--verbose",
            "--hook-stage",
            "manual",
        ],
        cwd=application,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=580,
        check=False,
    )


@needs_pre_commit
@pytest.mark.skipif(os.environ.get("OPENAUDIT_SKIP_INSTALLS") == "1", reason="installs are switched off")
def test_try_repo_runs_both_hooks_from_a_clone(clone: Path, hub: HubServer, tmp_path: Path) -> None:
    card = "---\nlicense: {}\n---\n# Model\n"
    for name, license_ in (("acme/chat", "apache-2.0"), ("acme/paint", "cc-by-nc-4.0")):
        hub.add_model(name, {"README.md": card.format(license_), "model.safetensors": small_safetensors()})
    application = tmp_path / "application"
    application.mkdir()
    code = application / "serve.py"
    code.write_text("from transformers import AutoModel\n\nAutoModel.from_pretrained('acme/chat')\n")
    (application / "openaudit.yaml").write_text(
        "version: 1\npolicy:\n  licenses:\n    deny: [CC-BY-NC-4.0]\n"
    )
    _committed(application)
    kept = {
        key: os.environ[key]
        for key in ("PATH", "HOME", "LANG", "PIP_INDEX_URL", "PIP_CONFIG_FILE")
        if key in os.environ
    }
    environment = {
        **kept,
        **hub.environment,
        "PRE_COMMIT_HOME": str(tmp_path / "pre-commit"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "HF_HOME": str(tmp_path / "hf"),
    }
    passed = _try(clone, application, "openaudit-check", environment)
    if "An unexpected error" in passed.stdout and "pip" in passed.stdout:
        pytest.skip(f"no package registry can be reached: {passed.stdout[-300:]}")
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert "acme/chat" in passed.stdout

    unlocked = _try(clone, application, "openaudit-lock", environment)
    assert unlocked.returncode == 1, unlocked.stdout + unlocked.stderr
    assert "lock" in unlocked.stdout

    code.write_text(code.read_text() + "AutoModel.from_pretrained('acme/paint')\n")
    _committed(application)
    failed = _try(clone, application, "openaudit-check", environment)
    assert failed.returncode == 1, failed.stdout + failed.stderr
    assert "serve.py:4" in failed.stdout
