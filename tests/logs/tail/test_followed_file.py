"""One open file, read as it grows; a truncated one is noticed before its bytes are mixed."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from corvo_agent.logs.files.log_file import FileChanged, open_log
from corvo_agent.logs.files.splitter import Chunk
from corvo_agent.logs.tail.followed_file import FollowedFile


def text(chunks: list[Chunk] | None) -> bytes | None:
    return None if chunks is None else b"".join(bytes(chunk.data[chunk.start : chunk.end]) for chunk in chunks)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.log"
    path.write_bytes(b"one\ntwo\n")
    return path


@pytest.fixture
def file(path: Path) -> Iterator[FollowedFile]:
    file = FollowedFile(open_log(str(path)), 4, 100)
    yield file
    file.close()


def test_it_grows(path: Path, file: FollowedFile) -> None:
    assert text(file.more()) == b"two\n"
    assert file.more() is None
    with path.open("ab") as writer:
        writer.write(b"thr")
    assert text(file.more()) == b""
    assert file.offset == 8
    with path.open("ab") as writer:
        writer.write(b"ee\n")
    assert text(file.more()) == b"three\n"
    assert file.offset == 14
    assert file.mark().length == 14
    assert file.finish() == []


def test_a_shorter_file(path: Path, file: FollowedFile) -> None:
    file.more()
    os.truncate(path, 0)
    with pytest.raises(FileChanged):
        file.more()
    file.start_again()
    assert file.more() is None
    path.write_bytes(b"new\n")
    assert text(file.more()) == b"new\n"


def test_other_content_of_any_length(path: Path, file: FollowedFile) -> None:
    file.more()
    path.write_bytes(b"other content, longer than before\n")
    with pytest.raises(FileChanged):
        file.more()
    file.start_again()
    assert text(file.more()) == b"other content, longer than before\n"


@pytest.mark.parametrize("seen_empty", [False, True])
def test_a_hole_is_left_out(path: Path, file: FollowedFile, *, seen_empty: bool) -> None:
    file.more()
    os.truncate(path, 0)
    if seen_empty:
        with pytest.raises(FileChanged):
            file.more()
        file.start_again()
        assert file.more() is None
    with path.open("r+b") as writer:
        writer.seek(1 << 20)
        writer.write(b"behind\n")
    if not seen_empty:
        with pytest.raises(FileChanged):
            file.more()
        file.start_again()
    found = text(file.more())
    assert found is not None
    assert found.lstrip(b"\0") == b"behind\n"
    assert len(found) < 100_000


def test_a_compressed_file_from_a_place_inside(tmp_path: Path) -> None:
    path = tmp_path / "a.log.1.gz"
    path.write_bytes(gzip.compress(b"one\ntwo\nthr"))
    file = FollowedFile(open_log(str(path)), 4, 100)
    assert file.final
    assert text(file.more()) == b"two\n"
    assert file.more() is None
    assert text(file.finish()) == b"thr\n"
    file.close()
