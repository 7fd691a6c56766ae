"""What a scan costs a server and a machine: requests, rounds, and memory against an endless answer."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import Command
from tests.hub import EndlessBody, HubServer, small_safetensors

_CARD = "---\nlicense: other\nlicense_name: house\nlicense_link: https://huggingface.co/org/terms/blob/main/LICENSE\n---\n# A\n"
_PEAK = """
import resource, subprocess, sys
subprocess.run([sys.executable, "-m", "openaudit", "scan", "org/a", "-f", "json"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""


def test_a_scan_makes_at_most_12_requests_in_at_most_6_rounds(openaudit: Command, hub: HubServer) -> None:
    names = [
        "LICENSE",
        "NOTICE",
        "USE_POLICY.md",
        "LICENSE-CODE",
        "MODEL_LICENSE",
        "COPYING",
        "vae/LICENSE",
        "a/LICENSE",
    ]
    files: dict[str, str | bytes] = dict.fromkeys(names, "Terms.")
    files |= {"README.md": _CARD, "config.json": "{}", "model.safetensors": small_safetensors()}
    hub.add_model("org/a", files)
    hub.add_model("org/terms", {"LICENSE": "Terms of the house."})
    hub.delay_seconds = 0.1
    openaudit("scan", "org/a", "-f", "json")
    assert 0 < len(hub.requests) <= 12
    assert hub.rounds() <= 6


def test_an_endless_card_takes_less_than_200_megabytes(openaudit: Command, hub: HubServer) -> None:
    hub.add_model("org/a", {"README.md": "# A\n", "model.safetensors": small_safetensors()})
    hub.fault("org/a", EndlessBody(), path="README.md")
    done = subprocess.run(
        [sys.executable, "-c", _PEAK],
        env=dict(openaudit.environment),
        cwd=openaudit.folder,
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    )
    assert int(done.stdout) < 200


def test_a_scan_asks_for_nothing_but_what_it_audits(openaudit: Command, hub: HubServer) -> None:
    hub.add_model("org/a", {"README.md": "# A\n", "model.safetensors": small_safetensors()})
    openaudit("scan", "org/a", "-f", "json")
    assert {request.target for request in hub.requests} == {"org/a"}
