"""Lineage from outside: chains, merges, cycles and missing parents on the localhost Hub."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import jsonschema
import pytest

from openaudit.formats.json_v1 import report_schema
from tests.conftest import ROOT, Command
from tests.hub import HubServer, Status, small_safetensors

LLAMA = "LicenseRef-scancode-llama-3.1-license-2024"


def _card(front: str, body: str = "A model for tests.") -> str:
    return f"---\n{front}\n---\n# Model\n\n{body}\n"


def _model(hub: HubServer, name: str, front: str, **more: Any) -> None:
    hub.add_model(name, {"README.md": _card(front), "model.safetensors": small_safetensors()}, **more)


@pytest.fixture
def chain(hub: HubServer) -> HubServer:
    """Llama 3.1, a fine-tune tagged MIT, a GGUF of that, and a merge of it with an Apache model."""
    _model(hub, "meta-llama/Llama-3.1-8B", "license: llama3.1")
    _model(hub, "tuner/polite-8b", "license: mit\nbase_model: meta-llama/Llama-3.1-8B")
    _model(
        hub,
        "packer/polite-8b-GGUF",
        "license: mit\nbase_model: tuner/polite-8b\nbase_model_relation: quantized",
    )
    _model(hub, "free/apache-8b", "license: apache-2.0")
    _model(
        hub,
        "mixer/blend-8b",
        "license: apache-2.0\nbase_model:\n- tuner/polite-8b\n- free/apache-8b\nbase_model_relation: merge",
    )
    return hub


def _scan(openaudit: Command, *targets: str, code: int = 0) -> Mapping[str, Any]:
    ran = openaudit("scan", *targets, "-f", "json")
    assert ran.code == code, ran.err
    document: Mapping[str, Any] = json.loads(ran.out)
    jsonschema.validate(document, report_schema())
    return document


def _line(report: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    return [(each["of"], each["id"], each["depth"]) for each in report["lineage"]]


def _against_base(report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [c for c in report["license"]["conflicts"] if c["kind"] == "tag-vs-base"]


def test_root_of_the_chain_is_judged_by_itself(openaudit: Command, chain: HubServer) -> None:
    report = _scan(openaudit, "meta-llama/Llama-3.1-8B")
    assert report["level"] == "restricted-weight"
    assert report["lineage"] == []


@pytest.mark.parametrize(
    ("target", "line"),
    [
        ("tuner/polite-8b", [("tuner/polite-8b", "meta-llama/Llama-3.1-8B", 1)]),
        (
            "packer/polite-8b-GGUF",
            [
                ("packer/polite-8b-GGUF", "tuner/polite-8b", 1),
                ("tuner/polite-8b", "meta-llama/Llama-3.1-8B", 2),
            ],
        ),
        (
            "mixer/blend-8b",
            [
                ("mixer/blend-8b", "tuner/polite-8b", 1),
                ("mixer/blend-8b", "free/apache-8b", 1),
                ("tuner/polite-8b", "meta-llama/Llama-3.1-8B", 2),
            ],
        ),
    ],
)
def test_every_member_of_the_chain_is_bound_by_its_root(
    openaudit: Command, chain: HubServer, target: str, line: list[tuple[str, str, int]]
) -> None:
    report = _scan(openaudit, target)
    assert report["level"] == "restricted-weight"
    assert report["license"]["effective"] == LLAMA
    assert _line(report) == line
    assert all(each["reach"] == "read" and each["level"] for each in report["lineage"])
    conflicts = _against_base(report)
    assert len(conflicts) == 1
    assert conflicts[0]["severity"] == "critical"
    said, imposed = conflicts[0]["between"]
    assert said["quote"] or said["says"]
    assert "llama3.1" in imposed["quote"]
    assert "meta-llama/Llama-3.1-8B" in json.dumps(conflicts)
    assert {"naming", "acceptable-use", "user-threshold"} <= set(report["license"]["terms"]["names"])


def test_same_maker_does_not_wash_off_what_a_foreign_root_imposes(openaudit: Command, hub: HubServer) -> None:
    _model(hub, "meta-llama/Llama-3.1-8B", "license: llama3.1")
    _model(hub, "tuner/first", "license: mit\nbase_model: meta-llama/Llama-3.1-8B")
    _model(hub, "tuner/second", "license: mit\nbase_model: tuner/first")
    report = _scan(openaudit, "tuner/second")
    assert report["level"] == "restricted-weight"
    assert len(_against_base(report)) == 1


def test_same_maker_may_relicense(openaudit: Command, hub: HubServer) -> None:
    _model(hub, "maker/one", "license: cc-by-nc-4.0")
    _model(hub, "maker/two", "license: apache-2.0\nbase_model: maker/one")
    report = _scan(openaudit, "maker/two")
    assert report["level"] == "open-weight"
    assert _against_base(report) == []


def test_stricter_child_is_no_conflict(openaudit: Command, hub: HubServer) -> None:
    _model(hub, "maker/open", "license: apache-2.0")
    _model(hub, "other/strict", "license: cc-by-nc-4.0\nbase_model: maker/open")
    report = _scan(openaudit, "other/strict")
    assert report["level"] == "research-only"
    assert report["license"]["conflicts"] == []


def test_unknown_family_binds_when_it_is_read(openaudit: Command, hub: HubServer) -> None:
    """No rule knows this base: only reading it tells."""
    _model(hub, "somebody/private-thing", "license: cc-by-nc-4.0")
    _model(hub, "other/tuned", "license: mit\nbase_model: somebody/private-thing")
    report = _scan(openaudit, "other/tuned")
    assert report["level"] == "research-only"
    assert report["lineage"][0]["reach"] == "read"
    assert len(_against_base(report)) == 1


def test_copy_without_a_license_carries_that_of_its_base(openaudit: Command, hub: HubServer) -> None:
    _model(hub, "somebody/private-thing", "license: apache-2.0")
    _model(
        hub, "other/private-thing-GGUF", "base_model: somebody/private-thing\nbase_model_relation: quantized"
    )
    report = _scan(openaudit, "other/private-thing-GGUF")
    assert report["level"] == "open-weight"
    assert report["license"]["effective"] == "Apache-2.0"


def test_cycle_ends_and_is_reported(openaudit: Command, hub: HubServer) -> None:
    _model(hub, "a/one", "license: mit\nbase_model: b/two")
    _model(hub, "b/two", "license: mit\nbase_model: c/three")
    _model(hub, "c/three", "license: mit\nbase_model: a/one")
    report = _scan(openaudit, "a/one")
    assert [each["id"] for each in report["lineage"]] == ["b/two", "c/three", "a/one"]
    last = report["lineage"][-1]
    assert last["reach"] == "unread"
    assert "again" in last["why"]


def test_missing_parent_is_unknown_and_no_failure(openaudit: Command, hub: HubServer) -> None:
    _model(hub, "other/tuned", "license: mit\nbase_model: nobody/gone")
    report = _scan(openaudit, "other/tuned")
    parent = report["lineage"][0]
    assert (parent["reach"], parent["grant"], parent["level"]) == ("unread", "undetermined", None)
    assert parent["why"]
    assert "base-missing" in {finding["rule"] for finding in report["findings"]}


def test_facts_stand_in_for_a_parent_that_cannot_be_read(openaudit: Command, hub: HubServer) -> None:
    _model(hub, "meta-llama/Llama-3.1-8B", "license: llama3.1")
    hub.fault("meta-llama/Llama-3.1-8B", Status(503))
    _model(hub, "tuner/polite-8b", "license: mit\nbase_model: meta-llama/Llama-3.1-8B")
    report = _scan(openaudit, "tuner/polite-8b")
    assert report["level"] == "restricted-weight"
    assert report["lineage"][0]["reach"] == "facts"
    assert report["lineage"][0]["why"]


def test_many_children_of_one_base_read_it_once(openaudit: Command, hub: HubServer) -> None:
    _model(hub, "maker/base", "license: apache-2.0")
    names = [f"tuner/t{number}" for number in range(6)]
    for name in names:
        _model(hub, name, "license: apache-2.0\nbase_model: maker/base")
    _scan(openaudit, *names)
    assert sum(request.target == "maker/base" and "/api/" in request.path for request in hub.requests) == 1


def test_bundle_carries_the_whole_line(openaudit: Command, chain: HubServer) -> None:
    made = openaudit("bundle", "mixer/blend-8b", "-o", "blend.openaudit")
    assert made.code == 0, made.err
    direct = openaudit("scan", "mixer/blend-8b", "-f", "json")
    before = len(chain.requests)
    again = openaudit("scan", "blend.openaudit", "-f", "json")
    assert len(chain.requests) == before
    assert again.out == direct.out


def test_highest_levels_need_every_base_to_have_been_read(openaudit: Command, hub: HubServer) -> None:
    example = ROOT / "examples" / "tiny-weather"
    files: dict[str, str | bytes] = {
        path.relative_to(example).as_posix(): path.read_bytes()
        for path in example.rglob("*")
        if path.is_file()
    }
    card = (example / "README.md").read_text()
    hub.add_model("org/whole", files)
    hub.add_model(
        "org/on-sand", {**files, "README.md": card.replace("---\n", "---\nbase_model: nobody/gone\n", 1)}
    )
    assert _scan(openaudit, "org/whole")["level"] == "fully-open"
    assert _scan(openaudit, "org/on-sand")["level"] == "open-weight"


def test_mergekit_file_and_adapter_config_name_bases(openaudit: Command, hub: HubServer) -> None:
    _model(hub, "maker/a", "license: apache-2.0")
    _model(hub, "maker/b", "license: cc-by-nc-4.0")
    merge = "slices:\n- sources:\n  - model: maker/a\n    layer_range: [0, 8]\n  - model: maker/b\nmerge_method: slerp\n"
    weights = small_safetensors()
    hub.add_model(
        "mixer/ab",
        {
            "README.md": _card("license: apache-2.0"),
            "mergekit_config.yml": merge,
            "model.safetensors": weights,
        },
    )
    adapter = json.dumps({"base_model_name_or_path": "maker/b", "peft_type": "LORA"})
    hub.add_model(
        "tuner/lora",
        {
            "README.md": _card("license: mit"),
            "adapter_config.json": adapter,
            "adapter_model.safetensors": weights,
        },
    )
    merged, lora = _scan(openaudit, "mixer/ab", "tuner/lora")["reports"]
    assert {each["id"]: each["relation"] for each in merged["lineage"]} == {
        "maker/a": "merge",
        "maker/b": "merge",
    }
    assert [(each["id"], each["relation"]) for each in lora["lineage"]] == [("maker/b", "adapter")]
    assert (merged["level"], lora["level"]) == ("research-only", "research-only")
