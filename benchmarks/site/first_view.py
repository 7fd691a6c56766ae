"""Build a site of made-up models, and measure in Chromium when its first page can be used.

    python -m benchmarks.site.first_view [--models 5000] [--runs 5]

Needs Playwright and Chromium. Prints the time to build, the bytes of the first view, and the median over the runs of:
first rows painted (First Contentful Paint), search and filters usable (the index is read), and one search drawn. Each
run has a fresh profile; the pages come from the folder (file://) and from a server on loopback.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from openaudit.site import build_site
from tests.chromium import Browser, chromium, served
from tests.site.made_up import many, write_lines

_PAINT = "performance.getEntriesByName('first-contentful-paint').map(entry => entry.startTime)[0] || 0"
_SEARCH = """() => new Promise(done => {
  const started = performance.now(), field = document.getElementById('q');
  new MutationObserver((_, watcher) => { watcher.disconnect(); requestAnimationFrame(() => done(performance.now() - started)); })
    .observe(document.getElementById('results'), {childList: true});
  field.focus(); field.value = 'heron v12'; field.dispatchEvent(new Event('input', {bubbles: true}));
})"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", type=int, default=5000)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        reports = write_lines(Path(scratch) / "reports.jsonl", many(arguments.models))
        site = Path(scratch) / "site"
        started = time.perf_counter()
        build_site([reports], site)
        seconds = time.perf_counter() - started
        files = sum(path.is_file() for path in site.rglob("*"))
        print(
            f"built {arguments.models} models, {files} files in {seconds:.1f} s ({1000 * seconds / arguments.models:.1f} ms a model)"
        )
        with chromium() as browser, served(site, "scores") as address:
            measure(browser, site, f"file://{site}", arguments.runs, "from the folder")
            measure(browser, site, address, arguments.runs, "from a server")


def measure(browser: Browser, site: Path, base: str, runs: int, name: str) -> None:
    rows: list[tuple[float, float, float]] = []
    loaded = 0
    for _ in range(runs):
        with browser.visit(site, base, viewport={"width": 1280, "height": 900}) as visit:
            started = time.perf_counter()
            page = visit.open("index.html")
            usable = 1000 * (time.perf_counter() - started)
            loaded = visit.bytes_loaded()
            rows.append((page.evaluate(_PAINT), usable, page.evaluate(_SEARCH)))
    paint, usable, search = (statistics.median(column) for column in zip(*rows, strict=True))
    print(
        f"{name}: {loaded:,} bytes; painted after {paint:.0f} ms, usable after {usable:.0f} ms, "
        f"a search drawn after {search:.0f} ms (120 of them waiting for the next key)"
    )


if __name__ == "__main__":
    main()
