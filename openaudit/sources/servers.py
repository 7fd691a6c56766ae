"""Asks a running server which models it serves: few requests, each bounded in bytes and time, no credentials."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import httpx2

from openaudit.errors import AccessDenied, Damaged, NotFound, SourceError, Unreachable
from openaudit.sources.door import Answer, Ask, Door
from openaudit.sources.hub_answers import payload_of
from openaudit.sources.limits import Limits
from openaudit.sources.nesting import is_deep
from openaudit.sources.served import (
    GENERIC,
    ServedModel,
    ollama_models,
    openai_models,
    with_info,
    with_props,
    with_show,
)

ANSWER_BYTES = 4 * 1024 * 1024
_LOOPBACK = ("localhost", "127.", "::1", "0.0.0.0")
_JSON = {"accept": "application/json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where a server answers: the address in front of `/v1` and `/api`, and the model that was named behind `#`."""

    base: str
    name: str

    @property
    def is_here(self) -> bool:
        """Whether it runs on this machine, so that its paths are paths of this machine."""
        host = (urlsplit(self.base).hostname or "").lower()
        return host.endswith(".localhost") or host.startswith(_LOOPBACK)

    def target_id(self, name: str) -> str:
        """The target that means one model of this server."""
        return f"{self.base}#{quote(name, safe='/:@.-_+~')}"


def server_of(target_id: str) -> Server:
    """The server that a target names, with or without `/v1` or `/api`, and the model behind `#`, if any."""
    address, _, name = target_id.partition("#")
    base = address.rstrip("/")
    for end in ("/v1", "/api"):
        base = base.removesuffix(end)
    return Server(base=base.rstrip("/"), name=unquote(name))


def ask_models(server: Server, limits: Limits) -> tuple[ServedModel, ...]:
    """The models that a server tells of, at least one, in its order.

    Raises: SourceError.
    """
    with _door(server, limits) as door:
        models = _listed(server, door)
    if not models:
        raise NotFound(f"{server.base} serves no model.", hint="Check the port, and that a model is loaded.")
    return models


def ask_more(server: Server, model: ServedModel, limits: Limits) -> ServedModel:
    """One model with all that its server tells of it. Raises: SourceError."""
    if model.server == "Ollama":
        question = json.dumps({"model": model.name, "name": model.name}).encode()
        ask = Ask(
            url=f"{server.base}/api/show",
            max_bytes=ANSWER_BYTES,
            method="POST",
            content=question,
            headers={**_JSON, "content-type": "application/json"},
        )
        with _door(server, limits) as door:
            return with_show(model, _told(server, door.fetch([ask])[0]))
    return model


def _listed(server: Server, door: Door) -> tuple[ServedModel, ...]:
    """The models by Ollama's own list, else by the OpenAI-compatible one with what its server adds elsewhere."""
    openai, ollama = _both(server, door)
    models: tuple[ServedModel, ...] | SourceError
    if isinstance(openai, SourceError):
        models = openai
    else:
        models = openai_models(openai)
        if any(model.server != GENERIC for model in models):
            return _with_props(server, door, models)
    if not isinstance(ollama, SourceError) and isinstance(ollama.get("models"), list):
        return ollama_models(ollama)
    if isinstance(models, SourceError):
        models = _from_info(server, door, models)
    return _with_info(server, door, models) if len(models) == 1 else models


def _both(
    server: Server, door: Door
) -> tuple[Mapping[str, Any] | SourceError, Mapping[str, Any] | SourceError]:
    answers = door.fetch([_get(server, "/v1/models"), _get(server, "/api/tags")])
    openai, ollama = (_told_or_error(server, answer) for answer in answers)
    return openai, ollama


def _with_props(server: Server, door: Door, models: tuple[ServedModel, ...]) -> tuple[ServedModel, ...]:
    """A llama.cpp server of one model tells the path of its file elsewhere."""
    if len(models) != 1 or models[0].server != "llama.cpp" or models[0].root:
        return models
    props = _told_or_error(server, door.fetch([_get(server, "/props")])[0])
    return models if isinstance(props, SourceError) else (with_props(models[0], props),)


def _with_info(server: Server, door: Door, models: tuple[ServedModel, ...]) -> tuple[ServedModel, ...]:
    """TGI tells repository and commit at `/info`; a server that does not know the path is another."""
    if models[0].server == "TGI":
        return models
    info = _told_or_error(server, door.fetch([_get(server, "/info")])[0])
    if isinstance(info, SourceError) or not isinstance(info.get("model_id"), str):
        return models
    return (with_info(models[0], info),)


def _from_info(server: Server, door: Door, why: SourceError) -> tuple[ServedModel, ...]:
    """The one model of a server that has neither list (older TGI, TEI, SGLang). Raises: SourceError."""
    if not isinstance(why, NotFound):
        raise why
    answers = door.fetch([_get(server, "/info"), _get(server, "/get_model_info")])
    info, sglang = (_told_or_error(server, answer) for answer in answers)
    if not isinstance(info, SourceError) and isinstance(info.get("model_id"), str):
        return (with_info(ServedModel(name=info["model_id"][:200], server="TGI"), info),)
    if not isinstance(sglang, SourceError) and isinstance(sglang.get("model_path"), str):
        path = sglang["model_path"][:200]
        return (ServedModel(name=path, server="SGLang", root=path),)
    raise NotFound(
        f"{server.base} answers, but not as a server of models: no /v1/models, /api/tags or /info.",
        hint="Write http://host:port of vLLM, llama.cpp, Ollama, TGI or SGLang.",
    )


# ---------------------------------------------------------------- one answer


@contextmanager
def _door(server: Server, limits: Limits) -> Iterator[Door]:
    """A door that follows no redirects, sends no credentials, and asks a server of this machine without a proxy."""
    own = replace(limits, redirects=0, retries=1, request_seconds=min(limits.request_seconds, 10.0))
    with httpx2.Client(trust_env=not server.is_here) as session:
        yield Door(lambda: session, limits=own, home=server.base, credentials=dict)


def _get(server: Server, path: str) -> Ask:
    return Ask(url=server.base + path, max_bytes=ANSWER_BYTES, headers=_JSON)


def _told_or_error(server: Server, answer: Answer | SourceError) -> Mapping[str, Any] | SourceError:
    try:
        return _told(server, answer)
    except SourceError as error:
        return error


def _told(server: Server, answer: Answer | SourceError) -> Mapping[str, Any]:
    """The JSON object of an answer. Raises: SourceError, in words that fit a server of models."""
    if isinstance(answer, SourceError):
        raise type(answer)(answer.message, hint="Check the address, and that the server is running.")
    if answer.status in (401, 403, 407):
        raise AccessDenied(f"{server.base} asks for a key ({answer.status}); openaudit sends none.")
    if answer.status in (404, 405, 501):
        raise NotFound(f"{answer.url} is not there ({answer.status}).")
    if answer.status != 200:
        raise Unreachable(f"{server.base} cannot answer (HTTP {answer.status}).", hint="Is it still loading?")
    try:
        payload = payload_of(answer)
    except Damaged as error:
        raise Damaged(error.message, hint="Is this a server of models?") from error
    if is_deep(payload):
        raise Damaged(f"{server.base} answers with data that is nested too deeply.")
    return payload


def named(models: Sequence[ServedModel], name: str) -> ServedModel | None:
    """The model that is served under a name."""
    return next((model for model in models if model.name == name), None)
