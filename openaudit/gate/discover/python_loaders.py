"""Which calls of Python load a model or dataset, and in which argument they name it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from openaudit.gate.discover import ids
from openaudit.gate.discover.sighting import Named

Reading = Callable[[str, ids.IsHere], Named | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loader:
    """One call: the places and keywords of what it loads, and how its strings are read."""

    places: tuple[int, ...] = (0,)
    keywords: tuple[str, ...] = ()
    reading: Reading = ids.loaded_model


def _sentence_transformer(text: str, is_here: ids.IsHere) -> Named | None:
    """Bare names are of the organisation `sentence-transformers`, as its library completes them."""
    if (named := ids.loaded_model(text, is_here)) is not None:
        return named
    if _SENTENCE_NAMES.fullmatch(text) and not is_here(text):
        return Named(target=f"sentence-transformers/{text}", kind="model", guessed=True)
    return None


_SENTENCE_NAMES = re.compile(
    r"(?:all|multi-qa|paraphrase|msmarco|distiluse|stsb|nli|clip-ViT|LaBSE|allenai-specter|gtr-t5|sentence-t5|average_word_embeddings|facebook-dpr"
    r"|quora|xlm-r|bert-base-nli|distilbert-base-nli|roberta-base-nli|bert-large-nli|roberta-large-nli|static-retrieval|static-similarity)(?:[-_][\w.-]+)?"
)


def _cross_encoder(text: str, is_here: ids.IsHere) -> Named | None:
    return ids.loaded_model(text, is_here)


_WHISPER = re.compile(
    r"(?:tiny|base|small|medium)(?:\.en)?|large(?:-v[123])?|(?:large-v3-)?turbo|distil-(?:small\.en|medium\.en|large-v(?:2|3|3\.5))"
)
_WHISPER_REPOSITORIES = {
    "large": "Systran/faster-whisper-large-v3",
    "turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "distil-large-v3.5": "distil-whisper/distil-large-v3.5-ct2",
}


def _faster_whisper(text: str, is_here: ids.IsHere) -> Named | None:
    """A size is the repository that faster-whisper downloads for it. Source: faster_whisper/utils.py."""
    if (named := ids.loaded_model(text, is_here)) is not None:
        return named
    if _WHISPER.fullmatch(text) and not is_here(text):
        size = text.removeprefix("distil-") if text.startswith("distil-") else ""
        usual = f"Systran/faster-distil-whisper-{size}" if size else f"Systran/faster-whisper-{text}"
        return Named(target=_WHISPER_REPOSITORIES.get(text, usual), kind="model", guessed=True)
    return None


SPACY = re.compile(r"[a-z]{2,3}_(?:core|dep|ent|sent|pipeline|udv25)_[a-z0-9]+_(?:sm|md|lg|trf)")


def spacy_model(text: str, is_here: ids.IsHere = lambda path: False) -> Named | None:
    """spaCy's own pipelines are on the Hub under the organisation `spacy`."""
    if SPACY.fullmatch(text):
        return Named(target=f"spacy/{text}", kind="model", guessed=True)
    return ids.loaded_model(text, is_here) if "/" in text else None


def _timm(text: str, is_here: ids.IsHere) -> Named | None:
    """timm's `architecture.tag` names are on the Hub under the organisation `timm`; without a tag they only build."""
    for prefix in ("timm/", "hf-hub:timm/", "hf_hub:timm/"):
        if text.startswith(prefix):
            return ids.loaded_model("timm/" + text[len(prefix) :])
    if text.startswith(("hf-hub:", "hf_hub:")):
        return ids.hub_address(text)
    if re.fullmatch(r"[a-z][a-z0-9_]{3,60}\.[a-z][a-z0-9_]{2,60}", text):
        return Named(target=f"timm/{text}", kind="model", guessed=True)
    return None


def _ollama(text: str, is_here: ids.IsHere) -> Named | None:
    return ids.ollama_model(text)


def _routed(text: str, is_here: ids.IsHere) -> Named | None:
    """A name whose prefix says who serves it, else a name of the Hub."""
    return ids.keyed_model(text, is_here)


def _any_loaded(text: str, is_here: ids.IsHere) -> Named | None:
    """For calls whose name is used for much else: only what also looks like a model's name."""
    named = ids.keyed_model(text, is_here)
    return named if named is not None else ids.hub_address(text)


_MODEL = ("model", "model_name", "model_id", "model_name_or_path", "model_path", "repo_id", "path")
_REPO = ("repo_id", "repo")

LOADERS: Mapping[str, Loader] = {
    "from_pretrained": Loader(
        places=(0, 1),
        keywords=("pretrained_model_name_or_path", "pretrained_model_link_or_path", "pretrained_model_name", "model_name_or_path",
                  "model_id", "repo_id", "model_name", "model", "name", "checkpoint", "pretrained_path", "path", "repo"),
    ),
    "from_quantized": Loader(keywords=("model_name_or_path", "quant_path", "model_id", "model_path")),
    "from_finetuned": Loader(keywords=("model_name_or_path",)),
    "from_model_id": Loader(keywords=("model_id", "model_name")),
    "from_single_file": Loader(keywords=("pretrained_model_link_or_path", "pretrained_model_link_or_path_or_dict")),
    "from_preset": Loader(keywords=("preset",), reading=_any_loaded),
    "from_hparams": Loader(keywords=("source",)),
    "from_hf": Loader(keywords=_MODEL),
    "from_hub": Loader(keywords=(*_MODEL, "dataset")),
    "from_huggingface": Loader(keywords=(*_MODEL, "tokenizer")),
    "load_lora_weights": Loader(keywords=("pretrained_model_name_or_path_or_dict",)),
    "load_lora_adapter": Loader(keywords=("pretrained_model_name_or_path_or_dict",)),
    "load_textual_inversion": Loader(keywords=("pretrained_model_name_or_path",)),
    "load_ip_adapter": Loader(keywords=("pretrained_model_name_or_path_or_dict",)),
    "load_adapter": Loader(keywords=("peft_model_id", "model_id", "adapter_name_or_path")),
    "snapshot_download": Loader(keywords=_REPO),
    "hf_hub_download": Loader(keywords=_REPO),
    "hf_hub_url": Loader(keywords=_REPO),
    "cached_file": Loader(keywords=("path_or_repo_id",)),
    "cached_download": Loader(keywords=("url",)),
    "try_to_load_from_cache": Loader(keywords=_REPO),
    "get_kernel": Loader(keywords=_REPO),
    "from_pretrained_keras": Loader(),
    "load_from_hub": Loader(keywords=_REPO),
    "model_info": Loader(keywords=_REPO),
    "repo_info": Loader(keywords=_REPO),
    "list_repo_files": Loader(keywords=_REPO),
    "list_repo_tree": Loader(keywords=_REPO),
    "dataset_info": Loader(keywords=_REPO, reading=ids.loaded_dataset),
    "load_dataset": Loader(keywords=("path", "dataset_name", "name_or_path"), reading=ids.loaded_dataset),
    "load_dataset_builder": Loader(keywords=("path",), reading=ids.loaded_dataset),
    "get_dataset_config_names": Loader(keywords=("path",), reading=ids.loaded_dataset),
    "get_dataset_split_names": Loader(keywords=("path",), reading=ids.loaded_dataset),
    "pipeline": Loader(places=(1, 0), keywords=("model", "tokenizer", "feature_extractor", "image_processor", "processor")),
    "SentenceTransformer": Loader(keywords=("model_name_or_path", "model_name"), reading=_sentence_transformer),
    "SparseEncoder": Loader(keywords=("model_name_or_path",), reading=_sentence_transformer),
    "CrossEncoder": Loader(keywords=("model_name_or_path", "model_name"), reading=_cross_encoder),
    "HuggingFaceEmbeddings": Loader(places=(), keywords=("model_name", "model"), reading=_sentence_transformer),
    "HuggingFaceEmbedding": Loader(keywords=("model_name",), reading=_sentence_transformer),
    "SentenceTransformerEmbeddings": Loader(places=(), keywords=("model_name", "model"), reading=_sentence_transformer),
    "SentenceTransformerEmbeddingFunction": Loader(keywords=("model_name",), reading=_sentence_transformer),
    "SentenceTransformersTextEmbedder": Loader(keywords=("model",), reading=_sentence_transformer),
    "SentenceTransformersDocumentEmbedder": Loader(keywords=("model",), reading=_sentence_transformer),
    "BERTopic": Loader(places=(), keywords=("embedding_model",), reading=_sentence_transformer),
    "KeyBERT": Loader(keywords=("model",), reading=_sentence_transformer),
    "LLM": Loader(keywords=("model", "tokenizer", "path", "speculative_model"), reading=_routed),
    "AsyncEngineArgs": Loader(keywords=("model", "tokenizer")),
    "EngineArgs": Loader(keywords=("model", "tokenizer")),
    "Engine": Loader(places=(), keywords=("model_path", "tokenizer_path")),
    "WhisperModel": Loader(keywords=("model_size_or_path",), reading=_faster_whisper),
    "load_model": Loader(places=(0, 1), keywords=_MODEL, reading=_any_loaded),
    "load": Loader(places=(), keywords=("path_or_hf_repo", "hf_repo"), reading=_any_loaded),
    "create_model": Loader(keywords=("model_name",), reading=_timm),
    "FlagModel": Loader(), "BGEM3FlagModel": Loader(), "FlagReranker": Loader(), "FlagLLMModel": Loader(),
    "FlagLLMReranker": Loader(), "LayerWiseFlagLLMReranker": Loader(), "FlagICLModel": Loader(),
    "AutoModel": Loader(places=(), keywords=("model",), reading=_any_loaded),
    "InferenceClient": Loader(keywords=("model",)),
    "AsyncInferenceClient": Loader(keywords=("model",)),
    "completion": Loader(keywords=("model",), reading=_routed),
    "acompletion": Loader(keywords=("model",), reading=_routed),
    "init_chat_model": Loader(keywords=("model",), reading=_routed),
    "init_embeddings": Loader(keywords=("model",), reading=_routed),
    "resolve_embed_model": Loader(keywords=("embed_model",), reading=_routed),
    "LM": Loader(keywords=("model",), reading=_routed),
    "Agent": Loader(keywords=("model",), reading=_routed),
    "Embeddings": Loader(keywords=("path",), reading=_any_loaded),
}  # fmt: skip
"""The last name of a call to what it loads."""

OLLAMA_CALLS = frozenset({"chat", "generate", "pull", "embed", "embeddings", "show", "create"})
OLLAMA = Loader(keywords=("model", "model_name", "model_id", "name"), reading=_ollama)
"""`ChatOllama(model="llama3")`, `ollama.chat(...)`: any call whose name, or whose object's name, says Ollama."""
SPACY_LOAD = Loader(keywords=("name",), reading=spacy_model)
FIRST_ARGUMENT = Loader(reading=_any_loaded)
"""A class or function of a library that is made to load models, called with a name first."""

LIBRARIES = frozenset(
    (
        "transformers sentence_transformers vllm FlagEmbedding diffusers faster_whisper whisperx gliner "
        "langchain_huggingface langchain_community llama_index haystack haystack_integrations txtai "
        "setfit fastembed ctransformers mlx_lm mlx_vlm outlines guidance keybert bertopic flair optimum "
        "peft trl unsloth lmdeploy sglang speechbrain pyannote nemo parler_tts ragatouille rerankers "
        "model2vec pylate adapters simpletransformers happytransformer span_marker sentence_splitter "
        "colpali_engine transformer_lens nnsight auto_gptq awq gptqmodel exllamav2 openvino_genai "
        "onnxruntime_genai transformers_js_py huggingface_hub open_clip timm smolagents tei dspy llm2vec "
        "instructor InstructorEmbedding spacy_llm detoxify chonkie tokenizers llmlingua "
        "presidio_analyzer spandrel controlnet_aux kokoro TTS"
    ).split()
)
WRITERS = frozenset(
    (
        "push_to_hub push_to_hub_merged push_to_hub_gguf create_repo upload_file upload_folder "
        "upload_large_folder create_commit delete_repo delete_file save_pretrained "
        "save_pretrained_merged create_branch create_tag move_repo update_repo_settings "
        "update_repo_visibility create_pull_request Repository create_model_card model_card push "
        "preupload_lfs_files super_squash_history push_dataset_to_hub push_from_mem add_collection_item"
    ).split()
)
"""Calls that write to the Hub: what they name is made, not used."""
NOT_CALLS = re.compile(
    r"docstring|^(?:patch|assert\w*|print|warn|warning|info|debug|error|exception|log|Mock|MagicMock|skip\w*|raises|"
    r"startswith|endswith|replace|split|join|match|search|fullmatch|compile|sub|ValueError|\w*Error|Path|open|exists)$"
)
"""Calls in which an id is a word and not a thing to load."""
