"""The comparison as one self-contained web page, in the style and under the policy of the report."""

from __future__ import annotations

from importlib.resources import files

from markupsafe import Markup

from openaudit.formats.comparison.changes import Direction
from openaudit.formats.comparison.side_by_side import Comparison
from openaudit.formats.html import content_security_policy, environment

_DIRECTIONS: dict[Direction, tuple[str, str, str]] = {
    "up": ("yes", "more open", "open"),
    "down": ("absent", "less open", "absent"),
    "changed": ("note", "changed", "plain"),
}


def render(comparison: Comparison) -> str:
    """The page; the same sides give the same bytes. No scripts, nothing loaded, every value escaped."""
    folder = files("openaudit.formats").joinpath("templates")
    style = "".join(
        folder.joinpath(name).read_text(encoding="utf-8") for name in ("report.css", "compare.css")
    )
    template = environment().get_template("compare.html.j2")
    return (
        template.render(
            comparison=comparison,
            style=Markup(style),
            policy=content_security_policy(style),
            directions=_DIRECTIONS,
        )
        + "\n"
    )
