"""The make-believe machine sees what CPython's own machine does, without doing it."""

import io
import os
import pickle
import random
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from openaudit.artifacts import BudgetedReader, BytesReader, inspect
from openaudit.artifacts.artifact import Effort
from openaudit.artifacts.pickle_walk import Walk, walk_pickle

from . import builders as make
from .mutations import damaged

DATA = Path(__file__).parent / "data"
ROUNDS = int(os.environ.get("OPENAUDIT_FUZZ_EXAMPLES", "60")) * 40


class Inert:
    """Stands for everything that a pickle imports or calls; does nothing."""

    def __init__(self, *_arguments: Any, **_keywords: Any) -> None: ...

    def __call__(self, *_arguments: Any, **_keywords: Any) -> "Inert":
        return Inert()

    def __setstate__(self, _state: Any) -> None: ...

    def __setitem__(self, _key: Any, _value: Any) -> None: ...

    def append(self, _value: Any) -> None: ...

    def extend(self, _values: Any) -> None: ...

    def add(self, _value: Any) -> None: ...


class Recorder(pickle._Unpickler):
    """CPython's machine with every import replaced: it notes the name and hands out an inert class."""

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data))
        self.imports: list[tuple[str, str]] = []

    def find_class(self, module: str, name: str) -> type[Inert]:
        self.imports.append((module, name))
        return Inert

    def get_extension(self, code: int) -> None:
        self.stack.append(self.find_class("copyreg", f"extension {code}"))  # type: ignore[attr-defined]

    def persistent_load(self, _identifier: Any) -> Inert:
        return Inert()


def recorded(data: bytes) -> tuple[list[tuple[str, str]], bool]:
    machine = Recorder(data)
    try:
        machine.load()
    except Exception:  # a damaged pickle may raise anything; what it imported before counts
        return machine.imports, False
    return machine.imports, True


def walked(data: bytes) -> Walk:
    return walk_pickle(BudgetedReader(BytesReader(data), max_bytes=10_000_000), effort=Effort())


def sound_pickles() -> list[bytes]:
    with ZipFile(DATA / "checkpoint.ckpt") as archive:
        checkpoint = archive.read("checkpoint/data.pkl")
    with ZipFile(DATA / "whole_module.pt") as archive:
        module = archive.read("whole_module/data.pkl")
    plain = [
        pickle.dumps(
            {"a": [1, 2.5, "x", b"y", None, True], "b": {1, 2}, "c": frozenset("z"), "d": 2**80}, protocol
        )
        for protocol in range(6)
    ]
    objects = [pickle.dumps([Path("a"), ValueError("x"), range(3), print], protocol) for protocol in range(6)]
    made = [
        make.stack_global_pickle("os", "system", memoized=True),
        make.call_pickle("os", "system"),
        b"(S'i'\nios\nx\n.",
    ]
    return [checkpoint, module, *plain, *objects, *made]


@pytest.mark.parametrize("number", range(len(sound_pickles())))
def test_sound_pickle_is_walked_as_cpython_runs_it(number: int) -> None:
    data = sound_pickles()[number]
    imports, finished = recorded(data)
    walk = walked(data)
    assert finished
    assert walk.complete
    assert walk.end == len(data)
    assert [(item.module, item.name) for item in walk.imports] == imports


def test_no_import_of_a_damaged_pickle_is_missed() -> None:
    randomness = random.Random(11)
    pool = sound_pickles()
    finished_runs = 0
    for _ in range(ROUNDS):
        data = damaged(randomness.choice(pool), randomness)
        imports, finished = recorded(data)
        walk = walked(data)
        seen = {(item.module, item.name) for item in walk.imports}
        computed = any(item.module is None or item.name is None for item in walk.imports)
        assert computed or set(imports) <= seen, data
        assert not finished or walk.complete or walk.problem is not None
        finished_runs += finished
        if set(imports) and inspect("m.pkl", BytesReader(data)).safe == "safe":
            assert all(item.verdict == "safe" for item in inspect("m.pkl", BytesReader(data)).globals)
    assert finished_runs > ROUNDS // 20


def test_nothing_is_imported_or_called_by_walking(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    for module in ("os", "posix"):
        inspect("m.pkl", BytesReader(make.call_pickle(module, "system", f"touch {marker}")))
        inspect("m.pt", BytesReader(make.torch_zip(make.call_pickle(module, "system", f"touch {marker}"))))
    inspect("m.pkl", BytesReader(make.call_pickle("antigravity_of_this_test", "fly")))
    assert not marker.exists()
