"""What a code base demands of its models: the policy as data, and which demands hold for which model and path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from openaudit.gate.result import Waiver

Weight = Literal["error", "warn", "off"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How the models are used. None or nothing is "not declared"; `regions` are ISO 3166 codes, groups written out."""

    kinds: frozenset[str] = frozenset()
    commercial: bool = True
    monthly_users: int | None = None
    annual_revenue_usd: int | None = None
    regions: frozenset[str] = frozenset()
    sector: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """An entry of a license list: as written, and the ids it stands for."""

    written: str
    ids: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseLists:
    """`allow` is None where any license is allowed that no other list names."""

    allow: tuple[Pick, ...] | None = None
    deny: tuple[Pick, ...] = ()
    review: tuple[Pick, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeniedTerm:
    """A term that no license may have; a threshold only where it begins at `figure` or below, a territory only where
    one of `regions` is excluded."""

    term: str
    figure: int | None = None
    regions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A CEL expression over the JSON report that is true where something is wrong."""

    id: str
    when: str
    message: str
    severity: Weight = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """What one model has to be. `coverage` is the least share of the evidence read, 0 to 1."""

    use: Use | None = None
    minimum_level: str | None = None
    licenses: LicenseLists = field(default_factory=LicenseLists)
    deny_terms: tuple[DeniedTerm, ...] = ()
    require: frozenset[str] = frozenset()
    coverage: float | None = None
    conditions: tuple[Condition, ...] = ()
    severities: Mapping[str, Weight] = field(default_factory=dict)

    def weight(self, rule: str, usual: Weight) -> Weight:
        """How much a rule weighs: by its own name, else by that of its group, else as usual."""
        return self.severities.get(rule) or self.severities.get(rule.partition("/")[0]) or usual

    def with_changes(self, changes: Mapping[str, Any]) -> Demands:
        """These demands where some keys were written anew: severities and conditions add up, the rest is replaced."""
        made = dict(changes)
        if "severities" in made:
            made["severities"] = {**self.severities, **made["severities"]}
        if "conditions" in made:
            made["conditions"] = by_id(self.conditions, made["conditions"])
        return replace(self, **made)


def by_id(first: Sequence[Condition], then: Sequence[Condition]) -> tuple[Condition, ...]:
    """The conditions of both; of two with one id the later one."""
    return tuple({condition.id: condition for condition in (*first, *then)}.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Other demands for the models that match one of `models` and are used below one of `paths`; empty means all."""

    models: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    changes: Mapping[str, Any] = field(default_factory=dict)

    def holds(self, model: str, path: str | None) -> bool:
        """Whether it speaks of this use of this model; a use of no path is meant by no `paths`."""
        of_model = (
            not self.models or matches(model, self.models) or matches(model.partition("@")[0], self.models)
        )
        return of_model and (not self.paths or (path is not None and matches(path, self.paths)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A target that the policy names, at the line where it stands; a file or folder is below the checked folder."""

    target: str
    kind: Literal["model", "dataset", "file", "ollama"]
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedWaiver:
    """A waiver and the line where it stands."""

    waiver: Waiver
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A whole policy; `name` is how reports call the file that decided, `path` where its lines are (below the root)."""

    name: str
    about: str = ""
    models: tuple[Listed, ...] = ()
    ignore: tuple[str, ...] = ()
    ignore_models: tuple[str, ...] = ()
    demands: Demands = field(default_factory=Demands)
    overrides: tuple[Override, ...] = ()
    waivers: tuple[PlacedWaiver, ...] = ()
    notes: tuple[str, ...] = ()

    def demands_for(self, model: str, path: str | None) -> Demands:
        """What holds for one use of one model: the general demands, changed by each override in its order."""
        demands = self.demands
        for override in self.overrides:
            if override.holds(model, path):
                demands = demands.with_changes(override.changes)
        return demands


def matches(name: str, globs: Sequence[str]) -> bool:
    """Whether one glob fits: `*` and `?` stay within a part of a path, `**` does not; a folder means all below it."""
    parts = name.split("/")
    return any(_fits(_glob_parts(glob), parts) for glob in globs)


def _glob_parts(glob: str) -> list[str]:
    glob = glob.removeprefix("./")
    return (f"{glob}**" if glob.endswith("/") else glob).split("/")


def _fits(glob: Sequence[str], parts: Sequence[str]) -> bool:
    """Part by part; `reached` holds the numbers of parts that the glob so far can stand for: no backtracking."""
    reached = {0}
    for pattern in glob:
        if pattern == "**":
            reached = set(range(min(reached), len(parts) + 1))
        else:
            reached = {n + 1 for n in reached if n < len(parts) and _fits_part(pattern, parts[n])}
        if not reached:
            return False
    return len(parts) in reached


def _fits_part(pattern: str, part: str) -> bool:
    """One part with `*` and `?`, in time of the product of both lengths: the last star alone is ever tried again."""
    at = place = 0
    star, resume = -1, 0
    while place < len(part):
        if at < len(pattern) and pattern[at] == "*":
            star, resume = at, place
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", part[place]):
            at, place = at + 1, place + 1
        elif star >= 0:
            resume += 1
            at, place = star + 1, resume
        else:
            return False
    return set(pattern[at:]) <= {"*"}
