"""The datasets that a card names or describes, and what they were for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from openaudit.scanners.markdown import Block, Link, sentences
from openaudit.scanners.memory import remembered
from openaudit.scanners.scene import Scanned, Scene, is_about_others, quote, strings
from openaudit.scanners.sieve import sieve
from openaudit.vocabulary import Evidence, Where

_HUB_DATASET = re.compile(r"huggingface\.co/datasets/([\w.-]+(?:/[\w.-]+)?)")
_TRAINING = (
    r"\b(?:pre-?|fine-?|instruction-?|further |continu\w+ )?"
    r"(?:train(?:ed|ing)?|tun(?:ed|ing)|finetun\w+|distill\w*|aligned|learn\w*|sft|dpo|rlhf)\b|训练|学習"
)
_TRAINS = sieve(_TRAINING)
_TRAINED_ON = sieve(_TRAINING + r"|\b(?:corpus|corpora|data ?sets?|data (?:mix|source)|mixture)\b|数据集")
_OFFERED = sieve(
    r"\b(?:scripts?|notebooks?|tutorials?|colab)\b[^.\n]{0,60}\b(?:to|that you|how)\b[^.\n]{0,30}\b(?:perform|run|fine-?tun\w*|train)\b"
)
"""What readers may do with the model, on data of an example."""
_BENCHMARK = sieve(r"\bbenchmarks?\b")
_ITS_FORMAT = re.compile(
    r"[`'\"*]{0,3}[\s-](?:data(?: ?set)?[\s-])?(?:format|style|template|schema)\b", re.IGNORECASE
)
_EVALUATED_ON = sieve(
    r"\b(?:evaluat\w+|benchmark\w*|tested|test set|leaderboard|scores?|results?|zero-shot|outperform\w*)\b|评测|评估",
)
_VAGUE = sieve(
    r"\b(?:publicly|freely|openly) (?:available|accessible)(?: online)? (?:\w+ ){0,3}(?:data|sources|corpora|datasets?|documents)|"
    r"\b(?:a )?(?:mix|mixture|combination|variety|collection|wide range|blend) of (?:\w+[ -]){0,4}"
    r"(?:public|web|internet|online|synthetic|proprietary|licensed|open)\b|"
    r"\b(?:web|internet|proprietary|in-house|internal) (?:data|text|documents|corpus)\b|互联网|公开数据",
)
_SOURCES = sieve(
    r"\b(?:common ?crawl|wikipedia|git ?hub|stack ?(?:over|ex)\w*|arxiv|pubmed|project gutenberg|reddit|twitter|news|books|youtube|"
    r"sharegpt|gpt-?[34]\w*|chat ?gpt|imagenet|wikidata|patents?|sec filings?|court)\b",
)
_PROPORTION = re.compile(
    r"\b\d+(?:\.\d+)?\s?(?:%|percent|billion|trillion|million|[BMT] tokens?|[KM] (?:samples|examples|pairs|images)|hours|GB|TB)(?![\w])",
    re.IGNORECASE,
)
_MEASURES = re.compile(r"bench|eval|(?<![a-z])tests?(?![a-z])|leaderboard|results|arena", re.IGNORECASE)
_LEAD = re.compile(r"[\w'’/&()-]{1,30}(?: [\w'’/&()-]{1,30}){0,5}:?")
"""A line of its own, in bold or with a colon, that stands as a title over what follows: no sentence."""
_MAX_DATASETS = 60


def scan_datasets(scene: Scene) -> Scanned:
    """Evidence of datasets by id (`data.named`), known corpora by name (`data.corpus`), and descriptions."""
    if scene.card is None:
        return Scanned()
    found: dict[tuple[str, str, str], Evidence] = {}
    for evidence in (*_front_matter(scene), *_body(scene)):
        key = (evidence.topic, evidence.value.lower(), evidence.detail.get("role", ""))
        if key not in found and len(found) < _MAX_DATASETS:
            found[key] = evidence
    return Scanned(evidence=tuple(found.values()))


def _front_matter(scene: Scene) -> Iterator[Evidence]:
    value, where = scene.front("datasets")
    role = "source" if scene.snapshot.subject == "dataset" else "training"
    for id_ in strings(value):
        yield _named(scene, id_, where, f"datasets: {id_}", role, "metadata", 1.0)
    sources, where = scene.front("source_datasets")
    for id_ in strings(sources):
        if "/" in id_ or "|" in id_:
            yield _named(
                scene, id_.split("|")[-1], where, f"source_datasets: {id_}", "source", "metadata", 0.9
            )


def _body(scene: Scene) -> Iterator[Evidence]:
    assert scene.card is not None
    lead = ""
    for block in scene.card.blocks:
        if block.kind == "heading":
            lead = ""
        if block.kind in ("heading", "code", "comment") or is_about_others(scene, block):
            continue
        trained = _trained_on(block.text)
        titled = scene.lexicon.titles((*block.headings, lead) if lead else block.headings).near
        if block.kind == "text" and not block.links and _LEAD.fullmatch(block.text):
            lead = block.text.rstrip(": ")
        data_titled = "training-data" in titled
        evaluation_titled = "evaluation" in titled and not data_titled
        role = _role(block.text, trained, data_titled=data_titled, evaluation_titled=evaluation_titled)
        if block.links:
            yield from _links(scene, block, role)
        yield from _corpora(scene, block, role)
        if role == "training" and (data_titled or trained) and _may_describe(block.text):
            yield from _descriptions(scene, block)


@remembered
def _trained_on(text: str) -> bool:
    return _TRAINED_ON.search(text) is not None and _OFFERED.search(text) is None


@remembered
def _evaluated_on(text: str) -> bool:
    return _EVALUATED_ON.search(text) is not None


@remembered
def _calls_it_a_benchmark(text: str) -> bool:
    """Whether a text speaks of a benchmark and of no training: a data set in it is there to measure by."""
    return _BENCHMARK.search(text) is not None and _TRAINS.search(text) is None


@remembered
def _may_describe(text: str) -> bool:
    """Whether any sentence of the text can name sources or a category of them."""
    return _SOURCES.search(text) is not None or _VAGUE.search(text) is not None


def _role(text: str, trained: bool, *, data_titled: bool, evaluation_titled: bool) -> str:
    if evaluation_titled or (not trained and _evaluated_on(text)):
        return "evaluation"
    if not data_titled and _calls_it_a_benchmark(text):
        return "evaluation"
    return "training" if data_titled or trained else "mentioned"


def _links(scene: Scene, block: Block, role: str) -> Iterator[Evidence]:
    for link in block.links:
        match = _HUB_DATASET.search(link.url)
        if match:
            where = Where(path=scene.card.path if scene.card else None, lines=(link.line, link.line))
            played, sure = (role, 0.9) if role != "mentioned" else _if_unsaid(scene, match[1], link)
            yield _named(scene, match[1], where, block.text, played, "card link", sure)


def _if_unsaid(scene: Scene, id_: str, link: Link) -> tuple[str, float]:
    """What a data set is for that a card of a model links without saying: one of the model's own makers is what they
    trained it on, unless its name or the link's tells of a benchmark."""
    own = scene.snapshot.subject == "model" and id_.split("/")[0].lower() == scene.owner.lower() != ""
    if own and "/" in id_ and not _MEASURES.search(f"{id_} {link.text}"):
        return "training", 0.6
    return "mentioned", 0.9


def _corpora(scene: Scene, block: Block, role: str) -> Iterator[Evidence]:
    for corpus, start, end in scene.known.corpora_in(block.text):
        if _ITS_FORMAT.match(block.text, end):
            continue  # "the ShareGPT format": how data is written down, not which
        kind = "evaluation" if corpus.kind == "evaluation" else role
        yield Evidence(
            topic="data.corpus", value=corpus.id, where=scene.at(block, start, end - start), quote=quote(_around(block.text, start, end)),
            method="known name", confidence=0.8, detail={"role": kind, "status": corpus.status.value, "license": corpus.license or ""},
        )  # fmt: skip


def _around(text: str, start: int, end: int) -> str:
    return text[max(0, start - 100) : end + 100]


def _named(
    scene: Scene, id_: str, where: Where, says: str, role: str, method: str, confidence: float
) -> Evidence:
    corpus = scene.known.corpus(id_)
    detail = {"role": role}
    if corpus is not None:
        detail |= {"corpus": corpus.id, "status": corpus.status.value, "license": corpus.license or ""}
        if corpus.kind == "evaluation":
            detail["role"] = "evaluation"
    return Evidence(
        topic="data.named",
        value=id_,
        where=where,
        quote=quote(says),
        method=method,
        confidence=confidence,
        detail=detail,
    )


def _descriptions(scene: Scene, block: Block) -> Iterator[Evidence]:
    """Sentences on where the training data came from: named sources with proportions, or only category words."""
    for offset, sentence in sentences(block.text):
        sources, proportion = _SOURCES.findall(sentence), _PROPORTION.search(sentence)
        if sources and (proportion or len(set(map(str.lower, sources))) >= 2 or block.kind == "row"):
            topic, confidence = "data.described", 0.7
        elif _VAGUE.search(sentence):
            topic, confidence = "data.vague", 0.7
        else:
            continue
        yield Evidence(
            topic=topic, value="sources" if topic == "data.described" else "category words",
            where=scene.at(block, offset, len(sentence)), quote=quote(sentence), method="sentence", confidence=confidence,
            detail={"role": "training"},
        )  # fmt: skip
