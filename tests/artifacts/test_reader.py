"""The narrow door: what readers promise about bytes, calls, ends and lies."""

import os
from itertools import pairwise
from pathlib import Path

import pytest

from openaudit.artifacts import BudgetedReader, BytesReader, FileByteReader, inspect
from openaudit.artifacts.reader import BudgetSpentError
from openaudit.errors import AccessDenied, SourceError

from . import builders as make


class Counting:
    """A reader that keeps the ranges it was asked for."""

    def __init__(self, data: bytes, size: int | None = None) -> None:
        self.size_bytes: int | None = len(data) if size is None else size
        self._data = data
        self.ranges: list[tuple[int, int]] = []

    def read_at(self, offset: int, length: int) -> bytes:
        self.ranges.append((offset, length))
        return self._data[offset : offset + length]


class Failing:
    size_bytes: int | None = 1000

    def __init__(self, error: Exception) -> None:
        self._error = error

    def read_at(self, offset: int, length: int) -> bytes:
        raise self._error


class Deaf:
    """A server that ignores ranges and always sends the whole file."""

    size_bytes: int | None = None

    def read_at(self, offset: int, length: int) -> bytes:
        return b"\0" * 500_000


def read_all_over(reader: BudgetedReader) -> None:
    for offset in range(0, 5_000_000, 100_000):
        reader.read_at(offset, 2000)


def test_many_small_reads_cost_few_calls() -> None:
    source = Counting(bytes(300_000))
    reader = BudgetedReader(source)
    for offset in range(0, 300_000, 100):
        assert len(reader.read_at(offset, 100)) == 100
    assert reader.calls <= 4
    assert reader.bytes_read == 300_000


def test_no_byte_is_fetched_twice() -> None:
    source = Counting(bytes(range(256)) * 4000)
    reader = BudgetedReader(source, max_bytes=10_000_000)
    for offset in (500_000, 0, 250_000, 499_000, 100, 900_000, 64_000):
        assert reader.read_at(offset, 3000) == (bytes(range(256)) * 4000)[offset : offset + 3000]
    fetched = sorted((start, start + length) for start, length in source.ranges)
    assert all(end <= start for (_, end), (start, _) in pairwise(fetched))


@pytest.mark.parametrize(("limit", "calls"), [(1000, 128), (10_000_000, 2)])
def test_budget_of_bytes_and_calls_is_kept(limit: int, calls: int) -> None:
    source = Counting(bytes(5_000_000))
    reader = BudgetedReader(source, max_bytes=limit, max_calls=calls)
    with pytest.raises(BudgetSpentError):
        read_all_over(reader)
    assert reader.bytes_read <= limit
    assert len(source.ranges) <= calls


def test_reads_outside_the_file_are_empty() -> None:
    for reader in (BytesReader(b"abc"), BudgetedReader(BytesReader(b"abc"))):
        assert [reader.read_at(*place) for place in ((3, 5), (-1, 5), (0, 0), (0, -4), (10**18, 1))] == [
            b""
        ] * 5
        assert reader.read_at(1, 100) == b"bc"


def test_file_reader_refuses_what_is_no_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "missing"):
        with pytest.raises(OSError):
            FileByteReader(path)


def test_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.bin").write_bytes(b"secret")
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "out.bin").symlink_to(tmp_path / "secret.bin")
    (folder / "real.bin").write_bytes(b"x")
    (folder / "in.bin").symlink_to(folder / "real.bin")
    with pytest.raises(OSError, match="leads out"):
        FileByteReader(folder / "out.bin", within=folder)
    assert FileByteReader(folder / "in.bin", within=folder).read_at(0, 1) == b"x"


def test_pipe_put_in_the_place_of_a_file_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "m.bin"
    path.write_bytes(b"x" * 100)
    reader = FileByteReader(path)
    path.unlink()
    os.mkfifo(path)
    assert [problem.code for problem in inspect("m.bin", reader).problems] == ["unreadable"]


def test_file_reader_reads_ranges(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(b"0123456789")
    reader = FileByteReader(path)
    assert reader.size_bytes == 10
    assert reader.read_at(3, 4) == b"3456"
    assert reader.read_at(8, 100) == b"89"
    assert reader.read_at(10, 1) == b""


def test_file_that_shrinks_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(make.safetensors_file({"a": make.tensor("F32", [50], 0, 200)}, b"\0" * 200))
    reader = FileByteReader(path)
    os.truncate(path, 40)
    artifact = inspect("m.safetensors", reader)
    assert artifact.safe == "unknown"
    assert "size-lies" in [problem.code for problem in artifact.problems]


@pytest.mark.parametrize("size", [10**15, 5, None])
def test_declared_size_may_lie(size: int | None) -> None:
    content = make.safetensors_file({"a": make.tensor("F32", [50], 0, 200)}, b"\0" * 200)
    source = Counting(content, size)
    source.size_bytes = size
    artifact = inspect("m.safetensors", source)
    assert artifact.format == "safetensors"
    assert artifact.safe == "safe" if size is None else artifact.problems


@pytest.mark.parametrize(
    "error", [OSError(5, "Input/output error"), AccessDenied("gated"), SourceError("gone")]
)
def test_source_errors_become_problems(error: Exception) -> None:
    artifact = inspect("m.safetensors", Failing(error))
    assert [problem.code for problem in artifact.problems] == ["unreadable"]
    assert (artifact.safe, artifact.bytes_read) == ("unknown", 0)


def test_server_that_ignores_ranges_does_no_harm() -> None:
    artifact = inspect("m.safetensors", Deaf())
    assert artifact.safe == "unknown"
    assert artifact.bytes_read <= 1_000_000


def test_header_larger_than_the_budget_still_tells_its_license() -> None:
    entries = {"__metadata__": {"license": "mit"}} | {
        f"layer.{number}.weight": make.tensor("F32", [1], 4 * number, 4 * number + 4)
        for number in range(30_000)
    }
    content = make.safetensors_file(entries, b"\0" * 120_000)
    artifact = inspect("m.safetensors", BytesReader(content))
    assert artifact.license_metadata == (("license", "mit"),)
    assert artifact.parameters is None
    assert [problem.code for problem in artifact.problems] == ["budget"]
    assert artifact.safe == "unknown"
    assert artifact.bytes_read <= 1_000_000
    whole = inspect("m.safetensors", BudgetedReader(BytesReader(content), max_bytes=10_000_000))
    assert (whole.parameters, whole.safe, whole.problems) == (30_000, "safe", ())
