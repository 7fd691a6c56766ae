"""A single weight file as a target: read like one in a folder, and the folder is not looked at."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from openaudit.errors import AccessDenied, Damaged, NotFound, SourceError
from openaudit.sources.targets import parse_target
from openaudit.sources.weight_file import WeightFileSource, looks_like_weights
from openaudit.vocabulary import TargetKind, Wanted
from tests.hub import small_gguf, small_safetensors
from tests.sources.conftest import silent

COMMIT = "a" * 40


def test_only_the_file_is_listed_and_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("---\nlicense: mit\n---\n")
    file = tmp_path / "model.gguf"
    file.write_bytes(small_gguf())
    source = WeightFileSource()
    listing = source.open(parse_target(str(file)))
    assert [(entry.path, entry.size_bytes) for entry in listing.files] == [("model.gguf", len(small_gguf()))]
    assert listing.id == "model.gguf"
    assert not listing.listing_complete
    assert "not the folder" in listing.unread[0].message
    snapshot = source.read(listing, [Wanted(path="README.md", max_bytes=10)], silent)
    assert snapshot.documents == ()
    assert source.reader(snapshot, "model.gguf").read_at(0, 4) == b"GGUF"


def test_no_other_file_can_be_read_through_it(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(small_safetensors())
    (tmp_path / "other.safetensors").write_bytes(b"x")
    source = WeightFileSource()
    snapshot = source.read(source.open(parse_target(str(file))), (), silent)
    with pytest.raises(NotFound):
        source.reader(snapshot, "other.safetensors")


def test_a_file_of_the_hubs_cache_is_known_by_its_repository(tmp_path: Path) -> None:
    folder = tmp_path / "models--org--name" / "snapshots" / COMMIT
    folder.mkdir(parents=True)
    (folder / "model.gguf").write_bytes(small_gguf())
    listing = WeightFileSource().open(parse_target(str(folder / "model.gguf")))
    assert (listing.id, listing.revision) == ("org/name", COMMIT)


def test_a_blob_without_a_suffix_is_told_by_its_first_bytes(tmp_path: Path) -> None:
    blob = tmp_path / f"sha256-{'a' * 64}"
    blob.write_bytes(small_gguf())
    target = parse_target(str(blob))
    assert target.kind is TargetKind.FILE
    source = WeightFileSource()
    listing = source.open(target)
    assert listing.files[0].path == f"sha256-{'a' * 64}.gguf"
    assert source.reader(source.read(listing, (), silent), listing.files[0].path).read_at(0, 4) == b"GGUF"


REFUSED: dict[str, tuple[bytes, type[SourceError], str]] = {
    "README.md": (b"# A card", Damaged, "no weight file"),
    "model.safetensors": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n",
        NotFound,
        "git-LFS",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_weight_file_is_refused(tmp_path: Path, name: str) -> None:
    data, error, says = REFUSED[name]
    (tmp_path / name).write_bytes(data)
    assert not looks_like_weights(tmp_path / name)
    with pytest.raises(error, match=says):
        WeightFileSource().open(parse_target(str(tmp_path / name)))


def test_a_file_that_went_away_is_not_found(tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(small_gguf())
    target = parse_target(str(file))
    file.unlink()
    with pytest.raises(NotFound):
        WeightFileSource().open(target)


def test_a_pipe_in_its_place_does_not_make_an_audit_wait(tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(small_gguf())
    target = parse_target(str(file))
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(Damaged):
        WeightFileSource().open(target)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_access_denied(tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(small_gguf())
    file.chmod(0)
    with pytest.raises(AccessDenied):
        WeightFileSource().open(parse_target(str(file)))
