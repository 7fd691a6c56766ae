"""The shipped index is what the script makes of its sources, and damaged ones are refused."""

import hashlib
import importlib.util
import json
import os
from pathlib import Path
from types import ModuleType

import pytest

from openaudit.errors import LicenseError
from openaudit.licenses.index import INDEX_PATH, Index, open_index, shipped_index
from openaudit.licenses.index_writer import Draft, DraftRegion, write_index
from openaudit.licenses.matching import identify_with
from tests.licenses.texts import ROOT, shared

DATA = INDEX_PATH.parent
LICENSE = {
    "id": "LicenseRef-openaudit-toy", "key": "toy", "spdx": None, "name": "Toy License", "version": None, "family": None,
    "modifies": None, "exception": False, "rank": 1,
}  # fmt: skip
TOY = (
    "whoever finds this toy may play with it share it and paint it in any colour as long as the toy keeps its name"
    " and nobody is to blame when the toy breaks or rolls under the sofa"
)


def toy_index() -> bytes:
    words = TOY.replace("colour", "color").split()
    region = DraftRegion(
        start=words.index("paint"), end=words.index("paint") + 1, flavour=0, alternatives=[("decorate",)]
    )
    return write_index([LICENSE], [Draft(license=LICENSE["id"], words=words, regions=[region])], {})  # type: ignore[arg-type]


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "build_license_index", ROOT / "scripts" / "build_license_index.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_manifest_carries_the_digest_of_the_index() -> None:
    manifest = json.loads((DATA / "license_manifest.json").read_text(encoding="utf-8"))
    raw = INDEX_PATH.read_bytes()
    assert manifest["index_sha256"] == hashlib.sha256(raw).hexdigest()
    assert manifest["index_bytes"] == len(raw)
    assert [row["id"] for row in manifest["licenses"]] == [license.id for license in shipped_index().licenses]
    assert all(row["sources"] for row in manifest["licenses"])


def test_index_and_manifest_stay_small() -> None:
    assert sum(file.stat().st_size for file in DATA.glob("license_*")) < 12_000_000


def test_the_shipped_index_is_what_the_script_makes_of_its_sources() -> None:
    scancode = os.environ.get("OPENAUDIT_SCANCODE", "")
    if not scancode or not Path(scancode).exists():
        pytest.skip("OPENAUDIT_SCANCODE names no wheel or folder of scancode-toolkit-mini 32.5.0")
    collection = shared() / "licenses"
    index, manifest, _ = script().build(collection / "spdx-xml", Path(scancode), collection)
    assert index == INDEX_PATH.read_bytes()
    assert manifest == (DATA / "license_manifest.json").read_bytes()


def test_the_same_input_gives_the_same_bytes() -> None:
    assert toy_index() == toy_index()


@pytest.mark.parametrize(
    ("text", "modified"),
    [
        (TOY, False),
        (TOY.replace("paint", "decorate"), False),
        (TOY.upper().replace("COLOUR", "COLOR"), False),
        (TOY.replace("in any", "in no"), True),
        (TOY.replace("paint", "sell"), True),
        (TOY.replace("share it", ""), True),
    ],
)
def test_a_text_is_judged_word_for_word(text: str, modified: bool) -> None:
    (match,) = identify_with(text, Index(toy_index())).matches
    assert match.modified is modified
    assert match.id == (
        "LicenseRef-openaudit-modified-LicenseRef-openaudit-toy" if modified else "LicenseRef-openaudit-toy"
    )


@pytest.mark.parametrize("data", [b"", b"x" * 10, b"x" * 4096])
def test_a_damaged_index_is_refused(data: bytes) -> None:
    with pytest.raises(LicenseError):
        Index(data)


def test_a_missing_index_is_reported_by_name(tmp_path: Path) -> None:
    with pytest.raises(LicenseError, match="none"):
        open_index(tmp_path / "none.bin")


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("a|b", {"a", "b"}),
        ("names?", {"name", "names"}),
        (r"this\s+software|(the )?work", {"this software", "the work", "work"}),
        (".+", {" zqany "}),
        ("[oO]r", {"or"}),
    ],
)
def test_spdx_match_expressions_become_texts(pattern: str, texts: set[str]) -> None:
    assert set(script().expand(pattern)) == texts
