"""The site in Chromium: search, filters, sorting, the address, comparing, the keyboard, and what is loaded."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.chromium import Browser, Visit, served

FIRST_VIEW_BYTES = 300_000
WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


def state(page: Any) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def wait_until(page: Any, condition: str, most_seconds: float = 5) -> None:
    """Wait for a condition: asked from outside, because the pages' policy forbids what Playwright's own waiting does."""
    end = time.monotonic() + most_seconds
    while not page.evaluate(condition):
        assert time.monotonic() < end, condition
        time.sleep(0.01)


def names(page: Any) -> list[str]:
    found: list[str] = page.locator("#results a.model").all_inner_texts()
    return found


def status(page: Any) -> str:
    text: str = page.locator("#status").inner_text()
    return text


def quiet(visit: Visit) -> None:
    assert visit.complaints == []
    assert visit.outside() == []


def test_search_filters_and_sorting_work_on_real_reports(browser: Browser, real_site: Path) -> None:
    with browser.visit(real_site, viewport=WIDE) as visit:
        page = visit.open("index.html")
        assert status(page) == "All 151, page 1 of 4"
        page.fill("#q", "made-up her")
        wait_until(page, "document.querySelectorAll('#results a.model').length === 1")
        assert names(page) == ["made-up/heron"]
        assert state(page) == {"q": ["made-up her"]}
        page.click("#clear")
        for control in ("level", "license", "family", "org", "verdict", "side"):
            option = page.locator(f"#{control} option").nth(1)
            value, words = option.get_attribute("value"), option.inner_text()
            many = int(words.rsplit("(", 1)[1].rstrip(")").replace(",", ""))
            page.select_option(f"#{control}", value)
            assert state(page) == {control: [value]}
            assert status(page).startswith(f"{many} of 151")
            page.click("#clear")
            assert state(page) == {}
        page.select_option("#sort", "name")
        assert names(page) == sorted(names(page), key=str.lower)
        page.select_option("#sort", "-score")
        points = [
            text for text in page.locator("#results td.number:nth-child(3)").all_inner_texts() if text != "–"
        ]
        assert points == sorted(points, key=int)
        quiet(visit)


def test_the_address_holds_the_state_and_the_back_button_goes_back(browser: Browser, real_site: Path) -> None:
    with browser.visit(real_site, viewport=WIDE) as visit:
        page = visit.open("index.html")
        page.select_option("#level", "open-weight")
        page.click("[data-view=sides]")
        page.locator("#results .bar").first.wait_for()
        address = page.url
        assert state(page) == {"level": ["open-weight"], "view": ["sides"]}
        page.go_back()
        assert page.locator("[data-view='']").get_attribute("aria-pressed") == "true"
        assert page.input_value("#level") == "open-weight"
        page.go_back()
        assert page.input_value("#level") == ""
        assert status(page).startswith("All 151")
        page.go_forward()
        assert page.input_value("#level") == "open-weight"
        page.goto(address)
        page.locator("#results .bar").first.wait_for()
        assert page.input_value("#level") == "open-weight"
        page.click("#results a.model >> nth=0")
        page.go_back()
        page.locator("html[data-ready=yes]").wait_for(state="attached")
        assert page.url == address
        quiet(visit)


def test_an_odd_address_shows_nothing_worse_than_no_results(browser: Browser, real_site: Path) -> None:
    with browser.visit(real_site, viewport=WIDE) as visit:
        for odd in (
            "level=nonsense",
            "page=99",
            "page=-3",
            "view=x",
            "sort=%3Cscript%3E",
            "side=a:b",
            "verdict=x",
            "__proto__=1",
        ):
            page = visit.open(f"index.html?{odd}")
            assert "151" in status(page)
        page = visit.open("compare.html?m=../../x&m=%3Cscript%3E&m=no-such-model")
        assert "Not here: no-such-model" in status(page)
        visit.complaints[:] = [
            text for text in visit.complaints if "no-such-model" not in text and "ERR_FILE" not in text
        ]
        quiet(visit)


def test_the_grid_and_the_plot_show_the_same_models(browser: Browser, real_site: Path) -> None:
    with browser.visit(real_site, viewport=WIDE) as visit:
        page = visit.open("index.html?view=components&org=allenai")
        page.locator("#results table.grid").wait_for()
        in_grid = names(page)
        assert page.locator("#results thead th.turned").count() >= 17
        assert page.locator("#results tbody td .hear").first.inner_text() != ""
        page.click("[data-view=plot]")
        page.locator("#results figure svg[role=img]").wait_for()
        assert names(page) == in_grid
        label = page.locator("#results figure svg[role=img]").get_attribute("aria-label")
        dots = page.locator("#results figure svg[role=img] .dot").count()
        assert f"of {dots} models" in label
        quiet(visit)


def test_models_are_chosen_in_the_list_and_compared(browser: Browser, real_site: Path) -> None:
    with browser.visit(real_site, viewport=WIDE) as visit:
        page = visit.open("index.html")
        chosen = names(page)[:2]
        for name in chosen:
            page.check(f"input[aria-label='Compare {name}']")
        page.click("#picked-link")
        page.locator("#comparison thead a").nth(1).wait_for()
        assert page.locator("#comparison thead a").all_inner_texts() == chosen
        assert len(state(page)["m"]) == 2
        rows = page.locator("#comparison tbody tr").count()
        page.check("#differ")
        wait_until(page, f"document.querySelectorAll('#comparison tbody tr').length < {rows}")
        page.fill("#add", "made-up/heron")
        page.keyboard.press("Enter")
        page.locator("#comparison thead a").nth(2).wait_for()
        page.click("[data-drop=made-up--heron]")
        wait_until(page, "document.querySelectorAll('#comparison thead a').length === 2")
        page.go_back()
        page.locator("#comparison thead a").nth(2).wait_for()
        quiet(visit)


def test_the_keyboard_alone_is_enough(browser: Browser, real_site: Path) -> None:
    def focus_on(page: Any, selector: str, most: int = 60) -> None:
        for _ in range(most):
            if page.evaluate("s => document.activeElement && document.activeElement.matches(s)", selector):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"{selector} was not reached by Tab")

    with browser.visit(real_site, viewport=WIDE) as visit:
        page = visit.open("index.html")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"
        focus_on(page, "#q")
        page.keyboard.type("llama")
        wait_until(page, "location.search === '?q=llama'")
        focus_on(page, "#level")
        page.keyboard.type("open-weight, res")
        wait_until(page, "location.search.includes('level=restricted-weight')")
        focus_on(page, "[data-view=sides]")
        page.keyboard.press("Space")
        wait_until(page, "location.search.includes('view=sides')")
        focus_on(page, "[data-pick]")
        page.keyboard.press("Space")
        focus_on(page, "#results a.model")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        page.keyboard.press("Enter")
        page.wait_for_url("**/models/*.html")
        quiet(visit)


def test_it_works_under_a_path_of_a_server(browser: Browser, real_site: Path) -> None:
    with (
        served(real_site, "deep/er/scores".replace("/", "-")) as base,
        browser.visit(real_site, base, viewport=WIDE) as visit,
    ):
        page = visit.open("index.html?sort=name")
        page.click("[data-view=components]")
        page.locator("#results table.grid").wait_for()
        page.click("#results a.model >> nth=0")
        page.locator("h1.level").wait_for()
        page.click("text=Compare it")
        page.locator("#comparison thead a").wait_for()
        page.click("nav >> text=Licenses")
        page.click("tbody a >> nth=0")
        page.locator("#users").wait_for()
        quiet(visit)


def test_five_thousand_models_are_searched_and_filtered(browser: Browser, large_site: Path) -> None:
    with browser.visit(large_site, viewport=WIDE) as visit:
        started = time.perf_counter()
        page = visit.open("index.html")
        ready = time.perf_counter() - started
        assert visit.bytes_loaded() < FIRST_VIEW_BYTES, visit.requests
        print(f"first view of 5,000: {visit.bytes_loaded():,} bytes, usable after {ready:.2f} s")
        assert status(page) == "All 5,000, page 1 of 100"
        page.fill("#q", "v4321")
        wait_until(page, "document.querySelectorAll('#results a.model').length === 1")
        page.click("#clear")
        page.select_option("#level", "band:open-source")
        assert status(page).startswith("1,430 of 5,000")
        page.select_option("#sort", "-size")
        page.click("#pager button >> text=Next")
        assert state(page)["page"] == ["2"]
        page.go_back()
        assert "page 1 of 29" in status(page)
        page.click("[data-view=components]")
        page.locator("#results table.grid").wait_for()
        page.click("[data-view=plot]")
        page.locator("#results figure").wait_for()
        quiet(visit)


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_hostile_reports_run_nothing_and_break_no_layout(
    browser: Browser, hostile_site: Path, viewport: dict[str, int]
) -> None:
    pages = ["index.html", "index.html?view=sides", "index.html?view=components", "index.html?view=plot", "all.html",
             "licenses.html", "frameworks.html", "changes.html", "data.html"]  # fmt: skip
    models = sorted(path.stem for path in (hostile_site / "models").glob("*.html"))
    pages += [f"models/{name}.html" for name in models]
    pages += [f"licenses/{path.name}" for path in sorted((hostile_site / "licenses").glob("*.html"))]
    pages += [
        "compare.html?" + "&".join(f"m={name}" for name in models[i : i + 4])
        for i in range(0, len(models), 4)
    ]
    if viewport is WIDE:
        pages = pages[::3]
    with browser.visit(hostile_site, viewport=viewport) as visit:
        for path in pages:
            page = visit.open(path)
            seen = page.evaluate(
                "[window.hacked === undefined, document.documentElement.scrollWidth <= innerWidth,"
                " document.querySelector('meta[http-equiv=Content-Security-Policy]') !== null,"
                " document.querySelectorAll('main script, main iframe, main img:not([src^=\"../badges/\"]), main style').length]"
            )
            assert seen == [True, True, True, 0], path
        quiet(visit)


def test_the_policy_stops_a_script_that_got_into_a_page(
    browser: Browser, hostile_site: Path, tmp_path: Path
) -> None:
    text = (hostile_site / "index.html").read_text()
    (hostile_site / "spoiled.html").write_text(
        text.replace("<main", "<script>window.hacked=1</script><main", 1)
    )
    try:
        with browser.visit(hostile_site) as visit:
            page = visit.open("spoiled.html")
            assert page.evaluate("window.hacked === undefined")
            assert any("Content Security Policy" in complaint for complaint in visit.complaints)
    finally:
        (hostile_site / "spoiled.html").unlink()


def test_without_scripts_the_first_models_and_the_way_to_all_are_there(
    browser: Browser, real_site: Path
) -> None:
    with browser.visit(real_site, viewport=PHONE, java_script_enabled=False) as visit:
        page = visit.open("index.html")
        assert page.locator("#results a.model").count() == 20
        assert not page.locator("#filters").is_visible()
        page.click("footer >> text=All models on plain pages")
        assert page.locator("a.model").count() == 151
        quiet(visit)
