"""Rounds over all logs of a tail: bounded, fair, and nothing is missed between reading a file and watching it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from corvo_agent.logs.limits import TailLimits
from corvo_agent.logs.tail.follower import LogFollower, TailItem
from corvo_agent.logs.tail.session import TailSession
from tests.logs.tail_kit import line

LINES = 10_000


@contextmanager
def following(*paths: Path, notify: bool = True) -> Iterator[TailSession]:
    """A session that has opened ``paths`` and has looked at them once."""
    limits = TailLimits(notify=notify)
    with closing(
        TailSession([str(path) for path in paths], lambda path: LogFollower(path, max_line=100), limits)
    ) as tail:
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
