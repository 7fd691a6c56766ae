"""What an audit read once is not asked for again, and an audit without a network lives on it."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest

from openaudit.errors import Unreachable
from openaudit.sources import source_for
from openaudit.sources.bundle import write_bundle
from openaudit.sources.cache import Cache
from openaudit.sources.hub import HubSource
from openaudit.sources.interface import Source
from openaudit.sources.limits import Limits
from openaudit.sources.offline import OfflineHubSource
from openaudit.sources.targets import parse_target
from openaudit.vocabulary import Snapshot, Wanted
from tests.hub import Access, EndlessBody, HubServer, Status
from tests.sources.conftest import CARD, SMALL, silent, wanted
from tests.sources.test_folder import COMMIT, hub_cache_copy


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.fixture
def no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    _forbid_sockets(monkeypatch)


def test_a_second_audit_asks_for_the_commit_and_nothing_else(hub: HubServer, cache: Cache) -> None:
    first = _audit(_online(hub, cache))
    hub.forget()
    second = _audit(_online(hub, cache))
    assert [request.path for request in hub.requests] == ["/api/models/org/name?blobs=true"]
    assert second.documents == first.documents


def test_a_second_audit_sees_what_the_first_saw_and_no_more(hub: HubServer, cache: Cache) -> None:
    names = [f"f{number:02}.md" for number in range(20)]
    hub.add_model("org/lots", dict.fromkeys(names, "x"))
    first, second = (
        source.read(source.open(parse_target("org/lots")), wanted(*names), silent)
        for source in (_online(hub, cache), _online(hub, cache))
    )
    assert (first.documents, first.unread) == (second.documents, second.unread)


def test_a_new_commit_is_read_anew(hub: HubServer, cache: Cache) -> None:
    _audit(_online(hub, cache))
    hub.add_model("org/name", {"README.md": "new", "LICENSE": "x"})
    assert _audit(_online(hub, cache)).documents[0].text == "new"


def test_what_failed_or_was_cut_off_is_asked_for_again(hub: HubServer, cache: Cache) -> None:
    hub.fault("org/name", Status(503), on="files", path="LICENSE")
    hub.fault("org/name", EndlessBody(), on="files", path="README.md")
    assert len(_audit(_online(hub, cache)).unread) == 2
    hub.heal("org/name")
    healed = _audit(_online(hub, cache))
    assert healed.unread == ()
    assert healed.documents[0].text == CARD


def test_a_repository_that_was_closed_since_is_not_read_from_the_cache(hub: HubServer, cache: Cache) -> None:
    _audit(_online(hub, cache))
    hub.set_access("org/name", Access(gated="manual"))
    assert [item.reason for item in _audit(_online(hub, cache)).unread] == ["access-denied"] * 2


def test_what_a_token_opened_stays_apart_and_the_token_is_not_written(
    hub: HubServer, cache: Cache, tmp_path: Path
) -> None:
    hub.set_access("org/name", Access(gated="manual"))
    with_token = HubSource(endpoint=hub.url, token=hub.token, limits=SMALL, cache=cache)
    assert len(_audit(with_token).documents) == 2
    assert _audit(_online(hub, cache)).documents == ()
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or hub.token.encode() not in path.read_bytes()


@pytest.mark.parametrize("damage", [b"", b"garbage", None])
def test_a_damaged_entry_counts_as_none_and_is_written_again(
    hub: HubServer, cache: Cache, tmp_path: Path, damage: bytes | None
) -> None:
    _audit(_online(hub, cache))
    (entry,) = tmp_path.rglob("*.openaudit")
    entry.write_bytes(entry.read_bytes()[:-100] if damage is None else damage)
    assert len(_audit(_online(hub, cache)).documents) == 2
    hub.forget()
    _audit(_online(hub, cache))
    assert len(hub.requests) == 1


def test_a_cache_that_cannot_be_written_is_no_fault(hub: HubServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert len(_audit(_online(hub, Cache(tmp_path / "file"))).documents) == 2


def test_the_cache_is_bounded(hub: HubServer, tmp_path: Path) -> None:
    snapshot = _audit(HubSource(endpoint=hub.url, token="", limits=SMALL))
    size = len(write_bundle(snapshot))
    cache = Cache(tmp_path / "cache", Limits(cache_bytes=size * 2))
    for number in range(5):
        hub.add_model("org/name", {"README.md": CARD, "LICENSE": str(number)})
        _audit(_online(hub, cache))
        (tmp_path / "cache/hub/trimmed").unlink()
    assert 1 <= len(list(tmp_path.rglob("*.openaudit"))) <= 2


def test_without_a_network_the_last_audit_is_read_and_no_socket_opened(
    hub: HubServer, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    online = _audit(_online(hub, cache))
    with monkeypatch.context() as forbidden:
        _forbid_sockets(forbidden)
        assert _audit(OfflineHubSource(cache=cache, endpoint=hub.url)) == online


@pytest.mark.parametrize("revision", ["", "@v1", "@<commit>"])
def test_without_a_network_any_name_that_was_audited_is_found(
    hub: HubServer, cache: Cache, revision: str
) -> None:
    hub.add_model("org/name", {"README.md": CARD}, revisions={"v1": {"README.md": "v1"}})
    commit = HubSource(endpoint=hub.url, token="", limits=SMALL).open(parse_target("org/name")).revision
    assert commit is not None
    name = "org/name" + revision.replace("<commit>", commit)
    online = _audit(_online(hub, cache), name)
    offline = _audit(OfflineHubSource(cache=cache, endpoint=hub.url), name)
    assert offline == online


def test_without_a_network_a_renamed_repository_is_found_by_its_old_name(
    hub: HubServer, cache: Cache
) -> None:
    hub.add_model("org/old", {}, access=Access(redirect_to="org/name"))
    online = _audit(_online(hub, cache), "org/old")
    assert _audit(OfflineHubSource(cache=cache, endpoint=hub.url), "org/old") == online


def test_without_a_network_the_hubs_own_cache_is_read(
    tmp_path: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch, no_socket: None
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    hub_cache_copy(tmp_path / "hub", "models--org--name", {"README.md": CARD, "w.safetensors": "x"})
    source = OfflineHubSource(cache=cache, endpoint="http://127.0.0.1:1")
    for name in ("org/name", f"org/name@{COMMIT}"):
        snapshot = _audit(source, name)
        assert (snapshot.id, snapshot.revision, snapshot.documents[0].text) == ("org/name", COMMIT, CARD)
        assert not snapshot.listing_complete
        assert [item.path for item in snapshot.unread] == ["LICENSE"]
        assert source.reader(snapshot, "w.safetensors").read_at(0, 9) == b"x"


def test_without_a_network_the_newest_of_both_caches_is_read(
    hub: HubServer, tmp_path: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    copy = hub_cache_copy(tmp_path / "hub", "models--org--name", {"README.md": "newer"})
    _audit(_online(hub, cache))
    source = OfflineHubSource(cache=cache, endpoint=hub.url)
    ref = copy.parent.parent / "refs" / "main"
    os.utime(ref, (time.time() - 1000, time.time() - 1000))
    assert _audit(source).documents[0].text == CARD
    os.utime(ref, (time.time() + 1000, time.time() + 1000))
    assert _audit(source).documents[0].text == "newer"


@pytest.mark.parametrize("name", ["org/name", "org/name@v1", "datasets/org/name"])
def test_without_a_network_and_a_copy_it_is_said_what_to_do(cache: Cache, name: str, no_socket: None) -> None:
    with pytest.raises(Unreachable) as caught:
        OfflineHubSource(cache=cache).open(parse_target(name))
    assert "offline" in str(caught.value)
    assert "HF_HUB_OFFLINE" in caught.value.hint


def test_a_text_that_is_not_in_the_cache_is_unread(hub: HubServer, cache: Cache) -> None:
    _audit(_online(hub, cache))
    source = OfflineHubSource(cache=cache, endpoint=hub.url)
    snapshot = source.read(source.open(parse_target("org/name")), wanted("README.md", "config.json"), silent)
    assert [(item.path, item.reason) for item in snapshot.unread] == [("config.json", "unreachable")]
    more = source.read_more(snapshot, [Wanted(path="LICENSE", max_bytes=9, origin="base/model")])
    assert len(more.documents) == 1
    assert [item.path for item in more.unread] == ["config.json", "base/model/LICENSE"]


@pytest.mark.parametrize(("variable", "value"), [("HF_HUB_OFFLINE", "1"), ("TRANSFORMERS_OFFLINE", "true")])
def test_the_environment_can_forbid_the_network(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, no_socket: None
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(Unreachable, match="offline"):
        source_for(parse_target("org/name")).open(parse_target("org/name"))


def _forbid_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def _online(hub: HubServer, cache: Cache) -> HubSource:
    return HubSource(endpoint=hub.url, token="", limits=SMALL, cache=cache)


def _audit(source: Source, name: str = "org/name") -> Snapshot:
    return source.read(source.open(parse_target(name)), wanted("README.md", "LICENSE"), silent)
