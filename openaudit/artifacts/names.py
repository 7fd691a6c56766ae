"""What a file in a model's repository is for, told from its name alone, and how far a checkpoint was trained."""

import re
from collections.abc import Iterable
from typing import Literal, get_args

Kind = Literal[
    "weights", "adapter_weights", "optimizer_state", "tokenizer", "tokenizer_config", "config", "generation_config",
    "adapter_config", "weights_index", "merge_config", "modeling_code", "code", "notebook", "evaluation_results",
    "data", "card", "license", "notice", "use_policy", "image", "media", "documentation", "other",
]  # fmt: skip
KINDS: tuple[str, ...] = get_args(Kind)

# The first row that matches decides. "/" in a pattern matches the whole path, the others the last part of it.
# Names are compared in lower case; the example is what the row is for, and a test runs it.
_RULES: tuple[tuple[Kind, str, str], ...] = (
    (
        "card",
        r"^(readme|model_?card|dataset_?card|data_?card)(\.(md|markdown|rst|txt|mdx|pdf))?$",
        "README.md",
    ),
    (
        "use_policy",
        (
            r"^((use|usage)[_ -]?(policy|restrictions)|(acceptable|prohibited)[_ -]?use([_ -]?policy)?)"
            r"([_ .-].*)?$"
        ),
        "USE_POLICY.md",
    ),
    ("use_policy", r"^(terms[_ -]of[_ -](use|service)|tou|aup)(\.\w+)?$", "TERMS_OF_USE.md"),
    (
        "notice",
        r"^(third[_ -]?party[_ -])?(notices?|attributions?|thirdpartynotices)(\.(md|txt|rst))?$",
        "NOTICE.txt",
    ),
    (
        "license",
        (
            r"^(.*[_ .-])?(licen[cs]e|licen[cs]es|licencia|copying|unlicense|copyright|eula)([_ .-].*)?$"
            r"(?<!\.py)(?<!\.json)(?<!\.yaml)"
        ),
        "LICENSE-CODE",
    ),
    ("license", r"/licenses/[^/]+(\.txt)?$", "LICENSES/Apache-2.0.txt"),
    ("notebook", r"\.ipynb$", "demo.ipynb"),
    # weights' companions before weights: many share a suffix
    (
        "weights_index",
        r"\.(safetensors|bin|h5|msgpack|ckpt|pt|pth)\.index([._-]\w+)?\.json$",
        "model.safetensors.index.json",
    ),
    ("config", r"^model_index\.json$", "model_index.json"),
    (
        "weights_index",
        r"^(flax_model|tf_model|pytorch_model|model)[\w.-]*index[\w.-]*\.json$",
        "flax_model.msgpack.index.json",
    ),
    (
        "adapter_config",
        r"^adapter_config\.json$|^adapter_model_config\.json$|^lora_config\.json$",
        "adapter_config.json",
    ),
    (
        "adapter_weights",
        (
            r"^(adapter_model|adapter|pytorch_lora_weights|lora|adapters)([._-][\w.-]*)?"
            r"\.(safetensors|bin|pt|pth|gguf|npz|ckpt)$"
        ),
        "adapter_model.safetensors",
    ),
    (
        "adapter_weights",
        r"(^|[._-])lora([._-][\w.-]*)?\.(safetensors|bin|pt|gguf)$",
        "style-lora-v2.safetensors",
    ),
    ("merge_config", r"^(mergekit|merge)[\w.-]*\.(ya?ml|json)$", "mergekit_config.yml"),
    (
        "optimizer_state",
        (
            r"^(optimizer|optim|scheduler|scaler|rng_state|random_states|grad_scaler|opt_state)([._-][\w.-]*)?"
            r"\.(pt|pth|bin|pkl|safetensors|npz|msgpack|ckpt|distcp)$"
        ),
        "optimizer.pt",
    ),
    (
        "optimizer_state",
        r"(^|[._-])optim(izer)?[_-]states?[\w.-]*\.(pt|pth|bin)$",
        "zero_pp_rank_0_mp_rank_00_optim_states.pt",
    ),
    (
        "optimizer_state",
        r"^trainer_state\.json$|^training_args\.(bin|json)$|^training_state[\w.-]*\.(pt|pkl|json)$",
        "trainer_state.json",
    ),
    ("optimizer_state", r"/optimizer(_state)?s?/[^/]+$|^\.?metadata_optimizer", "checkpoint/optimizer/c.1.0"),
    (
        "tokenizer_config",
        (
            r"^(tokenizer_config|special_tokens_map|added_tokens|chat_template|preprocessor_config|"
            r"processor_config|feature_extractor_config|video_preprocessor_config)\.(json|jinja)$"
        ),
        "special_tokens_map.json",
    ),
    ("tokenizer_config", r"\.jinja2?$", "chat_template.jinja"),
    (
        "tokenizer",
        (
            r"^(tokenizer|vocab|merges|bpe|sentencepiece|spiece|spm|source|target|tekken|qwen|unigram|dict|"
            r"normalizer|wordpiece)([._-][\w.-]*)?\.(json|txt|model|vocab|tiktoken|bpe|spm|gz)$"
        ),
        "tokenizer.json",
    ),
    (
        "tokenizer",
        r"\.(tiktoken|spm|bpe|sentencepiece)$|(^|/)tokenizer\.model(\.v\d+)?$",
        "tokenizer.model.v3",
    ),
    ("generation_config", r"^generation_config\.json$", "generation_config.json"),
    (
        "evaluation_results",
        (
            r"/\.?eval(uation)?[_-]?results?/|/eval(uation)?s?/[^/]*\.(json|jsonl|csv|ya?ml)$|"
            r"/results?/[^/]*\.(json|jsonl|csv)$"
        ),
        ".eval_results/mmlu.yaml",
    ),
    (
        "evaluation_results",
        (
            r"^((all|eval|test|predict|train|benchmark|lm_eval|lighteval|helm)[_-])?"
            r"(results?|metrics|scores?)([_.-][\w.T:+-]*)?\.(json|jsonl|csv|tsv|txt)$"
        ),
        "eval_results.json",
    ),
    (
        "evaluation_results",
        r"^(eval|evaluation|benchmarks?)([_.-][\w.-]*)?\.(json|jsonl|csv|tsv)$|^samples_[\w.-]+\.jsonl?$",
        "samples_mmlu_2024.jsonl",
    ),
    (
        "config",
        (
            r"^(config|model_index|params|hparams|configuration|model_config|train_config|hyperparams|model_args|"
            r"args|open_clip_config|modules|quantize_config|quant_config|hf_quant_config|quantization_config|recipe|"
            r"sentence_bert_config|config_sentence_transformers|scheduler_config|default_config|training_config|"
            r"consolidated_params|latest|zero_to_fp32)([_.-][\w-]*)?\.(json|ya?ml|toml|ini|cfg)$"
        ),
        "config.json",
    ),
    (
        "modeling_code",
        (
            r"^(modeling|modelling|configuration|tokenization|processing|image_processing|feature_extraction|"
            r"generation_utils|pipeline)[_.-][\w.-]*\.py$|^(modeling|handler|pipeline|model)\.py$"
        ),
        "modeling_qwen.py",
    ),
    (
        "weights",
        (
            r"\.(safetensors|gguf|ggml|ggjt|onnx|ort|tflite|pte|h5|hdf5|keras|msgpack|ckpt|pt|pth|pt2|ptl|t7|th|"
            r"pdparams|pdiparams|mar|nemo|llamafile|engine|plan|trt|mlmodel|caffemodel|params|npz|npy|joblib|"
            r"pkl|pickle|dill|skops|distcp|rknn|mlpackage|mlc|eqx|ubj|xgb|lgb|cbm|sav|onnx_data|mnn)$"
        ),
        "model-00001-of-00002.safetensors",
    ),
    (
        "weights",
        (
            r"\.onnx[._]data([_.-]\d+)?$|^(weights|model|ggml|pytorch_model|consolidated|flax_model|tf_model|"
            r"unet|vae|diffusion_pytorch_model|open_clip_pytorch_model|model_state|mp_rank_\d+|layer_\d+|bert_model)"
            r"[\w.-]*\.(bin|data|pb|dat|00)$"
        ),
        "pytorch_model-00001-of-00003.bin",
    ),
    (
        "weights",
        (
            r"^saved_model\.pb$|^keras_metadata\.pb$|\.data-\d{5}-of-\d{5}$|\.ckpt(-\d+)?\.(index|meta|data.*)$|"
            r"^variables\.index$|^model\.ckpt"
        ),
        "variables.data-00000-of-00001",
    ),
    (
        "weights",
        (
            r"\.mlpackage/|\.mlmodelc/|/ocdbt\.process_\d+/|^manifest\.ocdbt$|^_checkpoint_metadata$|^_metadata$|"
            r"^\.zarray$|^openvino_[\w.-]*\.xml$"
        ),
        "manifest.ocdbt",
    ),
    (
        "weights",
        r"^checkpoint(_\d+)?$|^model\.bin$|^[\w.-]*(f16|f32|q\d(_\w+)?|bf16|fp16|int8|int4)[\w.-]*\.bin$",
        "checkpoint_1000",
    ),
    ("weights", r"^(consolidated|pytorch_model|model)[\w.-]*\.(bin|pth)$|\.bin$", "model-q4.bin"),
    (
        "code",
        r"\.(py|pyx|pyi|c|cc|cpp|h|hpp|cu|cuh|rs|go|js|ts|java|sh|bash|ps1|r|jl|swift|kt|scala|lua|rb|m|mm|bat)$",
        "train.py",
    ),
    (
        "code",
        (
            r"^(requirements[\w.-]*\.txt|setup\.(py|cfg)|pyproject\.toml|makefile|dockerfile([._-].*)?|environment\.ya?ml|"
            r"package\.json|poetry\.lock|uv\.lock|pipfile(\.lock)?|modelfile|justfile)$"
        ),
        "requirements.txt",
    ),
    ("image", r"\.(png|jpe?g|gif|svg|webp|bmp|ico|tiff?|avif)$", "logo.png"),
    ("media", r"\.(mp3|mp4|wav|flac|ogg|webm|mov|avi|mkv|m4a|opus)$", "sample.wav"),
    (
        "data",
        (
            r"\.(parquet|arrow|feather|csv|tsv|jsonl|ndjson|tfrecords?|webdataset|lance|mds|orc|avro|zst|rrd|hdf)"
            r"(\.(gz|zst|bz2|xz))?$"
        ),
        "train-00000-of-00010.parquet",
    ),
    (
        "data",
        (
            r"^(data|train|test|valid(ation)?|dev|dataset)[\w.-]*\.(json|txt|zip|tar(\.gz)?|gz|tgz)$|/data/[^/]+\.(json|txt|gz|tar)$|"
            r"\.(tar|tar\.gz|tgz|gz|bz2|7z|xz|zip|rar)$|^dataset_infos?\.json$"
        ),
        "data.tar.gz",
    ),
    (
        "documentation",
        (
            r"\.(md|markdown|rst|pdf|html?|tex|docx?|mdx|bib|adoc)$|^(changelog|contributing|authors|citation|"
            r"code_of_conduct|security|history|todo)(\.\w+)?$|\.cff$"
        ),
        "paper.pdf",
    ),
    ("config", r"\.(ya?ml|toml|ini|cfg)$", "run.yaml"),
    ("other", r"", ".gitattributes"),
)
_COMPILED = tuple((kind, re.compile(pattern), "/" in pattern) for kind, pattern, _example in _RULES)
EXAMPLES: tuple[tuple[str, str], ...] = tuple((example, kind) for kind, _pattern, example in _RULES)


def classify_name(path: str) -> Kind:
    """The kind of a file, from its path in the repository; "other" when no rule knows it.

    >>> classify_name("checkpoint-500/optimizer.pt")
    'optimizer_state'
    """
    lowered = path[-1024:].replace("\\", "/").lower()
    base = lowered.rsplit("/", 1)[-1]
    whole = "/" + lowered.lstrip("/")
    for kind, pattern, in_path in _COMPILED:
        if pattern.search(base) or (in_path and pattern.search(whole)):
            return kind
    return "other"


_STEP = re.compile(
    r"(?:^|[/_.\-])(?:global[_-]?)?(?:(?:stage|phase)\d+[_-])?(?:step|steps|checkpoint|ckpt|iter|iters|iteration|"
    r"iteration_?s|main_step|train_step)[_\-=. ]{0,2}(\d{1,15})([kmb])?(?![\d.]*[a-z]*\d*of)(?=$|[/_.\-\s])",
    re.IGNORECASE,
)
_SHARD = re.compile(r"\d+[_-]of[_-]\d+")
_MULTIPLIERS = {"": 1, "k": 1_000, "m": 1_000_000, "b": 1_000_000_000}


def checkpoint_step(name: str) -> int | None:
    """The training step that a branch, folder or file name states; None when it states none.

    >>> checkpoint_step("step1000-tokens4B")
    1000
    """
    found = _STEP.search(name[:256])
    if found is None or _SHARD.search(name[:256]):
        return None
    return int(found[1]) * _MULTIPLIERS[(found[2] or "").lower()]


_FOLDER_MARKS: tuple[tuple[str, frozenset[str]], ...] = (
    ("orbax", frozenset({"_METADATA"})),
    ("orbax", frozenset({"_CHECKPOINT_METADATA"})),
    ("orbax", frozenset({"manifest.ocdbt"})),
    ("t5x", frozenset({"checkpoint", ".zarray"})),
    ("tensorflow-saved-model", frozenset({"saved_model.pb"})),
    ("pytorch-distributed", frozenset({".metadata"})),
    ("deepspeed", frozenset({"zero_to_fp32.py"})),
    ("mergekit", frozenset({"mergekit_config.yml"})),
)


def recognise_folders(paths: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The folders of a file list that are one artifact together, as (folder, format), sorted.

    CoreML packages and compiled models are told from the folder's own name.
    """
    members: dict[str, set[str]] = {}
    found: set[tuple[str, str]] = set()
    for path in paths:
        folder, _, base = path.rpartition("/")
        members.setdefault(folder, set()).add(base)
        if package := re.match(r"(.*?\.(?:mlpackage|mlmodelc))(?:/|$)", path):
            found.add((package[1], "coreml-package"))
    for folder, names in members.items():
        for kind, marks in _FOLDER_MARKS:
            if marks <= names and (
                kind != "pytorch-distributed" or any(n.endswith(".distcp") for n in names)
            ):
                found.add((folder, kind))
    return tuple(sorted(found))
