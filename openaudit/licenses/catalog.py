"""What is known of each license: its ids and names, what it grants, and the terms a reader needs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from openaudit.licenses.catalog_files import Entry, read_entries
from openaudit.vocabulary import Grant

Answer = Literal["yes", "no", "conditional"]
Joined = Literal["single", "all", "any", "unclear"]

REFERENCE = "LicenseRef-openaudit-"
MODIFIED = f"{REFERENCE}modified-"
UNKNOWN_VERSION = "-unknown-version"

_STRICTNESS = (Grant.OPEN, Grant.RESTRICTED, Grant.RESEARCH_ONLY, Grant.UNLICENSED, Grant.UNDETERMINED)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserThreshold:
    """From how many users a month something else holds, and what."""

    monthly_active_users: int
    effect: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevenueThreshold:
    """From which revenue (US dollars, `per` year or month) something else holds, and what."""

    usd: int
    per: Literal["year", "month"] = "year"
    effect: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The facts a reader needs, with clause numbers in the notes. None is "not known or not addressed".

    `distillation` says whether outputs may train other models; `naming` is a duty to carry or show a name that
    goes beyond attribution; `patent_ends` that rights end for those who sue; `by_approval` that commercial use
    waits for somebody's answer to an application.
    """

    commercial_use: Answer | None = None
    commercial_condition: str = ""
    research_only: bool = False
    by_approval: bool = False
    modification: Answer | None = None
    modification_note: str = ""
    redistribution: Answer | None = None
    redistribution_note: str = ""
    distillation: Answer | None = None
    distillation_note: str = ""
    distillation_naming: bool = False
    user_threshold: UserThreshold | None = None
    revenue_threshold: RevenueThreshold | None = None
    field_of_use: str = ""
    acceptable_use_policy: bool = False
    territory_excluded: tuple[str, ...] = ()
    territory_note: str = ""
    attribution: str = ""
    naming: str = ""
    share_alike: Answer | None = None
    share_alike_note: str = ""
    patent: str = ""
    patent_ends: bool = False
    revocable: bool | None = None
    unilateral_change: bool = False
    termination: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The facts that are known, as JSON-able values, in the order of the fields."""
        known: dict[str, Any] = {}
        for name in (f.name for f in fields(self)):
            value = getattr(self, name)
            if isinstance(value, UserThreshold | RevenueThreshold):
                value = {f.name: getattr(value, f.name) for f in fields(value)}
            elif isinstance(value, tuple):
                value = list(value)
            if value not in (None, "", [], False) or (name == "revocable" and value is False):
                known[name] = value
        return known


@dataclass(frozen=True, slots=True, kw_only=True)
class License:
    """One license, policy, or (kind `family`) a family of which the version is not known.

    `id` is the report id; `key` the short one. `grant` is what it lets anyone do with the weights when it binds
    them, with `why`; `at_most` is the most it can grant where `grant` is undetermined. `unlisted` marks a
    permissive text that no approved list has; the names of a `tags_only` one mean it in a tag and not in prose.
    """

    id: str
    key: str
    name: str
    kind: Literal["license", "policy", "output-terms", "family", "modified"] = "license"
    also: tuple[str, ...] = ()
    version: str = ""
    publisher: str = ""
    family: str = ""
    category: str = ""
    grant: Grant = Grant.UNDETERMINED
    why: str = ""
    at_most: Grant = Grant.OPEN
    unlisted: bool = False
    tags_only: bool = False
    deprecated: bool = False
    osi_approved: bool | None = None
    fsf_free: bool | None = None
    open_data: bool | None = None
    hub_ids: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    terms: Terms = Terms()
    source: str = ""
    note: str = ""
    examples: tuple[str, ...] = ()

    @property
    def spdx(self) -> str | None:
        """The SPDX id, where SPDX has the license."""
        return None if self.id.startswith("LicenseRef-") else self.id


class Catalog:
    """All licenses that the rules know. Reading never changes it; ids and Hub ids are found in any case."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries: dict[str, Entry] = {}
        for entry in entries:
            self._entries[entry["id"]] = entry
        self._ids = {id_.casefold(): id_ for id_ in self._entries}
        self._keys: dict[str, str] = {}
        self._hub_ids: dict[str, str] = {}
        self._families: dict[str, list[str]] = {}
        for id_, entry in self._entries.items():
            for key in (entry["key"], *entry.get("also", ())):
                self._keys[key.casefold()] = id_
            for hub_id in entry.get("hub_ids", ()):
                self._hub_ids[hub_id.casefold()] = id_
            if entry.get("family") and entry.get("kind", "license") == "license":
                self._families.setdefault(entry["family"], []).append(id_)
        self._built: dict[str, License] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[License]:
        """Every license of the rules, in order of id (`modified` ones are made on demand and not listed)."""
        return (self._license(id_) for id_ in sorted(self._entries))

    @property
    def entries(self) -> Mapping[str, Entry]:
        """The entries as read, by id: for readers that need names and not licenses."""
        return self._entries

    @property
    def families(self) -> Mapping[str, tuple[str, ...]]:
        """The ids of the licenses of each family."""
        return {family: tuple(ids) for family, ids in self._families.items()}

    def by_id(self, id_: str) -> License | None:
        """The license with this report id (or an older SPDX id, or its short key); also `...-unknown-version` of
        a known family and `LicenseRef-openaudit-modified-<id>` of a known license."""
        folded = id_.casefold()
        found = self._ids.get(folded) or self._keys.get(folded)
        if found is not None:
            return self._license(found)
        if id_ in self._built:
            return self._built[id_]
        made = self._modified(id_) or self._unknown_version(id_)
        if made is not None:
            self._built[id_] = made
        return made

    def by_key(self, key: str) -> License | None:
        """The license with this short key (that of the reference texts)."""
        found = self._keys.get(key.casefold())
        return self._license(found) if found else None

    def by_hub_id(self, tag: str) -> License | None:
        """The license that the Hub's `license:` identifier stands for; None for `other`, `unknown` and the rest."""
        found = self._hub_ids.get(tag.strip().casefold())
        return self._license(found) if found else None

    def grant(self, ids: Iterable[str], joined: Joined = "single") -> Grant:
        """What several licenses let anyone do together: the strictest, or with `any` the most permissive.
        An id that the rules do not know is undetermined; so are no ids at all."""
        grants = [license_.grant if (license_ := self.by_id(i)) else Grant.UNDETERMINED for i in ids]
        return self.loosest(grants) if joined == "any" else self.strictest(grants)

    def at_most(self, ids: Iterable[str], joined: Joined = "single") -> Grant:
        """The most that the licenses can grant together, where `grant` is undetermined."""
        grants = [_most(license_) if (license_ := self.by_id(i)) else Grant.OPEN for i in ids]
        return self.loosest(grants) if joined == "any" else self.strictest(grants)

    @staticmethod
    def strictest(grants: Iterable[Grant]) -> Grant:
        """The strictest of some grants: undetermined beats all of them, for it may be worse. None is undetermined."""
        return max(grants, key=_STRICTNESS.index, default=Grant.UNDETERMINED)

    @staticmethod
    def loosest(grants: Iterable[Grant]) -> Grant:
        """The most permissive of some grants; of none, undetermined."""
        return min(grants, key=_STRICTNESS.index, default=Grant.UNDETERMINED)

    def term_names(self, license_: License) -> tuple[str, ...]:
        """The stable names of the limits and duties that a license carries, in a fixed order."""
        return term_names(license_)

    def _license(self, id_: str) -> License:
        built = self._built.get(id_)
        if built is None:
            entry = self._entries[id_]
            built = self._family(entry) if entry.get("kind") == "family" else _license(entry)
            self._built[id_] = built
        return built

    def _modified(self, id_: str) -> License | None:
        base = self.by_id(id_[len(MODIFIED) :]) if id_.startswith(MODIFIED) else None
        if base is None or base.kind == "modified":
            return None
        return License(
            id=MODIFIED + base.id,
            key=f"modified-{base.key}",
            name=f"{base.name}, modified",
            kind="modified",
            family=base.family,
            category=base.category,
            why=f"The words of {base.name} were changed, so what it grants has to be read.",
            at_most=_most(base),
            members=(base.id,),
            terms=base.terms,
        )

    def _unknown_version(self, id_: str) -> License | None:
        match = re.fullmatch(rf"{REFERENCE}(.+){UNKNOWN_VERSION}", id_)
        if match is None or match[1] not in self._families:
            return None
        return self._family(
            {"id": id_, "key": match[1] + UNKNOWN_VERSION, "name": match[1], "family": match[1]}
        )

    def _family(self, entry: Entry) -> License:
        """A family's entry: what its members share, unless the rules say it themselves."""
        members: Sequence[str] = entry.get("members") or self._families.get(entry["family"], [])
        known = [license_ for m in members if (license_ := self.by_key(m) or self.by_id(m))]
        grants = {license_.grant for license_ in known}
        shared = grants.pop() if len(grants) == 1 else Grant.UNDETERMINED
        made: dict[str, Any] = {
            "kind": "family",
            "grant": shared.value,
            "at_most": self.loosest(_most(license_) for license_ in known).value
            if known
            else Grant.OPEN.value,
            "why": _family_reason(shared),
            **entry,
        }
        made["members"] = [license_.id for license_ in known]
        license_ = _license(made, terms=_shared_terms([k.terms for k in known]))
        return license_


def _family_reason(shared: Grant) -> str:
    if shared is Grant.UNDETERMINED:
        return "The members of this family grant different things, and which one is meant is not said."
    return f"Which version is meant is not said; all known ones are {shared.value}."


def _most(license_: License) -> Grant:
    return license_.at_most if license_.grant is Grant.UNDETERMINED else license_.grant


def _license(entry: Entry, terms: Terms | None = None) -> License:
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in entry.items()}
    values["grant"] = Grant(entry.get("grant", "undetermined"))
    values["at_most"] = Grant(entry.get("at_most", "open"))
    values["terms"] = _terms(entry["terms"]) if entry.get("terms") else (terms or Terms())
    return License(**values)


def _terms(values: Mapping[str, Any]) -> Terms:
    made: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    if "user_threshold" in made:
        made["user_threshold"] = UserThreshold(**made["user_threshold"])
    if "revenue_threshold" in made:
        made["revenue_threshold"] = RevenueThreshold(**made["revenue_threshold"])
    return Terms(**made)


def _shared_terms(terms: Sequence[Terms]) -> Terms:
    """The terms that all members of a family have, said as far as they agree."""
    if not terms:
        return Terms()
    shared = {f.name: _shared(f.name, [getattr(t, f.name) for t in terms], f.default) for f in fields(Terms)}
    return Terms(**shared)


def _shared(name: str, values: Sequence[Any], default: Any) -> Any:
    first = values[0]
    if all(value == first for value in values):
        return first
    if not all(values):
        return default
    if name == "user_threshold":
        return min(values, key=lambda value: value.monthly_active_users)
    if name == "revenue_threshold":
        return min(values, key=lambda value: value.usd)
    if isinstance(first, tuple):
        return tuple(item for item in first if all(item in value for value in values))
    return "conditional" if default is None else "differs between the versions"


_TERM_NAMES: tuple[tuple[str, Any], ...] = (
    ("non-commercial", lambda t: t.commercial_use == "no"),
    ("research-only", lambda t: t.research_only),
    ("no-derivatives", lambda t: t.modification == "no"),
    ("no-redistribution", lambda t: t.redistribution == "no"),
    ("by-approval", lambda t: t.by_approval),
    ("user-threshold", lambda t: t.user_threshold is not None),
    ("revenue-threshold", lambda t: t.revenue_threshold is not None),
    ("acceptable-use", lambda t: t.acceptable_use_policy),
    ("field-of-use", lambda t: bool(t.field_of_use)),
    ("territory", lambda t: bool(t.territory_excluded)),
    ("outputs-restricted", lambda t: t.distillation in ("no", "conditional") and not t.distillation_naming),
    ("outputs-naming", lambda t: t.distillation_naming),
    ("naming", lambda t: bool(t.naming)),
    ("share-alike", lambda t: t.share_alike in ("yes", "conditional")),
    ("patent-ends", lambda t: t.patent_ends),
    ("revocable", lambda t: t.revocable is True),
    ("unilateral-change", lambda t: t.unilateral_change),
)

TERM_NAMES: tuple[str, ...] = tuple(name for name, _ in _TERM_NAMES)
"""Every name that `term_names` can give, in its order."""


def term_names(license_: License) -> tuple[str, ...]:
    """The stable names of the limits and duties that a license carries, in a fixed order."""
    return tuple(name for name, holds in _TERM_NAMES if holds(license_.terms))


@lru_cache(maxsize=8)
def _load(extra: tuple[Path, ...]) -> Catalog:
    return Catalog(read_entries(extra))


def load_catalog(extra: Sequence[Path] = ()) -> Catalog:
    """The licenses of the shipped rules and of the user's own rule folders, whose entries win by id.

    Raises:
        PolicyError: a file is wrong; names the file, the line, the key path and the nearest right spelling.
    """
    return _load(tuple(extra))
