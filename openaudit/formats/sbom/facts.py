"""What the audit found, as names and values: the same in every bill of materials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from openaudit.formats.safe_text import clean, clean_name, clean_quote, portable
from openaudit.vocabulary import Ancestor, CodeRepository, DatasetMention, Failure, Report, Severity

_MOST = 30
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """`lines` are names (`openaudit:level`) and values; the rest is what model cards have a place for."""

    lines: Pairs
    task: str = ""
    architecture: str = ""
    uses: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()


def report_facts(report: Report) -> Facts:
    """What a report says of its target, in a few lines; nothing that it does not say."""
    return Facts(
        lines=_named(_lines(report)),
        task=_first(report, "model.task"),
        architecture=_first(report, "config.architecture") or _first(report, "config.model-type"),
        uses=_sentences(report, "card.section.intended-use"),
        limits=_sentences(report, "card.section.limitations"),
    )


def ancestor_facts(ancestor: Ancestor) -> Pairs:
    """What is known of a base, and how."""
    return _named(
        (
            ("reach", ancestor.reach.value),
            ("level", ancestor.level or ""),
            ("grant", ancestor.grant.value),
            *(("term", term) for term in ancestor.terms[:_MOST]),
            ("why", ancestor.why),
        )
    )


def dataset_facts(dataset: DatasetMention) -> Pairs:
    """What is known of a dataset, and how."""
    gated = "" if dataset.gated is None else str(dataset.gated).lower()
    pairs = (("reach", dataset.reach.value), ("status", dataset.status.value), ("gated", gated))
    return _named((*pairs, ("why", dataset.why)))


def code_facts(repository: CodeRepository) -> Pairs:
    """What is known of a code repository, and how."""
    pairs = (
        ("reach", repository.reach.value),
        ("status", repository.status.value),
        ("owner", repository.owner),
    )
    kinds = (("code", kind.value) for kind in repository.kinds)
    return _named((*pairs, *kinds, ("why", repository.why)))


def failure_facts(failure: Failure) -> Pairs:
    """Why a target could not be audited."""
    pairs = (
        ("level", "undetermined"),
        ("error", f"{failure.stage}: {failure.message}"),
        ("hint", failure.hint),
    )
    return _named(pairs)


def _lines(report: Report) -> Iterator[tuple[str, str]]:
    yield from (("level", report.level), ("band", report.band), ("score", f"{report.score:.1f}"))
    yield "headline", report.headline
    yield "rules-version", report.rules_version
    yield "coverage", f"{report.coverage.read} of {report.coverage.expected} documents read"
    for unread in report.coverage.missing[:_MOST]:
        yield "not-read", f"{portable(unread.path)}: {unread.message}"
    for dimension in report.dimensions:
        yield f"dimension:{dimension.dimension.value}", f"{dimension.status.value}, {dimension.score:.1f}"
    yield "grant", report.license.grant.value
    for text in [s for s in report.license.statements if s.sha256][:_MOST]:
        yield "license-text", f"{portable(text.where.path or text.where.url or '')} sha256:{text.sha256}"
    yield "gated", "" if report.access.gated is None else str(report.access.gated).lower()
    yield from _artifacts(report.artifacts)
    for verdict in report.frameworks[:_MOST]:
        yield f"framework:{clean_name(verdict.framework)}", verdict.verdict
    for claim in report.claims[:_MOST]:
        if claim.holds is False:
            yield "claim-not-held", claim.quote
    for finding in [f for f in report.findings if f.severity is Severity.CRITICAL][:_MOST]:
        yield "critical", finding.message
    for error in report.errors[:_MOST]:
        yield "error", f"{error.get('stage', '')}: {error.get('message', '')}"


def _artifacts(artifacts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("parameters", "bytes"):
        value = artifacts.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            yield name, str(value)
    formats = artifacts.get("formats")
    if isinstance(formats, Mapping | list | tuple):
        yield "formats", ", ".join(sorted(str(name) for name in formats)[:_MOST])
    unsafe = artifacts.get("unsafe")
    if isinstance(unsafe, list | tuple):
        for item in unsafe[:_MOST]:
            path = item.get("path", "") if isinstance(item, Mapping) else item
            yield "unsafe-file", portable(str(path))


def _named(pairs: tuple[tuple[str, str], ...] | Iterator[tuple[str, str]]) -> Pairs:
    cleaned = ((f"openaudit:{name}", clean(value)) for name, value in pairs)
    return tuple((name, value) for name, value in cleaned if value)


# ---------------------------------------------------------------- evidence by topic


def _seen(report: Report, topic: str) -> Iterator[tuple[str, str, str]]:
    """Value, quote and method of the evidence of one topic, wherever in the report it stands."""
    held = [evidence for component in report.components for evidence in component.evidence]
    held += [evidence for finding in report.findings for evidence in finding.evidence]
    yield from ((e.value, e.quote, e.method) for e in held if e.topic == topic)
    for verdict in report.frameworks:
        for check in _mappings(verdict.details.get("checks")):
            for item in _mappings(check.get("evidence")):
                if item.get("topic") == topic:
                    yield str(item.get("value", "")), str(item.get("quote", "")), str(item.get("method", ""))


def _mappings(value: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list | tuple):
        yield from (item for item in value if isinstance(item, Mapping))


def _first(report: Report, topic: str) -> str:
    return next((clean_name(value) for value, _, _ in _seen(report, topic) if value), "")


def _sentences(report: Report, topic: str) -> tuple[str, ...]:
    """Whole sentences quoted from the card; a heading alone says nothing."""
    quotes = (clean_quote(quote) for _, quote, method in _seen(report, topic) if method == "sentence")
    return tuple(dict.fromkeys(quote for quote in quotes if quote))[:_MOST]
