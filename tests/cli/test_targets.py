"""Files, Ollama stores and running servers from outside: the installed command says what is really there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from benchmarks.artifacts import headers
from openaudit.formats.json_v1 import report_schema
from tests.conftest import Command, Ran
from tests.hub import Access, HubServer, small_safetensors
from tests.hub.content import Sparse
from tests.serving import ModelServer, llamacpp, ollama, openai, tgi, vllm
from tests.sources.ollama_stores import Store, gguf

CARD = "---\nlicense: {license}\n---\n# A model\n\nSome words on it.\n"
LLAMA = "meta-llama/Llama-3.1-8B-Instruct"
NON_COMMERCIAL = gguf(
    ("general.license", "cc-by-nc-4.0"), ("general.repo_url", "https://huggingface.co/org/real")
)
LIMITED = (
    "House license\n\nYou may use, copy and change the model. If the products of the licensee have more than 700 "
    "million monthly active users, the licensee must request a license from the licensor. You must not use the "
    "model or its outputs to improve any other large language model.\n"
)
MOST_BYTES, MOST_SECONDS, MOST_MEGABYTES = 1_000_000, 2.0, 100.0
_PEAK = """
import json, resource, subprocess, sys, time
started = time.process_time()
done = subprocess.run([sys.executable, "-m", "openaudit", "scan", "org/large", "-f", "json"], capture_output=True, text=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"megabytes": used.ru_maxrss / 1024, "cpu_seconds": used.ru_utime + used.ru_stime, "out": done.stdout}))
"""


def reports(ran: Ran) -> list[dict[str, Any]]:
    """The reports of a run, each checked against the schema."""
    document = json.loads(ran.out)
    jsonschema.validate(document, report_schema())
    return document.get("reports", [document])  # type: ignore[no-any-return]


def rules(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {finding["rule"]: finding for finding in report["findings"]}


def quotes(report: dict[str, Any], rule: str) -> str:
    return " | ".join(evidence["quote"] for evidence in rules(report)[rule]["evidence"])


# ---------------------------------------------------------------- contradictions (issue 4, must show 4)


@pytest.mark.parametrize("place", ["folder", "hub"])
def test_a_non_commercial_gguf_under_an_apache_card_is_research_only(
    openaudit: Command, hub: HubServer, tmp_path: Path, place: str
) -> None:
    files: dict[str, Any] = {
        "README.md": CARD.format(license="apache-2.0"),
        "model.gguf": NON_COMMERCIAL,
    }
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "README.md").write_text(files["README.md"])
    (folder / "model.gguf").write_bytes(NON_COMMERCIAL)
    hub.add_model("org/name", files)
    (report,) = reports(openaudit("scan", str(folder) if place == "folder" else "org/name", "-f", "json"))
    assert report["level"] == "research-only"
    assert report["license"]["effective"] == "CC-BY-NC-4.0"
    assert quotes(report, "license-conflict/tag-vs-header") == "apache-2.0 | cc-by-nc-4.0"


def test_a_limiting_layer_under_an_apache_label_is_restricted(openaudit: Command, tmp_path: Path) -> None:
    store = Store(tmp_path / "models")
    store.add("apache-chat", [("model", gguf()), ("license", LIMITED.encode())])
    ran = openaudit("scan", "ollama:apache-chat", "-f", "json", OLLAMA_MODELS=str(store.root))
    (report,) = reports(ran)
    assert report["level"] == "restricted-weight"
    assert report["target"]["revision"].startswith("sha256:")
    found = quotes(report, "served-name-says-license")
    assert "apache-chat" in found
    assert "700" in found or "must not use" in found


def test_a_llama_layer_under_an_apache_label_is_restricted(
    openaudit: Command, tmp_path: Path, shared: Path
) -> None:
    text = (shared / "licenses" / "llama-3.1-community.txt").read_bytes()
    store = Store(tmp_path / "models")
    store.add("apache-chat", [("model", gguf(("general.license", "apache-2.0"))), ("license", text)])
    ran = openaudit("scan", "ollama:apache-chat", "-f", "json", OLLAMA_MODELS=str(store.root))
    (report,) = reports(ran)
    assert report["level"] == "restricted-weight"
    assert "llama-3.1" in report["license"]["effective"]
    assert "apache-2.0" in quotes(report, "license-conflict/tag-vs-header")
    assert "apache-chat" in quotes(report, "served-name-says-license")


def test_an_adapter_on_a_llama_base_is_bound_by_it_whatever_it_is_served_as(
    openaudit: Command, hub: HubServer
) -> None:
    hub.add_model(
        LLAMA, {"README.md": CARD.format(license="llama3.1"), "model.safetensors": small_safetensors()}
    )
    adapter: dict[str, Any] = {
        "README.md": CARD.format(license="apache-2.0"),
        "adapter_model.safetensors": small_safetensors(),
    }
    hub.add_model("acme/chat-lora", adapter)
    answers = vllm(("base", LLAMA), ("apache-chat", "acme/chat-lora", "base"))
    with ModelServer(answers) as server:
        base, chat = reports(openaudit("scan", server.url, "-f", "json"))
    assert (base["target"]["id"], base["level"]) == (LLAMA, "restricted-weight")
    assert (chat["target"]["id"], chat["level"]) == ("acme/chat-lora", "restricted-weight")
    assert [(line["id"], line["relation"]) for line in chat["lineage"]] == [(LLAMA, "adapter")]
    assert "apache-2.0" in quotes(chat, "license-conflict/tag-vs-base")
    assert "served as “apache-chat”" in quotes(chat, "served-name-says-license")
    assert LLAMA in quotes(chat, "served-name-says-license")
    assert "served-name-says-license" not in rules(base)


def test_a_base_that_no_rule_knows_binds_its_adapter_by_its_own_card(
    openaudit: Command, hub: HubServer
) -> None:
    weights: dict[str, Any] = {"model.safetensors": small_safetensors()}
    hub.add_model("acme/base", {"README.md": CARD.format(license="cc-by-nc-4.0"), **weights})
    hub.add_model(
        "other/lora",
        {"README.md": CARD.format(license="mit"), "adapter_model.safetensors": small_safetensors()},
    )
    with ModelServer(vllm(("base", "acme/base"), ("chat", "other/lora", "base"))) as server:
        _, chat = reports(openaudit("scan", server.url, "-f", "json"))
    assert chat["level"] == "research-only"
    assert "license-conflict/tag-vs-base" in rules(chat)


# ---------------------------------------------------------------- single files


def test_a_single_file_names_its_repository_and_needs_no_network(openaudit: Command, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(CARD.format(license="mit"))
    (tmp_path / "model.gguf").write_bytes(NON_COMMERCIAL)
    ran = openaudit("scan", "model.gguf", "-f", "json", HF_ENDPOINT="http://127.0.0.1:9")
    (report,) = reports(ran)
    assert (ran.code, report["level"], report["target"]["kind"]) == (0, "research-only", "file")
    assert "org/real" in rules(report)["repository-named-in-header"]["message"]
    assert "not the folder" in report["coverage"]["missing"][0]["message"]
    assert "missing-card" not in rules(report)


def test_a_single_file_without_a_license_is_undetermined_for_its_folder_may_have_one(
    openaudit: Command, tmp_path: Path
) -> None:
    (tmp_path / "model.safetensors").write_bytes(small_safetensors())
    (report,) = reports(openaudit("scan", "model.safetensors", "-f", "json"))
    assert report["level"] == "undetermined"


def test_a_text_is_no_weight_file(openaudit: Command, tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text("Terms.")
    ran = openaudit("scan", "./LICENSE", "-f", "json")
    assert ran.code == 3
    assert "openaudit license" in ran.err


# ---------------------------------------------------------------- servers and stores


def test_every_served_model_has_its_report_and_one_failure_leaves_the_others(
    openaudit: Command, hub: HubServer, tmp_path: Path
) -> None:
    hub.add_model(
        "org/open", {"README.md": CARD.format(license="mit"), "model.safetensors": small_safetensors()}
    )
    hub.add_model(
        "org/gated",
        {"README.md": CARD.format(license="mit"), "model.safetensors": small_safetensors()},
        access=Access(gated="manual"),
    )
    with ModelServer(openai(["org/open", "mystery", "org/gone"])) as server:
        ran = openaudit("scan", server.url, "org/open", "-f", "json")
    first, mystery, gone, last = reports(ran)
    assert ran.code == 3
    assert [first["level"], mystery["level"], gone["level"], last["level"]] == [
        *("open-weight", "undetermined", "undetermined", "open-weight")
    ]
    assert "org/open" in rules(first)["served-as"]["message"]
    assert "mystery" in rules(mystery)["served-model-not-traced"]["message"]
    assert "org/gone" in rules(gone)["served-model-not-traced"]["message"]


def test_what_an_ollama_server_tells_counts_where_the_model_cannot_be_traced(
    openaudit: Command, tmp_path: Path
) -> None:
    shown = {"license": LIMITED, "model_info": {"general.license": "apache-2.0"}}
    with ModelServer(ollama({"apache-chat:latest": shown})) as server:
        ran = openaudit("scan", server.url, "-f", "json", OLLAMA_MODELS=str(tmp_path / "none"))
    (report,) = reports(ran)
    assert (ran.code, report["level"]) == (3, "undetermined")
    kinds = {source["kind"]: source["grant"] for source in report["license"]["sources"]}
    assert kinds == {"text": "restricted", "header": "open"}
    assert {"served-model-not-traced", "served-name-says-license"} <= set(rules(report))


def test_a_llama_cpp_server_is_audited_by_the_file_that_it_loaded(openaudit: Command, tmp_path: Path) -> None:
    (tmp_path / "weights.gguf").write_bytes(NON_COMMERCIAL)
    with ModelServer(llamacpp("mit-chat", str(tmp_path / "weights.gguf"))) as server:
        (report,) = reports(openaudit("scan", server.url, "-f", "json"))
    assert report["level"] == "research-only"
    assert report["artifacts"]["files"][0]["path"] == "weights.gguf"
    assert "mit-chat" in quotes(report, "served-name-says-license")


def test_a_tgi_server_is_audited_at_the_commit_that_it_runs(openaudit: Command, hub: HubServer) -> None:
    hub.add_model(
        "org/name",
        {"README.md": CARD.format(license="mit"), "model.safetensors": small_safetensors()},
        revisions={
            "old": {
                "README.md": CARD.format(license="cc-by-nc-4.0"),
                "model.safetensors": small_safetensors(),
            }
        },
    )
    (old,) = reports(openaudit("scan", "org/name@old", "-f", "json"))
    with ModelServer(tgi("org/name", old["target"]["revision"])) as server:
        (report,) = reports(openaudit("scan", server.url, "-f", "json"))
    assert report["target"]["revision"] == old["target"]["revision"]
    assert report["level"] == "research-only"


def test_a_served_model_costs_the_hub_no_more_than_its_repository(openaudit: Command, hub: HubServer) -> None:
    hub.add_model(
        "org/name", {"README.md": CARD.format(license="mit"), "model.safetensors": small_safetensors()}
    )
    openaudit("scan", "org/name", "-f", "json", XDG_CACHE_HOME=str(openaudit.folder / "first"))
    once = len(hub.requests)
    with ModelServer(vllm(("x", "org/name"))) as server:
        openaudit("scan", server.url, "-f", "json", XDG_CACHE_HOME=str(openaudit.folder / "second"))
    assert len(hub.requests) == 2 * once


def test_a_server_that_never_answers_is_one_failure(openaudit: Command) -> None:
    with ModelServer(openai(["x"]), faults={"*": "hang"}) as server:
        ran = openaudit("scan", server.url, "-f", "json")
    assert ran.code == 3
    assert reports(ran)[0]["errors"][0]["reason"] == "timed-out"


def test_a_bundle_of_a_served_model_gives_the_same_report(openaudit: Command, hub: HubServer) -> None:
    hub.add_model(
        "org/name", {"README.md": CARD.format(license="mit"), "model.safetensors": small_safetensors()}
    )
    with ModelServer(vllm(("apache-chat", "org/name"))) as server:
        direct = openaudit("scan", server.url, "-f", "json")
        assert openaudit("bundle", f"{server.url}#apache-chat", "-o", "x.openaudit").code == 0
    again = openaudit("scan", "x.openaudit", "-f", "json", HF_ENDPOINT="http://127.0.0.1:9")
    assert again.out == direct.out


def test_a_store_by_its_path_gives_a_report_for_each_model(openaudit: Command, tmp_path: Path) -> None:
    store = Store(tmp_path / "models")
    for name in ("a", "b:1"):
        store.add(name, [("model", gguf()), ("license", LIMITED.encode())])
    ran = openaudit("scan", "./models", "-f", "json")
    assert [report["target"]["id"] for report in reports(ran)] == ["a:latest", "b:1"]
    (one,) = reports(openaudit("scan", "./models#b:1", "-f", "json"))
    assert one["target"]["id"] == "b:1"


# ---------------------------------------------------------------- large files behind the Hub (must show 2)


@pytest.mark.parametrize("name", headers.FILES)
def test_headers_of_large_files_cost_little(openaudit: Command, hub: HubServer, name: str) -> None:
    size, start = headers.FILES[name]
    hub.add_model(
        "org/large", {"README.md": CARD.format(license="apache-2.0"), name: Sparse(size, {0: start(size)})}
    )
    done = subprocess.run(
        [sys.executable, "-c", _PEAK],
        env=dict(openaudit.environment),
        cwd=openaudit.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    told = json.loads(done.stdout)
    (report,) = reports(Ran(0, told["out"], ""))
    assert report["level"] == "research-only"
    assert told["cpu_seconds"] < MOST_SECONDS
    assert told["megabytes"] < MOST_MEGABYTES
    assert sum(r.bytes_sent for r in hub.requests if r.path.split("?")[0].endswith(name)) <= MOST_BYTES
    assert len(hub.requests) <= 12
    assert hub.rounds() <= 6


def test_what_a_hub_scan_leaves_out_of_a_long_header_is_said_and_counted_by_the_hub(
    openaudit: Command, hub: HubServer
) -> None:
    size, start = headers.FILES["large-vocabulary.gguf"]
    files: dict[str, Any] = {
        "README.md": CARD.format(license="mit"),
        "model.gguf": Sparse(size, {0: start(size)}),
    }
    hub.add_model("org/large", files, api={"gguf": {"total": 8_030_261_248, "architecture": "llama"}})
    (report,) = reports(openaudit("scan", "org/large", "-f", "json"))
    assert report["artifacts"]["parameters"] == 8_030_261_248
    assert report["artifacts"]["unproven"] == ["model.gguf"]
    assert any("budget" in problem for problem in report["artifacts"]["files"][0]["problems"])
    assert "only in part" in rules(report)["unproven-weights"]["message"]


def test_long_headers_beside_many_texts_stay_within_the_requests_of_a_scan(
    openaudit: Command, hub: HubServer
) -> None:
    size, start = headers.FILES["large-vocabulary.gguf"]
    texts = dict.fromkeys(
        ("LICENSE", "NOTICE", "USE_POLICY.md", "LICENSE-CODE", "COPYING", "LEGAL"), "Terms."
    )
    card: dict[str, Any] = {
        "README.md": CARD.format(license="mit"),
        "config.json": "{}",
        "model.gguf": Sparse(size, {0: start(size)}),
    }
    hub.add_model("org/large", {**texts, **card})
    openaudit("scan", "org/large", "-f", "json")
    assert len(hub.requests) <= 12
