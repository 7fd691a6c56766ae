"""How much a card says: which sections it has, with how many words, evaluation numbers and sample outputs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from openaudit.scanners.markdown import Block, sentences
from openaudit.scanners.memory import remembered
from openaudit.scanners.scene import Scanned, Scene, quote
from openaudit.scanners.sieve import Sieve, sieve
from openaudit.vocabulary import Evidence, Where

_WORD = re.compile(r"[\w'’-]+")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d+)?\s?%?(?![\w])")
_METRIC = sieve(
    r"\b(?:mmlu|hellaswag|arc|truthfulqa|winogrande|gsm ?8k|human ?eval|mbpp|bleu|rouge|f1|accuracy|acc|wer|cer|perplexity|ppl|mt-?bench|"
    r"alpaca ?eval|ceval|c-eval|cmmlu|bbh|agieval|lambada|piqa|boolq|squad|glue|super ?glue|fid|clip|map|ndcg|mrr|recall|precision|elo|"
    r"win ?rate|average|avg|score|loss|exact match|pass@1|math|drop|triviaqa|nq|ifeval|gpqa|spearman|pearson|mteb|sts)\b",
)
_ENOUGH_NUMBERS = 3


def scan_sections(scene: Scene) -> Scanned:
    """Evidence of each section that a card has, in order of the rules' list of sections."""
    card = scene.card
    if card is None:
        return Scanned()
    evidence = [
        Evidence(topic="card.present", value=card.path, where=Where(path=card.path), method="file list")
    ]
    if not card.from_api:
        words = sum(_words(scene, block) for block in card.blocks if block.kind != "comment")
        evidence.append(
            Evidence(topic="card.words", value=str(words), where=Where(path=card.path), method="count")
        )
    evidence.extend(_sections(scene))
    evidence.extend(_results(scene))
    evidence.extend(_recipe(scene))
    return Scanned(evidence=tuple(evidence))


def _words(scene: Scene, block: Block) -> int:
    """Words that say something: no template text, no code, a CJK character counted as half a word."""
    return 0 if block.kind in ("code", "comment") else scene.lexicon.words_of(block.text)


def _sections(scene: Scene) -> Iterator[Evidence]:
    assert scene.card is not None
    counts: dict[str, int] = defaultdict(int)
    places: dict[str, Block] = {}
    method: dict[str, str] = {}
    for block in scene.card.blocks:
        if block.kind in ("heading", "comment"):
            continue
        titled = scene.lexicon.titles(block.headings).wide
        if not titled:
            continue
        words = _words(scene, block) + (10 if block.kind == "row" else 0)
        for id_ in titled:
            counts[id_] += words
            places.setdefault(id_, block)
            method[id_] = "heading"
    speaking = tuple(_speaking(scene))
    for kind in scene.lexicon.sections:
        if counts[kind.id] >= scene.lexicon.heading_words or kind.prose is None:
            continue
        for block, sentence, words in _prose(scene, kind.id, kind.prose, speaking):
            if counts[kind.id] == 0:
                places[kind.id], method[kind.id] = block, f"sentence: {sentence}"
            counts[kind.id] += words
    for kind in scene.lexicon.sections:
        if counts[kind.id]:
            block = places[kind.id]
            says = (
                method[kind.id].removeprefix("sentence: ")
                if method[kind.id] != "heading"
                else block.headings[-1]
            )
            yield Evidence(
                topic=f"card.section.{kind.id}",
                value=str(counts[kind.id]),
                where=scene.at(block),
                quote=quote(says),
                method="heading" if method[kind.id] == "heading" else "sentence",
                confidence=1.0 if method[kind.id] == "heading" else 0.7,
            )


_Speaking = tuple[Block, frozenset[str]]


def _speaking(scene: Scene) -> Iterator[_Speaking]:
    """The blocks that speak of the subject of any kind of section, with these kinds."""
    assert scene.card is not None
    for block in scene.card.blocks:
        if block.kind in ("text", "item", "row") and (kinds := scene.lexicon.kinds_in_prose(block.text)):
            yield block, kinds


def _prose(
    scene: Scene, kind: str, pattern: Sieve, speaking: tuple[_Speaking, ...]
) -> Iterator[tuple[Block, str, int]]:
    """Sentences that speak of a section's subject outside its own heading."""
    for block, kinds in speaking:
        if kind not in kinds:
            continue
        for _, sentence in sentences(block.text):
            if pattern.search(sentence) and not scene.lexicon.boilerplate.search(sentence):
                words = len(_WORD.findall(sentence)) + len(_CJK.findall(sentence)) // 2
                if words >= scene.lexicon.prose_words:
                    yield block, sentence, words


def _results(scene: Scene) -> Iterator[Evidence]:
    yield from _model_index(scene)
    assert scene.card is not None
    kind = next(k for k in scene.lexicon.sections if k.id == "evaluation")
    rows: list[Block] = []
    for block in scene.card.blocks:
        if block.kind == "row":
            rows.append(block)
            continue
        yield from _table(scene, rows)
        rows = []
        in_section = kind.id in scene.lexicon.titles(block.headings).exact
        if (
            block.kind in ("text", "item")
            and (numbers := _numbers_beside_metric(block.text))
            and (
                in_section
                or numbers >= _ENOUGH_NUMBERS
                or kind.id in scene.lexicon.kinds_in_prose(block.text)
            )
        ):
            yield _result(scene, "prose", block, 0.6)
    yield from _table(scene, rows)


@remembered
def _numbers_beside_metric(text: str) -> int:
    """How many numbers stand in a text that names a metric."""
    return len(_NUMBER.findall(text)) if _DIGIT.search(text) and _METRIC.search(text) else 0


def _table(scene: Scene, rows: list[Block]) -> Iterator[Evidence]:
    """A table with at least three numbers under a heading, header or first column that names a metric."""
    if len(rows) < 2:
        return
    numbers = sum(len(_NUMBER.findall(row.text)) for row in rows[1:])
    named = any(_METRIC.search(row.text) for row in rows) or any(
        _METRIC.search(t) for t in rows[0].headings[-1:]
    )
    kind = next(k for k in scene.lexicon.sections if k.id == "evaluation")
    titled = kind.id in scene.lexicon.titles(rows[0].headings).exact
    enough = 2 if titled else 2 * _ENOUGH_NUMBERS
    if numbers >= enough and (named or titled):
        yield _result(scene, "table", rows[0], 0.9 if titled else 0.7)


def _result(scene: Scene, value: str, block: Block, confidence: float) -> Evidence:
    return Evidence(
        topic="evaluation.results", value=value, where=scene.at(block), quote=quote(block.text),
        method="card", confidence=confidence,
    )  # fmt: skip


_HYPER_PARAMETER = sieve(
    r"(?<![A-Za-z])(learning[ _-]?rate|lr|batch[ _-]?size|epochs?|optimi[sz]er|adam\w?|warm-?up|weight[ _-]?decay|scheduler|"
    r"(?:training )?steps|gradient[ _-]accumulations?|sequence length|deepspeed|lora[ _]r|rank|seed|dropout|tokens)(?![A-Za-z])"
    r"[^.\n]{0,40}?\d",
)
_OPTIMIZER = sieve(
    r"(?<![A-Za-z])optimi[sz]er\W{1,6}(?:\w{1,20} ){0,2}(?:adam\w*|sgd|adafactor|lion|lamb|muon|sophia|shampoo|rmsprop)(?![A-Za-z])"
)
_ENOUGH_PARAMETERS = 3
_TRAINS = sieve(r"\btrain|\btun")


@remembered
def _parameters_in(text: str) -> tuple[str, ...]:
    """The hyper-parameters to which a text gives values."""
    named = ("optimizer",) if _OPTIMIZER.search(text) else ()
    if not _DIGIT.search(text):
        return named
    found = _HYPER_PARAMETER.finditer(text.replace("|", " "))
    return (*named, *(re.sub(r"[ _-]|s$", "", match[1].lower()) for match in found))


def _recipe(scene: Scene) -> Iterator[Evidence]:
    """Hyper-parameters with their values: a recipe from which an expert could train again."""
    assert scene.card is not None
    training = next(k for k in scene.lexicon.sections if k.id == "training")
    found: dict[str, Block] = {}
    for block in scene.card.blocks:
        titled = training.id in scene.lexicon.titles(block.headings).near
        if block.kind == "comment" or not (titled or _TRAINS.search(block.text)):
            continue
        for name in _parameters_in(block.text[:5000]):
            found.setdefault(name, block)
    if len(found) >= _ENOUGH_PARAMETERS:
        names = ", ".join(sorted(found))
        block = next(iter(found.values()))
        yield Evidence(
            topic="training.recipe", value=names[:100], where=scene.at(block), quote=quote(block.text),
            method="card", confidence=0.7,
        )  # fmt: skip


def _model_index(scene: Scene) -> Iterator[Evidence]:
    """Results in the metadata: `model-index[].results[].metrics[].value`."""
    index, where = scene.front("model-index")
    for model in index if isinstance(index, list) else ():
        results = model.get("results") if isinstance(model, dict) else None
        for result in results if isinstance(results, list) else ():
            metrics = result.get("metrics") if isinstance(result, dict) else None
            for metric in metrics if isinstance(metrics, list) else ():
                if isinstance(metric, dict) and isinstance(metric.get("value"), (int, float, str)):
                    says = f"{metric.get('type')}: {metric.get('value')}"
                    yield Evidence(
                        topic="evaluation.results",
                        value="model-index",
                        where=where,
                        quote=quote(says),
                        method="metadata",
                    )
                    return
