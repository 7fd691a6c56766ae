"""Facts that frameworks ask for and no component needs: figures of the training, the task, the gate's form, the venue."""

from __future__ import annotations

import re
from collections.abc import Iterator

from openaudit.scanners.known_facts import Paper
from openaudit.scanners.markdown import Block, sentences
from openaudit.scanners.memory import remembered
from openaudit.scanners.scene import Scanned, Scene, is_about_others, quote, strings
from openaudit.scanners.sieve import sieve
from openaudit.vocabulary import Evidence, Status, Where

_SCALE = {
    "k": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "million": 1e6,
    "b": 1e9,
    "billion": 1e9,
    "t": 1e12,
    "trillion": 1e12,
}
_TOKENS = sieve(
    r"(?<![\w.])(\d{1,4}(?:\.\d{1,3})?)\s?\+?(?:-|\s)?(b|t|billion|trillion)\b(?:\s+(?!parameters\b)[\w-]+){0,3}?\s+tokens?\b"
)
_TRAINED = re.compile(r"\b(?:pre-?)?train(?:ed|ing)?\b|\bcorpus\b|\bdata ?set\b", re.IGNORECASE)
_FLOP = sieve(
    r"(?<![\w.])(\d{1,3}(?:\.\d{1,3})?)\s?(?:x|×|\*|·|e)?\s?(?:10\s?\^?\s?\{?|e\+?)?(2[0-9])\}?\s?flops?\b"
)
_IN_NAME = re.compile(r"(?:^|[-_])(\d{1,4}(?:\.\d{1,2})?)(b|m)(?=$|[-_.])", re.IGNORECASE)
_VENUE = re.compile(
    r"^\s{0,8}(?:booktitle|journal)\s{0,8}=\s{0,8}[{\"]+([^}\"\n]{3,200})", re.IGNORECASE | re.MULTILINE
)
_NO_VENUE = re.compile(
    r"arxiv|corr\b|preprint|biorxiv|medrxiv|ssrn|github|hugging ?face|blog|techn\w+ report|openai|zenodo",
    re.IGNORECASE,
)
_POLICY = sieve(
    r"\bcopyright (?:compliance )?policy\b|\bpolicy (?:to comply with|on) (?:eu |union )?copyright"
)
_SUMMARY = sieve(
    r"\b(?:public )?summary of (?:the )?(?:training content|content used for training|training data)\b|\btraining data summary\b"
)
_FORM_KEYS = ("extra_gated_fields", "extra_gated_prompt", "extra_gated_heading", "extra_gated_button_content")
_MAX_BLOCKS = 400


def scan_disclosures(scene: Scene) -> Scanned:
    """Evidence of the task, the gate's form, parameters, training tokens and compute, venue, and the documents that the
    EU AI Act still asks for. Figures are plain numbers; the largest one stated counts."""
    found = [*_task(scene), *_form(scene), *_parameters(scene), *_family(scene)]
    if scene.card is not None:
        for block in scene.card.blocks[:_MAX_BLOCKS]:
            if block.kind != "comment" and not is_about_others(scene, block):
                found.extend(_venue(scene, block) if block.kind == "code" else _said(scene, block))
    return Scanned(evidence=tuple(_first_of_each(found)))


def _first_of_each(found: list[Evidence]) -> Iterator[Evidence]:
    """One piece of evidence per topic: the largest figure, else the first."""
    best: dict[str, Evidence] = {}
    for evidence in found:
        known = best.get(evidence.topic)
        if known is None or (
            evidence.topic.startswith("training.") and float(evidence.value) > float(known.value)
        ):
            best[evidence.topic] = evidence
    yield from best.values()


def _task(scene: Scene) -> Iterator[Evidence]:
    value, where = scene.front("pipeline_tag")
    stated = strings(value, 1) or strings(scene.snapshot.metadata.get("pipeline_tag"), 1)
    for task in stated:
        where = where if where.lines else Where(url=scene.snapshot.url)
        yield _evidence("model.task", task[:100], where, f"pipeline_tag: {task}", "metadata", 1.0)


def _form(scene: Scene) -> Iterator[Evidence]:
    for key in _FORM_KEYS:
        value, where = scene.front(key)
        if value:
            fields = ", ".join(str(name) for name in list(value)[:12]) if isinstance(value, dict) else key
            yield _evidence("access.form", fields[:200], where, f"{key}: {value}", "metadata", 1.0)
            return


def _parameters(scene: Scene) -> Iterator[Evidence]:
    """As the Hub counted them; else as the repository's name tells."""
    counted = scene.snapshot.metadata.get("safetensors")
    total = counted.get("total") if isinstance(counted, dict) else None
    where = Where(url=scene.snapshot.url)
    if isinstance(total, int) and not isinstance(total, bool) and 0 < total < 10**16:
        yield _evidence("model.parameters", str(total), where, "", "Hub metadata", 1.0)
        return
    named = [float(n) * _SCALE[unit.lower()] for n, unit in _IN_NAME.findall(scene.name)]
    if named:
        yield _evidence("model.parameters", f"{max(named):.0f}", where, scene.name, "repository name", 0.6)


def _family(scene: Scene) -> Iterator[Evidence]:
    """What the makers published for the known family that this repository is one of."""
    family = scene.known.own_family(scene.snapshot.id)
    if scene.snapshot.subject != "model" or family is None:
        return
    for topic, part in (
        ("training-code", family.training_code),
        ("training-data", family.training_data),
        ("data-card", family.data_card),
    ):
        if part is not None and part.status is not Status.UNKNOWN:
            yield _known(f"family.{topic}", part.status.value, part.source, part.reason)
    data = family.training_data
    for corpus in scene.known.corpora_of(family):
        yield _known("family.training-source", corpus.id, data.source, data.reason)
    code = family.training_code
    for stage in code.stages or ():
        yield _known("family.code-stage", stage, code.source, code.reason)
    if family.access is not None:
        yield _known("family.access", family.access.status, family.access.source)
    for paper in family.papers or ():
        yield from _paper(paper)


def _paper(paper: Paper) -> Iterator[Evidence]:
    yield _known(f"family.paper-on-{paper.covers}", paper.id, paper.url)
    if paper.venue:
        yield _known(f"family.reviewed-on-{paper.covers}", paper.venue, paper.url)
    if paper.covers == "model":
        yield _known("paper.own", paper.id, paper.url)
        if paper.venue:
            yield _known("paper.venue", paper.venue, paper.url)


def _known(topic: str, value: str, source: str, says: str = "") -> Evidence:
    return _evidence(topic, value, Where(url=source), says, "known family", 0.8)


@remembered
def _may_say(text: str) -> bool:
    """Whether a text holds any of what is looked for in its sentences."""
    return any(pattern.search(text) is not None for pattern in (_FLOP, _TOKENS, _POLICY, _SUMMARY))


def _said(scene: Scene, block: Block) -> Iterator[Evidence]:
    if not _may_say(block.text[:20_000]):
        return
    for offset, sentence in sentences(block.text[:20_000]):
        where = scene.at(block, offset, len(sentence))
        for match in _FLOP.finditer(sentence):
            figure = float(match[1]) * 10.0 ** int(match[2])
            yield _evidence("training.flop", f"{figure:.6g}", where, sentence, "sentence", 0.8)
        if _TRAINED.search(sentence) or block.kind == "row":
            for match in _TOKENS.finditer(sentence):
                figure = float(match[1]) * _SCALE[match[2].lower()]
                yield _evidence("training.tokens", f"{figure:.6g}", where, sentence, "sentence", 0.7)
        if _POLICY.search(sentence):
            yield _evidence("policy.copyright", "named", where, sentence, "sentence", 0.6)
        if _SUMMARY.search(sentence):
            yield _evidence("policy.training-summary", "named", where, sentence, "sentence", 0.5)


def _venue(scene: Scene, block: Block) -> Iterator[Evidence]:
    for match in _VENUE.finditer(block.text[:20_000]):
        if not _NO_VENUE.search(match[1]):
            where = scene.at(block, match.start(), len(match[0]))
            yield _evidence("paper.venue", match[1].strip(), where, match[0], "bibtex", 0.7)


def _evidence(topic: str, value: str, where: Where, says: str, method: str, confidence: float) -> Evidence:
    return Evidence(
        topic=topic, value=value, where=where, quote=quote(says), method=method, confidence=confidence
    )
