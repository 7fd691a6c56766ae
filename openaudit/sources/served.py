"""What a running server tells of the models it serves, read out of its answers: vLLM, llama.cpp, Ollama, TGI, SGLang."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from openaudit.errors import Damaged

MOST_MODELS = 200
"""Models of one server that are audited at once; each can be named by itself."""
_LONGEST_NAME = 256
_LONGEST_FACT = 2_000
_SERVERS = {"vllm": "vLLM", "llamacpp": "llama.cpp", "sglang": "SGLang"}
GENERIC = "an OpenAI-compatible server"
_GENERAL = re.compile(r"general\.[\w.]{1,80}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedModel:
    """One model as its server tells of it.

    `root` is the repository or path that it was loaded from, `parent` the served name of the base of an adapter;
    `header` holds GGUF keys that the server passes on, `licenses` whole license texts; `digest` is the sha256 of an
    Ollama manifest. `facts` are further words for the report.
    """

    name: str
    server: str
    root: str = ""
    revision: str | None = None
    parent: str = ""
    digest: str = ""
    size_bytes: int | None = None
    header: Mapping[str, str] = field(default_factory=dict)
    licenses: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)


def openai_models(payload: Mapping[str, Any]) -> tuple[ServedModel, ...]:
    """The models of `/v1/models`, in the server's order.

    Raises: Damaged.
    Source: https://platform.openai.com/docs/api-reference/models/list; `root`, `parent` and `max_model_len` are
    vLLM's (vllm/entrypoints/openai/models/serving.py), `meta`, `path` and `status` llama.cpp's (tools/server).
    """
    return tuple(_openai_model(item) for item in _unique(_entries(payload, "data"), "id"))


def _openai_model(item: Mapping[str, Any]) -> ServedModel:
    owner = _word(item.get("owned_by")).lower()
    meta = item.get("meta") if isinstance(item.get("meta"), dict) else {}
    told = {"owned_by": item.get("owned_by"), "max_model_len": item.get("max_model_len")}
    told |= {f"meta.{key}": value for key, value in (meta or {}).items() if isinstance(key, str)}
    return ServedModel(
        name=_word(item.get("id")),
        server=_SERVERS.get(owner, GENERIC),
        root=_word(item.get("root")) or _word(item.get("path")) or _loaded_from(item.get("status")),
        parent=_word(item.get("parent")),
        size_bytes=_size(meta or {}),
        facts=_facts(told),
    )


def _loaded_from(status: Any) -> str:
    """What llama.cpp's router was told to load: the argument of `-m`, `-hf` or their long forms."""
    args = status.get("args") if isinstance(status, dict) else None
    words = args if isinstance(args, list) else []
    for flag, value in pairwise(words[:200]):
        if flag in ("-m", "--model", "-hf", "-hfr", "--hf-repo"):
            return _word(value)
    return ""


def with_props(model: ServedModel, props: Mapping[str, Any]) -> ServedModel:
    """A llama.cpp model with what `/props` tells of it.

    Source: https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md ("GET /props")
    """
    told = {key: props.get(key) for key in ("model_alias", "build_info", "model_path")}
    path = _word(props.get("model_path"))
    return _with(model, root=path or model.root, server="llama.cpp", facts={**model.facts, **_facts(told)})


def with_info(model: ServedModel, info: Mapping[str, Any]) -> ServedModel:
    """A model of TGI or TEI with its repository and commit from `/info`.

    Source: https://huggingface.co/docs/text-generation-inference (`GET /info`: model_id, model_sha)
    """
    sha = _word(info.get("model_sha"))
    told = {key: info.get(key) for key in ("model_id", "model_sha", "model_dtype", "version")}
    return _with(
        model,
        server="TGI",
        root=_word(info.get("model_id")) or model.root,
        revision=sha if re.fullmatch(r"[0-9a-f]{40}", sha) else None,
        facts={**model.facts, **_facts(told)},
    )


def ollama_models(payload: Mapping[str, Any]) -> tuple[ServedModel, ...]:
    """The models of Ollama's `/api/tags`.

    Raises: Damaged.
    Source: https://github.com/ollama/ollama/blob/main/docs/api.md ("List Local Models")
    """
    return tuple(_ollama_model(item) for item in _unique(_entries(payload, "models"), "name"))


def _ollama_model(item: Mapping[str, Any]) -> ServedModel:
    digest = _word(item.get("digest")).removeprefix("sha256:")
    size = item.get("size")
    return ServedModel(
        name=_word(item.get("name")),
        server="Ollama",
        digest=digest if re.fullmatch(r"[0-9a-f]{64}", digest) else "",
        size_bytes=size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None,
        facts=_facts(_details(item.get("details"))),
    )


def with_show(model: ServedModel, show: Mapping[str, Any]) -> ServedModel:
    """An Ollama model with what `/api/show` tells: license, details, and the keys of the GGUF header.

    Source: https://github.com/ollama/ollama/blob/main/docs/api.md ("Show Model Information")
    """
    said = show.get("license")
    texts = said if isinstance(said, list) else [said]
    info = show.get("model_info")
    header = {
        key: _word(value) if isinstance(value, str) else str(value)[:_LONGEST_FACT]
        for key, value in (list(info.items())[:2_000] if isinstance(info, dict) else ())
        if isinstance(key, str) and _GENERAL.fullmatch(key) and isinstance(value, str | int | float | list)
    }
    details = _details(show.get("details"))
    return _with(
        model,
        licenses=tuple(text for text in texts[:20] if isinstance(text, str) and text.strip()),
        header=header,
        parent=_word(details.get("parent_model")),
        facts={**model.facts, **_facts(details)},
    )


def _details(value: Any) -> dict[str, Any]:
    keys = ("parent_model", "format", "family", "parameter_size", "quantization_level")
    return {key: value[key] for key in keys if key in value} if isinstance(value, dict) else {}


def _with(model: ServedModel, **changes: Any) -> ServedModel:
    fields = {name: getattr(model, name) for name in ServedModel.__dataclass_fields__}
    return ServedModel(**(fields | changes))


def _entries(payload: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = payload.get(key)
    if not isinstance(found, list):
        raise Damaged(f"The server's answer has no list `{key}`.")
    return [item for item in found if isinstance(item, dict)]


def _unique(entries: Sequence[Mapping[str, Any]], key: str) -> list[Mapping[str, Any]]:
    """The entries by name, the first of each. Raises: Damaged for an entry without one."""
    named: dict[str, Mapping[str, Any]] = {}
    for entry in entries:
        name = _word(entry.get(key))
        if not name or len(name) > _LONGEST_NAME:
            raise Damaged(f"The server tells of a model without a usable `{key}`.")
        named.setdefault(name, entry)
    return list(named.values())


def _word(value: Any) -> str:
    return value.strip()[:_LONGEST_FACT] if isinstance(value, str) else ""


def _size(meta: Mapping[str, Any]) -> int | None:
    size = meta.get("size")
    return size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None


def _facts(told: Mapping[str, Any]) -> dict[str, str]:
    kept = {k[:80]: str(v)[:300] for k, v in list(told.items())[:40] if isinstance(v, str | int | float)}
    return {key: value for key, value in kept.items() if value}
