"""Weight files in the tree itself: they are models, whoever loads them."""

from __future__ import annotations

import re

from openaudit.gate.result import Reference

_SURE = re.compile(
    r"\.(?:gguf|ggml|safetensors|keras|tflite|mlmodel|ckpt|onnx|pth|pt|llamafile|ggjt)$", re.IGNORECASE
)
_BY_NAME = re.compile(
    r"^(?:(?:pytorch|diffusion_pytorch|adapter|tf)_model[\w.-]*\.(?:bin|h5)|model[\w.-]*\.(?:bin|h5)|consolidated[\w.]*\.bin"
    r"|ggml-[\w.-]+\.bin|flax_model[\w.-]*\.msgpack|[\w.-]*weights[\w.-]*\.(?:h5|hdf5))$",
    re.IGNORECASE,
)
_SHARD = re.compile(r"-(\d{5})-of-(\d{5})\.(?:safetensors|bin|gguf|h5|msgpack)$")


def is_weight_file(name: str) -> bool:
    """Whether the last part of a path is a weight file's. `.bin` and `.h5` hold much else: there the name must say so."""
    return _SURE.search(name) is not None or _BY_NAME.match(name) is not None


def as_reference(path: str) -> Reference | None:
    """The reference of a weight file; of a model in shards only the first one is named."""
    shard = _SHARD.search(path)
    if shard is not None and int(shard[1]) > 1:
        return None
    how = "weight file" if shard is None else f"weight file, the first of {int(shard[2])}"
    return Reference(target=path, kind="file", path=path, line=1, how=how)
