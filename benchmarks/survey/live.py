"""A live survey of repositories on the localhost Hub, which enforces the Hub's published limits and has faults.

    python -m benchmarks.survey.live WORK [--models 2000] [--faults 0.02] [--window 300]

Two in a hundred repositories have a fault each, of every kind in turn. With the published window of 300 seconds and
1,000 API requests in each, 2,000 repositories take more than five minutes: most of it is waiting.
"""

from __future__ import annotations

import argparse
import os
import shutil
import time
from collections import Counter
from pathlib import Path
from typing import Any

from openaudit.survey.batches import settings_of
from openaudit.survey.budget import Budget
from openaudit.survey.reading import read_batches
from openaudit.survey.run import survey_list
from tests.hub import HubServer
from tests.hub.faults import FAULTS, fault_of
from tests.hub.limits import PUBLISHED_ACCOUNT

_SETTINGS: dict[str, dict[str, Any]] = {"status": {"status": 503}, "slow": {"seconds": 1.0}}
_LICENSES = ("mit", "apache-2.0", "llama3", "cc-by-nc-4.0", "other")


def fill(hub: HubServer, count: int, faulty: int) -> tuple[list[str], dict[str, str]]:
    """The repositories, and which of them have which fault."""
    names: list[str] = []
    broken: dict[str, str] = {}
    kinds = list(FAULTS)
    for n in range(count):
        name = f"org{n % 200}/model-{n}"
        base = f"base_model: org0/base-{n % 10}\n" if n % 3 else ""
        card = f"---\nlicense: {_LICENSES[n % len(_LICENSES)]}\n{base}---\n# Model {n}\n\nTrained on Wikipedia.\n"
        hub.add_model(name, {"README.md": card, "config.json": "{}", "model.safetensors": b"x" * 64})
        names.append(name)
        if faulty and n % (count // faulty) == 7 and len(broken) < faulty:
            kind = kinds[len(broken) % len(kinds)]
            hub.fault(name, fault_of(kind, _SETTINGS.get(kind, {})))
            broken[name] = kind
    for n in range(10):
        hub.add_model(
            f"org0/base-{n}", {"README.md": "---\nlicense: apache-2.0\n---\n", "model.safetensors": b"x" * 64}
        )
    return names, broken


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", type=Path)
    parser.add_argument("--models", type=int, default=2_000)
    parser.add_argument("--faults", type=float, default=0.02)
    parser.add_argument("--window", type=float, default=300.0)
    arguments = parser.parse_args()
    out = arguments.work / "live.parquet"
    shutil.rmtree(out, ignore_errors=True)
    arguments.work.mkdir(parents=True, exist_ok=True)
    with HubServer() as hub:
        os.environ |= {
            **hub.environment,
            "HF_TOKEN": hub.token,
            "XDG_CACHE_HOME": str(arguments.work / "cache"),
        }
        shutil.rmtree(arguments.work / "cache", ignore_errors=True)
        names, broken = fill(hub, arguments.models, round(arguments.models * arguments.faults))
        for bucket, quota in PUBLISHED_ACCOUNT.items():
            hub.limit(bucket, quota, arguments.window)
        budget = Budget(16)
        started = time.perf_counter()
        survey_list(names, out, settings_of((), hub.url), threads=16, offline=False, budget=budget)
        seconds = time.perf_counter() - started
        report(hub, out, names, broken, budget, seconds)


def report(
    hub: HubServer, out: Path, names: list[str], broken: dict[str, str], budget: Budget, seconds: float
) -> None:
    rows = [row for batch in read_batches(out) for row in batch.to_pylist()]
    assert [row["id"] for row in rows] == names, "a row is lost, doubled or out of place"
    refused = [request for request in hub.requests if request.status == 429]
    ours = [request for request in refused if request.target not in broken]
    kinds = Counter("api" if "/api/" in request.path else "resolvers" for request in hub.requests)
    unread = {row["id"]: row["unread_reason"] for row in rows if row["state"] == "unread"}
    print(
        f"{len(rows):,} repositories in {seconds:.0f} s, {budget.waited_seconds:.0f} s of it waiting for the quota"
    )
    print(f"{len(hub.requests):,} requests ({dict(kinds)}), {len(ours)} of them refused for the limit")
    print(f"{len(unread)} unread of {len(broken)} faulty; others unread: {sorted(set(unread) - set(broken))}")
    for kind in FAULTS:
        mine = [name for name, fault in broken.items() if fault == kind]
        print(f"  {kind:20} {Counter(unread.get(name, 'audited') for name in mine).most_common()}")


if __name__ == "__main__":
    main()
