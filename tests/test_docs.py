"""The documentation: what it shows exists and works, and the site is whole and asks for nothing from elsewhere."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import click
import pytest

from openaudit.cli import COMMANDS, cli
from openaudit.gate.policy_file import load_policy
from openaudit.licenses.catalog import load_catalog
from openaudit.rule_files import rule_files
from openaudit.yaml_text import parse
from tests.chromium import served
from tests.conftest import ROOT, Command
from tests.hub import HubServer

DOCS = ROOT / "docs"
WORKFLOW = ROOT / "examples" / "ci" / "github-pages.yml"
PAGES = (ROOT / "README.md", *sorted(DOCS.rglob("*.md")))
_FENCE = re.compile(r"^(`{3,})(\w*)([^\n]*)\n(.*?)^\1`*$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(openaudit\s[^`]+)`")
_OUTPUT = re.compile(r"output: (openaudit .+?) -->")
_SHELLS = ("shell", "console", "sh", "bash")
_TITLE = re.compile(r'title="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page: its language, its title and what is in it."""

    page: Path
    language: str
    title: str
    text: str


def blocks() -> Iterator[Block]:
    for page in PAGES:
        for _, language, more, text in _FENCE.findall(page.read_text(encoding="utf-8")):
            title = _TITLE.search(more)
            yield Block(page, language, title[1] if title else "", text)


def shown_commands() -> Iterator[tuple[str, str, bool]]:
    """Every command that a page or the workflow shows: where, the line, and whether it is all of it."""
    for block in blocks():
        if block.language in _SHELLS:
            for line in block.text.replace("\\\n", " ").splitlines():
                yield from _command(block.page, line, whole=True)
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for line in _OUTPUT.findall(text):
            yield from _command(page, line, whole=True)
        for line in _INLINE.findall(_FENCE.sub("", text)):
            yield from _command(page, " ".join(line.split()), whole=False)
    for line in WORKFLOW.read_text(encoding="utf-8").splitlines():
        yield from _command(WORKFLOW, line.strip().removeprefix("run: ").partition("||")[0], whole=True)


def _command(page: Path, line: str, *, whole: bool) -> Iterator[tuple[str, str, bool]]:
    found = re.match(r"(?:[A-Z_]+=\S+ )*(openaudit .+)", line)
    if found is not None:
        yield page.relative_to(ROOT).as_posix(), found[1], whole


def understood(line: str, *, whole: bool) -> None:
    """Raises click.UsageError where the command line has no such command, option or value. Files need not exist."""
    words = shlex.split(line, comments=True)[1:]
    context = click.Context(cli, info_name="openaudit", help_option_names=["-h", "--help"])
    command: click.Command = cli
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        inner = command.get_command(context, words[0])
        if inner is None:
            raise click.UsageError(f"no such command '{words[0]}'")
        context = click.Context(inner, info_name=words.pop(0), parent=context)
        command = inner
    values, _, _ = command.make_parser(context).parse_args(words)
    for param in command.params:
        value = values.get(param.name or "")
        is_there = bool(value) and isinstance(value, str | list | tuple)
        if is_there and not isinstance(param.type, click.Path):
            param.process_value(context, value)
        if whole and param.required and not is_there:
            raise click.MissingParameter(ctx=context, param=param)


# ---------------------------------------------------------------- what the pages show


@pytest.mark.parametrize(
    ("page", "line", "whole"), sorted(set(shown_commands())), ids=lambda value: str(value)[:60]
)
def test_every_command_that_is_shown_exists_with_its_options(page: str, line: str, whole: bool) -> None:
    understood(line, whole=whole)


@pytest.mark.parametrize(
    "line",
    ["openaudit audit x", "openaudit scan x --colour", "openaudit scan x -f pdf", "openaudit bundle x"],
)
def test_a_wrong_command_would_be_noticed(line: str) -> None:
    with pytest.raises(click.UsageError):
        understood(line, whole=True)


def test_every_command_is_shown_with_an_example() -> None:
    shown = {shlex.split(line)[1] for page, line, _ in shown_commands() if page != "README.md"}
    assert shown >= set(COMMANDS)


@pytest.mark.parametrize(
    "block",
    [b for b in blocks() if b.language == "yaml" and b.text.startswith("version: 1")],
    ids=lambda block: f"{block.page.stem}-{block.text[11:40]!r}",
)
def test_every_policy_that_is_shown_is_valid(block: Block, tmp_path: Path) -> None:
    (tmp_path / "openaudit.yaml").write_text(block.text)
    load_policy(None, tmp_path, load_catalog())


def test_the_rules_that_are_shown_load_and_pass_their_examples(openaudit: Command, tmp_path: Path) -> None:
    shown = [block for block in blocks() if block.title.startswith("my-rules/")]
    assert {block.title.split("/")[1] for block in shown} == {"findings", "licenses", "datasets"}
    for block in shown:
        (tmp_path / block.title).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / block.title).write_text(block.text)
    ran = openaudit("rules", "test", "--rules", "my-rules")
    assert (ran.code, ran.err) == (0, "")
    assert openaudit("rules", "show", "heron-1", "--rules", "my-rules").code == 0
    assert openaudit("rules", "show", "no-limitations", "--rules", "my-rules").code == 0


def test_the_steps_of_the_pages_workflow_work(openaudit: Command, hub: HubServer, tmp_path: Path) -> None:
    hub.add_model("org/heron", {"README.md": "---\nlicense: mit\n---\n# Heron\n"})
    (tmp_path / "models.txt").write_text("# ours\norg/heron\n\norg/gone\n")
    steps = parse(WORKFLOW.read_text())["jobs"]["audit"]["steps"]
    scripts = {step["name"]: step["run"] for step in steps if "run" in step}
    environment = {
        **openaudit.environment,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "BASE_URL": "https://example.org/x/",
        "ISSUES_URL": "https://example.org/x/issues",
    }
    for name in ("Audit", "Build the site"):
        command = ["bash", "-e", "-o", "pipefail", "-c", scripts[name]]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "out/site/models/org--heron.html").is_file()


def test_generated_tables_let_no_markup_through() -> None:
    from scripts.reference.markup import fenced, table

    made = table(
        ("a",), [("<script>alert(1)</script> `<b>` https://example.org/?<i>",)], ids=['"><x'], label='"><y'
    )
    assert re.findall(r"<(script|b|i|x|y)\b", made) == []
    assert fenced("a\n```\nb").startswith("````text\n")


# ---------------------------------------------------------------- the site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("material")
    folder = tmp_path_factory.mktemp("docs") / "built"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (0, "")
    return folder


class _Page(HTMLParser):
    """What a page links to, what it loads, and the places in it that can be linked to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.ids: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids.update(filter(None, (given.get("id"), given.get("name") if tag == "a" else None)))
        if tag == "a" and given.get("href") is not None:
            self.links.append(given["href"] or "")
        elif tag == "link" and given.get("rel") in ("canonical", "prev", "next"):
            pass
        else:
            self.loads.extend(filter(None, (given.get(name) for name in ("src", "srcset", "data"))))
            self.loads.extend([given["href"] or ""] if tag == "link" else [])


@dataclass
class Built:
    """All pages of the site by their path."""

    folder: Path
    pages: dict[str, _Page] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for path in sorted(self.folder.rglob("*.html")):
            self.pages[path.relative_to(self.folder).as_posix()] = _Page(path)


@pytest.fixture(scope="module")
def built(site: Path) -> Built:
    return Built(site)


def test_every_link_inside_the_site_leads_somewhere(built: Built) -> None:
    broken = []
    for name, page in built.pages.items():
        if name == "404.html":  # it is shown at any address, so its links begin at the root
            continue
        for link in page.links:
            parts = urlsplit(urljoin(f"site:///{name}", link) if not urlsplit(link).scheme else link)
            if parts.scheme in ("http", "https", "mailto"):
                continue
            path = unquote(urlsplit(urljoin(f"http://site/{name}", link)).path).lstrip("/")
            path = f"{path}index.html" if path.endswith("/") or not path else path
            there = built.pages.get(path)
            fragment = unquote(urlsplit(link).fragment)
            is_file = there is not None or (built.folder / path).is_file()
            has_place = there is None or not fragment or fragment in there.ids
            if not (is_file and has_place):
                broken.append((name, link))
    assert broken == []


def test_every_page_can_be_reached_from_the_first(built: Built) -> None:
    seen: set[str] = set()
    waiting = ["index.html"]
    while waiting:
        name = waiting.pop()
        if name in seen or name not in built.pages:
            continue
        seen.add(name)
        for link in built.pages[name].links:
            waiting.append(urlsplit(urljoin(f"http://site/{name}", link)).path.lstrip("/") or "index.html")
    assert set(built.pages) - seen == {"404.html"}


def test_nothing_is_loaded_from_another_host(built: Built) -> None:
    foreign = {
        (name, address)
        for name, page in built.pages.items()
        for address in page.loads
        if urlsplit(address).netloc
    }
    styles = "\n".join(path.read_text() for path in built.folder.rglob("*.css"))
    assert foreign == set()
    assert re.findall(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//[^)]*", styles) == []


def test_the_reference_has_every_rule_license_and_command(built: Built) -> None:
    cards = {
        "components": [file.path.stem for file in rule_files("components")],
        "findings": [file.path.stem for file in rule_files("findings")],
        "frameworks": [file.path.stem for file in rule_files("frameworks")],
        "licenses": [f"l-{license_.id}" for license_ in load_catalog()],
        "cli": list(COMMANDS),
    }
    for page, ids in cards.items():
        assert set(ids) - built.pages[f"reference/{page}.html"].ids == set(), page
    assert [p.name for p in sorted((built.folder / "decisions").glob("0*.html"))] == [
        f"{p.stem}.html" for p in sorted((DOCS / "decisions").glob("0*.md"))
    ]


def test_outputs_stand_where_pages_ask_for_them(built: Built) -> None:
    tutorial = (built.folder / "tutorial.html").read_text()
    assert "tiny-weather is fully open" in tutorial
    assert not [p for p in built.folder.rglob("*.html") if "<!-- output" in p.read_text()]


def test_the_pages_ask_for_nothing_outside_and_complain_of_nothing(site: Path, browser: Any) -> None:
    with served(site, "docs") as base, browser.visit(site, base) as visit:
        for name in (
            "index.html",
            "tutorial.html",
            "how-to/ci.html",
            "reference/report.html",
            "reference/licenses.html",
        ):
            visit.page.goto(f"{base}/{name}")
            visit.page.wait_for_load_state("networkidle")
        visit.page.get_by_label("Filter licenses").fill("gemma terms")
        shown = visit.page.locator("table.filtered tbody tr:visible")
        assert 0 < shown.count() < 20
        visit.page.locator("input[name=query]").click()
        visit.page.keyboard.type("waiver", delay=20)
        visit.page.locator(".md-search-result__item").first.wait_for()
        assert (visit.outside(), visit.complaints) == ([], [])


def test_the_long_tables_are_whole_without_scripts(site: Path, browser: Any) -> None:
    with browser.visit(site, java_script_enabled=False) as visit:
        page = visit.open("reference/licenses.html")
        assert page.locator("table.filtered tbody tr:visible").count() == len(load_catalog())
        assert visit.outside() == []
