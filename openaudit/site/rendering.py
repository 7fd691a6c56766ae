"""The one template environment of the site: the user's folder first, escaping on, every value cleaned on its way out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    StrictUndefined,
    TemplateError,
)
from markupsafe import Markup

from openaudit.errors import PolicyError
from openaudit.formats import terms, wording
from openaudit.formats.safe_text import clean, clean_name, clean_quote, evidence_link, web_address
from openaudit.site import phrases
from openaudit.site.cards import Card
from openaudit.vocabulary import Report, Where

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "form-action 'none'; base-uri 'none'"
)
"""Scripts and styles come from files of the site alone, in a folder as on a server; nothing is fetched or sent."""

MENU = (
    ("index.html", "Models"),
    ("compare.html", "Compare"),
    ("licenses.html", "Licenses"),
    ("frameworks.html", "Frameworks"),
    ("method.html", "Method"),
    ("changes.html", "Changes"),
    ("data.html", "Data"),
)
_COMMAND_SAFE = re.compile(r"[\w./:@-]{1,200}\Z", re.ASCII)
_NO_TEXT = re.compile(r"\n\s*\n+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What every page may tell: the publisher's words, all cards, and where pages and rules are."""

    title: str
    notice: str
    base_url: str | None
    issues_url: str | None
    tool_version: str
    cards: Sequence[Card]
    counted: str
    newest: str
    pages: Mapping[str, str]
    license_pages: Mapping[str, str]
    framework_pages: Mapping[str, str]
    rule_anchors: Mapping[str, str]
    menu: Sequence[tuple[str, str]] = MENU


Render = Callable[..., str]
"""Template name and values to the text of a page: `render("index.html.j2", path="index.html", ...)`."""


def renderer(site: Site, templates: Path | None) -> Render:
    """How pages of this site are rendered, with the templates of the user's folder where it has them.

    The function raises PolicyError for a template that is wrong.
    """
    environment = _environment(templates)
    environment.globals["site"] = site

    def render(template: str, *, path: str, **values: Any) -> str:
        root = "../" * path.count("/")
        section = {"licenses": "licenses.html", "frameworks": "frameworks.html"}.get(path.split("/")[0], "")
        try:
            text = environment.get_template(template).render(values, root=root, path=path, section=section)
        except TemplateError as error:
            file = getattr(error, "filename", None) or template
            raise PolicyError(str(error), file=str(file), line=getattr(error, "lineno", None)) from error
        return _NO_TEXT.sub("\n", text).lstrip() + "\n"

    return render


def _environment(templates: Path | None) -> Environment:
    ours = PackageLoader("openaudit.site", "templates")
    loaders: list[BaseLoader] = [FileSystemLoader(templates), ours] if templates else [ours]
    environment = Environment(
        loader=ChoiceLoader(loaders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_cleaned,
    )
    environment.globals.update(
        words=wording,
        phrases=phrases,
        terms=terms,
        policy=CONTENT_SECURITY_POLICY,
        link=_link,
        first=_first,
    )
    environment.filters.update(address=web_address, name=clean_name, quote=clean_quote, command=_command)
    return environment


def _cleaned(value: Any) -> Any:
    """What a template may print: our own markup as it is, text cleaned, figures as they are."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return clean(value, 4000)


def _link(where: Where, report: Report) -> str | None:
    return evidence_link(where, url=report.url, revision=report.revision)


def _first(items: Sequence[Any], limit: int = 100) -> Mapping[str, Any]:
    """The first `limit` items and how many were left out: no page grows with what a repository repeats."""
    return {"shown": items[:limit], "left_out": max(0, len(items) - limit)}


def _command(report: Report) -> str | None:
    """The command that repeats the audit, where its words are safe to paste into a shell."""
    target = report.id if report.subject == "model" else f"datasets/{report.id}"
    if report.url is None or not report.revision:
        return None
    words = f"{target}@{report.revision}"
    return f"openaudit scan {words}" if _COMMAND_SAFE.match(words) and not words.startswith("-") else None
