"""Folders of all sorts, friendly and not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from openaudit.errors import AccessDenied, NotFound, SourceError
from openaudit.sources.folder import FolderSource
from openaudit.sources.interface import Listing
from openaudit.sources.limits import Limits
from openaudit.vocabulary import Target, TargetKind, Wanted
from tests.sources.conftest import CARD, silent, wanted

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SHA256 = "ab" * 32


def test_files_are_listed_sorted_with_sizes_and_texts_read(tmp_path: Path) -> None:
    _write(tmp_path, {"README.md": CARD, "LICENSE": "x", "sub/deep/a.txt": "abc", ".git/secret": "no"})
    listing = _open(tmp_path)
    assert [(e.path, e.size_bytes) for e in listing.files] == [
        ("LICENSE", 1),
        ("README.md", len(CARD)),
        ("sub/deep/a.txt", 3),
    ]
    assert listing.listing_complete
    assert (listing.id, listing.revision, listing.url) == (tmp_path.name, None, None)
    snapshot = FolderSource().read(listing, wanted("README.md", "sub/deep/a.txt", "NOTICE"), silent)
    assert [read.text for read in snapshot.documents] == [CARD, "abc"]
    assert [(item.path, item.reason) for item in snapshot.unread] == [("NOTICE", "not-found")]


def test_texts_are_decoded_and_what_was_lost_is_said(tmp_path: Path) -> None:
    (tmp_path / "bom").write_bytes(b"\xef\xbb\xbfabc")
    (tmp_path / "utf16").write_bytes("äbc".encode("utf-16"))
    (tmp_path / "latin").write_bytes("äbc".encode("latin-1"))
    (tmp_path / "long").write_bytes("ä".encode() * 50)
    wishes = [*wanted("bom", "utf16", "latin"), *wanted("long", max_bytes=7)]
    read = FolderSource().read(_open(tmp_path), wishes, silent)
    assert [(d.text, d.lossy, d.truncated) for d in read.documents] == [
        ("abc", False, False),
        ("äbc", False, False),
        ("\ufffdbc", True, False),
        ("äää", False, True),
    ]
    assert [(u.path, u.reason) for u in read.unread] == [("long", "too-large")]


def test_read_more_adds_texts_and_keeps_what_was_read(tmp_path: Path) -> None:
    _write(tmp_path, {"README.md": CARD, "LICENSE": "x"})
    source = FolderSource()
    first = source.read(_open(tmp_path), wanted("README.md", "NOTICE"), silent)
    more = source.read_more(first, [*wanted("LICENSE"), Wanted(path="LICENSE", max_bytes=9, origin="a/b")])
    assert [read.path for read in more.documents] == ["README.md", "LICENSE"]
    assert [item.path for item in more.unread] == ["NOTICE", "a/b/LICENSE"]


@pytest.mark.parametrize("place", ["absent", "empty", "file"])
def test_what_is_no_folder_with_files_is_not_found(tmp_path: Path, place: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    with pytest.raises(NotFound) as caught:
        _open(tmp_path / place)
    assert caught.value.hint


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    _write(tmp_path, {"secret": "password", "elsewhere/x": "x", "model/README.md": CARD})
    model = tmp_path / "model"
    (model / "LICENSE").symlink_to(tmp_path / "secret")
    (model / "up").symlink_to(tmp_path / "elsewhere")
    (model / "dangling").symlink_to("nowhere")
    (model / "loop").symlink_to("loop")
    (model / "card").symlink_to("README.md")
    (model / "self").symlink_to(".")
    listing = _open(model)
    assert [entry.path for entry in listing.files] == ["README.md", "card"]
    assert not listing.listing_complete
    assert {item.path: item.reason for item in listing.unread} == {
        "LICENSE": "access-denied",
        "dangling": "not-found",
        "loop": "not-found",
        "up": "access-denied",
    }
    for path in ("LICENSE", "up/x", "../secret", str(tmp_path / "secret"), "self/../../secret"):
        snapshot = FolderSource().read(listing, wanted(path), silent)
        assert snapshot.documents == ()
        with pytest.raises(SourceError):
            FolderSource().reader(listing.snapshot((), ()), path)


def test_pipes_and_devices_are_left_out_and_never_opened(tmp_path: Path) -> None:
    _write(tmp_path, {"README.md": CARD})
    os.mkfifo(tmp_path / "LICENSE")
    (tmp_path / "zero").symlink_to("/dev/zero")
    listing = _open(tmp_path)
    assert [entry.path for entry in listing.files] == ["README.md"]
    assert {item.path for item in listing.unread} == {"LICENSE", "zero"}
    snapshot = FolderSource().read(listing, wanted("LICENSE", "zero"), silent)
    assert snapshot.documents == ()


def test_a_folder_with_an_odd_name_has_an_id_that_can_be_written(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"bad\xff")
    _write(folder, {"README.md": CARD})
    assert _open(folder).id == "bad\\xff"


def test_odd_names_are_listed(tmp_path: Path) -> None:
    _write(tmp_path, {"a\nb.txt": "1", "c d": "2"})
    (tmp_path / os.fsdecode(b"bad\xff.txt")).write_text("3")
    listing = _open(tmp_path)
    assert [entry.path for entry in listing.files] == ["a\nb.txt", "bad\\xff.txt", "c d"]
    for entry in listing.files:
        entry.path.encode()
    assert FolderSource().read(listing, wanted("a\nb.txt"), silent).documents[0].text == "1"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_unreadable_files_are_unread(tmp_path: Path) -> None:
    _write(tmp_path, {"README.md": CARD})
    (tmp_path / "README.md").chmod(0)
    snapshot = FolderSource().read(_open(tmp_path), wanted("README.md"), silent)
    assert snapshot.unread[0].reason == AccessDenied.reason


def test_the_number_and_depth_of_files_is_bounded(tmp_path: Path) -> None:
    _write(tmp_path, {f"{n:03}.txt": "" for n in range(30)})
    _write(tmp_path, {"/".join("d" * 12) + "/x": ""})
    many = FolderSource(Limits(files=10)).open(_target(tmp_path))
    assert len(many.files) == 10
    assert not many.listing_complete
    deep = FolderSource(Limits(depth=5)).open(_target(tmp_path))
    assert not deep.listing_complete
    assert "5 levels deep" in deep.unread[0].message


def test_a_lfs_pointer_is_the_file_it_stands_for_and_its_bytes_are_not_here(tmp_path: Path) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{SHA256}\nsize 5000000000\n"
    _write(tmp_path, {"README.md": CARD, "model.safetensors": pointer, "LICENSE": pointer})
    listing = _open(tmp_path)
    weights = listing.files[-1]
    assert (weights.size_bytes, weights.digest) == (5_000_000_000, f"sha256:{SHA256}")
    assert listing.listing_complete
    assert "listed, not here" in listing.unread[0].message
    snapshot = FolderSource().read(listing, wanted("LICENSE"), silent)
    assert "git lfs pull" in snapshot.unread[-1].message
    with pytest.raises(NotFound, match="pointer"):
        FolderSource().reader(snapshot, "model.safetensors")


def test_ranges_of_a_file_are_read(tmp_path: Path) -> None:
    _write(tmp_path, {"w.bin": "0123456789"})
    reader = FolderSource().reader(_open(tmp_path).snapshot((), ()), "w.bin")
    assert (reader.size_bytes, reader.read_at(3, 4), reader.read_at(8, 9)) == (10, b"3456", b"89")


def test_a_snapshot_of_the_hub_cache_is_known_by_its_path_and_its_blobs_are_followed(tmp_path: Path) -> None:
    for kind, subject in (("models", "model"), ("datasets", "dataset")):
        snapshot = hub_cache_copy(
            tmp_path, f"{kind}--org--name", {"README.md": CARD, "w.safetensors": "weights"}
        )
        (tmp_path / "secret").write_text("secret")
        (snapshot / "LICENSE").symlink_to(tmp_path / "secret")
        listing = _open(snapshot)
        assert (listing.id, listing.revision, listing.subject) == ("org/name", COMMIT, subject)
        assert [(e.path, e.digest) for e in listing.files] == [
            ("README.md", f"git:{'0' * 40}"),
            ("w.safetensors", f"sha256:{'1' * 64}"),
        ]
        assert not listing.listing_complete
        read = FolderSource().read(listing, wanted("README.md", "LICENSE"), silent)
        assert [d.path for d in read.documents] == ["README.md"]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("remote", "url"),
    [
        ("https://user:secret@huggingface.co/org/name.git", "https://huggingface.co/org/name"),
        ("git@hf.co:org/name", "https://huggingface.co/org/name"),
        ("https://github.com/org/name.git", "https://github.com/org/name"),
    ],
)
def test_a_cloned_repository_is_known_by_its_remote_and_its_head(
    tmp_path: Path, packed: bool, remote: str, url: str
) -> None:
    config = (
        f'[core]\n\tbare = false\n[remote "up"]\n\turl = https://x/y/z\n[remote "origin"]\n\turl = {remote}\n'
    )
    ref = (
        {"packed-refs": f"# pack-refs\n{COMMIT} refs/heads/main\n"} if packed else {"refs/heads/main": COMMIT}
    )
    git = {"HEAD": "ref: refs/heads/main\n", "config": config, **ref}
    _write(tmp_path, {"README.md": CARD, **{f".git/{name}": text for name, text in git.items()}})
    listing = _open(tmp_path)
    assert (listing.id, listing.revision, listing.url) == ("org/name", COMMIT, url)


@pytest.mark.parametrize(
    "head", ["ref: ../../../etc/passwd", "ref: refs/../../x", "nonsense", "", "\xff" * 90]
)
def test_a_hostile_git_folder_tells_nothing(tmp_path: Path, head: str) -> None:
    _write(
        tmp_path,
        {"README.md": CARD, ".git/HEAD": head, ".git/config": '[remote "origin"]\nurl = ext::sh -c id'},
    )
    (tmp_path / ".git/packed-refs").symlink_to("/dev/zero")
    listing = _open(tmp_path)
    assert (listing.id, listing.revision, listing.url) == (tmp_path.name, None, None)


SUBJECTS = [
    ({"README.md": "---\ntask_categories:\n- x\n---\n", "a.parquet": ""}, "dataset"),
    ({"README.md": "---\nlicense: mit\n---\n", "data/train.jsonl": ""}, "dataset"),
    ({"README.md": "---\npretty_name: X\n---\n"}, "dataset"),
    ({"README.md": "---\npipeline_tag: x\npretty_name: X\n---\n", "eval.csv": ""}, "model"),
    ({"README.md": "---\ntask_categories:\n- x\n---\n", "model.safetensors": ""}, "model"),
    ({"README.md": "# x", "config.json": "{}", "train.csv": ""}, "model"),
    ({"README.md": "# x", "a.py": "", "b.py": "", "results.csv": ""}, "model"),
    ({"README.md": "# x"}, "model"),
]


@pytest.mark.parametrize(("files", "subject"), SUBJECTS)
def test_a_folder_is_a_dataset_when_it_looks_like_one(
    tmp_path: Path, files: dict[str, str], subject: str
) -> None:
    _write(tmp_path, files)
    assert _open(tmp_path).subject == subject


def hub_cache_copy(root: Path, repository: str, files: dict[str, str]) -> Path:
    """A repository as the Hub's tools keep it: blobs, and a snapshot of links to them."""
    folder = root / repository
    snapshot = folder / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (folder / "blobs").mkdir()
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text(COMMIT)
    for number, (name, text) in enumerate(sorted(files.items())):
        blob = str(number) * (64 if name.endswith(".safetensors") else 40)
        (folder / "blobs" / blob).write_text(text)
        (snapshot / name).symlink_to(Path("../../blobs") / blob)
    return snapshot


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _target(folder: Path) -> Target:
    return Target(kind=TargetKind.FOLDER, id=str(folder), text=str(folder))


def _open(folder: Path) -> Listing:
    return FolderSource().open(_target(folder))
