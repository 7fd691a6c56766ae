"""The documentation's generated pages: a hook of mkdocs, and a command that writes them to a folder.

    python scripts/build_reference.py FOLDER

As a hook (mkdocs.yml) it adds the reference and the index of the decisions, and puts the output of a command where a
page says `<!-- output: openaudit ... -->` (or `<!-- first 12 lines of output: openaudit ... -->`). So nothing that is
shown can differ from what the code does.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # mkdocs loads this file by its path, from any folder

from openaudit.artifacts.reader import DEFAULT_MAX_BYTES  # noqa: E402
from openaudit.pipeline.following import MOST_CODE, MOST_DATASETS, MOST_MODELS  # noqa: E402
from openaudit.sources.limits import Limits  # noqa: E402
from scripts.reference import command_pages, known_pages, rule_pages, schema_pages  # noqa: E402
from scripts.reference.markup import fenced, table  # noqa: E402

_OUTPUT = re.compile(r"^<!-- (?:first (\d+) lines of )?output: (openaudit .+?) -->$", re.MULTILINE)
_OPTIONAL = re.compile(r"^<!-- where it is there: (\S+\.md): (.+?) -->$", re.MULTILINE)
_TIMEOUT_SECONDS = 120
_MOMENT = "1767225600"
"""The date of reports in the documentation: 1 January 2026."""


def generated() -> dict[str, str]:
    """Every generated page by its path below docs/."""
    made: dict[str, str] = {}
    for module in (command_pages, schema_pages, rule_pages, known_pages):
        made |= module.pages()
    made["decisions/index.md"] = _decisions(ROOT / "docs" / "decisions")
    return made


def _decisions(folder: Path) -> str:
    """The list of the decision records, by their titles."""
    lines = ["# Decisions", "", "Why some things are as they are, where the choice would surprise.", ""]
    for path in sorted(folder.glob("[0-9]*.md")):
        title = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        lines.append(f"- [{path.name[:4]} {title}]({path.name})")
    return "\n".join(lines) + "\n"


def output_of(command: str) -> str:
    """What an `openaudit` command prints, run in the checkout without a network and with empty caches.

    Raises:
        PluginError: it is wrongly used, or broke.
    """
    with tempfile.TemporaryDirectory() as empty:
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": empty,
            "HF_HUB_OFFLINE": "1",
            "NO_COLOR": "1",
            "COLUMNS": "84",
            "PYTHONPATH": str(ROOT),
            "SOURCE_DATE_EPOCH": _MOMENT,
        }
        done = subprocess.run(
            [sys.executable, "-m", "openaudit", *shlex.split(command)[1:]],
            cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=_TIMEOUT_SECONDS, check=False,
        )  # fmt: skip
    if done.returncode not in (0, 1, 3) or not done.stdout:
        raise PluginError(f"`{command}` ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return done.stdout


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    for path, content in generated().items():
        files.append(File.generated(config, path, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put the output of commands where a page asks for it."""
    shown = _OUTPUT.sub(lambda match: _shown(match[2], int(match[1] or 0)), markdown)
    linked = _OPTIONAL.sub(lambda match: _linked(match[1], match[2]), shown)
    return linked.replace("<!-- limits -->", _limits())


def _linked(page: str, words: str) -> str:
    """A link to a page that not every checkout has."""
    return f"See also: [{words}]({page})." if (ROOT / "docs" / Path(page).name).is_file() else ""


def _limits() -> str:
    """The ceilings of one audit, as the code has them."""
    most = Limits()
    rows = (
        ("one answer, with its redirects and retries", f"{most.request_seconds:g} seconds"),
        ("requests to the Hub or to GitHub, for each repository", most.requests),
        ("redirects of one request", most.redirects),
        ("files of a repository that are looked at", f"{most.files:,}"),
        ("folders in folders", most.depth),
        ("bytes read of one weight file", f"{DEFAULT_MAX_BYTES:,}"),
        ("a bundle", f"{most.bundle_bytes:,} bytes"),
        ("bases, datasets and code repositories", f"{MOST_MODELS}, {MOST_DATASETS} and {MOST_CODE}"),
    )
    return table(("what", "at most"), rows)


def _shown(command: str, lines: int) -> str:
    printed = output_of(command).splitlines()
    kept = [*printed[:lines], "..."] if 0 < lines < len(printed) else printed
    return fenced("\n".join(line.rstrip() for line in kept))


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Write the generated pages of the documentation to a folder."
    )
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    for path, content in generated().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
