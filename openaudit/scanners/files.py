"""What a file list shows: weights and their formats, checkpoints, configuration, tokenizer, code, data, results."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from openaudit.artifacts.names import checkpoint_step, classify_name
from openaudit.scanners.lineage import family_detail
from openaudit.scanners.scene import Scanned, Scene, quote, strings
from openaudit.vocabulary import Evidence, FileEntry, Where

_FORMATS = {
    ".safetensors": "safetensors", ".gguf": "gguf", ".ggml": "ggml", ".bin": "pytorch", ".pt": "pytorch", ".pth": "pytorch",
    ".ckpt": "checkpoint", ".h5": "hdf5", ".keras": "keras", ".msgpack": "flax", ".onnx": "onnx", ".npz": "numpy", ".npy": "numpy",
    ".tflite": "tflite", ".pb": "tensorflow", ".mlmodel": "coreml", ".mlpackage": "coreml", ".xml": "openvino", ".ot": "rust",
    ".nemo": "nemo", ".llamafile": "llamafile", ".pkl": "pickle", ".joblib": "joblib", ".exl2": "exl2", ".engine": "tensorrt",
}  # fmt: skip
_TAGGED_FORMATS = {
    "safetensors": "safetensors", "gguf": "gguf", "pytorch": "pytorch", "tf": "hdf5", "jax": "flax", "onnx": "onnx",
}  # fmt: skip
_TRAINING_SCRIPT = re.compile(
    r"(?:^|/)(?:run_|launch_)?(?:pre|fine)?[-_]?(?:train|finetune|pretrain|sft|dpo|tune)\w*\.(?:py|sh|ipynb)$|(?:^|/)(?:training|train)/[^/]+\.py$",
    re.I,
)
_EVALUATION_SCRIPT = re.compile(r"(?:^|/)(?:run_)?eval\w*\.(?:py|sh|ipynb)$", re.I)
_PREPROCESSING_SCRIPT = re.compile(
    r"(?:^|/)(?:prepare|preprocess|process|clean|tokenize|build)[-_]\w*(?:data|corpus|dataset)\w*\.(?:py|sh)$|(?:^|/)data_prep\w*\.py$",
    re.I,
)
_TRAINING_CONFIG = re.compile(
    r"(?:^|/)(?:training_args\.bin|trainer_state\.json|training_args\.json|train_config\.\w+|hparams\.\w+|all_results\.json|train_results\.json|axolotl\w*\.ya?ml)$",
    re.I,
)
_ADAPTER_CONFIG = "adapter_config.json"
_MAX_PER_TOPIC = 20


def scan_files(scene: Scene) -> Scanned:
    """Evidence from the names and sizes in the listing, and from the small JSON files that were read."""
    evidence = [
        *_formats(scene.snapshot.files),
        *_told_by_tags(scene),
        *_kinds(scene.snapshot.files),
        *_config(scene),
        *_adapter(scene),
    ]
    access = scene.snapshot.access
    where = Where(url=scene.snapshot.url)
    if access.gated:
        says = f"gated: {access.gated}"
        evidence.append(
            Evidence(
                topic="access.gated", value=str(access.gated), where=where, quote=says, method="Hub metadata"
            )
        )
    elif access.gated is False:
        evidence.append(
            Evidence(
                topic="access.ungated",
                value="public",
                where=where,
                quote="gated: false",
                method="Hub metadata",
            )
        )
    if access.downloadable is not None:
        value = "yes" if access.downloadable else "no"
        evidence.append(
            Evidence(
                topic="access.downloadable",
                value=value,
                where=where,
                quote=quote(access.detail),
                method="request",
            )
        )
    return Scanned(evidence=tuple(evidence))


def _at(path: str) -> Where:
    return Where(path=path)


def _formats(files: tuple[FileEntry, ...]) -> Iterator[Evidence]:
    """One piece of evidence for each format of weights, with the number of files and their bytes."""
    groups: dict[tuple[str, str], list[FileEntry]] = {}
    for file in files:
        kind = classify_name(file.path)
        if kind in ("weights", "adapter_weights", "optimizer_state"):
            name = _FORMATS.get(
                PurePosixPath(file.path).suffix.lower(),
                PurePosixPath(file.path).suffix.lstrip(".") or "other",
            )
            groups.setdefault((kind, name), []).append(file)
    topics = {
        "weights": "files.weights",
        "adapter_weights": "files.adapter",
        "optimizer_state": "files.optimizer",
    }
    for (group, name), members in groups.items():
        sizes = [file.size_bytes for file in members]
        detail = {"files": str(len(members))}
        if all(size is not None for size in sizes):
            detail["bytes"] = str(sum(size or 0 for size in sizes))
        yield Evidence(
            topic=topics[group], value=name, where=_at(members[0].path), method="file list", detail=detail
        )


def _told_by_tags(scene: Scene) -> Iterator[Evidence]:
    """Formats of weights by the Hub's tags, which it makes from the files: only where the list of files was not seen."""
    if scene.snapshot.listing_complete or scene.snapshot.files:
        return
    for tag in strings(scene.snapshot.metadata.get("tags")):
        if tag in _TAGGED_FORMATS:
            yield Evidence(
                topic="files.weights", value=_TAGGED_FORMATS[tag], where=Where(url=scene.snapshot.url), quote=f"tag: {tag}",
                method="Hub tags", confidence=0.8,
            )  # fmt: skip


def _kinds(files: tuple[FileEntry, ...]) -> Iterator[Evidence]:
    counts: dict[str, int] = {}
    for file in files:
        for topic, value in _topics_of(file.path):
            counts[topic] = counts.get(topic, 0) + 1
            if counts[topic] <= _MAX_PER_TOPIC:
                yield Evidence(topic=topic, value=value, where=_at(file.path), method="file list")


def _topics_of(path: str) -> Iterator[tuple[str, str]]:
    kind = classify_name(path)
    if kind in (
        "config",
        "tokenizer",
        "data",
        "evaluation_results",
        "merge_config",
        "modeling_code",
        "adapter_config",
    ):
        yield f"files.{kind.replace('_', '-')}", path
    if _TRAINING_SCRIPT.search(path):
        yield "files.training-script", path
    if _EVALUATION_SCRIPT.search(path):
        yield "files.evaluation-script", path
    if _PREPROCESSING_SCRIPT.search(path):
        yield "files.preprocessing-script", path
    if _TRAINING_CONFIG.search(path):
        yield "files.training-config", path
    for part in PurePosixPath(path).parts[:-1]:
        step = checkpoint_step(part)
        if step is not None and kind in ("weights", "optimizer_state", "adapter_weights"):
            yield "files.intermediate", part
            break


def _json(scene: Scene, path: str) -> dict[str, Any] | None:
    document = scene.snapshot.document(path)
    if document is None or document.truncated:
        return None
    try:
        value = json.loads(document.text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _config(scene: Scene) -> Iterator[Evidence]:
    """config.json: the architecture, and the custom code that a loader would run (`auto_map`)."""
    config = _json(scene, "config.json") or scene.snapshot.metadata.get("config")
    if not isinstance(config, dict):
        return
    path = "config.json"
    where = (
        Where(path=path)
        if any(f.path == path for f in scene.snapshot.files)
        else Where(url=scene.snapshot.url)
    )
    names = config.get("architectures")
    names = [names] if isinstance(names, str) else names
    for name in names if isinstance(names, list) else ():
        if isinstance(name, str):
            yield Evidence(topic="config.architecture", value=name[:100], where=where, method="config.json")
    if isinstance(config.get("model_type"), str):
        yield Evidence(
            topic="config.model-type", value=config["model_type"][:100], where=where, method="config.json"
        )
    auto_map = config.get("auto_map")
    if isinstance(auto_map, dict) and auto_map:
        value = next((str(v) for v in auto_map.values()), "")
        yield Evidence(
            topic="config.custom-code",
            value=value[:200],
            where=where,
            quote=quote(f"auto_map: {value}"),
            method="config.json",
        )


def _adapter(scene: Scene) -> Iterator[Evidence]:
    """adapter_config.json names the base that an adapter needs."""
    config = _json(scene, _ADAPTER_CONFIG)
    base = config.get("base_model_name_or_path") if config else None
    if isinstance(base, str) and 0 < len(base) < 200 and not base.startswith(("/", ".", "~")):
        found = scene.known.family_of(base)
        detail = {"relation": "adapter"}
        if found is not None:
            detail |= family_detail(scene.known, found[0])
        yield Evidence(
            topic="base.named", value=base, where=Where(path=_ADAPTER_CONFIG), quote=f"base_model_name_or_path: {base}",
            method="adapter_config.json", confidence=0.9, detail=detail,
        )  # fmt: skip
