"""The localhost Hub is taken for the Hub by the real client, and each of its faults is the fault that it says."""

from __future__ import annotations

import gzip
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import httpx2
import pytest
from huggingface_hub import HfApi, get_hf_file_metadata, hf_hub_download, hf_hub_url
from huggingface_hub.errors import (
    BadRequestError,
    DisabledRepoError,
    FileMetadataError,
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils._http import close_session

from tests.hub import (
    EVERYWHERE,
    FAULTS,
    Access,
    Compressed,
    Disconnect,
    EndlessBody,
    Fault,
    Generated,
    GzipBomb,
    Hang,
    HubServer,
    InvalidGzip,
    LoginPage,
    LyingLength,
    MalformedJson,
    RedirectElsewhere,
    RedirectLoop,
    Request,
    Reset,
    Slow,
    Sparse,
    Status,
    TooManyRequests,
    Trickle,
    Truncated,
    WrongEncoding,
    WrongShape,
    safetensors_header,
    small_gguf,
    small_safetensors,
)
from tests.hub.cards import card_data
from tests.hub.record import rounds

GB = 1_000_000_000
CARD = """---
license: mit
language: no
base_model: org/base
datasets:
- org/data
---
# Tiny

See arxiv.org/abs/2403.13784.
"""
REPOSITORY = Path(__file__).parents[1]


@pytest.fixture
def hub() -> Iterator[HubServer]:
    """A Hub with one model, one dataset, and nothing wrong."""
    with HubServer() as server:
        server.add_model(
            "org/tiny",
            {
                "README.md": CARD,
                "config.json": '{"architectures": ["LlamaForCausalLM"], "model_type": "llama"}',
                "model.safetensors": small_safetensors(),
                "a b/ü#?%.txt": "spaces and signs",
            },
            revisions={"v1.0": {"README.md": "old"}, "refs/pr/1": {"README.md": "proposed"}, "step/1000": {}},
            tags=("v1.0",),
        )
        server.add_dataset(
            "org/data", {"README.md": "---\nlicense: cc-by-4.0\n---\n", "data/train.jsonl": "{}\n"}
        )
        yield server
    close_session()


def anonymous(hub: HubServer) -> HfApi:
    return HfApi(endpoint=hub.url, token=False)


def metadata_of(hub: HubServer, path: str, *, token: str | bool = False, **where: Any) -> Any:
    return get_hf_file_metadata(hf_hub_url("org/tiny", path, endpoint=hub.url, **where), token=token)


def last(hub: HubServer) -> Request:
    return hub.requests[-1]


# -- the real client reads models, datasets, trees, files


def test_model_info_has_what_the_hub_computes_from_the_card(hub: HubServer) -> None:
    info = anonymous(hub).model_info("org/tiny", securityStatus=True)
    assert info.id == "org/tiny"
    assert info.author == "org"
    assert info.sha is not None
    assert len(info.sha) == 40
    assert info.card_data is not None
    assert info.card_data["license"] == "mit"
    assert info.config == {"architectures": ["LlamaForCausalLM"], "model_type": "llama"}
    assert info.library_name == "transformers"
    assert info.safetensors is not None
    assert info.safetensors.parameters == {"F32": 8}
    assert {
        "license:mit",
        "base_model:org/base",
        "base_model:finetune:org/base",
        "dataset:org/data",
        "arxiv:2403.13784",
        "no",
        "llama",
        "safetensors",
    } <= set(info.tags or ())


def test_files_metadata_gives_sizes_and_large_file_digests(hub: HubServer) -> None:
    info = anonymous(hub).model_info("org/tiny", files_metadata=True)
    rows = {sibling.rfilename: sibling for sibling in info.siblings or ()}
    assert rows["README.md"].size == len(CARD)
    assert rows["README.md"].lfs is None
    weights = rows["model.safetensors"]
    assert weights.lfs is not None
    assert weights.lfs.size == weights.size == len(small_safetensors())


def test_expand_gives_the_named_properties_and_no_others(hub: HubServer) -> None:
    info = anonymous(hub).model_info("org/tiny", expand=["gated", "baseModels"])
    assert info.gated is False
    assert info.sha is None
    assert info.base_models is not None
    assert info.base_models["relation"] == "finetune"  # type: ignore[call-overload]
    with pytest.raises(BadRequestError):
        anonymous(hub).model_info("org/tiny", expand=["nonsense"])  # type: ignore[list-item]


def test_dataset_is_found_among_datasets_only(hub: HubServer) -> None:
    assert "license:cc-by-4.0" in (anonymous(hub).dataset_info("org/data", files_metadata=True).tags or ())
    with pytest.raises(RepositoryNotFoundError):
        anonymous(hub).model_info("org/data")


def test_tree_lists_one_folder_or_everything_below(hub: HubServer) -> None:
    api = anonymous(hub)
    assert [entry.path for entry in api.list_repo_tree("org/tiny")] == [
        "a b",
        "README.md",
        "config.json",
        "model.safetensors",
    ]
    assert [entry.path for entry in api.list_repo_tree("org/tiny", "a b")] == ["a b/ü#?%.txt"]
    assert len(list(api.list_repo_tree("org/tiny", recursive=True, expand=True))) == 5
    with pytest.raises(RemoteEntryNotFoundError):
        list(api.list_repo_tree("org/tiny", "nowhere"))


@pytest.mark.parametrize(("expand", "pages"), [(False, 3), (True, 42)])
def test_tree_comes_in_pages(hub: HubServer, expand: bool, pages: int) -> None:
    hub.add_model("org/many", {f"{number:04}.txt": "" for number in range(2100)})
    assert len(list(anonymous(hub).list_repo_tree("org/many", recursive=True, expand=expand))) == 2100
    assert len(hub.requests) == pages


def test_paths_refs_commits_and_account_are_answered(hub: HubServer) -> None:
    api = anonymous(hub)
    found = api.get_paths_info("org/tiny", ["README.md", "a b", "missing"], expand=True)
    assert [entry.path for entry in found] == ["README.md", "a b"]
    refs = api.list_repo_refs("org/tiny", include_pull_requests=True)
    assert [ref.name for ref in refs.branches] == ["main", "step/1000"]
    assert [ref.ref for ref in refs.tags] == ["refs/tags/v1.0"]
    assert [ref.ref for ref in refs.pull_requests or ()] == ["refs/pr/1"]
    assert api.list_repo_commits("org/tiny")[0].commit_id == refs.branches[0].target_commit
    assert api.whoami(token=hub.token)["name"] == "tester"
    api.auth_check("org/tiny")


@pytest.mark.parametrize("revision", ["v1.0", "step/1000", "refs/pr/1"])
def test_revisions_are_commits_of_their_own(hub: HubServer, revision: str) -> None:
    api = anonymous(hub)
    info = api.model_info("org/tiny", revision=revision)
    assert info.sha != api.model_info("org/tiny").sha
    assert api.model_info("org/tiny", revision=info.sha).siblings == info.siblings


def test_commit_id_depends_on_the_content_alone(hub: HubServer) -> None:
    for name, text in (("org/a", "same"), ("org/b", "same"), ("org/c", "other")):
        hub.add_model(name, {"README.md": text})
    first, second, third = (anonymous(hub).model_info(name).sha for name in ("org/a", "org/b", "org/c"))
    assert first == second != third


def test_file_is_downloaded_with_its_metadata(hub: HubServer, tmp_path: Path) -> None:
    metadata = metadata_of(hub, "README.md")
    assert metadata.size == len(CARD)
    assert metadata.commit_hash == anonymous(hub).model_info("org/tiny").sha
    for path, data in (("README.md", CARD.encode()), ("a b/ü#?%.txt", b"spaces and signs")):
        got = hf_hub_download("org/tiny", path, endpoint=hub.url, token=False, cache_dir=tmp_path)
        assert Path(got).read_bytes() == data
    old = hf_hub_download(
        "org/tiny", "README.md", revision="refs/pr/1", endpoint=hub.url, token=False, cache_dir=tmp_path
    )
    assert Path(old).read_text() == "proposed"


def test_large_file_lies_on_another_host_that_gets_no_token(hub: HubServer, tmp_path: Path) -> None:
    metadata = metadata_of(hub, "model.safetensors", token=hub.token)
    assert metadata.size == len(small_safetensors())
    assert metadata.location.startswith(hub.storage_url)
    path = hf_hub_download(
        "org/tiny", "model.safetensors", endpoint=hub.url, token=hub.token, cache_dir=tmp_path
    )
    assert Path(path).read_bytes() == small_safetensors()
    assert (last(hub).host, last(hub).token) == ("storage", "none")
    assert httpx2.get(metadata.location.partition("?")[0]).status_code == 403


def test_safetensors_headers_are_read_by_range(hub: HubServer) -> None:
    assert anonymous(hub).get_safetensors_metadata("org/tiny").parameter_count == {"F32": 8}
    assert last(hub).status == 206


def test_sharded_safetensors_are_read_from_index_and_shards(hub: HubServer) -> None:
    shards = {f"model-0000{n}-of-00002.safetensors": small_safetensors() for n in (1, 2)}
    index = {"metadata": {"total_size": 64}, "weight_map": {f"w{n}": name for n, name in enumerate(shards)}}
    hub.add_model("org/sharded", {"model.safetensors.index.json": json.dumps(index), **shards})
    metadata = anonymous(hub).get_sharded_safetensors_metadata("org/sharded")
    assert sorted(metadata.files_metadata) == sorted(shards)


@pytest.mark.parametrize(
    ("asked", "status", "got"),
    [
        ("bytes=0-4", 206, b"01234"),
        ("bytes=7-", 206, b"789"),
        ("bytes=-2", 206, b"89"),
        ("bytes=5-99", 206, b"56789"),
        ("bytes=0-1,4-5", 200, b"0123456789"),
        ("lines=0-1", 200, b"0123456789"),
        ("bytes=5-2", 200, b"0123456789"),
    ],
)
def test_range_is_honoured(hub: HubServer, asked: str, status: int, got: bytes) -> None:
    hub.add_model("org/digits", {"digits.txt": "0123456789"})
    answer = httpx2.get(f"{hub.url}/org/digits/resolve/main/digits.txt", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (status, got)


def test_range_outside_the_file_is_416(hub: HubServer) -> None:
    answer = httpx2.get(f"{hub.url}/org/tiny/resolve/main/README.md", headers={"Range": "bytes=9999-"})
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(CARD)}"


def test_known_etag_is_not_sent_again(hub: HubServer) -> None:
    url = f"{hub.url}/org/tiny/resolve/main/README.md"
    etag = httpx2.get(url).headers["ETag"]
    answer = httpx2.get(url, headers={"If-None-Match": etag})
    assert (answer.status_code, answer.content) == (304, b"")


def test_models_are_listed_by_author_filter_search_and_limit(hub: HubServer) -> None:
    for number in range(5):
        hub.add_model(
            f"else/model-{number}", {"README.md": f"---\nlicense: {'mit' if number else 'gpl-3.0'}\n---\n"}
        )
    hub.add_model("else/hidden", {}, access=Access(private=True))
    api = anonymous(hub)

    def ids(**query: Any) -> list[str]:
        return [model.id for model in api.list_models(**query)]

    assert len(ids(author="else")) == 5
    assert ids(author="else", filter="license:gpl-3.0") == ["else/model-0"]
    assert ids(search="TINY") == ["org/tiny"]
    assert len(ids(limit=2)) == 2
    assert "else/hidden" in [model.id for model in api.list_models(author="else", token=hub.token)]
    (full,) = api.list_models(search="tiny", full=True, cardData=True)
    assert full.card_data is not None
    assert full.siblings


def test_listing_comes_in_pages(hub: HubServer) -> None:
    for number in range(7):
        hub.add_model(f"many/{number}", {})
    pages, url = 0, f"{hub.url}/api/models?author=many&limit=3"
    found: list[str] = []
    while url:
        answer = httpx2.get(url)
        found += [row["id"] for row in answer.json()]
        url, pages = answer.links.get("next", {}).get("url", ""), pages + 1
    assert (pages, found) == (3, [f"many/{number}" for number in range(7)])


def test_renamed_repository_redirects_within_the_hub(hub: HubServer, tmp_path: Path) -> None:
    hub.add_model("old", {}, access=Access(redirect_to="org/tiny"))
    assert anonymous(hub).model_info("old").id == "org/tiny"
    assert anonymous(hub).model_info("ORG/Tiny").id == "org/tiny"
    path = hf_hub_download("old", "README.md", endpoint=hub.url, token=False, cache_dir=tmp_path)
    assert Path(path).read_text() == CARD


# -- access


def test_gate_closes_the_files_and_leaves_the_metadata_open(hub: HubServer) -> None:
    hub.set_access("org/tiny", Access(gated="manual", public_files=("README.md",)))
    api = anonymous(hub)
    assert api.model_info("org/tiny").gated == "manual"
    assert list(api.list_repo_tree("org/tiny"))
    assert metadata_of(hub, "README.md").size == len(CARD)
    for token, status in ((False, 401), (hub.token_without_access, 403)):
        with pytest.raises(GatedRepoError) as refused:
            metadata_of(hub, "config.json", token=token)
        assert refused.value.response.status_code == status
        with pytest.raises(GatedRepoError):
            api.auth_check("org/tiny", token=token)
    assert metadata_of(hub, "config.json", token=hub.token).size
    hub.add_token("hf_one", may_read=["org/tiny"])
    assert metadata_of(hub, "config.json", token="hf_one").size


def test_private_repository_looks_missing_without_access(hub: HubServer) -> None:
    hub.set_access("datasets/org/data", Access(private=True))
    api = anonymous(hub)
    for token, status in ((False, 401), (hub.token_without_access, 404)):
        with pytest.raises(RepositoryNotFoundError) as hidden:
            api.dataset_info("org/data", token=token)
        with pytest.raises(RepositoryNotFoundError):
            api.dataset_info("org/nothing", token=token)
        assert hidden.value.response.status_code == status
    assert api.dataset_info("org/data", token=hub.token).private is True


def test_disabled_repository_is_refused(hub: HubServer) -> None:
    hub.set_access("org/tiny", Access(disabled=True))
    with pytest.raises(DisabledRepoError):
        anonymous(hub).model_info("org/tiny")
    with pytest.raises(DisabledRepoError):
        metadata_of(hub, "README.md")


def test_invalid_token_is_refused_even_for_public_things(hub: HubServer) -> None:
    with pytest.raises(HfHubHTTPError, match="Invalid credentials") as refused:
        anonymous(hub).model_info("org/tiny", token="hf_wrong")
    assert refused.value.response.status_code == 401
    assert not isinstance(refused.value, RepositoryNotFoundError)
    assert last(hub).token == "unknown"


def test_missing_revision_and_entry_have_their_own_errors(hub: HubServer) -> None:
    with pytest.raises(RevisionNotFoundError):
        anonymous(hub).model_info("org/tiny", revision="nowhere")
    with pytest.raises(RevisionNotFoundError):
        metadata_of(hub, "README.md", revision="nowhere")
    with pytest.raises(RemoteEntryNotFoundError) as missing:
        metadata_of(hub, "LICENSE")
    assert "X-Repo-Commit" in missing.value.response.headers


# -- faults, as the real client meets them


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Status(500), HfHubHTTPError),
        (Status(503), HfHubHTTPError),
        (TooManyRequests(), HfHubHTTPError),
        (Hang(), httpx2.ReadTimeout),
        (Hang(after_bytes=10), httpx2.ReadTimeout),
        (Trickle(bytes_per_second=2), httpx2.ReadTimeout),
        (Slow(9), httpx2.ReadTimeout),
        (Reset(), httpx2.ReadError),
        (Reset(after_bytes=10), httpx2.ReadError),
        (Disconnect(), httpx2.RemoteProtocolError),
        (Truncated(), httpx2.RemoteProtocolError),
        (LyingLength(50), httpx2.RemoteProtocolError),
        (LyingLength(-50), (httpx2.RemoteProtocolError, json.JSONDecodeError)),
        (RedirectLoop(), httpx2.TooManyRedirects),
        (LoginPage(), json.JSONDecodeError),
        (MalformedJson(), json.JSONDecodeError),
        (WrongShape([]), TypeError),
        (WrongShape({"id": 1, "siblings": [{}]}), KeyError),
        (WrongEncoding(), httpx2.DecodingError),
        (InvalidGzip(), httpx2.DecodingError),
    ],
    ids=repr,
)
def test_fault_of_the_api_raises(
    hub: HubServer, fault: Fault, error: type[Exception] | tuple[type[Exception], ...]
) -> None:
    hub.fault("org/tiny", fault, on="info")
    with pytest.raises(error):
        anonymous(hub).model_info("org/tiny", timeout=0.3)
    assert list(anonymous(hub).list_repo_tree("org/tiny")), "other parts are well"
    hub.heal("org/tiny")
    assert anonymous(hub).model_info("org/tiny").id == "org/tiny"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Status(404, "Entry not found", "EntryNotFound"), RemoteEntryNotFoundError),
        (Status(502), HfHubHTTPError),
        (RedirectLoop(), httpx2.TooManyRedirects),
        (Disconnect(), httpx2.RemoteProtocolError),
    ],
    ids=repr,
)
def test_fault_of_one_file_raises_and_spares_the_others(
    hub: HubServer, fault: Fault, error: type[Exception]
) -> None:
    hub.fault("org/tiny", fault, path="README.md")
    with pytest.raises(error):
        metadata_of(hub, "README.md")
    assert metadata_of(hub, "config.json").size


def test_login_page_for_a_file_has_no_commit(hub: HubServer, tmp_path: Path) -> None:
    hub.fault("org/tiny", LoginPage(), on="files")
    with pytest.raises(LocalEntryNotFoundError) as missing:
        hf_hub_download("org/tiny", "README.md", endpoint=hub.url, token=False, cache_dir=tmp_path)
    assert isinstance(missing.value.__cause__, FileMetadataError)


def test_interrupted_download_is_tried_again_and_completed(hub: HubServer, tmp_path: Path) -> None:
    hub.fault("org/tiny", Truncated(after_bytes=20), on="storage", times=1)
    path = hf_hub_download("org/tiny", "model.safetensors", endpoint=hub.url, token=False, cache_dir=tmp_path)
    assert Path(path).read_bytes() == small_safetensors()
    sent = [request.bytes_sent for request in hub.requests if request.host == "storage"]
    assert sent == [20, len(small_safetensors())]


def test_client_waits_as_told_and_comes_again(hub: HubServer) -> None:
    hub.fault("org/tiny", TooManyRequests(reset_seconds=0), on="tree", times=1)
    assert list(anonymous(hub).list_repo_tree("org/tiny"))
    first, second = hub.requests
    assert (first.status, second.status) == (429, 200)
    assert second.start_seconds - first.start_seconds >= 1


@pytest.mark.parametrize(
    ("announced", "header", "value"),
    [
        ("ratelimit", "RateLimit", '"api";r=0;t=7'),
        ("retry-after", "Retry-After", "7"),
        ("retry-date", "Retry-After", "GMT"),
    ],
)
def test_waiting_time_is_announced(hub: HubServer, announced: Any, header: str, value: str) -> None:
    hub.fault("org/tiny", TooManyRequests(reset_seconds=7, announced=announced))
    answer = httpx2.get(f"{hub.url}/api/models/org/tiny")
    assert answer.status_code == 429
    assert value in answer.headers[header]
    assert "RateLimit-Policy" in answer.headers


def test_redirect_elsewhere_shows_whether_a_token_travelled(hub: HubServer) -> None:
    hub.fault("org/tiny", RedirectElsewhere())
    assert anonymous(hub).model_info("org/tiny", token=hub.token).id == "org/tiny"
    assert [(request.host, request.token) for request in hub.requests] == [
        ("hub", "accepted"),
        ("storage", "none"),
    ]
    leaked = httpx2.get(hub.storage_url, headers={"Authorization": f"Bearer {hub.token}"})
    assert leaked.status_code == 403
    assert last(hub).token == "accepted"
    assert hub.token not in str(hub.requests)


@pytest.mark.parametrize("framing", ["chunked", "until-close"])
@pytest.mark.parametrize("path", ["api/models/org/tiny", "org/tiny/resolve/main/README.md"])
def test_endless_body_never_ends(hub: HubServer, path: str, framing: Any) -> None:
    hub.fault("org/tiny", EndlessBody(framing))
    read = 0
    with httpx2.stream("GET", f"{hub.url}/{path}") as answer:
        assert answer.status_code == 200
        assert "Content-Length" not in answer.headers
        for piece in answer.iter_bytes():
            read += len(piece)
            if read > 5_000_000:
                break


def test_compressed_answer_is_unpacked_by_the_client(hub: HubServer) -> None:
    hub.fault(EVERYWHERE, Compressed())
    assert anonymous(hub).model_info("org/tiny").id == "org/tiny"
    assert httpx2.get(f"{hub.url}/org/tiny/resolve/main/README.md").text == CARD


def test_gzip_bomb_is_small_on_the_wire_and_valid(hub: HubServer) -> None:
    hub.fault("org/tiny", GzipBomb(50_000_000))
    with httpx2.stream("GET", f"{hub.url}/api/models/org/tiny") as answer:
        packed = b"".join(answer.iter_raw())
    assert len(packed) < 200_000
    unpacker = zlib.decompressobj(31)
    assert len(unpacker.decompress(packed, 60_000_000)) == 50_000_000
    assert unpacker.eof
    assert gzip.decompress(packed).count(0) == 50_000_000


def test_trickling_file_arrives_in_the_end(hub: HubServer) -> None:
    hub.fault("org/tiny", Trickle(bytes_per_second=40), path="a b/ü#?%.txt")
    start = time.monotonic()
    answer = httpx2.get(f"{hub.url}/org/tiny/resolve/main/a%20b/%C3%BC%23%3F%25.txt")
    assert answer.text == "spaces and signs"
    assert 0.2 < time.monotonic() - start < 2


def test_every_kind_of_fault_can_be_named_in_repo_json(tmp_path: Path) -> None:
    needed: dict[str, dict[str, Any]] = {"status": {"status": 500}, "slow": {"seconds": 0.0}}
    for kind in FAULTS:
        folder = tmp_path / "models" / f"org__{kind}"
        folder.mkdir(parents=True)
        fault = {"kind": kind, "on": "tree", "times": 1, **needed.get(kind, {})}
        (folder / "repo.json").write_text(json.dumps({"hub": {"fault": fault}}))
    with HubServer(tmp_path) as hub:
        assert len(list(anonymous(hub).list_models())) == len(FAULTS)


@pytest.mark.parametrize(
    "settings",
    [
        {"fault": "nonsense"},
        {"fault": {"kind": "slow", "minutes": 1}},
        {"fault": {"kind": "hang", "on": "moon"}},
        {"gated": "perhaps"},
    ],
    ids=str,
)
def test_configuration_that_cannot_be_meant_is_refused(tmp_path: Path, settings: dict[str, Any]) -> None:
    folder = tmp_path / "models" / "org__tiny"
    folder.mkdir(parents=True)
    (folder / "repo.json").write_text(json.dumps({"hub": settings}))
    with pytest.raises(ValueError, match=r"gated|fault|on:"):
        HubServer(tmp_path)


# -- limits, delays, counting


def test_quota_is_enforced_in_fixed_windows(hub: HubServer) -> None:
    hub.limit("api", 3, window_seconds=0.5)
    url = f"{hub.url}/api/models/org/tiny"
    with httpx2.Client() as client:
        answers = [client.get(url) for _ in range(5)]
        while answers[0].status_code != 200 or [each.status_code for each in answers].count(429) < 2:
            answers = [*answers[1:], client.get(url)]  # the window turned in between
        assert answers[-1].headers["RateLimit"].startswith('"api";r=0;t=')
        assert answers[-1].headers["RateLimit-Policy"] == '"fixed window";"api";q=3;w=1'
        assert client.get(f"{hub.url}/org/tiny/resolve/main/README.md").status_code == 200
        other = {"Authorization": f"Bearer {hub.token}"}
        assert client.get(url, headers=other).status_code == 200
        time.sleep(0.5)
        assert client.get(url).status_code == 200


def test_every_answer_tells_the_published_limits(hub: HubServer) -> None:
    answer = httpx2.get(f"{hub.url}/org/tiny/resolve/main/README.md")
    assert answer.headers["RateLimit-Policy"] == '"fixed window";"resolvers";q=3000;w=300'
    assert answer.headers["RateLimit"].startswith('"resolvers";r=2999;t=')


def test_rounds_count_the_longest_chain_not_the_requests(hub: HubServer) -> None:
    hub.delay_seconds = 0.1
    url = f"{hub.url}/org/tiny/resolve/main/README.md"
    with httpx2.Client() as client, ThreadPoolExecutor(8) as pool:
        client.get(url)
        list(pool.map(lambda _: client.get(url), range(8)))
        client.get(url)
    assert len(hub.requests) == 10
    assert hub.rounds() == 3
    hub.forget()
    assert hub.rounds() == 0


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], 0),
        ([(0, 1), (1, 2), (2, 3)], 3),
        ([(0, 3), (1, 2), (2, 4)], 2),
        ([(0, 1), (0, 1), (0, None)], 1),
        ([(0, 1), (1, None), (2, 3)], 2),
    ],
)
def test_rounds_of_known_spans(spans: list[tuple[float, float | None]], expected: int) -> None:
    requests = [
        Request(
            number=number,
            host="hub",
            method="GET",
            path="/",
            headers={},
            token="none",
            start_seconds=start,
            end_seconds=end,
        )
        for number, (start, end) in enumerate(spans)
    ]
    assert rounds(requests) == expected


def test_requests_one_after_another_count_as_many_rounds(hub: HubServer) -> None:
    for _ in range(50):
        anonymous(hub).model_info("org/tiny")
    assert hub.rounds() == 50


def test_record_has_status_target_and_bytes(hub: HubServer) -> None:
    httpx2.get(f"{hub.url}/org/tiny/resolve/main/README.md")
    request = last(hub)
    assert (request.method, request.status, request.target) == ("GET", 200, "org/tiny")
    assert request.bytes_sent == len(CARD)


# -- huge files


def test_forty_gigabytes_are_served_by_range_in_no_time(hub: HubServer, tmp_path: Path) -> None:
    size = 40 * GB
    tensor = {"dtype": "U8", "shape": [size - 256], "data_offsets": [0, size - 256]}
    header = safetensors_header({"weight": tensor})
    on_disk = tmp_path / "sparse.gguf"
    on_disk.write_bytes(small_gguf())
    os.truncate(on_disk, 20 * GB)
    numbers = Generated(size, lambda start, stop: bytes(index % 251 for index in range(start, stop)))
    files: dict[str, Any] = {
        "model.safetensors": Sparse(size, {0: header}),
        "model.gguf": on_disk,
        "numbers.bin": numbers,
    }
    hub.add_model("org/huge", files)
    rows = {
        row.rfilename: row.size
        for row in anonymous(hub).model_info("org/huge", files_metadata=True).siblings or ()
    }
    assert rows == {"model.safetensors": size, "model.gguf": 20 * GB, "numbers.bin": size}
    assert anonymous(hub).get_safetensors_metadata("org/huge").parameter_count == {"U8": size - 256}
    url = f"{hub.url}/org/huge/resolve/main/"
    end = {"Range": f"bytes={size - 3}-"}
    got = httpx2.get(url + "numbers.bin", headers=end, follow_redirects=True)
    assert got.content == bytes(index % 251 for index in range(size - 3, size))
    head = httpx2.get(url + "model.gguf", headers={"Range": "bytes=0-3"}, follow_redirects=True)
    assert head.content == b"GGUF"
    assert sum(request.bytes_sent for request in hub.requests) < 200_000


# -- folders


def make_folder(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_folder_without_a_listing_gets_a_small_weight_file(tmp_path: Path) -> None:
    make_folder(
        tmp_path,
        {
            "models/org__plain/README.md": "# Plain",
            "models/org__thing-GGUF/README.md": "# Thing",
            "models/single/README.md": "# Single",
            "datasets/org__rows/README.md": "# Rows",
            "models/org__branches/README.md": "new",
            "models/org__branches/.revisions/refs%2Fpr%2F2/README.md": "proposed",
            "models/org__branches/old/README.md": "old",
            "models/org__branches/repo.json": '{"repo_id": null, "revisions": {"v0": "old"}}',
        },
    )
    with HubServer(tmp_path) as hub:
        api = anonymous(hub)
        assert api.list_repo_files("org/plain") == ["README.md", "model.safetensors"]
        assert api.get_safetensors_metadata("org/plain").parameter_count == {"F32": 8}
        assert api.list_repo_files("org/thing-GGUF") == ["README.md", "model.gguf"]
        assert api.list_repo_files("single") == ["README.md", "model.safetensors"]
        assert api.list_repo_files("org/rows", repo_type="dataset") == ["data/train.jsonl", "README.md"]
        assert api.list_repo_files("org/branches") == ["README.md", "model.safetensors"]
        for revision, text in (("v0", "old"), ("refs/pr/2", "proposed"), ("main", "new")):
            url = hf_hub_url("org/branches", "README.md", revision=revision, endpoint=hub.url)
            assert httpx2.get(url).text == text


def test_real_listing_is_shown_exactly(tmp_path: Path) -> None:
    listed = [
        {"path": "README.md", "size": 999},
        {"path": "model.safetensors", "size": 5 * GB},
        {"path": "pytorch_model.bin", "size": None},
        {"path": "vocab.json", "size": None},
    ]
    api_payload = {"sha": "a" * 40, "tags": ["license:mit"], "gated": "auto", "downloads": 7}
    config = {"repo_id": "org/real", "files": listed, "api": api_payload}
    make_folder(
        tmp_path,
        {
            "models/x/README.md": CARD,
            "models/x/MODEL_CARD.md": "not listed",
            "models/x/repo.json": json.dumps(config),
        },
    )
    with HubServer(tmp_path) as hub:
        info = HfApi(endpoint=hub.url, token=hub.token).model_info("org/real", files_metadata=True)
        assert (info.sha, info.tags, info.gated, info.downloads) == ("a" * 40, ["license:mit"], "auto", 7)
        sizes = {row.rfilename: row.size for row in info.siblings or ()}
        assert sizes == {
            "README.md": len(CARD),
            "model.safetensors": 5 * GB,
            "pytorch_model.bin": None,
            "vocab.json": None,
        }

        def metadata(path: str) -> Any:
            return get_hf_file_metadata(hf_hub_url("org/real", path, endpoint=hub.url), token=hub.token)

        assert metadata("model.safetensors").size == 5 * GB
        assert 0 < metadata("pytorch_model.bin").size < 1000
        with pytest.raises(RemoteEntryNotFoundError):
            metadata("vocab.json")
        with pytest.raises(RemoteEntryNotFoundError):
            metadata("MODEL_CARD.md")


def test_link_out_of_the_folder_is_not_served(tmp_path: Path) -> None:
    make_folder(tmp_path, {"secret.txt": "secret", "models/org__link/README.md": "x"})
    (tmp_path / "models/org__link/secret.txt").symlink_to(tmp_path / "secret.txt")
    with HubServer(tmp_path) as hub:
        assert "secret.txt" not in anonymous(hub).list_repo_files("org/link")


# Twelve lines that stand for 9 to the power of 11 values.
BOMB = "a0: &a0 [x]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 12)
)


@pytest.mark.parametrize(
    ("card", "data"),
    [
        ("---\nlicense: mit\n---\nText", {"license": "mit"}),
        ("\n\n---\r\nlicense: mit\r\n---\r\n", {"license": "mit"}),
        (
            "---\nlanguage: no\ndate: 2024-01-02\nn: .nan\n---\n",
            {"language": "no", "date": "2024-01-02T00:00:00.000Z", "n": None},
        ),
        ("---\nlicense: mit\nlicense: gpl\n---\n", None),
        ("---\nlicense: [mit\n---\n", None),
        ("---\n- mit\n---\n", None),
        ("---\nlicense: mit\n----\n", None),
        ("# No front matter\n", None),
        ("---\nx: !!python/object/apply:os.system [echo]\n---\n", None),
        (f"---\n{BOMB}---\n", None),
        ("---\nx: " + "[" * 500 + "]" * 500 + "\n---\n", None),
    ],
)
def test_card_data_is_what_the_hub_would_parse(card: str, data: dict[str, Any] | None) -> None:
    assert card_data(card) == data


# -- GitHub


@pytest.fixture
def code(hub: HubServer) -> HubServer:
    """The Hub with one code repository that was renamed."""
    license_text = (
        "Permission is hereby granted, free of charge, (...) to deal in the Software without restriction"
    )
    files = {
        "README.md": "# Code",
        "LICENSE": license_text,
        "src/train.py": "import torch\n",
        "src/deep/x.py": "",
    }
    hub.add_code("Owner/Code", files, also_linked_as=["former/code"], github={"archived": True})
    return hub


def github(hub: HubServer, path: str, **headers: str) -> Any:
    return httpx2.get(f"{hub.github_url}/{path}", headers=headers, follow_redirects=True)


def test_code_repository_is_described_as_github_does(code: HubServer) -> None:
    answer = github(code, "repos/owner/code")
    payload = answer.json()
    assert payload["full_name"] == "Owner/Code"
    assert payload["license"]["spdx_id"] == "MIT"
    assert (payload["default_branch"], payload["archived"]) == ("main", True)
    assert answer.headers["X-RateLimit-Limit"] == "60"


def test_tree_and_contents_of_a_code_repository(code: HubServer) -> None:
    tree = github(code, "repos/Owner/Code/git/trees/main?recursive=1").json()
    assert {(row["type"], row["path"]) for row in tree["tree"]} == {
        ("blob", "LICENSE"),
        ("blob", "README.md"),
        ("tree", "src"),
        ("blob", "src/train.py"),
        ("tree", "src/deep"),
        ("blob", "src/deep/x.py"),
    }
    assert tree["truncated"] is False
    assert len(github(code, "repos/Owner/Code/git/trees/main").json()["tree"]) == 3
    assert github(code, "repos/Owner/Code/readme").json()["encoding"] == "base64"
    assert github(code, "repos/Owner/Code/license").json()["license"]["key"] == "mit"
    assert [row["path"] for row in github(code, "repos/Owner/Code/contents/src").json()] == [
        "src/deep",
        "src/train.py",
    ]
    raw = github(
        code, "repos/Owner/Code/contents/src/train.py?ref=main", Accept="application/vnd.github.raw+json"
    )
    assert raw.text == "import torch\n"
    assert github(code, "repos/Owner/Code/commits/main").json()["sha"] == tree["sha"]


@pytest.mark.parametrize(
    "path",
    [
        "repos/no/body",
        "repos/Owner/Code/contents/missing",
        "repos/Owner/Code/git/trees/nowhere",
        "repos/Owner/Code/contents/src?ref=x",
    ],
)
def test_what_github_lacks_is_404_json(code: HubServer, path: str) -> None:
    answer = github(code, path)
    assert answer.status_code == 404
    assert "message" in answer.json()


def test_former_name_redirects_to_the_number(code: HubServer) -> None:
    answer = github(code, "repos/former/code/git/trees/main?recursive=1")
    assert [each.status_code for each in answer.history] == [301]
    assert "/repositories/" in answer.url.path
    assert answer.json()["tree"]


def test_github_refuses_bad_tokens_and_too_many_requests(code: HubServer) -> None:
    assert github(code, "repos/Owner/Code", Authorization="Bearer wrong").status_code == 401
    assert (
        github(code, "repos/Owner/Code", Authorization=f"Bearer {code.token}").headers["X-RateLimit-Limit"]
        == "5000"
    )
    code.limit("github", 1, window_seconds=3600)
    assert github(code, "repos/Owner/Code").status_code == 200
    refused = github(code, "repos/Owner/Code")
    assert (refused.status_code, refused.headers["X-RateLimit-Remaining"]) == (403, "0")


def test_faults_reach_code_repositories(code: HubServer) -> None:
    code.fault("github/Owner/Code", TooManyRequests(), times=1)
    assert github(code, "repos/Owner/Code").status_code == 403
    code.fault("github/Owner/Code", Status(500), path="README.md")
    assert github(code, "repos/Owner/Code/readme").status_code == 500
    assert github(code, "repos/Owner/Code").status_code == 200


def test_empty_code_repository_has_no_tree(hub: HubServer) -> None:
    hub.add_code("Owner/Empty", {})
    assert github(hub, "repos/Owner/Empty/git/trees/main").status_code == 409


# -- the server itself


def test_close_ends_hanging_and_endless_answers_at_once(hub: HubServer) -> None:
    hub.fault("org/tiny", Hang(), on="info")
    hub.fault("org/tiny", EndlessBody(), on="files")
    failures: list[Exception] = []

    def ask(path: str) -> None:
        try:
            httpx2.get(f"{hub.url}/{path}", timeout=10)
        except httpx2.HTTPError as error:
            failures.append(error)

    threads = [
        threading.Thread(target=ask, args=(path,))
        for path in ("api/models/org/tiny", "org/tiny/resolve/main/README.md")
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    start = time.monotonic()
    hub.close()
    for thread in threads:
        thread.join()
    assert time.monotonic() - start < 1
    assert len(failures) == 2


def test_one_hanging_client_does_not_keep_the_others_waiting(hub: HubServer) -> None:
    hub.fault("org/tiny", Hang(), on="tree")
    with socket.create_connection(("127.0.0.1", int(hub.url.rpartition(":")[2]))) as connection:
        connection.sendall(b"GET /api/models/org/tiny/tree/main HTTP/1.1\r\nHost: x\r\n\r\n")
        start = time.monotonic()
        assert anonymous(hub).model_info("org/tiny").id == "org/tiny"
        assert time.monotonic() - start < 1


def test_connection_is_kept_alive(hub: HubServer) -> None:
    with httpx2.Client() as client:
        ports = set()
        for path in ("api/models/org/tiny", "org/tiny/resolve/main/README.md", "nowhere"):
            stream = client.get(f"{hub.url}/{path}").extensions["network_stream"]
            ports.add(stream.get_extra_info("client_addr"))
    assert len(ports) == 1


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"NONSENSE\r\n\r\n",
        b"GET /%00%0d%0aX-Injected:%201 HTTP/1.1\r\n\r\n",
        b"GET /api/models/a%0d%0aX-Injected:%201/b HTTP/1.1\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\n\r\n",
        b"POST /api/models/org/tiny/paths-info/main HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"GET /org/tiny/resolve/main/README.md HTTP/1.1\r\nRange: bytes=" + b"9" * 5000 + b"-\r\n\r\n",
        b"GET /../../etc/passwd HTTP/1.1\r\n\r\n",
    ],
)
def test_hostile_request_harms_nothing(hub: HubServer, request_bytes: bytes) -> None:
    with socket.create_connection(("127.0.0.1", int(hub.url.rpartition(":")[2])), timeout=2) as connection:
        connection.sendall(request_bytes)
        connection.shutdown(socket.SHUT_WR)
        got = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b"\nX-Injected" not in got
    assert anonymous(hub).model_info("org/tiny").id == "org/tiny"


def test_server_runs_by_hand(tmp_path: Path) -> None:
    make_folder(tmp_path, {"models/org__plain/README.md": "# Plain"})
    command = [sys.executable, "-m", "tests.hub", str(tmp_path), "--token", "hf_mine"]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip().removeprefix("export HF_ENDPOINT=")
            with urllib.request.urlopen(f"{url}/api/models/org/plain") as answer:
                assert json.load(answer)["id"] == "org/plain"
            with pytest.raises(HTTPError) as missing:
                urllib.request.urlopen(f"{url}/api/models/org/missing")
            missing.value.close()
        finally:
            process.terminate()


def shared_corpus() -> Path:
    folder = Path(os.environ.get("OPENAUDIT_SHARED", REPOSITORY.parent / "shared")) / "corpus" / "hub"
    if not folder.is_dir():
        pytest.skip("the shared corpus is not here")
    return folder


def test_whole_corpus_is_served_to_the_real_client() -> None:
    with HubServer(shared_corpus()) as hub:
        api = anonymous(hub)
        calls: dict[str, Callable[..., Any]] = {"models": api.model_info, "datasets": api.dataset_info}
        for kind, info in calls.items():
            for number, repository in enumerate(hub.hub.catalog.all(kind)):  # type: ignore[arg-type]
                assert info(repository.id, files_metadata=True).sha == repository.revisions["main"].sha
                if number % 10 == 0:
                    assert list(api.list_repo_tree(repository.id, repo_type=kind[:-1], recursive=True))
        assert api.model_info("gpt2").tags is not None
        assert github(hub, "repos/meta-llama/llama").json()["full_name"] == "facebookresearch/llama"
    close_session()
