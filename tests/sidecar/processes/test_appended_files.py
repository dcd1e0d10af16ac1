"""Log files of a process, found by what it has open."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from corvo_agent.sidecar.processes.appended_files import open_logs


def test_files_open_for_appending_are_logs_the_last_written_first(tmp_path: Path) -> None:
    old, new, read, plain, gone = (tmp_path / name for name in ("old.log", "new.log", "read", "plain", "gone.log"))
    for path in (old, new, read, plain, gone):
        path.write_text("x")
    os.utime(old, (1, 1))
    with open(old, "a"), open(new, "a"), open(new, "a"), open(read), open(plain, "w"), open(gone, "a"):
        gone.unlink()
        found = [path for path in open_logs(os.getpid()) if path.is_relative_to(tmp_path)]
    assert found == [new, old]


def test_a_name_that_stands_for_another_file_now_is_no_log(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    with open(path, "a"):
        path.rename(tmp_path / "app.log.1")
        path.write_text("new")
        found = [each for each in open_logs(os.getpid()) if each.is_relative_to(tmp_path)]
    # The kernel knows the file by its new name.
    assert found == [tmp_path / "app.log.1"]


def test_a_process_that_is_not_there_has_none() -> None:
    with pytest.raises(FileNotFoundError):
        open_logs(2**22 + 1)
