"""Bundles: the same bytes for the same snapshot, the same snapshot for the same bytes, and nothing else accepted."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openaudit.artifacts.reader import BytesReader
from openaudit.errors import Damaged, NotFound, SourceError, TooLarge
from openaudit.sources.bundle import (
    BundleSource,
    RecordedFile,
    RecordingReader,
    read_bundle,
    write_bundle,
)
from openaudit.sources.limits import Limits
from openaudit.sources.texts import document
from openaudit.vocabulary import Access, FileEntry, Snapshot, Target, TargetKind, Unread, Wanted
from tests.sources.conftest import silent, wanted

SNAPSHOT = Snapshot(
    target=Target(kind=TargetKind.MODEL, id="org/old", revision="main", text="org/old@main"),
    subject="model",
    id="org/name",
    revision="a" * 40,
    url="https://huggingface.co/org/name",
    resolved_at="2026-01-02T03:04:05Z",
    files=(
        FileEntry(path="a\nb", size_bytes=None, digest=None),
        FileEntry(path="w.safetensors", size_bytes=10**12, digest="sha256:" + "0" * 64),
    ),
    listing_complete=False,
    metadata={"tags": ["a", "b"], "cardData": {"license": None, "x": 1.5, "ü": True}},
    documents=(
        document("README.md", b"line\r\nline\nlast", max_bytes=100, url="https://x/y"),
        document("LICENSE", b"caf\xe9 \x00 \xf0\x9f\x98\x80", max_bytes=100, origin="base/model@main"),
        document("long", b"x" * 11, max_bytes=10),
    ),
    unread=(Unread(path="NOTICE", reason="timed-out", message="too slow"),),
    access=Access(gated="auto", private=False, downloadable=False, detail="why"),
)
RECORDED = (RecordedFile(path="w.safetensors", size_bytes=10**12, ranges=((0, b"abcdefgh"), (8, b"ij"))),)


def test_a_snapshot_survives_the_way_through_a_bundle() -> None:
    assert read_bundle(write_bundle(SNAPSHOT, RECORDED)) == (SNAPSHOT, RECORDED)


def test_the_same_snapshot_gives_the_same_bytes() -> None:
    again, recorded = read_bundle(write_bundle(SNAPSHOT, RECORDED))
    assert write_bundle(again, recorded) == write_bundle(SNAPSHOT, RECORDED)


def test_a_bundle_is_a_plain_archive_with_a_manifest() -> None:
    with zipfile.ZipFile(io.BytesIO(write_bundle(SNAPSHOT))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [
            "documents/00000.txt",
            "documents/00001.txt",
            "documents/00002.txt",
            "manifest.json",
        ]
        assert json.loads(archive.read("manifest.json"))["schema_version"] == "1.0"


def test_a_bundle_gives_back_the_snapshot_target_included(tmp_path: Path) -> None:
    source, target = BundleSource(), _written(tmp_path, write_bundle(SNAPSHOT, RECORDED))
    listing = source.open(target)
    assert listing.target == SNAPSHOT.target
    wish = Wanted(path="LICENSE", max_bytes=100, origin="base/model@main")
    snapshot = source.read(listing, wanted("README.md", "NOTICE", "long"), silent)
    assert snapshot == SNAPSHOT
    assert source.read_more(snapshot, [wish]) == SNAPSHOT
    assert source.reader(snapshot, "w.safetensors").read_at(2, 7) == b"cdefghi"


def test_a_text_that_the_bundle_says_nothing_of_is_unread(tmp_path: Path) -> None:
    source = BundleSource()
    snapshot = source.read(
        source.open(_written(tmp_path, write_bundle(SNAPSHOT))), wanted("README.md", "NEW.md"), silent
    )
    assert [(item.path, item.reason) for item in snapshot.unread[1:]] == [("NEW.md", "not-found")]
    with pytest.raises(NotFound):
        source.reader(snapshot, "w.safetensors")


def test_what_a_reader_read_can_be_read_again_and_no_more() -> None:
    recording = RecordingReader(BytesReader(b"0123456789"), "w.bin")
    recording.read_at(0, 4)
    recording.read_at(4, 2)
    recording.read_at(8, 100)
    snapshot, (recorded,) = read_bundle(write_bundle(SNAPSHOT, [recording.recorded]))
    assert snapshot == SNAPSHOT
    assert recorded.ranges == ((0, b"0123"), (4, b"45"), (8, b"89"))


def _changed(name: str, data: bytes) -> Callable[[dict[str, bytes]], bytes]:
    return lambda parts: _zipped({**parts, name: data})


def _manifest(change: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, bytes]], bytes]:
    def make(parts: dict[str, bytes]) -> bytes:
        manifest = json.loads(parts["manifest.json"])
        change(manifest)
        return _zipped({**parts, "manifest.json": json.dumps(manifest).encode()})

    return make


DAMAGED: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "empty": lambda parts: b"",
    "no zip": lambda parts: b"x" * 1000,
    "cut off": lambda parts: _zipped(parts)[:-10],
    "cut at the front": lambda parts: _zipped(parts)[10:],
    "a comment": lambda parts: _zipped(parts)[:-2] + b"\x01\x00x",
    "no manifest": lambda parts: _zipped({k: v for k, v in parts.items() if k != "manifest.json"}),
    "a missing part": lambda parts: _zipped({k: v for k, v in parts.items() if "00001" not in k}),
    "a changed part": _changed("documents/00000.txt", b"changed"),
    "an extra part": _changed("documents/00009.txt", b"extra"),
    "a path upwards": _changed("../../etc/passwd", b"x"),
    "an absolute path": _changed("/etc/passwd", b"x"),
    "a folder": _changed("documents/", b""),
    "compressed": lambda parts: _zipped(parts, zipfile.ZIP_DEFLATED),
    "a bomb": lambda parts: _zipped(
        {**parts, "documents/00009.txt": b"\0" * 10_000_000}, zipfile.ZIP_DEFLATED
    ),
    "a lying count": lambda parts: _patched(_zipped(parts), -12, struct.pack("<H", 60_000)),
    "two lying counts": lambda parts: _patched(_zipped(parts), -14, struct.pack("<HH", 60_000, 60_000)),
    "a lying size of the directory": lambda parts: _patched(_zipped(parts), -10, struct.pack("<L", 2**31)),
    "a part twice": lambda parts: _twice(parts),
    "no json": _changed("manifest.json", b"{"),
    "deep json": _changed("manifest.json", b"[" * 200_000),
    "a list": _changed("manifest.json", b"[]"),
    "half a character": _manifest(lambda m: _of(m)["metadata"].update(x="\ud800")),
    "infinity": _manifest(lambda m: _of(m)["metadata"].update(x=float("inf"))),
    "deep metadata": _manifest(lambda m: _of(m)["metadata"].update(x=json.loads("[" * 90 + "]" * 90))),
    "another schema": _manifest(lambda m: m.update(schema_version="2.0")),
    "no snapshot": _manifest(lambda m: m.pop("snapshot")),
    "a subject that is none": _manifest(lambda m: _of(m).update(subject="space")),
    "a kind that is none": _manifest(lambda m: _of(m)["target"].update(kind="x")),
    "files that are none": _manifest(lambda m: _of(m).update(files=[[1, 2, 3]])),
    "files of two": _manifest(lambda m: _of(m).update(files=[["a", 2]])),
    "a negative size": _manifest(lambda m: _of(m).update(files=[["a", -2, None]])),
    "metadata that is none": _manifest(lambda m: _of(m).update(metadata=[])),
    "documents that are none": _manifest(lambda m: _of(m).update(documents={"a": 1})),
    "a part that is none": _manifest(lambda m: _of(m)["documents"][0].update(part="x")),
    "a gate that is none": _manifest(lambda m: _of(m)["access"].update(gated="maybe")),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_or_hostile_bundle_is_refused(case: str) -> None:
    data = DAMAGED[case](_unzipped(write_bundle(SNAPSHOT)))
    with pytest.raises(Damaged) as caught:
        read_bundle(data)
    assert "bundle" in str(caught.value)


@settings(max_examples=150, deadline=None)
@given(place=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_one_changed_byte_is_noticed_or_changes_nothing(place: int, byte: int) -> None:
    good = write_bundle(SNAPSHOT, RECORDED)
    place %= len(good)
    bad = good[:place] + bytes([byte]) + good[place + 1 :]
    try:
        assert read_bundle(bad) == (SNAPSHOT, RECORDED)
    except SourceError:
        assert bad != good


def test_what_is_no_readable_file_or_too_long_is_refused(tmp_path: Path) -> None:
    target = Target(kind=TargetKind.BUNDLE, id=str(tmp_path / "none"))
    with pytest.raises(NotFound):
        BundleSource().open(target)
    with pytest.raises(SourceError):
        BundleSource().open(replace(target, id=str(tmp_path)))
    with pytest.raises(TooLarge):
        BundleSource(Limits(bundle_bytes=100)).open(_written(tmp_path, write_bundle(SNAPSHOT)))


def _of(manifest: dict[str, Any]) -> dict[str, Any]:
    snapshot: dict[str, Any] = manifest["snapshot"]
    return snapshot


def _written(folder: Path, data: bytes) -> Target:
    path = folder / "a.openaudit"
    path.write_bytes(data)
    return Target(kind=TargetKind.BUNDLE, id=str(path), text=str(path))


def _unzipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _zipped(parts: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def _twice(parts: dict[str, bytes]) -> bytes:
    data = _zipped({**parts, "documents/0000x.txt": b"x"})
    return data.replace(b"documents/0000x.txt", b"documents/00000.txt")


def _patched(data: bytes, place: int, change: bytes) -> bytes:
    start = len(data) + place
    return data[:start] + change + data[start + len(change) :]
