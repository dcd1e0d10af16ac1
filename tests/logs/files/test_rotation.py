"""Rotated files are known by their names and sorted by age."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from corvo_agent.errors import NotFound
from corvo_agent.logs.files.rotation import open_rotated, rotated_files, rotated_name

OTHERS = (
    "a.log",
    "b.log.1",
    "a.log.bak",
    "a.logs.1",
    "a-b.log",
    "a.log.1.tmp",
    "a2024-01-01.log",
    "a..log",
    "a.log.",
    "aa.log.1",
)


@pytest.mark.parametrize(
    "names",
    [
        ["a.log.1", "a.log.2.gz", "a.log.10.zst", "a.log.11"],
        ["a.1.log", "a.2.log.gz"],
        ["a.log.2024-01-31", "a.log.2024-01-30.gz", "a.log.2023-12-31"],
        ["a.log.2024-01-31_23-59-59", "a.log.2024-01-31_23-59-58"],
        ["a.log.2024-01-31_23", "a.log.2024-01-31_22"],
        ["a.log-20240131", "a.log-20240130.gz"],
        ["a.log-20240131-1706659200", "a.log-20240131-1706655600"],
        ["a-2024-01-31T23-59-59.001.log", "a-2024-01-31T23-59-59.000.log.gz", "a-2024-01-30T00-00-00.000.log"],
        ["a-20240131.log", "a-20240130.log"],
        ["a.2024-01-31_23-59-59_123456.log", "a.2024-01-30_00-00-00_000001.log"],
    ],
)
def test_the_newest_first(tmp_path: Path, names: list[str]) -> None:
    for name in (*names, *OTHERS):
        (tmp_path / name).touch()
    found = rotated_files(str(tmp_path / "a.log"))
    assert [os.path.basename(file.path) for file in found] == names


def test_other_names_are_none() -> None:
    assert [name for name in OTHERS if rotated_name(name, "a.log")] == []
    assert rotated_name("syslog.1", "syslog") == (1, "")
    assert rotated_name("syslog-20240101", "syslog") == (0, "20240101")


def test_a_file_that_is_being_compressed_counts_once(tmp_path: Path) -> None:
    for name in ("a.log.1", "a.log.1.gz", "a.log.2.zst"):
        (tmp_path / name).touch()
    assert [file.path[-2:] for file in rotated_files(str(tmp_path / "a.log"))] == [".1", "st"]


def test_two_ways_of_naming_are_sorted_by_time(tmp_path: Path) -> None:
    for age, name in enumerate(("a.log.1", "a.log-20240131", "a.log.2", "a.log-20240101")):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (10_000 - age, 10_000 - age))
    found = rotated_files(str(tmp_path / "a.log"))
    assert [file.modified // 10**9 for file in found] == [10_000, 9_999, 9_998, 9_997]


def test_a_file_is_opened_wherever_it_was_moved(tmp_path: Path) -> None:
    path = str(tmp_path / "a.log")
    (tmp_path / "a.log.1").write_bytes(b"old\n")
    (file,) = rotated_files(path)
    (tmp_path / "a.log.1").rename(tmp_path / "a.log.2")
    (tmp_path / "a.log.1").write_bytes(b"new\n")
    with open_rotated(path, file) as log:
        assert log.head == b"old\n"
    (tmp_path / "a.log.2").unlink()
    with pytest.raises(NotFound):
        open_rotated(path, file)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        rotated_files(str(tmp_path / "no" / "a.log"))
