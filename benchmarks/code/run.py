"""Read every code repository of a corpus from the localhost GitHub, and print what it holds.

    python -m benchmarks.code.run CORPUS_HUB_FOLDER [--expected FILE] [--evidence]

CORPUS_HUB_FOLDER has `code/` with one folder per repository. With a table of expectations (`expected.yaml` here, unless
another is named; `--expected /dev/null` for none) precision and recall per kind, owners and every disagreement follow.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from openaudit import scanners
from openaudit.licenses.catalog import load_catalog
from openaudit.scanners.code_links import code_target
from openaudit.sources import source_for
from openaudit.vocabulary import CodeKind, CodeRepository, Snapshot, Target, TargetKind, Where
from openaudit.yaml_text import parse
from tests.hub import HubServer
from tests.hub.code import load_code

EXPECTED = Path(__file__).with_name("expected.yaml")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--expected", type=Path, default=EXPECTED)
    parser.add_argument("--evidence", action="store_true", help="print the evidence for each kind")
    arguments = parser.parse_args()
    expected = (parse(arguments.expected.read_text(encoding="utf-8")) or {}).get("repositories", {})
    names = [repository.name for repository in load_code(arguments.folder)]
    with HubServer(arguments.folder) as hub:
        hub.limit("github", 100_000)
        os.environ.update(hub.environment)
        os.environ["XDG_CACHE_HOME"] = os.environ.get("BENCHMARK_CACHE", "/nonexistent")
        started = time.perf_counter()
        found = read_all(names, expected)
        seconds = time.perf_counter() - started
        requests = len(hub.requests)
    print_table(found, evidence=arguments.evidence)
    print(
        f"\n{len(found)} repositories in {seconds:.1f} s, {requests / max(1, len(found)):.1f} requests each"
    )
    if expected:
        compare(found, expected)


def read_all(names: list[str], expected: Mapping[str, Any]) -> dict[str, CodeRepository]:
    """What each repository holds, for the model that the table names, else for none."""
    catalog = load_catalog()

    def read(name: str) -> CodeRepository:
        target = code_target(f"https://github.com/{name}")
        assert target is not None
        source = source_for(target)
        listing = source.open(target)
        code = source.read(listing, scanners.wanted_of("code", listing.files), lambda text: None)
        model = _model(expected.get(name, {}).get("for", "nobody/nothing"))
        return scanners.scan_code(code, model, Where(path="README.md"), catalog)

    with ThreadPoolExecutor(4) as pool:
        return dict(zip(names, pool.map(read, names), strict=True))


def _model(id_: str) -> Snapshot:
    return Snapshot(
        target=Target(kind=TargetKind.MODEL, id=id_),
        subject="model",
        id=id_,
        revision=None,
        url=None,
        resolved_at="",
        files=(),
        listing_complete=True,
    )


def print_table(found: Mapping[str, CodeRepository], *, evidence: bool) -> None:
    """One line for each repository."""
    print(f"{'repository':40} {'owner':8} {'status':11} {'license':34} kinds")
    for name, code in found.items():
        kinds = ", ".join(code.kinds) or "-"
        print(f"{name:40} {code.owner:8} {code.status:11} {(code.license or '-')[:34]:34} {kinds}")
        for item in code.evidence if evidence else ():
            print(f"    {item.topic.removeprefix('code.'):24} {item.where!s:60} {item.quote[:80]}")


def compare(found: Mapping[str, CodeRepository], expected: Mapping[str, Any]) -> None:
    """Precision and recall per kind, the owners, and the disagreements."""
    known = {name: expected[name] for name in found if name in expected}
    print(f"\nagainst {len(known)} hand-checked repositories:")
    print(f"{'kind':18} {'right':>6} {'wrong':>6} {'missed':>6} {'precision':>10} {'recall':>8}")
    for kind in CodeKind:
        said = {name for name in known if kind in found[name].kinds}
        must = {name for name, row in known.items() if kind.value in row["kinds"]}
        may = {name for name, row in known.items() if kind.value in row.get("also", ())}
        right, wrong, missed = said & must, said - must - may, must - said
        print(
            f"{kind.value:18} {len(right):6} {len(wrong):6} {len(missed):6} "
            f"{_share(len(right), len(right) + len(wrong)):>10} {_share(len(right), len(must)):>8}"
        )
    owners = [(name, found[name].owner, row["owner"]) for name, row in known.items() if "owner" in row]
    print(f"owner: {sum(a == b for _, a, b in owners)} of {len(owners)} right")
    print("\ndisagreements:")
    for name, row in known.items():
        kinds = {kind.value for kind in found[name].kinds}
        extra = sorted(kinds - set(row["kinds"]) - set(row.get("also", ())))
        missing = sorted(set(row["kinds"]) - kinds)
        if extra or missing:
            print(f"  {name}: wrong {extra}, missed {missing} ({row['why']})")
    for name, whose, expected_owner in owners:
        if whose != expected_owner:
            print(f"  {name} for {known[name]['for']}: {whose}, expected {expected_owner}")


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "-"


if __name__ == "__main__":
    main()
