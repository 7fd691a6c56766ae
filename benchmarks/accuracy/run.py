"""All accuracy figures in one file, for the method page of the scorecards and for nobody to type.

    python -m benchmarks.accuracy.run CORPUS EVALUATION -o accuracy.json

CORPUS holds `models/` and `datasets/`, EVALUATION holds `levels/`, `licenses/` and `truth/`. Every disagreement is listed
as a miss with our evidence, whoever may be right.
"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.frameworks.run import STEPS, Auditor, Judged, Pair, judged_entries, osai_pairs
from benchmarks.levels.run import CLOSED_STATUS, OPEN_LEVELS, audit_all
from benchmarks.licenses.label_table import Labels, judge_file
from openaudit import __version__
from openaudit.licenses.decoding import decode
from openaudit.licenses.matching import identify
from openaudit.pipeline import load_knowledge
from openaudit.sources import Limits
from openaudit.vocabulary import Report
from tests.hub import HubServer

_SEEN = "The labels were seen during development, so figures on labels unseen will be lower."


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=Path)
    parser.add_argument("evaluation", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    knowledge = load_knowledge()
    with HubServer(arguments.corpus) as hub:
        os.environ.update(hub.environment)
        os.environ["GITHUB_TOKEN"] = hub.token
        os.environ["XDG_CACHE_HOME"] = os.environ.get("BENCHMARK_CACHE", "/nonexistent")
        from openaudit.sources.hub import HubSource

        labels = json.loads((arguments.evaluation / "levels" / "levels.json").read_text(encoding="utf-8"))
        reports = audit_all(arguments.corpus, knowledge)
        auditor = Auditor(HubSource(limits=Limits()), knowledge, arguments.corpus)
        judged = {
            name: list(judged_entries(arguments.evaluation / "truth", name, auditor))
            for name in ("osai", "osaid")
        }
    models = [(reports[label["folder"]], label) for label in labels["models"] if label["folder"] in reports]
    sets = [
        _levels(models),
        _conflicts(models),
        _licenses(arguments.evaluation / "licenses"),
        _osai(judged["osai"]),
        _osaid(judged["osaid"]),
    ]
    document = {
        "generated_by": "python -m benchmarks.accuracy.run CORPUS EVALUATION",
        "tool_version": __version__,
        "rules_version": knowledge.rules.version,
        "sets": sets,
    }
    arguments.output.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for one in sets:
        for metric in one["metrics"]:
            print(f"{one['name']}: {metric['name']}: {metric['value']}")


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / whole:.1f} %)" if whole else "none"


def _levels(pairs: Sequence[tuple[Report, Mapping[str, Any]]]) -> dict[str, Any]:
    exact = sum(report.level == label["level"] for report, label in pairs)
    allowed = [(r, label) for r, label in pairs if r.level not in (label["level"], *label.get("also", ()))]
    status = sum(report.license.grant.value == label["weights_status"] for report, label in pairs)
    false_open = sum(
        report.level in OPEN_LEVELS and label["weights_status"] in CLOSED_STATUS for report, label in pairs
    )
    majority = Counter(label["level"] for _, label in pairs).most_common(1)[0][1]
    return {
        "name": "Levels of the spectrum",
        "what": f"Models labelled by hand by the rules of the levels. {_SEEN}",
        "count": len(pairs),
        "metrics": [
            {
                "name": "level as labelled",
                "value": _share(exact, len(pairs)),
                "baseline": _share(majority, len(pairs)),
            },
            {
                "name": "level as labelled, or one the label allows",
                "value": _share(len(pairs) - len(allowed), len(pairs)),
            },
            {"name": "what the license of the weights grants", "value": _share(status, len(pairs))},
            {"name": "said open where the label says it is not", "value": str(false_open)},
        ],
        "misses": [
            {
                "id": r.id,
                "expected": label["level"],
                "got": r.level,
                "why": r.license.reason,
            }
            for r, label in allowed
        ],
    }


def _conflicts(pairs: Sequence[tuple[Report, Mapping[str, Any]]]) -> dict[str, Any]:
    wanted = found = hits = 0
    misses: list[dict[str, str]] = []
    for report, label in pairs:
        ours = {conflict.kind: conflict.message for conflict in report.license.conflicts}
        theirs = {conflict["kind"]: conflict for conflict in label["conflicts"]}
        strong = [kind for kind, conflict in theirs.items() if not conflict.get("weak")]
        wanted, hits = wanted + len(strong), hits + sum(kind in ours for kind in strong)
        found += sum(kind in strong or kind not in theirs for kind in ours)
        misses += [
            {"id": report.id, "expected": kind, "got": "nothing", "why": ""}
            for kind in strong
            if kind not in ours
        ]
        misses += [
            {"id": report.id, "expected": "nothing", "got": kind, "why": message}
            for kind, message in ours.items()
            if kind not in theirs
        ]
    return {
        "name": "Contradictions of licenses",
        "what": "Disagreements between tag, text, prose and base, labelled by hand in the same models.",
        "count": wanted,
        "metrics": [
            {"name": "found of those labelled", "value": _share(hits, wanted)},
            {"name": "labelled of those found", "value": _share(hits, found)},
        ],
        "misses": misses,
    }


def _licenses(folder: Path) -> dict[str, Any]:
    labels = Labels()
    outcomes: Counter[str] = Counter()
    misses: list[dict[str, str]] = []
    for entry in json.loads((folder / "labels.json").read_text(encoding="utf-8")):
        found = identify(decode((folder / "files" / entry["file"]).read_bytes()))
        verdict = judge_file(entry, found, labels)
        outcomes[verdict.outcome] += 1
        if verdict.outcome != "right":
            misses.append(
                {"id": entry["file"], "expected": entry["label"], "got": verdict.said, "why": verdict.outcome}
            )
    total = outcomes.total()
    return {
        "name": "License files",
        "what": "License files as they stand in real repositories, some of them changed in their meaning.",
        "count": total,
        "metrics": [
            {"name": "named right", "value": _share(outcomes["right"], total)},
            {"name": "a changed text taken for the original", "value": str(outcomes["dangerous"])},
        ],
        "misses": misses,
    }


def _osai(entries: Sequence[Judged]) -> dict[str, Any]:
    pairs = osai_pairs(entries)
    return {
        "name": "European Open Source AI Index",
        "what": (
            "Verdicts of the index's raters, one rater a system; two assessments of the same system agree in 82 %. "
            "The baseline always says the most frequent verdict."
        ),
        "count": len(entries),
        "metrics": list(_parameters(pairs)),
        "misses": [
            {"id": f"{pair.entry}: {name}", "expected": pair.theirs, "got": pair.ours, "why": pair.why}
            for name, found in pairs.items()
            for pair in found
            if pair.ours != pair.theirs
        ],
    }


def _parameters(pairs: Mapping[str, Sequence[Pair]]) -> Iterator[dict[str, str]]:
    rights: list[float] = []
    majorities: list[float] = []
    for name, found in pairs.items():
        right = sum(pair.ours == pair.theirs for pair in found)
        majority = Counter(pair.theirs for pair in found if pair.theirs in STEPS).most_common(1)[0][1]
        rights.append(right / len(found))
        majorities.append(majority / len(found))
        yield {"name": name, "value": _share(right, len(found)), "baseline": _share(majority, len(found))}
    if rights:
        yield {
            "name": "mean over the parameters",
            "value": f"{100 * sum(rights) / len(rights):.1f} %",
            "baseline": f"{100 * sum(majorities) / len(majorities):.1f} %",
        }


def _osaid(entries: Sequence[Judged]) -> dict[str, Any]:
    found = [(judged.truth, judged.end) for judged in entries if judged.end is not None]
    misses = []
    for truth, end in found:
        verdict = next(v for v in end.frameworks if v.framework == "osaid")
        passed = truth["verdict"] == "pass"
        if (passed and verdict.verdict == "fails") or (not passed and verdict.verdict == "no-failure-found"):
            misses.append(
                {"id": end.id, "expected": truth["verdict"], "got": verdict.verdict, "why": verdict.reason}
            )
    return {
        "name": "Open Source AI Definition 1.0",
        "what": "Systems that the OSI's validation named as passing, failing, or passing under other terms.",
        "count": len(found),
        "metrics": [{"name": "passed systems failed, or failed systems passed", "value": str(len(misses))}],
        "misses": misses,
    }


if __name__ == "__main__":
    main()
