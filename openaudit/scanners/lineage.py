"""The models that this one was made from: by metadata, by the maker's words, or by the repository's name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from openaudit.scanners.known import REPOSITORY_CONFIDENCE
from openaudit.scanners.scene import Scanned, Scene, quote, strings
from openaudit.vocabulary import Evidence, Where

RELATIONS = ("finetune", "adapter", "quantized", "merge", "conversion")
_HUB_MODEL = re.compile(
    r"https?://(?:www\.)?(?:huggingface\.co|hf\.co)/(?!datasets/|spaces/|papers/|docs/|blog/|collections/)([\w.-]+/[\w.-]+)"
)
_MADE_FROM = re.compile(
    r"\b(?:(?:fine-?|instruction-?)?tun(?:ed|e|ing)(?: version)?|finetuned?|trained|adapted|derived|initiali[sz]ed|merged?|quanti[sz]ed|"
    r"converted|distilled|based|built|continu\w+|conversion|version|extends?|adapter|lora|delta|diff|further)\b[^.]{0,60}\b(?:from|of|on|for|on top of|with|to|"
    r"using|between)\b|\bfinetuned from model\b|\bbase model\b|\boriginal model\b|\bparent model\b",
    re.IGNORECASE,
)
_NOT_MADE = re.compile(
    r"\b(?:compar\w+|outperform\w*|unlike|similar to|than|vs\.?|evaluat\w+|tokenizer|benchmark\w*|see also|other|sibling|available at|check out|demo|alternatively)\b",
    re.IGNORECASE,
)
_QUANTIZED = re.compile(
    r"(?:\b|[_-])(?:gguf|ggml|gptq|awq|exl2|exl3|aqlm|hqq|bnb|int[48]|[48]-?bits?|q[2-8](?:_[k01](?:_[sml])?)?|w[48]a(?:8|16)|fp8|nf4|quanti[sz]ed|imatrix|q\df\d+)(?:\b|[_-])",
    re.I,
)
_CONVERTED = re.compile(
    r"(?:\b|[_-])(?:mlx|onnx|mlc|coreml|openvino|ct2|ctranslate2|tflite|tensorrt|hf|bf16|fp16|converted|safetensors)(?:\b|[_-])",
    re.I,
)
_MERGED = re.compile(
    r"(?:\b|[_-])(?:merge[d]?|mergekit|slerp|frankenmerge|ties|dare|model_stock|goliath)(?:\b|[_-])", re.I
)
_ADAPTER = re.compile(r"(?:\b|[_-])(?:lora|qlora|adapter|peft|dora)(?:\b|[_-])", re.I)


def scan_lineage(scene: Scene) -> Scanned:
    """Evidence of bases (`base.named`, and `base.implied` where only the name or the prose tells)."""
    if scene.snapshot.subject != "model":
        return Scanned()
    named = tuple(_distinct(scene, (*_metadata(scene), *_hub_metadata(scene), *_prose(scene))))
    implied = () if named else tuple(_implied(scene))
    return Scanned(evidence=(*named, *implied))


def _distinct(scene: Scene, found: tuple[Evidence, ...]) -> Iterator[Evidence]:
    seen = {scene.snapshot.id.lower()}
    for evidence in found:
        if evidence.value.lower() not in seen:
            seen.add(evidence.value.lower())
            yield evidence


def _metadata(scene: Scene) -> Iterator[Evidence]:
    value, where = scene.front("base_model")
    relation, _ = scene.front("base_model_relation")
    stated = next((r for r in strings(relation) if r in RELATIONS), None)
    bases = strings(value)
    for id_ in bases:
        kind = stated or ("merge" if len(bases) > 1 else relation_of(scene))
        yield _base("base.named", scene, _repository(id_), where, f"base_model: {id_}", kind, "metadata", 1.0)


def _repository(id_: str) -> str:
    match = _HUB_MODEL.match(id_)
    return match[1] if match else id_


def _hub_metadata(scene: Scene) -> Iterator[Evidence]:
    """The Hub's own reading, in the `base_model:` tags of the API."""
    for tag in strings(scene.snapshot.metadata.get("tags")):
        parts = tag.split(":")
        if parts[0] == "base_model" and len(parts) in (2, 3) and "/" in parts[-1]:
            kind = parts[1] if len(parts) == 3 and parts[1] in RELATIONS else relation_of(scene)
            yield _base(
                "base.named", scene, parts[-1], Where(url=scene.snapshot.url), tag, kind, "Hub metadata", 1.0
            )


def _prose(scene: Scene) -> Iterator[Evidence]:
    if scene.card is None:
        return
    for block in scene.card.blocks[:80]:
        if block.kind not in ("text", "item", "row") or not block.links or not _MADE_FROM.search(block.text):
            continue
        for link in block.links:
            match = _HUB_MODEL.match(link.url)
            if match is None or match[1].split("/")[-1] in ("blob", "tree", "resolve"):
                continue
            sentence = _sentence_of(block.text, link.text)
            if _MADE_FROM.search(sentence) and not _NOT_MADE.search(sentence):
                where = Where(path=scene.card.path, lines=(link.line, link.line))
                yield _base(
                    "base.named", scene, match[1], where, sentence, relation_of(scene), "card link", 0.7
                )


def _sentence_of(text: str, part: str) -> str:
    at = text.find(part) if part else -1
    if at < 0:
        return text[:400]
    start = max(text.rfind(". ", 0, at) + 1, text.rfind("\n", 0, at) + 1, at - 200)
    stop = text.find(". ", at)
    return text[start : stop if 0 < stop < at + 200 else at + 200]


def _implied(scene: Scene) -> Iterator[Evidence]:
    """A well-known family in the repository's own name ("Llama-3-8B-..."), unless the family is the maker's."""
    found = scene.known.family_of(scene.snapshot.id)
    if found is None:
        return
    family, confidence = found
    if confidence >= REPOSITORY_CONFIDENCE or family.maker.lower() == scene.owner.lower():
        return
    yield _base(
        "base.implied",
        scene,
        family.id,
        Where(url=scene.snapshot.url),
        scene.snapshot.id,
        relation_of(scene),
        "repository name",
        confidence,
    )


def relation_of(scene: Scene) -> str:
    """How a derivative was made, by its name, tags and library; a fine-tune where nothing tells otherwise."""
    tags, _ = scene.front("tags")
    library, _ = scene.front("library_name")
    words = " ".join((scene.name, *strings(tags), *strings(library)))
    if _QUANTIZED.search(words):
        return "quantized"
    if _MERGED.search(words):
        return "merge"
    if _ADAPTER.search(words):
        return "adapter"
    return "conversion" if _CONVERTED.search(scene.name) else "finetune"


def _base(
    topic: str, scene: Scene, id_: str, where: Where, says: str, relation: str, method: str, confidence: float
) -> Evidence:
    family = scene.known.family_of(id_) if topic == "base.named" else scene.known.family_of(scene.snapshot.id)
    detail = {"relation": relation if relation in RELATIONS else "finetune"}
    if family is not None:
        detail |= {"family": family[0].id, "license": family[0].license or ""}
    return Evidence(
        topic=topic,
        value=id_,
        where=where,
        quote=quote(says),
        method=method,
        confidence=confidence,
        detail=detail,
    )
