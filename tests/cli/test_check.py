"""`openaudit check` from outside: the installed command, a code base, and the localhost Hub."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Command, Ran
from tests.hub import Access, Disconnect, HubServer, small_safetensors

CARD = "---\nlicense: {license}\npipeline_tag: text-generation\n---\n# Model\n\nA model for tests.\n"
POLICY = """\
version: 1
policy:
  minimum_level: restricted-weight
"""
TEXT = """\
Weather Model License

You may use, copy, change and share the model and its outputs for any purpose, free of charge.
You may not remove this notice. The model comes without any warranty.
"""


def add(hub: HubServer, name: str, license_: str = "mit", text: str = "", **more: Any) -> None:
    files: dict[str, Any] = {
        "README.md": CARD.format(license=license_),
        "model.safetensors": small_safetensors(),
    }
    if text:
        files["LICENSE"] = text
    hub.add_model(name, files, **more)


def code(folder: Path, *models: str, policy: str = POLICY) -> Path:
    """A code base whose app.py uses each model on a line of its own, from line 3 on."""
    app = folder / "app"
    app.mkdir(exist_ok=True)
    lines = [f'MODEL_{n} = AutoModel.from_pretrained("{model}")' for n, model in enumerate(models)]
    (app / "app.py").write_text("\n".join(["from transformers import AutoModel", "", *lines, ""]))
    if policy:
        (app / "openaudit.yaml").write_text(policy)
    return app


def check(openaudit: Command, app: Path, *options: str, **environment: Any) -> tuple[Ran, dict[str, Any]]:
    """The run, and its result as JSON."""
    ran = openaudit("check", str(app), "-f", "json", *options, **environment)
    return ran, json.loads(ran.out) if ran.out else {}


def rules(result: dict[str, Any], target: str) -> list[str]:
    return [v["rule"] for m in result["models"] if m["target"] == target for v in m["violations"]]


def evidence(result: dict[str, Any], rule: str) -> str:
    found: str = next(v["evidence"] for m in result["models"] for v in m["violations"] if v["rule"] == rule)
    return found


def waiver(model: str, rule: str, digest: str, expires: str) -> str:
    return (
        "waivers:\n"
        f"  - model: {model}\n    rule: {rule}\n    owner: legal@example.org\n    reason: a demo that ends in spring\n"
        f'    expires: "{expires}"\n    evidence: {digest}\n'
    )


# ---------------------------------------------------------------- the verdict


def test_a_model_that_the_policy_allows_passes(openaudit: Command, hub: HubServer, tmp_path: Path) -> None:
    add(hub, "acme/open")
    ran, result = check(openaudit, code(tmp_path, "acme/open"))
    assert (ran.code, result["passed"]) == (0, True), ran.err


def test_a_noncommercial_model_fails_and_the_line_that_names_it_is_told(
    openaudit: Command, hub: HubServer, tmp_path: Path
) -> None:
    add(hub, "acme/open")
    add(hub, "acme/nc", "cc-by-nc-4.0")
    app = code(tmp_path, "acme/open", "acme/nc")
    ran, result = check(openaudit, app)
    assert ran.code == 1, ran.err
    assert rules(result, "acme/nc") == ["minimum-level"]
    assert rules(result, "acme/open") == []
    table = openaudit("check", str(app))
    assert table.code == 1
    assert "app.py:4" in table.out
    assert "acme/nc" in table.out


def test_an_unreachable_model_is_no_pass(openaudit: Command, hub: HubServer, tmp_path: Path) -> None:
    add(hub, "acme/open")
    add(hub, "acme/gone")
    hub.fault("acme/gone", Disconnect(), on="everything")
    ran, result = check(openaudit, code(tmp_path, "acme/open", "acme/gone"))
    assert ran.code == 3
    assert result["passed"] is False


def test_a_model_that_does_not_exist_is_no_pass(openaudit: Command, hub: HubServer, tmp_path: Path) -> None:
    ran, _ = check(openaudit, code(tmp_path, "acme/nowhere"))
    assert ran.code == 3


def test_what_could_not_be_audited_outweighs_a_violation(
    openaudit: Command, hub: HubServer, tmp_path: Path
) -> None:
    add(hub, "acme/nc", "cc-by-nc-4.0")
    ran, result = check(openaudit, code(tmp_path, "acme/nc", "acme/nowhere"))
    assert ran.code == 3
    assert rules(result, "acme/nc") == ["minimum-level"]


def test_a_model_used_twice_is_audited_once_and_keeps_both_places(
    openaudit: Command, hub: HubServer, tmp_path: Path
) -> None:
    add(hub, "acme/open")
    ran, result = check(openaudit, code(tmp_path, "acme/open", "acme/open"))
    assert ran.code == 0, ran.err
    [model] = result["models"]
    assert [reference["line"] for reference in model["references"]] == [3, 4]
    assert sum("/api/models/acme/open" in request.path for request in hub.requests) == 1


def test_targets_of_the_policys_list_are_checked_at_their_line(
    openaudit: Command, hub: HubServer, tmp_path: Path
) -> None:
    add(hub, "acme/nc", "cc-by-nc-4.0")
    app = code(tmp_path, policy="version: 1\nmodels:\n  - acme/nc\npolicy: {minimum_level: open-weight}\n")
    ran, result = check(openaudit, app)
    assert ran.code == 1
    [reference] = result["models"][0]["references"]
    assert (reference["path"], reference["line"]) == ("openaudit.yaml", 3)


def test_a_folder_of_the_policys_list_is_read_below_the_checked_folder(
    openaudit: Command, tmp_path: Path
) -> None:
    app = code(tmp_path, policy="version: 1\nmodels: [./own]\npolicy: {minimum_level: open-weight}\n")
    (app / "own").mkdir()
    (app / "own" / "README.md").write_text(CARD.format(license="cc-by-nc-4.0"))
    (app / "own" / "model.safetensors").write_bytes(small_safetensors())
    ran, result = check(openaudit, app)
    assert ran.code == 1, ran.err
    assert rules(result, "./own") == ["minimum-level"]


def test_without_a_policy_the_default_holds_and_is_named(
    openaudit: Command, hub: HubServer, tmp_path: Path
) -> None:
    add(hub, "acme/nc", "cc-by-nc-4.0")
    ran, result = check(openaudit, code(tmp_path, "acme/nc", policy=""))
    assert ran.code == 1
    assert result["policy"] == "rules/policies/default.yaml"
    assert any("default" in note for note in result["notes"])


@pytest.mark.parametrize(
    ("name", "license_", "code_"),
    [
        ("permissive-only", "mit", 0),
        ("permissive-only", "gpl-3.0", 1),
        ("commercial-ok", "llama3.1", 0),
        ("commercial-ok", "cc-by-nc-4.0", 1),
        ("research", "cc-by-nc-4.0", 0),
        ("osaid", "mit", 1),
        ("eu-hosting", "mit", 0),
    ],
)
def test_ready_policies_say_what_they_say(
    openaudit: Command, hub: HubServer, tmp_path: Path, name: str, license_: str, code_: int
) -> None:
    add(hub, "acme/weather", license_)
    ran, _ = check(openaudit, code(tmp_path, "acme/weather", policy=""), "--policy", name)
    assert ran.code == code_, ran.out + ran.err


# ---------------------------------------------------------------- declared use


@pytest.mark.parametrize(
    ("use", "failing"),
    [
        ("{kind: hosted-service, monthly_users: 700000000}", ["use/user-threshold"]),
        ("{kind: hosted-service, monthly_users: 1000000}", []),
        ("{kind: internal}", []),
    ],
)
def test_llamas_limit_of_users_binds_who_reaches_it(
    openaudit: Command, hub: HubServer, tmp_path: Path, use: str, failing: list[str]
) -> None:
    add(hub, "meta-llama/Llama-3.1-8B", "llama3.1")
    ran, result = check(
        openaudit, code(tmp_path, "meta-llama/Llama-3.1-8B", policy=f"version: 1\nuse: {use}\n")
    )
    assert rules(result, "meta-llama/Llama-3.1-8B") == failing
    assert ran.code == bool(failing)


def test_the_limit_of_a_base_binds_what_was_made_from_it(
    openaudit: Command, hub: HubServer, tmp_path: Path
) -> None:
    add(hub, "meta-llama/Llama-3.1-8B", "llama3.1")
    card = "---\nlicense: gemma\nbase_model: meta-llama/Llama-3.1-8B\nbase_model_relation: finetune\n---\n# Model\n"
    hub.add_model("acme/tuned", {"README.md": card, "model.safetensors": small_safetensors()})
    app = code(tmp_path, "acme/tuned", policy="version: 1\nuse: {kind: internal, monthly_users: 700000000}\n")
    ran, result = check(openaudit, app)
    assert (ran.code, rules(result, "acme/tuned")) == (1, ["use/user-threshold"])


def test_explain_says_in_words_what_the_policy_means(
    openaudit: Command, hub: HubServer, tmp_path: Path
) -> None:
    add(hub, "meta-llama/Llama-3.1-8B", "llama3.1")
    policy = "version: 1\nuse: {kind: hosted-service, monthly_users: 1000000}\npolicy: {minimum_level: restricted-weight}\n"
    ran = openaudit("check", str(code(tmp_path, "meta-llama/Llama-3.1-8B", policy=policy)), "--explain")
    text = " ".join(ran.out.split())
    assert ran.code == 0
    assert "The policy asks for restricted-weight or above." in text
    assert "700 million monthly users" in text
    assert "not reached with 1 million" in text
    assert "Built with Llama" in text


# ---------------------------------------------------------------- overrides, severities, conditions


def test_a_path_may_be_judged_by_other_demands(openaudit: Command, hub: HubServer, tmp_path: Path) -> None:
    add(hub, "acme/nc", "cc-by-nc-4.0")
    app = code(
        tmp_path,
        "acme/nc",
        policy=POLICY + "  overrides:\n    - {paths: [research/], minimum_level: research-only}\n",
    )
    (app / "research").mkdir()
    (app / "app.py").rename(app / "research" / "try.py")
    assert openaudit("check", str(app)).code == 0
    (app / "serve.py").write_text((app / "research" / "try.py").read_text())
    ran, result = check(openaudit, app)
    assert ran.code == 1
    failing = [m for m in result["models"] if m["violations"]]
    assert [[r["path"] for r in m["references"]] for m in failing] == [["serve.py"]]


def test_a_rule_that_only_warns_does_not_fail(openaudit: Command, hub: HubServer, tmp_path: Path) -> None:
    add(hub, "acme/nc", "cc-by-nc-4.0")
    ran, result = check(
        openaudit, code(tmp_path, "acme/nc", policy=POLICY + "  severities: {minimum-level: warn}\n")
    )
    assert ran.code == 0
    assert result["models"][0]["violations"][0]["severity"] == "warn"


@pytest.mark.parametrize(
    ("when", "failing"),
    [
        ("level == 'open-weight' && size(lineage) == 0", True),
        ("license.grant != 'open'", False),
        ("nothing_here_", None),
        ("artifacts.nothing == 1", True),  # no answer is no pass
        ("level", True),
    ],
)
def test_conditions_in_cel_are_asked_of_the_report(
    openaudit: Command, hub: HubServer, tmp_path: Path, when: str, failing: bool | None
) -> None:
    add(hub, "acme/open")
    policy = f'version: 1\npolicy:\n  conditions:\n    - {{id: mine, when: "{when}", message: It is so.}}\n'
    ran, result = check(openaudit, code(tmp_path, "acme/open", policy=policy))
    if failing is None:
        assert ran.code == 2
        return
    assert ran.code == int(failing), ran.err
    assert rules(result, "acme/open") == (["conditions/mine"] if failing else [])


# ---------------------------------------------------------------- waivers


def waived(openaudit: Command, hub: HubServer, tmp_path: Path, expires: str) -> Path:
    """A code base with a model that fails and a waiver for it."""
    add(hub, "acme/nc", "cc-by-nc-4.0")
    app = code(tmp_path, "acme/nc")
    _, result = check(openaudit, app)
    text = waiver("acme/nc", "minimum-level", evidence(result, "minimum-level"), expires)
    (app / "openaudit.yaml").write_text(POLICY + text)
    return app


def test_a_violation_prints_the_digest_that_a_waiver_needs(
    openaudit: Command, hub: HubServer, tmp_path: Path
) -> None:
    add(hub, "acme/nc", "cc-by-nc-4.0")
    ran = openaudit("check", str(code(tmp_path, "acme/nc")))
    assert re.search(r"sha256:[0-9a-f]{64}", ran.out)


def test_a_waived_model_passes_and_says_so(openaudit: Command, hub: HubServer, tmp_path: Path) -> None:
    app = waived(openaudit, hub, tmp_path, "2023-11-14")  # today: SOURCE_DATE_EPOCH of the tests
    ran = openaudit("check", str(app))
    assert ran.code == 0, ran.out
    assert "legal@example.org" in ran.out
    assert "a demo that ends in spring" in " ".join(ran.out.split())


def test_an_expired_waiver_fails(openaudit: Command, hub: HubServer, tmp_path: Path) -> None:
    app = waived(openaudit, hub, tmp_path, "2023-11-13")
    ran = openaudit("check", str(app))
    assert ran.code == 1
    assert "expired on 2023-11-13" in " ".join(ran.out.split())


def test_a_waiver_is_void_when_the_evidence_changed(
    openaudit: Command, hub: HubServer, tmp_path: Path
) -> None:
    app = waived(openaudit, hub, tmp_path, "2030-01-01")
    assert openaudit("check", str(app)).code == 0
    add(hub, "acme/nc", "cc-by-nc-nd-4.0")
    ran = openaudit("check", str(app))
    assert ran.code == 1
    assert "void" in ran.out


def test_a_moved_revision_alone_does_not_void_a_waiver(
    openaudit: Command, hub: HubServer, tmp_path: Path
) -> None:
    app = waived(openaudit, hub, tmp_path, "2030-01-01")
    files: dict[str, Any] = {
        "README.md": CARD.format(license="cc-by-nc-4.0"),
        "model.safetensors": small_safetensors(),
        "notes.txt": "x",
    }
    hub.add_model("acme/nc", files)
    assert openaudit("check", str(app)).code == 0


def test_a_waiver_that_nothing_needs_is_a_note(openaudit: Command, hub: HubServer, tmp_path: Path) -> None:
    app = waived(openaudit, hub, tmp_path, "2030-01-01")
    add(hub, "acme/nc", "mit")
    ran, result = check(openaudit, app)
    assert ran.code == 0
    assert any("remove it" in note for note in result["notes"])


# ---------------------------------------------------------------- the lock


def test_frozen_fails_on_a_model_that_nobody_adopted(
    openaudit: Command, hub: HubServer, tmp_path: Path
) -> None:
    add(hub, "acme/open")
    add(hub, "acme/new")
    app = code(tmp_path, "acme/open")
    assert openaudit("lock", str(app)).code == 0
    assert openaudit("check", str(app), "--frozen").code == 0
    ran, result = check(openaudit, code(tmp_path, "acme/open", "acme/new"), "--frozen")
    assert (ran.code, rules(result, "acme/new")) == (1, ["lock/not-locked"])


@pytest.mark.parametrize("elsewhere", [False, True], ids=["same machine", "another machine"])
def test_frozen_shows_the_words_that_changed_in_a_license_text(
    openaudit: Command, hub: HubServer, tmp_path: Path, elsewhere: bool
) -> None:
    add(hub, "acme/custom", "other", TEXT)
    app = code(tmp_path, "acme/custom", policy="version: 1\n")
    assert openaudit("lock", str(app)).code == 0
    before = {
        "README.md": CARD.format(license="other"),
        "model.safetensors": small_safetensors(),
        "LICENSE": TEXT,
    }
    changed = TEXT.replace("for any purpose", "for research purposes")
    add(hub, "acme/custom", "other", changed, revisions={"before": before})  # the old commit is still there
    environment = {"XDG_CACHE_HOME": str(tmp_path / "other-cache")} if elsewhere else {}
    ran, result = check(openaudit, app, "--frozen", **environment)
    assert ran.code == 1, ran.out
    [change] = [v for v in result["models"][0]["violations"] if v["rule"] == "lock/terms-changed"]
    assert "[-any purpose,-]" in change["diff"]
    assert "{+research purposes,+}" in change["diff"]
    assert "lock/revision-moved" in rules(result, "acme/custom")


def test_a_changed_text_is_seen_even_where_the_old_one_is_gone(
    openaudit: Command, hub: HubServer, tmp_path: Path
) -> None:
    add(hub, "acme/custom", "other", TEXT)
    app = code(tmp_path, "acme/custom", policy="version: 1\n")
    assert openaudit("lock", str(app)).code == 0
    add(hub, "acme/custom", "other", TEXT.replace("for any purpose", "for research purposes"))
    ran, result = check(openaudit, app, "--frozen", XDG_CACHE_HOME=str(tmp_path / "other-cache"))
    assert ran.code == 1
    assert "lock/terms-changed" in rules(result, "acme/custom")


def test_a_gate_that_came_later_is_reported(openaudit: Command, hub: HubServer, tmp_path: Path) -> None:
    add(hub, "acme/open")
    app = code(tmp_path, "acme/open")
    assert openaudit("lock", str(app)).code == 0
    add(hub, "acme/open", access=Access(gated="auto"))
    _, result = check(openaudit, app, "--frozen", HF_TOKEN=hub.token)
    assert "lock/gate-changed" in rules(result, "acme/open")


def test_a_revision_that_moved_and_changed_nothing_is_a_warning(
    openaudit: Command, hub: HubServer, tmp_path: Path
) -> None:
    add(hub, "acme/open")
    app = code(tmp_path, "acme/open")
    assert openaudit("lock", str(app)).code == 0
    files: dict[str, Any] = {
        "README.md": CARD.format(license="mit"),
        "model.safetensors": small_safetensors(),
        "notes.txt": "x",
    }
    hub.add_model("acme/open", files)
    ran, result = check(openaudit, app, "--frozen")
    assert (ran.code, rules(result, "acme/open")) == (0, ["lock/revision-moved"])


# ---------------------------------------------------------------- offline


def test_offline_the_lock_alone_is_enough(openaudit: Command, hub: HubServer, tmp_path: Path) -> None:
    add(hub, "acme/open")
    add(hub, "acme/nc", "cc-by-nc-4.0")
    app = code(tmp_path, "acme/open", "acme/nc")
    assert openaudit("lock", str(app)).code == 0
    asked = len(hub.requests)
    ran, result = check(openaudit, app, "--offline", "--frozen", XDG_CACHE_HOME=str(tmp_path / "empty"))
    assert ran.code == 1, ran.err
    assert rules(result, "acme/nc") == ["minimum-level"]
    assert rules(result, "acme/open") == []
    assert len(hub.requests) == asked


def test_offline_the_cache_alone_is_enough(openaudit: Command, hub: HubServer, tmp_path: Path) -> None:
    add(hub, "acme/nc", "cc-by-nc-4.0")
    app = code(tmp_path, "acme/nc")
    assert openaudit("check", str(app)).code == 1
    ran, result = check(openaudit, app, HF_HUB_OFFLINE="1")
    assert (ran.code, rules(result, "acme/nc")) == (1, ["minimum-level"])


def test_offline_what_neither_lock_nor_cache_knows_is_no_pass(
    openaudit: Command, hub: HubServer, tmp_path: Path
) -> None:
    add(hub, "acme/open")
    ran, _ = check(openaudit, code(tmp_path, "acme/open"), "--offline")
    assert ran.code == 3


def test_offline_a_condition_that_needs_the_report_is_no_pass_from_the_lock(
    openaudit: Command, hub: HubServer, tmp_path: Path
) -> None:
    add(hub, "acme/open")
    policy = 'version: 1\npolicy:\n  conditions: [{id: a, when: "score < 1.0", message: Low.}]\n'
    app = code(tmp_path, "acme/open", policy=policy)
    assert openaudit("lock", str(app)).code == 0
    assert openaudit("check", str(app), "--offline").code == 0  # the cache has the report
    ran = openaudit("check", str(app), "--offline", XDG_CACHE_HOME=str(tmp_path / "empty"))
    assert ran.code == 3


def test_lock_and_check_give_the_same_evidence_online_and_from_the_lock(
    openaudit: Command, hub: HubServer, tmp_path: Path
) -> None:
    add(hub, "acme/nc", "cc-by-nc-4.0", TEXT)
    app = code(tmp_path, "acme/nc")
    _, online = check(openaudit, app)
    assert openaudit("lock", str(app)).code == 0
    _, offline = check(openaudit, app, "--offline", XDG_CACHE_HOME=str(tmp_path / "empty"))
    assert evidence(online, "minimum-level") == evidence(offline, "minimum-level")


def test_a_second_check_asks_only_whether_something_moved(
    openaudit: Command, hub: HubServer, tmp_path: Path
) -> None:
    add(hub, "acme/open")
    app = code(tmp_path, "acme/open")
    openaudit("check", str(app))
    asked = len(hub.requests)
    assert openaudit("check", str(app)).code == 0
    assert len(hub.requests) - asked == 1


# ---------------------------------------------------------------- wrong policies


ZERO = "sha256:" + "0" * 64
BROKEN = {
    "unknown key": ("policy:\n  minimum_levle: open-weight\n", 3, "policy.minimum_levle", "'minimum_level'"),
    "wrong type": ("policy:\n  licenses:\n    allow: MIT\n", 4, "policy.licenses.allow", "a list is expected"),
    "CEL syntax error": (
        'policy:\n  conditions:\n    - id: a\n      message: m\n      when: "level =="\n',
        6,
        "policy.conditions[0].when",
        "line 1, column",
    ),
    "CEL variable": (
        "policy:\n  conditions:\n    - id: a\n      message: m\n      when: lisense.grant == 'open'\n",
        6,
        "policy.conditions[0].when",
        "'license'",
    ),
    "unknown license id": (
        "policy:\n  licenses:\n    allow:\n      - MIT\n      - Apache-2\n",
        6,
        "policy.licenses.allow[1]",
        "'Apache-2.0'",
    ),
    "contradictory lists": (
        "policy:\n  licenses:\n    allow: [MIT]\n    deny: [mit]\n",
        4,
        "policy.licenses.allow[0]",
        "`deny`",
    ),
    "unknown rule": ("policy:\n  severities:\n    minimum-levl: warn\n", 4, "policy.severities.minimum-levl", "'minimum-level'"),
    "unknown term": ("policy:\n  deny_terms: [non-comercial]\n", 3, "policy.deny_terms[0]", "'non-commercial'"),
    "bad date": (
        ("waivers:\n  - model: org/a\n    rule: minimum-level\n    owner: o\n    reason: r\n"
        f'    expires: "2026-02-30"\n    evidence: {ZERO}\n'),
        7,
        "waivers[0].expires",
        "2027-01-31",
    ),
    "unknown rule of a waiver": (
        ("waivers:\n  - model: org/a\n    rule: minimum-levels\n    owner: o\n    reason: r\n"
        f'    expires: "2026-02-03"\n    evidence: {ZERO}\n'),
        4,
        "waivers[0].rule",
        "'minimum-level'",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line", "key_path", "hint"), BROKEN.values(), ids=BROKEN)
def test_a_broken_policy_names_file_line_key_and_the_right_spelling(
    openaudit: Command, tmp_path: Path, text: str, line: int, key_path: str, hint: str
) -> None:
    ran = openaudit("check", str(code(tmp_path, policy=f"version: 1\n{text}")))
    assert ran.code == 2
    assert ran.out == ""
    assert f"openaudit.yaml:{line}: {key_path}: " in ran.err
    assert hint in ran.err


@pytest.mark.parametrize(("version", "says"), [("0", "no longer read"), ("2", "newer than this openaudit")])
def test_a_policy_of_another_version_is_refused_with_the_right_one(
    openaudit: Command, tmp_path: Path, version: str, says: str
) -> None:
    ran = openaudit("check", str(code(tmp_path, policy=f"version: {version}\nwhatever: 1\n")))
    assert ran.code == 2
    assert "openaudit.yaml:1: version: " in ran.err
    assert says in ran.err


def test_a_broken_table_of_pyproject_names_its_line(openaudit: Command, tmp_path: Path) -> None:
    app = code(tmp_path, policy="")
    (app / "pyproject.toml").write_text(
        '[project]\nname = "x"\n\n[tool.openaudit]\nversion = 1\n\n[tool.openaudit.policy]\nminimum_levle = "open-weight"\n'
    )
    ran = openaudit("check", str(app))
    assert ran.code == 2
    assert (
        "pyproject.toml:8: policy.minimum_levle: unknown key 'minimum_levle'. Did you mean 'minimum_level'?"
        in ran.err
    )


def test_pyproject_of_the_repositorys_root_holds_below_it(
    openaudit: Command, hub: HubServer, tmp_path: Path
) -> None:
    add(hub, "acme/nc", "cc-by-nc-4.0")
    app = code(tmp_path, "acme/nc", policy="")
    (tmp_path / ".git").mkdir()
    (tmp_path / "pyproject.toml").write_text(
        '[tool.openaudit]\nversion = 1\n[tool.openaudit.policy]\nminimum_level = "research-only"\n'
    )
    ran, result = check(openaudit, app)
    assert (ran.code, result["policy"]) == (0, "../pyproject.toml")


def test_a_name_that_is_no_ready_policy_is_refused_with_the_nearest(
    openaudit: Command, tmp_path: Path
) -> None:
    ran = openaudit("check", str(code(tmp_path)), "--policy", "comercial-ok")
    assert ran.code == 2
    assert "Did you mean 'commercial-ok'?" in ran.err


def test_a_lock_file_with_a_merge_conflict_is_refused_at_its_line(
    openaudit: Command, hub: HubServer, tmp_path: Path
) -> None:
    add(hub, "acme/open")
    app = code(tmp_path, "acme/open")
    assert openaudit("lock", str(app)).code == 0
    lock = app / "openaudit.lock"
    lock.write_text(lock.read_text().replace("- target", "<<<<<<< HEAD\n- target"))
    ran = openaudit("check", str(app), "--frozen")
    assert ran.code == 2
    assert "openaudit.lock:5: there is a merge conflict" in ran.err
