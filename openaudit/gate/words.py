"""The words of policies for regions and sectors, and what they mean: rules/policies/words/."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from openaudit.rule_files import RuleFile, rule_files

_CODE = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Regions by name as sets of ISO 3166-1 alpha-2 codes; sectors with the words of a field of use that speak of
    them; sectors that are not commercial; words that keep from offering a service."""

    regions: Mapping[str, frozenset[str]]
    short: Mapping[str, str]
    sectors: Mapping[str, tuple[str, ...]]
    not_commercial: frozenset[str]
    hosting: tuple[str, ...]

    def codes(self, region: str) -> frozenset[str] | None:
        """The codes that a region stands for; None for what is no region. A code of two letters stands for itself."""
        name = self.short.get(region.upper(), region)
        known = next((codes for n, codes in self.regions.items() if n.casefold() == name.casefold()), None)
        if known is not None:
            return known
        return frozenset({region}) if _CODE.fullmatch(region) else None

    def all_codes(self, regions: Iterable[str]) -> frozenset[str]:
        """The codes of several regions; what is no region counts for nothing."""
        return frozenset(code for region in regions for code in self.codes(region) or ())


def load_words(extra: tuple[Path, ...] = ()) -> Words:
    """The words of the shipped rules, extended by the user's folders. Raises: PolicyError."""
    found: dict[str, dict[str, tuple[str, ...]]] = {"regions": {}, "short": {}, "sectors": {}}
    lists: dict[str, list[str]] = {"not_commercial": [], "hosting": []}
    for file in rule_files("policies/words", extra):
        _add(file, found, lists)
    return Words(
        regions={name: frozenset(codes) for name, codes in found["regions"].items()},
        short={name: long[0] for name, long in found["short"].items()},
        sectors=found["sectors"],
        not_commercial=frozenset(lists["not_commercial"]),
        hosting=tuple(lists["hosting"]),
    )


def _add(file: RuleFile, found: dict[str, dict[str, tuple[str, ...]]], lists: dict[str, list[str]]) -> None:
    for key, value in file.value.items():
        if key in found and isinstance(value, dict):
            for name, words in value.items():
                found[key][str(name)] = tuple(map(str, words)) if isinstance(words, list) else (str(words),)
        elif key in lists and isinstance(value, list):
            lists[key].extend(map(str, value))
        else:
            raise file.unknown_key(str(key), [*found, *lists])
