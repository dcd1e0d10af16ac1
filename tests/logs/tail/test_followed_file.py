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


@pytest.mark.parametrize("room", [100, 3 << 20])
@pytest.mark.parametrize("is_hole", [True, False], ids=["hole", "zeros"])
def test_room_that_was_made_in_advance_is_written_over(room: int, is_hole: bool, path: Path) -> None:
    with path.open("r+b") as writer:
        if is_hole:
            writer.truncate(8 + room)
        else:
            writer.seek(8)
            writer.write(bytes(room))
        writer.seek(8)
        file = FollowedFile(open_log(str(path)), 4, 100)
        assert text(file.more()) == b"two\n"
        for part, expected in ((b"thr", b""), (b"ee\n", b"three\n"), (b"x" * 70, b""), (b"\n", b"x" * 70 + b"\n")):
            assert file.more() is None
            assert file.at_end
            writer.write(part)
            writer.flush()
            assert text(file.more()) == expected
        # What comes behind all of the room: a program that does not append, after copytruncate.
        writer.seek(0, os.SEEK_END)
        writer.write(b"far\n")
        writer.flush()
        chunks: list[Chunk] = []
        while (more := file.more()) is not None:
            chunks += more
        (chunk,) = chunks
        assert bytes(chunk.data[chunk.start : chunk.end]).lstrip(b"\0") == b"far\n"
        file.close()


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
