"""Rotated files are found beside their log, wherever a link leads, and opened wherever they were moved."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from corvo_agent.errors import NotFound, PermissionRefused
from corvo_agent.logs.files.log_file import LogFile
from corvo_agent.logs.files.rotation import Rotation
from corvo_agent.logs.lines.marker import Gap


class FirstNumber:
    """A clock for files that begin with a number."""

    def first_time(self, log: LogFile) -> int | None:
        text = log.head.partition(b"\n")[0]
        return int(text) * 10**9 if text.isdigit() else None


def make(folder: Path, *newest_first: str) -> None:
    for age, name in enumerate(newest_first):
        (folder / name).write_bytes(b"%d\n" % (1000 - age))
        os.utime(folder / name, (1000 - age, 1000 - age))


def names(rotation: Rotation) -> list[str]:
    return [os.path.basename(file.path) for file in rotation.files()]


@pytest.mark.parametrize(
    "found",
    [
        ["a.log.1", "a.log.2.gz", "a.log.10.zst", "a.log.11"],
        ["a.log.11", "a.log.10.xz", "a.log.2", "a.log.1.bz2"],
        ["a.1.log", "a.2.log.gz"],
        ["a.log-1", "a.log-2"],
        ["a.log.2024-01-31", "a.log.2024-01-30.gz", "a.log.2023-12-31"],
        ["a.log.2024-01-31_23", "a.log.2024-01-31_22"],
        ["a.log-20240131-1706659200", "a.log-20240131-1706655600"],
        ["a-2024-01-31T23-59-59.001.log", "a-2024-01-31T23-59-59.000.log.gz", "a-2024-01-30T00-00-00.000.log"],
        ["a.2024-01-31_23-59-59_123456.log", "a.2024-01-30_00-00-00_000001.log"],
        ["a.2026-11-24.11.log", "a.2026-11-24.10.log", "a.2026-11-24.9.log"],
        ["a.log.old", "a.log.bak"],
        ["a-3.log", "a-2.log", "a-1.log"],
    ],
)
def test_the_newest_first(tmp_path: Path, found: list[str]) -> None:
    make(tmp_path, "a.log", *found, "a.log.1.tmp", "b.log.1", "a-b.log")
    rotation = Rotation(str(tmp_path / "a.log"), clock=FirstNumber())
    assert names(rotation) == found
    assert rotation.doubts == []


def test_a_file_that_is_being_compressed_counts_once(tmp_path: Path) -> None:
    make(tmp_path, "a.log.1", "a.log.1.gz", "a.log.2.zst")
    assert names(Rotation(str(tmp_path / "a.log"))) == ["a.log.1", "a.log.2.zst"]


def test_a_file_is_opened_wherever_it_was_moved(tmp_path: Path) -> None:
    rotation = Rotation(str(tmp_path / "a.log"))
    (tmp_path / "a.log.1").write_bytes(b"old\n")
    (file,) = rotation.files()
    (tmp_path / "a.log.1").rename(tmp_path / "a.log.2")
    (tmp_path / "a.log.1").write_bytes(b"new\n")
    with rotation.open(file) as log:
        assert log.head == b"old\n"
    (tmp_path / "a.log.2").unlink()
    with pytest.raises(NotFound):
        rotation.open(file)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        Rotation(str(tmp_path / "no" / "a.log")).files()


def test_a_link_has_its_history_beside_what_it_leads_to(tmp_path: Path) -> None:
    pod, containers = tmp_path / "pods" / "x", tmp_path / "containers"
    pod.mkdir(parents=True)
    containers.mkdir()
    make(pod, "0.log", "0.log.20261124-100001", "0.log.20261124-100000.gz", "1.log")
    (containers / "x.log").symlink_to(pod / "0.log")
    rotation = Rotation(str(containers / "x.log"), [os.path.realpath(pod)])
    assert names(rotation) == ["0.log.20261124-100001", "0.log.20261124-100000.gz"]
    assert rotation.folders == {str(pod), str(containers)}
    with rotation.open(rotation.files()[0]) as log:
        assert log.head == b"999\n"
    # They are read where the operator lets the log lead, and nowhere else.
    elsewhere = Rotation(str(containers / "x.log"), [os.path.realpath(containers)])
    with pytest.raises(PermissionRefused):
        elsewhere.open(elsewhere.files()[0])


def test_a_link_to_the_newest_of_numbered_or_dated_files(tmp_path: Path) -> None:
    make(tmp_path, "a.3.log", "a.2.log", "a.1.log", "c-2026-11-24.log", "c-2026-11-23.log")
    (tmp_path / "current.log").symlink_to("a.3.log")
    (tmp_path / "b.log").symlink_to("c-2026-11-24.log")
    assert names(Rotation(str(tmp_path / "current.log"))) == ["a.3.log", "a.2.log", "a.1.log"]
    assert names(Rotation(str(tmp_path / "b.log"))) == ["c-2026-11-24.log", "c-2026-11-23.log"]


def test_a_copy_by_hand_is_not_read_twice(tmp_path: Path) -> None:
    content = b"".join(b"line %d\n" % n for n in range(1000))
    (tmp_path / "a.log").write_bytes(content + b"more\n")
    (tmp_path / "a.log.bak").write_bytes(content)
    (tmp_path / "a.log.old").write_bytes(content[:2000] + b"other lines follow here\n" * 20)
    assert names(Rotation(str(tmp_path / "a.log"))) == ["a.log.old"]


@pytest.mark.parametrize("first", [b"1000\n", b"free text\n"], ids=["written to", "no times"])
def test_what_may_be_another_log_is_named(tmp_path: Path, first: bytes) -> None:
    make(tmp_path, "a.log", "a-1.log", "a-2.log", "a.log.1")
    (tmp_path / "a.log").write_bytes(first)
    os.utime(tmp_path / "a-2.log", (2000, 2000))
    rotation = Rotation(str(tmp_path / "a.log"), clock=FirstNumber())
    assert names(rotation) == ["a.log.1"]
    assert rotation.doubts == [(Gap.UNREADABLE, "not told from other logs by their names: a-1.log, a-2.log")]
    # Unless it is read as a log of its own.
    others: Sequence[str] = [str(tmp_path / name) for name in ("a-1.log", "a-2.log")]
    rotation = Rotation(str(tmp_path / "a.log"), others=others)
    assert names(rotation) == ["a.log.1"]
    assert rotation.doubts == []


def test_only_rotation_packs_a_file(tmp_path: Path) -> None:
    make(tmp_path, "a.log", "a-2.log", "a-1.log.gz")
    rotation = Rotation(str(tmp_path / "a.log"))
    assert names(rotation) == ["a-2.log", "a-1.log.gz"]
    assert rotation.doubts == []


def test_the_file_that_was_followed_proves_its_new_name(tmp_path: Path) -> None:
    make(tmp_path, "a.log", "a-1.log", "a-2.log")
    rotation = Rotation(str(tmp_path / "a.log"))
    status = (tmp_path / "a-2.log").stat()
    assert [os.path.basename(file.path) for file in rotation.files([(status.st_dev, status.st_ino)])] == [
        "a-1.log",
        "a-2.log",
    ]
    assert names(rotation) == ["a-1.log", "a-2.log"]
