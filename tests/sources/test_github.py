"""GitHub as a source, over real HTTP: what is read, what it costs, and everything that can go wrong."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from openaudit.errors import (
    AccessDenied,
    Damaged,
    NotFound,
    RateLimited,
    SourceError,
    TargetError,
    TimedOut,
    Unreachable,
)
from openaudit.scanners import scan_code, wanted_of
from openaudit.scanners.code_links import code_target
from openaudit.sources import source_for
from openaudit.sources.cache import Cache
from openaudit.sources.checkout import CheckoutSource
from openaudit.sources.github import GitHubSource
from openaudit.sources.limits import Limits
from openaudit.vocabulary import CodeKind, Snapshot, Status, Target, TargetKind, Where
from tests.hub import (
    EndlessBody,
    Fault,
    Hang,
    HubServer,
    LoginPage,
    MalformedJson,
    RedirectElsewhere,
    RedirectLoop,
    TooManyRequests,
    Truncated,
    WrongShape,
)
from tests.hub import (
    Status as HttpStatus,
)
from tests.hub.code import CodeRepository
from tests.hub.content import content_of
from tests.sources.conftest import SMALL, silent, wanted

FILES = {
    "README.md": "# Code\n",
    "LICENSE": "MIT License\n",
    "train.py": "import torch\nmodel = GPT(config)\nloss.backward()\noptimizer.step()\n",
    "src/model.py": "class GPT:\n    layers = 12\n# the rest of the model stands here\n",
}


@pytest.fixture
def github(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> HubServer:
    monkeypatch.setenv("GITHUB_API_URL", hub.github_url)
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    hub.add_code("org/name", FILES, also_linked_as=("old/name",))
    return hub


@pytest.fixture
def reader(github: HubServer) -> Callable[..., GitHubSource]:
    return lambda token="", **more: GitHubSource(token=token, limits=SMALL, **more)


def target(name: str = "org/name", revision: str | None = None) -> Target:
    return Target(kind=TargetKind.CODE, id=f"github.com/{name}", revision=revision)


def read(source: GitHubSource, what: Target, *paths: str) -> Snapshot:
    return source.read(source.open(what), wanted(*paths), silent)


# ---------------------------------------------------------------- what is read


def test_files_commit_and_texts_are_read_at_once(
    reader: Callable[..., GitHubSource], github: HubServer
) -> None:
    source = reader()
    snapshot = read(source, target(), "README.md", "LICENSE", "train.py")
    assert (snapshot.subject, snapshot.id, snapshot.url) == (
        "code",
        "github.com/org/name",
        "https://github.com/org/name",
    )
    assert {file.path for file in snapshot.files} == set(FILES)
    assert snapshot.listing_complete
    assert snapshot.unread == ()
    assert len(snapshot.revision or "") == 40
    assert [document.text for document in snapshot.documents] == [
        FILES[p] for p in ("README.md", "LICENSE", "train.py")
    ]
    assert snapshot.documents[0].url == f"https://github.com/org/name/blob/{snapshot.revision}/README.md"
    assert source.requests == 6


def test_the_kinds_of_code_are_told_from_contents_over_http(github: HubServer) -> None:
    linked = code_target("https://github.com/org/name/tree/main/src")
    assert linked is not None
    source = source_for(linked, limits=SMALL)
    listing = source.open(linked)
    code = source.read(listing, wanted_of("code", listing.files), silent)
    model = Snapshot(
        target=Target(kind=TargetKind.MODEL, id="org/name-7b"), subject="model", id="org/name-7b", revision=None,
        url=None, resolved_at="", files=(), listing_complete=True,
    )  # fmt: skip
    from openaudit.licenses.catalog import load_catalog

    found = scan_code(code, model, Where(path="README.md"), load_catalog())
    assert (found.kinds, found.owner) == ((CodeKind.PRE_TRAINING,), "maker")
    assert len(github.requests) <= SMALL.requests


def test_a_renamed_repository_is_read_under_its_new_name(reader: Callable[..., GitHubSource]) -> None:
    said: list[str] = []
    source = reader()
    snapshot = source.read(source.open(target("old/name")), wanted("README.md"), said.append)
    assert snapshot.id == "github.com/org/name"
    assert snapshot.document("README.md") is not None
    assert said[0] == "github.com/old/name is now called github.com/org/name"


def test_an_empty_repository_is_seen_to_be_empty(
    reader: Callable[..., GitHubSource], github: HubServer
) -> None:
    github.add_code("org/empty", {})
    snapshot = read(reader(), target("org/empty"))
    assert (snapshot.files, snapshot.listing_complete) == ((), True)


def test_a_readme_alone_is_no_code(reader: Callable[..., GitHubSource], github: HubServer) -> None:
    github.add_code("org/promise", {"README.md": "# Training\nThe code is coming soon.\n"})
    from openaudit.licenses.catalog import load_catalog

    code = read(reader(), target("org/promise"), "README.md")
    assert scan_code(code, code, Where(path="README.md"), load_catalog()).status is Status.ABSENT


def test_a_branch_or_commit_is_read_where_it_exists(reader: Callable[..., GitHubSource]) -> None:
    commit = reader().open(target()).revision
    assert reader().open(target(revision=commit)).revision == commit
    with pytest.raises(NotFound, match="no revision v9"):
        reader().open(target(revision="v9"))


def test_a_tree_that_github_cut_is_not_complete(
    reader: Callable[..., GitHubSource], github: HubServer
) -> None:
    github.hub.code.add(
        CodeRepository(
            name="org/huge", sizes={"a.py": 3}, contents={"a.py": content_of("a=1")}, is_truncated=True
        )
    )
    listing = reader().open(target("org/huge"))
    assert not listing.listing_complete
    assert (listing.unread[0].path, listing.unread[0].reason) == (".", "too-large")


def test_more_files_than_the_ceiling_are_not_listed(github: HubServer) -> None:
    github.add_code("org/many", {f"f{i}.py": "x" for i in range(30)})
    listing = GitHubSource(token="", limits=Limits(files=10)).open(target("org/many"))
    assert (len(listing.files), listing.listing_complete) == (10, False)


def test_names_that_lead_elsewhere_links_and_submodules_are_left_out(
    reader: Callable[..., GitHubSource], github: HubServer
) -> None:
    rows = [
        {"path": path, "mode": "100644", "type": "blob", "sha": "b" * 40, "size": 5}
        for path in ("../../etc/passwd", "/abs", "a/./b", "", "good.py", "a\0b", 7)
    ]
    rows += [{"path": "link", "mode": "120000", "type": "blob", "sha": "b" * 40, "size": 5}]
    rows += [{"path": "sub", "mode": "160000", "type": "commit", "sha": "b" * 40}]
    github.fault(
        "github/org/name",
        WrongShape({"sha": "a" * 40, "tree": [*rows, "nonsense"], "truncated": False}),
        on="tree",
    )
    listing = reader().open(target())
    assert [file.path for file in listing.files] == ["good.py"]
    assert (listing.listing_complete, listing.unread[0].reason) == (False, "damaged")


# ---------------------------------------------------------------- the token


def test_the_token_goes_to_the_api_and_nowhere_else(
    reader: Callable[..., GitHubSource], github: HubServer
) -> None:
    github.fault("github/org/name", RedirectElsewhere(), path="README.md")
    read(reader(github.token), target(), "README.md", "LICENSE")
    tokens = {host: {r.token for r in github.requests if r.host == host} for host in ("hub", "storage")}
    assert tokens == {"hub": {"accepted"}, "storage": {"none"}}


def test_a_token_is_not_sent_unencrypted_to_another_machine() -> None:
    source = GitHubSource(api="http://ghe.example.org/api/v3", token="secret", limits=SMALL)
    assert "authorization" not in source._credentials()
    https = GitHubSource(api="https://ghe.example.org/api/v3", token="secret", limits=SMALL)
    assert https._credentials()["authorization"] == "Bearer secret"


def test_a_token_that_is_not_accepted_is_access_denied(reader: Callable[..., GitHubSource]) -> None:
    with pytest.raises(AccessDenied, match="does not accept the token"):
        reader("nonsense").open(target())


def test_an_address_that_is_none_is_a_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_API_URL", "ftp://x")
    with pytest.raises(TargetError, match="GITHUB_API_URL"):
        GitHubSource()


# ---------------------------------------------------------------- limits of the API


def test_an_exhausted_quota_is_rate_limited_and_not_asked_again(
    reader: Callable[..., GitHubSource], github: HubServer
) -> None:
    github.limit("github", 0, 600)
    with pytest.raises(RateLimited, match="GITHUB_TOKEN"):
        reader().open(target())
    github.forget()
    started = time.monotonic()
    with pytest.raises(RateLimited, match="wait"):
        reader().open(target())
    assert github.requests == ()
    assert time.monotonic() - started < 0.2


def test_texts_beyond_the_quota_are_unread_and_not_asked_for(
    reader: Callable[..., GitHubSource], github: HubServer
) -> None:
    github.limit("github", 4, 600)
    snapshot = read(reader(), target(), "README.md", "LICENSE", "train.py")
    assert [document.path for document in snapshot.documents] == ["README.md"]
    assert {(item.path, item.reason) for item in snapshot.unread} == {
        ("LICENSE", "rate-limited"),
        ("train.py", "rate-limited"),
    }
    assert len(github.requests) == 4


def test_the_second_limit_of_github_is_rate_limited_too(
    reader: Callable[..., GitHubSource], github: HubServer
) -> None:
    github.fault("github/org/name", HttpStatus(403, headers={"Retry-After": "60"}), path="LICENSE")
    snapshot = read(reader(), target(), "README.md", "LICENSE")
    assert [(item.path, item.reason) for item in snapshot.unread] == [("LICENSE", "rate-limited")]


def test_no_more_requests_are_made_than_the_ceiling_says(github: HubServer) -> None:
    github.add_code("org/many", {f"f{i}.py": "x = 1" for i in range(30)})
    source = GitHubSource(token="", limits=Limits(requests=6))
    snapshot = read(source, target("org/many"), *(f"f{i}.py" for i in range(30)))
    assert source.requests == 6
    assert len(snapshot.documents) == 3
    assert {item.reason for item in snapshot.unread} == {"over-budget"}


# ---------------------------------------------------------------- failures

ON_INFO: dict[str, tuple[Fault, type[SourceError]]] = {
    "outage": (HttpStatus(503), Unreachable),
    "taken down": (HttpStatus(451), AccessDenied),
    "forbidden": (HttpStatus(403), AccessDenied),
    "limited": (TooManyRequests(60), RateLimited),
    "hang": (Hang(), TimedOut),
    "broken off": (Truncated(), Damaged),
    "login page": (LoginPage(), Damaged),
    "no JSON": (MalformedJson(), Damaged),
    "redirected in circles": (RedirectLoop(), Damaged),
}


@pytest.mark.parametrize("case", ON_INFO)
def test_a_repository_that_cannot_be_read_says_why(
    case: str, reader: Callable[..., GitHubSource], github: HubServer
) -> None:
    fault, kind = ON_INFO[case]
    github.fault("github/org/name", fault, on="info")
    started = time.monotonic()
    with pytest.raises(kind) as caught:
        reader().open(target())
    assert caught.value.exit_code == 3
    assert time.monotonic() - started < 1.8


def test_a_missing_repository_is_not_found(reader: Callable[..., GitHubSource]) -> None:
    with pytest.raises(NotFound, match="or it is private"):
        reader().open(target("org/missing"))


@pytest.mark.parametrize("name", ["a", "a/b/c", "../..", "a/..", "a/b c", "a/b?x"])
def test_what_is_no_name_is_never_asked_for(
    name: str, reader: Callable[..., GitHubSource], github: HubServer
) -> None:
    with pytest.raises(TargetError):
        reader().open(target(name))
    assert github.requests == ()


ON_TEXT: dict[str, tuple[Fault, str]] = {
    "missing": (HttpStatus(404), "not-found"),
    "hang": (Hang(), "timed-out"),
    "login page": (LoginPage(), "damaged"),
    "endless": (EndlessBody(), "too-large"),
    "broken off": (Truncated(), "damaged"),
}


@pytest.mark.parametrize("case", ON_TEXT)
def test_a_text_that_cannot_be_read_is_unread_and_the_others_are_read(
    case: str, reader: Callable[..., GitHubSource], github: HubServer
) -> None:
    fault, reason = ON_TEXT[case]
    github.fault("github/org/name", fault, on="files", path="README.md")
    snapshot = read(reader(), target(), "README.md", "LICENSE", "missing.py")
    assert snapshot.document("LICENSE") is not None
    assert [(item.path, item.reason) for item in snapshot.unread] == [
        ("README.md", reason),
        ("missing.py", "not-found"),
    ]


# ---------------------------------------------------------------- the cache, and folders


def test_what_was_read_once_serves_again_and_without_a_network(
    github: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = GitHubSource(token="", limits=SMALL, cache=Cache())
    read(first, target("old/name"), "README.md", "train.py")
    again = GitHubSource(token="", limits=SMALL, cache=Cache())
    read(again, target(), "README.md", "train.py")
    assert again.requests == 3  # the texts of a commit do not change
    github.forget()
    offline = source_for(target("old/name"), offline=True)
    snapshot = offline.read(
        offline.open(target("old/name")), wanted("README.md", "LICENSE", "none.py"), silent
    )
    assert [document.path for document in snapshot.documents] == ["README.md"]
    assert [item.reason for item in snapshot.unread] == ["unreachable", "not-found"]
    assert github.requests == ()


def test_offline_and_unknown_is_unreachable(github: HubServer) -> None:
    with pytest.raises(Unreachable, match="not in the cache"):
        source_for(target("org/other"), offline=True).open(target("org/other"))


def test_a_checkout_is_read_as_it_lies_there(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text('[remote "origin"]\n\turl = git@github.com:org/name.git\n')
    (tmp_path / ".git" / "HEAD").write_text("c" * 40)
    (tmp_path / "train.py").write_text("loss.backward()\n")
    folder = Target(kind=TargetKind.CODE, id=str(tmp_path))
    source = source_for(folder)
    snapshot = source.read(source.open(folder), wanted("train.py"), silent)
    assert (snapshot.subject, snapshot.id, snapshot.revision) == ("code", "github.com/org/name", "c" * 40)
    assert snapshot.documents[0].text == "loss.backward()\n"
    assert isinstance(CheckoutSource().open(folder).url, str)
