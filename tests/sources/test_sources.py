"""The table of sources, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from openaudit.sources import source_for
from openaudit.sources.bundle import BundleSource
from openaudit.sources.code_hosts import CodeHosts
from openaudit.sources.endpoint import EndpointSource
from openaudit.sources.folder import FolderSource
from openaudit.sources.hub import HubSource
from openaudit.sources.interface import resolved_now
from openaudit.sources.offline import OfflineHubSource
from openaudit.sources.ollama import OllamaSource
from openaudit.sources.record import RecordSource
from openaudit.sources.weight_file import WeightFileSource
from openaudit.vocabulary import Target, TargetKind

SOURCES = {
    TargetKind.MODEL: HubSource,
    TargetKind.DATASET: HubSource,
    TargetKind.FOLDER: FolderSource,
    TargetKind.BUNDLE: BundleSource,
    TargetKind.FILE: WeightFileSource,
    TargetKind.OLLAMA: OllamaSource,
    TargetKind.ENDPOINT: EndpointSource,
    TargetKind.RECORD: RecordSource,
    TargetKind.CODE: CodeHosts,
}
HEAVY = ("huggingface_hub", "httpx2", "rich", "jinja2", "numpy", "requests", "pyarrow")


@pytest.mark.parametrize("kind", TargetKind)
def test_every_kind_of_target_has_a_source(kind: TargetKind) -> None:
    assert isinstance(source_for(Target(kind=kind, id="x", text="x")), SOURCES[kind])


def test_offline_is_another_source() -> None:
    target = Target(kind=TargetKind.MODEL, id="org/name")
    assert isinstance(source_for(target, offline=True), OfflineHubSource)


@pytest.mark.parametrize(
    ("doing", "heavy"),
    [
        ("parse_target('org/name')", (*HEAVY, "yaml", "zipfile")),
        ("source_for(parse_target('./x'))", HEAVY),
        ("source_for(parse_target('x.openaudit'))", HEAVY),
        ("expand(parse_target('org/name'))", HEAVY),
        ("source_for(parse_target('ollama:name'))", HEAVY),
        ("source_for(parse_target('org/name'), offline=True)", HEAVY),
    ],
)
def test_the_libraries_of_the_hub_are_imported_only_for_the_hub(doing: str, heavy: tuple[str, ...]) -> None:
    script = (
        f"import sys; from openaudit.sources import *; {doing};"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=20, check=True
    )
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("fixed", "moment"), [("0", "1970-01-01T00:00:00Z"), ("1700000000", "2023-11-14T22:13:20Z")]
)
def test_the_moment_of_resolving_can_be_fixed(
    monkeypatch: pytest.MonkeyPatch, fixed: str, moment: str
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", fixed)
    assert resolved_now() == moment


@pytest.mark.parametrize("odd", ["", "x", "-1", "9" * 40, "१"])
def test_a_moment_that_is_none_is_ignored(monkeypatch: pytest.MonkeyPatch, odd: str) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", odd)
    assert resolved_now().startswith("20")
