"""The table of imports: everything that picklescan and modelscan call dangerous is dangerous here."""

import json
from pathlib import Path

import pytest

from openaudit.artifacts import BytesReader, inspect
from openaudit.artifacts.pickle_globals import global_table

from . import builders as make

PEERS = json.loads((Path(__file__).parent / "data" / "peer_globals.json").read_text())
PEER_NAMES = sorted(
    {(module, name) for listed in PEERS.values() for module, names in listed.items() for name in names}
)


@pytest.mark.parametrize(("module", "name"), PEER_NAMES)
def test_what_picklescan_and_modelscan_flag_is_flagged(module: str, name: str) -> None:
    name = "anything" if name == "*" else name
    for pickle in (make.call_pickle(module, name), make.stack_global_pickle(module, name, memoized=True)):
        artifact = inspect("m.pkl", BytesReader(pickle))
        assert artifact.safe == "unsafe"
        assert any(item.path == f"{module}.{name}" and item.verdict == "unsafe" for item in artifact.globals)


@pytest.mark.parametrize("module", [module for module, name in PEER_NAMES if name == "*"])
def test_everything_below_a_dangerous_module_is_dangerous(module: str) -> None:
    assert global_table().judge(f"{module}.below", "anything")[0] == "unsafe"


def test_no_entry_is_both_safe_and_dangerous() -> None:
    table = global_table()
    assert [pair for pair in sorted(table.safe_names) if table.judge(*pair)[0] != "safe"] == []


def test_every_entry_names_its_source() -> None:
    known = {"picklescan-1.0.5", "modelscan-0.8.8", "torch-2.14.1", "numpy-2.4", "python-3.11", "openaudit"}
    table = global_table()
    for entry in (*table.dangerous, *table.safe):
        assert entry.sources
        assert set(entry.sources) <= known
        assert entry.names


VERDICTS = [
    ("collections", "OrderedDict", "safe"),
    ("torch._utils", "_rebuild_tensor_v2", "safe"),
    ("torch", "BFloat16Storage", "safe"),
    ("numpy.core.multiarray", "_reconstruct", "safe"),
    ("__builtin__", "set", "safe"),
    ("copy_reg", "_reconstructor", "safe"),
    ("__main__", "Net", "unknown"),
    ("torch.nn.modules.linear", "Linear", "unknown"),
    ("sklearn.linear_model._base", "LinearRegression", "unknown"),
    ("collections", "OrderedDictX", "unknown"),
    ("", "", "unknown"),
    ("torch.storage", "_load_from_bytes", "unsafe"),
    ("os.path", "join", "unsafe"),
    ("torch", "serialization.os.system", "unsafe"),
    ("collections", "OrderedDict.__init__", "unsafe"),
    ("numpy", "f2py.crackfortran._eval_length", "unsafe"),
    ("commands", "getstatusoutput", "unsafe"),
    ("cPickle", "loads", "unsafe"),
    ("urllib2", "urlopen", "unsafe"),
    ("httplib", "HTTPConnection", "unsafe"),
    ("itertools", "starmap", "unsafe"),
]


@pytest.mark.parametrize(("module", "name", "verdict"), VERDICTS)
def test_import_is_judged(module: str, name: str, verdict: str) -> None:
    assert global_table().judge(module, name)[0] == verdict
