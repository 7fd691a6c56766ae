"""Every way to write a report down: one table of formats, each a pure rendering of `Report` and `Failure`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType

from openaudit.vocabulary import Failure, Report

Outcome = Report | Failure
Render = Callable[[Sequence[Outcome]], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One output format: the usual extension of its files, and the text it makes of what was audited.

    `render` is for standard output and may suit a terminal; `render_file` never does.
    """

    extension: str
    render: Render
    render_file: Render


def _in_module(module: str, function: str) -> Render:
    """A function of a sibling module that is imported at its first call: `--help` needs no template engine."""

    def render(outcomes: Sequence[Outcome]) -> str:
        chosen: Render = getattr(import_module(f"{__name__}.{module}"), function)
        return chosen(outcomes)

    return render


def _plain(extension: str, module: str, function: str = "render") -> Format:
    render = _in_module(module, function)
    return Format(extension=extension, render=render, render_file=render)


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "badge": _plain(".svg", "badge"),
        "cyclonedx": _plain(".cdx.json", "sbom.cyclonedx", "render_1_6"),
        "cyclonedx-1.7": _plain(".1.7.cdx.json", "sbom.cyclonedx", "render_1_7"),
        "html": _plain(".html", "html"),
        "json": _plain(".json", "json_v1"),
        "junit": _plain(".xml", "junit"),
        "markdown": _plain(".md", "markdown"),
        "mot": _plain(".yml", "mot"),
        "sarif": _plain(".sarif", "sarif"),
        "spdx": _plain(".spdx.json", "sbom.spdx2", "render_json"),
        "spdx-tag-value": _plain(".spdx", "sbom.spdx2", "render_tag_value"),
        "spdx3": _plain(".spdx3.json", "sbom.spdx3"),
        "table": Format(
            extension=".txt",
            render=_in_module("table", "render"),
            render_file=_in_module("table", "render_file"),
        ),
    }
)
"""Format name, as `--format` takes it, to how it is written."""

__all__ = ["FORMATS", "Format", "Outcome", "Render"]
