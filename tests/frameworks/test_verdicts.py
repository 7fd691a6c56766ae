"""What the frameworks of checks make of models: tables of cards, and the promises about words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from openaudit.engine.rules import load_rules
from openaudit.engine.trials import run_trials
from openaudit.errors import PolicyError
from openaudit.formats.json_v1 import report_schema
from tests.conftest import Command
from tests.hub import Access, HubServer, Status, small_safetensors

_CARD = """---
license: {license}
pipeline_tag: text-generation
library_name: transformers
{more}---
# Heron
## Intended use
Heron answers questions of people about birds, in English, for any purpose at all.
## Training data
{data}
## Training procedure
Heron is a decoder with 24 layers. It was trained with a learning rate of 3e-4, a batch size of 512 and AdamW for
three epochs on eight accelerators, which took nine days in all and used no other model.
## Evaluation
| task | accuracy |
| --- | --- |
| birds | 71.2 |
| nests | 69.9 |
| eggs | 55.0 |
## Limitations
Heron is often wrong about gulls, and it must not be trusted with them in any matter of importance.
{end}
"""


def card(
    license_: str = "apache-2.0", data: str = "All of C4 (allenai/c4).", more: str = "", end: str = ""
) -> str:
    return _CARD.format(license=license_, data=data, more=more, end=end)


def files(text: str) -> dict[str, str | bytes]:
    return {
        "README.md": text,
        "config.json": '{"architectures": ["LlamaForCausalLM"], "model_type": "llama"}',
        "model.safetensors": small_safetensors(),
    }


def frameworks(openaudit: Command, target: str) -> dict[str, Any]:
    ran = openaudit("scan", target, "-f", "json")
    assert ran.out, ran.err
    report = json.loads(ran.out)
    jsonschema.validate(report, report_schema())
    verdicts: dict[str, Any] = report["frameworks"]
    return verdicts


def test_every_example_of_every_framework_gives_what_it_says() -> None:
    trials = [trial for trial in run_trials(load_rules()) if "/" in trial.rule or trial.rule == "mof"]
    assert len(trials) > 100
    assert [trial for trial in trials if not trial.passed] == []


def test_every_verdict_names_what_decided_it_and_what_it_could_not_judge(
    hub: HubServer, openaudit: Command
) -> None:
    hub.add_model("lake/heron", files(card()))
    verdicts = frameworks(openaudit, "lake/heron")
    assert set(verdicts) == {"spectrum", "mof", "osaid", "osai_index", "eu_ai_act", "fmti"}
    for name, verdict in verdicts.items():
        assert verdict["decided_by"], name
        if name != "spectrum":
            assert verdict["could_not_judge"], name
            assert verdict["reason"], name


@pytest.mark.parametrize(
    ("license_", "osaid", "eu"),
    [
        ("apache-2.0", "no-failure-found", "no-failure-found"),
        ("cc-by-nc-4.0", "fails", "conditions-not-met"),
        ("llama3.1", "fails", "conditions-not-met"),
        ("bigscience-openrail-m", "fails", "no-failure-found"),
        ("other", "undetermined", "undetermined"),
    ],
)
def test_the_license_of_the_weights_decides_first(
    hub: HubServer, openaudit: Command, license_: str, osaid: str, eu: str
) -> None:
    hub.add_model("lake/heron", files(card(license_)))
    verdicts = frameworks(openaudit, "lake/heron")
    assert (verdicts["osaid"]["verdict"], verdicts["eu_ai_act"]["verdict"]) == (osaid, eu)


def test_data_in_category_words_fails_the_definition(hub: HubServer, openaudit: Command) -> None:
    hub.add_model("lake/heron", files(card(data="Trained on a mix of publicly available data.")))
    verdict = frameworks(openaudit, "lake/heron")["osaid"]
    assert verdict["verdict"] == "fails"
    assert "data-information" in verdict["decided_by"]


def test_a_gate_is_partial_in_the_index_and_for_a_person_to_judge_in_the_screen(
    hub: HubServer, openaudit: Command
) -> None:
    hub.add_model("lake/heron", files(card()), access=Access(gated="auto"))
    ran = openaudit("scan", "lake/heron", "-f", "json", HF_TOKEN=hub.token)
    verdicts = json.loads(ran.out)["frameworks"]
    assert verdicts["osai_index"]["parameters"]["weights_endmodel"] == "partial"
    checks = {check["id"]: check["result"] for check in verdicts["eu_ai_act"]["checks"]}
    assert (checks["A1"], checks["B2"]) == ("review", "review")


def test_missing_parts_of_the_weights_fail_the_screen(hub: HubServer, openaudit: Command) -> None:
    hub.add_model(
        "lake/heron",
        {
            "README.md": card(),
            "model-00001-of-00003.safetensors": b"",
            "model-00003-of-00003.safetensors": b"",
        },
    )
    checks = {c["id"]: c for c in frameworks(openaudit, "lake/heron")["eu_ai_act"]["checks"]}
    assert checks["C1"]["result"] == "fail"


def test_systemic_risk_is_hinted_at_by_parameters_times_tokens(hub: HubServer, openaudit: Command) -> None:
    text = card(data="It was pretrained on 15 trillion tokens of C4 (allenai/c4).")
    for name, billions in (("lake/heron-405B", 405), ("lake/heron-7B", 7)):
        hub.add_model(name, files(text), api={"safetensors": {"total": billions * 10**9}})
    large = frameworks(openaudit, "lake/heron-405B")["eu_ai_act"]
    small = frameworks(openaudit, "lake/heron-7B")["eu_ai_act"]
    assert large["systemic_risk"]["result"] == "review"
    assert "3.65e+25" in large["systemic_risk"]["hint"]
    assert small["systemic_risk"]["result"] == "pass"


def test_the_screen_never_says_compliant_or_exempt(hub: HubServer, openaudit: Command) -> None:
    hub.add_model("lake/heron", files(card()))
    for chosen in ("json", "table", "html", "markdown"):
        out = openaudit("scan", "lake/heron", "-f", chosen).out.lower()
        assert "compliant" not in out
        assert "exempt" not in out
    verdict = frameworks(openaudit, "lake/heron")["eu_ai_act"]
    assert "not legal advice" in verdict["disclaimer"]
    assert [owed["id"] for owed in verdict["still_owed"]] == ["O1", "O2"]
    for check in verdict["checks"]:
        assert set(check) >= {"id", "result", "reason", "evidence"}
        assert check["result"] in ("pass", "fail", "review", "unknown")


def test_a_parameter_of_the_index_is_never_told_of_a_card_that_did_not_arrive(
    hub: HubServer, openaudit: Command
) -> None:
    hub.add_model("lake/heron", files(card()))
    hub.fault("lake/heron", Status(500), path="README.md")
    ran = openaudit("scan", "lake/heron", "-f", "json")
    parameters = json.loads(ran.out)["frameworks"]["osai_index"]["parameters"]
    assert parameters["modelcard"] == "unknown"
    assert parameters["weights_endmodel"] == "open"


def test_a_base_that_is_not_read_leaves_its_parameters_unknown(hub: HubServer, openaudit: Command) -> None:
    hub.add_model("lake/heron", files(card(more="base_model: pond/egret\n")))
    parameters = frameworks(openaudit, "lake/heron")["osai_index"]["parameters"]
    assert (parameters["weights_basemodel"], parameters["datasources_basemodel"]) == ("unknown", "unknown")
    assert parameters["weights_endmodel"] == "open"


def test_only_the_frameworks_asked_for_are_shown(hub: HubServer, openaudit: Command) -> None:
    hub.add_model("lake/heron", files(card()))
    ran = openaudit("scan", "lake/heron", "-f", "json", "--framework", "mof", "--framework", "osaid")
    assert set(json.loads(ran.out)["frameworks"]) == {"mof", "osaid"}
    wrong = openaudit("scan", "lake/heron", "--framework", "osia")
    assert wrong.code == 2
    assert "Did you mean 'osaid'?" in wrong.err


def test_datasets_have_no_verdict_of_frameworks_for_models(hub: HubServer, openaudit: Command) -> None:
    hub.add_dataset("lake/nests", {"README.md": "---\nlicense: cc-by-4.0\n---\n# Nests\n"})
    assert set(frameworks(openaudit, "datasets/lake/nests")) == {"spectrum"}


def test_a_user_can_add_a_framework_of_checks(hub: HubServer, openaudit: Command, tmp_path: Path) -> None:
    folder = tmp_path / "rules" / "frameworks"
    folder.mkdir(parents=True)
    (folder / "house.yaml").write_text(
        "id: house\nname: House rules\nresults: {good: 1, bad: 0}\nchecks:\n"
        "  - id: card\n    name: There is a card\n    outcomes:\n"
        "      - {result: good, when: {component.model_card: open}, reason: It is good.}\n"
        "      - {result: bad, when: {component.model_card: [described, absent]}, reason: It is not.}\n"
        "    examples: [{given: {component.model_card: open}, expect: good}]\n"
    )
    hub.add_model("lake/heron", files(card()))
    ran = openaudit(
        "scan", "lake/heron", "-f", "json", "--rules", str(tmp_path / "rules"), "--framework", "house"
    )
    assert json.loads(ran.out)["frameworks"]["house"]["verdict"] == "1-of-1"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (
            "checks: [{id: a, name: A, outcomes: [{result: good, when: {component.model_crad: open}, reason: x}]}]",
            "model_crad",
        ),
        (
            "checks: [{id: a, name: A, outcomes: [{result: fine, when: true, reason: x}]}]",
            "'fine' is none of",
        ),
        ("checks: [{id: a, name: A, roll: decides, outcomes: []}]", "unknown key 'roll'"),
    ],
)
def test_a_wrong_framework_names_the_place(tmp_path: Path, wrong: str, says: str) -> None:
    folder = tmp_path / "frameworks"
    folder.mkdir(parents=True)
    (folder / "house.yaml").write_text(f"id: house\nname: House\nresults: {{good: 1}}\n{wrong}\n")
    with pytest.raises(PolicyError, match=r"house\.yaml") as caught:
        load_rules((tmp_path,))
    assert says in str(caught.value)
