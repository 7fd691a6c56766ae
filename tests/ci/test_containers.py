"""The Dockerfile and the GitLab template: what can be shown of them without a daemon or a GitLab."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.ci.runner import clean_environment
from tests.conftest import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
GITLAB = yaml.safe_load((ROOT / "ci" / "gitlab" / "openaudit.gitlab-ci.yml").read_text(encoding="utf-8"))
JOB = GITLAB["openaudit"]
EVIL = "a b'c\"d;$(touch pwned)`touch pwned` *"
_NOTES_ITS_CALL = "#!{}\nimport json, sys\nopen('called.json', 'w').write(json.dumps(sys.argv[1:]))\n"


def _copied() -> list[str]:
    sources: list[str] = []
    for line in DOCKERFILE.split("\nFROM ")[-2].splitlines():
        if line.startswith("COPY "):
            sources += line.split()[1:-1]
    return sources


def test_the_image_runs_as_nobody_special_and_holds_no_source() -> None:
    final = DOCKERFILE.split("\nFROM ")[-1]
    user = re.findall(r"^USER (.+)$", final, re.MULTILINE)
    assert user == ["10001:10001"]
    assert re.findall(r"^COPY (.+)$", final, re.MULTILINE) == ["--from=build /opt/openaudit /opt/openaudit"]
    assert 'ENTRYPOINT ["openaudit"]' in final
    assert not re.search(r"ADD |curl|wget|TOKEN", DOCKERFILE)
    assert re.findall(r"FROM (\S+)", DOCKERFILE) == ["python:3.13-slim"] * 2


def test_the_image_copies_what_the_wheel_is_made_of_and_nothing_else() -> None:
    assert _copied() == ["pyproject.toml", "README.md", "LICENSE", "openaudit", "rules"]


@pytest.mark.skipif(os.environ.get("OPENAUDIT_SKIP_INSTALLS") == "1", reason="installs are switched off")
def test_what_the_image_copies_builds_a_wheel_with_the_rules(tmp_path: Path) -> None:
    source = tmp_path / "src"
    source.mkdir()
    for name in _copied():
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source / name)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--wheel-dir",
            str(tmp_path),
            str(source),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and "hatchling" in done.stderr:
        pytest.skip("no package registry can be reached")
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    listed = subprocess.run(
        [sys.executable, "-m", "zipfile", "-l", str(wheel)], capture_output=True, text=True, check=True
    ).stdout
    for name in ("openaudit/rules/licenses/llama.yaml", "openaudit/gate/formats/schema/check-1.json"):
        assert name in listed


def test_the_gitlab_job_hands_in_quality_and_junit_reports_always() -> None:
    assert JOB["artifacts"]["when"] == "always"
    reports = JOB["artifacts"]["reports"]
    script = "\n".join(JOB["script"])
    assert f"--format gitlab-codequality={reports['codequality']}" in script
    assert f"--format junit={reports['junit']}" in script


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, ["--", "."]),
        ({"OPENAUDIT_FROZEN": "true", "OPENAUDIT_OFFLINE": "true"}, ["--frozen", "--offline", "--", "."]),
        (
            {"OPENAUDIT_PATH": EVIL, "OPENAUDIT_POLICY": EVIL, "OPENAUDIT_FROZEN": EVIL},
            [f"--policy={EVIL}", "--", EVIL],
        ),
        ({"OPENAUDIT_PATH": "--help"}, ["--", "--help"]),
    ],
)
def test_the_gitlab_script_passes_variables_on_as_they_are(
    tmp_path: Path, variables: dict[str, str], expected: list[str]
) -> None:
    program = tmp_path / "openaudit"
    program.write_text(_NOTES_ITS_CALL.format(sys.executable))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    script = "\n".join(JOB["script"]).replace("/tmp/openaudit/bin/openaudit", str(program))
    declared = {name: str(value) for name, value in JOB["variables"].items()}
    for shell in ("bash", "sh"):
        subprocess.run(
            [shell, "-e", "-c", script],
            cwd=tmp_path,
            env=clean_environment(**{**declared, **variables}),
            check=True,
        )
        called = json.loads((tmp_path / "called.json").read_text())
        assert called[:2] == ["check", "--format"]
        assert called[called.index("json=openaudit.json") + 1 :] == expected
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize(
    ("schema", "file"),
    [("vendor.github-actions", "action.yml"), ("vendor.gitlab-ci", "ci/gitlab/openaudit.gitlab-ci.yml")],
)
def test_the_files_are_valid_by_the_published_schemas(schema: str, file: str) -> None:
    pytest.importorskip("check_jsonschema")
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(ROOT / file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
