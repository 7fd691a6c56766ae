"""What frameworks judge: the findings on one model as facts, with what is known of the base that it was made from."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from openaudit.engine.conditions import Facts
from openaudit.engine.frameworks.rules import Frameworks
from openaudit.licenses.catalog import Catalog
from openaudit.vocabulary import (
    ComponentFinding,
    Evidence,
    Grant,
    LicenseFinding,
    Snapshot,
    StatementKind,
    Status,
    TargetKind,
    Where,
)

SYSTEMIC_FLOP = 1e25
"""Training compute from which systemic risk is presumed. Source: Regulation (EU) 2024/1689, Art. 51(2)."""
NOT_SEEN = "a record was read, not the release that it speaks of"
_SHARD = re.compile(r"-(\d{5})-of-(\d{5})\.\w{2,12}$")
_REPOSITORIES = re.compile(r"^10\.(?:48550|5281|36227|31219|2139|13140)/")
"""DOI prefixes of archives: arXiv, Zenodo, TechRxiv, Preprints.org, SSRN, ResearchGate."""
_FAMILY_SAYS = frozenset(status.value for status in Status) - {"unknown"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One model before the frameworks: its facts, its components, and its license."""

    id: str
    facts: Facts
    components: tuple[ComponentFinding, ...]
    license: LicenseFinding

    def component(self, id_: str) -> ComponentFinding | None:
        """The finding on one component."""
        return next((c for c in self.components if c.id == id_), None)


def make_case(
    snapshot: Snapshot,
    facts: Facts,
    components: Sequence[ComponentFinding],
    license_: LicenseFinding,
    catalog: Catalog,
    frameworks: Frameworks,
    base: Case | None = None,
) -> Case:
    """The case of one model; `base` is the case of what it was made from, where that was audited too."""
    by_topic: dict[str, list[Evidence]] = defaultdict(list)
    for topic, found in facts.by_topic.items():
        by_topic[topic].extend(found)
    unseen = dict(facts.unseen)
    if snapshot.target.kind is TargetKind.RECORD:
        unseen |= dict.fromkeys(("card", "files", "config", "headers"), NOT_SEEN)
    for component in components:
        _component(component, by_topic, unseen)
    for evidence in (*_weights(snapshot, license_, catalog), *_papers(facts), *_compute(facts)):
        by_topic[evidence.topic].append(evidence)
    for evidence in _base(facts, components, base, unseen):
        by_topic[evidence.topic].append(evidence)
    made = Facts(by_topic=by_topic, areas=frameworks.areas, unseen=unseen)
    return Case(id=snapshot.id, facts=made, components=tuple(components), license=license_)


def _component(
    component: ComponentFinding, by_topic: dict[str, list[Evidence]], unseen: dict[str, str]
) -> None:
    topic = f"component.{component.id}"
    if component.status is Status.UNKNOWN:
        unseen[topic] = component.reason
        return
    first = component.evidence[0] if component.evidence else None
    by_topic[topic] = [
        Evidence(
            topic=topic,
            value=component.status.value,
            where=first.where if first else Where(),
            quote=first.quote if first else "",
            method=component.rule,
            confidence=component.confidence,
            detail={"license": component.license or ""},
        )
    ]


def _weights(snapshot: Snapshot, license_: LicenseFinding, catalog: Catalog) -> Iterator[Evidence]:
    """The license of the weights, what approves it, its terms; and whether the numbered files are all there."""
    where = license_.decided_by[0].where if license_.decided_by else Where(url=snapshot.url)
    if license_.effective:
        yield _fact("weights.license", license_.effective, where)
        yield _fact("weights.approval", approval(license_.effective, catalog), where)
    if license_.grant not in (Grant.UNDETERMINED, Grant.UNLICENSED):
        names = license_.terms.get("names", ())
        for name in names if isinstance(names, list | tuple) else ():
            yield _fact("weights.term", str(name), where)
    for conflict in license_.conflicts:
        first = conflict.between[0] if conflict.between else None
        says = first.quote or first.says if first else conflict.message
        yield _fact("license.conflict", conflict.kind, first.where if first else where, says)
    for statement in license_.statements:
        if statement.kind is StatementKind.BASE and statement.claimed:
            yield _fact("base.grant", statement.grant.value, statement.where, statement.says)
            for known in (catalog.by_id(id_) for id_ in statement.licenses):
                for name in catalog.term_names(known) if known else ():
                    yield _fact("base.term", name, statement.where, statement.says)
    yield from _shards(snapshot)


def approval(expression: str, catalog: Catalog) -> str:
    """`approved` by the OSI, `open-data` for terms of open content, else `not-approved`; of several the least."""
    order = ("approved", "open-data", "not-approved")
    words = []
    for id_ in re.split(r" (?:AND|OR) ", expression):
        known = catalog.by_id(id_)
        if known is not None and known.osi_approved:
            words.append("approved")
        else:
            words.append("open-data" if known is not None and known.grant is Grant.OPEN else "not-approved")
    return max(words, key=order.index)


def _shards(snapshot: Snapshot) -> Iterator[Evidence]:
    groups: dict[str, set[int]] = defaultdict(set)
    totals: dict[str, int] = {}
    for file in snapshot.files:
        match = _SHARD.search(file.path)
        if match:
            name = file.path[: match.start()] + file.path[match.end(2) :]
            groups[name].add(int(match[1]))
            totals[name] = max(totals.get(name, 0), int(match[2]))
    lacking = [name for name, numbers in groups.items() if len(numbers) < totals[name]]
    if groups:
        value = "incomplete" if lacking and len(lacking) == len(groups) else "complete"
        yield _fact("weights.shards", value, Where(path=(lacking or list(groups))[0]))


def _papers(facts: Facts) -> Iterator[Evidence]:
    """Papers of the model by where they appeared: a reviewed venue, or an archive."""
    for evidence in facts.of("paper.own"):
        kind, _, name = evidence.value.partition(":")
        reviewed = kind in ("acl", "openreview") or (kind == "doi" and not _REPOSITORIES.match(name))
        topic = "paper.reviewed" if reviewed else "paper.preprint"
        yield _fact(topic, evidence.value, evidence.where, evidence.quote, evidence.confidence)
    for evidence in facts.of("paper.venue"):
        yield _fact("paper.reviewed", evidence.value, evidence.where, evidence.quote, evidence.confidence)


def _compute(facts: Facts) -> Iterator[Evidence]:
    """Stated compute, else six floating-point operations per parameter and token (Kaplan et al., arXiv:2001.08361)."""
    stated = next(iter(facts.of("training.flop")), None)
    tokens = next(iter(facts.of("training.tokens")), None)
    parameters = next(iter(facts.of("model.parameters")), None)
    if stated is not None:
        flop, evidence, how = float(stated.value), stated, "stated"
    elif tokens is not None and parameters is not None:
        flop = 6 * float(tokens.value) * float(parameters.value)
        evidence, how = (
            tokens,
            f"6 x {float(parameters.value):.3g} parameters x {float(tokens.value):.3g} tokens",
        )
    else:
        return
    yield _fact("compute.flop", f"{flop:.3g}", evidence.where, evidence.quote or how, evidence.confidence)
    side = "above" if flop > SYSTEMIC_FLOP else "below"
    yield _fact("compute.systemic", side, evidence.where, evidence.quote or how, evidence.confidence)


def _base(
    facts: Facts, components: Sequence[ComponentFinding], base: Case | None, unseen: dict[str, str]
) -> Iterator[Evidence]:
    """What holds for the base: its own audit, else what the rules know of its family; a model that was made from no
    other is its own base."""
    named = [*facts.of("base.named"), *facts.of("base.implied")]
    if not named and base is None:
        own = {f"component.{c.id}": c for c in components}
        yield from _base_facts(facts, own, unseen)
        return
    first = named[0] if named else None
    yield _fact(
        "model.derived",
        first.detail.get("relation", "finetune") if first else "finetune",
        first.where if first else Where(),
        first.quote if first else "",
    )
    if first is not None and first.detail.get("family"):
        yield _fact("base.family", first.detail["family"], first.where, first.quote)
    if base is not None:
        yield _fact("base.read", base.id, Where(url=None, path=base.id))
        yield from _base_facts(base.facts, {f"component.{c.id}": c for c in base.components}, unseen)
        return
    why = f"the base {first.value if first else ''} was not audited"
    for topic, key in (("base.data", "training_data"), ("base.training_code", "training_code")):
        said = first.detail.get(key, "") if first else ""
        if first is not None and said in _FAMILY_SAYS:
            yield _fact(topic, said, first.where, first.quote, 0.8)
        else:
            unseen[topic] = why
    if first is not None:
        for source in filter(None, first.detail.get("sources", "").split("|")):
            yield _fact("base.sources", source, first.where, first.quote, 0.8)
    if first is not None and first.detail.get("family"):
        # a family is known by its weights: where nothing else is said, anyone can have them
        access = first.detail.get("access") or "public"
        yield _fact("base.weights", access, first.where, first.quote, 0.8)
    else:
        unseen["base.weights"] = why


def _base_facts(
    facts: Facts, components: Mapping[str, ComponentFinding], unseen: dict[str, str]
) -> Iterator[Evidence]:
    for topic, id_ in (("base.data", "datasets"), ("base.training_code", "training_code")):
        finding = components.get(f"component.{id_}")
        if finding is None or finding.status is Status.UNKNOWN:
            unseen[topic] = finding.reason if finding else "not looked at"
        else:
            place = finding.evidence[0].where if finding.evidence else Where()
            yield _fact(topic, finding.status.value, place, finding.reason, finding.confidence)
    for evidence in [e for topic in ("data.named", "data.corpus") for e in facts.of(topic)][:20]:
        if evidence.detail.get("role") in ("training", "source"):
            yield _fact("base.sources", evidence.value, evidence.where, evidence.quote, evidence.confidence)
    for evidence in facts.of("family.training-source"):
        yield _fact("base.sources", evidence.value, evidence.where, evidence.quote, evidence.confidence)
    weights = components.get("component.model_parameters_final")
    if weights is None or (weights.status is Status.UNKNOWN and not _there(facts)):
        unseen["base.weights"] = weights.reason if weights else "not looked at"
        return
    value, told = _given_out(facts)
    if weights.status is Status.ABSENT:
        value = "absent"
    first = next(iter((*told, *weights.evidence)), None)
    yield _fact("base.weights", value, first.where if first else Where(), first.quote if first else "")


def _given_out(facts: Facts) -> tuple[str, Sequence[Evidence]]:
    """How weights are given out: as the Hub or the card says, else as the makers of the family are known to do."""
    gate = [*facts.of("access.gated"), *facts.of("access.form")]
    if gate:
        return "gated", gate
    known = facts.of("family.access")
    if known and (known[0].value == "on-request" or not facts.of("access.ungated")):
        return known[0].value, known
    return "public", ()


def _there(facts: Facts) -> bool:
    return bool(facts.of("files.weights") or facts.of("files.adapter"))


def _fact(topic: str, value: str, where: Where, says: str = "", confidence: float = 1.0) -> Evidence:
    return Evidence(topic=topic, value=value, where=where, quote=says, method="judged", confidence=confidence)
