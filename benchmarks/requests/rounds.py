"""How many requests and round trips one target costs, with 100 ms added to every answer of a localhost Hub.

Run by hand: python -m benchmarks.requests.rounds
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from openaudit.sources.cache import Cache
from openaudit.sources.hub import HubSource
from openaudit.sources.targets import parse_target
from openaudit.vocabulary import Snapshot, Wanted
from tests.hub import Access, HubServer

DELAY_SECONDS = 0.1
MOST_REQUESTS, MOST_ROUNDS = 12, 6
TEXTS = (
    "README.md",
    "LICENSE",
    "NOTICE",
    "USE_POLICY.md",
    "config.json",
    "generation_config.json",
    "train.py",
)
FILES = {**dict.fromkeys(TEXTS, "x" * 5_000), "README.md": "---\nlicense: other\n---\n" + "words\n" * 5_000}
LINKED = Wanted(path="LICENSE", max_bytes=500_000, origin="org/base@main")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One kind of target; `token` is what the reader has."""

    name: str
    target: str
    token: str = ""
    texts: tuple[str, ...] = TEXTS


CASES = (
    Case(name="model", target="org/open"),
    Case(
        name="model, 500 shards, 30 texts wanted",
        target="org/large",
        texts=(*TEXTS, *(f"doc{n}.md" for n in range(30))),
    ),
    Case(name="model, gated, no token", target="org/gated"),
    Case(name="model, gated, with token", target="org/gated", token="full"),
    Case(name="model, renamed", target="org/old"),
    Case(name="dataset", target="datasets/org/data"),
)


def main() -> int:
    """Print the table; 1 when a case passes what an audit may cost."""
    with tempfile.TemporaryDirectory() as folder, HubServer(delay_seconds=DELAY_SECONDS) as hub:
        os.environ["HF_HOME"] = folder
        fill(hub)
        HubSource(endpoint=hub.url, token="").open(parse_target("org/base"))  # imports, first connection
        print(f"{'target':38} {'cache':5} {'requests':>8} {'rounds':>6} {'seconds':>8} {'texts':>5}")
        within = True
        for case in CASES:
            for cache in ("cold", "warm"):
                within &= measure(hub, case, cache, Cache(Path(folder)))
    print(
        f"allowed: {MOST_REQUESTS} requests, {MOST_ROUNDS} rounds; {DELAY_SECONDS * 1000:.0f} ms added to each answer"
    )
    return 0 if within else 1


def fill(hub: HubServer) -> None:
    hub.add_model("org/base", {"LICENSE": "The base's terms."})
    hub.add_model("org/open", {**FILES, "model.safetensors": b"w" * 4096})
    shards = {f"model-{n:05}-of-00500.safetensors": b"w" for n in range(500)}
    hub.add_model("org/large", {**FILES, **{f"doc{n}.md": "x" for n in range(30)}, **shards})
    hub.add_model("org/gated", {**FILES, "model.safetensors": b"w" * 4096}, access=Access(gated="manual"))
    hub.add_model("org/old", {}, access=Access(redirect_to="org/new"))
    hub.add_model("org/new", {**FILES, "model.safetensors": b"w" * 4096})
    hub.add_dataset("org/data", {**FILES, "train.parquet": b"PAR1"})


def measure(hub: HubServer, case: Case, label: str, cache: Cache) -> bool:
    token = hub.token if case.token else ""
    source = HubSource(endpoint=hub.url, token=token, cache=cache)
    hub.forget()
    started = time.perf_counter()
    snapshot = scan_like(source, case)
    seconds = time.perf_counter() - started
    requests, rounds = len(hub.requests), hub.rounds()
    texts = len(snapshot.documents)
    print(f"{case.name:38} {label:5} {requests:8} {rounds:6} {seconds:8.2f} {texts:5}")
    return requests <= MOST_REQUESTS and rounds <= MOST_ROUNDS


def scan_like(source: HubSource, case: Case) -> Snapshot:
    """List, read all texts, then the license that the card links."""
    quiet: Callable[[str], None] = lambda _: None  # noqa: E731
    listing = source.open(parse_target(case.target))
    snapshot = source.read(listing, [Wanted(path=p, max_bytes=500_000) for p in case.texts], quiet)
    return source.read_more(snapshot, [LINKED])


if __name__ == "__main__":
    sys.exit(main())
