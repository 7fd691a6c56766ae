"""The steps of the GitHub Action: install, check, comment. Standard library only: it runs before anything is installed.

Everything comes in by environment variables and goes out through the files that the runner names: no value of the
caller, of a pull request or of a model is ever part of a command line that a shell reads.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.client import HTTPResponse
from pathlib import Path
from typing import IO, Any

Environment = Mapping[str, str]

MARKER = "<!-- openaudit-check -->"
"""The first line of the comment, as the Markdown format writes it: by it the comment of an earlier run is found."""
REPORTS: Mapping[str, str] = {
    "json": "openaudit.json",
    "sarif": "openaudit.sarif",
    "junit": "openaudit.junit.xml",
    "markdown": "openaudit.md",
    "github": "annotations.txt",
}
"""Format to file name. All but the annotations are outputs of the action: `<format>-file`."""
_BODY_LIMIT = 65_000
"""Characters of a comment. Source: GitHub refuses more than 65 536."""
_SUMMARY_LIMIT = 1_000_000
"""Bytes of a step summary. Source: GitHub refuses more than 1 MiB."""
_ANSWER_LIMIT = 16_000_000
_PAGES = 30
_TIMEOUT_SECONDS = 30
_TRUE = ("true", "1", "yes", "on")


class ActionError(Exception):
    """What the caller of the action has to put right."""


def main(arguments: Sequence[str], environment: Environment) -> int:
    """Run one step: its name is the only argument. The exit status of the step."""
    steps: Mapping[str, Callable[[Environment], int]] = {
        "install": install,
        "check": check,
        "comment": comment,
    }
    if len(arguments) != 1 or arguments[0] not in steps:
        print(f"usage: action.py {'|'.join(steps)}", file=sys.stderr)
        return 2
    try:
        return steps[arguments[0]](environment)
    except ActionError as error:
        _command("error", f"openaudit: {error}")
        return 2


# ---------------------------------------------------------------- install


def install(environment: Environment) -> int:
    """openaudit in an environment of its own: the version asked for, else this checkout of the action.

    `-I` keeps Python from importing anything that lies in the caller's workspace.
    """
    version = environment.get("INPUT_VERSION", "").strip()
    if version and not re.fullmatch(r"[0-9][0-9A-Za-z.!+-]{0,60}", version):
        raise ActionError("the input 'version' is no version number.")
    what = f"openaudit=={version}" if version else str(Path(__file__).resolve().parent.parent)
    folder = _home(environment) / "venv"
    for command in (
        [sys.executable, "-I", "-m", "venv", str(folder)],
        [
            str(_program(folder, "python")),
            "-I",
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            what,
        ],
    ):
        with _no_commands():
            done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, env=dict(environment))
        if done.returncode:
            raise ActionError(f"could not be installed (exit status {done.returncode}).")
    return 0


def _home(environment: Environment) -> Path:
    """Where the action keeps its own files: outside the workspace, so that no check sees them."""
    temporary = environment.get("RUNNER_TEMP")
    if not temporary:
        raise ActionError("RUNNER_TEMP is not set.")
    return Path(temporary) / "openaudit-action"


def _program(folder: Path, name: str) -> Path:
    return folder / ("Scripts" if os.name == "nt" else "bin") / name


# ---------------------------------------------------------------- check


def check(environment: Environment) -> int:
    """Run the check, annotate, write the step summary and the outputs. 0 whatever the check says: a later step fails
    the job, so that the comment is written first."""
    reports = _home(environment) / f"reports-{secrets.token_hex(4)}"
    reports.mkdir(parents=True)
    with _no_commands():
        done = subprocess.run(
            check_command(environment, reports),
            check=False,
            stdin=subprocess.DEVNULL,
            env=_check_environment(environment),
            cwd=environment.get("GITHUB_WORKSPACE") or None,
        )
    files = {name: reports / file for name, file in REPORTS.items() if (reports / file).is_file()}
    annotations = files.pop("github", None)
    if annotations is not None and _is_true(environment.get("INPUT_ANNOTATIONS", "true")):
        sys.stdout.write(annotations.read_text(encoding="utf-8"))
    if "markdown" not in files:
        _command(
            "error", f"openaudit check could not run (exit status {done.returncode}): see the log above."
        )
    _summarise(environment, files.get("markdown"), done.returncode)
    _set_outputs(
        environment,
        {
            "passed": "true" if done.returncode == 0 else "false",
            "exit-code": str(done.returncode),
            **{f"{name}-file": str(file) for name, file in files.items()},
        },
    )
    return 0


def check_command(environment: Environment, reports: Path) -> list[str]:
    """The command line, as a list that no shell reads; the path comes after `--`, so that it is never an option."""
    command = [str(_program(_home(environment) / "venv", "openaudit")), "check"]
    for name, file in REPORTS.items():
        command += ["--format", f"{name}={reports / file}"]
    for option in ("frozen", "offline"):
        if _is_true(environment.get(f"INPUT_{option.upper()}", "")):
            command.append(f"--{option}")
    if policy := environment.get("INPUT_POLICY", ""):
        command.append(f"--policy={policy}")
    return [*command, "--", environment.get("INPUT_PATH", "") or "."]


def _check_environment(environment: Environment) -> dict[str, str]:
    """The caller's environment, with the Hub's token and address where the inputs give them."""
    made = {key: value for key, value in environment.items() if not key.startswith("INPUT_")}
    for name in ("HF_TOKEN", "HF_ENDPOINT"):
        if value := environment.get(f"INPUT_{name}", "").strip():
            made[name] = value
    return made


def _summarise(environment: Environment, markdown: Path | None, code: int) -> None:
    file = environment.get("GITHUB_STEP_SUMMARY")
    if file:
        text = markdown.read_text(encoding="utf-8") if markdown else _did_not_run(code)
        with open(file, "a", encoding="utf-8") as summary:
            summary.write(text.encode()[:_SUMMARY_LIMIT].decode("utf-8", "ignore") + "\n")


def _did_not_run(code: int) -> str:
    return f"{MARKER}\n## ❌ openaudit check\n\nThe check could not run (exit status {code}); the job's log says why.\n"


def _set_outputs(environment: Environment, outputs: Mapping[str, str]) -> None:
    """Source: GitHub's `GITHUB_OUTPUT` file, with a delimiter that no value can hold."""
    file = environment.get("GITHUB_OUTPUT")
    if not file:
        return
    with open(file, "a", encoding="utf-8") as out:
        for name, value in outputs.items():
            delimiter = f"end-{secrets.token_hex(16)}"
            out.write(f"{name}<<{delimiter}\n{value}\n{delimiter}\n")


# ---------------------------------------------------------------- comment


def comment(environment: Environment) -> int:
    """Write the one comment of this check to the pull request, or bring it up to date. It never fails the job."""
    try:
        number = pull_request_of(environment)
        if number is None:
            _command(
                "notice", "openaudit: this run belongs to no pull request, so there is nothing to comment on."
            )
            return 0
        api = Api(environment)
        body = comment_body(environment)
        existing = api.comment_of(number, body.split("\n", 1)[0])
        if existing is None:
            api.call("POST", f"/issues/{number}/comments", {"body": body})
        else:
            api.call("PATCH", f"/issues/comments/{existing}", {"body": body})
    except (ActionError, OSError, ValueError) as error:
        said = str(error).replace(environment.get("INPUT_GITHUB_TOKEN") or "\0", "***")
        _command("warning", f"openaudit: the comment could not be written: {said}")
    return 0


def pull_request_of(environment: Environment) -> int | None:
    """The number of the pull request that this run is for; None where there is none."""
    file = environment.get("GITHUB_EVENT_PATH")
    if not file or not Path(file).is_file():
        return None
    event = json.loads(Path(file).read_text(encoding="utf-8"))
    request = event.get("pull_request") if isinstance(event, dict) else None
    number = request.get("number") if isinstance(request, dict) else None
    return number if isinstance(number, int) and number > 0 else None


def comment_body(environment: Environment) -> str:
    """The Markdown report; its marker carries the input `comment-key`, so that several checks have a comment each."""
    file = environment.get("INPUT_MARKDOWN_FILE", "")
    code = environment.get("INPUT_EXIT_CODE", "")
    text = (
        Path(file).read_text(encoding="utf-8") if file else _did_not_run(int(code) if code.isdigit() else 2)
    )
    key = re.sub(r"[^a-z0-9]+", "-", environment.get("INPUT_COMMENT_KEY", "").lower()).strip("-")[:60]
    marker = f"<!-- openaudit-check:{key} -->" if key else MARKER
    return f"{marker}\n{text.removeprefix(MARKER).lstrip(chr(10))}"[:_BODY_LIMIT]


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Redirects are refused: the token goes to the address that the runner names and nowhere else."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> None:
        return None


class Api:
    """The part of GitHub's REST API that a comment needs, for the repository that the run belongs to."""

    def __init__(self, environment: Environment) -> None:
        address = environment.get("GITHUB_API_URL") or "https://api.github.com"
        repository = environment.get("GITHUB_REPOSITORY", "")
        self._token = environment.get("INPUT_GITHUB_TOKEN", "").strip()
        if not re.fullmatch(r"https?://[^\s@?#]+", address):
            raise ActionError("GITHUB_API_URL is no web address.")
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository):
            raise ActionError("GITHUB_REPOSITORY names no repository.")
        if not self._token or not self._token.isprintable() or not self._token.isascii():
            raise ActionError("the input 'github-token' is empty or malformed.")
        self._address = address.rstrip("/")
        self._base = f"{self._address}/repos/{repository}"
        self._opener = urllib.request.build_opener(_NoRedirects)

    def comment_of(self, number: int, marker: str) -> int | None:
        """The id of our comment: it begins with the marker, and a bot or the token's own user wrote it. Somebody
        else's that begins so is not ours to change."""
        me = self._login()
        for found in self._comments(number):
            author = found.get("user")
            author = author if isinstance(author, dict) else {}
            ours = author.get("type") == "Bot" or (me is not None and author.get("login") == me)
            if ours and isinstance(found.get("id"), int) and str(found.get("body", "")).startswith(marker):
                return int(found["id"])
        return None

    def call(self, method: str, path: str, body: Mapping[str, str] | None = None) -> Any:
        """One request below the repository. Raises: ActionError with GitHub's own words where it refuses."""
        return self._send(method, self._base + path, body)

    def _comments(self, number: int) -> Iterator[dict[str, Any]]:
        for page in range(1, _PAGES + 1):
            found = self.call("GET", f"/issues/{number}/comments?per_page=100&page={page}")
            if not isinstance(found, list):
                raise ActionError("GitHub's answer is no list of comments.")
            yield from (each for each in found if isinstance(each, dict))
            if len(found) < 100:
                return

    def _login(self) -> str | None:
        """Who the token belongs to; None for the tokens of Actions and apps, which may not ask."""
        try:
            answer = self._send("GET", f"{self._address}/user", None)
        except ActionError:
            return None
        login = answer.get("login") if isinstance(answer, dict) else None
        return login if isinstance(login, str) else None

    def _send(self, method: str, url: str, body: Mapping[str, str] | None) -> Any:
        request = urllib.request.Request(
            url,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/json",
                "User-Agent": "openaudit-action",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        try:
            answer: HTTPResponse
            with self._opener.open(request, timeout=_TIMEOUT_SECONDS) as answer:
                return json.loads(answer.read(_ANSWER_LIMIT) or b"null")
        except urllib.error.HTTPError as error:
            said = error.read(2_000).decode("utf-8", "replace")
            error.close()
            raise ActionError(f"{method} {url}: HTTP {error.code} {_message(said)}") from error


def _message(answer: str) -> str:
    try:
        said = json.loads(answer).get("message", "")
    except (ValueError, AttributeError):
        return ""
    return str(said)[:300]


# ---------------------------------------------------------------- workflow commands


class _no_commands:  # noqa: N801 - reads as a statement: with _no_commands()
    """What other programs print in between is shown and not obeyed: it may quote anybody.

    Source: GitHub's workflow command `stop-commands`.
    """

    def __enter__(self) -> None:
        self._token = secrets.token_hex(16)
        print(f"::stop-commands::{self._token}", flush=True)

    def __exit__(self, *_: object) -> None:
        sys.stderr.flush()
        print(f"\n::{self._token}::", flush=True)


def _command(kind: str, text: str) -> None:
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    print(f"::{kind}::{escaped}", flush=True)


def _is_true(text: str) -> bool:
    return text.strip().lower() in _TRUE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
