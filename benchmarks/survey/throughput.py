"""How fast a table is surveyed, by engine, by number of processes and by length, and where the time goes.

    python -m benchmarks.survey.throughput CORPUS WORK [--rows 2000,20000,200000] [--skip-ray]

CORPUS is a folder of real repositories (see make_table.py), WORK a folder for tables and results, which are kept and
made again only where they are missing. Prints models a second, the processor time of a model in the first and the last
tenth of the run, the peak memory of all processes together, whether all engines give the same rows, and the share of
each stage. The load of the machine is printed with every run: on a busy one the figures are of that.
"""

from __future__ import annotations

import argparse
import os
import shutil
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from benchmarks.survey.make_table import KINDS, Model, models, read_corpus, write_table
from openaudit.engine import evaluate
from openaudit.pipeline import Collected, Knowledge, judge
from openaudit.scanners import SCANNERS
from openaudit.scanners.front_matter import read_front_matter
from openaudit.scanners.scene import Scene, make_scene
from openaudit.survey.batches import plan_table, record_batch, settings_of
from openaudit.survey.cluster import run_ray
from openaudit.survey.columns import map_columns
from openaudit.survey.folder import Folder, Subject, open_folder
from openaudit.survey.local import Done, run_local
from openaudit.survey.reading import read_batches
from openaudit.survey.rows import row_of
from openaudit.survey.table_rows import collected_of
from openaudit.vocabulary import EvidenceSet

HUB = "https://huggingface.co"
_ENOUGH_BATCHES = 10
"""Fewer say nothing of the pace after the first part."""
COLUMNS = map_columns(("modelId", "tags", "pipeline_tag", "card"))


@dataclass(slots=True)
class Run:
    """What one run took."""

    name: str
    rows: int
    seconds: float
    first_seconds: float
    """Until the first part was written: processes, rules, and one batch."""
    cpu: list[tuple[int, float]] = field(default_factory=list)
    peak_mib: float = 0.0
    load: str = ""

    def line(self) -> str:
        """One line of the table."""
        tenth = max(1, len(self.cpu) // 10)
        first, last = (_ms(self.cpu[:tenth]), _ms(self.cpu[-tenth:]))
        cpu = f"{_ms(self.cpu):6.3f} {first:6.3f} {last:6.3f}" if self.cpu and _ms(self.cpu) else " " * 20
        return (
            f"{self.name:14} {self.rows:>8,} {self.seconds:>8.1f} {self.rows / self.seconds:>9,.0f} {cpu} "
            f"{self.peak_mib:>9,.0f}   {self.load}"
        )


def _ms(batches: list[tuple[int, float]]) -> float:
    rows = sum(rows for rows, _ in batches)
    return 1000 * sum(seconds for _, seconds in batches) / rows if rows else 0.0


class Memory:
    """The peak of the memory of this process and all below it: what each has of its own and its share of the rest."""

    def __init__(self) -> None:
        self.peak_mib = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(1.0):
            self.peak_mib = max(self.peak_mib, sum(_pss_kib(pid) for pid in _family(os.getpid())) / 1024)


def _family(root: int) -> list[int]:
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
    found, grown = {root}, True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        found |= more
        grown = bool(more)
    return sorted(found)


def _pss_kib(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass  # it has ended
    return 0


def measure(name: str, table: Path, out: Path, steps: Callable[[Any, Folder, Any], Iterator[Done]]) -> Run:
    """One survey of a table into a new folder."""
    shutil.rmtree(out, ignore_errors=True)
    settings, plan = settings_of((), HUB), plan_table([table])
    subject = Subject(
        kind="table",
        input=plan.digest,
        rows=plan.rows,
        batches=len(plan.batches),
        rules_version=settings.rules_version,
    )
    folder = open_folder(out, subject)
    load = f"load {os.getloadavg()[0]:.1f}"
    cpu: list[tuple[int, float]] = []
    with Memory() as memory:
        started = time.perf_counter()
        first = 0.0
        for done in steps(plan.batches, folder, settings):
            first = first or time.perf_counter() - started
            cpu.append((done.rows, done.cpu_seconds))
        seconds = time.perf_counter() - started
    return Run(name, plan.rows, seconds, first, cpu, memory.peak_mib, f"{load} to {os.getloadavg()[0]:.1f}")


def local(processes: int) -> Callable[[Any, Folder, Any], Iterator[Done]]:
    """The local engine with so many processes."""
    return lambda batches, folder, settings: run_local(batches, folder, settings, processes=processes)


def ray(processes: int) -> Callable[[Any, Folder, Any], Iterator[Done]]:
    """A local Ray cluster with so many processors."""
    return lambda batches, folder, settings: run_ray(
        batches, folder, settings, address=None, processes=processes
    )


def digest_of(out: Path) -> str:
    """The rows of a survey, whichever parts they lie in."""
    digest = sha256()
    for batch in read_batches(out):
        digest.update(repr(batch.to_pylist()).encode())
    return digest.hexdigest()[:16]


# ---------------------------------------------------------------- where the time goes


def stages(corpus: Path, rows: int = 3_000) -> None:
    """The processor time of each stage, and of each kind of card, in one process; no stage sees a card that another
    one has read before."""
    knowledge: Knowledge = settings_of((), HUB).knowledge()
    cards = read_corpus(corpus)
    _stages(knowledge, list(models(cards, rows, seed=1)))
    _kinds(knowledge, list(models(cards, rows, seed=2)))


def _collected(model: Model) -> Collected:
    row = {"id": model.id, "tags": list(model.tags), "pipeline_tag": model.task, "card": model.card}
    collected = collected_of(row, COLUMNS, HUB)
    assert isinstance(collected, Collected)
    return collected


def _stages(knowledge: Knowledge, made: Sequence[Model]) -> None:
    clock = _Clock()
    held: list[Any] = []
    for number, model in enumerate(made):
        if number == len(made) // 10:
            clock.spent.clear()  # until here everything was new
        collected = clock("row to snapshot", partial(_collected, model))
        scene = clock("Markdown", partial(make_scene, collected.snapshot, (), knowledge))
        if model.card is not None:
            front = clock("front matter", partial(read_front_matter, model.card))
            assert front is not None
        found = clock("scanners", partial(_scanned, scene))
        seen = EvidenceSet(
            evidence=tuple(e for part in found for e in part.evidence),
            statements=tuple(s for part in found for s in part.statements),
            unseen={"files": "the table holds no list of files"},
        )
        clock("engine", partial(evaluate, collected.snapshot, seen, knowledge.rules, knowledge.catalog))
        held.append(clock("report to row", partial(row_of, judge(collected, knowledge))))
        if len(held) == 200:
            clock("rows to Arrow", partial(record_batch, held))
            held = []
    clock.spent["Markdown"] -= clock.spent["front matter"]  # `make_scene` reads both
    _print_stages(clock.spent, len(made) - len(made) // 10)


def _scanned(scene: Scene) -> list[Any]:
    return [scanner(scene) for scanner in SCANNERS]


def _kinds(knowledge: Knowledge, made: Sequence[Model]) -> None:
    by_kind: dict[str, list[float]] = defaultdict(list)
    for number, model in enumerate(made):
        before = time.process_time()
        row_of(judge(_collected(model), knowledge))
        if number >= len(made) // 10:
            by_kind[model.kind].append(time.process_time() - before)
    print("\nkind       share of models    ms each")
    for kind, share in KINDS.items():
        print(f"{kind:10} {share:>15.0%} {1000 * sum(by_kind[kind]) / max(1, len(by_kind[kind])):>10.3f}")


def _print_stages(spent: dict[str, float], rows: int) -> None:
    total = sum(spent.values())
    print("\nstage                 ms a model   share")
    for name, seconds in sorted(spent.items(), key=lambda item: -item[1]):
        print(f"{name:20} {1000 * seconds / rows:>11.3f} {seconds / total:>7.1%}")


class _Clock:
    """Adds up the processor time of named pieces of work."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)

    def __call__(self, name: str, work: Callable[[], Any]) -> Any:
        before = time.process_time()
        result = work()
        self.spent[name] += time.process_time() - before
        return result


# ---------------------------------------------------------------- all of it


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--rows", default="2000,20000,200000")
    parser.add_argument("--skip-ray", action="store_true")
    parser.add_argument("--only-stages", action="store_true")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    if arguments.only_stages:
        stages(arguments.corpus)
        return
    sizes = [int(size) for size in arguments.rows.split(",")]
    print("\nengine             models  seconds  models/s  ms of CPU: all, first, last tenth   MiB peak")
    for size in sizes:
        _measure_size(arguments, size, largest=size == max(sizes))
    stages(arguments.corpus)  # last: what it remembers would count as memory of the runs


def _measure_size(arguments: argparse.Namespace, size: int, *, largest: bool) -> None:
    table = arguments.work / f"models-{size}.parquet"
    if not table.exists():
        write_table(read_corpus(arguments.corpus), table, rows=size)
    one = (
        None
        if largest and size > 50_000
        else measure("local, 1", table, arguments.work / f"one-{size}", local(1))
    )
    two = measure("local, 2", table, arguments.work / f"two-{size}", local(2))
    for run in (one, two):
        if run is not None:
            print(run.line(), flush=True)
    if one is not None:
        gain = f"{one.seconds / two.seconds:.2f} times"
        if len(one.cpu) >= _ENOUGH_BATCHES:
            gain += f", {(one.seconds - one.first_seconds) / (two.seconds - two.first_seconds):.2f} without the start"
        print(f"  the second process: {gain}", flush=True)
    if largest and not arguments.skip_ray:
        print(measure("ray, 2", table, arguments.work / f"ray-{size}", ray(2)).line(), flush=True)
        same = digest_of(arguments.work / f"two-{size}") == digest_of(arguments.work / f"ray-{size}")
        print(f"  local and ray give {'the same rows' if same else 'DIFFERENT ROWS'}", flush=True)


if __name__ == "__main__":
    main()
