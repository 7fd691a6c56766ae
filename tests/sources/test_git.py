"""Any git host as a source, from real repositories on this machine: nothing is checked out, run or waited for."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from openaudit.errors import AccessDenied, NotFound, SourceError, TimedOut, Unreachable
from openaudit.licenses.catalog import load_catalog
from openaudit.scanners import scan_code, wanted_of
from openaudit.sources import source_for
from openaudit.sources.cache import Cache
from openaudit.sources.git import GIT, GitSource, has_git
from openaudit.sources.limits import Limits
from openaudit.vocabulary import CodeKind, Snapshot, Target, TargetKind, Where
from tests.sources.conftest import silent, wanted

pytestmark = pytest.mark.skipif(not has_git(), reason="git is not on this machine")

LIMITS = Limits(request_seconds=15)
FILES = {
    "README.md": "# Code\n",
    "LICENSE": "MIT License\n",
    "train.py": "import torch\nmodel = GPT(config)\nloss.backward()\noptimizer.step()\n",
    "src/a b.py": "x = 1\n",
    "umlaut/ä.py": "y = 2\n",
}
NAME = "git.example.org/group/sub/name"
ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "PATH": os.environ.get("PATH", ""),
}


def git(folder: Path, *words: str, **more: str) -> str:
    done = subprocess.run(
        ["git", *words],
        cwd=folder,
        env=ENVIRONMENT | more,
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )
    return done.stdout.strip()


def make(folder: Path, files: dict[str, str]) -> Path:
    """A repository with one commit, which serves partial clones as hosts do."""
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    git(folder, "config", "uploadpack.allowFilter", "true")
    git(folder, "config", "uploadpack.allowAnySHA1InWant", "true")
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    if files:
        git(folder, "add", ".")
        git(folder, "commit", "-q", "-m", "first")
    return folder


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make(tmp_path / "origin", FILES)


def source_of(folder: Path | str, limits: Limits = LIMITS, cache: Cache | None = None) -> GitSource:
    address = folder if isinstance(folder, str) else f"file://{folder}"
    return GitSource(limits=limits, protocols="file:http", addresses={NAME: address}, cache=cache)


def target(revision: str | None = None, id_: str = NAME) -> Target:
    return Target(kind=TargetKind.CODE, id=id_, revision=revision)


def read(source: GitSource, *paths: str, max_bytes: int = 100_000) -> Snapshot:
    return source.read(source.open(target()), wanted(*paths, max_bytes=max_bytes), silent)


# ---------------------------------------------------------------- what is read


def test_files_and_texts_come_from_one_commit(repository: Path) -> None:
    snapshot = read(source_of(repository), "README.md", "train.py", "src/a b.py", "none.py")
    assert (snapshot.subject, snapshot.id, snapshot.url) == ("code", NAME, f"https://{NAME}")
    assert snapshot.revision == git(repository, "rev-parse", "HEAD")
    assert {file.path for file in snapshot.files} == set(FILES)
    assert snapshot.listing_complete
    assert [document.text for document in snapshot.documents] == [
        FILES[p] for p in ("README.md", "train.py", "src/a b.py")
    ]
    assert [(item.path, item.reason) for item in snapshot.unread] == [("none.py", "not-found")]
    assert snapshot.documents[2].url == f"https://{NAME}/blob/{snapshot.revision}/src/a%20b.py"


def test_only_the_wanted_files_are_fetched(repository: Path) -> None:
    source = source_of(repository)
    source.read(source.open(target()), wanted("README.md"), silent)
    clone = next(iter(source._clones.values())).folder / "clone"
    missing = git(clone, "rev-list", "--objects", "--missing=print", "HEAD", GIT_ALLOW_PROTOCOL="none")
    assert missing.count("?") == len(FILES) - 1
    assert [path.name for path in clone.iterdir()] == [".git"]


def test_the_kinds_of_code_are_told_from_a_clone(repository: Path) -> None:
    source = source_of(repository)
    listing = source.open(target())
    code = source.read(listing, wanted_of("code", listing.files), silent)
    found = scan_code(code, code, Where(path="README.md"), load_catalog())
    assert found.kinds == (CodeKind.PRE_TRAINING,)


def test_a_branch_or_tag_is_read_where_it_exists(repository: Path) -> None:
    git(repository, "tag", "v1.0")
    (repository / "new.py").write_text("z = 3\n")
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "second")
    assert "new.py" in {file.path for file in source_of(repository).open(target()).files}
    assert "new.py" not in {file.path for file in source_of(repository).open(target("v1.0")).files}
    with pytest.raises(NotFound, match="no revision v9"):
        source_of(repository).open(target("v9"))


def test_an_empty_repository_is_seen_to_be_empty(tmp_path: Path) -> None:
    listing = source_of(make(tmp_path / "empty", {})).open(target())
    assert (listing.files, listing.listing_complete, listing.revision) == ((), True, None)


def test_a_long_text_is_cut_and_says_so(repository: Path) -> None:
    snapshot = read(source_of(repository), "train.py", max_bytes=12)
    assert (snapshot.documents[0].text, snapshot.documents[0].truncated) == (FILES["train.py"][:12], True)
    assert snapshot.unread[0].reason == "too-large"


def test_more_texts_can_be_read_later(repository: Path) -> None:
    source = source_of(repository)
    first = source.read(source.open(target()), wanted("README.md"), silent)
    more = source.read_more(first, wanted("README.md", "LICENSE"))
    assert [document.path for document in more.documents] == ["README.md", "LICENSE"]


def test_what_was_read_is_kept_and_serves_without_a_network(repository: Path) -> None:
    read(source_of(repository, cache=Cache()), "README.md")
    assert Cache().latest(GIT, target()) is not None
    offline = source_for(target(), offline=True)
    snapshot = offline.read(offline.open(target()), wanted("README.md"), silent)
    assert snapshot.documents[0].text == "# Code\n"


# ---------------------------------------------------------------- hostile repositories


def test_links_and_submodules_are_no_files(repository: Path) -> None:
    (repository / "link.py").symlink_to("/etc/passwd")
    git(repository, "add", ".")
    blob = git(repository, "rev-parse", "HEAD")
    git(repository, "update-index", "--add", "--cacheinfo", f"160000,{blob},sub")
    git(repository, "commit", "-q", "-m", "links")
    assert {file.path for file in source_of(repository).open(target()).files} == set(FILES)


def test_names_that_lead_elsewhere_are_left_out(repository: Path) -> None:
    blob = git(repository, "rev-parse", "HEAD:README.md")
    inner = subprocess.run(
        ["git", "mktree"], cwd=repository, env=ENVIRONMENT, input=f"100644 blob {blob}\tpasswd\n".encode(),
        capture_output=True, check=True, timeout=20,
    ).stdout.decode().strip()  # fmt: skip
    rows = f"040000 tree {inner}\t..\n100644 blob {blob}\tgood\tname.py\n100644 blob {blob}\t-rf.py\n"
    tree = subprocess.run(
        ["git", "mktree"], cwd=repository, env=ENVIRONMENT, input=rows.encode(), capture_output=True, check=True,
        timeout=20,
    ).stdout.decode().strip()  # fmt: skip
    git(repository, "update-ref", "refs/heads/main", git(repository, "commit-tree", tree, "-m", "odd"))
    listing = source_of(repository).open(target())
    assert not listing.listing_complete
    assert all(".." not in file.path.split("/") for file in listing.files)


def test_hooks_filters_and_settings_of_this_machine_are_not_used(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof = tmp_path / "ran"
    home = tmp_path / "home"
    template = home / "template" / "hooks"
    template.mkdir(parents=True)
    for name in ("post-checkout", "reference-transaction", "post-index-change"):
        (template / name).write_text(f"#!/bin/sh\ntouch {proof}\n")
        (template / name).chmod(0o755)
    (home / ".gitconfig").write_text(
        f"[init]\n\ttemplateDir = {template.parent}\n[core]\n\thooksPath = {template}\n\tfsmonitor = touch {proof}\n"
        f"[credential]\n\thelper = !touch {proof}\n"
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / ".gitconfig"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", f"touch {proof}")
    (repository / ".gitattributes").write_text("*.py filter=evil\n")
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "attributes")
    assert read(source_of(repository), "train.py").documents
    assert not proof.exists()


@pytest.mark.parametrize(
    "id_",
    [
        "--upload-pack=x/y",
        "host/-x/y",
        "host/../../etc",
        "host/a/..",
        "host/a b/c",
        "ext::sh/a/b",
        "host",
        "/etc/x",
        "host/a/b;c",
    ],
)
def test_what_git_could_take_for_something_else_is_refused(id_: str) -> None:
    with pytest.raises(SourceError):
        GitSource(limits=LIMITS).open(target(id_=id_))


@pytest.mark.parametrize("revision", ["--upload-pack=touch /tmp/x", "-b", "", "a b", "a\nb"])
def test_a_revision_is_never_an_option(revision: str, repository: Path) -> None:
    with pytest.raises(NotFound):
        source_of(repository).open(target(revision))


def test_only_https_is_spoken_unless_a_test_says_otherwise(repository: Path) -> None:
    with pytest.raises(Unreachable, match="not allowed"):
        GitSource(limits=LIMITS, addresses={NAME: f"file://{repository}"}).open(target())


def test_a_host_that_is_not_public_is_not_asked() -> None:
    with pytest.raises(AccessDenied, match="no public host"):
        GitSource(limits=LIMITS).open(target(id_="localhost/a/b"))


# ---------------------------------------------------------------- failures


def test_a_missing_repository_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="or it is private"):
        source_of(tmp_path / "nothing").open(target())


def test_without_git_the_reader_is_told(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(Unreachable, match="Install git"):
        source_of(repository).open(target())


@pytest.fixture
def silent_server() -> Iterator[str]:
    """A server that takes connections and says nothing."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()
    held: list[socket.socket] = []

    def hold() -> None:
        while not ended.is_set():
            try:
                held.append(listener.accept()[0])
            except OSError:
                return

    thread = threading.Thread(target=hold, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/a/b"
    ended.set()
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    for connection in held:
        connection.close()
    thread.join(2.0)


def test_a_host_that_hangs_is_given_up_with_all_processes(silent_server: str) -> None:
    before = _children()
    started = time.monotonic()
    with pytest.raises(TimedOut, match=r"within 0\.5 seconds"):
        source_of(silent_server, Limits(request_seconds=0.5)).open(target())
    assert time.monotonic() - started < 3
    assert _children() <= before


def test_no_folder_is_left_behind(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    source = source_of(repository)
    read(source, "README.md")
    del source
    with pytest.raises(NotFound):
        source_of(tmp_path / "nothing").open(target())
    assert list(place.iterdir()) == []


def _children() -> set[str]:
    """Processes of this machine that run git for us, by their command lines."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes()
        except OSError:
            continue
        if b"git" in words and b"/a/b" in words and b"127.0.0.1" in words:
            found.add(path.parent.name)
    return found
