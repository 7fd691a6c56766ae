"""Every way to write a check down: one table of formats, each a pure rendering of `CheckResult`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType

from openaudit.gate.result import CheckResult

Render = Callable[[CheckResult], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFormat:
    """One output format of a check: the usual extension of its files, and the text it makes of a result.

    `render` is for standard output and may suit a terminal; `render_file` never does.
    """

    extension: str
    render: Render
    render_file: Render


def _in_module(module: str, function: str) -> Render:
    """A function of a sibling module that is imported at its first call."""

    def render(result: CheckResult) -> str:
        chosen: Render = getattr(import_module(f"{__name__}.{module}"), function)
        return chosen(result)

    return render


def _plain(extension: str, module: str) -> CheckFormat:
    render = _in_module(module, "render")
    return CheckFormat(extension=extension, render=render, render_file=render)


CHECK_FORMATS: Mapping[str, CheckFormat] = MappingProxyType(
    {
        "github": _plain(".txt", "github"),
        "gitlab-codequality": _plain(".json", "gitlab"),
        "json": _plain(".json", "json_v1"),
        "junit": _plain(".xml", "junit"),
        "markdown": _plain(".md", "markdown"),
        "sarif": _plain(".sarif", "sarif"),
        "table": CheckFormat(
            extension=".txt",
            render=_in_module("table", "render"),
            render_file=_in_module("table", "render_file"),
        ),
    }
)
"""Format name, as `openaudit check --format` takes it, to how it is written."""

__all__ = ["CHECK_FORMATS", "CheckFormat", "Render"]
