"""A survey that is killed loses nothing and repeats nothing, whoever dies: the run, a worker, or a worker of Ray."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from openaudit.errors import TargetError
from openaudit.survey import Engine, survey_table
from openaudit.survey.batches import plan_table, settings_of
from openaudit.survey.folder import Subject, open_folder
from tests.conftest import ROOT
from tests.survey.tables import cards_table

ROWS, GROUP = 600, 50
HUB = "https://huggingface.co"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cards_table(tmp_path_factory.mktemp("table") / "models.parquet", ROWS, group=GROUP)


@pytest.fixture(scope="module")
def whole(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The result of a run that nobody disturbed."""
    out = tmp_path_factory.mktemp("whole") / "out.parquet"
    done = survey_table(plan_table([table]), out, settings_of((), HUB), Engine(name="local", processes=2))
    assert (done.rows, done.resumed) == (ROWS, 0)
    return out


def _command(table: Path, out: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "openaudit", "survey", str(table), "-o", str(out), "-j", "2"],
        cwd=table.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HF_ENDPOINT": HUB},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_a_survey_killed_five_times_equals_an_uninterrupted_one(
    table: Path, whole: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.parquet"
    draw = random.Random(8)
    killed = 0
    for _ in range(5):
        seen = len(list(out.glob("part-*")))
        process = _command(table, out)
        deadline = time.monotonic() + 120
        # at a random moment after the first part of this run, so that each kill hits one at work
        while process.poll() is None and time.monotonic() < deadline:
            if len(list(out.glob("part-*"))) > seen:
                break
            time.sleep(0.005)
        time.sleep(draw.random() * 0.05)
        if process.poll() is None:
            process.kill()
            killed += 1
        process.wait()
    assert killed >= 3
    assert len(list(out.glob("part-*"))) > 0
    assert _command(table, out).wait(timeout=120) == 0
    assert pq.read_table(out).equals(pq.read_table(whole))
    assert not list(out.glob(".part-*"))


def test_a_worker_that_dies_takes_nothing_with_it(table: Path, whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    deaths = 0

    def kill_one(rows: int, before: int, of: int) -> None:
        nonlocal deaths
        workers = [child for child in multiprocessing.active_children() if child.name == "survey"]
        if deaths < 2 and workers and workers[0].pid:
            os.kill(workers[0].pid, signal.SIGKILL)
            deaths += 1

    survey_table(plan_table([table]), out, settings_of((), HUB), Engine(name="local", processes=2), kill_one)
    assert deaths == 2
    assert pq.read_table(out).equals(pq.read_table(whole))


def test_a_part_that_is_not_whole_is_made_again(table: Path, whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    plan, settings = plan_table([table]), settings_of((), HUB)
    survey_table(plan, out, settings, Engine(name="local", processes=1))
    part = out / "part-000003.parquet"
    part.write_bytes(part.read_bytes()[:-100])
    again = survey_table(plan, out, settings, Engine(name="local", processes=1))
    assert (again.rows, again.resumed) == (GROUP, ROWS - GROUP)
    assert pq.read_table(out).equals(pq.read_table(whole))


@pytest.mark.parametrize("change", [{"rules_version": "other"}, {"input": "b" * 64}])
def test_a_survey_of_something_else_is_not_resumed(tmp_path: Path, change: dict[str, str]) -> None:
    made = {"kind": "table", "input": "a" * 64, "rules_version": "one"}
    open_folder(tmp_path / "out", Subject(rows=3, batches=1, **made))
    with pytest.raises(TargetError, match="Choose another -o"):
        open_folder(tmp_path / "out", Subject(rows=3, batches=1, **{**made, **change}))


def test_a_folder_of_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(TargetError, match="holds other files"):
        open_folder(tmp_path, Subject(kind="table", input="a", rules_version="r", rows=1, batches=1))


@pytest.mark.filterwarnings("ignore")
class TestRay:
    """The same batches over a Ray cluster of this machine."""

    @pytest.fixture(scope="class")
    def plan_rows(self, table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
        pytest.importorskip("ray")
        out = tmp_path_factory.mktemp("ray") / "out.parquet"
        survey_table(plan_table([table]), out, settings_of((), HUB), Engine(name="ray", processes=2))
        return out

    def test_gives_the_same_rows_as_local(self, plan_rows: Path, whole: Path) -> None:
        assert pq.read_table(plan_rows).equals(pq.read_table(whole))

    def test_loses_nothing_where_a_worker_is_killed(self, table: Path, whole: Path, tmp_path: Path) -> None:
        pytest.importorskip("ray")
        out = tmp_path / "out.parquet"
        killed: list[int] = []

        def kill_one(rows: int, before: int, of: int) -> None:
            if not killed:
                killed.extend(_ray_workers()[:1])
                for pid in killed:
                    os.kill(pid, signal.SIGKILL)

        survey_table(
            plan_table([table]), out, settings_of((), HUB), Engine(name="ray", processes=2), kill_one
        )
        assert killed
        assert pq.read_table(out).equals(pq.read_table(whole))


def _ray_workers() -> list[int]:
    """The workers of this process's Ray that run a task now, by the titles that Ray gives them."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            title = (folder / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if title.startswith("ray::") and "MapBatches" in title and _descends(int(folder.name), os.getpid()):
            found.append(int(folder.name))
    return found


def _descends(pid: int, ancestor: int) -> bool:
    while pid > 1:
        if pid == ancestor:
            return True
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return False
        pid = int(stat.rpartition(")")[2].split()[1])
    return False


def test_a_batch_that_no_worker_survives_is_reported(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    plan, settings = plan_table([table]), settings_of((), HUB)
    killer = threading.Thread(target=_kill_every_worker, args=(out,), daemon=True)
    killer.start()
    survey_table(
        replace(plan, batches=plan.batches[:1], rows=GROUP), out, settings, Engine(name="local", processes=1)
    )
    rows = pq.read_table(out).to_pylist()
    assert [row["id"] for row in rows] == [f"org{n % 40}/model-{n}" for n in range(GROUP)]
    assert {row["unread_reason"] for row in rows} == {"worker-died"}


def _kill_every_worker(out: Path) -> None:
    while not list(out.glob("part-*")):
        for child in multiprocessing.active_children():
            if child.name == "survey" and child.pid:
                os.kill(child.pid, signal.SIGKILL)
        time.sleep(0.01)
