"""Rounds over all logs of a tail: bounded, fair, and nothing is missed between reading a file and watching it."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from corvo_agent.logs.files.framing import LINES as EACH_LINE
from corvo_agent.logs.limits import DEFAULT_TAIL_LIMITS, TailLimits
from corvo_agent.logs.tail.follower import LogFollower, Step, TailItem
from corvo_agent.logs.tail.session import TailSession
from tests.logs.tail_kit import line

LINES = 10_000


def follower(path: str, others: Collection[str]) -> LogFollower:
    return LogFollower(path, others=others, max_line=100, linger=0)


@contextmanager
def following(*paths: Path, notify: bool = True, limits: TailLimits = DEFAULT_TAIL_LIMITS) -> Iterator[TailSession]:
    """A session that has opened ``paths`` and has looked at them once."""
    limits = replace(limits, notify=notify)
    with closing(TailSession([str(path) for path in paths], follower, limits)) as tail:
        tail.open()
        tail.round()
        yield tail


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def rounds(tail: TailSession) -> list[list[TailItem]]:
    """What the rounds find until there is nothing more for now."""
    found = []
    more = True
    while more:
        items, more = tail.round()
        found.append(items)
    return found


def test_a_round_is_bounded_and_the_logs_share_it(tmp_path: Path) -> None:
    paths = [tmp_path / "a.log", tmp_path / "b.log"]
    for path in paths:
        append(path, line(0))
    with following(*paths) as tail:
        for path in paths:
            append(path, b"".join(map(line, range(LINES * 4))))
        found = rounds(tail)
        assert len(found) > 2
        assert max(sum(item.size for item in items) for items in found) <= 320 * 1024
        assert {item.path for item in found[0]} == set(map(str, paths))
        for path in paths:
            assert sum(item.count for items in found for item in items if item.path == str(path)) == LINES * 4


def test_a_line_without_an_end_does_not_hold_a_round(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    append(path, line(0))
    with following(path) as tail:
        append(path, b"x" * (2 << 20))
        assert len(rounds(tail)) > 4
        append(path, b"\n")
        ((item,),) = rounds(tail)
        assert item.chunk is not None
        assert item.chunk.length == 2 << 20


def test_lines_that_come_one_by_one_are_not_chased(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    append(path, line(0))
    with following(path) as tail:
        append(path, line(1))
        items, more = tail.round()
        assert [item.count for item in items] == [1]
        assert not more


def test_a_file_is_looked_at_again_once_it_is_watched(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    for notify in (True, False):
        with following(path, notify=notify) as tail:
            append(path, line(1))
            items, more = tail.round()
            assert [item.count for item in items] == [1]
            # What is written between its reading and its watching is told by nobody.
            assert more is notify
            assert tail.round() == ([], False)
        path.unlink()


def test_nothing_is_found_after_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    append(path, line(0))
    with following(path) as tail:
        tail.close()
        append(path, line(1))
        assert tail.round() == ([], False)


#: Looks for new logs in every round, and at all of them only when something was told.
SCANNING = TailLimits(rescan=0, rest=3600)


def numbers(found: list[list[TailItem]]) -> list[str]:
    chunks = [item.chunk for items in found for item in items if item.chunk is not None]
    return [json.loads(text)["n"] for chunk in chunks for text in chunk.lines(EACH_LINE, 1000).data]


def test_only_the_logs_that_something_was_told_of_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(20):
        append(tmp_path / f"{n}.log", line(0))
    looked_at: list[str] = []
    step = LogFollower.step

    def counted(self: LogFollower) -> Step:
        looked_at.append(self.path)
        return step(self)

    monkeypatch.setattr(LogFollower, "step", counted)
    with following(tmp_path / "*.log", limits=SCANNING) as tail:
        rounds(tail)
        looked_at.clear()
        append(tmp_path / "7.log", line(1))
        assert numbers(rounds(tail)) == ["1"]
        assert set(looked_at) == {str(tmp_path / "7.log")}


def test_logs_that_come_are_read_from_their_beginning_and_those_that_are_deleted_let_go(tmp_path: Path) -> None:
    append(tmp_path / "0.log", line(0))
    with following(tmp_path / "*.log", limits=replace(SCANNING, rest=0)) as tail:
        append(tmp_path / "1.log", line(1))
        assert numbers(rounds(tail)) == ["1"]
        before = len(os.listdir("/proc/self/fd"))
        for n in (0, 1):
            append(tmp_path / f"{n}.log", line(f"last of {n}"))
            (tmp_path / f"{n}.log").unlink()
        assert sorted(numbers(rounds(tail) + rounds(tail))) == ["last of 0", "last of 1"]
        assert len(os.listdir("/proc/self/fd")) == before - 2
        append(tmp_path / "0.log", line("new"))
        assert numbers(rounds(tail)) == ["new"]


def test_what_rotation_made_of_a_log_that_was_deleted_and_came_back(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    append(path, line(0))
    with following(path) as tail:
        os.utime(path, (1000, 1000))
        path.unlink()
        rounds(tail)
        for n in range(3):
            append(path, line(n))
            path.rename(tmp_path / f"a.log.{n}")
            os.utime(tmp_path / f"a.log.{n}", (2000 + n, 2000 + n))
        append(path, line(3))
        assert numbers(rounds(tail)) == ["0", "1", "2", "3"]


def test_too_many_logs_are_stated(tmp_path: Path) -> None:
    for n in range(5):
        append(tmp_path / f"{n}.log", line(0))
    with closing(TailSession([str(tmp_path / "*.log")], follower, replace(SCANNING, max_logs=3))) as tail:
        tail.open()
        item = rounds(tail)[0][0]
        assert item.remark is not None
        assert "of 5 logs 2 are not followed" in item.remark["msg"]
        append(tmp_path / "5.log", line(0))
        item = rounds(tail)[0][0]
        assert item.remark is not None
        assert "of 6 logs 3 are not followed" in item.remark["msg"]
        assert rounds(tail) == [[]]


def test_a_file_with_two_names_is_followed_once(tmp_path: Path) -> None:
    append(tmp_path / "a-2026-11-24.log", line(0))
    (tmp_path / "current.log").symlink_to("a-2026-11-24.log")
    with following(tmp_path / "*.log", limits=SCANNING) as tail:
        append(tmp_path / "a-2026-11-24.log", line(1))
        assert numbers(rounds(tail)) == ["1"]
        (tmp_path / "z.log").hardlink_to(tmp_path / "a-2026-11-24.log")
        append(tmp_path / "z.log", line(2))
        assert numbers(rounds(tail)) == ["2"]


@pytest.mark.parametrize("looks", [True, False])
def test_older_files_whose_names_other_logs_may_have_are_followed_once(tmp_path: Path, looks: bool) -> None:
    path = tmp_path / "a.log"
    append(path, line("first"))
    append(tmp_path / "a-9.log", line("another log"))
    found: list[list[TailItem]] = []
    with following(tmp_path / "*.log", limits=SCANNING) as tail:
        for n in range(4):
            append(path, line(n))
            path.rename(tmp_path / f"a-{n + 1}.log")
            path.touch()
            found += rounds(tail) if looks else []
        append(path, line(4))
        append(tmp_path / "a-9.log", line("of the other"))
        found += rounds(tail) + rounds(tail)
    lines = numbers(found)
    lines.remove("of the other")
    assert lines == ["0", "1", "2", "3", "4"]
