"""The clause reading of the reference texts against the facts that people read from them, and of SPDX's texts.

    python -m benchmarks.clauses.reference_table [SHARED]

SHARED (or the environment variable OPENAUDIT_SHARED, or `shared` beside the repository) holds `licenses/index.json` with
its texts, and `licenses/spdx-xml`. The worst error is a text with a limit that comes out open.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from openaudit.licenses.catalog import load_catalog
from openaudit.licenses.clauses import ClauseReading, load_clause_rules, read_clauses
from openaudit.vocabulary import Grant

Facts = Mapping[str, Any]
LIMITED = (Grant.RESTRICTED, Grant.RESEARCH_ONLY)


@dataclass(frozen=True, slots=True)
class Question:
    """One fact: what the index says (None: cannot be told from it) and what the reading says."""

    name: str
    expected: Callable[[Facts], bool | None]
    found: Callable[[ClauseReading], bool]


def _has(*terms: str) -> Callable[[ClauseReading], bool]:
    return lambda reading: any(clause.term in terms for clause in reading.clauses)


def _says(field: str, pattern: str, unless: str = r"(?!)") -> Callable[[Facts], bool | None]:
    def answer(facts: Facts) -> bool | None:
        text = str(facts[field] or "")
        if re.search(r"see (?:text|licence|section)|mentioned|addressed", text):
            return None
        return bool(re.search(pattern, text)) and not re.search(unless, text)

    return answer


def _commercial(facts: Facts, value: str) -> bool | None:
    return None if facts["commercial_use"] == "see licence" else facts["commercial_use"] == value


def _field(facts: Facts) -> bool | None:
    text = str(facts["field_of_use"] or "")
    if re.search(r"see text|see section|section \d|lawful use|^none", text):
        return None
    return bool(text)


def _outputs(facts: Facts) -> bool | None:
    """Where outputs are bound by the purpose of the whole license, no clause of their own says so."""
    text = str(facts["output_training"] or "")
    return None if re.search(r"research|commercial|see text", text) else text.startswith("restricted")


QUESTIONS: tuple[Question, ...] = (
    Question("commercial use: no", lambda f: _commercial(f, "no"), lambda r: r.terms.commercial_use == "no"),
    Question(
        "commercial use: conditional",
        lambda f: _commercial(f, "conditional"),
        lambda r: r.terms.commercial_use == "conditional",
    ),
    Question("user threshold", _says("commercial_condition", r"users|visits"), _has("user-threshold")),
    Question(
        "revenue threshold", _says("commercial_condition", r"revenue|funding"), _has("revenue-threshold")
    ),
    Question("field of use or policy", _field, _has("field-of-use", "acceptable-use")),
    Question("outputs restricted", _outputs, _has("outputs-restricted")),
    Question("outputs: naming duty", _says("output_training", "naming"), _has("outputs-naming")),
    Question("territory", _says("territory_excluded", "."), _has("territory")),
    Question("share-alike", _says("share_alike", "^yes"), _has("share-alike")),
    Question(
        "naming",
        _says(
            "attribution_or_naming", r"names?\b.*(?:start|include)|shown|display|statement that", r"encourag"
        ),
        _has("naming", "outputs-naming"),
    ),
    Question("attribution", _says("attribution_or_naming", r".", "^none"), _has("attribution")),
    Question("patent: rights end on suit", _says("patent", r"ends|defence"), _has("patent-ends")),
    Question(
        "patent: granted",
        _says("patent", r"grant(?!ed)|all patent rights granted|patent licence"),
        _has("patent-grant"),
    ),
    Question(
        "patent: kept back", _says("patent", r"not (?:licensed|granted)|expressly not"), _has("no-patent")
    ),
    Question("revocable", _says("revocable", r"^yes"), _has("revocable")),
    Question("no derivatives", _says("modification", r"no sharing of adapted|^no\b"), _has("no-derivatives")),
    Question("redistribution limited", _says("redistribution", r"^no\b|^limited"), _has("no-redistribution")),
)


def main() -> int:
    shared = _shared()
    if shared is None:
        print("no reference texts: name their folder or set OPENAUDIT_SHARED", file=sys.stderr)
        return 3
    missed = reference(shared / "licenses")
    missed += spdx(shared / "licenses" / "spdx-xml")
    return 1 if missed else 0


def _shared() -> Path | None:
    named = sys.argv[1:2] or [os.environ.get("OPENAUDIT_SHARED", "")]
    places = [Path(named[0])] if named[0] else [Path(__file__).parents[3] / "shared"]
    return next((place for place in places if (place / "licenses" / "index.json").is_file()), None)


# ---------------------------------------------------------------- the reference texts


def reference(folder: Path) -> int:
    """Prints the table of terms, the grants, and the disagreements; gives the number of limits missed."""
    rows = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    rules = load_clause_rules()
    began = time.perf_counter()
    readings = {
        row["id"]: read_clauses((folder / f"{row['id']}.txt").read_text(encoding="utf-8"), rules)
        for row in rows
    }
    seconds = time.perf_counter() - began
    print(f"{len(rows)} reference texts, {1000 * seconds / len(rows):.1f} ms each\n")
    disagreements = _terms_table(rows, readings)
    missed = _grants([(row["id"], readings[row["id"]]) for row in rows])
    print("\nDisagreements on terms\n")
    for line in disagreements:
        print(f"  {line}")
    return missed


def _terms_table(rows: list[Any], readings: Mapping[str, ClauseReading]) -> list[str]:
    print(
        f"{'term':30} {'texts':>5} {'yes':>4} {'right':>5} {'missed':>6} {'wrong':>5} {'prec.':>6} {'recall':>6}"
    )
    disagreements: list[str] = []
    for question in QUESTIONS:
        counts: Counter[tuple[bool, bool]] = Counter()
        for row in rows:
            expected = question.expected(row["facts"])
            if expected is None:
                continue
            found = question.found(readings[row["id"]])
            counts[expected, found] += 1
            if expected != found:
                disagreements.append(
                    f"{question.name}: {row['id']}: {'missed' if expected else 'found, not in the index'}"
                )
        right, missed, wrong = counts[True, True], counts[True, False], counts[False, True]
        precision = f"{right / (right + wrong):.2f}" if right + wrong else "-"
        recall = f"{right / (right + missed):.2f}" if right + missed else "-"
        print(
            f"{question.name:30} {counts.total():5} {right + missed:4} {right:5} {missed:6} {wrong:5} "
            f"{precision:>6} {recall:>6}"
        )
    return disagreements


def _grants(readings: list[tuple[str, ClauseReading]]) -> int:
    """The grant against the one that the catalog has for the license."""
    catalog = load_catalog()
    table: Counter[tuple[str, str]] = Counter()
    lines: list[str] = []
    missed = 0
    for key, reading in readings:
        known = catalog.by_key(key)
        expected = known.grant if known else None
        table[expected.value if expected else "not in catalog", reading.grant.value] += 1
        if expected is not None and expected is not reading.grant:
            lines.append(f"{key}: catalog {expected.value}, read {reading.grant.value}: {reading.why}")
        missed += expected in LIMITED and reading.grant is Grant.OPEN
    print("\nGrant: catalog against reading\n")
    for (expected_name, found), count in sorted(table.items()):
        print(f"  {expected_name:16} -> {found:14} {count:4}")
    print()
    for line in lines:
        print(f"  {line}")
    return missed


# ---------------------------------------------------------------- SPDX

_NS = "{http://www.spdx.org/license}"
_BLOCKS = {
    f"{_NS}{tag}"
    for tag in ("p", "titleText", "copyrightText", "item", "list", "br", "standardLicenseHeader")
}


def rendered(path: Path) -> tuple[bool, str]:
    """Whether OSI approved it, and the text, with a blank line between paragraphs."""
    root = ElementTree.parse(path).getroot()
    element = root.find(f"{_NS}license")
    element = element if element is not None else root.find(f"{_NS}exception")
    if element is None:
        return False, ""
    text = element.find(f"{_NS}text")
    parts: list[str] = []
    if text is not None:
        _render(text, parts)
    return element.get("isOsiApproved") == "true", re.sub(r"[ \t]*\n[ \t\n]*\n[ \t]*", "\n\n", "".join(parts))


def _render(element: ElementTree.Element, parts: list[str]) -> None:
    block = element.tag in _BLOCKS
    if block:
        parts.append("\n\n")
    parts.append(re.sub(r"\s+", " ", element.text or ""))
    for child in element:
        _render(child, parts)
        parts.append(re.sub(r"\s+", " ", child.tail or ""))
    if block:
        parts.append("\n\n")


def spdx(folder: Path) -> int:
    """Prints what becomes of OSI's licenses and of CC's NC and ND ones; gives the number of the latter called open."""
    if not folder.is_dir():
        return 0
    rules = load_clause_rules()
    osi: dict[str, list[str]] = {}
    others: Counter[str] = Counter()
    opened: list[str] = []
    limited_open: list[str] = []
    catalog = load_catalog()
    for path in sorted(folder.glob("*.xml")):
        approved, text = rendered(path)
        reading = read_clauses(text, rules)
        if approved:
            osi.setdefault(reading.grant.value, []).append(f"{path.stem}: {reading.why}")
        else:
            others[reading.grant.value] += 1
            if reading.grant is Grant.OPEN:
                opened.append(path.stem)
        known = catalog.by_id(path.stem)
        limited = (known is not None and known.grant in LIMITED) or re.match(r"CC-BY-(?:NC|ND)", path.stem)
        if limited and reading.grant is Grant.OPEN:
            limited_open.append(path.stem)
    print("\nSPDX: approved by OSI")
    for grant, names in sorted(osi.items()):
        print(f"  {grant:14} {len(names)}")
    for grant in ("restricted", "research-only", "undetermined"):
        for line in osi.get(grant, ()):
            print(f"    {grant}: {line}")
    print(f"\nSPDX: not approved: {dict(others)}\n  open: {' '.join(opened)}")
    print(f"  limited by the catalog, or CC NC/ND, and called open: {limited_open or 'none'}")
    return len(limited_open)


if __name__ == "__main__":
    sys.exit(main())
