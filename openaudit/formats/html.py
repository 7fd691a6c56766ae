"""The report as one self-contained web page: no scripts, nothing loaded; for screen, phone and paper."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from openaudit.formats import terms, wording
from openaudit.formats.frameworks import cards_of
from openaudit.formats.json_v1 import report_object
from openaudit.formats.lineage import strip_of, unread_in
from openaudit.formats.links import line_link
from openaudit.formats.permissions import Permission, permissions_of
from openaudit.formats.request import request_text
from openaudit.formats.safe_text import clean, clean_name, clean_quote, web_address
from openaudit.formats.weight_files import doubtful_files
from openaudit.vocabulary import CodeRepository, Failure, Report, Where

LONG_LIMIT = 2_000
"""Characters of a run of changed words that are shown."""
_COMMAND_SAFE = re.compile(r"[\w./:@-]{1,200}\Z", re.ASCII)


def render(outcomes: Sequence[Report | Failure]) -> str:
    """One page for all outcomes, an overview first where there are several; the same outcomes give the same bytes.

    Nothing from a repository becomes markup: every value is cleaned and escaped, links lead to http and https only,
    and the page's own Content-Security-Policy forbids scripts, frames, forms and every load.
    """
    template = environment().get_template("report.html.j2")
    return template.render(outcomes=outcomes, several=len(outcomes) != 1, is_report=_is_report) + "\n"


@cache
def environment() -> Environment:
    """The one template environment: escaping on, unknown names are errors, every value cleaned on its way out."""
    env = Environment(
        loader=PackageLoader("openaudit.formats", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_cleaned,
    )
    style = files("openaudit.formats").joinpath("templates", "report.css").read_text(encoding="utf-8")
    env.globals.update(words=wording, terms=terms, style=Markup(style), policy=content_security_policy(style))
    env.filters.update(
        address=web_address,
        name=clean_name,
        quote=clean_quote,
        bar=_bar_width,
        command=_command,
        long=_long,
    )
    env.globals.update(
        doubtful_files=doubtful_files,
        first=_first,
        framework_cards=cards_of,
        lines=_lines,
        link=_link,
        permissions=_permissions,
        request_text=request_text,
        strip_of=strip_of,
        unread_in=unread_in,
        unseen_notes=wording.unseen_notes,
    )
    return env


def content_security_policy(style: str) -> str:
    """A policy that lets a page show itself with exactly this style sheet, and do nothing else.

    Source: Content Security Policy Level 3, hash sources.
    """
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; form-action 'none'; base-uri 'none'"
    )


def _cleaned(value: Any) -> Any:
    """What a template may print: our own markup as it is, text cleaned, figures as they are."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return clean(value)


def _is_report(outcome: Report | Failure) -> bool:
    return isinstance(outcome, Report)


def _link(where: Where, repository: Report | CodeRepository) -> str | None:
    return line_link(where, url=repository.url, revision=repository.revision)


def _permissions(report: Report) -> tuple[Permission, ...]:
    return permissions_of(report_object(report))


def _long(text: str) -> Markup:
    """A run of words of a license text, longer than a sentence of a report."""
    return escape(clean(text, LONG_LIMIT))


def _lines(text: str) -> Markup:
    """A text that `request_text` has cleaned, escaped, with its line ends and indents."""
    return escape(text)


def _first(items: Sequence[Any], limit: int = 100) -> Mapping[str, Any]:
    """The first `limit` items and how many were left out: no page grows with what a repository repeats."""
    return {"shown": items[:limit], "left_out": max(0, len(items) - limit)}


def _bar_width(score: float) -> str:
    """A score as a width of 0 to 100 with one decimal."""
    return f"{max(0.0, min(100.0, score)):.1f}"


def _command(report: Report) -> str | None:
    """The command that repeats the audit, where its words are safe to paste into a shell."""
    target = report.id if report.subject == "model" else f"datasets/{report.id}"
    if report.url is None or not report.revision:
        return None
    words = f"{target}@{report.revision}"
    return f"openaudit scan {words}" if _COMMAND_SAFE.match(words) and not words.startswith("-") else None
