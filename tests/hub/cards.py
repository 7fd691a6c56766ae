"""What the Hub makes of a card: `cardData` and `tags`.

The one thing here outside the standard library is PyYAML, its rules bent to those of YAML 1.2, which the Hub follows.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

MAX_FRONT_MATTER_CHARS = 1_000_000
MAX_NODES = 100_000
MAX_DEPTH = 100

# "Front matter" as the Hub's server takes it: white space may precede it, the dashes must stand alone on their line.
_FRONT_MATTER = re.compile(r"\A\s*---(?:\r\n|\r|\n)(.*?)(?:\r\n|\r|\n)---[ \t]*(?:\r\n|\n|\Z)", re.DOTALL)
_ARXIV = re.compile(r"arxiv\.org/(?:abs|pdf)/(\d{4}\.\d{4,5})")
_DATASET_TAG_KEYS = [
    "task_categories",
    "task_ids",
    "annotations_creators",
    "language_creators",
    "multilinguality",
    "source_datasets",
    "language",
    "size_categories",
]


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML 1.2 scalars (`no` is text), and a repeated key is an error, as in the Hub's parser."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = getattr(key_node, "value", None)
            if isinstance(key, str) and key != "<<":
                if key in seen:
                    raise yaml.YAMLError(f"duplicated mapping key {key!r}")
                seen.add(key)
        result: dict[Any, Any] = super().construct_mapping(node, deep)
        return result


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, rule) for tag, rule in rules if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:int")
    ]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), "tTfF"
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*|0x[0-9a-fA-F]+)$"), list("-+0123456789")
)


def card_data(text: str) -> dict[str, Any] | None:
    """The card's front matter as the API gives it; None without one, or when it is no valid YAML mapping.

    Bounded: front matter of more than a million characters, 100,000 nodes (aliases counted each time) or 100 levels
    counts as invalid.
    """
    match = _FRONT_MATTER.match(text.removeprefix("\ufeff"))
    if match is None or len(match[1]) > MAX_FRONT_MATTER_CHARS:
        return None
    try:
        loaded = yaml.load(match[1], Loader=_Loader)
        plain = _as_json(loaded, [MAX_NODES], MAX_DEPTH)
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError):
        return None
    return plain if isinstance(plain, dict) else None


def _as_json(value: Any, budget: list[int], depth: int) -> Any:
    """The value as JSON spells it; `budget` holds how many nodes may still come. Raises ValueError beyond that."""
    budget[0] -= 1
    if budget[0] < 0 or depth < 0:
        raise ValueError("too much front matter")
    if isinstance(value, dict):
        return {str(key): _as_json(item, budget, depth - 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(item, budget, depth - 1) for item in value]
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    if isinstance(value, datetime.date):
        return f"{value.isoformat()}T00:00:00.000Z"
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float):
        return value
    raise ValueError(f"no JSON for {type(value).__name__}")


def texts(value: Any) -> list[str]:
    """A front matter field that may be one text or a list of them, as a list."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [item for item in value if isinstance(item, str)]
    return []


def base_model_relation(data: Mapping[str, Any], paths: Iterable[str], repo_id: str) -> str:
    """How the model was made from its base: as the card says, else as the Hub infers it from files and name.

    Source: "Specifying a base model", https://huggingface.co/docs/hub/model-cards.
    """
    stated = data.get("base_model_relation")
    if stated in ("adapter", "merge", "quantized", "finetune"):
        return str(stated)
    names = list(paths)
    if "adapter_config.json" in names:
        return "adapter"
    if len(texts(data.get("base_model"))) > 1:
        return "merge"
    if any(name.endswith(".gguf") for name in names) or re.search(r"(?i)gguf|gptq|awq|exl2", repo_id):
        return "quantized"
    return "finetune"


def model_tags(
    data: Mapping[str, Any], body: str, paths: Iterable[str], repo_id: str, config: Mapping[str, Any] | None
) -> list[str]:
    """The tags that the Hub computes for a model."""
    names = list(paths)
    tags = [str(data["library_name"])] if isinstance(data.get("library_name"), str) else []
    tags += [tag for tag, suffix in _FORMAT_TAGS if any(name.endswith(suffix) for name in names)]
    if config and isinstance(config.get("model_type"), str):
        tags.append(config["model_type"])
    tags += texts(data.get("pipeline_tag")) + texts(data.get("tags")) + texts(data.get("language"))
    tags += [f"dataset:{name}" for name in texts(data.get("datasets"))]
    tags += _arxiv_tags(body)
    bases = texts(data.get("base_model"))
    relation = base_model_relation(data, names, repo_id)
    tags += [f"base_model:{base}" for base in bases] + [f"base_model:{relation}:{base}" for base in bases]
    tags += [f"license:{license_id.lower()}" for license_id in texts(data.get("license"))]
    return list(dict.fromkeys([*tags, "region:us"]))


def dataset_tags(data: Mapping[str, Any], body: str) -> list[str]:
    """The tags that the Hub computes for a dataset."""
    tags = [f"{key}:{value}" for key in _DATASET_TAG_KEYS for value in texts(data.get(key))]
    tags += [f"license:{license_id.lower()}" for license_id in texts(data.get("license"))]
    return list(dict.fromkeys([*tags, *_arxiv_tags(body), "region:us", *texts(data.get("tags"))]))


def _arxiv_tags(body: str) -> list[str]:
    return [f"arxiv:{paper}" for paper in dict.fromkeys(_ARXIV.findall(body))]


_FORMAT_TAGS = (
    ("pytorch", "pytorch_model.bin"),
    ("tf", "tf_model.h5"),
    ("jax", "flax_model.msgpack"),
    ("rust", "rust_model.ot"),
    ("onnx", ".onnx"),
    ("safetensors", ".safetensors"),
    ("gguf", ".gguf"),
)
