"""What each kind of server answers, by path: the shapes are those of their documentation and source.

vLLM: vllm/entrypoints/openai/models/serving.py. llama.cpp: tools/server/README.md. Ollama: docs/api.md.
TGI: docs/openapi.json.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Answers = Mapping[str, Any]
"""A JSON value by path, or a function of the JSON that was posted."""


def vllm(*models: tuple[str, str] | tuple[str, str, str]) -> Answers:
    """A vLLM server of (name, root) and of adapters (name, root, name of the base)."""
    return {"/v1/models": {"object": "list", "data": [_vllm_card(*model) for model in models]}}


def _vllm_card(name: str, root: str, parent: str | None = None) -> dict[str, Any]:
    card: dict[str, Any] = {"id": name, "object": "model", "created": 1700000000, "owned_by": "vllm"}
    card |= {
        "root": root,
        "parent": parent,
        "permission": [{"id": "modelperm-1", "object": "model_permission"}],
    }
    return card | ({} if parent else {"max_model_len": 8192})


def llamacpp(alias: str, model_path: str) -> Answers:
    """A llama.cpp server of one file."""
    meta = {"vocab_type": 2, "n_vocab": 128256, "n_ctx_train": 8192, "n_params": 256, "size": 144}
    card = {"id": alias, "object": "model", "created": 1700000000, "owned_by": "llamacpp", "meta": meta}
    props = {
        "default_generation_settings": {"n_ctx": 4096},
        "total_slots": 1,
        "model_alias": alias,
        "model_path": model_path,
        "chat_template": "{{ messages }}",
        "build_info": "b6000-abcdef",
    }
    return {
        "/v1/models": {"object": "list", "data": [card]},
        "/props": props,
        "/api/tags": {"models": [card]},
    }


def ollama(models: Mapping[str, Mapping[str, Any]], digests: Mapping[str, str] | None = None) -> Answers:
    """An Ollama server: its models by name, each with what `/api/show` adds (license, model_info ...)."""
    details = {"parent_model": "", "format": "gguf", "family": "llama", "parameter_size": "8.0B"}
    details |= {"quantization_level": "Q4_0"}
    tags = [
        {"name": n, "model": n, "size": 4096, "digest": (digests or {}).get(n, "0" * 64), "details": details}
        for n in models
    ]

    def show(question: Any) -> Any:
        return {"details": details, "capabilities": ["completion"], **models[question["model"]]}

    data = [{"id": name, "object": "model", "created": 1700000000, "owned_by": "library"} for name in models]
    return {
        "/api/version": {"version": "0.11.0"},
        "/api/tags": {"models": tags},
        "/api/show": show,
        "/v1/models": {"object": "list", "data": data},
    }


def tgi(model_id: str, model_sha: str) -> Answers:
    """A TGI server of one repository at one commit."""
    data = [{"id": model_id, "object": "model", "created": 1700000000, "owned_by": model_id}]
    info = {"model_id": model_id, "model_sha": model_sha, "model_dtype": "float16", "version": "3.3.2"}
    return {"/info": info, "/v1/models": {"object": "list", "data": data}}


def openai(names: Sequence[str]) -> Answers:
    """Any OpenAI-compatible server: names and nothing else."""
    return {"/v1/models": {"object": "list", "data": [{"id": name, "object": "model"} for name in names]}}
