"""From any known place a gzip file unpacks to the same bytes as from its beginning."""

from __future__ import annotations

import gzip
import os
import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corvo_agent.errors import DecodeError
from corvo_agent.logs.files import packed_index
from corvo_agent.logs.files.log_file import open_log
from corvo_agent.logs.files.packed_index import Inflater, PackedIndex, PackedIndexes

CONTENT = b"".join(b"%d and %d\n" % (n, n * n % 9973) for n in range(12_000))


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Places of small files, close together."""
    monkeypatch.setattr(packed_index, "_SPACING", 30_000)
    monkeypatch.setattr(packed_index, "OUTPUT", 10_000)
    monkeypatch.setattr(packed_index, "_SMALLEST", 1)


def complete(path: Path) -> PackedIndex:
    index = PackedIndex()
    with open_log(str(path)) as log:
        assert list(index.extend(log))
    return index


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(st.integers(0, len(CONTENT)), max_size=3), st.integers(0, len(CONTENT)))
def test_from_any_byte_on(tmp_path: Path, cuts: list[int], start: int) -> None:
    borders = [0, *sorted(cuts), len(CONTENT)]
    members = [gzip.compress(CONTENT[one:other]) for one, other in pairwise(borders)]
    path = tmp_path / "a.gz"
    path.write_bytes(b"".join(members) + bytes(70_000))
    index = complete(path)
    assert index.is_complete
    assert len(index.points()) >= 3
    with open_log(str(path)) as log:
        assert b"".join(index.pieces(log, start)) == CONTENT[start:]
        # Each place may be used again.
        assert b"".join(index.pieces(log, start)) == CONTENT[start:]
        for point in index.points():
            assert b"".join(Inflater(log, point).pieces()) == CONTENT[point.offset :]


def test_there_are_never_many_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed_index, "_SPACING", 3000)
    monkeypatch.setattr(packed_index, "OUTPUT", 1024)
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(CONTENT))
    points = complete(path).points()
    assert 16 <= len(points) < 32
    apart = [later.offset - earlier.offset for earlier, later in pairwise(points)]
    assert max(apart) < 4 * min(apart)


def test_it_goes_on_where_it_was_left(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(CONTENT))
    index = PackedIndex()
    with open_log(str(path)) as log:
        for count in range(1, 4):
            for is_new in index.extend(log):
                if is_new:
                    break
            assert len(index.points()) == count
            assert not index.is_complete


@pytest.mark.parametrize("damage", [lambda packed: packed[: len(packed) // 2], lambda packed: packed[:-9] + b"x" * 9])
def test_a_broken_file_is_known_up_to_there(tmp_path: Path, damage: object) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(damage(gzip.compress(CONTENT)))  # type: ignore[operator]
    index = complete(path)
    assert index.is_complete
    with open_log(str(path)) as log, pytest.raises(DecodeError):
        list(index.pieces(log, 0))


def test_the_indexes_of_a_few_files_are_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed_index, "_REMEMBERED", 2)
    indexes = PackedIndexes()
    found = []
    for name in ("a.gz", "b.gz", "c.gz", "d.zst"):
        (tmp_path / name).write_bytes(gzip.compress(random.randbytes(100)))
        with open_log(str(tmp_path / name)) as log:
            found.append(indexes.of(log))
            assert indexes.of(log) is found[-1]
    assert found[-1] is None
    with open_log(str(tmp_path / "a.gz")) as log:
        assert indexes.of(log) is not found[0]
    with open_log(str(tmp_path / "c.gz")) as log:
        assert indexes.of(log) is found[2]
    # Another content is another file.
    os.utime(tmp_path / "c.gz", (1, 1))
    with open_log(str(tmp_path / "c.gz")) as log:
        assert indexes.of(log) is not found[2]
