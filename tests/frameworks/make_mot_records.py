"""Write 27 records equivalent to the Model Openness Tool's own test records: `python -m tests.frameworks.make_mot_records`.

Made from what the tool's records are described to hold (name, which components of class III are openly licensed, which
are not, how many are listed, valid and invalid, and the figures that must come out), not from their files.
Source: https://github.com/lfai/model_openness_tool, `Test_Data/`, commit 8b5d30e.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openaudit.yaml_text import dump

RECORDS = Path(__file__).parent / "records"
NAMES = {
    "arch": ("Model architecture", "code"), "weights": ("Model parameters (Final)", "data"),
    "results": ("Evaluation results", "document"), "mcard": ("Model card", "document"),
    "dcard": ("Data card", "document"), "report": ("Technical report", "document"),
    "paper": ("Research paper", "document"), "train": ("Training code", "code"),
    "infer": ("Inference code", "code"), "evalcode": ("Evaluation code", "code"),
    "evaldata": ("Evaluation data", "data"), "datasets": ("Datasets", "data"),
    "prep": ("Data preprocessing code", "code"), "steps": ("Model parameters (Intermediate)", "data"),
    "samples": ("Sample model outputs", "document"), "tools": ("Supporting libraries and tools", "code"),
    "meta": ("Model metadata", "data"),
}  # fmt: skip
BEYOND = ("train", "infer", "evalcode", "evaldata", "datasets", "prep", "steps", "samples", "tools", "meta")
OPEN = {"code": "Apache-2.0", "data": "CDLA-Permissive-2.0", "document": "CC-BY-4.0"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One record: its name in the tool's data, what it holds, and what must come out."""

    file: str
    included: str
    not_included: str = ""
    listed: int
    valid: int
    invalid: int = 0
    globals: str = ""
    beyond: tuple[str, ...] = BEYOND
    iii: float
    ii: float = 0
    i: float = 0
    number: int = 0


_TOOLING = ("train", "infer", "evalcode", "evaldata")
_ALL6 = "arch weights results mcard dcard paper"
_ALL6R = "arch weights results mcard dcard report"
ROWS = (
    Row(
        file="Class1TestFile_C1_100-C2_100-C3_100_15C_2G_15L_15V_0I",
        included=_ALL6,
        listed=15,
        valid=15,
        globals="code data",
        iii=100,
        ii=100,
        i=100,
        number=1,
    ),
    Row(
        file="Class2RTestFile_C1_77-C2_100-C3_100_11C_1G_11L_11V_0I",
        included=_ALL6,
        listed=11,
        valid=11,
        globals="distribution",
        beyond=(*_TOOLING, "samples"),
        iii=100,
        ii=100,
        i=1000 / 13,
        number=2,
    ),
    Row(
        file="Class2TTestFile_C1_71-C2_100-C3_100_11C_1G_11L_11V_0I",
        included=_ALL6R,
        listed=11,
        valid=11,
        globals="distribution",
        beyond=(*_TOOLING, "meta"),
        iii=100,
        ii=100,
        i=1000 / 14,
        number=2,
    ),
    Row(
        file="Class3RTestFile_C1_40-C2_60-C3_100_6C_1G_6L_6V_0I",
        included=_ALL6,
        listed=6,
        valid=6,
        globals="distribution",
        iii=100,
        ii=60,
        number=3,
    ),
    Row(
        file="Class3TTestFile_C1_33-C2_60-C3_100_6C_1G_6L_6V_0I",
        included=_ALL6R,
        listed=6,
        valid=6,
        globals="distribution",
        iii=100,
        ii=60,
        number=3,
    ),
    Row(
        file="FullTestFile_C1_100-C2_100-C3_100_17C_4G_17L_17V_0I",
        included=f"{_ALL6R} paper",
        listed=17,
        valid=17,
        globals="distribution code data document",
        iii=100,
        ii=100,
        i=100,
        number=1,
    ),
    Row(
        file="MinimalFile_C1_0-C2_0-C3_0_1C_0G_0L_0V_0I",
        included="",
        not_included="arch",
        listed=1,
        valid=0,
        iii=0,
    ),
    Row(
        file="NoLicenseFile_12C",
        included="",
        not_included="results arch weights mcard dcard report paper",
        listed=12,
        valid=0,
        iii=0,
    ),
    Row(
        file="NoLicenseFile_16C",
        included="",
        not_included="mcard arch weights results dcard report paper",
        listed=16,
        valid=0,
        iii=0,
    ),
    Row(file="NoLicenseFile_3C", included="", not_included="arch weights results", listed=3, valid=0, iii=0),
    Row(
        file="NoLicenseFile_6C",
        included="",
        not_included="arch weights dcard results mcard paper",
        listed=6,
        valid=0,
        iii=0,
    ),
    Row(
        file="NoLicenseFile_9C",
        included="",
        not_included="arch results mcard weights dcard paper",
        listed=9,
        valid=0,
        iii=0,
    ),
    Row(
        file="OnlyComponentLicenses_C1_13-C2_18-C3_33_8C_0G_8L_2V_6I",
        included="arch mcard",
        not_included="weights dcard results paper",
        listed=8,
        valid=2,
        invalid=6,
        iii=100 / 3,
    ),
    Row(
        file="OnlyComponentLicenses_C1_20-C2_18-C3_33_11C_0G_11L_4V_7I",
        included="arch report",
        not_included="weights results mcard dcard",
        listed=11,
        valid=4,
        invalid=7,
        iii=100 / 3,
    ),
    Row(
        file="OnlyComponentLicenses_C1_27-C2_36-C3_50_9C_0G_9L_4V_5I",
        included="results dcard paper",
        not_included="arch weights mcard",
        listed=9,
        valid=4,
        invalid=5,
        iii=50,
    ),
    Row(
        file="OnlyComponentLicenses_C1_47-C2_45-C3_50_15C_0G_15L_7V_8I",
        included="weights mcard dcard",
        not_included="arch results report paper",
        listed=15,
        valid=7,
        invalid=8,
        iii=50,
    ),
    Row(
        file="OnlyComponentLicenses_C1_7-C2_0-C3_0_7C_0G_7L_2V_5I",
        included="",
        not_included="arch weights results mcard paper",
        listed=7,
        valid=2,
        invalid=5,
        iii=0,
    ),
    Row(
        file="OnlyGlobalLicense_C1_20-C2_18-C3_33_3C_2G_0L_3V_0I",
        included="dcard paper",
        listed=3,
        valid=3,
        globals="document code",
        beyond=("samples",),
        iii=100 / 3,
    ),
    Row(
        file="OnlyGlobalLicense_C1_33-C2_27-C3_17_5C_4G_0L_5V_0I",
        included="mcard",
        listed=5,
        valid=5,
        globals="distribution code data document",
        iii=100 / 6,
    ),
    Row(
        file="OnlyGlobalLicense_C1_47-C2_45-C3_33_10C_2G_0L_7V_0I",
        included="arch weights",
        not_included="mcard report results",
        listed=10,
        valid=7,
        globals="code data",
        beyond=(*_TOOLING, "datasets"),
        iii=100 / 3,
    ),
    Row(
        file="OnlyGlobalLicense_C1_7-C2_9-C3_17_8C_1G_0L_2V_0I",
        included="paper",
        not_included="arch weights",
        listed=8,
        valid=2,
        globals="document",
        beyond=("samples", "train", "infer", "prep", "datasets"),
        iii=100 / 6,
    ),
    Row(
        file="OnlyGlobalLicense_C1_87-C2_91-C3_83_15C_3G_0L_15V_0I",
        included="arch weights mcard dcard report",
        listed=15,
        valid=15,
        globals="code data document",
        iii=500 / 6,
    ),
    Row(
        file="RandomTestFile_C1_13-C2_18-C3_17_3C_2G_3L_3V_0I",
        included="paper",
        listed=3,
        valid=3,
        globals="code data",
        iii=100 / 6,
    ),
    Row(
        file="RandomTestFile_C1_27-C2_18-C3_17_11C_2G_11L_5V_6I",
        included="weights",
        not_included="mcard arch results dcard report",
        listed=11,
        valid=5,
        invalid=6,
        globals="code data",
        iii=100 / 6,
    ),
    Row(
        file="RandomTestFile_C1_33-C2_45-C3_50_7C_2G_7L_5V_2I",
        included="arch weights paper",
        not_included="results mcard",
        listed=7,
        valid=5,
        invalid=2,
        globals="code data",
        iii=50,
    ),
    Row(
        file="RandomTestFile_C1_7-C2_9-C3_0_6C_2G_6L_1V_5I",
        included="",
        not_included="arch weights results mcard paper",
        listed=6,
        valid=1,
        invalid=5,
        globals="code data",
        iii=0,
    ),
    Row(
        file="RandomTestFile_C1_73-C2_82-C3_83_15C_4G_15L_13V_2I",
        included="weights results mcard dcard report",
        not_included="arch",
        listed=15,
        valid=13,
        invalid=2,
        globals="distribution code data document",
        iii=500 / 6,
    ),
)


def record_of(row: Row) -> dict[str, Any]:
    """The record: the openly licensed components first, then the invalid ones, then those without a license."""
    chosen = [*row.included.split(), *row.not_included.split()]
    beyond = [key for key in row.beyond if key not in chosen]
    valid = [*row.included.split(), *beyond[: row.valid - len(row.included.split())]]
    rest = [*row.not_included.split(), *(key for key in (*beyond, *BEYOND) if key not in (*valid, *chosen))]
    rest = list(dict.fromkeys(rest))[: row.listed - len(valid)]
    by_globals = row.file.startswith("OnlyGlobal")
    components = [_listed(key, None if by_globals else OPEN[NAMES[key][1]]) for key in valid]
    components += [_listed(key, "CC-BY-NC-4.0") for key in rest[: row.invalid]]
    components += [_listed(key, "unlicensed") for key in rest[row.invalid :]]
    return {
        "framework": {"name": "Model Openness Framework", "version": "1.0", "date": "2024-12-15"},
        "release": {
            "name": row.file,
            "version": "1.0",
            "license": {
                kind: {"name": OPEN.get(kind, "Apache-2.0"), "path": ""} for kind in row.globals.split()
            },
            "date": "2025-01-01",
            "type": "language",
            "architecture": "transformer",
            "origin": "",
            "producer": "nobody",
            "contact": "",
            "components": components,
        },
    }


def _listed(key: str, license_: str | None) -> dict[str, str]:
    listed = {"name": NAMES[key][0], "description": "made for a test"}
    return (
        listed
        if license_ is None
        else {**listed, "license": license_, "license_path": "", "component_path": ""}
    )


def main() -> None:
    """Write every record."""
    RECORDS.mkdir(exist_ok=True)
    for row in ROWS:
        (RECORDS / f"{row.file}.yml").write_text(dump(record_of(row)), encoding="utf-8")


if __name__ == "__main__":
    main()
