"""A result that does not fit on the disk leaves nothing behind, and no result is for everyone to read."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from corvo_agent.cli.whole_file import write_whole


@contextmanager
def little_room(size: int = 16 << 10) -> Iterator[None]:
    """Files cannot grow beyond ``size`` in here, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "heap.pb.gz"
    path.write_bytes(b"old")
    path.chmod(0o644)
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["heap.pb.gz"]


def test_without_room_there_is_no_file(tmp_path: Path) -> None:
    with little_room(), pytest.raises(OSError, match="File too large"):
        write_whole(tmp_path / "new", b"x" * (1 << 20))
    assert list(tmp_path.iterdir()) == []


def test_without_room_what_was_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_bytes(b"old")
    with little_room(), pytest.raises(OSError, match="File too large"):
        write_whole(path, b"x" * (1 << 20))
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["kept"]


def test_a_link_keeps_pointing_to_the_file(tmp_path: Path) -> None:
    link, path = tmp_path / "link", tmp_path / "file"
    link.symlink_to(path)
    write_whole(link, b"x")
    assert (link.is_symlink(), path.read_bytes()) == (True, b"x")


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=write_whole, args=(pipe, b"x"))
    writer.start()
    assert pipe.read_bytes() == b"x"
    writer.join()
    assert pipe.is_fifo()


def test_standard_output_is_written_to_by_its_name() -> None:
    script = "import pathlib; from corvo_agent.cli.whole_file import write_whole; "
    script += "write_whole(pathlib.Path('/dev/stdout'), b'x')"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, timeout=60).stdout == b"x"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_its_owner_stays(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.write_bytes(b"old")
    os.chown(path, 4711, 4712)
    write_whole(path, b"new")
    found = path.stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777, path.read_bytes()) == (4711, 4712, 0o600, b"new")
