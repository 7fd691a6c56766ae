"""axe-core finds no violation on any kind of page: light and dark, wide and on a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.chromium import Browser, axe_source
from tests.site.test_site_browser import PHONE, WIDE

PAGES = (
    "index.html",
    "index.html?view=sides&level=open-weight",
    "index.html?view=components",
    "index.html?view=plot",
    "index.html?q=nothing-like-this",
    "models/made-up--heron.html",
    "REAL",
    "compare.html?m=made-up--heron&m=allenai--olmo-7b",
    "all.html",
    "licenses.html",
    "licenses/apache-2.0.html",
    "frameworks.html",
    "frameworks/osaid.html",
    "method.html",
    "changes.html",
    "data.html",
)
_RUN = """async () => (await axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a',
  'wcag21aa', 'wcag22aa', 'best-practice']})).violations.map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.target.join(' ') +
  ' ' + (n.any[0] ? n.any[0].message : '')).join(' | ')}`)"""


def most_told(site: Path) -> str:
    """The page of the real model that tells the most."""
    return f"models/{max((site / 'models').glob('*.html'), key=lambda path: (path.stat().st_size, path.name)).name}"


@pytest.mark.parametrize(
    ("viewport", "scheme"),
    [(WIDE, "light"), (PHONE, "dark"), (WIDE, "dark"), (PHONE, "light")],
    ids=["wide-light", "phone-dark", "wide-dark", "phone-light"],
)
def test_axe_finds_no_violation(
    browser: Browser, kinds_site: Path, viewport: dict[str, int], scheme: str
) -> None:
    axe = axe_source()
    violations: dict[str, Any] = {}
    with browser.visit(kinds_site, viewport=viewport, color_scheme=scheme, reduced_motion="reduce") as visit:
        for path in PAGES:
            page = visit.open(most_told(kinds_site) if path == "REAL" else path)
            if "view=" in path:
                page.locator("#results table").first.wait_for()
            page.evaluate(axe)
            found = page.evaluate(_RUN)
            if found:
                violations[path] = found
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    assert violations == {}
