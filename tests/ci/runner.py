"""Runs the steps of a composite action as GitHub's runner would, in bash, and refuses what could inject."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_EQUALS = re.compile(r"(?P<left>[\w.-]+)\s*==\s*'(?P<right>[^']*)'\Z")


class UnsafeAction(Exception):
    """An expression stands where a shell would read its value as code."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """What one step left: its exit status, what it printed, and its outputs."""

    id: str
    code: int
    printed: str
    outputs: Mapping[str, str]


@dataclass(kw_only=True)
class Job:
    """One run of an action: all steps that ran, the outputs of the action, the step summary, whether it failed."""

    steps: dict[str, Step] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    failed: bool = False

    @property
    def printed(self) -> str:
        return "".join(step.printed for step in self.steps.values())


@dataclass(frozen=True, kw_only=True)
class Runner:
    """The runner's side: where the action lies, the workspace, its own folder, and the environment that it sets.

    `before` is called with the id of each step before it runs.
    """

    action: Path
    workspace: Path
    temporary: Path
    environment: Mapping[str, str]
    token: str = "ghs_token_of_the_run"
    before: Callable[[str], None] = lambda step: None

    def run(self, inputs: Mapping[str, str], skip: frozenset[str] = frozenset()) -> Job:
        """Run the steps with these inputs; those named in `skip` count as done."""
        action = yaml.safe_load((self.action / "action.yml").read_text(encoding="utf-8"))
        check_safe(action)
        unknown = set(inputs) - set(action["inputs"])
        assert not unknown, f"unknown inputs: {unknown}"
        job = Job()
        context = {"github.token": self.token}
        for name, spec in action["inputs"].items():
            given = inputs.get(name)
            context[f"inputs.{name}"] = (
                given if given is not None else self._resolved(str(spec.get("default", "")), context)
            )
        for step in action["runs"]["steps"]:
            if step["id"] in skip or job.failed or not self._wanted(step, context):
                continue
            self.before(step["id"])
            done = self._step(step, context, job)
            job.steps[done.id] = done
            job.failed = done.code != 0
            context |= {f"steps.{done.id}.outputs.{name}": value for name, value in done.outputs.items()}
        job.outputs = {n: self._resolved(o["value"], context) for n, o in action["outputs"].items()}
        return job

    def _wanted(self, step: Mapping[str, Any], context: Mapping[str, str]) -> bool:
        condition = str(step.get("if", "")).removeprefix("${{").removesuffix("}}").strip()
        if not condition:
            return True
        match = _EQUALS.match(condition)
        assert match, f"this runner does not know the condition {condition!r}"
        # GitHub compares strings without regard to case
        return context.get(match["left"], "").lower() == match["right"].lower()

    def _step(self, step: Mapping[str, Any], context: Mapping[str, str], job: Job) -> Step:
        files = {
            name: self.temporary / f"_runner_{step['id']}_{name.lower()}"
            for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV", "GITHUB_PATH")
        }
        for file in files.values():
            file.write_text("", encoding="utf-8")
        script = self.temporary / f"_runner_{step['id']}.sh"
        script.write_text(step["run"], encoding="utf-8")
        environment = {
            **self.environment,
            **{name: str(file) for name, file in files.items()},
            "GITHUB_ACTION_PATH": str(self.action),
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_ACTIONS": "true",
            "RUNNER_TEMP": str(self.temporary),
            **{name: self._resolved(str(value), context) for name, value in step.get("env", {}).items()},
        }
        assert step["shell"] == "bash"
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            env=environment,
            cwd=self.workspace,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            timeout=580,
            check=False,
        )
        job.summary += files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
        outputs = _outputs(files["GITHUB_OUTPUT"].read_text(encoding="utf-8"))
        return Step(id=step["id"], code=done.returncode, printed=done.stdout, outputs=outputs)

    def _resolved(self, text: str, context: Mapping[str, str]) -> str:
        return _EXPRESSION.sub(lambda match: context.get(match[1], ""), text)


def check_safe(action: Mapping[str, Any]) -> None:
    """Raises: UnsafeAction where an expression is part of a script, or an input is used outside `env` and `if`."""
    for step in action["runs"]["steps"]:
        if "${{" in str(step.get("run", "")):
            raise UnsafeAction(f"step {step.get('id')}: an expression in 'run'")
        for key in ("shell", "working-directory", "uses", "name"):
            if "${{" in str(step.get(key, "")):
                raise UnsafeAction(f"step {step.get('id')}: an expression in '{key}'")


def obeyed(printed: str) -> list[str]:
    """The workflow commands that GitHub's runner would carry out: none between `stop-commands` and its token.

    Source: the runner trims each line and reads `::name ...::`, or the older `##[name]` anywhere in it.
    """
    found: list[str] = []
    resume: str | None = None
    for line in printed.splitlines():
        told = line.strip()
        if resume is not None:
            resume = None if told == f"::{resume}::" else resume
        elif told.startswith("::stop-commands::"):
            resume = told.removeprefix("::stop-commands::")
        elif told.startswith("::") or "##[" in told:
            found.append(told)
    return found


def _outputs(text: str) -> dict[str, str]:
    """What a step wrote to `GITHUB_OUTPUT`, as `name=value` or with a delimiter."""
    found: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, delimiter_sign, delimiter = line.partition("<<")
        if delimiter_sign and "=" not in name:
            value = []
            for inner in lines:
                if inner == delimiter:
                    break
                value.append(inner)
            else:
                raise AssertionError(f"output {name} has no end")
            found[name] = "\n".join(value)
        elif line:
            name, _, single = line.partition("=")
            found[name] = single
    return found


def clean_environment(**more: str) -> dict[str, str]:
    """The variables that a step sees, without those of the machine that tests run on."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PIP_INDEX_URL", "PIP_CONFIG_FILE", "PIP_FIND_LINKS")
    return {key: value for key, value in os.environ.items() if key in kept} | more
