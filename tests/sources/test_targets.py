"""What a user may write, and what it means."""

from __future__ import annotations

from pathlib import Path

import pytest

from openaudit.errors import TargetError
from openaudit.sources.targets import parse_target
from openaudit.vocabulary import TargetKind

MODEL, DATASET = TargetKind.MODEL, TargetKind.DATASET
FOLDER, FILE, BUNDLE = TargetKind.FOLDER, TargetKind.FILE, TargetKind.BUNDLE

UNDERSTOOD = {
    "org/name": (MODEL, "org/name", None),
    "gpt2": (MODEL, "gpt2", None),
    "org/name@main": (MODEL, "org/name", "main"),
    "gpt2@607a30d783dfa663caf39e06633721c8d4cfcd7e": (
        MODEL,
        "gpt2",
        "607a30d783dfa663caf39e06633721c8d4cfcd7e",
    ),
    "org/name@refs/pr/1": (MODEL, "org/name", "refs/pr/1"),
    "org/name@step1000-tokens4B": (MODEL, "org/name", "step1000-tokens4B"),
    "models/org/name": (MODEL, "org/name", None),
    "datasets/org/name": (DATASET, "org/name", None),
    "datasets/squad@v1": (DATASET, "squad", "v1"),
    "https://huggingface.co/org/name": (MODEL, "org/name", None),
    "https://huggingface.co/org/name/": (MODEL, "org/name", None),
    "https://hf.co/gpt2": (MODEL, "gpt2", None),
    "http://www.huggingface.co/org/name?library=transformers#use": (MODEL, "org/name", None),
    "https://huggingface.co/org/name/tree/main": (MODEL, "org/name", "main"),
    "https://huggingface.co/org/name/tree/v1/folder": (MODEL, "org/name", "v1"),
    "https://huggingface.co/gpt2/tree/main": (MODEL, "gpt2", "main"),
    "https://huggingface.co/org/name/blob/main/README.md": (MODEL, "org/name", "main"),
    "https://huggingface.co/org/name/resolve/refs%2Fpr%2F2/x.bin": (MODEL, "org/name", "refs/pr/2"),
    "https://huggingface.co/org/name/tree/refs/pr/2/folder": (MODEL, "org/name", "refs/pr/2"),
    "https://huggingface.co/org/name/discussions/3": (MODEL, "org/name", None),
    "https://huggingface.co/api/models/org/name": (MODEL, "org/name", None),
    "https://huggingface.co/datasets/org/name/tree/main": (DATASET, "org/name", "main"),
    "hf://org/name": (MODEL, "org/name", None),
    "hf://org/name@v1/config.json": (MODEL, "org/name", "v1"),
    "hf://models/org/name": (MODEL, "org/name", None),
    "hf://datasets/org/name@refs/convert/parquet/a.parquet": (DATASET, "org/name", "refs/convert/parquet"),
    "ollama:llama3": (TargetKind.OLLAMA, "llama3", None),
    "ollama:hf.co/org/name:Q4_K_M": (TargetKind.OLLAMA, "hf.co/org/name:Q4_K_M", None),
    "http://localhost:8000": (TargetKind.ENDPOINT, "http://localhost:8000", None),
    "https://host:8000/v1/": (TargetKind.ENDPOINT, "https://host:8000/v1", None),
    "http://localhost:8000#org/chat": (TargetKind.ENDPOINT, "http://localhost:8000#org/chat", None),
    "https://host/llm/v1": (TargetKind.ENDPOINT, "https://host/llm/v1", None),
    "./somewhere": (FOLDER, "somewhere", None),
    "../somewhere": (FOLDER, "../somewhere", None),
    "org/name/": (FOLDER, "org/name", None),
    "/": (FOLDER, "/", None),
    "model.openaudit": (BUNDLE, "model.openaudit", None),
}

REFUSED = {
    "": "empty",
    "   ": "empty",
    "org name": "Did you mean org-name?",
    " org/name": "Did you mean org/name?",
    "'org/name'": "Did you mean org/name?",
    "org/../name": "no such folder",
    "org/..": "no such folder",
    "org/name\x00": "control characters",
    "org/na\nme": "control characters",
    "org/name/more": "Did you mean 'org/name'?",
    "org/name.git": "Did you mean org/name?",
    "org--x/name": "Did you mean org-x/name?",
    "org/name@": "Write org/name or org/name@main",
    "org/name@../x": "no branch, tag or commit",
    "org/name@a b": "no branch, tag or commit",
    "org/name@x;rm": "no branch, tag or commit",
    "@main": "no name of a Hub repository",
    "x" * 97: "no name of a Hub repository",
    "x" * 2000: "2000 characters long",
    "model.gguf": "no file 'model.gguf'",
    "ollama:": "Write ollama:name",
    "ollama:../x": "Write ollama:name",
    "ftp://host/x": "scheme",
    "https://github.com/org/name": "set HF_ENDPOINT",
    "https://huggingface.co": "names no repository",
    "https://huggingface.co/spaces/org/name": "no model or dataset",
    "https://user:secret@huggingface.co/org/name": "HF_TOKEN",
    "http://[::1": "no valid address",
    "http://host:8000/v1?key=secret": "has no query",
    "http://user:secret@host:8000/v1": "user name or password",
    "http://host:99999999/": "no valid address",
    "spaces/org/name": "is a Space",
}


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("text", UNDERSTOOD)
def test_text_is_understood(text: str) -> None:
    target = parse_target(text)
    assert (target.kind, target.id, target.revision) == UNDERSTOOD[text]
    assert target.text == text


@pytest.mark.parametrize("text", REFUSED)
def test_nonsense_is_refused_with_the_nearest_right_form(text: str) -> None:
    with pytest.raises(TargetError) as caught:
        parse_target(text)
    assert REFUSED[text] in str(caught.value)
    assert "secret" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_addresses_of_another_endpoint_are_addresses_of_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:4000/mirror/")
    target = parse_target("http://127.0.0.1:4000/mirror/datasets/org/name/tree/v1")
    assert (target.kind, target.id, target.revision) == (DATASET, "org/name", "v1")
    assert parse_target("http://127.0.0.1:4001").kind is TargetKind.ENDPOINT
    assert parse_target("https://huggingface.co/org/name").id == "org/name"


@pytest.mark.parametrize("content", ["README.md", "config.json", "model.safetensors"])
def test_an_existing_folder_that_looks_like_a_repository_is_the_folder(
    in_an_empty_folder: Path, content: str
) -> None:
    folder = in_an_empty_folder / "org" / "name"
    folder.mkdir(parents=True)
    assert parse_target("org/name").kind is MODEL
    (folder / content).write_text("x")
    assert parse_target("org/name").kind is FOLDER
    assert parse_target("hf://org/name").kind is MODEL
    assert parse_target("org/name@main").kind is MODEL


def test_an_existing_folder_that_no_repository_could_be_called_is_the_folder(
    in_an_empty_folder: Path,
) -> None:
    (in_an_empty_folder / "a" / "b" / "c").mkdir(parents=True)
    assert parse_target("a/b/c").kind is FOLDER


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("w.safetensors", b"x", FILE),
        ("W.GGUF", b"x", FILE),
        ("record.yml", b"x", TargetKind.RECORD),
        ("b.openaudit", b"x", BUNDLE),
        ("renamed.zip", b"PK\x03\x04" + b"\0" * 26 + b"documents/00000.txt", BUNDLE),
        ("unknown", b"x", FILE),
    ],
)
def test_an_existing_file_is_known_by_its_name_or_content(
    in_an_empty_folder: Path, name: str, data: bytes, kind: TargetKind
) -> None:
    (in_an_empty_folder / name).write_bytes(data)
    assert parse_target(name).kind is kind
    assert parse_target(f"./{name}").kind is kind
    assert parse_target(str(in_an_empty_folder / name)).kind is kind
