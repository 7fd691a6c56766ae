"""Whether a name (a variable, a key, an argument, a flag) says that its value is a model or a dataset."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_MODEL_WORDS = frozenset(
    (
        "model models modelname modelid llm llms lm vlm embedder embedders reranker rerankers ranker "
        "tokenizer tokenizers checkpoint checkpoints ckpt ckpts lora loras adapter adapters vae unet "
        "controlnet pretrained embedding embeddings encoder encoders transformer whisper asr stt tts "
        "diffusion refiner draft classifier summarizer translator ner sentiment vocoder backbone "
        "generator gguf merges captioner"
    ).split()
)
_DATASET_WORDS = frozenset(("dataset datasets corpus corpora trainset evalset").split())
_HUB_WORDS = frozenset(("hf huggingface hub repo repository").split())
_ID_WORDS = frozenset(("id ids name names repo path pretrained").split())
_NEITHER = frozenset(
    (
        "push pushed upload uploaded output outputs out save saved saving export dir dirs directory "
        "folder folders image images docker container license licence homepage doc docs docstring type "
        "types class classes cls arch archs architecture module modules component test tests testing "
        "expected template prefix suffix namespace author citation description title label labels "
        "version provider bucket s3 gcs file files filename extension format log logs route endpoint "
        "package packages import imports github git uses branch owner org organization organisation user "
        "username prompt prompts schema table tables query field fields mime content timezone tz locale "
        "theme icon view views tag tags topic config configs configuration example examples placeholder "
        "served help error message messages display"
    ).split()
)
_COULD_BE_GIT = frozenset(
    {("repo",), ("repo", "name"), ("repo", "path"), ("repository", "name"), ("repo", "id", "name")}
)
_NOT_EVEN_THEN = frozenset({"hub_model_id", "hub_dataset_id", "hub_repo_id", "hub_name"})


def words_of(name: str) -> tuple[str, ...]:
    """`modelNameOrPath`, `--model-name-or-path` and `MODEL_NAME_OR_PATH` are all (model, name, or, path)."""
    return tuple(word.lower() for word in _WORD.findall(name[:100]))


@lru_cache(maxsize=20_000)
def key_kind(name: str) -> Literal["model", "dataset"] | None:
    """What a value under this name is, or None. Names of what is written (`hub_model_id`, `output_dir`) are neither."""
    words = words_of(name) if re.fullmatch(r"[\w.$@:/-]+", name) else ()
    if not words or "_".join(words) in _NOT_EVEN_THEN:
        return None
    if any(word in _NEITHER for word in words):
        return None
    if any(word in _DATASET_WORDS for word in words):
        return "dataset"
    if any(word in _MODEL_WORDS for word in words):
        return "model"
    if "_".join(words).endswith("name_or_path"):
        return "model"
    if any(word in _HUB_WORDS for word in words) and any(word in _ID_WORDS for word in words):
        return "model" if words not in _COULD_BE_GIT else None
    return None


@lru_cache(maxsize=20_000)
def is_silent(name: str) -> bool:
    """Whether a name says nothing of its value, for or against: `small`, `name`, `fr_base`."""
    words = words_of(name) if re.fullmatch(r"[\w.$@:-]+", name) else ()
    return (
        bool(words) and not any(word in _NEITHER for word in words) and "_".join(words) not in _NOT_EVEN_THEN
    )


@lru_cache(maxsize=20_000)
def is_exact(name: str) -> bool:
    """Whether a name is only ever given to what a loader takes (`repo_id`, `model_name_or_path`): no second look is needed."""
    joined = "_".join(words_of(name))
    return joined.endswith(("repo_id", "name_or_path", "hub_id")) or joined in (
        "hf_model_id",
        "base_model",
        "pretrained",
    )


@lru_cache(maxsize=20_000)
def is_revision_of(name: str, key: str) -> bool:
    """Whether a sibling key says the revision of the value under `key`: `revision`, `model_revision`, `revision_of_model`."""
    words = words_of(name)
    if "revision" not in words and words[-2:] != ("commit", "hash"):
        return False
    rest = set(words) - {"revision", "of", "commit", "hash", "hf", "hub"}
    return not rest or bool(rest & set(words_of(key))) or (rest == {"model"} and key_kind(key) == "model")
