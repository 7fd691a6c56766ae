"""The models that this one was made from: by metadata, by the maker's words, or by the repository's name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from openaudit.artifacts.names import classify_name
from openaudit.scanners.known import NAME_CONFIDENCE, REPOSITORY_CONFIDENCE, Known
from openaudit.scanners.known_facts import Family
from openaudit.scanners.license_files import kind_of
from openaudit.scanners.markdown import Block, Link
from openaudit.scanners.scene import Scanned, Scene, is_about_others, quote, strings
from openaudit.vocabulary import Evidence, Where
from openaudit.yaml_text import YamlProblem, parse

_MOST_WORDS = 12
_MAX_MENTIONS = 200
_MOST_PLACES = 20
"""Where the text of a link is looked for in its block: a hostile one stands there without end."""
RELATIONS = ("finetune", "adapter", "quantized", "merge", "conversion")
_HUB_MODEL = re.compile(
    r"https?://(?:www\.)?(?:huggingface\.co|hf\.co)/(?!datasets/|spaces/|papers/|docs/|blog/|collections/)([\w.-]+/[\w.-]+)"
)
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9_][\w.-]{0,95}")
_MADE_FROM = re.compile(
    r"\b(?:(?:fine-?|instruction-?)?tun(?:ed|e|ing)(?: version)?|finetuned?|trained|adapted|derived|initiali[sz]ed|merged?|quanti[sz]ed|"
    r"converted|distilled|based|built|continu\w+|conversion|version|extends?|adapter|lora|delta|diff|further)\b[^.]{0,60}"
    r"\b(?:from|of|on|for|on top of|with|to|"
    r"using|between)\b|\bfinetuned from model\b|\bbase model\b|\boriginal model\b|\bparent model\b",
    re.IGNORECASE,
)
_NOT_MADE = re.compile(
    r"\b(?:compar\w+|outperform\w*|unlike|similar to|than|vs\.?|evaluat\w+|tokenizer|benchmark\w*|"
    r"see also|other|sibling|available at|(?:new(?:er)?|later|updated|improved) versions?|successor|superseded|"
    r"check out|demo|alternatively)\b",
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


_PART_OF_IT = re.compile(
    r"\b(?:architecture|tokeni[sz]er|paper|licen[sc]e|code|implementation)\b", re.IGNORECASE
)
_VARIANT_OF = re.compile(
    r"[-_.](?!v?\d{1,4}(?:\.\d{1,3})?[bm]?(?:[-_.]|$))(?!(?:.*[-_.])?(?:base|pre-?train\w*|pt|sft|init|raw)(?:[-_.]|$))\w",
    re.IGNORECASE,
)
"""What follows on a model's name in the name of one that was made from it; a number or `base` tells nothing."""
_BASE_LABEL = re.compile(
    r"\b(?:base|parent|original|finetuned from|fine-tuned from|derived from)\b[^|]{0,20}(?:model)?\s*\|",
    re.IGNORECASE,
)
_MADE_BEFORE = re.compile(
    r"(?:\b(?:based|built|finetun\w+|fine-tun\w+) (?:up)?on(?: top of)?|"
    r"\b(?:version|variant|derivative|finetune|fine-tune|quanti[sz]\w+|merge|conversion|adapter|distill\w*|lora|dequant|"
    r"continu\w+ (?:pre-?)?training|pre-?training and fine-?tuning) (?:of|from|for|on)|"
    r"\b(?:derived|initiali[sz]ed|adapted|converted|starting|tuned|trained|finetuned|distilled|warm-?started) from|"
    r"\bfine-?tun(?:e|ed|ing)|\bfrom model\b|\bbase(?:d)?[- ]?models?\b|\b(?:parent|original) models?\b|\bbackbone\b)"
    r"[\s:*\[\]()`'\"]{0,6}(?:(?:the|an?|our|original|pre-?trained|powerful|popular|open-source|models?|meta'?s?|google'?s?|"
    r"mistral|is|are)[\s:*\[\]()`'\"]{1,3}){0,5}$",
    re.IGNORECASE,
)
_NEGATED = re.compile(r"(?:\b(?:not|never)|n['’]t)\s+(?:\w+\s+){0,2}$", re.IGNORECASE)
_MECHANICAL = (
    ("quantized", re.compile(r"\bquanti[sz](?:ed|ation)s?\b|\bgguf\b", re.IGNORECASE)),
    ("conversion", re.compile(r"\b(?:converted|conversion)\b", re.IGNORECASE)),
)
_MADE_AFTER = re.compile(
    r"[\s-]?based\b(?! (?:architecture|tokeni[sz]er))|(?: models?)? as (?:its|the|a|our) (?:base|backbone|starting)|"
    r"(?: models?)?,? (?:and (?:then )?)?fine-?tuned (?:it |in )?(?:on|with|for|using)\b",
    re.IGNORECASE,
)
_NOT_ITSELF = re.compile(
    r"[\s-]{0,2}(?:tokeni[sz]er|architecture|format|prompt|style|template|chat template|like|compatible|generated|outputs?|data)\b",
    re.IGNORECASE,
)


def scan_lineage(scene: Scene) -> Scanned:
    """Evidence of bases (`base.named`, and `base.implied` where only facts of rules/families/, the name, the tags or
    the prose tell)."""
    if scene.snapshot.subject != "model":
        return Scanned()
    named = tuple(
        _distinct(scene, (*_metadata(scene), *_hub_metadata(scene), *_mergekit(scene), *_prose(scene)))
    )
    covered = {family for evidence in named for family in _covered_by(scene, evidence)}
    implied: dict[str, Evidence] = {}
    weaker = () if any(covered - {""}) else (*_by_words(scene), *_by_tags(scene))
    known = () if _says_itself(scene, named) else _by_facts(scene)
    for evidence in (*known, *_by_name(scene), *weaker):
        if evidence.value not in covered and evidence.value not in implied:
            implied[evidence.value] = evidence
    return Scanned(evidence=(*named, *implied.values()))


def _says_itself(scene: Scene, named: tuple[Evidence, ...]) -> bool:
    """Whether the metadata names a base by another maker: then it need not be told by what the family is known for, whose
    members may differ."""
    return any(
        evidence.method in ("metadata", "Hub metadata") and not _is_by_same_maker(scene, evidence)
        for evidence in named
    )


def _is_by_same_maker(scene: Scene, named: Evidence) -> bool:
    return named.value.split("/")[0].lower() == scene.owner.lower()


def _covered_by(scene: Scene, named: Evidence) -> list[str]:
    """The families that a named base stands for: with all that it was made from, unless it is by the same maker, who
    may relicense its own, and not what others put into it."""
    families = named.detail.get("families", "").split("|")
    return families[:1] if _is_by_same_maker(scene, named) else families


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


def _mergekit(scene: Scene) -> Iterator[Evidence]:
    """The models that a mergekit configuration merges, with adapters put on them (`org/model+org/lora`).

    Source: https://github.com/arcee-ai/mergekit, "Merge configuration".
    """
    for document in scene.snapshot.documents:
        if document.origin is not None or classify_name(document.path) != "merge_config":
            continue
        try:
            value = parse(document.text)
        except YamlProblem:
            continue
        for id_ in dict.fromkeys(_merged_in(value)):
            line = next((i for i, row in enumerate(document.text.splitlines(), 1) if id_ in row), 1)
            where = Where(path=document.path, lines=(line, line))
            yield _base(
                "base.named", scene, id_, where, f"merged: {id_}", "merge", "mergekit configuration", 0.95
            )


def _merged_in(value: object, depth: int = 0) -> Iterator[str]:
    """The ids of the Hub under `model` and `base_model`, at any depth."""
    if isinstance(value, list) and depth < 8:
        for item in value[:_MAX_MENTIONS]:
            yield from _merged_in(item, depth + 1)
    if not isinstance(value, dict) or depth >= 8:
        return
    for key, item in value.items():
        if key in ("model", "base_model") and isinstance(item, str):
            yield from (part for part in item.split("+")[:4] if _HUB_ID.fullmatch(part))
        else:
            yield from _merged_in(item, depth + 1)


def _prose(scene: Scene) -> Iterator[Evidence]:
    if scene.card is None:
        return
    for block in scene.card.blocks[:80]:
        if block.kind not in ("text", "item", "row") or not block.links or not _MADE_FROM.search(block.text):
            continue
        if is_about_others(scene, block) or (block.kind == "row" and not _BASE_LABEL.search(block.text)):
            continue
        for link in block.links:
            match = _HUB_MODEL.match(link.url)
            if match is None or match[1].split("/")[-1] in ("blob", "tree", "resolve"):
                continue
            sentence = _said_of(scene, block, link, match[1])
            if sentence and not _NOT_MADE.search(sentence):
                where = Where(path=scene.card.path, lines=(link.line, link.line))
                relation = _relation_in(scene, sentence)
                yield _base("base.named", scene, match[1], where, sentence, relation, "card link", 0.7)


def _said_of(scene: Scene, block: Block, link: Link, id_: str) -> str:
    """The sentence that says, right before or after a link, that the model was made from what it leads to; "" where none
    does. What is named like this model and more ("name-gguf", "name-instruct") was made from it."""
    name = id_.split("/")[-1]
    own = len(scene.name) if name.lower().startswith(scene.name.lower()) else 0
    if (own and _VARIANT_OF.match(name, own)) or _PART_OF_IT.search(link.text) or "<td" in block.raw:
        return ""
    text, says = block.text, link.text
    if says not in text:  # broken over two lines
        text, says = " ".join(text.split()), " ".join(says.split())
    labelled = block.kind == "row" and _BASE_LABEL.search(text) is not None
    for at in islice(_places_of(says, text), _MOST_PLACES):
        end = at + len(says)
        if labelled or _made_of(text[max(0, at - 90) : at], text[end : end + 40]):
            return _sentence_at(text, at)
    return ""


def _places_of(words: str, text: str) -> Iterator[int]:
    at = text.find(words) if words else -1
    while at >= 0:
        yield at
        at = text.find(words, at + len(words))


def _relation_in(scene: Scene, sentence: str) -> str:
    """The relation that the name tells; where it tells none, a change of form that the sentence speaks of."""
    relation = relation_of(scene)
    if relation != "finetune" or re.search(r"tun(?:ed|ing)\b", sentence, re.IGNORECASE):
        return relation
    return next((name for name, words in _MECHANICAL if words.search(sentence)), relation)


def _sentence_at(text: str, at: int) -> str:
    """The sentence around a place, at most 200 characters to each side; the beginning where there is no place."""
    if at < 0:
        return text[:400]
    first = max(0, at - 200)
    start = max(text.rfind(". ", first, at) + 1, text.rfind("\n", first, at) + 1, first)
    stop = text.find(". ", at, at + 200)
    return text[start : stop if stop > 0 else at + 200]


def _is_settled(scene: Scene) -> bool:
    """Whether the facts tell what this repository was made from."""
    own = scene.known.own_family(scene.snapshot.id)
    return own is not None and not own.bases_vary


def _by_facts(scene: Scene) -> Iterator[Evidence]:
    """What the rules know of this repository's own family: the families that it was made from."""
    own = scene.known.own_family(scene.snapshot.id)
    for base in own.bases if own else ():
        family = scene.known.families.get(base)
        if family is not None:
            yield _family(
                scene, family, Where(url=scene.snapshot.url), scene.snapshot.id, "known family", 0.9
            )


def _by_name(scene: Scene) -> Iterator[Evidence]:
    """A well-known family in the repository's own name ("Llama-3-8B-..."), unless it is the maker's own."""
    found = scene.known.family_of(scene.snapshot.id)
    if found is None:
        return
    if found[1] >= REPOSITORY_CONFIDENCE:
        yield from _copy_of(scene, found[0])
        yield from _others_in_name(scene, found[0])
    elif found[0].maker.lower() != scene.owner.lower():
        yield _family(
            scene, found[0], Where(url=scene.snapshot.url), scene.snapshot.id, "repository name", found[1]
        )


def _others_in_name(scene: Scene, own: Family) -> Iterator[Evidence]:
    """The base in the name of a member of a line whose members are made from different ones ("gemma-2-9b-it-SimPO")."""
    if not own.bases_vary:
        return
    for part in _parts_of(scene.name):
        family = next((f for f, _, _ in scene.known.families_in(part)), None)
        if family is not None and family.maker != own.maker and not family.architecture:
            yield _family(
                scene,
                family,
                Where(url=scene.snapshot.url),
                scene.snapshot.id,
                "repository name",
                NAME_CONFIDENCE,
            )
            return


def _parts_of(name: str) -> Iterator[str]:
    """The stretches of a name between hyphens, longest first: the line's own name may reach over its base's."""
    words = re.split(r"[-_ ]", name)[:_MOST_WORDS]
    for length in range(len(words) - 1, 0, -1):
        for start in range(len(words) - length + 1):
            yield "-".join(words[start : start + length])


def _copy_of(scene: Scene, family: Family) -> Iterator[Evidence]:
    """A repository that is one of the family itself and says nothing of a license: put up by others, or in another
    form, it is a copy of what the maker published."""
    copied = scene.known.is_copy(scene.snapshot.id) or relation_of(scene) in ("conversion", "quantized")
    silent = scene.front("license")[0] is None and not any(
        kind_of(file.path) == "license" for file in scene.snapshot.files
    )
    if family.license and silent and copied:
        copy = _family(
            scene, family, Where(url=scene.snapshot.url), scene.snapshot.id, "repository name", 0.6
        )
        yield replace(copy, detail={**copy.detail, "relation": "conversion"})


def _by_words(scene: Scene) -> Iterator[Evidence]:
    """A family that the card says the model was made from, without a link."""
    if scene.card is None or _is_settled(scene):
        return
    for block in scene.card.blocks[:60]:
        if block.kind not in ("text", "item") or is_about_others(scene, block):
            continue
        for family, start, end in scene.known.families_in(block.text)[:_MAX_MENTIONS]:
            before, after = block.text[max(0, start - 90) : start], block.text[end : end + 40]
            says = _sentence_at(block.text, start)
            own = family.maker.lower() == scene.owner.lower()
            if not own and _made_of(before, after) and not _NOT_MADE.search(says):
                yield _family(scene, family, scene.at(block, start, end - start), says, "card", 0.6)


def _made_of(before: str, after: str) -> bool:
    before = re.split(r"[.;!?]\s", before)[-1]
    if _NOT_ITSELF.match(after):
        return False
    made = _MADE_BEFORE.search(before)
    if made is not None:
        return _NEGATED.search(before[: made.start()]) is None
    return _MADE_AFTER.match(after) is not None


def _by_tags(scene: Scene) -> Iterator[Evidence]:
    value, where = scene.front("tags")
    if _is_settled(scene):
        return
    for tag in strings(value):
        for family, start, end in scene.known.families_in(tag) if len(tag) < 30 else ():
            if end - start == len(tag) and family.maker.lower() != scene.owner.lower():
                yield _family(scene, family, where, f"tags: {tag}", "metadata tag", 0.6)


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
    """A base by its id; `family`, `license` and the like are what the rules know of it."""
    found = scene.known.family_of(id_)
    detail = {"relation": relation if relation in RELATIONS else "finetune"}
    if _same_name(scene, id_):
        detail["relation"] = "conversion"
    if found is not None:
        detail |= family_detail(scene.known, found[0])
    return Evidence(
        topic=topic,
        value=id_,
        where=where,
        quote=quote(says),
        method=method,
        confidence=confidence,
        detail=detail,
    )


def _same_name(scene: Scene, id_: str) -> bool:
    """A repository named exactly as its base is a copy of it, whatever else it says."""
    return scene.name.lower() == id_.split("/")[-1].lower() and scene.snapshot.id.lower() != id_.lower()


def _family(
    scene: Scene, family: Family, where: Where, says: str, method: str, confidence: float
) -> Evidence:
    relation = relation_of(scene)
    if relation == "finetune" and scene.known.is_copy_name(family, scene.name):
        relation = "conversion"
    detail = {"relation": relation} | family_detail(scene.known, family)
    return Evidence(
        topic="base.implied",
        value=family.id,
        where=where,
        quote=quote(says),
        method=method,
        confidence=confidence,
        detail=detail,
    )


def family_detail(known: Known, family: Family) -> dict[str, str]:
    """A family and all that it was made from, as words of evidence: ids and licenses, joined by `|`, itself first."""
    line = [family]
    for member in line:
        line.extend(
            f for name in member.bases if (f := known.families.get(name)) is not None and f not in line
        )
        if len(line) > 12:
            break
    return {
        "family": family.id,
        "families": "|".join(member.id for member in line),
        "license": "|".join(dict.fromkeys(member.license for member in line if member.license)),
        "training_code": family.training_code.status.value,
        "training_data": family.training_data.status.value,
        "sources": "|".join(corpus.id for corpus in known.corpora_of(family)),
        "access": family.access.status if family.access else "",
    }
