"""Patterns name logs: each file once, rotated ones with their log, and a name with a bracket is one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from corvo_agent.errors import InvalidArgument
from corvo_agent.logs.files import log_paths
from corvo_agent.logs.files.log_paths import expand, literal_path
from corvo_agent.logs.files.rotated_name import bases_of


def names(folder: Path, *patterns: str) -> list[str]:
    return [os.path.relpath(path, folder) for path in expand([str(folder / pattern) for pattern in patterns])]


def make(folder: Path, *paths: str) -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(path)


def test_rotated_files_belong_to_their_log(tmp_path: Path) -> None:
    make(tmp_path, "a.log", "a.log.1", "a-20261124.log", "b.log.1.gz", "a-2.log", "a.log.2026-11-24.3.xz")
    assert names(tmp_path, "*") == ["a-2.log", "a.log", "b.log.1.gz"]
    assert expand([str(tmp_path / "*.gz")], [str(tmp_path / "b.log")]) == []
    assert names(tmp_path, "no.log", "b.log.1.gz") == ["no.log", "b.log.1.gz"]


def test_a_file_with_two_names_is_there_once(tmp_path: Path) -> None:
    make(tmp_path, "b.log")
    (tmp_path / "a.log").symlink_to("b.log")
    (tmp_path / "c.log").hardlink_to(tmp_path / "b.log")
    assert names(tmp_path, "*.log") == ["b.log"]
    assert names(tmp_path, "c.log", "a.log", "b.log") == ["c.log"]
    assert names(tmp_path, "a.log") == ["a.log"]


def test_folders_below(tmp_path: Path) -> None:
    make(tmp_path, "a.log", "x/b.log", "x/y/c.log", "x/y/d.txt", ".hidden/e.log", "z/logs/f.log")
    (tmp_path / "x" / "round").symlink_to("..")
    assert names(tmp_path, "**/*.log") == ["a.log", "x/b.log", "x/y/c.log", "z/logs/f.log"]
    assert names(tmp_path, "**/y/*") == ["x/y/c.log", "x/y/d.txt"]
    assert names(tmp_path, "?/**/*.log") == ["x/b.log", "x/y/c.log", "z/logs/f.log"]
    assert set(names(tmp_path, "x/**")) == {"x/b.log", "x/round", "x/y", "x/y/c.log", "x/y/d.txt"}


def test_relative_to_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a.log", "x/b.log")
    monkeypatch.chdir(tmp_path)
    assert expand(["**/*.log"]) == ["a.log", "x/b.log"]
    assert expand(["*.log"]) == ["a.log"]


def test_too_many_folders_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_paths, "_FOLDERS", 3)
    make(tmp_path, *(f"{n}/a.log" for n in range(4)))
    with pytest.raises(InvalidArgument):
        names(tmp_path, "**/*.log")


def test_a_bracket_in_a_name(tmp_path: Path) -> None:
    assert literal_path("/x/a.log") == "/x/a.log"
    assert literal_path("/x/[[]a[*].log") == "/x/[a*.log"
    assert literal_path("/x/a[1].log") is None
    make(tmp_path, "a1.log")
    assert names(tmp_path, "a[1].log") == ["a1.log"]
    make(tmp_path, "a[1].log")
    assert literal_path(str(tmp_path / "a[1].log")) == str(tmp_path / "a[1].log")
    assert names(tmp_path, "a[1].log") == ["a[1].log"]
    assert names(tmp_path, "a[[]1].log") == ["a[1].log"]


def test_a_thousand_files_take_no_square_of_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, *(f"app{n}-x.log" for n in range(1000)))
    asked: list[str] = []

    def counted(name: str) -> Iterator[str]:
        asked.append(name)
        return bases_of(name)

    monkeypatch.setattr(log_paths, "bases_of", counted)
    assert len(names(tmp_path, "*.log")) == 1000
    assert len(asked) == 1000
