"""Audit every repository of a corpus on the localhost Hub, and print how the verdicts agree with labels.

    python -m benchmarks.levels.run CORPUS_HUB_FOLDER [LABELS_JSON] [--dump REPORTS.json]

CORPUS_HUB_FOLDER has `models/` and `datasets/`; LABELS_JSON has `models` and `datasets` with `repo_id`, `folder`,
`level`, `also`, `weights_status`, `conflicts` ... Without labels only the table of levels is printed.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from openaudit.formats import FORMATS
from openaudit.pipeline import Knowledge, Library, audit, load_knowledge
from openaudit.sources import Limits, parse_target, source_for
from openaudit.vocabulary import Report
from tests.hub import HubServer

OPEN_LEVELS = ("open-weight", "open-toolchain", "fully-open")
CLOSED_STATUS = ("restricted", "research-only", "unlicensed")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("labels", type=Path, nargs="?")
    parser.add_argument("--dump", type=Path, help="write all reports as JSON")
    arguments = parser.parse_args()
    knowledge = load_knowledge()
    with HubServer(arguments.folder) as hub:
        os.environ.update(hub.environment)
        os.environ["GITHUB_TOKEN"] = hub.token
        os.environ["XDG_CACHE_HOME"] = os.environ.get("BENCHMARK_CACHE", "/nonexistent")
        started = time.perf_counter()
        reports = audit_all(arguments.folder, knowledge)
        seconds = time.perf_counter() - started
    print(f"{len(reports)} repositories in {seconds:.1f} s")
    print("levels:", dict(Counter(report.level for report in reports.values()).most_common()))
    if arguments.dump:
        arguments.dump.write_text(FORMATS["json"].render(list(reports.values())), encoding="utf-8")
    if arguments.labels:
        compare(reports, json.loads(arguments.labels.read_text(encoding="utf-8")))


def audit_all(folder: Path, knowledge: Knowledge) -> dict[str, Report]:
    """Reports by folder name (datasets as `datasets/<folder>`)."""
    from openaudit.sources.hub import HubSource

    source = HubSource(limits=Limits())
    library = Library(source_for, knowledge)
    jobs: list[tuple[str, str]] = []
    for kind in ("models", "datasets"):
        for path in sorted((folder / kind).iterdir()):
            config = json.loads((path / "repo.json").read_text(encoding="utf-8"))
            id_ = config.get("repo_id") or path.name.replace("__", "/")
            prefix = "datasets/" if kind == "datasets" else ""
            jobs.append((f"{prefix}{path.name}", f"{prefix}{id_}"))

    def one(job: tuple[str, str]) -> tuple[str, Report]:
        return job[0], audit(parse_target(job[1]), source, knowledge, library=library)

    with ThreadPoolExecutor(8) as pool:
        return dict(pool.map(one, jobs))


def compare(reports: dict[str, Report], labels: dict[str, Any]) -> None:
    models = [(reports[label["folder"]], label) for label in labels["models"] if label["folder"] in reports]
    _levels(models)
    _conflicts(models)
    _components(models)
    _datasets(reports, labels)


def _levels(pairs: Sequence[tuple[Report, dict[str, Any]]]) -> None:
    exact = sum(report.level == label["level"] for report, label in pairs)
    allowed = sum(report.level in (label["level"], *label.get("also", ())) for report, label in pairs)
    status = sum(report.license.grant.value == label["weights_status"] for report, label in pairs)
    n = len(pairs)
    print(f"level exact {exact}/{n} = {exact / n:.1%}, within also {allowed}/{n} = {allowed / n:.1%}")
    print(f"weights status {status}/{n} = {status / n:.1%}")
    false_open = [
        label["folder"]
        for report, label in pairs
        if report.level in OPEN_LEVELS and label["weights_status"] in CLOSED_STATUS
    ]
    print(f"FALSE OPEN {len(false_open)}: {false_open}")
    closed = [
        (label["folder"], report.level)
        for report, label in pairs
        if report.level not in OPEN_LEVELS and label["weights_status"] == "open"
    ]
    print(f"false closed {len(closed)}: {closed}")
    for report, label in pairs:
        if report.level not in (label["level"], *label.get("also", ())):
            print(f"  {label['folder']}: {report.level} ({report.license.grant.value}), labelled {label['level']} "
                  f"({label['weights_status']}, {label['confidence']}): {label['why']} | ours: {report.license.reason}")  # fmt: skip


def _conflicts(pairs: Sequence[tuple[Report, dict[str, Any]]]) -> None:
    right: Counter[str] = Counter()
    missed: list[tuple[str, str, str]] = []
    wrong: list[tuple[str, str, str]] = []
    for report, label in pairs:
        found = {conflict.kind: conflict.message for conflict in report.license.conflicts}
        wanted = {conflict["kind"]: conflict for conflict in label["conflicts"]}
        for kind, conflict in wanted.items():
            if conflict.get("weak"):
                continue
            if kind in found:
                right[kind] += 1
            else:
                missed.append((label["folder"], kind, conflict["note"]))
        wrong.extend(
            (label["folder"], kind, text[:300]) for kind, text in found.items() if kind not in wanted
        )
    hits = sum(right.values())
    print(f"conflicts: recall {hits}/{hits + len(missed)}, precision {hits}/{hits + len(wrong)}")
    for row in missed:
        print("  missed", *row)
    for row in wrong:
        print("  extra ", *row)


def _components(pairs: Sequence[tuple[Report, dict[str, Any]]]) -> None:
    fields = {"training_code": "training_code", "inference_code": "inference_code", "data": "datasets"}
    for field, component in fields.items():
        confusion: Counter[tuple[str, str]] = Counter()
        for report, label in pairs:
            ours = next((c.status.value for c in report.components if c.id == component), "-")
            confusion[(label[field], ours)] += 1
        agreed = sum(count for (theirs, ours), count in confusion.items() if theirs == ours)
        print(f"{field}: {agreed}/{len(pairs)}", dict(confusion.most_common(14)))
    docs: Counter[tuple[str, str]] = Counter()
    for report, label in pairs:
        ours = next(d.status.value for d in report.dimensions if d.dimension.value == "docs")
        docs[(label["documentation"], ours)] += 1
    print(f"documentation: {sum(c for (a, b), c in docs.items() if a == b)}/{len(pairs)}", dict(docs))


def _datasets(reports: dict[str, Report], labels: dict[str, Any]) -> None:
    for label in labels["datasets"]:
        report = reports.get(f"datasets/{label['folder']}")
        if report is not None and report.license.grant.value != label["status"]:
            print(
                f"  dataset {label['folder']}: {report.license.grant.value}, labelled {label['status']}: {label['why']}"
            )


if __name__ == "__main__":
    main()
