"""Ranges of large files: the storage that the Hub redirects to is found once and asked from then on, without a token."""

from __future__ import annotations

from openaudit.sources.hub import HubSource
from openaudit.sources.targets import parse_target
from tests.hub import HubServer, Status
from tests.sources.conftest import SMALL, silent


def test_only_the_first_range_asks_the_hub(hub: HubServer) -> None:
    source = HubSource(endpoint=hub.url, token=hub.token, limits=SMALL)
    snapshot = source.read(source.open(parse_target("org/name")), (), silent)
    before = len(hub.requests)
    reader = source.reader(snapshot, "model.safetensors")
    assert reader.read_at(0, 4) + reader.read_at(8, 4) + reader.read_at(60, 99) == b"w" * 12
    asked = hub.requests[before:]
    assert [request.host for request in asked] == ["hub", "storage", "storage", "storage"]
    assert [request.token for request in asked] == ["accepted", "none", "none", "none"]


def test_a_storage_that_refuses_later_is_asked_for_again_at_the_hub(hub: HubServer) -> None:
    source = HubSource(endpoint=hub.url, token="", limits=SMALL)
    snapshot = source.read(source.open(parse_target("org/name")), (), silent)
    reader = source.reader(snapshot, "model.safetensors")
    assert reader.read_at(0, 4) == b"wwww"
    hub.fault("org/name", Status(403), on="storage", times=1)
    before = len(hub.requests)
    assert reader.read_at(8, 4) == b"wwww"
    assert [request.host for request in hub.requests[before:]] == ["storage", "hub", "storage"]


def test_a_range_behind_the_end_is_empty_wherever_it_is_asked_for(hub: HubServer) -> None:
    source = HubSource(endpoint=hub.url, token="", limits=SMALL)
    snapshot = source.read(source.open(parse_target("org/name")), (), silent)
    reader = source.reader(snapshot, "model.safetensors")
    assert reader.read_at(0, 4) == b"wwww"
    assert reader.read_at(64, 4) == b""
