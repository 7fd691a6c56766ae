"""What else a card and a file list are evidence of: claims, code, papers, data, lineage, sections and files."""

from __future__ import annotations

import json
from typing import Any

import pytest

from openaudit.vocabulary import Access, Unread
from tests.scanners.scenes import Made, card_with, first, judge_card, scan, scan_card, topics

# ---------------------------------------------------------------- claims


@pytest.mark.parametrize(
    ("text", "claimed"),
    [
        ("Wombat is an open-source language model.", ["open-toolchain"]),
        ("# Wombat: an open-source LLM", ["open-toolchain"]),
        ("We open-source the weights.", ["open-toolchain"]),
        ("本模型是开源模型", ["open-toolchain"]),
        ("A fully open model.", ["fully-open"]),
        ("Wombat is truly open-source: an open source model.", ["fully-open"]),
        ("This is an open-weight model.", ["open-weight"]),
        ("An open-weight model. It is a fully open model.", ["open-weight", "fully-open"]),
        ("It outperforms other open-source models.", []),
        ("This is not fully open.", []),
        ("Trained on open-source datasets.", []),
        ("```\nan open-source model\n```", []),
        ("<!-- an open-source model -->", []),
    ],
)
def test_a_claim_of_openness_promises_a_level(text: str, claimed: list[str]) -> None:
    assert [e.value for e in scan_card(text).evidence if e.topic.startswith("claim.")] == claimed


def test_the_same_claim_is_told_once_and_with_its_line() -> None:
    seen = scan_card("# T\n\nAn open-source model.\n\nAn open-source model.\n")
    assert [e.where.lines for e in seen.of("claim.open-source")] == [(3, 3)]


# ---------------------------------------------------------------- code and papers


@pytest.mark.parametrize(
    ("text", "role", "value", "owner"),
    [
        ("[Training code](https://github.com/acme/wombat-train)", "training", "https://github.com/acme/wombat-train", "own"),
        ("https://github.com/acme/wombat.git has the training scripts", "training", "https://github.com/acme/wombat", "own"),
        ("Training code: https://github.com/huggingface/trl", "training", "https://github.com/huggingface/trl", "library"),
        ("Training code: https://github.com/other/thing", "training", "https://github.com/other/thing", "other"),
        ("Evaluation code is [here](https://github.com/acme/eval)", "evaluation", "https://github.com/acme/eval", "own"),
        ("Evaluated with [the harness](https://github.com/EleutherAI/lm-evaluation-harness)", "evaluation",
         "https://github.com/EleutherAI/lm-evaluation-harness", "library"),
        ("Run it with [llama.cpp](https://github.com/ggerganov/llama.cpp)", "inference",
         "https://github.com/ggerganov/llama.cpp", "library"),
        ("# Inference\n\n[repo](https://github.com/acme/run)", "inference", "https://github.com/acme/run", "own"),
        ("Data processing code: https://gitlab.com/acme/data", "data-preparation", "https://gitlab.com/acme/data", "own"),
        ("Repository: https://github.com/acme/wombat/tree/main/src", "repository", "https://github.com/acme/wombat", "own"),
        ("Code: <https://github.com/acme/wombat>", "repository", "https://github.com/acme/wombat", "own"),
    ],
)  # fmt: skip
def test_a_link_to_code_has_the_role_that_its_words_say_and_an_owner(
    text: str, role: str, value: str, owner: str
) -> None:
    found = [(e.value, e.detail["owner"]) for e in scan_card(text).of(f"code.link.{role}")]
    assert found == [(value, owner)]


@pytest.mark.parametrize(
    ("model", "code", "owner"),
    [
        ("meta-llama/Wombat-7b", "facebookresearch/wombat", "own"),  # known to be the same people
        ("mosaicml/wombat-7b", "mosaicml/llm-foundry", "own"),  # where they train their own models
        (
            "acme/wombat-7b",
            "mosaicml/llm-foundry",
            "other",
        ),  # a library, if anything; it must be read to tell
        ("nvidia/wombat-7b", "NVIDIA/Megatron-LM", "library"),
        ("nvidia/megatron-lm-345m", "NVIDIA/Megatron-LM", "own"),
        ("acme/megatron-lm-345m", "NVIDIA/Megatron-LM", "library"),
        ("acme-ai/wombat", "acmelabs/wombat", "own"),
        ("acme/wombat", "ac/wombat", "other"),  # too short a name to say anything
    ],
)
def test_whose_linked_code_is_follows_from_its_account_and_name(model: str, code: str, owner: str) -> None:
    seen = scan(Made(texts={"README.md": f"Training code: https://github.com/{code}"}, id=model))
    assert [e.detail["owner"] for e in seen.of("code.link.training")] == [owner]


@pytest.mark.parametrize(
    "text",
    [
        "Compared to [X](https://github.com/x/y), it is better.",
        "See [issues](https://github.com/acme/wombat/issues/3).",
        "![logo](https://github.com/acme/wombat/logo.png)",
        "[a](https://github.com/features/copilot)",
        "[a](https://github.com/acme)",
        "[a](https://example.org/acme/wombat)",
        "[a](https://[broken)",
        "<!-- [code](https://github.com/acme/wombat) -->",
    ],
)
def test_what_is_no_code_of_anybody_is_no_link_to_code(text: str) -> None:
    assert topics(scan_card(text), "code.link") == []


def test_data_of_an_example_that_readers_may_run_is_no_training_data() -> None:
    seen = scan_card("# Fine-tuning\n\n* A script to perform SFT on UltraChat dataset using QLoRA\n")
    assert [e.detail["role"] for e in seen.of("data.corpus")] == ["mentioned"]


@pytest.mark.parametrize(
    ("card", "library"),
    [
        ("```python\nfrom transformers import AutoModel\n```", "transformers"),
        ("```\nollama run wombat\n```", "ollama"),
        ("```bash\nvllm serve acme/wombat --port 80\n```", "vllm"),
        (card_with("x", library_name="Diffusers"), "diffusers"),
        (card_with("x", library_name="wombatlib"), None),
        ("```\nimport numpy\n```", None),
        ("from transformers import AutoModel", None),
    ],
)
def test_a_stock_library_is_named_by_the_metadata_or_by_usage_code(card: str, library: str | None) -> None:
    assert [e.value for e in scan_card(card).of("code.stock-library")] == ([library] if library else [])


@pytest.mark.parametrize(
    ("text", "topic", "value"),
    [
        ("[Paper](https://arxiv.org/abs/2401.00001)", "own", "arxiv:2401.00001"),
        ("Our paper: https://arxiv.org/pdf/2401.00001.pdf", "own", "arxiv:2401.00001"),
        ("See [our technical report](https://acme.org/wombat-technical-report.pdf).", "own", "technical-report:https://acme.org/wombat-technical-report.pdf"),
        ("Introduced in [this](https://doi.org/10.1000/xyz123).", "own", "doi:10.1000/xyz123"),
        ("# Citation\n\n```\n@article{x, eprint={2401.00001}, title={A}}\n```", "own", "arxiv:2401.00001"),
        ("```\n@misc{a,\n doi = {10.1234/abcd.5}\n}\n```", "own", "doi:10.1234/abcd.5"),
        ("We use [attention](https://arxiv.org/abs/1706.03762).", "cited", "arxiv:1706.03762"),
        ("As in https://openreview.net/forum?id=abcDEF1", "cited", "openreview:abcDEF1"),
        ("As https://aclanthology.org/2023.acl-long.1/ does", "cited", "acl:2023.acl-long.1"),
        ("As https://huggingface.co/papers/2401.00002 does", "cited", "arxiv:2401.00002"),
        (card_with("x", tags="[arxiv:2401.00001]"), "cited", "arxiv:2401.00001"),
    ],
)  # fmt: skip
def test_a_paper_is_the_makers_own_or_merely_cited(text: str, topic: str, value: str) -> None:
    found = [(e.topic, e.value) for e in scan_card(text).evidence if e.topic.startswith("paper.")]
    assert found == [(f"paper.{topic}", value)]


def test_code_without_an_entry_is_no_citation() -> None:
    assert topics(scan_card("```\npip install arxiv:2401.00001\n```"), "paper") == []


# ---------------------------------------------------------------- data


@pytest.mark.parametrize(
    ("text", "topic", "value", "role"),
    [
        (card_with("x", datasets="[acme/corpus]"), "named", "acme/corpus", "training"),
        (card_with("x", dataset="acme/corpus"), "named", "acme/corpus", "training"),
        (card_with("x", datasets="EleutherAI/pile"), "named", "EleutherAI/pile", "training"),
        (card_with("x", datasets="cais/mmlu"), "named", "cais/mmlu", "evaluation"),
        (
            "Trained on [data](https://huggingface.co/datasets/acme/corpus).",
            "named",
            "acme/corpus",
            "training",
        ),
        ("Evaluated on [X](https://huggingface.co/datasets/acme/test).", "named", "acme/test", "evaluation"),
        (
            "# Evaluation\n\n[X](https://huggingface.co/datasets/acme/test)",
            "named",
            "acme/test",
            "evaluation",
        ),
        ("It was trained on The Pile.", "corpus", "the-pile", "training"),
        ("# Training data\n\nThe Pile.", "corpus", "the-pile", "training"),
        ("Tested on HellaSwag.", "corpus", "hellaswag", "evaluation"),
        ("[Data](https://huggingface.co/datasets/acme/matrix)", "named", "acme/matrix", "training"),
        (
            "[Bench](https://huggingface.co/datasets/acme/matrix-bench)",
            "named",
            "acme/matrix-bench",
            "mentioned",
        ),
        ("[Data](https://huggingface.co/datasets/other/matrix)", "named", "other/matrix", "mentioned"),
        (
            "# Training\n\n**Training Data**\n\nSee [X](https://huggingface.co/datasets/acme/x).",
            "named",
            "acme/x",
            "training",
        ),
        (
            "# Model\n\n**Thanks**\n\nSee [X](https://huggingface.co/datasets/other/x).",
            "named",
            "other/x",
            "mentioned",
        ),
        (
            "# Data\n\nWe like training data.\n\n# More\n\nSee [X](https://huggingface.co/datasets/other/x).",
            "named",
            "other/x",
            "mentioned",
        ),
        (
            "Our own benchmark is out: the [dataset](https://huggingface.co/datasets/acme/scrolls).",
            "named",
            "acme/scrolls",
            "evaluation",
        ),
        (
            "A benchmark dataset that we trained on: [X](https://huggingface.co/datasets/acme/x).",
            "named",
            "acme/x",
            "training",
        ),
        ("We thank The Pile.", "corpus", "the-pile", "mentioned"),
    ],
)
def test_a_dataset_is_named_with_the_role_it_played(text: str, topic: str, value: str, role: str) -> None:
    found = [(e.value, e.detail["role"]) for e in scan_card(text).of(f"data.{topic}")]
    assert found == [(value, role)]


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Trained on a mixture of publicly available web data.", ["data.vague"]),
        ("It was trained on proprietary data.", ["data.vague"]),
        ("Trained on 60% Common Crawl and 30% Wikipedia.", ["data.described"]),
        ("Trained on books and news, 3 billion tokens.", ["data.described"]),
        ("The data comes from the internet.", []),
        ("Evaluated on publicly available benchmarks.", []),
        ("We publish web data tools.", []),
    ],
)
def test_category_words_are_told_apart_from_named_sources(text: str, topic: list[str]) -> None:
    assert [t for t in topics(scan_card(text), "data.") if t in ("data.vague", "data.described")] == topic


def test_a_list_of_settings_is_a_recipe_even_where_the_optimizer_is_only_named() -> None:
    rows = "- **Optimizer:** Adam\n- **Gradient Accumulations**: 1\n- **Learning rate:** 1e-5\n"
    assert first(scan_card(f"# Training\n\n{rows}"), "training.recipe").value.count(",") == 2
    assert (
        topics(
            scan_card("# Training\n\nThe optimizer is described in the paper, with 3 tables."),
            "training.recipe",
        )
        == []
    )


def test_the_format_of_a_dataset_is_not_the_dataset() -> None:
    seen = scan_card(
        "# Data preparation\n\nWe need the data in the `sharegpt` dataset format, or ShareGPT-style chats."
    )
    assert topics(seen, "data.corpus") == []


def test_what_a_dataset_was_made_from_is_a_source() -> None:
    card = card_with("x", source_datasets="[original, extended|acme/x]")
    found = [(e.value, e.detail["role"]) for e in scan_card(card, subject="dataset").of("data.named")]
    assert found == [("acme/x", "source")]


# ---------------------------------------------------------------- lineage

Base = tuple[str, str, str]


def bases(made: Made) -> list[Base]:
    return [
        (e.topic, e.value, e.detail["relation"]) for e in scan(made).evidence if e.topic.startswith("base.")
    ]


@pytest.mark.parametrize(
    ("id_", "card", "expected"),
    [
        ("acme/w", card_with("x", base_model="a/b"), [("base.named", "a/b", "finetune")]),
        ("acme/w", card_with("x", base_model="https://huggingface.co/a/b"), [("base.named", "a/b", "finetune")]),
        ("acme/w", card_with("x", base_models="a/b"), [("base.named", "a/b", "finetune")]),
        ("acme/w", card_with("x", base_model="[a/b, c/d]"), [("base.named", "a/b", "merge"), ("base.named", "c/d", "merge")]),
        ("acme/w", card_with("x", base_model="[a/b]", base_model_relation="quantized"), [("base.named", "a/b", "quantized")]),
        ("acme/w", card_with("x", base_model="[a/b]", base_model_relation="friend"), [("base.named", "a/b", "finetune")]),
        ("acme/w-GGUF", card_with("x", base_model="a/b"), [("base.named", "a/b", "quantized")]),
        ("acme/w-AWQ", card_with("x", base_model="a/b"), [("base.named", "a/b", "quantized")]),
        ("acme/w-lora", card_with("x", base_model="a/b"), [("base.named", "a/b", "adapter")]),
        ("acme/w-merge", card_with("x", base_model="a/b"), [("base.named", "a/b", "merge")]),
        ("acme/w-mlx", card_with("x", base_model="a/b"), [("base.named", "a/b", "conversion")]),
        ("acme/w", card_with("x", base_model="b/w"), [("base.named", "b/w", "conversion")]),
        ("acme/w", card_with("x", base_model="acme/w"), []),
        ("acme/w", "Fine-tuned from [b](https://huggingface.co/a/b).", [("base.named", "a/b", "finetune")]),
        ("acme/w", "Base model: [b](https://huggingface.co/a/b)", [("base.named", "a/b", "finetune")]),
        ("acme/w", "Quantized version of [b](https://huggingface.co/a/b)", [("base.named", "a/b", "quantized")]),
        ("acme/w", "Outperforms [b](https://huggingface.co/a/b), trained on x.", []),
        ("acme/w", "# See also\n\n- tuned from [b](https://huggingface.co/a/b)", []),
        ("acme/w", "Trained on [d](https://huggingface.co/datasets/a/b).", []),
        ("acme/Llama-3-8B-Wombat", "x", [("base.implied", "llama-3", "finetune")]),
        ("acme/Llama-2-7b-hf", "x", [("base.implied", "llama-2", "conversion")]),
        ("meta-llama/Llama-2-7b-hf", "x", [("base.implied", "llama-2", "conversion")]),
        ("acme/w", "Based on Llama 2.", [("base.implied", "llama-2", "finetune")]),
        ("acme/w", "A Llama-2-based chat model.", [("base.implied", "llama-2", "finetune")]),
        ("acme/w", "Initialized from Mistral-7B.", [("base.implied", "mistral-7b", "finetune")]),
        ("acme/w", "It outperforms Llama 2 on all.", []),
        ("acme/w", "It uses the Llama tokenizer.", []),
        ("acme/w", "Built on the Llama architecture.", []),
        ("acme/w", "Compared to Llama 3, ours is fine-tuned longer.", []),
        ("acme/w", "Trained on outputs of Llama 3.", []),
        ("acme/w", "Trained from scratch, not based on Llama 2.", []),
        ("acme/w", "# Models fine-tuned from this\n\n- based on Llama 2", []),
        ("acme/w", card_with("x", tags="[llama-2]"), [("base.implied", "llama-2", "finetune")]),
    ],
)  # fmt: skip
def test_a_base_is_what_the_model_was_made_from_and_nothing_else(
    id_: str, card: str, expected: list[Base]
) -> None:
    assert bases(Made(texts={"README.md": card}, id=id_)) == expected


def test_the_hub_s_tags_name_a_base_once() -> None:
    tags = ["base_model:a/b", "base_model:quantized:a/b"]
    card = card_with("x", base_model="a/b")
    assert bases(Made(texts={"README.md": card}, metadata={"tags": tags})) == [
        ("base.named", "a/b", "finetune")
    ]
    assert bases(Made(texts={"README.md": "x"}, metadata={"tags": tags[1:]})) == [
        ("base.named", "a/b", "quantized")
    ]


@pytest.mark.parametrize(
    ("base", "expected"),
    [("a/b", [("base.named", "a/b", "adapter")]), ("/home/me/b", []), ("../b", []), ("", []), (3, [])],
)
def test_an_adapter_s_configuration_names_its_base(base: object, expected: list[Base]) -> None:
    text = json.dumps({"base_model_name_or_path": base})
    assert bases(Made(texts={"adapter_config.json": text}, files=("adapter_model.safetensors",))) == expected


@pytest.mark.parametrize(
    ("text", "bases"),
    [
        ("It is fine-tuned from [Heron-7B](https://huggingface.co/lake/Heron-7B).", ["lake/Heron-7B"]),
        ("- Original model: [Heron 7B](https://huggingface.co/lake/Heron-7B)", ["lake/Heron-7B"]),
        ("[Heron](https://huggingface.co/lake/Heron-7B) fine-tuned on Spanish instructions.", ["lake/Heron-7B"]),
        ("We used the pretrained [heron](https://huggingface.co/lake/heron) model and fine-tuned it on pairs.", ["lake/heron"]),
        ("Wombat-7B-Chat was built by finetuning [Wombat-7B](https://huggingface.co/acme/Wombat-7B) on chats.", ["acme/Wombat-7B"]),
        ("This wombat is fine-tuned from [wombat-2](https://huggingface.co/acme/wombat-2-base).", ["acme/wombat-2-base"]),
        # what was made from this one
        ("This is a version for chats; a version made for it is [here](https://huggingface.co/acme/wombat-instruct).", []),
        ("Quantized version of [wombat](https://huggingface.co/acme/wombat-gguf)", []),
        # siblings, and what it shares something else with
        ("This is the base version. You can also visit the card of the [big model](https://huggingface.co/acme/big).", []),
        ("Its architecture is based on and identical to that of [Heron](https://huggingface.co/lake/heron).", []),
        ("Based on the [Heron architecture](https://huggingface.co/lake/heron-implementation).", []),
        ("It was trained on the same data sources as [Heron](https://huggingface.co/lake/heron).", []),
        ("<table><tr><td>Finetuned Model</td><td><a href=https://huggingface.co/acme/small>small</a></td></tr></table>", []),
    ],
)  # fmt: skip
def test_a_linked_model_is_a_base_where_the_words_beside_the_link_say_so(text: str, bases: list[str]) -> None:
    seen = scan(Made(texts={"README.md": f"# Wombat\n\n{text}\n"}, id="acme/wombat"))
    assert [e.value for e in seen.of("base.named")] == bases


def test_a_family_brings_what_is_known_of_its_license_and_of_its_own_bases() -> None:
    seen = scan(Made(texts={"README.md": "x"}, id="acme/alpaca-lora"))
    detail = first(seen, "base.implied").detail
    assert detail["families"] == "alpaca|llama-1"
    assert detail["license"] == "cc-by-nc-4.0|llama-1-research"


@pytest.mark.parametrize(
    ("id_", "card", "expected"),
    [
        # a line whose members are made from different models: the name or the card tells, as for anyone's
        ("princeton-nlp/gemma-2-9b-it-SimPO", "x", ["gemma-2"]),
        ("juyongjiang/CodeUp-Llama-3-8B", "x", ["llama-3"]),
        # by the facts: what its makers made it from, even behind another model of theirs
        ("moreh/MoMo-72B-lora-1.8.7-DPO", "Trained from [MoMo](https://huggingface.co/moreh/MoMo-72B-LoRA-V1.4) as its base.", ["qwen-1"]),
        ("teknium/OpenHermes-2.5-Mistral-7B", "x", ["mistral-7b"]),
        ("teknium/OpenHermes-2.5-Mistral-7B", card_with("x", base_model="acme/other"), []),
        # others' copies carry the family's license, a maker's own silence grants nothing
        ("NousResearch/Llama-2-7b-hf", "x", ["llama-2"]),
        ("meta-llama/Llama-2-7b", "x", []),
        ("mistralai/Mistral-7B-v0.1", "Compared with Llama 2, which is based on LLaMA.", []),
    ],
)  # fmt: skip
def test_a_known_line_names_what_it_is_made_from(id_: str, card: str, expected: list[str]) -> None:
    seen = scan(Made(texts={"README.md": card}, id=id_))
    assert [e.value for e in seen.evidence if e.topic == "base.implied"] == expected


def test_a_maker_s_own_repository_brings_what_is_known_of_its_family() -> None:
    seen = scan(Made(texts={"README.md": "x"}, id="meta-llama/Llama-2-7b-hf"))
    assert first(seen, "family.access").value == "gated"
    assert first(seen, "paper.own").value == "arxiv:2307.09288"
    assert first(seen, "paper.own").where.url == "https://arxiv.org/abs/2307.09288"
    copy = scan(Made(texts={"README.md": "x"}, id="acme/Llama-2-7b-copy"))
    assert not [e for e in copy.evidence if e.topic.startswith("family.") or e.topic == "paper.own"]


@pytest.mark.parametrize(
    ("gated", "topics_"), [(False, ["access.ungated"]), ("auto", ["access.gated"]), (None, [])]
)
def test_the_gate_is_told_as_the_hub_tells_it(gated: Any, topics_: list[str]) -> None:
    assert topics(scan(Made(access=Access(gated=gated))), "access.") == topics_


def test_a_dataset_has_no_base() -> None:
    assert (
        bases(Made(texts={"README.md": "Based on Llama 2."}, subject="dataset", id="acme/Llama-3-data")) == []
    )


# ---------------------------------------------------------------- files


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("model.safetensors", {("files.weights", "safetensors")}),
        ("pytorch_model-00001-of-00002.bin", {("files.weights", "pytorch")}),
        ("wombat.Q4_K_M.gguf", {("files.weights", "gguf")}),
        ("adapter_model.safetensors", {("files.adapter", "safetensors")}),
        ("optimizer.pt", {("files.optimizer", "pytorch")}),
        ("checkpoint-100/model.safetensors", {("files.weights", "safetensors"), ("files.intermediate", "checkpoint-100")}),
        ("train.py", {("files.training-script", "train.py")}),
        ("training/loop.py", {("files.training-script", "training/loop.py")}),
        ("scripts/pretrain_x.sh", {("files.training-script", "scripts/pretrain_x.sh")}),
        ("constrain.py", set()),
        ("src/restrained.py", set()),
        ("eval.py", {("files.evaluation-script", "eval.py")}),
        ("prepare_data.py", {("files.preprocessing-script", "prepare_data.py")}),
        ("all_results.json", {("files.training-config", "all_results.json"), ("files.evaluation-results", "all_results.json")}),
        ("modeling_wombat.py", {("files.modeling-code", "modeling_wombat.py")}),
        ("mergekit_config.yml", {("files.merge-config", "mergekit_config.yml")}),
        ("data/train.parquet", {("files.data", "data/train.parquet")}),
        ("tokenizer.json", {("files.tokenizer", "tokenizer.json")}),
        ("logo.png", set()),
    ],
)  # fmt: skip
def test_a_file_is_evidence_of_what_its_name_says(path: str, expected: set[tuple[str, str]]) -> None:
    seen = scan(Made(files=(path,)))
    assert {(e.topic, e.value) for e in seen.evidence if e.topic.startswith("files.")} == expected


def test_formats_are_counted_with_their_bytes() -> None:
    seen = scan(Made(files=("a.safetensors", "b.safetensors", "c.gguf")))
    assert {e.value: dict(e.detail) for e in seen.of("files.weights")} == {
        "safetensors": {"files": "2", "bytes": "20"}, "gguf": {"files": "1", "bytes": "10"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("config", "custom", "architecture"),
    [
        ({"architectures": ["WombatModel"], "auto_map": {"AutoModel": "modeling_wombat.WombatModel"}},
         ["modeling_wombat.WombatModel"], ["WombatModel"]),
        ({"architectures": "WombatModel", "auto_map": {}}, [], ["WombatModel"]),
        ({"architectures": [1, None, {"a": "b"}], "auto_map": [1]}, [], []),
        ([], [], []),
        ("x", [], []),
        (None, [], []),
    ],
)  # fmt: skip
def test_custom_code_and_architecture_are_read_from_the_configuration(
    config: object, custom: list[str], architecture: list[str]
) -> None:
    for made in (Made(texts={"config.json": json.dumps(config)}), Made(metadata={"config": config})):
        seen = scan(made)
        assert [e.value for e in seen.of("config.custom-code")] == custom
        assert [e.value for e in seen.of("config.architecture")] == architecture


@pytest.mark.parametrize("text", ["", "{", "[" * 5000, '{"auto_map":' * 5000, "\x00", "NaN"])
def test_a_broken_configuration_says_nothing(text: str) -> None:
    assert topics(scan(Made(texts={"config.json": text})), "config.") == []


def test_the_gate_and_whether_weights_can_be_had_are_evidence() -> None:
    seen = scan(Made(access=Access(gated="manual", downloadable=False)))
    assert [(e.topic, e.value) for e in seen.evidence if e.topic.startswith("access.")] == [
        ("access.gated", "manual"), ("access.downloadable", "no"),
    ]  # fmt: skip


# ---------------------------------------------------------------- sections and results

WORDS = " word" * 15


@pytest.mark.parametrize(
    ("card", "section"),
    [
        (f"# Intended use\n\n{WORDS}", "intended-use"),
        (f"# Uses\n\n## Direct\n\n{WORDS}", "intended-use"),
        (f"<h2>Limitations</h2>\n\n{WORDS}", "limitations"),
        (f"Bias, Risks, and Limitations\n---\n\n{WORDS}", "limitations"),
        (f"## Training procedure\n\n{WORDS}", "training"),
        (f"## Training Data\n\n{WORDS}", "training-data"),
        (f"**Evaluation**\n\n# Results\n\n{WORDS}", "evaluation"),
        (f"# How to use\n\n{WORDS}", "how-to-use"),
        ("# 使用场景\n\n本模型适用于对话、问答、写作和翻译等多种场景的任务。", "intended-use"),
        (
            "This model is intended for summarising long legal documents in the English language.",
            "intended-use",
        ),
    ],
)
def test_a_section_is_told_by_its_heading_or_by_the_sentences_that_stand_for_it(
    card: str, section: str
) -> None:
    assert int(first(scan_card(card), f"card.section.{section}").value) >= 10


@pytest.mark.parametrize(
    "card",
    [
        "# Bias, Risks, and Limitations\n\n[More Information Needed]",
        "# Limitations\n\n```\n" + WORDS + "\n```",
        "# Limitations\n\n<!-- " + WORDS + " -->",
        "# Limitations",
        "# Limitations\n\n# Next\n\n" + WORDS,
    ],
)
def test_template_text_code_and_comments_are_no_words_of_a_section(card: str) -> None:
    assert topics(scan_card(card), "card.section.limitations") == []


@pytest.mark.parametrize(
    ("card", "results"),
    [
        ("# Evaluation\n\n| Task | Acc |\n|---|---|\n| MMLU | 45.2 |\n| ARC | 50.1 |", ["table"]),
        ("It scores 45.1 on MMLU, 50.2 on ARC and 60.3 on HellaSwag.", ["prose"]),
        ("# Evaluation\n\nAccuracy is 93%.", ["prose"]),
        (
            card_with("x", **{"model-index": "[{results: [{metrics: [{type: acc, value: 0.5}]}]}]"}),
            ["model-index"],
        ),
        (card_with("x", **{"model-index": "[{results: 3}, 4, {results: [{metrics: [1]}]}]"}), []),
        ("| a | b |\n|---|---|\n| 1 | 2 |", []),
        ("We tested it.", []),
        ("It has 7 billion parameters and 32 layers.", []),
    ],
)
def test_numbers_are_results_where_a_metric_is_named(card: str, results: list[str]) -> None:
    assert [e.value for e in scan_card(card).of("evaluation.results")] == results


@pytest.mark.parametrize(
    ("card", "found"),
    [
        ("# Training\n\nlearning rate: 1e-4, batch size 32, 3 epochs: 3", True),
        ("# Training\n\n- learning_rate: 5e-05\n- train_batch_size: 8\n- seed: 42\n- num_epochs: 3", True),
        ("We trained it with Adam, for a while.", False),
        ("# Usage\n\nSet max tokens to 12, seed to 3, rank to 8.", False),
    ],
)
def test_three_hyper_parameters_with_values_are_a_recipe(card: str, found: bool) -> None:
    assert bool(topics(scan_card(card), "training.recipe")) is found


# ---------------------------------------------------------------- what could not be looked at


@pytest.mark.parametrize(
    ("unread", "areas"),
    [
        (Unread(path="README.md", reason="gated", message="gated"), {"card"}),
        (Unread(path="LICENSE", reason="too-large", message="too large"), {"license-texts"}),
        (Unread(path="LICENSE", reason="not-found", message="not there"), set()),
        (Unread(path="config.json", reason="network", message="cut off"), {"config"}),
        (Unread(path="logo.png", reason="network", message="cut off"), set()),
    ],
)
def test_what_could_not_be_read_leaves_its_area_unseen(unread: Unread, areas: set[str]) -> None:
    assert set(scan(Made(unread=(unread,))).unseen) == areas


def test_a_listing_that_broke_off_leaves_the_files_unseen() -> None:
    assert set(scan(Made(listing_complete=False)).unseen) == {"files"}


def test_the_hub_s_reading_of_the_card_stands_in_for_a_card_that_could_not_be_read() -> None:
    unread = Unread(path="README.md", reason="gated", message="gated")
    seen = scan(Made(unread=(unread,), metadata={"cardData": {"license": "mit"}}))
    assert [s.licenses for s in seen.statements] == [("MIT",)]
    assert set(seen.unseen) == {"card"}


@pytest.mark.parametrize(
    ("texts", "card"),
    [
        ({"README.md": "a", "readme.md": "b"}, "README.md"),
        ({"MODEL_CARD.md": "a"}, "MODEL_CARD.md"),
        ({"README.md": "", "MODEL_CARD.md": "a"}, "README.md"),
        ({"readme.md": "a", "model_card.md": "b"}, "readme.md"),
        ({"docs/README.md": "a"}, None),
    ],
)
def test_the_card_is_the_readme_or_what_stands_in_for_it(texts: dict[str, str], card: str | None) -> None:
    assert [e.value for e in scan(Made(texts=texts)).of("card.present")] == ([card] if card else [])


def test_a_card_that_is_cut_says_so() -> None:
    report = judge_card(card_with("word " * 100_000, license="mit"))
    assert "card-cut" in [finding.rule for finding in report.findings]
    short = judge_card(card_with("word " * 1000, license="mit"))
    assert "card-cut" not in [finding.rule for finding in short.findings]
