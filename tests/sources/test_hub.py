"""What the Hub source reads of a Hub that behaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from openaudit.errors import AccessDenied, NotFound, SourceError, TargetError
from openaudit.sources.hub import HubSource
from openaudit.sources.targets import parse_target
from openaudit.vocabulary import Access, Wanted
from tests.hub import Access as Gate
from tests.hub import Compressed, HubServer, RedirectElsewhere
from tests.sources.conftest import CARD, SMALL, silent, wanted


def test_a_model_is_listed_with_sizes_digests_metadata_and_access(source: HubSource, hub: HubServer) -> None:
    listing = source.open(parse_target("org/name"))
    assert [entry.path for entry in listing.files] == [
        "LICENSE",
        "README.md",
        "config.json",
        "model.safetensors",
    ]
    weights = listing.files[-1]
    assert weights.size_bytes == 64
    assert weights.digest is not None
    assert weights.digest.startswith("sha256:")
    assert listing.listing_complete
    assert listing.metadata["cardData"] == {"license": "mit"}
    assert "siblings" not in listing.metadata
    assert listing.access == Access(gated=False, private=False, disabled=False, downloadable=True)
    assert listing.url == f"{hub.url}/org/name"
    assert listing.revision is not None
    assert len(listing.revision) == 40


def test_texts_are_read_at_the_commit_of_the_listing_in_the_order_wanted(
    source: HubSource, hub: HubServer
) -> None:
    listing = source.open(parse_target("org/name"))
    snapshot = source.read(listing, wanted("LICENSE", "README.md"), silent)
    assert [read.path for read in snapshot.documents] == ["LICENSE", "README.md"]
    assert snapshot.documents[1].text == CARD
    assert snapshot.unread == ()
    assert all(f"/resolve/{listing.revision}/" in request.path for request in hub.requests[1:])
    assert snapshot.documents[0].url == f"{hub.url}/org/name/blob/{listing.revision}/LICENSE"


def test_a_scan_is_one_request_and_then_all_texts_at_once(source: HubSource, hub: HubServer) -> None:
    hub.delay_seconds = 0.05
    source.read(source.open(parse_target("org/name")), wanted("LICENSE", "README.md", "config.json"), silent)
    assert len(hub.requests) == 4
    assert hub.rounds() == 2


@pytest.mark.parametrize("revision", ["v1", "refs/pr/1", "feature/x"])
def test_any_revision_can_be_named(source: HubSource, hub: HubServer, revision: str) -> None:
    hub.add_model("org/many", {"README.md": "main"}, revisions={revision: {"README.md": revision}})
    target = parse_target(f"org/many@{revision}")
    snapshot = source.read(source.open(target), wanted("README.md"), silent)
    assert snapshot.documents[0].text == revision
    by_commit = source.open(parse_target(f"org/many@{snapshot.revision}"))
    assert by_commit.revision == snapshot.revision


def test_names_of_one_part_and_datasets_are_read(source: HubSource, hub: HubServer) -> None:
    hub.add_model("gpt2", {"README.md": "one part"})
    hub.add_dataset("org/data", {"README.md": "data", "train.parquet": b"PAR1"})
    for text, content, subject in (("gpt2", "one part", "model"), ("datasets/org/data", "data", "dataset")):
        snapshot = source.read(source.open(parse_target(text)), wanted("README.md"), silent)
        assert (snapshot.documents[0].text, snapshot.subject) == (content, subject)


def test_a_renamed_repository_is_read_under_its_new_name_and_that_is_said(
    source: HubSource, hub: HubServer
) -> None:
    hub.add_model("org/old", {}, access=Gate(redirect_to="org/name"))
    said: list[str] = []
    listing = source.open(parse_target("org/old"))
    snapshot = source.read(listing, wanted("README.md"), said.append)
    assert (snapshot.target.id, snapshot.id) == ("org/old", "org/name")
    assert snapshot.documents[0].text == CARD
    assert "org/old is now called org/name" in said


def test_compressed_answers_are_read(source: HubSource, hub: HubServer) -> None:
    hub.fault("org/name", Compressed())
    snapshot = source.read(source.open(parse_target("org/name")), wanted("README.md"), silent)
    assert snapshot.documents[0].text == CARD


def test_a_text_of_another_repository_is_read_in_the_second_round(source: HubSource, hub: HubServer) -> None:
    hub.add_model("base/model", {"LICENSE": "The base's license."})
    first = source.read(source.open(parse_target("org/name")), wanted("README.md"), silent)
    wish = Wanted(path="LICENSE", max_bytes=1000, origin="base/model@main")
    more = source.read_more(first, [wish, replace(wish, path="NOTICE")])
    assert [(read.path, read.origin) for read in more.documents] == [
        ("README.md", None),
        ("LICENSE", "base/model@main"),
    ]
    assert [(item.path, item.reason) for item in more.unread] == [("base/model@main/NOTICE", "not-found")]


def test_texts_beyond_the_budget_are_unread_with_the_reason(source: HubSource, hub: HubServer) -> None:
    names = [f"f{number:02}.md" for number in range(20)]
    hub.add_model("org/lots", dict.fromkeys(names, "x"))
    snapshot = source.read(source.open(parse_target("org/lots")), wanted(*names), silent)
    assert len(hub.requests) <= 12 - SMALL.reserved_requests
    assert len(snapshot.documents) + len(snapshot.unread) == 20
    assert "an audit makes few requests" in snapshot.unread[0].message


def test_a_long_text_is_cut_at_its_ceiling_and_that_is_said(source: HubSource, hub: HubServer) -> None:
    hub.add_model("org/long", {"README.md": "é" * 1000})
    snapshot = source.read(source.open(parse_target("org/long")), wanted("README.md", max_bytes=101), silent)
    (read,) = snapshot.documents
    assert (read.text, read.truncated, read.lossy, read.size_bytes) == ("é" * 50, True, False, 101)
    assert snapshot.unread[0].reason == "too-large"


def test_a_text_that_is_not_listed_costs_no_request(source: HubSource, hub: HubServer) -> None:
    snapshot = source.read(source.open(parse_target("org/name")), wanted("NOTICE"), silent)
    assert snapshot.unread[0].reason == "not-found"
    assert len(hub.requests) == 1


@pytest.mark.parametrize("gate", ["auto", "manual"])
def test_a_gated_repository_is_audited_from_its_metadata(
    source: HubSource, hub: HubServer, gate: str
) -> None:
    hub.set_access("org/name", Gate(gated=gate))  # type: ignore[arg-type]
    listing = source.open(parse_target("org/name"))
    assert listing.access.gated == gate
    assert listing.access.downloadable is None
    snapshot = source.read(listing, wanted("README.md"), silent)
    assert snapshot.metadata["cardData"] == {"license": "mit"}
    assert snapshot.access.downloadable is False
    (item,) = snapshot.unread
    assert item.reason == AccessDenied.reason
    assert "hf auth login" in item.message
    assert f"{hub.url}/org/name" in item.message


def test_a_public_card_of_a_gated_repository_is_read(source: HubSource, hub: HubServer) -> None:
    hub.set_access("org/name", Gate(gated="auto", public_files=("README.md",)))
    snapshot = source.read(source.open(parse_target("org/name")), wanted("README.md"), silent)
    assert snapshot.documents[0].text == CARD
    assert snapshot.access.downloadable is False


def test_a_token_with_access_opens_the_gate(source_with: Callable[[str], HubSource], hub: HubServer) -> None:
    hub.set_access("org/name", Gate(gated="manual"))
    source = source_with(hub.token)
    snapshot = source.read(source.open(parse_target("org/name")), wanted("README.md"), silent)
    assert snapshot.documents[0].text == CARD
    assert snapshot.access.downloadable is True


def test_a_token_without_access_is_told_to_wait_for_the_grant(
    source_with: Callable[[str], HubSource], hub: HubServer
) -> None:
    hub.set_access("org/name", Gate(gated="manual"))
    source = source_with(hub.token_without_access)
    snapshot = source.read(source.open(parse_target("org/name")), wanted("README.md"), silent)
    assert "the token in use has no access" in snapshot.unread[0].message


def test_a_private_repository_cannot_be_told_from_a_missing_one(
    source: HubSource, source_with: Callable[[str], HubSource], hub: HubServer
) -> None:
    hub.add_model("org/private", {"README.md": "secret"}, access=Gate(private=True))
    messages = [_error(source, name).message.replace(name, "X") for name in ("org/private", "org/missing")]
    assert messages[0] == messages[1]
    assert "or it is private" in messages[0]
    snapshot = source_with(hub.token).open(parse_target("org/private"))
    assert snapshot.access.private is True


FAULTS = {
    "a missing repository": ("org/none", "", NotFound, "Check the spelling"),
    "a missing revision": ("org/name@nope", "", NotFound, "no revision nope"),
    "a disabled repository": ("org/off", "", AccessDenied, "was disabled"),
    "a token that is not valid": ("org/name", "hf_wrong", AccessDenied, "does not accept the token"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_each_refusal_has_its_own_message(case: str, hub: HubServer) -> None:
    name, token, kind, words = FAULTS[case]
    hub.add_model("org/off", {"README.md": "x"}, access=Gate(disabled=True))
    source = HubSource(endpoint=hub.url, token=token, limits=SMALL)
    error = _error(source, name)
    assert type(error) is kind
    assert words in str(error)
    assert error.hint


def test_endpoint_and_token_are_taken_from_the_environment(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", hub.url + "/")
    monkeypatch.setenv("HF_TOKEN", hub.token)
    HubSource(limits=SMALL).open(parse_target("org/name"))
    assert [request.token for request in hub.requests] == ["accepted"]


@pytest.mark.parametrize("endpoint", ["huggingface.co", "ftp://host", "http://", "https://h:99999999", "x y"])
def test_an_endpoint_that_is_no_web_address_is_refused(endpoint: str) -> None:
    with pytest.raises(TargetError, match="HF_ENDPOINT"):
        HubSource(endpoint=endpoint)


def test_the_token_goes_to_the_endpoint_and_nowhere_else(hub: HubServer) -> None:
    hub.add_model("org/large", {"README.md": "x" * 10, "LICENSE": "y", "model.safetensors": b"w" * 1000})
    hub.fault("org/large", RedirectElsewhere(), on="files", path="README.md")
    hub.fault("org/large", RedirectElsewhere(), on="info")
    source = HubSource(endpoint=hub.url, token=hub.token, limits=SMALL)
    snapshot = source.read(source.open(parse_target("org/large")), wanted("README.md", "LICENSE"), silent)
    source.reader(snapshot, "model.safetensors").read_at(0, 8)
    assert len(snapshot.documents) == 2
    elsewhere = [request for request in hub.requests if request.host == "storage"]
    assert len(elsewhere) >= 3
    assert {request.token for request in elsewhere} == {"none"}
    assert {request.token for request in hub.requests if request.host == "hub"} == {"accepted"}
    assert all("authorization" not in request.headers for request in elsewhere)


def test_byte_ranges_of_a_weight_file_are_read(source: HubSource, hub: HubServer) -> None:
    data = bytes(range(256)) * 400
    hub.add_model("org/weights", {"model.safetensors": data, "small.bin": b"0123456789"})
    snapshot = source.read(source.open(parse_target("org/weights")), [], silent)
    for path, content in (("model.safetensors", data), ("small.bin", b"0123456789")):
        reader = source.reader(snapshot, path)
        assert reader.size_bytes == len(content)
        assert reader.read_at(0, 8) == content[:8]
        assert reader.read_at(5, 3) == content[5:8]
        assert reader.read_at(len(content) - 2, 100) == content[-2:]
        assert reader.read_at(len(content), 1) == b""
    sent = sum(request.bytes_sent for request in hub.requests if "resolve" in request.path)
    assert sent < 2_000  # redirects to the storage have bodies too
    with pytest.raises(NotFound):
        source.reader(snapshot, "absent.bin")


def test_a_listing_too_long_to_read_gives_way_to_the_metadata_alone(
    source: HubSource, hub: HubServer
) -> None:
    hub.add_model("org/huge", {"README.md": CARD, **{f"part-{n:06}.bin": b"" for n in range(2_000)}})
    listing = source.open(parse_target("org/huge"))
    assert (listing.files, listing.listing_complete) == ((), False)
    assert listing.metadata["cardData"] == {"license": "mit"}
    assert listing.unread[0].reason == "too-large"
    snapshot = source.read(listing, wanted("README.md", "LICENSE"), silent)
    assert [read.path for read in snapshot.documents] == ["README.md"]


def _error(source: HubSource, name: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        source.open(parse_target(name))
    return caught.value
