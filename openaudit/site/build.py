"""From report files to a folder of pages: everything is read once, kept packed, and written model by model."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import chain
from pathlib import Path

from openaudit import __version__
from openaudit.engine.rules import RuleSet
from openaudit.errors import Damaged, TargetError
from openaudit.pipeline import Knowledge, load_knowledge
from openaudit.rule_files import rule_files
from openaudit.site import index_data, tables
from openaudit.site.accuracy import Accuracy, read_accuracy
from openaudit.site.cards import Card, make_cards
from openaudit.site.events import changes_page, events, feed
from openaudit.site.folder import Content, SiteFolder
from openaudit.site.framework_pages import Tallies, framework_page_names, framework_pages
from openaudit.site.license_pages import license_page_names, license_pages
from openaudit.site.list_pages import list_pages
from openaudit.site.model_pages import VERSIONS_SHOWN, model_pages, version_file
from openaudit.site.options import Options, base_address, dispute_address
from openaudit.site.phrases import counted
from openaudit.site.reading import Broken, ReadReport, Rows, read_all, read_rows
from openaudit.site.rendering import Render, Site, renderer

Say = Callable[[str], None]
DATA_FILES = (
    ("data/models.csv", "one line a model: level, score, license, dimensions, verdicts"),
    ("data/models.json", "the same as JSON"),
    ("data/components.csv", "one line a component of a model, with its status and reason"),
    ("data/findings.csv", "one line a finding of a model, with its place and permanent link"),
    ("data/reports.jsonl", "every newest report in full, one a line"),
    ("feed.xml", "changes as an Atom feed"),
)
_ASSETS = re.compile(r"[a-z0-9][a-z0-9.-]*\.(?:js|css|svg|png|woff2)\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What was built: how many models and datasets in words, how many reports, and the files that could not be read."""

    counted: str
    reports: int
    broken: tuple[Broken, ...]


def build_site(
    reports: Sequence[Path],
    output: Path,
    options: Options | None = None,
    say: Say = lambda text: None,
    tables: Sequence[Rows] = (),
) -> Built:
    """Build the site of all reports, of files and of tables, into a folder. The same reports and options give the same
    bytes.

    A report that cannot be read is told in the result, and the others are built.

    Raises:
        TargetError: a path or address is wrong, or the folder holds other files.
        Damaged: no report could be read at all.
        PolicyError: a rule, a template or the accuracy file is wrong.
    """
    options = options or Options()
    knowledge = load_knowledge(options.rule_folders)
    accuracy = read_accuracy(options.accuracy) if options.accuracy else None
    if options.templates is not None and not options.templates.is_dir():
        raise TargetError(f"there is no folder '{options.templates}'.")
    broken: list[Broken] = []
    found = chain(read_all(reports), *(read_rows(table) for table in tables))
    cards = make_cards(_readable(found, broken, say), _families(knowledge))
    if not cards:
        first = f"{broken[0].place}: {broken[0].why}" if broken else "the files hold none"
        raise Damaged(f"no report could be read: {first}.")
    site = _site(cards, options, knowledge.rules)
    with SiteFolder(output) as folder:
        for path, content in _everything(site, options, knowledge, accuracy, say):
            folder.write(path, content)
    return Built(
        counted=site.counted, reports=sum(len(card.versions) for card in cards), broken=tuple(broken)
    )


def _readable(found: Iterator[ReadReport | Broken], broken: list[Broken], say: Say) -> Iterator[ReadReport]:
    for number, item in enumerate(found, 1):
        if isinstance(item, Broken):
            broken.append(item)
        else:
            yield item
        if number % 500 == 0:
            say(f"{number:,} reports read")


def _families(knowledge: Knowledge) -> Callable[[str], str | None]:
    known: dict[str, str | None] = {}

    def family_of(id_: str) -> str | None:
        if id_ not in known:
            found = knowledge.known.family_of(id_)
            known[id_] = found[0].name if found else None
        return known[id_]

    return family_of


def _site(cards: Sequence[Card], options: Options, rules: RuleSet) -> Site:
    return Site(
        title=options.title,
        notice=options.notice,
        base_url=base_address(options.base_url),
        issues_url=dispute_address(options.issues_url),
        tool_version=__version__,
        cards=cards,
        counted=counted(cards),
        newest=max((card.at for card in cards), default=""),
        pages={card.id: card.page for card in cards if card.subject == "model"},
        license_pages=license_page_names(cards),
        framework_pages=framework_page_names(sorted({name for card in cards for name in card.verdicts})),
        rule_anchors=_rule_anchors(rules),
    )


def _rule_anchors(rules: RuleSet) -> Mapping[str, str]:
    ids = [rule.id for rule in rules.components] + [rule.id for rule in rules.findings]
    anchors = {id_: f"rule-{id_}" for id_ in ids}
    for kind in rules.conflicts:
        anchors[kind] = anchors[f"license-conflict/{kind}"] = f"conflict-{kind}"
    return anchors


def _everything(
    site: Site, options: Options, knowledge: Knowledge, accuracy: Accuracy | None, say: Say
) -> Iterator[tuple[str, Content]]:
    """Every file of the site, as path and content."""
    render = renderer(site, options.templates)
    tallies = Tallies()
    pages: list[str] = []
    for path, content in _pages(site, knowledge, accuracy, tallies, render, say):
        if path.endswith(".html"):
            pages.append(path)
        yield path, content
    yield from _index(site, knowledge.rules)
    yield from _assets(options.templates)
    if site.base_url:
        yield "sitemap.xml", _sitemap(site, pages)
        yield "robots.txt", f"User-agent: *\nAllow: /\nSitemap: {site.base_url}sitemap.xml\n"
    yield ".nojekyll", ""  # GitHub Pages takes the files as they are


def _pages(
    site: Site, knowledge: Knowledge, accuracy: Accuracy | None, tallies: Tallies, render: Render, say: Say
) -> Iterator[tuple[str, Content]]:
    yield from _models(site, tallies, render, say)
    yield from list_pages(site, render)
    yield from license_pages(site, knowledge.catalog, render)
    framework_files = {file.path.stem: file for file in rule_files("frameworks")}
    yield from framework_pages(site, knowledge.rules.frameworks, framework_files, tallies, render)
    found = events(site.cards)
    yield "changes.html", changes_page(site, found, render)
    yield "feed.xml", feed(site, found)
    yield "compare.html", render("compare.html.j2", path="compare.html")
    yield (
        "method.html",
        render("method.html.j2", path="method.html", rules=knowledge.rules, accuracy=accuracy),
    )
    yield "data.html", render("data.html.j2", path="data.html", files=DATA_FILES)


def _models(site: Site, tallies: Tallies, render: Render, say: Say) -> Iterator[tuple[str, Content]]:
    """The files of each model, and the tables over all: each report is unpacked here and nowhere kept."""
    frameworks = sorted({name for card in site.cards for name in card.verdicts if name != "spectrum"})
    findings: list[tuple[object, ...]] = []
    components: list[tuple[object, ...]] = []
    summaries: list[dict[str, object]] = []
    for number, card in enumerate(site.cards, 1):
        opened = [version.opened() for version in card.versions[:VERSIONS_SHOWN]]
        yield from model_pages(card, opened, site, render)
        for older, version in enumerate(card.versions):
            yield f"data/models/{version_file(card, older)}.json", version.text() + "\n"
        report = opened[0].report
        tallies.add(card, report.frameworks)
        yield f"data/models/{card.page}.js", index_data.script("model", tables.compared(card, opened[0]))
        yield f"badges/{card.page}.svg", tables.badge_svg(report)
        yield f"badges/{card.page}.json", tables.compact(tables.badge_endpoint(card)) + "\n"
        findings.extend(tables.finding_rows(card, report))
        components.extend(tables.component_rows(card, report))
        summaries.append(tables.summary(card, frameworks))
        if number % 500 == 0:
            say(f"{number:,} of {len(site.cards):,} models written")
    yield "data/reports.jsonl", (card.versions[0].text() + "\n" for card in site.cards)
    yield "data/models.json", tables.compact({"models": summaries}) + "\n"
    columns = (*tables.MODEL_COLUMNS, *frameworks)
    yield (
        "data/models.csv",
        "".join(tables.csv_lines(columns, [[row[name] for name in columns] for row in summaries])),
    )
    yield "data/findings.csv", "".join(tables.csv_lines(tables.FINDING_COLUMNS, findings))
    yield "data/components.csv", "".join(tables.csv_lines(tables.COMPONENT_COLUMNS, components))


def _index(site: Site, rules: RuleSet) -> Iterator[tuple[str, str]]:
    found = {name for card in site.cards for name in card.components}
    ours = [rule.component for rule in rules.components if rule.component in found]
    columns = list(dict.fromkeys([*ours, *sorted(found)]))[:40]
    for number, chunk in enumerate(index_data.chunks(site.cards, columns)):
        yield f"data/index-{number}.js", index_data.script("index", chunk.index)
        yield f"data/grid-{number}.js", index_data.script("grid", chunk.grid)


def _assets(templates: Path | None) -> Iterator[tuple[str, bytes]]:
    """Our assets, then the user's: one of the same name takes the place of ours."""
    ours = files("openaudit.site").joinpath("assets")
    found = {entry.name: entry.read_bytes() for entry in ours.iterdir() if _ASSETS.match(entry.name)}
    own = templates / "assets" if templates else None
    if own is not None and own.is_dir():
        found |= {path.name: path.read_bytes() for path in own.iterdir() if _ASSETS.match(path.name)}
    for name in sorted(found):
        yield f"assets/{name}", found[name]


def _sitemap(site: Site, pages: Sequence[str]) -> str:
    """The pages for search engines, without older reports. Source: https://www.sitemaps.org/protocol.html"""
    older = {
        f"models/{version_file(card, n)}.html" for card in site.cards for n in range(1, len(card.versions))
    }
    lines = [f"<url><loc>{site.base_url}{path}</loc></url>" for path in sorted(pages) if path not in older]
    return "\n".join(
        ['<?xml version="1.0" encoding="utf-8"?>', '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
         *lines[:50_000], "</urlset>", ""]
    )  # fmt: skip
