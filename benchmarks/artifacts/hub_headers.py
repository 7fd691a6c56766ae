"""What the installed command costs on a 40 GB safetensors and 20 GB GGUF files behind a localhost Hub.

Prints bytes sent, requests (and those that only redirect), seconds and peak memory of `openaudit scan`; exits with 1
where a promise is broken: 2 seconds, 100 MB, 1 MB of each file, 12 requests besides redirects.

Run by hand: python -m benchmarks.artifacts.hub_headers
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.artifacts.headers import FILES
from tests.hub import HubServer
from tests.hub.content import Sparse

MOST_SECONDS, MOST_MEGABYTES, MOST_BYTES, MOST_REQUESTS = 2.0, 100.0, 1_000_000, 12
CARD = "---\nlicense: apache-2.0\n---\n# A model\n\nSome words on what it is.\n"
_RUN = """
import json, resource, subprocess, sys, time
started = time.perf_counter()
done = subprocess.run([sys.executable, "-m", "openaudit", "scan", sys.argv[1], "-f", "json"], capture_output=True, text=True)
seconds = time.perf_counter() - started
memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(json.dumps({"seconds": seconds, "memory": memory, "code": done.returncode, "err": done.stderr, "report": json.loads(done.stdout)}))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one scan cost, and the report it gave."""

    seconds: float
    megabytes: float
    weight_bytes: int
    requests: int
    redirects: int
    report: dict[str, Any]

    @property
    def holds(self) -> bool:
        """Whether every promise was kept."""
        return (
            self.seconds < MOST_SECONDS
            and self.megabytes < MOST_MEGABYTES
            and self.weight_bytes <= MOST_BYTES
            and self.requests <= MOST_REQUESTS
        )


def measure(name: str, hub: HubServer, folder: Path) -> Cost:
    """One scan of a repository that holds one of the large files and a card, in a process of its own."""
    size, start = FILES[name]
    hub.add_model("org/large", {"README.md": CARD, name: Sparse(size, {0: start(size)})})
    first = len(hub.requests)
    environment = {
        **os.environ,
        **hub.environment,
        "HF_HOME": str(folder / "hf"),
        "SOURCE_DATE_EPOCH": "1700000000",
    }
    environment["XDG_CACHE_HOME"] = str(folder / f"cache-{name}")
    done = subprocess.run(
        [sys.executable, "-c", _RUN, "org/large"], capture_output=True, text=True, check=True, env=environment
    )
    told = json.loads(done.stdout)
    asked = hub.requests[first:]
    return Cost(
        seconds=told["seconds"],
        megabytes=told["memory"],
        weight_bytes=sum(
            request.bytes_sent for request in asked if request.path.split("?")[0].endswith(name)
        ),
        requests=sum((request.status or 0) // 100 != 3 for request in asked),
        redirects=sum((request.status or 0) // 100 == 3 for request in asked),
        report=told["report"],
    )


def main() -> int:
    worst = 0
    with HubServer() as hub, tempfile.TemporaryDirectory() as folder:
        for name in FILES:
            measure(
                name, hub, Path(folder)
            )  # once to warm the disk: a first start reads the interpreter itself
            cost = measure(name, hub, Path(folder) / "again")
            file: dict[str, Any] = next(iter(cost.report["artifacts"].get("files", [])), {})
            problems = "; ".join(file.get("problems", [])) or "-"
            print(
                f"{name:24} {cost.weight_bytes:>9,} B in {cost.requests:>2} requests and {cost.redirects} redirects  "
                f"{cost.seconds:5.2f} s  {cost.megabytes:5.1f} MB  {cost.report['level']:14} "
                f"license {file.get('license')}  parameters {cost.report['artifacts'].get('parameters')}  {problems}"
            )
            worst |= not cost.holds
    return int(worst)


if __name__ == "__main__":
    sys.exit(main())
