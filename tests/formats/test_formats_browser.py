"""The report and the comparison in a real browser: accessible, harmless, whole on a phone, on paper and without style."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from openaudit.formats.comparison.as_html import render as render_comparison
from openaudit.formats.comparison.side import Side
from openaudit.formats.comparison.side_by_side import compare
from openaudit.formats.html import render
from openaudit.formats.json_v1 import report_object
from tests.chromium import Browser, axe_source
from tests.conftest import ROOT, Command
from tests.formats.reports import (
    ATTACK,
    dataset_report,
    failure,
    family_report,
    minimal_report,
    open_report,
    poisoned,
    rich_report,
)
from tests.hub import HubServer

WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
REAL = (
    "cognitivecomputations/dolphin-2.9-llama3-8b",
    "princeton-nlp/gemma-2-9b-it-SimPO",
    "allenai/OLMo-7B",
    "deepseek-ai/DeepSeek-R1",
)
_AXE = """async () => (await axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a',
  'wcag21aa', 'wcag22aa', 'best-practice']})).violations.map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.html).join(' | ')}`)"""


def _side(report: object, **more: object) -> Side:
    return Side(document=report_object(report), **more)  # type: ignore[arg-type]


def _pages() -> dict[str, str]:
    changed = dataclasses.replace(open_report(), id=rich_report().id)
    texts = ({"LICENSE": "for any use by anyone"}, {"LICENSE": "for research by anyone"})
    return {
        "rich.html": render([rich_report()]),
        "family.html": render([family_report()]),
        "minimal.html": render([minimal_report()]),
        "several.html": render([rich_report(), open_report(), failure(), dataset_report()]),
        "compare.html": render_comparison(
            compare(
                [_side(changed, files=(), texts=texts[0]), _side(rich_report(), files=(), texts=texts[1])]
            )
        ),
        "hostile.html": render([poisoned(family_report())]),
        "huge.html": render([poisoned(family_report(), attack="A" * 1_000_000)]),
        "hostile-compare.html": render_comparison(
            compare(
                [_side(poisoned(rich_report()), files=(), texts={ATTACK: ATTACK}), _side(family_report())]
            )
        ),
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pages")
    for name, text in _pages().items():
        (made / name).write_text(text, encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def real(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reports of well-known models, and two of them compared."""
    made = tmp_path_factory.mktemp("real")
    with HubServer(shared / "corpus" / "hub") as hub:
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(made), "SOURCE_DATE_EPOCH": "1700000000"}
        command = Command({**environment, **hub.environment, "PYTHONPATH": str(ROOT)}, made)
        for number, id_ in enumerate(REAL):
            ran = command(
                "scan",
                id_,
                "-f",
                f"html={made / f'real{number}.html'}",
                "-f",
                f"json={made / f'{number}.json'}",
            )
            assert ran.code == 0, ran.err
        files = [str(made / f"{number}.json") for number in range(len(REAL))]
        assert command("compare", *files, "-o", str(made / "compare.html")).code == 0
    assert json.loads((made / "0.json").read_text())["level"] == "restricted-weight"
    return made


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(
    browser: Browser, folder: Path, viewport: dict[str, int], scheme: str
) -> None:
    axe = axe_source()
    violations = {}
    with browser.visit(folder, viewport=viewport, color_scheme=scheme) as visit:
        for path in sorted(folder.glob("*.html")):
            page = visit.page
            page.goto(f"file://{path}")
            page.evaluate(axe)
            violations[path.name] = page.evaluate(_AXE)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path.name
    assert {name: found for name, found in violations.items() if found} == {}


@pytest.mark.parametrize(
    ("viewport", "scheme"), [(WIDE, "light"), (PHONE, "dark")], ids=["wide-light", "phone-dark"]
)
def test_axe_finds_no_violation_in_reports_of_real_models(
    browser: Browser, real: Path, viewport: dict[str, int], scheme: str
) -> None:
    axe = axe_source()
    violations = {}
    with browser.visit(real, viewport=viewport, color_scheme=scheme) as visit:
        for path in sorted(real.glob("*.html")):
            visit.page.goto(f"file://{path}")
            visit.page.evaluate(axe)
            violations[path.name] = visit.page.evaluate(_AXE)
            assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path.name
        assert visit.complaints == []
        assert visit.outside() == []
    assert {name: found for name, found in violations.items() if found} == {}


def test_nothing_runs_and_nothing_is_loaded_from_hostile_reports(browser: Browser, folder: Path) -> None:
    with browser.visit(folder, viewport=PHONE) as visit:
        visit.page.on("dialog", lambda dialog: dialog.dismiss())
        visit.page.on("dialog", lambda dialog: visit.complaints.append(dialog.message))
        for name in ("hostile.html", "huge.html", "hostile-compare.html"):
            visit.page.goto(f"file://{folder / name}")
            assert visit.page.locator("script, iframe, img, object, embed, form").count() == 0
            assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        assert visit.complaints == []
        assert visit.outside() == []


def test_the_page_reads_in_order_without_style(browser: Browser, folder: Path) -> None:
    with browser.visit(folder, viewport=WIDE, java_script_enabled=True) as visit:
        visit.page.goto(f"file://{folder / 'family.html'}")
        visit.page.evaluate("document.querySelectorAll('style').forEach(style => style.remove())")
        headings = visit.page.locator("main :is(h1, h2)").all_inner_texts()
        assert "Level 3 of 6" in visit.page.locator("main").inner_text()
    assert headings == [
        "open-weight, restricted licence",
        "The sources contradict each other",
        "Access",
        "License of the weights",
        "What you may do",
        "Four dimensions",
        "Components",
        "Made from",
        "Code repositories",
        "Datasets",
        "What the frameworks say",
        "What it claims",
        "Weight files",
        "Findings",
        "What would raise the level",
        "What could not be seen",
        "Where this comes from",
    ]


def test_every_link_can_be_reached_and_seen_by_keyboard(browser: Browser, folder: Path) -> None:
    with browser.visit(folder, viewport=WIDE) as visit:
        visit.page.goto(f"file://{folder / 'family.html'}")
        links = visit.page.locator("a, [tabindex='0']").count()
        reached = set()
        for _ in range(links):
            visit.page.keyboard.press("Tab")
            reached.add(
                visit.page.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)")
            )
            outline = visit.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none"
        assert len(reached) == links


def test_paper_holds_everything_that_the_screen_holds(browser: Browser, folder: Path) -> None:
    with browser.visit(folder, viewport=WIDE) as visit:
        visit.page.goto(f"file://{folder / 'family.html'}")
        visit.page.emulate_media(media="print")
        hidden = visit.page.evaluate(
            "[...document.querySelectorAll('main section, main table, main li')].filter(e => !e.closest('nav') && "
            "getComputedStyle(e).display === 'none').length"
        )
        assert hidden == 0
        assert visit.page.pdf(format="A4").startswith(b"%PDF")
