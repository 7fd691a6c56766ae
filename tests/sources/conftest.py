"""A localhost Hub, small ceilings, and an environment in which nothing of this machine is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from openaudit.sources.hub import HubSource
from openaudit.sources.limits import Limits
from openaudit.vocabulary import Wanted
from tests.hub import HubServer

CARD = "---\nlicense: mit\n---\n# A model\n"
SMALL = Limits(
    request_seconds=0.6, connect_seconds=0.5, retries=2, first_pause_seconds=0.02, info_bytes=200_000
)
_VARIABLES = (
    "HF_ENDPOINT HF_TOKEN HF_HOME HF_HUB_CACHE HUGGINGFACE_HUB_CACHE HF_HUB_OFFLINE TRANSFORMERS_OFFLINE "
    "HF_TOKEN_PATH SOURCE_DATE_EPOCH HTTP_PROXY HTTPS_PROXY ALL_PROXY http_proxy https_proxy all_proxy"
)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in _VARIABLES.split():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "huggingface"))


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        server.add_model(
            "org/name",
            {
                "README.md": CARD,
                "LICENSE": "Permission is granted.",
                "config.json": "{}",
                "model.safetensors": b"w" * 64,
            },
        )
        yield server


@pytest.fixture
def source(hub: HubServer) -> HubSource:
    return HubSource(endpoint=hub.url, token="", limits=SMALL)


@pytest.fixture
def source_with(hub: HubServer) -> Callable[[str], HubSource]:
    return lambda token: HubSource(endpoint=hub.url, token=token, limits=SMALL)


def silent(_: str) -> None:
    """Progress that nobody watches."""


def wanted(*paths: str, max_bytes: int = 100_000) -> list[Wanted]:
    return [Wanted(path=path, max_bytes=max_bytes) for path in paths]
