"""Which strings name something, and which only look so."""

from __future__ import annotations

import pytest

from openaudit.gate.discover import ids
from openaudit.gate.discover.keys import is_revision_of, key_kind

HASH = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("text", "target", "revision"),
    [
        ("meta-llama/Llama-3.1-8B", "meta-llama/Llama-3.1-8B", None),
        ("01-ai/Yi-6B@main", "01-ai/Yi-6B", "main"),
        ("gpt2", "gpt2", None),
        ("bert-base-uncased", "bert-base-uncased", None),
        ("hf://org-a/name-b", "org-a/name-b", None),
        ("hf://org-a/name-b@v1", "org-a/name-b", "v1"),
        (f"hf://org-a/name-b:{HASH}", "org-a/name-b", HASH),
        ("hf-hub:timm/vit_base_patch16_224.augreg_in21k", "timm/vit_base_patch16_224.augreg_in21k", None),
        ("https://huggingface.co/org-a/name-b", "org-a/name-b", None),
        (f"https://huggingface.co/org-a/name-b/resolve/{HASH}/model.bin", "org-a/name-b", HASH),
        ("https://huggingface.co/org-a/name-b/tree/refs/pr/3", "org-a/name-b", "refs/pr/3"),
        ("https://huggingface.co/datasets/org-a/data-b/resolve/main/x.csv", "datasets/org-a/data-b", "main"),
        ("hf.co/org-a/name-b", "org-a/name-b", None),
    ],
)
def test_what_a_loader_is_given_names_a_repository(text: str, target: str, revision: str | None) -> None:
    named = ids.loaded_model(text)
    assert named is not None
    assert (named.target, named.revision) == (target, revision)


@pytest.mark.parametrize(
    "text",
    [
        "", "model", "./model", "../a/b", "/abs/path", "~/x", "a/b/c", "org/name", "user/repo", "your-org/your-model",
        "path/to", "models/bert", "checkpoints/last", "data/train", "output/final", "text/plain", "application/json",
        "image/svg+xml", "Europe/Berlin", "America/New_York", "2024/01", "1/2", "24/7", "and/or", "n/a", "I/O",
        "vllm/vllm-openai", "nvidia/cuda", "bitnami/redis", "actions/checkout", "@scope/package", "app/main.py",
        "src/index", "org/file.json", "weights/x.gguf", "openai/gpt-4o", "anthropic/claude-3-opus", "google/gemini-pro",
        "azure/gpt-4", "${ORG}/name", "{org}/name", "<org>/<name>", "a--b/c", "a..b/c", "-a/b", "org/", "/name",
        "https://huggingface.co/docs/transformers", "https://huggingface.co/spaces/a/b", "https://huggingface.co/papers/2401.1",
        "https://huggingface.co/org-a/name-b/discussions/3", "https://huggingface.co/org-a/name-b/resolve/main/pic.png",
        "https://example.com/org-a/name-b", "https://github.com/org-a/name-b", "facebookresearch/dinov2", "x" * 500, "é/ü",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_repository_is_none(text: str) -> None:
    assert ids.loaded_model(text) is None


def test_a_folder_of_the_tree_is_no_repository() -> None:
    assert ids.loaded_model("acme/encoder-v2", lambda path: path == "acme/encoder-v2") is None


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("huggingface/org-a/name-b", "org-a/name-b"),
        ("huggingface/together/org-a/name-b", "org-a/name-b"),
        ("hosted_vllm/org-a/name-b", "org-a/name-b"),
        ("openai/org-a/name-b", "org-a/name-b"),
        ("ollama/llama3", "ollama:llama3"),
        ("ollama_chat/llama3:8b", "ollama:llama3:8b"),
        ("ollama:qwen3:4b", "ollama:qwen3:4b"),
        ("local:BAAI/bge-small-en", "BAAI/bge-small-en"),
    ],
)
def test_a_prefix_says_who_serves_the_model(text: str, target: str) -> None:
    named = ids.keyed_model(text)
    assert named is not None
    assert named.target == target


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("llama3.2", "ollama:llama3.2"),
        ("mistral:7b-instruct-q4_0", "ollama:mistral:7b-instruct-q4_0"),
        ("hf.co/org-a/name-b-GGUF:Q4_K_M", "org-a/name-b-GGUF"),
        ("library/phi4", "ollama:library/phi4"),
    ],
)
def test_ollama_names(text: str, target: str) -> None:
    named = ids.ollama_model(text)
    assert named is not None
    assert named.target == target


@pytest.mark.parametrize(
    "text", ["", "a b", "llama_index.llms.ollama", "x/y/z", "$MODEL", "user/model", "latest", "../x"]
)
def test_no_ollama_names(text: str) -> None:
    assert ids.ollama_model(text) is None


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("squad", "datasets/squad"), ("org-a/data", "datasets/org-a/data"), ("csv", None), ("imagefolder", None),
        ("data/train", None), ("./data", None), ("text", None), ("datasets/org-a/data", "datasets/org-a/data"),
    ],
)  # fmt: skip
def test_what_load_dataset_is_given(text: str, target: str | None) -> None:
    named = ids.loaded_dataset(text)
    assert (named.target if named else None) == target


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("model", "model"), ("MODEL_ID", "model"), ("modelNameOrPath", "model"), ("--model-name-or-path", "model"),
        ("embedding_model", "model"), ("base_model", "model"), ("repo_id", "model"), ("hf_repo", "model"),
        ("_name_or_path", "model"), ("tokenizer", "model"), ("dataset_name", "dataset"), ("TRAIN_DATASETS", "dataset"),
        ("hub_model_id", None), ("output_model", None), ("model_type", None), ("model_dir", None), ("image", None),
        ("repository", None), ("push_to_hub_model_id", None), ("model_docs", None), ("name", None), ("path", None),
        ("served_model_name", None), ("The model API", None), ("license", None),
    ],
)  # fmt: skip
def test_names_that_say_what_their_value_is(name: str, kind: str | None) -> None:
    assert key_kind(name) == kind


@pytest.mark.parametrize(
    ("name", "key", "expected"),
    [
        ("revision", "model", True), ("model_revision", "base_model", True), ("revision_of_model", "base_model", True),
        ("tokenizer_revision", "model", False), ("version", "model", False), ("chartRevision", "model", False),
    ],
)  # fmt: skip
def test_which_revision_belongs_to_which_key(name: str, key: str, expected: bool) -> None:
    assert is_revision_of(name, key) is expected
