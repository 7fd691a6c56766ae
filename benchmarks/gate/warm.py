"""Times `openaudit check` over sixty models against the localhost Hub: cold, warm, frozen, and offline from the lock.

Usage: python -m benchmarks.gate.warm [--models 60] [--delay-ms 20] [--runs 3]

A third of the models is made from another one, so that lineage is looked up as well. The delay is that of every answer
of the Hub. Prints seconds of wall time of the whole command, start-up included, and the requests that it made.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.hub import HubServer, small_safetensors

ROOT = Path(__file__).resolve().parents[2]
LICENSES = ("mit", "apache-2.0", "llama3.1", "gemma", "cc-by-nc-4.0", "openrail")
POLICY = """\
version: 1
use: {kind: hosted-service, monthly_users: 1000000, regions: [EU]}
policy:
  minimum_level: research-only
  require: [safe-weights, known-lineage]
  conditions:
    - {id: card, when: "components.exists(c, c.id == 'model_card' && c.status == 'absent')", message: No card.}
"""


def fill(hub: HubServer, folder: Path, models: int) -> None:
    """The models on the Hub, and a code base that uses all of them."""
    lines = ["from transformers import AutoModel", ""]
    for number in range(models):
        base = f"base_model: weather-lab/m{number - 1}\n" if number % 3 == 1 else ""
        card = (
            f"---\nlicense: {LICENSES[number % len(LICENSES)]}\n{base}pipeline_tag: text-generation\n---\n"
            f"# Model {number}\n\n## Training\n\nTrained on rain.\n"
        )
        hub.add_model(f"weather-lab/m{number}", {"README.md": card, "model.safetensors": small_safetensors()})
        lines.append(f'M{number} = AutoModel.from_pretrained("weather-lab/m{number}")')
    (folder / "app.py").write_text("\n".join(lines) + "\n")
    (folder / "openaudit.yaml").write_text(POLICY)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--models", type=int, default=60)
    arguments.add_argument("--delay-ms", type=float, default=20)
    arguments.add_argument("--runs", type=int, default=3)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name, HubServer(delay_seconds=options.delay_ms / 1000) as hub:
        app = Path(name) / "app"
        app.mkdir()
        fill(hub, app, options.models)
        environment = {
            **os.environ,
            **hub.environment,
            "HF_HOME": f"{name}/hf",
            "XDG_CACHE_HOME": f"{name}/cache",
            "PYTHONPATH": str(ROOT),
        }

        def run(what: str, *words: str, runs: int = 1) -> None:
            times = []
            asked = len(hub.requests)
            for _ in range(runs):
                started = time.monotonic()
                done = subprocess.run(
                    [sys.executable, "-m", "openaudit", *words, str(app)],
                    env=environment,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                times.append(time.monotonic() - started)
                if done.returncode not in (0, 1):
                    print(done.stderr)
            requests = (len(hub.requests) - asked) // runs
            print(
                f"{what:28} best {min(times):5.2f} s  worst {max(times):5.2f} s  {requests} requests",
                flush=True,
            )

        run("check, cold", "check")
        run("check, warm", "check", runs=options.runs)
        run("lock, warm", "lock")
        run("check --frozen, warm", "check", "--frozen", runs=options.runs)
        run("check --frozen --offline", "check", "--frozen", "--offline", runs=options.runs)
        environment["XDG_CACHE_HOME"] = f"{name}/empty"
        (app / "openaudit.yaml").write_text(POLICY.partition("  conditions:")[0])
        run("the same from the lock alone", "check", "--frozen", "--offline", runs=options.runs)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
