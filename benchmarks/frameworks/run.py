"""Judge the systems of a truth folder by names and repository ids alone, and print how the verdicts agree with people.

    python -m benchmarks.frameworks.run TRUTH_FOLDER CORPUS_HUB_FOLDER [--disagreements] [--json OUT.json]

TRUTH_FOLDER holds any of osai.json, osaid.json, mot.json, and join.json, which says by which repositories of the corpus
an entry is represented. The raters' links and everything parsed from them are never read, only `id`, `name`,
`hf_endmodel`, `hf_basemodel`, `hf_repos_mapped`, `hf_repo`, and of join.json `repo_id` and `role`; verdicts are read
only to compare. Entries without a repository in the corpus are counted and left out.

Printed for each parameter: how many verdicts were given of how many (coverage), agreement among those given, agreement
where "unknown" counts as wrong, the share of the commonest human verdict (majority baseline, on the same entries), the
mean distance in steps, and the confusion.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from openaudit.errors import OpenAuditError
from openaudit.formats.json_v1 import report_object
from openaudit.pipeline import Collected, Knowledge, Library, Relative, collect, judge, load_knowledge
from openaudit.sources import Limits, Source, parse_target, source_for
from openaudit.vocabulary import Report
from tests.hub import HubServer

STEPS = ("closed", "partial", "open")


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One entry: what people said, and the reports on its end model and its base, where the corpus has them."""

    truth: Mapping[str, Any]
    end: Report | None
    base: Report | None


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A human verdict and ours, with our reason."""

    entry: str
    theirs: str
    ours: str
    why: str


class Auditor:
    """Audits each repository once."""

    def __init__(self, source: Source, knowledge: Knowledge, corpus: Path) -> None:
        self._source = source
        self._corpus = corpus
        self._knowledge = knowledge
        self._library = Library(source_for, knowledge)
        self._collected: dict[str, Collected | None] = {}

    def collected(self, repo: str | None) -> Collected | None:
        """What was read of a repository; None where the corpus has none of that name."""
        if repo is None:
            return None
        if repo.lower() not in self._collected:
            try:
                own = _as_the_copy_tells(collect(parse_target(repo), self._source, _silent), self._corpus)
                self._collected[repo.lower()] = self._library.follow(own, _silent)
            except OpenAuditError:
                self._collected[repo.lower()] = None
        return self._collected[repo.lower()]

    def report(self, end: Collected | None, base: Collected | None = None) -> Report | None:
        """The report on a model, with what was read of its base."""
        if end is None:
            return None
        if base is not None and base.snapshot.id != end.snapshot.id:
            first = Relative(target=base.snapshot.target, collected=base)
            end = replace(end, relatives=(first, *end.relatives))
        return judge(end, self._knowledge)


def _as_the_copy_tells(collected: Collected, corpus: Path) -> Collected:
    """Without what the localhost Hub had to make up: where the copy holds no answer of the Hub's API, nobody knows
    whether the repository was behind a gate when people looked at it."""
    record = (
        corpus / f"{collected.snapshot.subject}s" / collected.snapshot.id.replace("/", "__") / "repo.json"
    )
    if not record.is_file() or "api" in json.loads(record.read_text(encoding="utf-8")):
        return collected
    access = replace(collected.snapshot.access, gated=None)
    return replace(collected, snapshot=replace(collected.snapshot, access=access))


def _silent(_: str) -> None:
    """Nobody watches."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("truth", type=Path)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--disagreements", action="store_true", help="list each with our evidence")
    parser.add_argument("--json", type=Path, help="write all reports")
    arguments = parser.parse_args()
    with HubServer(arguments.corpus) as hub:
        os.environ.update(hub.environment)
        os.environ["GITHUB_TOKEN"] = hub.token
        os.environ["XDG_CACHE_HOME"] = os.environ.get("BENCHMARK_CACHE", "/nonexistent")
        from openaudit.sources.hub import HubSource

        auditor = Auditor(HubSource(limits=Limits()), load_knowledge(), arguments.corpus)
        started = time.perf_counter()
        judged = {
            name: list(judged_entries(arguments.truth, name, auditor)) for name in ("osai", "osaid", "mot")
        }
        seconds = time.perf_counter() - started
    print(f"{sum(map(len, judged.values()))} entries with a repository in the corpus, {seconds:.1f} s")
    _print_osai(judged["osai"], arguments.disagreements)
    _print_osaid(judged["osaid"])
    _print_mot(judged["mot"], arguments.disagreements)
    if arguments.json:
        reports = [report_object(j.end) for entries in judged.values() for j in entries if j.end]
        arguments.json.write_text(json.dumps(reports, indent=1), encoding="utf-8")


# ---------------------------------------------------------------- entries and their repositories


def judged_entries(truth: Path, name: str, auditor: Auditor) -> Iterator[Judged]:
    file = truth / f"{name}.json"
    if not file.is_file():
        return
    entries = json.loads(file.read_text(encoding="utf-8"))["entries"]
    joined = _joined(truth / "join.json")
    for entry in entries:
        ends, bases = _repositories(entry, joined.get(entry["id"], {}))
        end = next((c for repo in ends if (c := auditor.collected(repo))), None)
        base = next((c for repo in bases if (c := auditor.collected(repo))), None)
        if end is not None or base is not None:
            yield Judged(truth=entry, end=auditor.report(end, base), base=auditor.report(base))


def _joined(file: Path) -> dict[str, dict[str, list[str]]]:
    if not file.is_file():
        return {}
    found: dict[str, dict[str, list[str]]] = {}
    for entry in json.loads(file.read_text(encoding="utf-8"))["entries"]:
        roles = found.setdefault(entry["id"], {})
        for card in entry["cards"]:
            roles.setdefault(card["role"], []).append(card["repo_id"])
    return found


def _repositories(
    entry: Mapping[str, Any], joined: Mapping[str, Sequence[str]]
) -> tuple[list[str], list[str]]:
    """The repositories of the end model and of the base, as named, then as the corpus has them."""
    named = entry.get("hf_endmodel") or entry.get("hf_repos_mapped") or []
    repo = entry.get("hf_repo")
    ends = [*named, *([repo] if repo else []), *joined.get("end", ())]
    return ends, [*(entry.get("hf_basemodel") or ()), *joined.get("base", ())]


# ---------------------------------------------------------------- the index


def _print_osai(entries: Sequence[Judged], wordy: bool) -> None:
    if not entries:
        return
    print("\nEuropean Open Source AI Index")
    pairs = osai_pairs(entries)
    print(
        f"{'parameter':24}{'n':>4}{'told':>6}{'agree':>8}{'of all':>8}{'majority':>10}{'step':>6}  confusion"
    )
    shares: list[tuple[float, float, float]] = []
    for parameter, found in pairs.items():
        shares.append(_row(parameter, found))
    for label, index in (("agreement of those told", 0), ("of all", 1), ("majority", 2)):
        print(f"mean {label}: {100 * sum(share[index] for share in shares) / len(shares):.1f} %")
    if wordy:
        for parameter, found in pairs.items():
            _disagreements(parameter, found)


def osai_pairs(entries: Sequence[Judged]) -> dict[str, list[Pair]]:
    """Pairs per parameter. The base's parameters are asked of the end model's report where there is one (it knows its
    base), else of the base's own."""
    pairs: dict[str, list[Pair]] = {}
    for judged in entries:
        if not judged.truth["set"].startswith("osai-index"):
            continue  # the predecessor's criteria differ
        for parameter, theirs in judged.truth["verdicts"].items():
            report = judged.end or (judged.base if parameter.endswith("_basemodel") else None)
            if report is None or theirs not in STEPS:
                continue
            verdict = next(v for v in report.frameworks if v.framework == "osai_index")
            check = next((c for c in verdict.details["checks"] if c["id"] == parameter), None)
            if check is not None:
                pairs.setdefault(parameter, []).append(
                    Pair(entry=judged.truth["id"], theirs=theirs, ours=check["result"], why=check["reason"])
                )
    return pairs


def _row(name: str, pairs: Sequence[Pair]) -> tuple[float, float, float]:
    told = [pair for pair in pairs if pair.ours != "unknown"]
    right = sum(pair.ours == pair.theirs for pair in told)
    majority = Counter(pair.theirs for pair in pairs).most_common(1)[0][1] / len(pairs)
    steps = [abs(STEPS.index(p.ours) - STEPS.index(p.theirs)) for p in told] if name != "class" else []
    confusion = Counter((pair.theirs, pair.ours) for pair in pairs)
    words = " ".join(f"{t[:1]}>{o[:1]}:{n}" for (t, o), n in sorted(confusion.items()))
    agree = right / len(told) if told else 0.0
    step = sum(steps) / len(steps) if steps else 0.0
    print(
        f"{name:24}{len(pairs):4}{len(told):6}{100 * agree:7.0f}%{100 * right / len(pairs):7.0f}%"
        f"{100 * majority:9.0f}%{step:6.2f}  {words}"
    )
    return agree, right / len(pairs), majority


def _disagreements(name: str, pairs: Sequence[Pair]) -> None:
    for pair in pairs:
        if pair.ours != pair.theirs:
            print(f"  {name}: {pair.entry}: people {pair.theirs}, we {pair.ours}: {pair.why[:200]}")


# ---------------------------------------------------------------- the definition


def _print_osaid(entries: Sequence[Judged]) -> None:
    if not entries:
        return
    print("\nOpen Source AI Definition")
    wrong = 0
    for judged in entries:
        if judged.end is None:
            continue
        verdict = next(v for v in judged.end.frameworks if v.framework == "osaid")
        passed = judged.truth["verdict"] == "pass"
        fault = (passed and verdict.verdict == "fails") or (
            not passed and verdict.verdict == "no-failure-found"
        )
        wrong += fault
        mark = "WRONG" if fault else "ok"
        print(
            f"{judged.truth['name']:16}{judged.end.id:34}people {judged.truth['verdict']:28}we {verdict.verdict:18}"
            f"{mark}  {', '.join(verdict.decided_by)}"
        )
    print(f"passed systems failed or failed systems passed: {wrong}")


# ---------------------------------------------------------------- the openness tool


def _print_mot(entries: Sequence[Judged], wordy: bool) -> None:
    """Records are submitted by people, of uneven quality: agreement on which components are open, and on the class."""
    found = [judged for judged in entries if judged.end is not None]
    if not found:
        return
    print("\nModel Openness Framework, our findings against submitted records")
    pairs: dict[str, list[Pair]] = {}
    for judged in found:
        assert judged.end is not None
        verdict = next(v for v in judged.end.frameworks if v.framework == "mof")
        ours_open = {*verdict.details["included"], *verdict.details["optional"]}
        doubtful = {text.split(":")[0] for text in verdict.details["could_not_judge"]}
        listed = {c["name"]: c for c in judged.truth["components"]}
        for component in judged.end.components:
            name = _tool_name(component.name)
            theirs = "open" if listed.get(name, {}).get("open") else "closed"
            ours = "open" if component.id in ours_open else "unknown" if name in doubtful else "closed"
            pairs.setdefault(name, []).append(
                Pair(entry=judged.truth["id"], theirs=theirs, ours=ours, why=component.reason)
            )
        theirs = str(judged.truth["result"]["mof_class"])
        ours = str(verdict.details["class"])
        pairs.setdefault("class", []).append(
            Pair(entry=judged.truth["id"], theirs=theirs, ours=ours, why=verdict.reason)
        )
    print(
        f"{'component':24}{'n':>4}{'told':>6}{'agree':>8}{'of all':>8}{'majority':>10}{'step':>6}  confusion"
    )
    for name, some in pairs.items():
        _row(name[:23], some)
    if wordy:
        for name, some in pairs.items():
            _disagreements(name, some)


def _tool_name(name: str) -> str:
    return name.replace("(final)", "(Final)").replace("(intermediate)", "(Intermediate)")


if __name__ == "__main__":
    main()
