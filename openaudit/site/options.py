"""What the publisher of a site decides: its name, its address, where disputes go, and whose templates it wears."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from openaudit.errors import TargetError
from openaudit.formats.safe_text import clean_name, web_address


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Choices of the publisher. Without `base_url` there is no sitemap; without `issues_url` no dispute links."""

    title: str = "Open model scorecards"
    notice: str = ""
    base_url: str | None = None
    issues_url: str | None = None
    accuracy: Path | None = None
    templates: Path | None = None
    rule_folders: tuple[Path, ...] = ()


def base_address(text: str | None) -> str | None:
    """The address that the site will have, with a slash at its end.

    Raises:
        TargetError: no http or https address.
    """
    if text is None:
        return None
    address = web_address(text.split("#")[0].split("?")[0])
    if address is None:
        raise TargetError(
            f"'{clean_name(text)}' is no web address.", hint="Write it as https://example.org/openness/"
        )
    return address.rstrip("/") + "/"


def dispute_address(text: str | None) -> str | None:
    """Where a new issue is written: `/new` is added to the address of a list of issues.

    Raises:
        TargetError: no http or https address.
    """
    if text is None:
        return None
    address = web_address(text.split("#")[0])
    if address is None:
        raise TargetError(
            f"'{clean_name(text)}' is no web address.", hint="Write it as https://github.com/you/site/issues"
        )
    return f"{address.rstrip('/')}/new" if address.rstrip("/").endswith("/issues") else address
