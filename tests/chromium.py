"""A headless Chromium over a built site: tests skip where there is none."""

from __future__ import annotations

import http.server
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass
class Visit:
    """A page in the browser, with what went wrong and what it asked for."""

    page: Any
    folder: Path
    base: str
    scripted: bool = True
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open(self, path: str) -> Any:
        """Open a page of the site and wait for its scripts."""
        self.page.goto(f"{self.base}/{path}")
        if path.split("?")[0] in ("index.html", "compare.html") and self.scripted:
            self.page.locator("html[data-ready=yes]").wait_for(state="attached")
        return self.page

    def heard(self, message: Any) -> None:
        """Keep what the console complains of."""
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def failed(self, request: Any) -> None:
        """Keep what could not be loaded; what was given up because the page was left is no failure."""
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"failed: {request.url}")

    def bytes_loaded(self) -> int:
        """How many bytes of the site were asked for, each file once."""
        names = {url.split("?")[0].split("#")[0].removeprefix(self.base + "/") for url in self.requests}
        return sum((self.folder / name).stat().st_size for name in names if (self.folder / name).is_file())

    def outside(self) -> list[str]:
        """Requests that left the folder."""
        return [url for url in self.requests if not url.startswith((self.base + "/", "data:"))]


class Browser:
    """One Chromium for many visits."""

    def __init__(self, browser: Any) -> None:
        self._browser = browser

    @contextmanager
    def visit(self, folder: Path, base: str | None = None, **options: Any) -> Iterator[Visit]:
        """A fresh profile over a built site, by default straight from the folder."""
        context = self._browser.new_context(**options)
        page = context.new_page()
        visit = Visit(
            page, folder, base or f"file://{folder}", scripted=options.get("java_script_enabled", True)
        )
        page.on("console", visit.heard)
        page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        page.on("request", lambda request: visit.requests.append(request.url))
        page.on("requestfailed", visit.failed)
        try:
            yield visit
        finally:
            context.close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, or a skip."""
    playwright = pytest.importorskip("playwright.sync_api")
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not program:
        pytest.skip("there is no Chromium here")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=list(_FLAGS))
        yield Browser(browser)
        browser.close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def served(folder: Path, under: str) -> Iterator[str]:
    """The folder over HTTP on loopback, under a path of its own: the address without a slash at its end."""
    root = folder.parent / f"{folder.name}-root"
    root.mkdir(exist_ok=True)
    link = root / under
    if not link.exists():
        link.symlink_to(folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(root))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/{under}"
        server.shutdown()


def axe_source() -> str:
    """The text of axe-core, from npm by way of a cache folder; a skip where npm or the network is not there."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "openaudit-tests" / "axe"
    script = cache / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("there is no npm here")
        cache.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "axe-core@4", "--no-audit", "--no-fund", "--silent", "--ignore-scripts"]
        try:
            subprocess.run(command, cwd=cache, check=True, capture_output=True, timeout=60)
        except (subprocess.SubprocessError, OSError):
            pytest.skip("axe-core could not be had from npm")
    return script.read_text(encoding="utf-8")
