"""Which files belong to a log, at a moment when rotation may be moving them."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from corvo_agent.errors import NotFound, PermissionRefused, Unavailable
from corvo_agent.logs.files.history import LogHistory, head_of
from corvo_agent.logs.files.log_file import FileChanged, open_log


def names(history: LogHistory) -> list[str]:
    return [os.path.basename(file.path) for file in (*history.newest(), *history.older())]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    for age, name in enumerate(("a.log", "a.log.1", "a.log.2.gz")):
        content = f"{name}\n".encode()
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    return tmp_path / "a.log"


def test_the_file_and_what_rotation_left(log: Path) -> None:
    with LogHistory(str(log)) as history:
        assert names(history) == ["a.log", "a.log.1", "a.log.2.gz"]
    with LogHistory(str(log), rotated=False) as history:
        assert names(history) == ["a.log"]


def test_what_came_after_the_file_was_opened_is_not_older(log: Path) -> None:
    with LogHistory(str(log)) as history:
        (log.parent / "a.log.2.gz").rename(log.parent / "a.log.3.gz")
        (log.parent / "a.log.1").rename(log.parent / "a.log.2")
        log.rename(log.parent / "a.log.1")
        assert names(history) == ["a.log", "a.log.2", "a.log.3.gz"]
        log.write_bytes(b"new\n")
        assert names(history) == ["a.log", "a.log.2", "a.log.3.gz"]
        # Compressed since: it is another file now, and still not older than itself.
        (log.parent / "a.log.1.gz").write_bytes(gzip.compress((log.parent / "a.log.1").read_bytes()))
        os.utime(log.parent / "a.log.1.gz", (1000, 1000))
        (log.parent / "a.log.1").unlink()
        assert names(history) == ["a.log", "a.log.2", "a.log.3.gz"]


def test_without_the_file_the_older_ones_are_read(log: Path) -> None:
    log.unlink()
    with LogHistory(str(log)) as history:
        assert names(history) == ["a.log.1", "a.log.2.gz"]
    with pytest.raises(NotFound):
        LogHistory(str(log), rotated=False)


def test_files_are_opened_wherever_they_are_now(log: Path) -> None:
    with LogHistory(str(log)) as history:
        current, first, packed = (*history.newest(), *history.older())
        (log.parent / "a.log.1").rename(log.parent / "a.log.4")
        opened = history.open(first)
        assert opened is not None
        with opened:
            assert opened.head == b"a.log.1\n"
        opened = history.open(packed)
        assert opened is not None
        with opened:
            assert head_of(opened) == b"a.log.2.gz\n"
        again = history.open(current)
        assert again is not None
        again.close()
        (log.parent / "a.log.4").unlink()
        with pytest.raises(FileChanged):
            history.open(first)


def test_a_file_that_may_not_be_read_is_remarked_upon(log: Path, tmp_path: Path) -> None:
    (log.parent / "logs").mkdir()
    (log.parent / "logs" / "a.log").write_bytes(b"x\n")
    (log.parent / "logs" / "a.log.1").symlink_to(log)
    with LogHistory(str(log.parent / "logs" / "a.log"), [str(log.parent / "logs")]) as history:
        (older,) = history.older()
        assert history.open(older) is None
        assert [remark["corvo.gap"] for remark in history.remarks] == ["unreadable"]
        with pytest.raises(Unavailable):
            history.remark(history.path, Unavailable("x", "y"))
    with pytest.raises(PermissionRefused):
        LogHistory(str(log), [str(log.parent / "logs")])


def test_the_head_of_a_long_compressed_file(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(b"".join(gzip.compress(b"%d" % (n % 10)) for n in range(1000)))
    with open_log(str(path)) as log:
        assert head_of(log) == b"0123456789" * 25 + b"012345"
