"""Which strings name a model or dataset: names of the Hub and its addresses, of Ollama and litellm; and which only look so."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from openaudit.gate.discover.sighting import Named

_LONGEST = 400
_PART = r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?"
_ID = re.compile(rf"({_PART})/({_PART})")
_BARE = re.compile(_PART)
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]{0,254}")
_QUANT = re.compile(r":(?=[A-Za-z])[A-Za-z0-9_.-]{1,32}$")
_HOST = re.compile(r"(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co|hf-mirror\.com)/", re.IGNORECASE)
_HUB_SCHEMES = ("hf://", "hf-hub:", "hf_hub:", "huggingface://")
_PAGES = frozenset(
    (
        "docs blog spaces papers collections models api join settings login pricing organizations tasks "
        "learn chat new search posts docs-internal hub landing enterprise support terms-of-service "
        "privacy inference endpoints course huggingface-js front languages metrics course-v1 security v2 "
        "oauth static avatars"
    ).split()
)

# ---- what only looks like a name of the Hub

_MIME = re.compile(
    r"(?:text|application|image|audio|video|font|multipart|message|chemical)/[\w.+-]+|model/(?:gltf|mesh|vrml|obj|stl|iges)\S*",
    re.IGNORECASE,
)
_ZONES = frozenset(
    (
        "africa america antarctica arctic asia atlantic australia brazil canada chile etc europe indian "
        "mexico pacific us"
    ).split()
)
_FILE_ENDINGS = re.compile(
    r"\.(?:py|pyi|js|mjs|cjs|ts|tsx|jsx|json|jsonl|ya?ml|toml|md|rst|txt|csv|tsv|html?|css|scss|png|jpe?g|gif|svg|webp"
    r"|ico|pdf|docx?|xlsx?|zip|tar|gz|tgz|bz2|xz|sh|bash|ipynb|cfg|ini|conf|env|lock|log|xml|sql|db|sqlite|parquet|arrow|proto"
    r"|safetensors|gguf|ggml|bin|pt|pth|ckpt|onnx|h5|keras|pkl|npz|npy|tflite|wav|mp3|mp4|flac|ogg|avi|go|rs|java"
    r"|kt|rb|php|c|cc|cpp|h|hpp|cu|so|dll|exe|whl|jar|tpl|j2|jinja2?|model|vocab|git|com|org|io|net|dev)$",
    re.IGNORECASE,
)
_FOLDERS = frozenset(
    (
        "models model my_model checkpoints checkpoint ckpt ckpts weights output outputs out data dataset "
        "datasets result results runs run log logs tmp temp cache local path paths src lib app apps "
        "assets artifacts artifact save saved saved_models saved_model pretrained pretrained_models "
        "pretrained_model trained exp exps experiment experiments config configs conf test tests "
        "fixtures resources files file static home root mnt usr opt var workspace content users etc bin "
        "dist build node_modules api v1 v2 v3 public scripts examples utils tools docs images img raw "
        "train val eval dev final best_model input inputs download downloads vendor tokenizer tokenizers "
        "vae unet text_encoder scheduler adapters adapter lora loras dir folder storage volumes vol "
        "shared kaggle drive refs heads origin feature release"
    ).split()
)
_PLACEHOLDERS = re.compile(
    r"(?:your|my|some|foo|bar|dummy|fake|mock|placeholder)(?:[-_].*)?|any|the|this|that|an|another|other|baz|fill|replace"
    r"|(?:org|orgs|user|username|user_?id|owner|namespace|author|organi[sz]ation|org_?name|repo|repo_?id|path|company|name|hf[-_]?user|account|team|xxx*|abc"
    r"|entity|workspace|publisher|creator|model[-_]?org|group|someone|example|examples|example[-_]org|custom|nonexistent|non[-_]existent|invalid)",
    re.IGNORECASE,
)
_PLACEHOLDER_NAMES = re.compile(
    r"(?:your|my|some)[-_].*|name|model|model[-_]?name|model[-_]?id|repo|repo[-_]?name|repo[-_]?id|dataset|dataset[-_]?name|dataset[-_]?id|project|foo|bar|xxx*",
    re.IGNORECASE,
)
_MADE_UP = re.compile(r"(?:^|[/_-])(?:fake|mock|unknown|placeholder|nonexistent)(?:$|[_-])", re.IGNORECASE)
_PAIRS = frozenset(
    (
        "and/or he/she she/her his/her him/her n/a i/o tcp/ip tcp/udp true/false yes/no on/off "
        "read/write input/output client/server km/h m/s rock/paper pass/fail 24/7 w/o ci/cd a/b qa/qc "
        "key/value"
    ).split()
)
_API_ONLY = re.compile(
    r"openai/(?:gpt-(?!oss|2)|o[1345](?:-|$)|chatgpt|text-|dall-e|tts-|whisper-1$|codex|davinci|omni-|sora|computer-use)"
    r"|anthropic/claude|google/(?:gemini|palm|text-|imagen|veo)|x-ai/|xai/|perplexity/|azure/|azure_ai/|bedrock/|vertex_ai/|gemini/|groq/|mistral/"
    r"|cohere/(?:command|embed|rerank)|openrouter/|amazon/(?:nova|titan)|replicate/|databricks/databricks-(?!dolly)|sagemaker/|watsonx/"
    r"|deepseek/|cerebras/(?:llama|qwen|gpt-oss|zai)|fireworks_ai/|voyage/|sambanova/|nvidia_nim/|together_ai/|github/|moonshot/|dashscope/|xinference/",
    re.IGNORECASE,
)
_IMAGES = re.compile(
    r"(?:vllm/vllm-(?:openai|tpu|cpu)[\w.-]*|ollama/ollama|nvidia/cuda|pytorch/(?:pytorch|manylinux[\w.-]*)|tensorflow/(?:tensorflow|serving)"
    r"|(?:library|bitnami|grafana|prom|linuxserver|actions|github|mcr|ghcr\.io|docker\.io|quay\.io|gcr\.io)/.*"
    r"|huggingface/(?:transformers|text-generation|text-embeddings|accelerate|peft|datasets|trl|diffusers)[\w.-]*)",
    re.IGNORECASE,
)
_CODE_OF = re.compile(
    r"facebookresearch/|pytorch/(?:vision|fairseq|hub|pytorch|audio|text)|ultralytics/yolov5$|openai/(?:whisper|clip|gpt-2)$|snakers4/silero"
    r"|huggingface/(?:pytorch-|transformers|diffusers|datasets|peft|trl|accelerate|optimum|tokenizers)",
    re.IGNORECASE,
)
_CANONICAL_MODELS = re.compile(
    r"(?:(?:distil)?bert-(?:base|large)|albert-(?:base|large|xlarge|xxlarge)|(?:distil)?gpt2|openai-gpt|(?:distil)?roberta-(?:base|large)"
    r"|xlm-(?:roberta|mlm|clm)|xlnet-(?:base|large)|camembert-base|t5-(?:small|base|large|3b|11b)|flaubert|transfo-xl-wt103|ctrl$)[\w.-]*",
    re.IGNORECASE,
)
_CANONICAL_DATASETS = frozenset(
    (
        "squad squad_v2 imdb glue super_glue wikitext ag_news cnn_dailymail xsum wmt14 wmt16 conll2003 "
        "mnist cifar10 cifar100 yelp_review_full yelp_polarity rotten_tomatoes emotion dbpedia_14 snli "
        "multi_nli sst2 trec natural_questions trivia_qa hotpot_qa ms_marco openwebtext bookcorpus "
        "bookcorpusopen wikipedia c4 oscar mc4 the_pile samsum billsum gsm8k piqa hellaswag boolq "
        "winogrande openbookqa ai2_arc common_voice librispeech_asr minds14 superb food101 beans "
        "fashion_mnist cats_vs_dogs lambada ptb_text_only xnli paws race swag eli5 opus_books kde4 "
        "amazon_polarity amazon_reviews_multi tweet_eval poem_sentiment banking77 scientific_papers "
        "multi_news reddit_tifu gigaword newsgroup code_search_net wiki_bio wikiann sciq quac coqa drop "
        "mbpp openai_humaneval apps scene_parse_150 cppe-5 nlphuji/flickr30k tiny_shakespeare wnut_17 "
        "universal_dependencies xtreme mlqa tydiqa"
    ).split()
)
_BUILDERS = frozenset(
    (
        "json csv parquet text arrow pandas xml sql imagefolder audiofolder videofolder pdffolder "
        "webdataset spark generator hdf5 lance cache"
    ).split()
)
KNOWN_ORGS = frozenset(
    (
        "meta-llama mistralai google google-bert google-t5 facebook openai openai-community microsoft "
        "qwen deepseek-ai baai intfloat thenlper nomic-ai mixedbread-ai jinaai sentence-transformers "
        "cross-encoder stabilityai runwayml compvis black-forest-labs tiiuae bigscience bigcode "
        "eleutherai allenai huggingfaceh4 huggingfacetb nvidia ibm-granite cohereforai cohereforlabs "
        "coherelabs databricks mosaicml togethercomputer thebloke bartowski unsloth lmstudio-community "
        "xenova onnx-community systran pyannote speechbrain laion timm salesforce internlm 01-ai zai-org "
        "thudm moonshotai minimaxai baichuan-inc upstage nousresearch teknium lmsys wizardlm openchat "
        "argilla prajjwal1 distilbert albert facebookai xlnet dslim deepset nlptown cardiffnlp prosusai "
        "yiyanghkust vikp suno coqui hexgrad kandinsky-community lllyasviel tencent bytedance baidu "
        "apple amazon snowflake vidore llava-hf hkunlp monologg klue beomi rinna cyberagent stabilityai "
        "line-corporation cl-tohoku snunlp sdadas ai-forever sberbank-ai helsinki-nlp dbmdz neuralmind "
        "mlx-community mradermacher hf-internal-testing optimum peft-internal-testing "
        "trl-internal-testing tatsu-lab openassistant rajpurkar stanfordnlp nyu-mll princeton-nlp cais "
        "wikimedia legacy-datasets"
    ).split()
)

_TO_READ = re.compile(r"(?:\.(?:md|png|jpe?g|gif|svg|webp|ico|pdf|mp4|webm)|license[\w.-]*)$", re.IGNORECASE)
IsHere = Callable[[str], bool]


def _never(path: str) -> bool:
    return False


def hub_address(text: str) -> Named | None:
    """The repository of an address of the Hub (`https://huggingface.co/org/name[/resolve/REV/file]`, `hf://...`)."""
    text = text.strip()[:_LONGEST]
    host = _HOST.match(text)
    if host is not None:
        return _of_path(urlsplit("https://h/" + text[host.end() :]).path)
    for scheme in _HUB_SCHEMES:
        if text.startswith(scheme):
            rest = text[len(scheme) :]
            return _of_path(rest) or (Named(target=rest, kind="model") if _is_canonical(rest) else None)
    return None


def _of_path(path: str) -> Named | None:
    parts = [unquote(part) for part in path.split("/") if part]
    kind = "model"
    if parts and parts[0] in ("datasets", "models"):
        kind = "dataset" if parts.pop(0) == "datasets" else "model"
    if not parts or parts[0] in _PAGES:
        return None
    if len(parts) == 1 or parts[1] in ("resolve", "blob", "tree", "raw"):
        if (kind == "dataset" and parts[0] in _CANONICAL_DATASETS) or (
            kind == "model" and _is_canonical(parts[0])
        ):
            return _named(parts[0], kind, _revision_of(parts[1:]))
        return None
    name, _, inline = parts[1].partition("@")
    name, colon, tag = name.partition(":")
    if colon and re.fullmatch(r"[0-9a-f]{7,40}|main", tag):  # KServe: hf://org/name:revision
        inline = inline or tag
    name = name.removesuffix(".git")
    full = f"{parts[0]}/{name}"
    if not _is_well_formed(full) or (
        len(parts) > 2 and parts[2] in ("discussions", "commits", "community", "viewer", "embed")
    ):
        return None
    if len(parts) > 3 and parts[2] in ("blob", "resolve", "raw") and _TO_READ.search(parts[-1]):
        return None  # a page or picture to look at, not a file to load
    if _placeholder(parts[0], name):
        return None
    return _named(full, kind, inline or _revision_of(parts[2:]))


def _revision_of(rest: list[str]) -> str | None:
    """Of `resolve/REV/file` the revision; `main` stays None only where nothing is written."""
    if len(rest) < 2 or rest[0] not in ("resolve", "tree", "blob", "raw"):
        return None
    revision = "/".join(rest[1:4]) if rest[1] == "refs" else rest[1]
    return revision if _REVISION.fullmatch(revision) else None


def _named(name: str, kind: str, revision: str | None, guessed: bool = False) -> Named:
    if kind == "dataset":
        return Named(target=f"datasets/{name}", kind="dataset", revision=revision, guessed=guessed)
    return Named(target=name, kind="model", revision=revision, guessed=guessed)


def _is_well_formed(text: str) -> bool:
    return _ID.fullmatch(text) is not None and ".." not in text and "--" not in text


def _is_canonical(text: str) -> bool:
    return _CANONICAL_MODELS.fullmatch(text) is not None


def _placeholder(org: str, name: str) -> bool:
    return bool(_PLACEHOLDERS.fullmatch(org) or _PLACEHOLDER_NAMES.fullmatch(name))


def is_hub_id(text: str) -> bool:
    """Whether a string can be `org/name` of the Hub: well-formed, and none of the things that only look so."""
    if len(text) > 200 or not _is_well_formed(text):
        return False
    org, _, name = text.partition("/")
    low = org.lower()
    if low in _FOLDERS or low in _ZONES or _MIME.fullmatch(text) or text.lower() in _PAIRS:
        return False
    if _FILE_ENDINGS.search(name) or _FILE_ENDINGS.search(org) or _placeholder(org, name):
        return False
    if not re.search(r"[A-Za-z]", name) or not re.search(r"[A-Za-z]", org) or len(org) < 2:
        return False
    return not (_API_ONLY.match(text) or _IMAGES.fullmatch(text) or _CODE_OF.match(text))


def _looks_named(text: str) -> bool:
    """Whether the shape alone speaks for a model: a known maker, or a digit, a hyphen or a capital."""
    return is_known_maker(text) or bool(re.search(r"^[^/]*[A-Z-][^/]*/|/.*[0-9A-Z-]", text))


def is_known_maker(text: str) -> bool:
    """Whether the part before the slash is a maker of whom everybody knows models."""
    return text.partition("/")[0].lower() in KNOWN_ORGS


def loaded_model(text: str, is_here: IsHere = _never) -> Named | None:
    """What a call that loads models is given: an address, `org/name[@revision]`, or one of the Hub's old bare names."""
    text = text.strip()
    if (address := hub_address(text)) is not None:
        return address
    name, at, revision = text.partition("@")
    if at and not _REVISION.fullmatch(revision):
        return None
    if is_hub_id(name) and not is_here(name):
        return _named(name, "model", revision or None)
    if _is_canonical(name) and not is_here(name):
        return _named(name, "model", revision or None)
    return None


def keyed_model(text: str, is_here: IsHere = _never) -> Named | None:
    """What stands under a key that says model: an address, a name of litellm, `org/name` that looks like a model's."""
    text = text.strip()
    if (other := routed_model(text)) is not None:
        return other
    if (address := hub_address(text)) is not None:
        return address
    name, at, revision = text.partition("@")
    if (at and not _REVISION.fullmatch(revision)) or is_here(name) or _MADE_UP.search(name):
        return None
    if not (is_hub_id(name) and _looks_named(name)) and not (_is_canonical(name) and "-" in name):
        return None
    return _named(name, "model", revision or None)


def recognised_model(text: str, is_here: IsHere = _never) -> Named | None:
    """What names a model by itself, wherever it stands, and is marked guessed: a name with what only models have in
    theirs (`-7B`, `-GGUF`, `-Instruct`), or a known maker and a name as models have them.

    Makers that are as well known for code on GitHub need the name of a model family beside their own.
    """
    if len(text) > 120 or not is_hub_id(text) or is_here(text) or _MADE_UP.search(text):
        return None
    org, _, name = text.partition("/")
    if not _ONLY_MODELS.match(name):
        pattern = _FAMILIES if org.lower() in _MAKERS_OF_CODE else _MODEL_SHAPE
        if not is_known_maker(text) or not pattern.search(name):
            return None
    return _named(text, "model", None, guessed=True)


_ONLY_MODELS = re.compile(
    r"[A-Za-z]\S*[-.](?:\d+(?:\.\d+)?b|gguf|awq|gptq|lora|instruct|bnb|int4|int8|fp8)(?:$|[-_.])",
    re.IGNORECASE,
)
_MODEL_SHAPE = re.compile(r"\d|-")
_MAKERS_OF_CODE = frozenset(
    (
        "google facebook openai microsoft nvidia allenai salesforce amazon tencent bytedance baidu apple databricks laion timm suno coqui "
        "optimum pyannote speechbrain deepset argilla snowflake bigcode bigscience eleutherai lmsys vidore huggingfaceh4 huggingfacetb"
    ).split()
)
_FAMILIES = re.compile(
    r"(?i:bert|gpt-?\w*\d|t5-|clip-|whisper-|llama|phi-\d|gemma|vit-|blip|opt-\d|bart-|wav2vec|hubert|nllb|layoutlm|trocr|electra|flan|pegasus"
    r"|bloom|falcon|mamba|siglip|dinov\d|segformer|swin|resnet-|convnext|detr-|speecht5|florence|longformer|megatron|parakeet|nemotron|olmo|pythia"
    r"|musicgen|seamless|starcoder|zephyr|smol|speaker-|vicuna)"
)


def exact_model(text: str, is_here: IsHere = _never) -> Named | None:
    """What stands under a key that only a loader reads (`repo_id`): as a call is given it, or with a prefix."""
    return routed_model(text.strip()) or loaded_model(text, is_here)


def loaded_dataset(text: str, is_here: IsHere = _never) -> Named | None:
    """What a call that loads datasets is given: `org/name`, or one of the Hub's old bare names; no builder (`csv`)."""
    text = text.strip()
    if (address := hub_address(text)) is not None:
        return address
    name, at, revision = text.partition("@")
    if name.startswith("datasets/"):
        name = name[len("datasets/") :]
    if name in _BUILDERS or (at and not _REVISION.fullmatch(revision)) or is_here(name):
        return None
    if is_hub_id(name) or name in _CANONICAL_DATASETS:
        return _named(name, "dataset", revision or None)
    return None


def keyed_dataset(text: str, is_here: IsHere = _never) -> Named | None:
    """What stands under a key that says dataset: as a call is given it, but no bare names."""
    found = loaded_dataset(text, is_here)
    if found is None or (found.target.count("/") == 1 and found.kind == "dataset"):
        return None
    return found


_ROUTES_TO_HUB = (
    "huggingface/", "hosted_vllm/", "vllm/", "text-completion-openai/", "hf/",
    "hf-inference/", "together_ai/", "deepinfra/", "openai/", "litellm_proxy/",
    "featherless_ai/", "nebius/", "lm_studio/", "huggingface:", "local:", "transformers/",
    "sentence-transformers:",
)  # fmt: skip
_HUB_PROVIDERS = frozenset(
    (
        "together sambanova fireworks-ai novita nebius cerebras groq hyperbolic replicate cohere fal-ai "
        "featherless-ai nscale hf-inference"
    ).split()
)
_ROUTES_TO_OLLAMA = ("ollama/", "ollama_chat/", "ollama:", "ollama://", "ollama-chat/")
_OLLAMA = re.compile(r"(?:[a-z0-9][\w.-]*/)?[a-z0-9][\w.-]{0,79}(?::[A-Za-z0-9][\w.-]{0,79})?", re.IGNORECASE)


_MODULE = re.compile(r"[A-Za-z_]+(?:\.[A-Za-z_]+)+")


def routed_model(text: str) -> Named | None:
    """The model behind a prefix that names who serves it (`huggingface/org/name`, `ollama/llama3`, `hosted_vllm/...`).

    Source: litellm's provider names (docs.litellm.ai/docs/providers), LlamaIndex `local:`, LangChain `provider:model`.
    """
    for route in _ROUTES_TO_OLLAMA:
        if text.startswith(route):
            return ollama_model(text[len(route) :])
    for route in _ROUTES_TO_HUB:
        if text.startswith(route):
            rest = text[len(route) :]
            first, _, more = rest.partition("/")
            if route == "huggingface/" and first in _HUB_PROVIDERS and more.count("/") == 1:
                rest = more
            if is_hub_id(rest) and not _MADE_UP.search(rest):
                return _named(rest, "model", None)
            if route in ("huggingface/", "local:", "huggingface:") and _is_canonical(rest):
                return _named(rest, "model", None)
    return None


def ollama_model(text: str) -> Named | None:
    """The model of an Ollama command: `ollama:name[:tag]`, or the Hub repository behind `hf.co/org/name[:quant]`."""
    text = text.strip().strip("/")
    if (address := hub_address(text)) is not None:
        return address
    if (
        not _OLLAMA.fullmatch(text)
        or ".." in text
        or text.lower() in ("latest", "model", "name", "true", "false", "none", "null")
    ):
        return None
    if _MODULE.fullmatch(text) or _MADE_UP.search(text):
        return None
    if ("/" in text and _placeholder(*text.partition(":")[0].split("/", 1))) or _PLACEHOLDER_NAMES.fullmatch(
        text
    ):
        return None
    return Named(target=f"ollama:{text}", kind="ollama")


def quantized_model(text: str) -> Named | None:
    """The repository of llama.cpp's `-hf org/name[:quant]`."""
    return loaded_model(_QUANT.sub("", text.strip()))
