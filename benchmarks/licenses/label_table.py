"""Right, missed, dangerous: `openaudit.licenses` on any folder of labelled license files.

    python -m benchmarks.licenses.label_table FOLDER

FOLDER holds `labels.json` (a list of {file, label, modified, base, category}) and `files/`.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openaudit.licenses.decoding import decode
from openaudit.licenses.identification import Identification
from openaudit.licenses.matching import identify

MANIFEST = Path(__file__).parents[2] / "openaudit" / "licenses" / "data" / "license_manifest.json"
OUTCOMES = ("right", "unmodified flagged", "wrong license", "nothing found", "missed modified", "dangerous")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one file."""

    outcome: str
    said: str


class Labels:
    """Ids that labels use, as report ids."""

    def __init__(self, manifest: Path = MANIFEST) -> None:
        self.ids: dict[str, str] = {}
        for row in json.loads(manifest.read_text(encoding="utf-8"))["licenses"]:
            for source in row["sources"]:
                self.ids.setdefault(Path(source["path"]).stem, row["id"])
            for id_ in (row["scancode"], row["key"], row["id"]):
                if id_:
                    self.ids[id_] = row["id"]

    def report_id(self, label: str) -> str:
        """The report id of one label; SPDX's bare GNU ids count as "only"."""
        label = label.removeprefix("LicenseRef-scancode-").removeprefix("LicenseRef-openaudit-")
        return self.ids.get(label) or self.ids.get(f"{label}-only") or label

    def expected(self, label: str) -> frozenset[str]:
        """All ids of a label that may be an expression."""
        return frozenset(
            same_for_any_version(self.report_id(part))
            for part in re.split(r"\s+(?:AND|OR)\s+|\s*\+\s", label)
        )


def same_for_any_version(id_: str) -> str:
    """A text alone cannot say "or later": both count as the same."""
    return id_.replace("-or-later", "-only")


def judge_file(entry: dict[str, Any], found: Identification, labels: Labels) -> Verdict:
    """One file against its label."""
    said = found.expression or "nothing"
    texts = [match for match in found.matches if match.kind == "text"]
    flagged = [match for match in texts if match.modified]
    ids = {
        same_for_any_version(part)
        for part in re.findall(r"[\w.+-]+", said)
        if part not in ("AND", "OR", "WITH")
    }
    if entry["modified"]:
        bases = labels.expected(entry["base"] or entry["label"].removeprefix("LicenseRef-modified-"))
        if {same_for_any_version(match.base or "") for match in flagged} & bases:
            return Verdict("right", said)
        if ids & bases:
            return Verdict("dangerous", said)
        return Verdict("missed modified", said)
    wanted = labels.expected(entry["label"])
    if flagged and not any(match.id in wanted for match in flagged):
        return Verdict("unmodified flagged", said)
    if ids == wanted:
        return Verdict("right", said)
    return Verdict("wrong license" if ids else "nothing found", said)


def main(arguments: Iterable[str]) -> int:
    """Print the table and every miss."""
    folder = Path(next(iter(arguments)))
    labels = Labels()
    table: defaultdict[str, Counter[str]] = defaultdict(Counter)
    times = []
    misses = []
    for entry in json.loads((folder / "labels.json").read_text(encoding="utf-8")):
        text = decode((folder / "files" / entry["file"]).read_bytes())
        identify(text)  # warm
        start = time.perf_counter()
        found = identify(text)
        times.append(time.perf_counter() - start)
        verdict = judge_file(entry, found, labels)
        table[entry.get("category", "all")][verdict.outcome] += 1
        if verdict.outcome != "right":
            misses.append((entry, verdict, found))
    print_table(table, times)
    for entry, verdict, found in misses:
        print(f"\n{verdict.outcome}: {entry['file']}\n  label {entry['label']}, said {verdict.said}")
        for match in found.matches:
            print(
                f"  {match.kind} {match.id} {match.lines} coverage {match.coverage} similarity {match.similarity}"
            )
            for sign, edits in (("+", match.added), ("-", match.removed)):
                for edit in edits[:6]:
                    print(f"    {sign} line {edit.line}: {edit.words[:300]}   [{edit.before} | {edit.after}]")
    return 1 if misses else 0


def print_table(table: dict[str, Counter[str]], times: list[float]) -> None:
    """One row a category."""
    width = max(map(len, table)) + 2
    print(" " * width + "".join(f"{outcome:>20}" for outcome in OUTCOMES))
    for category in sorted(table):
        print(f"{category:{width}}" + "".join(f"{table[category][outcome]:>20}" for outcome in OUTCOMES))
    total = sum(table.values(), Counter())
    print(f"{'all':{width}}" + "".join(f"{total[outcome]:>20}" for outcome in OUTCOMES))
    print(f"warm: median {statistics.median(times) * 1000:.2f} ms, largest {max(times) * 1000:.2f} ms")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
