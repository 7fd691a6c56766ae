"""Names of Ollama models: `[registry/][namespace/]model[:tag]`, and where a name leads on disk and on the web."""

from __future__ import annotations

import re
from dataclasses import dataclass

from openaudit.errors import TargetError

REGISTRY = "registry.ollama.ai"
NAMESPACE = "library"
TAG = "latest"
_HUB = frozenset({"hf.co", "huggingface.co"})
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}(?::\d{1,5})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class OllamaName:
    """One model of an Ollama store or registry, with every part written out."""

    registry: str = REGISTRY
    namespace: str = NAMESPACE
    model: str
    tag: str = TAG

    @property
    def parts(self) -> tuple[str, str, str, str]:
        """The folders and the file of its manifest, below `manifests/`."""
        return self.registry, self.namespace, self.model, self.tag

    @property
    def short(self) -> str:
        """As Ollama itself shows it: without the default registry and namespace, always with the tag."""
        parts = [self.model]
        if self.registry != REGISTRY or self.namespace != NAMESPACE:
            parts.insert(0, self.namespace)
        if self.registry != REGISTRY:
            parts.insert(0, self.registry)
        return f"{'/'.join(parts)}:{self.tag}"

    @property
    def full(self) -> str:
        """The name in a report. One of a user of ollama.com carries the registry: it is no repository of the Hub."""
        if self.registry == REGISTRY and self.namespace != NAMESPACE:
            return f"ollama.com/{self.short}"
        return self.short

    @property
    def hub_repository(self) -> str | None:
        """The repository of the Hub that Ollama pulled it from; None for other registries."""
        return f"{self.namespace}/{self.model}" if self.registry in _HUB else None

    @property
    def url(self) -> str | None:
        """Its page on the Hub. None for all else: a model made on this machine bears a name of the library too."""
        return f"https://huggingface.co/{self.hub_repository}" if self.hub_repository is not None else None


def parse_ollama_name(text: str) -> OllamaName:
    """The name with its defaults filled in.

    Raises: TargetError.
    Source: https://github.com/ollama/ollama/blob/main/types/model/name.go

    >>> parse_ollama_name("llama3").short
    'llama3:latest'
    """
    parts = text.split("/")
    model, colon, tag = parts[-1].partition(":")
    registry = parts[0] if len(parts) == 3 else REGISTRY
    namespace = parts[-2] if len(parts) >= 2 else NAMESPACE
    tag = tag if colon else TAG
    names = (namespace, model, tag)
    if len(parts) > 3 or not _HOST.fullmatch(registry) or not all(_PART.fullmatch(part) for part in names):
        raise TargetError(
            f"{text[:120]!r} names no Ollama model.",
            hint="Write ollama:name, ollama:name:tag or ollama:ns/name.",
        )
    return OllamaName(registry=registry, namespace=namespace, model=model, tag=tag)
