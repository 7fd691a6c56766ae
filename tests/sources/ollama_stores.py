"""Builds Ollama stores: a manifest, and the blobs that it names."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.artifacts import builders

MEDIA = "application/vnd.ollama.image."


def gguf(*pairs: tuple[str, str]) -> bytes:
    """A GGUF file of one small tensor with these text keys."""
    keys = [
        builders.gguf_text("general.architecture", "llama"),
        *(builders.gguf_text(k, v) for k, v in pairs),
    ]
    return bytes(builders.gguf_file(keys, [builders.gguf_tensor("a", [256, 1], 12, 0)])) + bytes(144)


class Store:
    """An Ollama store in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "blobs").mkdir(parents=True)
        (root / "manifests").mkdir()

    def layer(self, what: str, data: bytes) -> dict[str, Any]:
        """Write a blob; its line of a manifest."""
        digest = hashlib.sha256(data).hexdigest()
        self.blob(digest).write_bytes(data)
        return {"mediaType": MEDIA + what, "digest": f"sha256:{digest}", "size": len(data)}

    def blob(self, digest: str) -> Path:
        """Where a blob lies."""
        return self.root / "blobs" / f"sha256-{digest.removeprefix('sha256:')}"

    def add(self, name: str, layers: Sequence[tuple[str, bytes]], **more: Any) -> Path:
        """Add a model `[registry/namespace/]model:tag`; its manifest, with `more` keys in it."""
        lines = [self.layer(what, data) for what, data in layers]
        config = self.layer("config", b'{"model_format":"gguf","model_family":"llama","model_type":"8.0B"}')
        config["mediaType"] = "application/vnd.docker.container.image.v1+json"
        value = {"schemaVersion": 2, "config": config, "layers": lines, **more}
        path, _, tag = name.partition(":")
        parts = path.split("/")
        folder = self.root.joinpath("manifests", *["registry.ollama.ai", "library"][: 3 - len(parts)], *parts)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / (tag or "latest")).write_text(json.dumps(value), "utf-8")
        return folder / (tag or "latest")
