"""The GitHub Action's steps, run in bash as the runner would run them."""

from __future__ import annotations

import dataclasses
import json
import os
import stat
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.ci.github_api import GitHub
from tests.ci.runner import Job, Runner, UnsafeAction, check_safe, clean_environment, obeyed
from tests.conftest import ROOT
from tests.hub import HubServer, small_safetensors
from tests.schemas import valid_junit, valid_sarif

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
NO_INSTALL = frozenset({"install"})
MARKER = "<!-- openaudit-check -->"
EVIL = "a b'c\"d;`touch pwned`$(touch pwned)|touch pwned&&touch pwned\\ ${{ github.token }} %0A::error::x *"

_STAND_IN = """\
#!{python}
import json, os, pathlib, sys
here = pathlib.Path(__file__).parent
(here / "ran.json").write_text(json.dumps({{
    "arguments": sys.argv[1:],
    "token": os.environ.get("HF_TOKEN"), "endpoint": os.environ.get("HF_ENDPOINT"),
    "inputs": sorted(name for name in os.environ if name.startswith("INPUT_")),
    "cwd": os.getcwd(),
}}))
told = json.loads((here / "told.json").read_text())
print(told["printed"], flush=True)
formats = [a for a, before in zip(sys.argv[1:], sys.argv) if before == "--format"]
for name, file in (each.split("=", 1) for each in formats):
    if name in told["files"]:
        pathlib.Path(file).write_text(told["files"][name], encoding="utf-8")
sys.exit(told["code"])
"""


@dataclasses.dataclass(frozen=True)
class Workplace:
    """A runner with a workspace; in place of openaudit stands a program that notes how it was called."""

    runner: Runner

    @property
    def workspace(self) -> Path:
        return self.runner.workspace

    @property
    def programs(self) -> Path:
        return self.runner.temporary / "openaudit-action" / "venv" / "bin"

    def tells(self, code: int = 0, printed: str = "", **files: str) -> None:
        """What the stand-in answers at its next call."""
        written = {"markdown": f"{MARKER}\n## ok\n", "github": "::notice::ok\n", "json": "{}", "sarif": "{}"}
        told = {"code": code, "printed": printed, "files": {**written, **files}}
        (self.programs / "told.json").write_text(json.dumps(told), encoding="utf-8")

    @property
    def ran(self) -> dict[str, object]:
        found: dict[str, object] = json.loads((self.programs / "ran.json").read_text(encoding="utf-8"))
        return found

    def run(self, **inputs: str) -> Job:
        return self.runner.run({name.replace("_", "-"): value for name, value in inputs.items()}, NO_INSTALL)


def _executable(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def github() -> Iterator[GitHub]:
    with GitHub() as server:
        yield server


@pytest.fixture
def runner(tmp_path: Path, github: GitHub) -> Runner:
    workspace, temporary = tmp_path / "my work", tmp_path / "runner temp"
    workspace.mkdir()
    temporary.mkdir()
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7}}), encoding="utf-8")
    environment = clean_environment(
        GITHUB_API_URL=github.url, GITHUB_REPOSITORY="org/app", GITHUB_EVENT_PATH=str(event)
    )
    return Runner(action=ROOT, workspace=workspace, temporary=temporary, environment=environment)


@pytest.fixture
def work(runner: Runner) -> Workplace:
    place = Workplace(runner)
    _executable(place.programs / "openaudit", _STAND_IN.format(python=sys.executable))
    place.tells()
    return place


# ---------------------------------------------------------------- the file itself


def test_no_expression_is_part_of_a_script() -> None:
    check_safe(ACTION)
    bad = {"runs": {"steps": [{"id": "x", "run": "echo ${{ inputs.path }}"}]}}
    with pytest.raises(UnsafeAction):
        check_safe(bad)


def test_inputs_are_kebab_case_described_and_used() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    for name, spec in ACTION["inputs"].items():
        assert name == name.lower().replace("_", "-")
        assert spec["description"]
        assert "default" in spec
        assert f"inputs.{name}" in text.split("\nruns:")[1]


def test_no_other_action_is_used_and_nothing_is_uploaded() -> None:
    assert not [step for step in ACTION["runs"]["steps"] if "uses" in step]
    assert "upload" not in json.dumps(ACTION["runs"])


# ---------------------------------------------------------------- check


def test_a_passing_check_sets_its_outputs_and_the_step_summary(work: Workplace) -> None:
    work.tells(markdown=f"{MARKER}\n## all well\n", sarif='{"version": "2.1.0"}')
    job = work.run()
    assert not job.failed
    assert (job.outputs["passed"], job.outputs["exit-code"]) == ("true", "0")
    assert json.loads(Path(job.outputs["sarif-file"]).read_text()) == {"version": "2.1.0"}
    assert "## all well" in job.summary
    assert list(job.steps) == ["check", "result"]


@pytest.mark.parametrize("code", [1, 2, 3])
def test_a_check_that_fails_fails_the_job_with_its_own_exit_status(work: Workplace, code: int) -> None:
    work.tells(code=code)
    job = work.run()
    assert job.failed
    assert job.steps["result"].code == code
    assert (job.outputs["passed"], job.outputs["exit-code"]) == ("false", str(code))
    assert Path(job.outputs["json-file"]).is_file()


def test_a_check_that_could_not_run_says_so_in_the_summary_and_has_no_report(work: Workplace) -> None:
    told = {"code": 2, "printed": "openaudit: openaudit.yaml:3: unknown key", "files": {}}
    (work.programs / "told.json").write_text(json.dumps(told))
    job = work.run(comment="true")
    assert job.steps["result"].code == 2
    assert "could not run (exit status 2)" in job.summary
    assert job.outputs["sarif-file"] == ""
    assert "unknown key" in job.printed


@pytest.mark.parametrize(
    "value", [EVIL, "$(touch pwned)", "`touch pwned`", "-h", "--policy=x", "a\nb\n::error::c"]
)
def test_inputs_reach_the_command_as_they_are_and_no_shell_reads_them(work: Workplace, value: str) -> None:
    job = work.run(
        path=value,
        policy=value,
        hf_token=value,
        hf_endpoint=value,
        comment_key=value,
        frozen=value,
        offline=value,
    )
    assert not job.failed, job.printed
    arguments = work.ran["arguments"]
    assert isinstance(arguments, list)
    assert arguments[-2:] == ["--", value]
    assert f"--policy={value}" in arguments
    assert work.ran["token"] == work.ran["endpoint"] == value.strip()
    assert "--frozen" not in arguments
    assert "--offline" not in arguments
    assert not list(work.workspace.rglob("pwned"))
    assert not list(work.runner.temporary.rglob("pwned"))
    assert not (ROOT / "pwned").exists()


def test_switches_become_options_and_inputs_stay_out_of_the_environment(work: Workplace) -> None:
    work.run(frozen="true", offline="TRUE")
    arguments = work.ran["arguments"]
    assert isinstance(arguments, list)
    assert {"--frozen", "--offline"} <= set(arguments)
    assert work.ran["inputs"] == []
    assert work.ran["cwd"] == str(work.workspace)


def test_a_module_in_the_workspace_is_never_imported(work: Workplace) -> None:
    for name in ("json.py", "subprocess.py", "pip.py", "sitecustomize.py", "urllib.py"):
        (work.workspace / name).write_text("open('pwned', 'w').close()\n")
    job = work.run(comment="true")
    assert not job.failed, job.printed
    assert not (work.workspace / "pwned").exists()


def test_what_the_command_prints_is_shown_and_not_obeyed(work: Workplace) -> None:
    attack = "::error::pwned\n  ::add-mask::x\n::stop-commands::mine\n::mine::\n##[add-mask]y"
    work.tells(printed=attack, github="::error file=a.py,line=1::real\n")
    job = work.run()
    assert "::error::pwned" in job.printed
    assert obeyed(job.printed) == ["::error file=a.py,line=1::real"]


def test_annotations_can_be_left_out(work: Workplace) -> None:
    work.tells(github="::error file=a.py,line=1::real\n")
    assert obeyed(work.run(annotations="false").printed) == []


# ---------------------------------------------------------------- comment


def test_first_run_writes_one_comment_and_the_second_updates_it(work: Workplace, github: GitHub) -> None:
    github.add("a remark of somebody", login="ana", kind="User")
    work.tells(code=1, markdown=f"{MARKER}\n## first\n")
    assert work.run(comment="true").failed
    work.tells(code=0, markdown=f"{MARKER}\n## second\n")
    assert not work.run(comment="true").failed
    assert [each["body"] for each in github.comments] == ["a remark of somebody", f"{MARKER}\n## second\n"]
    assert [method for method, *_ in github.requests if method != "GET"] == ["POST", "PATCH"]


def test_without_the_input_github_is_not_asked(work: Workplace, github: GitHub) -> None:
    work.run()
    assert github.requests == []


def test_the_comment_is_found_on_a_later_page(work: Workplace, github: GitHub) -> None:
    for number in range(130):
        github.add(f"remark {number}", login="ana", kind="User")
    github.add(f"{MARKER}\nold")
    work.run(comment="true")
    assert len(github.comments) == 131
    assert "## ok" in github.comments[-1]["body"]


def test_a_comment_of_somebody_else_that_begins_alike_is_not_touched(work: Workplace, github: GitHub) -> None:
    github.add(f"{MARKER}\nfaked", login="mallory", kind="User")
    work.run(comment="true")
    assert [each["body"] for each in github.comments] == [f"{MARKER}\nfaked", f"{MARKER}\n## ok\n"]


def test_a_token_of_a_user_finds_the_comment_of_that_user(work: Workplace, github: GitHub) -> None:
    github.login = "ana"
    github.add(f"{MARKER}\nold", login="ana", kind="User")
    work.run(comment="true")
    assert [each["body"] for each in github.comments] == [f"{MARKER}\n## ok\n"]


def test_checks_with_different_keys_have_a_comment_each(work: Workplace, github: GitHub) -> None:
    for _ in range(2):
        work.run(comment="true", comment_key="api")
        work.run(comment="true", comment_key="Web --> <!-- x")
    firsts = [each["body"].splitlines()[0] for each in github.comments]
    assert firsts == ["<!-- openaudit-check:api -->", "<!-- openaudit-check:web-x -->"]


def test_a_check_that_could_not_run_replaces_the_old_comment(work: Workplace, github: GitHub) -> None:
    work.run(comment="true")
    (work.programs / "told.json").write_text(json.dumps({"code": 2, "printed": "", "files": {}}))
    work.run(comment="true")
    assert len(github.comments) == 1
    assert "could not run" in github.comments[0]["body"]


@pytest.mark.parametrize("status", [401, 403, 404, 422, 500])
def test_a_refused_comment_is_a_warning_and_never_fails_the_job(
    work: Workplace, github: GitHub, status: int
) -> None:
    github.refuse = status
    job = work.run(comment="true")
    assert not job.failed
    warnings = [line for line in obeyed(job.printed) if line.startswith("::warning::")]
    assert len(warnings) == 1
    assert f"HTTP {status}" in warnings[0]
    assert work.runner.token not in job.printed


def test_the_token_goes_nowhere_but_to_the_api(work: Workplace, github: GitHub) -> None:
    with GitHub() as other:
        github.redirect_to = other.url
        job = work.run(comment="true")
        assert other.requests == []
    assert not job.failed
    assert {token for *_, token in github.requests} == {work.runner.token}


def test_no_answer_from_github_is_a_warning(work: Workplace) -> None:
    silent = dataclasses.replace(
        work.runner, environment={**work.runner.environment, "GITHUB_API_URL": "http://127.0.0.1:9"}
    )
    job = silent.run({"comment": "true"}, NO_INSTALL)
    assert not job.failed
    assert any(line.startswith("::warning::") for line in obeyed(job.printed))


def test_a_push_has_nothing_to_comment_on(work: Workplace, github: GitHub, tmp_path: Path) -> None:
    event = tmp_path / "push.json"
    event.write_text("{}", encoding="utf-8")
    pushed = dataclasses.replace(
        work.runner, environment={**work.runner.environment, "GITHUB_EVENT_PATH": str(event)}
    )
    job = pushed.run({"comment": "true"}, NO_INSTALL)
    assert not job.failed
    assert github.requests == []


def test_a_comment_is_never_longer_than_github_takes(work: Workplace, github: GitHub) -> None:
    work.tells(markdown=f"{MARKER}\n" + "x" * 200_000)
    work.run(comment="true")
    assert len(github.comments[0]["body"]) <= 65_536


# ---------------------------------------------------------------- install, and the real thing


@pytest.mark.parametrize(
    "version", ["1.0; touch pwned", "$(touch pwned)", "../x", "git+https://evil.example/x", "--help"]
)
def test_a_version_that_is_none_installs_nothing(runner: Runner, version: str) -> None:
    job = runner.run({"version": version})
    assert job.failed
    assert list(job.steps) == ["install"]
    assert "no version number" in job.printed
    assert not (runner.temporary / "openaudit-action").exists()


def _real_openaudit(runner: Runner) -> None:
    """The checkout's own openaudit where the install step would have put it."""
    program = runner.temporary / "openaudit-action" / "venv" / "bin" / "openaudit"
    _executable(
        program,
        textwrap.dedent(f"""\
            #!{sys.executable}
            import sys
            sys.path.insert(0, {str(ROOT)!r})
            from openaudit.cli import main
            main()
            """),
    )


def _application(hub: HubServer, workspace: Path, license_: str) -> None:
    card = f"---\nlicense: {license_}\n---\n# Model\n"
    hub.add_model("acme/chat", {"README.md": card, "model.safetensors": small_safetensors()})
    (workspace / "app").mkdir(exist_ok=True)
    (workspace / "app" / "serve.py").write_text(
        "from transformers import AutoModel\n\nmodel = AutoModel.from_pretrained('acme/chat')\n"
    )
    (workspace / "openaudit.yaml").write_text("version: 1\npolicy:\n  licenses:\n    deny: [CC-BY-NC-4.0]\n")


def _with_hub(runner: Runner, hub: HubServer, tmp_path: Path) -> Runner:
    ours = {key: value for key, value in hub.environment.items() if not key.startswith("GITHUB_")}
    more = {**ours, "XDG_CACHE_HOME": str(tmp_path / "cache"), "HF_HOME": str(tmp_path / "hf")}
    return dataclasses.replace(runner, environment={**runner.environment, **more})


@pytest.mark.parametrize(("license_", "code"), [("cc-by-nc-4.0", 1), ("apache-2.0", 0)])
def test_a_pull_request_that_adds_a_model_is_judged_with_its_line_named(
    runner: Runner, hub: HubServer, github: GitHub, tmp_path: Path, license_: str, code: int
) -> None:
    _application(hub, runner.workspace, license_)
    _real_openaudit(runner)
    job = _with_hub(runner, hub, tmp_path).run({"comment": "true"}, NO_INSTALL)
    assert job.steps["result"].code == code, job.printed
    log = valid_sarif(Path(job.outputs["sarif-file"]).read_text(encoding="utf-8"))
    valid_junit(Path(job.outputs["junit-file"]).read_text(encoding="utf-8"))
    results = [r for r in log["runs"][0]["results"] if r["level"] == "error"]
    places = {
        (p["artifactLocation"]["uri"], p["region"]["startLine"])
        for p in (r["locations"][0]["physicalLocation"] for r in results)
    }
    assert places == ({("app/serve.py", 3)} if code else set())
    annotated = [line for line in obeyed(job.printed) if line.startswith("::error file=app/serve.py,line=3")]
    assert bool(annotated) is bool(code)
    assert "acme/chat" in job.summary
    assert github.comments[0]["body"].startswith(MARKER)
    assert "app/serve.py:3" in github.comments[0]["body"]


@pytest.mark.skipif(os.environ.get("OPENAUDIT_SKIP_INSTALLS") == "1", reason="installs are switched off")
def test_the_install_step_installs_this_checkout(runner: Runner) -> None:
    job = runner.run({"path": "does not exist"})
    if job.failed and "check" not in job.steps:
        pytest.skip(f"no package registry can be reached: {job.printed[-300:]}")
    assert job.steps["install"].code == 0
    assert job.steps["result"].code == 2
    assert (runner.temporary / "openaudit-action" / "venv" / "bin" / "openaudit").is_file()
