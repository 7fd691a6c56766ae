"""The Model Openness Framework as its Model Openness Tool computes it: declared components in, class and progress out.

Source: MOF 1.0 (arXiv:2403.13784) and the tool's class evaluation, https://github.com/lfai/model_openness_tool.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openaudit.rule_files import RuleFile

CLASSES = ("iii", "ii", "i")
"""The classes, the easiest first; each includes those before it."""
BUCKETS = ("missing", "included", "invalid", "unlicensed", "optional")
_REPORT, _PAPER, _FIRST = "technical_report", "research_paper", "datasets"
_NO_LICENSE = "unlicensed"


@dataclass(frozen=True, slots=True, kw_only=True)
class MofComponent:
    """One of the tool's 17 components: the key that findings use, and the name that records use."""

    key: str
    number: int
    name: str
    type: str
    first_class: str
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MofExample:
    """Declared components by name with their licenses, and the verdict that they must give."""

    given: Mapping[str, str]
    expect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MofRules:
    """rules/frameworks/mof.yaml: the components, which licenses count, and how findings become components."""

    name: str
    version: str
    date: str
    question: str
    components: tuple[MofComponent, ...]
    open_licenses: frozenset[str]
    appropriate: Mapping[str, frozenset[str]]
    in_the_repository: frozenset[str]
    read_elsewhere: frozenset[str]
    not_listed: frozenset[str]
    libraries: Mapping[str, str]
    limits: tuple[str, ...]
    examples: tuple[MofExample, ...]
    file: str
    named: Mapping[str, MofComponent]
    keyed: Mapping[str, MofComponent]
    """The components by name and by key."""
    results: dict[Any, tuple[MofResult, MofResult]] = field(default_factory=dict, compare=False, repr=False)
    """Results for sure and at best, kept by what they rest on: most models without a record have the same few."""

    def by_name(self, name: str) -> MofComponent:
        """The component of this name; one that the tool does not know is taken for Datasets, as it does."""
        return self.named.get(name) or self.by_key(_FIRST)

    def by_key(self, key: str) -> MofComponent:
        """The component with this key. Raises: KeyError."""
        return self.keyed[key]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One component as a record lists it. `license` None falls back to the release's; `unlicensed` or nothing ends it.

    `doubt` tells why the license, or that there is the component at all, could not be settled: such a one counts in
    the best case only.
    """

    name: str
    license: str | None = None
    component_path: str = ""
    license_path: str = ""
    description: str = ""
    doubt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MofResult:
    """`number` is 1 to 3, 0 for unclassified; `progress` 0 to 100 by class; `buckets` the keys of components by class
    and bucket; `licenses` what each listed component is under in the end (None: nothing)."""

    number: int
    progress: Mapping[str, float]
    buckets: Mapping[str, Mapping[str, tuple[str, ...]]]
    licenses: Mapping[str, str | None]
    warnings: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """`class-i`, `class-ii`, `class-iii`, or `none`."""
        return f"class-{CLASSES[3 - self.number]}" if self.number else "none"

    @property
    def total_progress(self) -> float:
        """The mean of the three percentages."""
        return sum(self.progress.values()) / 3


def read_mof(file: RuleFile) -> MofRules:
    """The rules of one file. Raises: PolicyError for a key that is missing."""
    value = file.value
    for key in (
        "name",
        "version",
        "date",
        "components",
        "spdx_open",
        "open_data",
        "open_any",
        "from_findings",
    ):
        if key not in value:
            raise file.wrong(f"the key '{key}' is missing.")
    findings = value["from_findings"]
    components = tuple(
        MofComponent(
            key=c["key"],
            number=int(c["number"]),
            name=c["name"],
            type=c["type"],
            first_class=c["class"],
            required=bool(c["required"]),
        )
        for c in value["components"]
    )
    return MofRules(
        name=value["name"],
        version=str(value["version"]),
        date=str(value["date"]),
        question=value.get("question", ""),
        components=components,
        named={component.name: component for component in reversed(components)},
        keyed={component.key: component for component in reversed(components)},
        open_licenses=frozenset((*value["spdx_open"], *value["open_data"], *value["open_any"])),
        appropriate={kind: frozenset(ids) for kind, ids in value["type_appropriate"].items()},
        in_the_repository=frozenset(findings["in_the_repository"]),
        read_elsewhere=frozenset(findings["read_elsewhere"]),
        not_listed=frozenset(findings["not_listed"]),
        libraries=dict(findings["libraries"]),
        limits=tuple(value.get("limits", ())),
        examples=tuple(
            MofExample(given=example["given"], expect=example["expect"])
            for example in value.get("examples", ())
        ),
        file=file.name,
    )


_MOST_KEPT = 1024


def results_of(
    declared: Sequence[Declared], globals_: Mapping[str, str], rules: MofRules
) -> tuple[MofResult, MofResult]:
    """What the declared components reach for sure, and at best. They rest on nothing but names, licenses and whether
    there is a doubt, and are kept by these."""
    key = (
        tuple([(item.name, item.license, bool(item.doubt)) for item in declared]),
        tuple(sorted(globals_.items())),
    )
    kept = rules.results.get(key)
    if kept is None:
        kept = (
            evaluate_mof(declared, globals_, rules),
            evaluate_mof(declared, globals_, rules, best_case=True),
        )
        if len(rules.results) < _MOST_KEPT:
            rules.results[key] = kept
    return kept


def evaluate_mof(
    declared: Sequence[Declared], globals_: Mapping[str, str], rules: MofRules, *, best_case: bool = False
) -> MofResult:
    """Class and progress of the declared components; `globals_` are the release's licenses by key (`distribution`,
    `code`, `data`, `document`). In the best case, components in doubt count as open."""
    listed = {rules.by_name(item.name).key: item for item in declared}
    licenses = {key: _license(item, rules.by_key(key).type, globals_) for key, item in listed.items()}
    placed = {}
    for key, item in listed.items():
        hoped = best_case and bool(item.doubt)
        placed[key] = "included" if hoped else _bucket(licenses[key], rules)
    certain = {key: bucket for key, bucket in placed.items() if best_case or not _is_hope(listed[key])}
    buckets = _buckets(certain, rules)
    progress = {name: _progress(name, buckets, rules) for name in CLASSES}
    reached = [3 - i for i, name in enumerate(CLASSES) if progress[name] == 100]
    return MofResult(
        number=min(reached, default=0),
        progress=progress,
        buckets={name: {b: tuple(keys) for b, keys in buckets[name].items()} for name in CLASSES},
        licenses={key: licenses[key] for key in certain},
        warnings=_warnings(declared, certain, licenses, rules),
    )


def _is_hope(item: Declared) -> bool:
    """A component of which it is not known that it is there at all; one whose license alone is in doubt is listed."""
    return bool(item.doubt) and item.license is None


def _license(item: Declared, type_: str, globals_: Mapping[str, str]) -> str | None:
    """What a listed component is under: its own license, that of its type, that of the distribution, or nothing."""
    if item.license is not None:
        return item.license if item.license not in ("", _NO_LICENSE) else None
    return globals_.get(type_) or globals_.get("distribution") or None


def _bucket(license_: str | None, rules: MofRules) -> str:
    if license_ is None:
        return "unlicensed"
    return "included" if license_ in rules.open_licenses else "invalid"


def _buckets(placed: Mapping[str, str], rules: MofRules) -> dict[str, dict[str, list[str]]]:
    """The components of each class in their buckets, with the paper in the report's place where that is needed."""
    buckets: dict[str, dict[str, list[str]]] = {name: {b: [] for b in BUCKETS} for name in CLASSES}
    for position, name in enumerate(CLASSES):
        for component in rules.components:
            if component.first_class not in CLASSES[: position + 1]:
                continue
            bucket = placed.get(component.key, "missing")
            if not component.required:
                if bucket == "missing":
                    continue
                bucket = "optional" if bucket == "included" else bucket
            buckets[name][bucket].append(component.key)
    if _REPORT not in buckets["iii"]["included"] and _PAPER in placed:
        for name in CLASSES:
            if _REPORT in buckets[name]["missing"]:
                buckets[name]["missing"].remove(_REPORT)
        for name in ("iii", "ii"):
            buckets[name][placed[_PAPER]].append(_PAPER)
    return buckets


def _progress(name: str, buckets: Mapping[str, Mapping[str, Sequence[str]]], rules: MofRules) -> float:
    """0 to 100, not rounded; 0 where a lower class is not complete."""
    total = included = 0
    for step in CLASSES[: CLASSES.index(name) + 1]:
        total += sum(c.required and c.first_class == step for c in rules.components)
        included = len(buckets[step]["included"])
        if included < total and step != name:
            return 0.0
    if name == "i" and _stands_in(buckets):
        total -= 1
    return min(100.0, 100 * included / total)


def _stands_in(buckets: Mapping[str, Mapping[str, Sequence[str]]]) -> bool:
    return _REPORT not in buckets["i"]["included"] and _PAPER in buckets["i"]["included"]


def _warnings(
    declared: Sequence[Declared],
    placed: Mapping[str, str],
    licenses: Mapping[str, str | None],
    rules: MofRules,
) -> tuple[str, ...]:
    """What the class does not show: names that the tool does not know, doubled ones, licenses made for other things."""
    names = {component.name for component in rules.components}
    said = [
        f"'{item.name}' is no component of the framework; the tool takes it for Datasets."
        for item in declared
        if item.name not in names
    ]
    counted: dict[str, int] = {}
    for item in declared:
        counted[rules.by_name(item.name).key] = counted.get(rules.by_name(item.name).key, 0) + 1
    said += [
        f"{rules.by_key(key).name} is listed {n} times; the last one counts."
        for key, n in counted.items()
        if n > 1
    ]
    return (
        *said,
        *(
            f"{rules.by_key(key).name}: {licenses[key]} is made for other things than {rules.by_key(key).type}."
            for key in inappropriate(placed, licenses, rules)
        ),
    )


def inappropriate(
    placed: Mapping[str, str], licenses: Mapping[str, str | None], rules: MofRules
) -> tuple[str, ...]:
    """The open components whose license the tool's list does not give to their type; they count all the same."""
    return tuple(
        key
        for key, bucket in placed.items()
        if bucket == "included"
        and licenses.get(key) not in rules.appropriate.get(rules.by_key(key).type, frozenset())
    )
