"""What a built site holds: pages, data, feeds; links that resolve; the same bytes every time."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import jsonschema
import pytest

from openaudit.errors import Damaged, PolicyError, TargetError
from openaudit.formats import json_v1
from openaudit.site import Options, build_site
from tests.conftest import ROOT
from tests.site.made_up import report, write_lines
from tests.site.pages import dead_links, read_page, read_site


def small(tmp_path: Path, options: Options | None = None, name: str = "site") -> Path:
    reports = write_lines(
        tmp_path / "reports.jsonl",
        [
            report("a/Heron", level=2, day="2026-03-01", seed=1),
            report("a/Heron", level=3, day="2026-01-01", seed=0),
            report("b/tern-7b", level=0),
            report("b/plover", level=6),
        ],
    )
    build_site([reports], tmp_path / name, options)
    return tmp_path / name


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }


def test_two_builds_give_the_same_bytes(tmp_path: Path) -> None:
    options = Options(base_url="https://example.org/x", issues_url="https://example.org/issues")
    assert files_of(small(tmp_path, options, "one")) == files_of(small(tmp_path, options, "two"))


def test_every_link_inside_the_site_resolves(real_site: Path) -> None:
    assert list(dead_links(real_site, read_site(real_site))) == []


def test_no_page_repeats_an_id_or_holds_a_script_or_a_style_of_its_own(real_site: Path) -> None:
    for path, page in read_site(real_site).items():
        assert len(page.ids) == len(set(page.ids)), path
        assert page.inline_scripts == 0, path
        assert page.handlers == [], path


def test_links_that_leave_the_site_tell_nothing_and_vouch_for_nothing(real_site: Path) -> None:
    for path, page in read_site(real_site).items():
        for link, rel in page.rels:
            if urlsplit(link).scheme:
                assert link.startswith(("https://", "http://")), path
                assert {"noopener", "noreferrer"} <= set(rel.split()), (path, link)


def test_no_page_loads_anything_from_elsewhere(real_site: Path) -> None:
    for path, page in read_site(real_site).items():
        for tag, link in page.links:
            if tag in ("script", "img"):
                assert not urlsplit(link).scheme, path
    assert "http" not in (real_site / "assets" / "site.css").read_text()


def test_scripts_put_in_text_only_and_fetch_nothing() -> None:
    for script in (ROOT / "openaudit" / "site" / "assets").glob("*.js"):
        text = script.read_text()
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function|fetch\(|XMLHttp", text
        )


def test_the_site_and_the_report_share_their_colours() -> None:
    def colours(path: str) -> set[str]:
        text = (ROOT / "openaudit" / path).read_text()
        return set(
            re.findall(r"--(?:paper|card|ink|open|restricted|described|absent|unknown): #[0-9a-f]+", text)
        )

    assert colours("site/assets/site.css") == colours("formats/templates/report.css")


def test_several_reports_of_one_model_are_its_history(tmp_path: Path) -> None:
    site = small(tmp_path)
    text = read_page((site / "models" / "a--heron.html").read_text()).text
    assert "History Every report of it, the newest first" in text
    assert "Level: open-weight, restricted license → open-weight" in text
    older = list((site / "models").glob("a--heron--*.html"))
    assert len(older) == 1
    assert "This is an older report" in older[0].read_text()
    assert (site / "data" / "models" / f"{older[0].stem}.json").is_file()


def test_the_same_report_twice_is_one(tmp_path: Path) -> None:
    reports = write_lines(tmp_path / "r.jsonl", [report("a/b"), report("a/b")])
    assert build_site([reports, reports], tmp_path / "site").reports == 1


def test_a_finding_keeps_its_permanent_link_when_others_come(tmp_path: Path) -> None:
    def anchors(name: str, extra: bool) -> set[str]:
        made = report("a/b")
        if extra:
            made["findings"].insert(0, {**made["findings"][0], "rule": "gated-auto", "message": "Another."})
        build_site([write_lines(tmp_path / f"{name}.jsonl", [made])], tmp_path / name)
        ids = read_page((tmp_path / name / "models" / "a--b.html").read_text()).ids
        return {id_ for id_ in ids if id_.startswith("f-")}

    assert anchors("one", extra=False) < anchors("two", extra=True)


def test_a_dispute_is_prefilled_with_the_finding(tmp_path: Path) -> None:
    options = Options(issues_url="https://github.com/o/r/issues", base_url="https://example.org/x/")
    page = read_page((small(tmp_path, options) / "models" / "a--heron.html").read_text())
    link = next(link for link, _ in page.rels if "vague-data" in link and "/issues/new?" in link)
    query = parse_qs(urlsplit(link).query)
    assert query["title"] == ["Dispute: a/Heron: vague-data"]
    assert "https://example.org/x/models/a--heron.html#f-vague-data-" in query["body"][0]
    assert "README.md:40–41" in query["body"][0]
    assert len(link) < 6000


def test_published_reports_satisfy_the_schema(real_site: Path) -> None:
    validator = jsonschema.Draft202012Validator(json_v1.report_schema())
    for path in sorted((real_site / "data" / "models").glob("*.json"))[::15]:
        assert list(validator.iter_errors(json.loads(path.read_text()))) == []


def test_tables_hold_every_model_and_no_formula(tmp_path: Path) -> None:
    reports = write_lines(tmp_path / "r.jsonl", [report("=cmd/x"), report("a/b")])
    build_site([reports], tmp_path / "site")
    with (tmp_path / "site" / "data" / "models.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["id"] for row in rows} == {"'=cmd/x", "a/b"}
    models = json.loads((tmp_path / "site" / "data" / "models.json").read_text())["models"]
    assert {model["id"] for model in models} == {"=cmd/x", "a/b"}
    assert len((tmp_path / "site" / "data" / "reports.jsonl").read_text().splitlines()) == 2


def test_the_feed_is_valid_atom_with_an_entry_a_change(tmp_path: Path) -> None:
    site = small(tmp_path, Options(base_url="https://example.org/x"))
    feed = ElementTree.fromstring((site / "feed.xml").read_text())
    atom = "{http://www.w3.org/2005/Atom}"
    entries = feed.findall(f"{atom}entry")
    titles = [entry.findtext(f"{atom}title") for entry in entries]
    assert "a/Heron: changed: another revision, the same rules" in titles
    assert len(entries) == 4
    assert len({entry.findtext(f"{atom}id") for entry in entries}) == 4
    for entry in entries:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", entry.findtext(f"{atom}updated") or "")
        link = entry.find(f"{atom}link")
        assert link is not None
        assert link.get("href", "").startswith("https://example.org/x/models/")


def test_a_base_address_brings_sitemap_and_open_graph(tmp_path: Path) -> None:
    site = small(tmp_path, Options(base_url="https://example.org/x"))
    listed = re.findall(r"<loc>https://example.org/x/([^<]+)</loc>", (site / "sitemap.xml").read_text())
    assert "models/a--heron.html" in listed
    assert all((site / path).is_file() for path in listed)
    assert not any(re.search(r"--[0-9a-f]{8}\.html", path) for path in listed)
    page = (site / "models" / "a--heron.html").read_text()
    assert '<meta property="og:url" content="https://example.org/x/models/a--heron.html">' in page
    assert '<meta property="og:title" content="a/Heron: open-weight' in page
    assert not (small(tmp_path, None, "bare") / "sitemap.xml").exists()


def test_the_two_badges_of_a_model_agree(tmp_path: Path) -> None:
    site = small(tmp_path)
    for endpoint in (site / "badges").glob("*.json"):
        badge = json.loads(endpoint.read_text())
        svg = endpoint.with_suffix(".svg").read_text()
        assert badge["schemaVersion"] == 1
        assert badge["message"] in svg
        assert f"#{badge['color']}" in svg


def test_the_method_page_shows_rules_and_measured_misses(real_site: Path) -> None:
    page = read_page((real_site / "method.html").read_text())
    assert "python -m benchmarks.made_up" in page.text
    assert "exact 0.9167 0.5" in page.text
    assert "made-up/heron open-weight undetermined The card is cut." in page.text
    assert {"rule-training_code", "rule-vague-data", "conflict-tag-vs-text"} <= set(page.ids)


def test_a_license_page_tells_what_it_allows_and_who_uses_it(tmp_path: Path) -> None:
    site = small(tmp_path)
    ids = {path.stem for path in (site / "licenses").glob("*.html")}
    assert ids
    for path in (site / "licenses").glob("*.html"):
        text = read_page(path.read_text()).text
        assert "What you may do" in text
        assert "Who uses it" in text


def test_templates_and_assets_of_the_user_take_the_place_of_ours(tmp_path: Path) -> None:
    own = tmp_path / "own"
    (own / "assets").mkdir(parents=True)
    (own / "changes.html.j2").write_text(
        "{% extends 'base.html.j2' %}{% block content %}OURS {{ '<b>' }}{% endblock %}"
    )
    (own / "assets" / "site.css").write_text("body{}")
    site = small(tmp_path, Options(templates=own))
    assert "OURS &lt;b&gt;" in (site / "changes.html").read_text()
    assert (site / "assets" / "site.css").read_text() == "body{}"
    assert (site / "assets" / "core.js").is_file()


def test_a_template_that_is_wrong_is_named(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "changes.html.j2").write_text("{% if %}")
    with pytest.raises(PolicyError, match=r"changes\.html\.j2"):
        small(tmp_path, Options(templates=own))


def test_a_folder_with_other_files_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "thesis.txt").write_text("mine")
    with pytest.raises(TargetError, match="not empty"):
        small(tmp_path)
    assert [path.name for path in (tmp_path / "site").iterdir()] == ["thesis.txt"]


def test_a_second_build_removes_the_pages_of_models_that_are_gone(tmp_path: Path) -> None:
    site = small(tmp_path)
    (site / "mine.txt").write_text("kept")
    marker = json.loads((site / "openaudit-site.json").read_text())
    marker["files"].append("../reports.jsonl")
    (site / "openaudit-site.json").write_text(json.dumps(marker))
    build_site([write_lines(tmp_path / "fewer.jsonl", [report("b/tern-7b", level=0)])], site)
    assert not (site / "models" / "a--heron.html").exists()
    assert (site / "models" / "b--tern-7b.html").is_file()
    assert (site / "mine.txt").read_text() == "kept"
    assert (tmp_path / "reports.jsonl").is_file()


def test_nothing_to_read_is_an_error_and_leaves_no_folder(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(Damaged, match=r"x\.json"):
        build_site([tmp_path / "x.json"], tmp_path / "site")
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize("address", ["javascript:x", "ftp://x", "https://u:p@x/", "x"])
def test_an_address_that_is_none_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(TargetError, match="no web address"):
        small(tmp_path, Options(issues_url=address))


@pytest.mark.parametrize("content", ["{", "[]", '{"sets": 3}'])
def test_an_accuracy_file_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(PolicyError, match=r"a\.json"):
        small(tmp_path, Options(accuracy=tmp_path / "a.json"))


_ORDER = {
    "index.html": ["How open are they?"],
    "models/made-up--heron.html": [
        "open-weight", "License of the weights", "What you may do", "Four dimensions", "Components",
        "What the frameworks say", "Findings", "Weight files", "History", "Badge", "Where this comes from",
    ],
    "all.html": [
        "Fully open", "Open toolchain", "Open-weight", "Open-weight, restricted license", "Open-weight, research only",
        "No license granted", "Undetermined",
    ],
    "licenses/apache-2.0.html": ["Apache License 2.0", "What you may do", "Who uses it"],
    "frameworks/mof.html": ["Model Openness Framework", "What it asks, and what was found", "Models by verdict"],
    "method.html": [
        "How it is judged", "Levels", "Statuses", "Score", "How often it is right", "Rules of components",
        "Rules of findings", "Contradictions",
    ],
    "compare.html": ["Compare models"],
    "data.html": ["The data", "For each model", "To cite"],
}  # fmt: skip


@pytest.mark.parametrize("path", _ORDER)
def test_pages_read_in_order_without_styles_and_scripts(real_site: Path, path: str) -> None:
    page = read_page((real_site / path).read_text())
    found = [heading for heading in page.headings if heading in _ORDER[path]]
    assert found == _ORDER[path], page.headings
    body = page.text[page.text.index("Skip to the content") :]
    menu = body.index("Method Changes Data")
    assert menu < body.index(page.headings[0], menu) <= body.index(page.headings[-1], menu)
    assert body.index(page.headings[-1], menu) < body.index("nothing loaded from elsewhere")


def test_without_scripts_every_model_is_reached_from_the_front_page(real_site: Path) -> None:
    front, plain = (read_page((real_site / name).read_text()) for name in ("index.html", "all.html"))
    assert ("a", "all.html") in front.links
    models = {link for _, link in plain.links if link.startswith("models/")}
    assert len(models) == 151
    assert sum(link.startswith("models/") for _, link in front.links) == 20
