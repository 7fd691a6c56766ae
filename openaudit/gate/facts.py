"""What a policy judges of one model: the few facts of its report that keys of a policy ask for, and their digests."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

SEPARATOR = re.compile(r" (AND|OR) ")
_UNSAFE = {
    "unsafe-weights": "loading a weight file would run code",
    "hostile-weights": "a weight file is made as no tool makes it",
    "pickle-weights-only": "the weights are only here in a format that can run code",
    "damaged-weights": "the header of a weight file breaks its format",
    "unproven-weights": "whether loading a weight file is safe could not be told",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A license that binds, and whose it is: `who` is empty for the release itself, else the ancestor. `license` is an
    expression of ids or None where only the names of its terms are known."""

    who: str = ""
    license: str | None = None
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A dataset that a model names."""

    id: str
    license: str | None
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kin:
    """An ancestor, and how it is known (`read`, `facts`, `unread`)."""

    id: str
    license: str | None
    reach: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The facts of one target at one revision. `statements` is the digest of all that was said of its license and
    where, `texts` the digests of the license texts by path; `coverage` is 0 to 1; `multimodal` is None where it could
    not be told."""

    id: str
    subject: str
    revision: str | None
    level: str
    grant: str
    license: str | None
    license_name: str | None = None
    bounds: tuple[Bound, ...] = ()
    gated: str | bool | None = None
    card: str = "unknown"
    coverage: float = 1.0
    weights: tuple[str, ...] = ()
    custom_code: bool = False
    conflicts: tuple[str, ...] = ()
    multimodal: bool | None = None
    datasets: tuple[Dataset, ...] = ()
    lineage: tuple[Kin, ...] = ()
    texts: Mapping[str, str]
    statements: str

    @property
    def terms(self) -> tuple[str, ...]:
        """The names of all terms that bind, each once."""
        return tuple(dict.fromkeys(term for bound in self.bounds for term in bound.terms))

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all licenses that bind, each once."""
        found = (id_ for bound in self.bounds for id_ in ids_of(bound.license))
        return tuple(dict.fromkeys(found))

    @property
    def licensing(self) -> Mapping[str, Any]:
        """What every judgement of the license rests on, for digests: no level, no revision, no coverage."""
        return {
            "grant": self.grant,
            "license": self.license,
            "bounds": [[bound.who, bound.license, list(bound.terms)] for bound in self.bounds],
            "texts": dict(self.texts),
            "statements": self.statements,
        }

    @property
    def digest(self) -> str:
        """The digest of everything that was judged; the revision alone and how much was read do not change it."""
        judged = {key: value for key, value in plain(self).items() if key not in ("revision", "coverage")}
        return digest(judged)


def plain(facts: Facts) -> dict[str, Any]:
    """The facts as JSON-able values, in the order of the fields."""
    made: dict[str, Any] = json.loads(json.dumps(asdict(replace(facts, texts=dict(facts.texts)))))
    return made


def digest(value: Any) -> str:
    """`sha256:<hex>` of a JSON-able value: the same value gives the same digest, whatever the order of its keys."""
    text = json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def ids_of(expression: str | None) -> tuple[str, ...]:
    """The ids of an expression of ids, without its operators."""
    if not expression:
        return ()
    return tuple(part for part in SEPARATOR.split(expression) if part not in ("AND", "OR"))


def choices(facts: Facts, terms_of: Callable[[str], tuple[str, ...]]) -> tuple[Facts, ...]:
    """The facts once for each license that the release lets its user choose; the facts alone where it lets none.
    `terms_of` names the terms of a license."""
    own = next((bound for bound in facts.bounds if not bound.who), None)
    if own is None or own.license is None or " OR " not in own.license or " AND " in own.license:
        return (facts,)
    others = tuple(bound for bound in facts.bounds if bound is not own)
    return tuple(
        replace(facts, bounds=(Bound(license=id_, terms=terms_of(id_)), *others))
        for id_ in ids_of(own.license)[:8]
    )


# ---------------------------------------------------------------- from a report


def facts_of(report: Mapping[str, Any], texts: Mapping[str, str], multimodal: bool | None) -> Facts:
    """The facts of a report (the JSON object of the contract). `texts` are the digests of the license texts, by path."""
    license_ = report["license"]
    rules = [finding["rule"] for finding in report["findings"]]
    which = "data_card" if report["target"]["subject"] == "dataset" else "model_card"
    card = next((c["status"] for c in report["components"] if c["id"] == which), "unknown")
    return Facts(
        id=report["target"]["id"],
        subject=report["target"]["subject"],
        revision=report["target"]["revision"],
        level=report["level"],
        grant=license_["grant"],
        license=license_["effective"],
        license_name=license_["effective_name"],
        bounds=tuple(_bounds(report)),
        gated=report["access"]["gated"],
        card=card,
        coverage=report["coverage"]["share"],
        weights=tuple(_UNSAFE[rule] for rule in dict.fromkeys(rules) if rule in _UNSAFE),
        custom_code="custom-code" in rules,
        conflicts=tuple(sorted({c["kind"] for c in license_["conflicts"] if c["severity"] == "critical"})),
        multimodal=multimodal,
        datasets=tuple(_datasets(report["datasets"])),
        lineage=tuple(
            Kin(id=row["id"], license=row["license"], reach=row.get("reach", "facts"))
            for row in report["lineage"]
        ),
        texts=dict(sorted(texts.items())),
        statements=digest(_statements(license_["sources"])),
    )


def _datasets(rows: Sequence[Mapping[str, Any]]) -> Iterator[Dataset]:
    """Each dataset once; of several mentions the first."""
    seen: set[str] = set()
    for row in rows:
        if row["id"].lower() not in seen:
            seen.add(row["id"].lower())
            yield Dataset(id=row["id"], license=row["license"], status=row["status"])


def _statements(sources: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    """What was said of the license and in which file. Line numbers are left out: text above may grow."""
    return sorted(
        [s["kind"], s["where"], s["says"], s["quote"], s["licenses"], s["scope"], s["terms"]]
        for s in sources
        if s["claimed"]
    )


def _bounds(report: Mapping[str, Any]) -> Iterator[Bound]:
    """The license of the release, those that ancestors impose, and terms that are only stated."""
    license_ = report["license"]
    told: Mapping[str, Any] = license_["terms"]
    imposed: Mapping[str, Sequence[str]] = told.get("imposed", {})
    own = " AND ".join(told.get("licenses", {})) or None
    if license_["effective"] and (own is None or " OR " in license_["effective"]):
        own = license_["effective"]
    of_ancestors = {term for terms in imposed.values() for term in terms}
    yield Bound(license=own, terms=tuple(n for n in told.get("names", ()) if n not in of_ancestors))
    licenses = {row["id"]: row["license"] for row in report["lineage"]}
    for who, terms in sorted(imposed.items()):
        origin = who.partition(" (made from ")[2].rstrip(")") or who
        yield Bound(who=who, license=licenses.get(origin) or licenses.get(who), terms=tuple(terms))
