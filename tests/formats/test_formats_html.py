"""The HTML report, read as a browser reads it: one file, no scripts, nothing of a repository but text."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from openaudit.formats.html import render
from openaudit.vocabulary import Failure, Report
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

VOID = {"meta", "link", "br", "img", "input", "hr"}
ALL: dict[str, list[Report | Failure]] = {
    "rich": [rich_report()],
    "minimal": [minimal_report()],
    "failure": [failure()],
    "several": [rich_report(), open_report(), failure(), dataset_report()],
    "family": [family_report()],
    "hostile": [poisoned(rich_report())],
    "hostile-family": [poisoned(family_report())],
    "hostile-several": [poisoned(rich_report()), poisoned(failure())],
    "huge": [poisoned(rich_report(), attack="A" * 100_000)],
    "none": [],
}


class Page(HTMLParser):
    """The elements, attributes and text of a page, and whether every element is closed in order."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs), f"an attribute is there twice: {attrs}"
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self.open[-1] if self.open else "", []).append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module", params=sorted(ALL))
def page(request: pytest.FixtureRequest) -> Page:
    return Page(render(ALL[request.param]))


def test_every_element_is_closed(page: Page) -> None:
    assert page.open == []


def test_there_are_no_scripts_handlers_styles_frames_or_forms(page: Page) -> None:
    tags = {tag for tag, _ in page.elements}
    assert tags.isdisjoint(
        {"script", "iframe", "object", "embed", "form", "input", "img", "base", "foreignobject"}
    )
    for _, attributes in page.elements:
        assert [
            name for name in attributes if name.startswith("on") or name in ("style", "srcset", "src")
        ] == []


def test_nothing_is_loaded(page: Page) -> None:
    assert page.all("link") == [{"rel": "icon", "href": "data:,"}]
    assert "url(" not in "".join(page.texts["style"])
    assert "@import" not in "".join(page.texts["style"])
    assert all(str(use["href"]).startswith("#m-") for use in page.all("use"))


def test_links_lead_out_safely_or_stay_on_the_page(page: Page) -> None:
    ids = {attributes.get("id") for _, attributes in page.elements}
    for link in page.all("a"):
        href = str(link["href"])
        if href.startswith("#"):
            assert href[1:] in ids
        else:
            assert href.startswith(("https://", "http://"))
            assert link["rel"] == "noopener noreferrer nofollow"


def test_ids_are_unique_and_references_lead_somewhere(page: Page) -> None:
    ids = [str(attributes["id"]) for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in ids)
    assert {n for _, a in page.elements for n in str(a.get("aria-labelledby") or "").split()} <= set(ids)
    assert {str(use["href"])[1:] for use in page.all("use")} <= set(ids)


def test_the_policy_allows_this_style_sheet_and_nothing_else(page: Page) -> None:
    (policy,) = [m["content"] for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    digest = base64.b64encode(hashlib.sha256("".join(page.texts["style"]).encode()).digest()).decode()
    assert str(policy).split("; ") == [
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
        "img-src data:",
        "form-action 'none'",
        "base-uri 'none'",
    ]
    assert len(page.all("style")) == 1
    names = [tag for tag, _ in page.elements]
    assert names.index("meta") < names.index("style")


def test_headings_are_in_order_and_there_is_one_first(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_landmarks_tables_and_pictures_are_labelled(page: Page) -> None:
    assert len(page.all("main")) == 1
    assert page.all("html") == [{"lang": "en"}]
    tags = [tag for tag, _ in page.elements]
    assert tags.count("caption") == tags.count("table")
    assert all("scope" in cell for cell in page.all("th"))
    assert all("aria-label" in svg or svg.get("aria-hidden") == "true" for svg in page.all("svg"))
    assert all("aria-labelledby" in part or "aria-label" in part for part in page.all("section"))


@pytest.mark.parametrize(
    "attack", [ATTACK, "\"'><x onclick=1>", "</style><script>", "{{ 7*7 }}", "&lt;script&gt;"]
)
def test_a_hostile_report_has_the_elements_of_a_harmless_one(attack: str) -> None:
    hostile = Page(render([poisoned(rich_report(), attack=attack), poisoned(family_report(), attack=attack)]))
    names = {name for _, attributes in hostile.elements for name in attributes}
    harmless = Page(render([rich_report(), family_report()]))
    assert {tag for tag, _ in hostile.elements} <= {tag for tag, _ in harmless.elements}
    assert names <= {name for _, attributes in harmless.elements for name in attributes}
    assert "49" not in "".join(hostile.texts["h2"])


def test_a_hostile_address_is_shown_but_never_a_link() -> None:
    for url in (
        "javascript:alert(1)",
        "data:text/html,x",
        "https://user:secret@evil.example/",
        'https://evil.example/" onclick="x',
        "//evil.example",
        "https://",
        "https://evil.example/\u202e",
        "file:///etc/passwd",
        "http://[::1",
    ):
        page = Page(render([dataclasses.replace(minimal_report(), url=url)]))
        assert [link for link in page.all("a") if not str(link["href"]).startswith("#")] == []


def test_evidence_links_lead_to_the_line_at_the_audited_revision() -> None:
    links = {str(link["href"]) for link in Page(render([rich_report()])).all("a")}
    base = "https://huggingface.co/heron-ai/Heron-7B/blob/3f1c9d2e7a5b4c6d8e9f0a1b2c3d4e5f60718293"
    assert f"{base}/README.md#L3" in links
    assert f"{base}/LICENSE#L1-L214" in links
    assert "https://github.com/heron-ai/datatools" in links


def text_of(outcomes: list[Report | Failure]) -> str:
    page = Page(render(outcomes))
    return " ".join(" ".join(part) for tag, part in page.texts.items() if tag != "style")


def test_every_status_and_the_current_level_are_said_in_words() -> None:
    page = Page(render([rich_report()]))
    (here,) = [attributes for _, attributes in page.elements if attributes.get("aria-current") == "step"]
    assert here["class"] == "here"
    text = text_of([rich_report()])
    assert "Level 3 of 6" in text
    for status in ("open", "restricted", "unlicensed", "described", "absent", "unknown"):
        assert status in text


def test_both_sides_of_a_contradiction_are_quoted_before_everything_else() -> None:
    source = render([rich_report()])
    box = source.index("The sources contradict each other")
    assert box < source.index("-access") < source.index("-license") < source.index("-components")
    assert source.index("license: mit") > box
    assert source.index("HERON COMMUNITY LICENSE AGREEMENT") > box


def test_what_was_not_seen_is_not_shown_as_zero() -> None:
    assert "0 of 100" not in text_of([minimal_report()])
    assert "not seen" in text_of([minimal_report()])


def test_the_overview_counts_contradictions_and_findings() -> None:
    source = render([rich_report(), open_report()])
    assert "2 contradictions</span><br>3 more</div>" in source
    assert "<div>none</div>" in source


def test_a_failure_says_what_to_do() -> None:
    text = text_of([failure()])
    assert "Could not be audited" in text
    assert "set HF_TOKEN" in text


def test_a_command_to_repeat_the_audit_is_only_offered_when_it_is_safe_to_paste() -> None:
    assert "openaudit scan heron-ai/Heron-7B@3f1c9d2e" in text_of([rich_report()])
    assert "openaudit scan" not in text_of([poisoned(rich_report())])


def luminance(color: str) -> float:
    digits = color.lstrip("#")
    digits = "".join(2 * c for c in digits) if len(digits) == 3 else digits
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [0, 1, 2], ids=["light", "dark", "print"])
def test_text_has_the_contrast_that_wcag_aa_asks_for(theme: int) -> None:
    """Source: WCAG 2.2, success criterion 1.4.3: at least 4.5 to 1."""
    style = "".join(Page(render([minimal_report()])).texts["style"])
    block = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[theme]
    colors = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", block))
    inks = ("ink", "muted", "link", "open", "restricted", "described", "absent", "unknown")
    papers = ("paper", "card", "alarm-paper", "binds")
    pairs = [(ink, paper) for ink in inks for paper in papers] + [("ink", "faint"), ("card", "accent")]
    for ink, paper in pairs:
        bright, dark = sorted((luminance(colors[ink]), luminance(colors[paper])), reverse=True)
        assert (bright + 0.05) / (dark + 0.05) >= 4.5, (ink, paper)
