"""Ollama stores: what a manifest leads to, and everything in a store that may be wrong."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from openaudit.errors import AccessDenied, Damaged, NotFound, SourceError, TargetError, TooLarge
from openaudit.sources import expand
from openaudit.sources.ollama import OllamaSource
from openaudit.sources.ollama_names import parse_ollama_name
from openaudit.sources.targets import parse_target
from openaudit.vocabulary import Snapshot, TargetKind
from tests.sources.conftest import silent
from tests.sources.ollama_stores import Store, gguf

LAYERS = (
    ("model", gguf()),
    ("adapter", gguf()),
    ("license", b"Terms of the first."),
    ("license", b"Terms of the second."),
    ("template", b"{{ .Prompt }}"),
    ("params", b"{}"),
)
NAMES = {
    "llama3": ("llama3:latest", None),
    "llama3:8b": ("llama3:8b", None),
    "mattw/pygmalion": ("mattw/pygmalion:latest", None),
    "hf.co/org/name-GGUF:Q4_K_M": ("hf.co/org/name-GGUF:Q4_K_M", "org/name-GGUF"),
    "registry.ollama.ai/library/llama3": ("llama3:latest", None),
    "localhost:5000/ns/model:tag": ("localhost:5000/ns/model:tag", None),
}
NO_NAMES = ("", ":tag", "a/b/c/d", "a b", "../x", "a/../b", "name:", "name:a/b/c", "name@sha256:1", "n" * 200)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("OLLAMA_MODELS", str(tmp_path / "models"))
    return Store(tmp_path / "models")


def read(text: str) -> Snapshot:
    source = OllamaSource()
    return source.read(source.open(parse_target(text)), (), silent)


def faults(snapshot: Snapshot) -> dict[str, str]:
    return {unread.path: unread.reason for unread in snapshot.unread}


@pytest.mark.parametrize("text", NAMES)
def test_names_are_filled_in_as_ollama_does(text: str) -> None:
    name = parse_ollama_name(text)
    assert (name.short, name.hub_repository) == NAMES[text]


@pytest.mark.parametrize("text", NO_NAMES)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(TargetError):
        parse_ollama_name(text)


def test_layers_are_listed_by_what_they_are_with_their_digests(store: Store) -> None:
    manifest = store.add("llama3:8b", LAYERS)
    snapshot = read("ollama:llama3:8b")
    assert [entry.path for entry in snapshot.files] == [
        *("model.gguf", "adapter.gguf", "license-1", "license-2", "ollama-template", "ollama-params")
    ]
    digests = [line["digest"] for line in json.loads(manifest.read_text())["layers"]]
    assert [entry.digest for entry in snapshot.files] == digests
    assert [document.text for document in snapshot.documents] == [
        "Terms of the first.",
        "Terms of the second.",
    ]
    assert snapshot.id == "llama3:8b"
    assert snapshot.revision is not None
    assert len(snapshot.revision) == len("sha256:") + 64
    assert snapshot.listing_complete
    assert not snapshot.unread
    assert snapshot.metadata["ollama"]["model_family"] == "llama"


def test_the_weights_are_read_by_ranges(store: Store) -> None:
    store.add("llama3:8b", LAYERS)
    snapshot = read("ollama:llama3:8b")
    assert OllamaSource().reader(snapshot, "model.gguf").read_at(0, 4) == b"GGUF"
    with pytest.raises(NotFound):
        OllamaSource().reader(snapshot, "config")


def test_a_model_that_was_pulled_from_the_hub_names_its_repository(store: Store) -> None:
    store.add("hf.co/org/name-GGUF:Q4_K_M", LAYERS)
    snapshot = read("ollama:hf.co/org/name-GGUF:Q4_K_M")
    assert snapshot.metadata["ollama"]["hub_repository"] == "org/name-GGUF"
    assert snapshot.url == "https://huggingface.co/org/name-GGUF"


def test_a_users_model_never_passes_for_a_repository_of_the_hub(store: Store) -> None:
    store.add("registry.ollama.ai/meta-llama/llama3", LAYERS)
    assert read("ollama:meta-llama/llama3").id == "ollama.com/meta-llama/llama3:latest"


def test_names_do_not_differ_in_case(store: Store) -> None:
    store.add("Llama3:8B", LAYERS)
    assert read("ollama:llama3:8b").files


def test_a_store_by_its_path_stands_for_all_its_models(store: Store) -> None:
    for name in ("b", "a:1", "hf.co/org/name:Q4"):
        store.add(name, LAYERS)
    (store.root / "manifests" / "registry.ollama.ai" / "library" / "a" / ".DS_Store").write_text("x")
    target = parse_target(str(store.root))
    assert target.kind is TargetKind.OLLAMA
    expanded = expand(target)
    assert [each.id.rpartition("#")[2] for each in expanded] == ["hf.co/org/name:Q4", "a:1", "b:latest"]
    again = parse_target(expanded[1].text)
    assert (again.kind, again.id) == (TargetKind.OLLAMA, expanded[1].id)
    assert read(expanded[1].text).id == "a:1"


def test_an_empty_store_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound, match="holds no model"):
        expand(parse_target(str(store.root)))


def test_without_a_store_the_error_names_where_it_was_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_MODELS", "/nowhere/models")
    with pytest.raises(NotFound, match="/nowhere/models"):
        read("ollama:llama3")


# ---------------------------------------------------------------- what may be wrong

MANIFESTS: dict[str, tuple[str, type[SourceError]]] = {
    "no JSON": ("{", Damaged),
    "a list": ("[]", Damaged),
    "no layers": ('{"layers": {}}', Damaged),
    "a layer that is none": ('{"layers": [7]}', Damaged),
    "no digest": ('{"layers": [{"mediaType": "a.model", "size": 1}]}', Damaged),
    "a path for a digest": (
        '{"layers": [{"mediaType": "a.license", "digest": "../../../../etc/passwd", "size": 1}]}',
        Damaged,
    ),
    "a path behind a digest": (
        '{"layers": [{"mediaType": "a.license", "digest": "sha256:%s/../x", "size": 1}]}' % ("a" * 64),
        Damaged,
    ),
    "a path for the configuration": ('{"layers": [], "config": {"digest": "../x", "size": 1}}', Damaged),
    "a size below zero": (
        '{"layers": [{"mediaType": "a.model", "digest": "sha256:%s", "size": -1}]}' % ("a" * 64),
        Damaged,
    ),
    "endless depth": ('{"layers": [' + "[" * 5_000 + "]" * 5_000 + "]}", Damaged),
    "too long": (" " * 2_000_000 + "{}", TooLarge),
    "too many layers": (json.dumps({"layers": [{}] * 5_000}), TooLarge),
}


@pytest.mark.parametrize("fault", MANIFESTS)
def test_a_broken_manifest_is_an_error_of_its_own(store: Store, fault: str) -> None:
    text, error = MANIFESTS[fault]
    store.add("bad", LAYERS).write_text(text)
    with pytest.raises(error):
        read("ollama:bad")


def test_missing_blobs_are_said_one_by_one(store: Store) -> None:
    manifest = store.add("llama3", LAYERS)
    for line in json.loads(manifest.read_text())["layers"]:
        if line["mediaType"].endswith(("license", "template")):
            store.blob(line["digest"]).unlink()
    snapshot = read("ollama:llama3")
    assert faults(snapshot) == dict.fromkeys(("license-1", "license-2", "ollama-template"), "not-found")


def test_missing_weights_are_listed_and_cannot_be_read(store: Store) -> None:
    manifest = store.add("llama3", LAYERS[:1])
    store.blob(json.loads(manifest.read_text())["layers"][0]["digest"]).unlink()
    snapshot = read("ollama:llama3")
    assert snapshot.files[0].path == "model.gguf"
    with pytest.raises(NotFound, match="not in the store"):
        OllamaSource().reader(snapshot, "model.gguf")


def test_a_size_that_lies_is_said(store: Store) -> None:
    manifest = store.add("llama3", LAYERS)
    store.blob(json.loads(manifest.read_text())["layers"][0]["digest"]).write_bytes(b"GGUF")
    unread = read("ollama:llama3").unread
    assert {item.path: item.reason for item in unread} == {"model.gguf": "damaged", "adapter.gguf": "damaged"}
    assert "the blob has 4" in unread[0].message


def test_a_blob_that_links_out_of_the_store_is_not_followed(store: Store, tmp_path: Path) -> None:
    manifest = store.add("llama3", LAYERS)
    secret = tmp_path / "secret"
    secret.write_text("a key")
    blob = store.blob(json.loads(manifest.read_text())["layers"][2]["digest"])
    blob.unlink()
    blob.symlink_to(secret)
    snapshot = read("ollama:llama3")
    assert faults(snapshot)["license-1"] == "access-denied"
    assert all("a key" not in document.text for document in snapshot.documents)


def test_a_manifest_that_links_out_of_the_store_is_not_followed(store: Store, tmp_path: Path) -> None:
    manifest = store.add("llama3", LAYERS)
    manifest.rename(tmp_path / "elsewhere")
    manifest.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AccessDenied, match="links out"):
        read("ollama:llama3")


def test_a_store_that_is_itself_a_link_is_read(store: Store, tmp_path: Path) -> None:
    store.add("llama3", LAYERS)
    (tmp_path / "link").symlink_to(store.root)
    assert read(f"{tmp_path / 'link'}#llama3").files


def test_a_pipe_for_a_blob_does_not_make_an_audit_wait(store: Store) -> None:
    manifest = store.add("llama3", LAYERS)
    blob = store.blob(json.loads(manifest.read_text())["layers"][2]["digest"])
    blob.unlink()
    os.mkfifo(blob)
    assert faults(read("ollama:llama3"))["license-1"] == "access-denied"


def test_a_license_layer_without_end_is_cut_and_said(store: Store) -> None:
    store.add("llama3", [("license", b"x" * 400_000)])
    snapshot = read("ollama:llama3")
    assert snapshot.documents[0].truncated
    assert faults(snapshot) == {"license-1": "too-large"}


def test_licenses_beyond_the_ceiling_are_said(store: Store) -> None:
    store.add("llama3", [("license", b"Terms %d." % number) for number in range(25)])
    snapshot = read("ollama:llama3")
    assert len(snapshot.documents) == 20
    assert faults(snapshot) == {f"license-{number}": "too-large" for number in range(21, 26)}
