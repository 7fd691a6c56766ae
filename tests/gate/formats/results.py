"""Results of checks made by hand: a rich one, an empty one, and one whose every word is an attack."""

from __future__ import annotations

import dataclasses

from openaudit.formats.json_v1 import report_object
from openaudit.gate.result import Checked, CheckResult, Reference, Violation, Waived, Waiver
from openaudit.vocabulary import Failure, Target, TargetKind
from tests.formats.reports import ATTACK, open_report, poisoned, rich_report

COMMIT = "3f1c9d2e7a5b4c6d8e9f0a1b2c3d4e5f60718293"
DIGEST = "sha256:" + "ab" * 32


def reference(target: str, path: str, line: int, **more: object) -> Reference:
    values: dict[str, object] = {"target": target, "kind": "model", "how": "from_pretrained()"} | more
    return Reference(path=path, line=line, **values)  # type: ignore[arg-type]


DENIED = Violation(
    rule="licenses/deny",
    severity="error",
    message="CC-BY-NC-4.0 is denied by the policy.",
    evidence=DIGEST,
    fix="Choose a model under an allowed license.",
)
UNPINNED = Violation(
    rule="require/pinned-revision",
    severity="warn",
    message="No revision is written: the branch main can move.",
    evidence=DIGEST,
    fix=f"Write revision={COMMIT!r}.",
)
CHANGED = Violation(
    rule="lock/terms-changed",
    severity="error",
    message="The license text is not the one that was adopted.",
    evidence=DIGEST,
    diff="- any purpose\n+ any non-commercial purpose\n  with or without changes",
)
WAIVER = Waiver(
    model="org/legacy",
    rule="licenses/deny",
    owner="ana@example.org",
    reason="Replaced in the next release.",
    expires="2027-01-31",
    evidence=DIGEST,
)


def rich_result() -> CheckResult:
    """One model of each state, a file that could not be read, a note."""
    return CheckResult(
        root=".",
        policy="openaudit.yaml",
        tool_version="0.1.0",
        rules_version="2026.11",
        checked=(
            Checked(
                target="wren/Wren-1B",
                references=(reference("wren/Wren-1B", "app/serve.py", 12, column=9, revision=COMMIT),),
                report=report_object(open_report()),
                explanation=("Apache-2.0 permits a hosted service.",),
            ),
            Checked(
                target="heron-ai/Heron-7B",
                references=(
                    reference("heron-ai/Heron-7B", "app/chat.py", 40, column=17),
                    reference("heron-ai/Heron-7B", "deploy/values.yaml", 7, how="model"),
                    reference("heron-ai/Heron-7B", "app/chat.py", 3, column=1),
                ),
                report=report_object(rich_report()),
                violations=(UNPINNED, DENIED, CHANGED),
            ),
            Checked(
                target="org/warned",
                references=(reference("org/warned", "app/rank.py", 5),),
                report=report_object(open_report()),
                violations=(UNPINNED,),
            ),
            Checked(
                target="org/legacy",
                references=(reference("org/legacy", "nb/try.ipynb", 1, guessed=True),),
                report=report_object(open_report()),
                waived=(Waived(violation=DENIED, waiver=WAIVER),),
            ),
            Checked(
                target="org/gone@v2",
                references=(reference("org/gone", "Modelfile", 1, how="FROM", revision="v2"),),
                failure=Failure(
                    target=Target(kind=TargetKind.MODEL, id="org/gone", text="org/gone@v2"),
                    stage="read",
                    reason="not-found",
                    message="There is no model org/gone on the Hub.",
                    hint="Check the spelling.",
                ),
            ),
        ),
        notes=("The waiver for org/old has expired and nothing needs it.",),
        unread=({"path": "app/broken.py", "message": "not valid Python: line 3"},),
    )


def passing_result() -> CheckResult:
    """Only what passes, warns or is waived."""
    rich = rich_result()
    kept = tuple(c for c in rich.checked if c.target in ("wren/Wren-1B", "org/warned", "org/legacy"))
    return dataclasses.replace(rich, checked=kept, unread=())


def failing_result() -> CheckResult:
    """Everything could be audited, and one model is not as the policy asks."""
    rich = rich_result()
    return dataclasses.replace(rich, checked=tuple(c for c in rich.checked if c.failure is None), unread=())


def empty_result() -> CheckResult:
    """A code base that uses nothing."""
    return dataclasses.replace(rich_result(), checked=(), notes=(), unread=(), policy="")


COMMAND_ATTACK = (
    "::error file=a.py,line=1::pwned\n::set-output name=x::y\r\n##[error]x %0A::warning::100% %25 \x85\u2028]]>"
    "<!-- openaudit-check --> --> <!--" + ATTACK
)
LONG = "x" * 1_000_000


def hostile_result(attack: str = COMMAND_ATTACK) -> CheckResult:
    """The rich result with every free word replaced by an attack."""
    keep = frozenset({"severity", "kind"})
    rich = rich_result()
    checked = tuple(
        dataclasses.replace(poisoned(dataclasses.replace(each, report=None), attack, keep), report=report)
        for each, report in zip(rich.checked, _reports(attack), strict=True)
    )
    made = poisoned(dataclasses.replace(rich, checked=(), unread=()), attack, keep)
    return dataclasses.replace(
        made, checked=checked, unread=({"path": attack, "message": attack, "reason": attack},)
    )


def _reports(attack: str) -> list[dict[str, object] | None]:
    of = {
        "target": {"revision": attack, "url": attack, "id": attack},
        "level": attack,
        "level_name": attack,
        "license": {"effective": attack},
    }
    wrong: dict[str, object] = {"target": [], "level": None, "level_name": 3, "license": None}
    return [dict(of), dict(of), wrong, {}, None]
