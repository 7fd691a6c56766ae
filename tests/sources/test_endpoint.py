"""Running servers: which models they tell of, where those come from, and servers that misbehave."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from openaudit.errors import AccessDenied, Damaged, NotFound, SourceError, TimedOut, TooLarge, Unreachable
from openaudit.sources import expand, source_for
from openaudit.sources.limits import Limits
from openaudit.sources.served import ServedModel
from openaudit.sources.servers import server_of
from openaudit.sources.targets import parse_target
from openaudit.sources.tracing import trace
from openaudit.vocabulary import Snapshot, TargetKind, Wanted
from tests.hub import HubServer, small_gguf, small_safetensors
from tests.serving import ModelServer, llamacpp, ollama, openai, tgi, vllm
from tests.serving.answers import Answers
from tests.sources.conftest import SMALL, silent
from tests.sources.ollama_stores import Store, gguf

COMMIT = "c" * 40
LLAMA = "meta-llama/Llama-3.1-8B-Instruct"


@pytest.fixture(autouse=True)
def no_store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OLLAMA_MODELS", str(tmp_path / "no-store"))


@pytest.fixture
def at_hub(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> HubServer:
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    return hub


def names(server: ModelServer) -> list[str]:
    return [server_of(target.id).name for target in expand(parse_target(server.url), limits=SMALL)]


def read(text: str, *paths: str) -> Snapshot:
    target = parse_target(text)
    source = source_for(target, limits=Limits(request_seconds=3.0))
    wanted = [Wanted(path=path, max_bytes=10_000) for path in paths]
    return source.read(source.open(target), wanted, silent)


# ---------------------------------------------------------------- which models

SERVERS: dict[str, tuple[Answers, list[str]]] = {
    "vLLM with an adapter": (vllm(("base", LLAMA), ("chat", "org/lora", "base")), ["base", "chat"]),
    "llama.cpp": (llamacpp("gpt", "/models/a.gguf"), ["gpt"]),
    "Ollama": (ollama({"b:latest": {}, "a:8b": {}}), ["b:latest", "a:8b"]),
    "TGI": (tgi("org/name", COMMIT), ["org/name"]),
    "any other": (openai(["x", "y", "x"]), ["x", "y"]),
    "one with a name of any letters": (openai(["A model? #1 ü"]), ["A model? #1 ü"]),
}


@pytest.mark.parametrize("kind", SERVERS)
def test_every_served_model_is_a_target_in_the_servers_order(kind: str) -> None:
    answers, expected = SERVERS[kind]
    with ModelServer(answers) as server:
        assert names(server) == expected


@pytest.mark.parametrize("kind", SERVERS)
def test_each_target_can_be_named_again(kind: str) -> None:
    with ModelServer(SERVERS[kind][0]) as server:
        for target in expand(parse_target(server.url), limits=SMALL):
            again = parse_target(target.text)
            assert (again.kind, again.id) == (TargetKind.ENDPOINT, target.id)
            assert expand(again, limits=SMALL) == (again,)


@pytest.mark.parametrize("end", ["", "/", "/v1", "/v1/", "/api"])
def test_the_address_may_end_as_clients_write_it(end: str) -> None:
    with ModelServer(openai(["x"]), prefix="/llm" if end.strip("/") else "") as server:
        assert [t.id for t in expand(parse_target(server.url + end), limits=SMALL)] == [f"{server.url}#x"]


def test_an_older_tgi_without_a_list_is_told_by_its_info() -> None:
    with ModelServer({"/info": {"model_id": "org/name", "model_sha": COMMIT}}) as server:
        assert names(server) == ["org/name"]


def test_no_credentials_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_TOKEN", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "hf_secret")
    with ModelServer(ollama({"a:latest": {}})) as server:
        read(server.url)
        assert server.asked
        assert all("secret" not in str(asked.headers) for asked in server.asked)
        assert all("authorization" not in {k.lower() for k in asked.headers} for asked in server.asked)


def test_a_server_of_this_machine_is_asked_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with ModelServer(openai(["x"])) as server:
        assert names(server) == ["x"]


def test_offline_asks_no_server_and_the_hubs_own_switch_does_not_forbid_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ModelServer(openai(["x"])) as server:
        with pytest.raises(Unreachable, match="offline"):
            expand(parse_target(server.url), offline=True)
        assert not server.asked
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
        assert names(server) == ["x"]


def test_a_model_that_is_not_served_is_not_found_and_the_others_are_named() -> None:
    with ModelServer(openai(["x", "y"])) as server:
        with pytest.raises(NotFound, match=f"{server.url}#x"):
            expand(parse_target(f"{server.url}#z"), limits=SMALL)
        with pytest.raises(NotFound, match="serves 2 models"):
            read(server.url)


# ---------------------------------------------------------------- servers that misbehave

FAULTY: dict[str, type[SourceError]] = {
    "hang": TimedOut,
    "endless": TooLarge,
    "redirect": Damaged,
    "malformed": Damaged,
    "not-an-object": Damaged,
    "no-list": Damaged,
    "no-name": Damaged,
    "deep": Damaged,
    "too-many": TooLarge,
    "none": NotFound,
    "html": Damaged,
    "key": AccessDenied,
    "gone": NotFound,
    "loading": Unreachable,
}


@pytest.mark.parametrize("fault", FAULTY)
def test_a_server_that_misbehaves_is_one_error(fault: str) -> None:
    with ModelServer(openai(["x"]), faults={"*": fault}) as server, pytest.raises(FAULTY[fault]) as caught:
        expand(parse_target(server.url), limits=SMALL)
    assert "HF_ENDPOINT" not in str(caught.value)


def test_no_server_at_all_is_unreachable() -> None:
    with ModelServer(openai(["x"])) as server:
        url = server.url
    with pytest.raises(Unreachable):
        expand(parse_target(url), limits=SMALL)


@pytest.mark.parametrize("fault", ["hang", "html", "endless", "gone"])
def test_what_ollama_does_not_show_of_a_model_is_an_error(fault: str) -> None:
    with ModelServer(ollama({"a:latest": {}}), faults={"/api/show": fault}) as server:
        target = parse_target(server.url)
        source = source_for(target, limits=SMALL)
        with pytest.raises(SourceError):
            source.open(target)


def test_a_path_that_fails_beside_one_that_answers_is_passed_over() -> None:
    with ModelServer(vllm(("x", LLAMA)), faults={"/api/tags": "html"}) as server:
        assert names(server) == ["x"]


# ---------------------------------------------------------------- where they come from

TRACES: dict[str, tuple[ServedModel, bool, tuple[TargetKind, str, str | None] | None]] = {
    "a repository": (ServedModel(name="x", server="vLLM", root=LLAMA), True, (TargetKind.MODEL, LLAMA, None)),
    "a repository at a commit": (
        ServedModel(name="x", server="TGI", root="org/name", revision=COMMIT),
        False,
        (TargetKind.MODEL, "org/name", COMMIT),
    ),
    "a name without an owner": (
        ServedModel(name="x", server="vLLM", root="gpt2"),
        True,
        (TargetKind.MODEL, "gpt2", None),
    ),
    "the Hub's cache on another machine": (
        ServedModel(name="x", server="vLLM", root=f"/r/.cache/hub/models--org--name/snapshots/{COMMIT}"),
        False,
        (TargetKind.MODEL, "org/name", COMMIT),
    ),
    "a repository and a quantization": (
        ServedModel(name="org/name-GGUF:Q4_K_M", server="llama.cpp"),
        True,
        (TargetKind.MODEL, "org/name-GGUF", None),
    ),
    "an Ollama model of the Hub": (
        ServedModel(name="hf.co/org/name-GGUF:Q4_K_M", server="Ollama"),
        True,
        (TargetKind.MODEL, "org/name-GGUF", None),
    ),
    "an Ollama model whose header names its repository": (
        ServedModel(
            name="x:latest", server="Ollama", header={"general.repo_url": "https://huggingface.co/org/name"}
        ),
        True,
        (TargetKind.MODEL, "org/name", None),
    ),
    "an Ollama model of nobody": (ServedModel(name="x:latest", server="Ollama"), True, None),
    "a path on another machine": (ServedModel(name="x", server="vLLM", root="/etc"), False, None),
    "a path without weights": (ServedModel(name="x", server="vLLM", root="/etc"), True, None),
    "a file that holds no weights": (
        ServedModel(name="x", server="llama.cpp", root="/etc/passwd"),
        True,
        None,
    ),
    "a path of Windows": (ServedModel(name="x", server="llama.cpp", root="C:\\models\\a.gguf"), True, None),
    "no name of the Hub": (ServedModel(name="x", server="vLLM", root="a b/c;d"), True, None),
    "nothing": (ServedModel(name="x", server="an OpenAI-compatible server"), True, None),
}


@pytest.mark.parametrize("case", TRACES)
def test_a_served_model_is_traced_by_the_strongest_sign(case: str) -> None:
    model, here, expected = TRACES[case]
    found = trace(model, here=here)
    target = found.target
    assert (None if target is None else (target.kind, target.id, target.revision)) == expected
    assert found.how


def test_a_file_and_a_folder_of_this_machine_are_found(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(small_gguf())
    file = trace(ServedModel(name="x", server="llama.cpp", root=str(tmp_path / "model.gguf")), here=True)
    folder = trace(ServedModel(name="x", server="vLLM", root=str(tmp_path)), here=True)
    assert file.target is not None
    assert file.target.kind is TargetKind.FILE
    assert folder.target is not None
    assert folder.target.kind is TargetKind.FOLDER


@pytest.mark.parametrize("same", [True, False])
def test_an_ollama_model_is_the_one_in_the_store_only_with_the_same_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, same: bool
) -> None:
    store = Store(tmp_path / "store")
    monkeypatch.setenv("OLLAMA_MODELS", str(store.root))
    manifest = store.add("llama3:8b", [("model", gguf()), ("license", b"You may do as you like.")])
    digest = hashlib.sha256(manifest.read_bytes()).hexdigest() if same else "f" * 64
    with ModelServer(ollama({"llama3:8b": {"license": "Other words."}}, {"llama3:8b": digest})) as server:
        snapshot = read(server.url)
    texts = [document.text for document in snapshot.documents]
    assert texts == (["You may do as you like."] if same else ["Other words."])
    assert [entry.path for entry in snapshot.files] == (["model.gguf", "license-1"] if same else [])


# ---------------------------------------------------------------- the snapshot


def test_a_traced_model_is_read_from_the_hub_with_what_its_server_said(at_hub: HubServer) -> None:
    with ModelServer(vllm(("apache-chat", "org/name"))) as server:
        snapshot = read(server.url, "README.md", "LICENSE")
    assert (snapshot.id, snapshot.target.kind) == ("org/name", TargetKind.ENDPOINT)
    assert [document.path for document in snapshot.documents] == ["README.md", "LICENSE"]
    served = snapshot.metadata["served"]
    assert {key: served[key] for key in ("name", "server", "root", "traced", "place")} == {
        "name": "apache-chat",
        "server": "vLLM",
        "root": "org/name",
        "traced": "hub",
        "place": "org/name",
    }
    json.dumps(served)


def test_license_texts_of_a_server_come_with_the_repository(at_hub: HubServer) -> None:
    shown: dict[str, Any] = {"license": ["One.", "Two."]}
    with ModelServer(ollama({"hf.co/org/name:latest": shown})) as server:
        snapshot = read(server.url, "README.md")
    assert [d.path for d in snapshot.documents] == ["README.md", "served-license-1", "served-license-2"]


def test_reading_on_keeps_what_was_read_once(at_hub: HubServer) -> None:
    with ModelServer(ollama({"hf.co/org/name:latest": {"license": "One."}})) as server:
        target = parse_target(server.url)
        source = source_for(target, limits=Limits(request_seconds=3.0))
        snapshot = source.read(source.open(target), [Wanted(path="README.md", max_bytes=1000)], silent)
        more = source.read_more(snapshot, [Wanted(path="LICENSE", max_bytes=1000)])
        assert [d.path for d in more.documents] == ["README.md", "LICENSE", "served-license-1"]
        assert more.target == target
        assert source.reader(more, "model.safetensors").read_at(0, 4) == b"wwww"


def test_a_repository_that_is_not_there_leaves_a_snapshot_that_says_so(at_hub: HubServer) -> None:
    with ModelServer(vllm(("x", "org/gone"))) as server:
        snapshot = read(server.url)
    assert snapshot.files == ()
    assert not snapshot.listing_complete
    assert "org/gone" in snapshot.metadata["served"]["untraced"]
    assert [unread.reason for unread in snapshot.unread] == ["unreadable"]


def test_an_untraced_model_never_passes_for_a_repository_of_the_hub() -> None:
    with ModelServer(ollama({"meta-llama/mine:latest": {}})) as server:
        snapshot = read(server.url)
    assert snapshot.id == f"{server.url.removeprefix('http://')}#meta-llama/mine:latest"


@pytest.mark.parametrize("parent_root", ["org/base", "/nowhere/base"])
def test_an_adapter_comes_with_its_base_and_the_license_of_that(at_hub: HubServer, parent_root: str) -> None:
    at_hub.add_model(
        "org/base", {"README.md": "---\nlicense: cc-by-nc-4.0\n---\n", "m.safetensors": small_safetensors()}
    )
    with ModelServer(vllm(("base", parent_root), ("chat", "org/name", "base"))) as server:
        snapshot = read(f"{server.url}#chat")
    known = {"id": "org/base", "license": "cc-by-nc-4.0"}
    assert snapshot.metadata["served"]["base"] == (
        known if parent_root == "org/base" else {"id": "base", "license": ""}
    )


def test_a_base_in_a_folder_of_this_machine_tells_its_license(at_hub: HubServer, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("---\nlicense: cc-by-nc-4.0\n---\n# Base\n\nlicense: mit\n")
    (tmp_path / "model.safetensors").write_bytes(small_safetensors())
    with ModelServer(vllm(("base", str(tmp_path)), ("chat", "org/name", "base"))) as server:
        snapshot = read(f"{server.url}#chat")
    assert snapshot.metadata["served"]["base"] == {"id": str(tmp_path), "license": "cc-by-nc-4.0"}
