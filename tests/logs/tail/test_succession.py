"""What was followed is not given out again, and what rotation put between two files is found."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from corvo_agent.logs.files.log_file import open_log
from corvo_agent.logs.files.rotation import Rotation
from corvo_agent.logs.lines.marker import Gap
from corvo_agent.logs.tail.followed_file import FollowedFile
from corvo_agent.logs.tail.succession import Succession


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def follow(path: Path, stack: ExitStack) -> FollowedFile:
    file = FollowedFile(open_log(str(path)), 0, 1000)
    stack.callback(file.close)
    return file


def between(succession: Succession, old: FollowedFile, path: Path, stack: ExitStack) -> list[str]:
    new = stack.enter_context(open_log(str(path)))
    return [os.path.basename(file.path) for file in succession.between(old, new, [old.key])]


def make(folder: Path, *newest_first: str) -> None:
    for age, name in enumerate(newest_first):
        content = f"{name} begins with a line of its own\n".encode()
        (folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        os.utime(folder / name, (1000 - age, 1000 - age))


@pytest.mark.parametrize("names", [["a.log.1", "a.log.2", "a.log.3", "a.log.4"], ["a.log.4", "a.log.3", "a.log.2"]])
def test_what_is_newer_than_the_one_that_was_followed(names: list[str], tmp_path: Path, stack: ExitStack) -> None:
    make(tmp_path, "a.log", *names)
    succession = Succession(Rotation(str(tmp_path / "a.log")))
    assert between(succession, follow(tmp_path / names[2], stack), tmp_path / "a.log", stack) == names[:2]
    assert succession.remarks == []


def test_one_that_was_packed_keeps_its_place(tmp_path: Path, stack: ExitStack) -> None:
    make(tmp_path, "a.log", "a.log.1", "a.log.2", "a.log.3")
    old = follow(tmp_path / "a.log.2", stack)
    (tmp_path / "a.log.2.gz").write_bytes(gzip.compress((tmp_path / "a.log.2").read_bytes()))
    os.utime(tmp_path / "a.log.2.gz", (998, 998))
    (tmp_path / "a.log.2").unlink()
    succession = Succession(Rotation(str(tmp_path / "a.log")))
    assert between(succession, old, tmp_path / "a.log", stack) == ["a.log.1"]
    assert succession.remarks == []


def test_of_one_that_is_gone_the_times_are_left(tmp_path: Path, stack: ExitStack) -> None:
    make(tmp_path, "a.log", "a.log.1", "a.log.2", "a.log.3")
    old = follow(tmp_path / "a.log.2", stack)
    (tmp_path / "a.log.2").unlink()
    succession = Succession(Rotation(str(tmp_path / "a.log")))
    assert between(succession, old, tmp_path / "a.log", stack) == ["a.log.1"]
    assert [why for why, _ in succession.remarks] == [Gap.REPLACED]


def test_where_nothing_tells_it_is_said_and_nothing_is_repeated(tmp_path: Path, stack: ExitStack) -> None:
    make(tmp_path, "a.log", "a.log.1", "a.log.2", "a.log.3")
    for path in tmp_path.iterdir():
        os.utime(path, (1000, 1000))
    succession = Succession(Rotation(str(tmp_path / "a.log")))
    first = follow(tmp_path / "a.log.1", stack)
    succession.remember(first)
    assert succession.was_followed(str(tmp_path / "a.log.1"), first.key)
    assert not succession.was_followed(str(tmp_path / "a.log.2"), first.key)
    assert between(succession, follow(tmp_path / "a.log.2", stack), tmp_path / "a.log", stack) == ["a.log.3"]
    # What was followed before says in which order they came.
    assert succession.remarks == []
    other = Succession(Rotation(str(tmp_path / "a.log")))
    assert between(other, follow(tmp_path / "a.log.2", stack), tmp_path / "a.log", stack) == ["a.log.1"]
    assert [why for why, _ in other.remarks] == [Gap.ORDER]


def test_an_inode_that_is_used_again_is_another_file(tmp_path: Path, stack: ExitStack) -> None:
    make(tmp_path, "a.log.1")
    succession = Succession(Rotation(str(tmp_path / "a.log")))
    file = follow(tmp_path / "a.log.1", stack)
    succession.remember(file)
    (tmp_path / "a.log.1").write_bytes(b"other content in the same place, as after a deletion\n")
    assert not succession.was_followed(str(tmp_path / "a.log.1"), file.key)
    (tmp_path / "a.log.1").unlink()
    succession.remember(file)
    assert not succession.was_followed(str(tmp_path / "a.log.1"), file.key)
