"""Reports side by side, and what changed between two revisions of one model: the comparison, and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openaudit.formats.comparison.side_by_side import Comparison

    Render = Callable[[Comparison], str]


def _in_module(module: str, function: str = "render") -> Render:
    """A function of a sibling module that is imported at its first call."""

    def render(comparison: Comparison) -> str:
        chosen: Render = getattr(import_module(f"{__name__}.{module}"), function)
        return chosen(comparison)

    return render


COMPARE_FORMATS: Mapping[str, tuple[str, Render, Render]] = MappingProxyType(
    {
        "html": (".html", _in_module("as_html"), _in_module("as_html")),
        "json": (".json", _in_module("as_json"), _in_module("as_json")),
        "markdown": (".md", _in_module("as_markdown"), _in_module("as_markdown")),
        "table": (".txt", _in_module("as_table"), _in_module("as_table", "render_file")),
    }
)
"""Format name to the usual extension, the rendering for standard output, and the one for files."""
