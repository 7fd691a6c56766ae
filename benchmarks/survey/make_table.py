"""Write a Parquet table of made-up models with realistic cards, in one of the two public schemas.

    python -m benchmarks.survey.make_table CORPUS OUT.parquet [--rows 200000] [--schema cards|stats] [--seed 0]

CORPUS is a folder of real repositories (`models/<owner>__<name>/README.md`), read at run time; nothing of it is kept
in the project. The same corpus, seed and number of rows give the same table.

What the mix rests on:
- 44 % of the repositories have a card with text: 32,111 of 74,970 (Liang et al. 2024, arXiv:2402.05160) are 43 %.
- 36 % declare a license: 64.4 % of 1,873,342 do not (RamaLama, "Data shows public AI repos may be quietly becoming a
  supply chain risk", 2025); which ones, by the counts of LiScan AI's public table.
- Most cards are templates or written by tools ("model cards ... turn, more often, to templates and automatically
  generated text": Laufer et al. 2025, arXiv:2508.06811). How the kinds share them is our assumption: see KINDS. The
  benchmark prints the time of each kind, so that other shares can be put in.
- Cards written by hand are put together from the corpus, block by block, with every block changed: three words in ten
  are swapped for other words of the corpus, numbers are drawn anew, and three headings in ten are changed too. So no
  two hold the same sentence, and none is shorter or simpler than those of well-known models, which are long.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

KINDS: Mapping[str, float] = {
    "none": 0.45,
    "metadata": 0.11,
    "template": 0.12,
    "trainer": 0.11,
    "trl": 0.04,
    "adapter": 0.03,
    "quantized": 0.04,
    "game": 0.02,
    "hand": 0.08,
}
"""The kinds of card, and the share of each."""
LICENSES: Mapping[str, int] = {
    "apache-2.0": 249_075, "mit": 92_116, "openrail": 35_295, "creativeml-openrail-m": 26_738, "cc-by-nc-4.0": 12_892,
    "llama3": 9_898, "llama2": 9_682, "llama3.1": 6_858, "cc-by-4.0": 5_841, "other": 30_000, "gemma": 12_000,
    "afl-3.0": 4_000, "unknown": 6_000, "cc-by-sa-4.0": 4_000, "cc-by-nc-sa-4.0": 6_000, "bsd-3-clause": 2_500,
    "gpl-3.0": 4_000, "llama3.2": 7_000, "bigscience-bloom-rail-1.0": 2_000, "cc0-1.0": 1_500,
}  # fmt: skip
"""Declared licenses and how many models have them; the round numbers are guesses."""
BASES: Sequence[tuple[str, str]] = (
    ("google-bert/bert-base-uncased", "apache-2.0"), ("distilbert/distilbert-base-uncased", "apache-2.0"),
    ("openai/whisper-small", "apache-2.0"), ("openai-community/gpt2", "mit"), ("google-t5/t5-small", "apache-2.0"),
    ("FacebookAI/roberta-base", "mit"), ("FacebookAI/xlm-roberta-base", "mit"), ("facebook/wav2vec2-xls-r-300m", "apache-2.0"),
    ("google/vit-base-patch16-224-in21k", "apache-2.0"), ("mistralai/Mistral-7B-v0.1", "apache-2.0"),
    ("mistralai/Mistral-7B-Instruct-v0.2", "apache-2.0"), ("meta-llama/Llama-2-7b-hf", "llama2"),
    ("meta-llama/Meta-Llama-3-8B", "llama3"), ("meta-llama/Llama-3.1-8B-Instruct", "llama3.1"),
    ("meta-llama/Llama-3.2-1B", "llama3.2"), ("Qwen/Qwen2.5-7B-Instruct", "apache-2.0"), ("Qwen/Qwen2.5-1.5B", "apache-2.0"),
    ("Qwen/Qwen3-8B", "apache-2.0"), ("google/gemma-2b", "gemma"), ("google/gemma-2-9b-it", "gemma"),
    ("microsoft/phi-2", "mit"), ("TinyLlama/TinyLlama-1.1B-Chat-v1.0", "apache-2.0"),
    ("stabilityai/stable-diffusion-xl-base-1.0", "openrail++"), ("runwayml/stable-diffusion-v1-5", "creativeml-openrail-m"),
    ("black-forest-labs/FLUX.1-dev", "other"), ("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "mit"),
)  # fmt: skip
_USERS = 60_000
_ROW_GROUP = 10_000
_WORD = re.compile(r"[A-Za-z]{4,}")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_TASKS = (
    "text-generation", "text-classification", "automatic-speech-recognition", "image-classification", "text-to-image",
    "token-classification",
)  # fmt: skip
_SETS = (
    "imdb", "emotion", "conll2003", "common_voice", "imagefolder", "glue", "squad", "xtreme", "HuggingFaceH4/ultrachat_200k",
    "tatsu-lab/alpaca",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Corpus:
    """Blocks of real cards by kind of section, their front matter, and their words."""

    cards: tuple[tuple[str, ...], ...]
    fronts: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """One made-up repository."""

    id: str
    kind: str
    card: str | None
    tags: tuple[str, ...]
    data: Mapping[str, Any]
    files: tuple[str, ...]
    library: str | None
    task: str | None
    number: int


def read_corpus(folder: Path) -> Corpus:
    """All cards below `models/`, cut at blank lines outside of code."""
    cards, fronts, words = [], [], set()
    for path in sorted((folder / "models").glob("*/README.md")):
        text = path.read_text(encoding="utf-8", errors="replace")
        front, body = _split(text)
        fronts.append(front)
        cards.append(tuple(_blocks(body)))
        words.update(_WORD.findall(body))
    return Corpus(tuple(cards), tuple(fronts), tuple(sorted(words)))


def _split(text: str) -> tuple[str, str]:
    match = re.match(r"\A\s*---\n(.*?)\n---\s*\n", text, re.DOTALL)
    return (match[1], text[match.end() :]) if match else ("", text)


def _blocks(body: str) -> Iterator[str]:
    held: list[str] = []
    fenced = False
    for line in body.split("\n"):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        if not line.strip() and not fenced:
            if held:
                yield "\n".join(held)
            held = []
        else:
            held.append(line)
    if held:
        yield "\n".join(held)


def models(corpus: Corpus, rows: int, seed: int) -> Iterator[Model]:
    """So many models, each drawn by itself."""
    for number in range(rows):
        yield _model(corpus, number, random.Random(f"{seed}/{number}"))


def _model(corpus: Corpus, number: int, draw: random.Random) -> Model:
    kind = draw.choices(list(KINDS), list(KINDS.values()))[0]
    base, base_license = draw.choice(BASES)
    name = _name(kind, base, number, draw)
    with_base = kind in ("trainer", "trl", "adapter", "quantized") or (
        kind in ("hand", "metadata") and draw.random() < 0.35
    )
    # licenses are declared in cards only; so those that have a card declare theirs more often than all do
    license_ = None
    if kind != "none" and draw.random() < 0.36 / (1 - KINDS["none"]):
        keep = with_base and draw.random() < 0.7
        license_ = base_license if keep else draw.choices(list(LICENSES), list(LICENSES.values()))[0]
    task = draw.choice(_TASKS) if draw.random() < 0.6 else None
    data: dict[str, Any] = {}
    if license_:
        data["license"] = license_
    if license_ == "other" and draw.random() < 0.5:
        data |= {
            "license_name": draw.choice(
                ("model-license", "flux-1-dev-non-commercial-license", "research-only")
            ),
            "license_link": "LICENSE",
        }
    if with_base:
        data["base_model"] = base
    data |= _data(kind, draw)
    card = _card(corpus, kind, name, base, data, draw)
    weights = (
        "model.gguf"
        if kind == "quantized"
        else "adapter_model.safetensors"
        if kind == "adapter"
        else "model.safetensors"
    )
    holds = draw.random() < 0.88
    tags = [*([data["library_name"]] if "library_name" in data else []), *(data.get("tags", ()))]
    tags += ["gguf" if kind == "quantized" else "safetensors"] if holds else []
    tags += [f"license:{license_}"] if license_ else []
    tags += (
        [
            f"base_model:{base}",
            f"base_model:{'quantized' if kind == 'quantized' else 'adapter' if kind == 'adapter' else 'finetune'}:{base}",
        ]
        if with_base
        else []
    )
    tags += ["region:us"]
    files = (
        ".gitattributes",
        *(["README.md"] if card is not None else []),
        "config.json",
        *([weights] if holds else []),
    )
    library = data.get("library_name") or ("transformers" if draw.random() < 0.6 else None)
    return Model(
        name,
        kind,
        card,
        tuple(dict.fromkeys(tags)),
        data if card is not None else {},
        files,
        library,
        task,
        number,
    )


def _name(kind: str, base: str, number: int, draw: random.Random) -> str:
    user = f"user{draw.randrange(_USERS)}"
    short = base.split("/")[1]
    tail = {
        "trainer": f"{short}-finetuned-{draw.choice(_SETS).split('/')[-1]}-{number}",
        "trl": f"{short}-sft-{number}",
        "adapter": f"{short}-lora-{number}",
        "quantized": f"{short}-{number}-GGUF",
        "game": f"ppo-LunarLander-v2-{number}",
    }.get(
        kind,
        f"{draw.choice(('model', 'my-model', 'test', 'bert', 'checkpoint', 'exp', 'sentiment', 'flower'))}-{number}",
    )
    return f"{user}/{tail}"


def _data(kind: str, draw: random.Random) -> dict[str, Any]:
    """Further front matter, as the tools that write cards of the kind put it there."""
    if kind == "trainer":
        metrics = [
            {"name": name.title(), "type": name, "value": round(draw.random(), 4)}
            for name in ("accuracy", "f1")
        ]
        named = {"name": "Text", "type": "text-classification"}
        results = [
            {
                "task": named,
                "dataset": {"name": "set", "type": draw.choice(_SETS), "args": "split"},
                "metrics": metrics,
            }
        ]
        data: dict[str, Any] = {
            "library_name": "transformers",
            "tags": ["generated_from_trainer"],
            "datasets": [draw.choice(_SETS)],
        }
        return data | {"metrics": ["accuracy", "f1"], "model-index": [{"name": "run", "results": results}]}
    if kind == "trl":
        return {
            "library_name": "transformers",
            "tags": ["text-generation-inference", "transformers", "unsloth", "llama", "trl"],
            "language": ["en"],
        }
    if kind == "adapter":
        return {"library_name": "peft", "tags": ["lora"]}
    if kind == "quantized":
        return {
            "language": ["en"],
            "library_name": "transformers",
            "quantized_by": "someone",
            "tags": ["gguf"],
        }
    if kind == "game":
        metrics = [
            {
                "type": "mean_reward",
                "value": f"{draw.uniform(50, 280):.2f} +/- {draw.uniform(5, 40):.2f}",
                "name": "mean_reward",
            }
        ]
        results = [
            {
                "task": {"type": "reinforcement-learning"},
                "dataset": {"name": "LunarLander-v2", "type": "LunarLander-v2"},
                "metrics": metrics,
            }
        ]
        return {
            "library_name": "stable-baselines3",
            "tags": ["LunarLander-v2", "deep-reinforcement-learning"],
            "model-index": [{"name": "PPO", "results": results}],
        }
    if kind == "template":
        return {"library_name": "transformers", "tags": []}
    return {"language": ["en"], "tags": ["text"]} if draw.random() < 0.5 else {}


def _card(
    corpus: Corpus, kind: str, name: str, base: str, data: Mapping[str, Any], draw: random.Random
) -> str | None:
    if kind == "none":
        return None
    head = _front(data)
    if kind == "metadata":
        return head
    if kind == "template":
        from huggingface_hub import ModelCard, ModelCardData

        made = _template.get("text") or str(ModelCard.from_template(ModelCardData()))
        _template["text"] = made
        return head + _split(made)[1]
    if kind == "hand":
        return _by_hand(corpus, data, draw)
    written = {"trainer": _trainer, "trl": _trl, "adapter": _adapter, "quantized": _quantized, "game": _game}
    return head + written[kind](name, base, draw)


_template: dict[str, str] = {}


def _front(data: Mapping[str, Any]) -> str:
    import yaml

    return f"---\n{yaml.safe_dump(dict(data), sort_keys=False)}---\n" if data else ""


def _trainer(name: str, base: str, draw: random.Random) -> str:
    rows = "\n".join(
        f"| {draw.random():.4f} | {epoch}.0 | {epoch * 313} | {draw.random():.4f} | {draw.random():.4f} |"
        for epoch in range(1, draw.randrange(2, 12))
    )
    return f"""
<!-- This card was written by the training tool. Proofread and complete it, then remove this remark. -->

# {name.split("/")[1]}

This model is a fine-tuned version of [{base}](https://huggingface.co/{base}) on the {draw.choice(_SETS)} dataset.
It achieves the following results on the evaluation set:
- Loss: {draw.random():.4f}
- Accuracy: {draw.random():.4f}
- F1: {draw.random():.4f}

## Model description

More information needed

## Intended uses & limitations

More information needed

## Training and evaluation data

More information needed

## Training procedure

### Training hyperparameters

The following hyperparameters were used during training:
- learning_rate: {draw.choice(("2e-05", "5e-05", "1e-04", "3e-04"))}
- train_batch_size: {draw.choice((8, 16, 32, 64))}
- eval_batch_size: {draw.choice((8, 16, 32))}
- seed: {draw.choice((42, 0, 1337))}
- optimizer: Adam with betas=(0.9,0.999) and epsilon=1e-08
- lr_scheduler_type: linear
- num_epochs: {draw.randrange(1, 20)}

### Training results

| Training Loss | Epoch | Step | Validation Loss | Accuracy |
|:-------------:|:-----:|:----:|:---------------:|:--------:|
{rows}


### Framework versions

- Transformers 4.{draw.randrange(10, 50)}.{draw.randrange(4)}
- Pytorch 2.{draw.randrange(6)}.0+cu1{draw.randrange(16, 25)}
- Datasets 2.{draw.randrange(10, 20)}.0
- Tokenizers 0.{draw.randrange(13, 20)}.1
"""


def _trl(name: str, base: str, draw: random.Random) -> str:
    return f"""
# Uploaded model

- **Developed by:** {name.split("/")[0]}
- **License:** apache-2.0
- **Finetuned from model :** {base}

This {draw.choice(("llama", "mistral", "qwen2"))} model was trained 2x faster with a fine-tuning tool
and the TRL library.
"""


def _adapter(name: str, base: str, draw: random.Random) -> str:
    return f"""
# Model Card for {name.split("/")[1]}

This adapter was trained from [{base}](https://huggingface.co/{base}).

## Training procedure

The following quantization config was used during training:
- load_in_4bit: True
- bnb_4bit_quant_type: nf4
- bnb_4bit_compute_dtype: bfloat16
- lora_r: {draw.choice((8, 16, 32, 64))}

### Framework versions

- PEFT 0.{draw.randrange(4, 16)}.{draw.randrange(3)}
"""


def _quantized(name: str, base: str, draw: random.Random) -> str:
    rows = "\n".join(
        f"| [GGUF](https://huggingface.co/{name}/resolve/main/model.{kind}.gguf) | {kind} | {draw.uniform(0.5, 9):.1f} | {note} |"
        for kind, note in (
            ("Q2_K", ""),
            ("Q3_K_S", ""),
            ("Q4_K_M", "fast, recommended"),
            ("Q5_K_M", ""),
            ("Q6_K", "very good quality"),
            ("Q8_0", "fast, best quality"),
        )
    )
    return f"""
## About

static quants of https://huggingface.co/{base}

## Usage

If you are unsure how to use GGUF files, refer to one of the public READMEs for more details, including on how to
concatenate multi-part files.

## Provided Quants

(sorted by size, not necessarily quality)

| Link | Type | Size/GB | Notes |
|:-----|:-----|--------:|:------|
{rows}
"""


def _game(name: str, base: str, draw: random.Random) -> str:
    return f"""
# **PPO** Agent playing **LunarLander-v2**

This is a trained model of a **PPO** agent playing **LunarLander-v2**
using the [stable-baselines3 library](https://github.com/DLR-RM/stable-baselines3).

## Usage (with Stable-baselines3)

TODO: Add your code

```python
from stable_baselines3 import PPO
from huggingface_sb3 import load_from_hub

model = load_from_hub("{name}", "ppo.zip")
```
"""


def _by_hand(corpus: Corpus, data: Mapping[str, Any], draw: random.Random) -> str:
    """A card of as many blocks as one of the corpus has, of that one and four others, every block changed."""
    which = draw.randrange(len(corpus.cards))
    length = len(corpus.cards[which])
    sources = [corpus.cards[which], *(draw.choice(corpus.cards) for _ in range(4))]
    blocks = []
    for at in range(length):
        source = draw.choice(sources)
        if source:
            blocks.append(_changed(source[min(at, len(source) - 1)], corpus.words, draw))
    front = corpus.fronts[which]
    if len(front) > 5_000:  # the long result lists of embedding models, as often as in the corpus
        return f"---\n{front}\n---\n" + "\n\n".join(blocks) + "\n"
    return _front(data) + "\n\n".join(blocks) + "\n"


def _changed(block: str, words: Sequence[str], draw: random.Random) -> str:
    if block.lstrip().startswith("#") and draw.random() < 0.7:
        return block
    share = 0.3

    def swap(match: re.Match[str]) -> str:
        return draw.choice(words) if draw.random() < share else match[0]

    block = _WORD.sub(swap, block)
    return _NUMBER.sub(
        lambda match: str(draw.randrange(10 ** min(4, len(match[0])))) if draw.random() < 0.5 else match[0],
        block,
    )


# ---------------------------------------------------------------- the two public schemas

CARDS = pa.schema(
    [
        ("modelId", pa.string()), ("author", pa.string()), ("last_modified", pa.timestamp("us", tz="UTC")),
        ("downloads", pa.int64()), ("likes", pa.int64()), ("library_name", pa.string()), ("tags", pa.list_(pa.string())),
        ("pipeline_tag", pa.string()), ("createdAt", pa.timestamp("us", tz="UTC")), ("card", pa.string()),
    ]
)  # fmt: skip
STATS = pa.schema(
    [
        ("_id", pa.string()), ("id", pa.string()), ("author", pa.string()), ("sha", pa.string()), ("cardData", pa.string()),
        ("siblings", pa.list_(pa.struct([("rfilename", pa.string())]))), ("tags", pa.list_(pa.string())), ("gated", pa.string()),
        ("disabled", pa.bool_()), ("private", pa.bool_()), ("library_name", pa.string()), ("pipeline_tag", pa.string()),
        ("downloads", pa.int64()), ("likes", pa.int64()), ("createdAt", pa.timestamp("us", tz="UTC")),
        ("lastModified", pa.timestamp("us", tz="UTC")), ("config", pa.string()),
        ("safetensors", pa.struct([("parameters", pa.struct([("F32", pa.int64())])), ("total", pa.int64())])),
        ("baseModels", pa.struct([("relation", pa.string()), ("models", pa.list_(pa.struct([("id", pa.string())])))])),
    ]
)  # fmt: skip
_DAY_US = 86_400_000_000
_FIRST_US = 1_646_263_744_000_000


def card_row(model: Model) -> dict[str, Any]:
    """A row of `librarian-bots/model_cards_with_metadata`."""
    made = _FIRST_US + model.number % 1_500 * _DAY_US
    return {
        "modelId": model.id, "author": model.id.split("/")[0], "last_modified": made, "downloads": model.number % 97,
        "likes": model.number % 7,
        "library_name": model.library, "tags": list(model.tags), "pipeline_tag": model.task, "createdAt": made, "card": model.card,
    }  # fmt: skip


def stats_row(model: Model) -> dict[str, Any]:
    """A row of `cfahlgren1/hub-stats`, table `models`."""
    made = _FIRST_US + model.number % 1_500 * _DAY_US
    base = model.data.get("base_model")
    return {
        "_id": f"{model.number:024x}", "id": model.id, "author": model.id.split("/")[0], "sha": f"{model.number:040x}",
        "cardData": json.dumps(model.data) if model.data else None, "siblings": [{"rfilename": f} for f in model.files],
        "tags": list(model.tags), "gated": "False", "disabled": False, "private": False, "library_name": model.library,
        "pipeline_tag": model.task, "downloads": model.number % 97, "likes": model.number % 7, "createdAt": made, "lastModified": made,
        "config": json.dumps({"architectures": ["BertModel"], "model_type": "bert"}), "safetensors": None,
        "baseModels": {"relation": "finetune", "models": [{"id": base}]} if base else None,
    }  # fmt: skip


def write_table(
    corpus: Corpus, out: Path, *, rows: int, schema: str = "cards", seed: int = 0
) -> dict[str, int]:
    """Write the table; the number of rows of each kind."""
    shape, row_of = (CARDS, card_row) if schema == "cards" else (STATS, stats_row)
    kinds: dict[str, int] = {}
    held: list[dict[str, Any]] = []
    with pq.ParquetWriter(out, shape, compression="zstd") as writer:
        for model in models(corpus, rows, seed):
            kinds[model.kind] = kinds.get(model.kind, 0) + 1
            held.append(row_of(model))
            if len(held) == _ROW_GROUP:
                writer.write_table(pa.Table.from_pylist(held, schema=shape))
                held = []
        if held:
            writer.write_table(pa.Table.from_pylist(held, schema=shape))
    return kinds


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--schema", choices=("cards", "stats"), default="cards")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    kinds = write_table(
        read_corpus(arguments.corpus),
        arguments.out,
        rows=arguments.rows,
        schema=arguments.schema,
        seed=arguments.seed,
    )
    print(f"{arguments.rows} models, {arguments.out.stat().st_size / 1e6:.1f} MB: {kinds}")


if __name__ == "__main__":
    main()
