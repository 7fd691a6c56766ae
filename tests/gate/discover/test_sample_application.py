"""The sample application: every reference that is in it, with its line and revision, and nothing that only looks like one."""

from __future__ import annotations

from collections import Counter

import pytest

from openaudit.gate.discover import Discovery, discover
from tests.conftest import ROOT

FOLDER = ROOT / "examples" / "chat-service"

EXPECTED = (
    # target, path, line, revision, guessed
    ("microsoft/Phi-4-mini-instruct", ".env.example", 2, None, False),
    ("ollama:qwen3:4b", ".env.example", 3, None, False),
    ("HuggingFaceTB/SmolLM2-135M-Instruct", ".github/workflows/warm-cache.yml", 10, None, False),
    ("Qwen/Qwen3-8B", "Dockerfile", 2, "b968826d9c46dd6066d109eabc6255188de91218", False),
    ("openai-community/gpt2", "Dockerfile", 9, None, False),
    ("lmstudio-community/gemma-3-4b-it-GGUF", "Dockerfile", 10, "main", False),
    ("Qwen/Qwen3-8B-AWQ", "Dockerfile", 11, None, False),
    ("EleutherAI/pythia-160m", "Makefile", 1, "step143000", False),
    (
        "meta-llama/Llama-3.1-8B-Instruct",
        "app/config.py",
        7,
        "0e9e39f249a16976918f6564b8830bc894c89659",
        False,
    ),
    ("Qwen/Qwen2.5-1.5B-Instruct", "app/config.py", 9, None, True),
    ("BAAI/bge-reranker-v2-m3", "app/config.py", 10, None, False),
    ("intfloat/multilingual-e5-large", "app/config.py", 17, None, False),
    ("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "app/gateway.py", 9, None, False),
    ("KoalaAI/Text-Moderation", "app/gateway.py", 18, None, False),
    ("ollama:llama3.2:3b", "app/llm.py", 27, None, False),
    ("sentence-transformers/all-MiniLM-L6-v2", "app/retrieval.py", 9, None, False),
    ("mixedbread-ai/mxbai-embed-large-v1", "app/retrieval.py", 10, None, False),
    ("sentence-transformers/paraphrase-MiniLM-L3-v2", "app/retrieval.py", 19, None, True),
    ("datasets/rajpurkar/squad_v2", "app/retrieval.py", 28, "refs/convert/parquet", False),
    ("spacy/en_core_web_sm", "app/speech.py", 10, None, True),
    ("Systran/faster-whisper-large-v3", "app/speech.py", 14, None, True),
    ("suno/bark-small", "app/speech.py", 18, None, False),
    ("hexgrad/Kokoro-82M", "app/speech.py", 22, "main", False),
    ("pyannote/segmentation-3.0", "app/speech.py", 27, None, False),
    ("ibm-granite/granite-3.3-2b-instruct", "deploy/helm/templates/deployment.yaml", 18, None, True),
    (
        "mistralai/Mistral-Small-3.1-24B-Instruct-2503",
        "deploy/helm/values.yaml",
        6,
        "68faf511d618ef198fef186659617cfd2eb8e33a",
        False,
    ),
    ("mistralai/Mistral-Nemo-Instruct-2407", "deploy/helm/values.yaml", 13, None, False),
    ("meta-llama/Llama-Guard-3-8B", "deploy/helm/values.yaml", 18, None, False),
    ("google/gemma-3-12b-it", "docker-compose.yml", 4, "96b6f1eccf38110c56df3a15bffe176da04bfd80", False),
    ("nomic-ai/nomic-embed-text-v1.5", "docker-compose.yml", 7, None, False),
    ("BAAI/bge-m3", "docker-compose.yml", 10, None, False),
    ("allenai/OLMo-2-0425-1B", "notebooks/evaluate.ipynb", 27, "stage1-step140000-tokens294B", False),
    ("prometheus-eval/prometheus-7b-v2.0", "notebooks/evaluate.ipynb", 47, None, False),
    ("datasets/openai/gsm8k", "notebooks/evaluate.ipynb", 65, None, False),
    ("ollama:phi4-mini", "notebooks/evaluate.ipynb", 83, None, False),
    ("bartowski/Qwen2.5-7B-Instruct-GGUF", "ollama/Modelfile", 2, None, False),
    ("ollama/tone-lora.gguf", "ollama/Modelfile", 3, None, False),
    ("llava-hf/llava-1.5-7b-hf", "scripts/fetch_models.sh", 4, None, False),
    ("ollama:nomic-embed-text:v1.5", "scripts/fetch_models.sh", 5, None, False),
    ("datasets/HuggingFaceH4/ultrachat_200k", "scripts/fetch_models.sh", 7, None, False),
    ("speechbrain/spkrec-ecapa-voxceleb", "scripts/fetch_models.sh", 9, "v1.0", False),
    ("ggml-org/SmolVLM-500M-Instruct-GGUF", "scripts/fetch_models.sh", 10, None, False),
    (
        "NousResearch/Meta-Llama-3.1-8B",
        "train/axolotl.yaml",
        1,
        "7c3dd2ac9a3d52b9e8a6a1d5f0f2a9f8d1d3c0b7",
        False,
    ),
    ("datasets/tatsu-lab/alpaca", "train/axolotl.yaml", 7, None, False),
    ("bert-base-uncased", "train/publish.py", 10, None, False),
    ("acme-labs/intent-lora-v1", "train/publish.py", 11, None, False),
    ("voice/wake-word.gguf", "voice/wake-word.gguf", 1, None, False),
    ("HuggingFaceTB/SmolLM3-3B", "web/src/chat.ts", 5, None, False),
    (
        "onnx-community/Kokoro-82M-v1.0-ONNX",
        "web/src/chat.ts",
        8,
        "1939ad2a8e416c0acfeecc08a694d14ef25f2231",
        False,
    ),
    ("Xenova/distilbart-cnn-6-6", "web/src/chat.ts", 11, "refs/pr/3", False),
    ("Xenova/llama3-tokenizer", "web/src/chat.ts", 16, None, False),
)

TRAPS = (
    # what is written there, path, why it is no reference
    ("mistralai/Mistral-7B-Instruct-v0.1", "README.md", "documentation"),
    ("application/json", "app/config.py", "a MIME type"),
    ("Europe/Berlin", "app/config.py", "a time zone"),
    ("data/uploads", "app/config.py", "a path"),
    ("vllm/vllm-openai", "app/config.py", "a container image"),
    ("org/name", "app/llm.py", "a docstring"),
    ("tiiuae/falcon-7b", "app/llm.py", "a docstring"),
    ("microsoft/phi-2", "app/llm.py", "a comment"),
    ("csv", "app/retrieval.py", "a builder of load_dataset"),
    ("data/faq.csv", "app/retrieval.py", "a data file"),
    ("results/audio", "app/speech.py", "an output folder"),
    ("openai/gpt-4o-mini", "app/gateway.py", "a model that is only served"),
    ("acme-labs/chat-service-lora-v2", "train/publish.py", "what is written to the Hub"),
    ("acme-labs/chat-service-lora-v2", "train/axolotl.yaml", "what is written to the Hub"),
    ("data/train.jsonl", "train/axolotl.yaml", "a local data file"),
    ("fake-org/fake-model-7b", "tests/test_gateway.py", "a word in a test"),
    ("acme/some-model-13b", "tests/test_gateway.py", "a word in a test"),
    ("vllm/vllm-openai", "deploy/helm/values.yaml", "a container image"),
    ("acme/chat-large", "deploy/helm/values.yaml", "the name under which it is served"),
    ("America/New_York", "deploy/helm/values.yaml", "a time zone"),
    ("helm/release", "deploy/helm/templates/deployment.yaml", "an annotation"),
    ("bitnami/redis", "docker-compose.yml", "a container image"),
    ("nvidia/cuda", "Dockerfile", "a container image"),
    ("codellama", "scripts/fetch_models.sh", "a comment"),
    ("ggml-org/llama.cpp", "scripts/fetch_models.sh", "code on GitHub"),
    ("actions/checkout", ".github/workflows/warm-cache.yml", "an action"),
    ("models/cache", ".env.example", "a path"),
    ("@huggingface/inference", "web/package.json", "an npm package"),
    ("lib/date-format", "web/src/chat.ts", "a module path"),
    ("Xenova/distilgpt2", "web/src/chat.ts", "a comment"),
    ("text/event-stream", "web/src/chat.ts", "a MIME type"),
    ("2025/06/01", "web/src/chat.ts", "a date"),
    ("stabilityai/stablelm-2-1_6b", "notebooks/evaluate.ipynb", "a cell's output"),
    ("tiiuae/falcon-7b-instruct", "notebooks/evaluate.ipynb", "a text cell"),
)


@pytest.fixture(scope="module")
def found() -> Discovery:
    return discover(FOLDER)


def test_every_reference_is_found_and_no_other(found: Discovery) -> None:
    got = Counter((r.target, r.path, r.line, r.revision, r.guessed) for r in found.references)
    assert got == Counter(EXPECTED)


@pytest.mark.parametrize(("text", "path", "why"), TRAPS, ids=[f"{path}: {why}" for _, path, why in TRAPS])
def test_what_only_looks_like_a_model_is_left_out(found: Discovery, text: str, path: str, why: str) -> None:
    assert text in (FOLDER / path).read_text()
    names = {(r.target.removeprefix("datasets/").removeprefix("ollama:"), r.path) for r in found.references}
    assert (text, path) not in names


def test_everything_could_be_read(found: Discovery) -> None:
    assert found.unread == ()


def test_the_line_that_is_named_holds_the_name(found: Discovery) -> None:
    for reference in found.references:
        if reference.kind == "file" or reference.guessed:
            continue
        line = (FOLDER / reference.path).read_text().splitlines()[reference.line - 1]
        name = reference.target.removeprefix("datasets/").removeprefix("ollama:")
        assert name in line[reference.column - 1 :], reference


def test_pinned_is_only_a_full_commit(found: Discovery) -> None:
    pinned = {reference.target for reference in found.references if reference.pinned}
    assert "Qwen/Qwen3-8B" in pinned
    assert "speechbrain/spkrec-ecapa-voxceleb" not in pinned
