"""What an entry of a license list means: an id under any of its names, a family, a category, an approval."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from openaudit.licenses.catalog import Catalog, License

_APPROVALS: Mapping[str, Callable[[License], bool]] = {
    "osi-approved": lambda license_: license_.osi_approved is True,
    "fsf-free": lambda license_: license_.fsf_free is True,
}


class LicenseWords:
    """The entries that license lists may have, by any spelling of case. Categories come before families, families
    before ids: `gemma` means every Gemma license, `mit` the one license."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def ids(self, written: str) -> frozenset[str] | None:
        """The report ids that an entry stands for; None where it is no word of ours."""
        folded = written.strip().casefold()
        if folded in self._groups:
            return self._groups[folded]
        found = self._catalog.by_id(folded) or self._catalog.by_hub_id(folded)
        found = found or self._catalog.by_id(written)
        return frozenset({found.id}) if found is not None else None

    @cached_property
    def _groups(self) -> Mapping[str, frozenset[str]]:
        """Approvals, categories and families, each with its ids."""
        made: dict[str, set[str]] = {}
        for family, ids in self._catalog.families.items():
            made[family.casefold()] = {*ids, f"LicenseRef-openaudit-{family}-unknown-version"}
        for category in {license_.category for license_ in self._catalog if license_.category}:
            made[category] = {license_.id for license_ in self._catalog if license_.category == category}
        for name, holds in _APPROVALS.items():
            made[name] = {license_.id for license_ in self._catalog if holds(license_)}
        return {name: frozenset(ids) for name, ids in made.items()}

    @property
    def known(self) -> Sequence[str]:
        """Every word, for the nearest right spelling."""
        ids = [license_.id for license_ in self._catalog]
        hub = [hub_id for license_ in self._catalog for hub_id in license_.hub_ids]
        return [*self._groups, *ids, *hub]
