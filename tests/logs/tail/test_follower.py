"""Rotation, looked at step by step: nothing is lost, nothing comes twice, and every gap is stated."""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.errors import Unsupported
from corvo_agent.logs.files.framing import LINES
from corvo_agent.logs.lines.marker import GAP
from corvo_agent.logs.tail import follower as follower_module
from corvo_agent.logs.tail.follower import LogFollower


class Tail:
    """A follower that is stepped by hand, and what it gave out."""

    def __init__(self, path: Path, linger: float = 5.0) -> None:
        self.now = 0.0
        self.follower = LogFollower(str(path), max_line=1000, linger=linger, monotonic=lambda: self.now)
        self.lines: list[str] = []
        self.gaps: list[str] = []

    def step(self) -> bool:
        step = self.follower.step()
        for item in step.items:
            if item.remark is not None:
                self.gaps.append(item.remark[GAP])
            if item.chunk is not None:
                lines = item.chunk.lines(LINES, 1000)
                assert item.count == len(lines)
                self.lines += [data.decode() for data in lines.data]
        return step.more

    def run(self) -> list[str]:
        """Step until there is nothing more for now; all lines."""
        while self.step():
            pass
        return self.lines


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "a.log"
    path.write_bytes(b"old\n")
    return path


@pytest.fixture
def tail(log: Path) -> Iterator[Tail]:
    tail = Tail(log)
    tail.follower.start()
    yield tail
    tail.follower.close()
    assert tail.follower.open_files == {}


def append(path: Path, *lines: str) -> None:
    with path.open("a") as file:
        file.write("".join(f"{line}\n" for line in lines))


def rotate(path: Path, *, keep: int = 100) -> None:
    """What logrotate and RotatingFileHandler do."""
    there = os.listdir(path.parent)
    for age in range(keep, 0, -1):
        for suffix in ("", ".gz"):
            if (old := f"{path.name}.{age}{suffix}") in there:
                path.with_name(old).rename(path.with_name(f"{path.name}.{age + 1}{suffix}"))
    path.rename(path.with_name(f"{path.name}.1"))
    path.with_name(f"{path.name}.{keep + 1}").unlink(missing_ok=True)


def test_it_begins_behind_what_is_there(log: Path, tail: Tail) -> None:
    position = tail.follower.position()
    assert position is not None
    assert position.offset == 4
    append(log, "1")
    assert tail.run() == ["1"]
    position = tail.follower.position()
    assert position is not None
    assert position.offset == 6


def test_half_a_line_waits_for_its_end_across_a_rotation(log: Path, tail: Tail) -> None:
    with log.open("a") as writer:
        writer.write("ha")
        writer.flush()
        assert tail.run() == []
        rotate(log)
        append(log, "new")
        writer.write("lf\n")
    assert tail.run() == ["half", "new"]


def test_whoever_still_writes_to_the_old_file_is_heard(log: Path, tail: Tail) -> None:
    with log.open("a") as writer:
        rotate(log)
        append(log, "new")
        assert tail.run() == ["new"]
        writer.write("late\nnever ended")
        writer.flush()
        assert tail.run() == ["new", "late"]
        tail.now = 6.0
        assert tail.run() == ["new", "late", "never ended"]
        writer.write("too late\n")
    assert tail.run()[3:] == []
    assert len(tail.follower.open_files) == 1


def test_an_empty_new_file_does_not_end_the_old_one(log: Path, tail: Tail) -> None:
    rotate(log)
    log.touch()
    tail.now = 100.0
    append(log.with_name("a.log.1"), "slow writer")
    assert tail.run() == ["slow writer"]


def test_files_that_were_compressed_before_they_were_seen(log: Path, tail: Tail) -> None:
    append(log, "1")
    tail.run()
    for n in (2, 3):
        rotate(log)
        append(log, str(n))
    rotate(log)
    append(log, "4")
    for name in ("a.log.2", "a.log.3"):
        path = log.with_name(name)
        status = path.stat()
        packed = path.with_name(f"{name}.gz")
        packed.write_bytes(gzip.compress(path.read_bytes()))
        os.utime(packed, ns=(status.st_mtime_ns, status.st_mtime_ns))
        path.unlink()
    assert tail.run() == ["1", "2", "3", "4"]


def test_a_rotation_that_outruns_the_tail_is_a_gap(log: Path, tail: Tail) -> None:
    append(log, "1")
    for n in range(2, 8):
        rotate(log, keep=2)
        append(log, str(n))
        os.utime(log, (2_000_000_000 + n, 2_000_000_000 + n))
    assert tail.run() == ["1", "5", "6", "7"]
    assert tail.gaps == ["replaced"]


def test_too_many_files_behind_is_a_gap(log: Path, tail: Tail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower_module, "MAX_WAITING", 3)
    for n in range(6):
        append(log, str(n))
        rotate(log)
    append(log, "6")
    assert tail.run() == ["4", "5", "6"]
    assert set(tail.gaps) == {"replaced"}


def test_a_copy_has_what_was_not_read_yet(log: Path, tail: Tail) -> None:
    append(log, *(f"line number {n}" for n in range(5)))
    tail.run()
    append(log, "unread")
    shutil.copy(log, log.with_name("a.log.1"))
    with log.with_name("a.log.1").open("a") as copy:
        copy.write("half of a li")  # written just when the copy was made: its end is lost
    log.write_bytes(b"fresh\n")
    assert tail.run()[5:] == ["unread", "fresh"]
    assert tail.gaps == ["truncated"]


def test_a_copy_that_was_made_before_the_last_look_has_nothing_new(log: Path, tail: Tail) -> None:
    append(log, *(f"line number {n}" for n in range(5)))
    shutil.copy(log, log.with_name("a.log.1"))
    append(log, "written after the copy")
    tail.run()
    log.write_bytes(b"fresh\n")
    assert tail.run()[5:] == ["written after the copy", "fresh"]
    assert tail.gaps == ["truncated"]


def test_truncated_twice_between_two_looks(log: Path, tail: Tail) -> None:
    append(log, *(f"line number {n}" for n in range(5)))
    tail.run()
    for n in range(2):
        append(log, f"unread {n}")
        rotated = log.with_name("a.log.1")
        if rotated.exists():
            rotated.rename(log.with_name("a.log.2"))
        shutil.copy(log, rotated)
        log.write_bytes(b"")
    append(log, "fresh")
    assert tail.run()[5:] == ["unread 0", "unread 1", "fresh"]
    assert tail.gaps == ["truncated"] * 2


def test_a_copy_that_is_being_made_is_not_read(log: Path, tail: Tail) -> None:
    append(log, *(f"line number {n}" for n in range(5)))
    tail.run()
    append(log, "unread")
    shutil.copy(log, log.with_name("a.log.1"))
    log.write_bytes(b"")
    append(log, *(f"a fresh line with the number {n}" for n in range(5)))
    log.with_name("a.log.1").rename(log.with_name("a.log.2"))
    content = log.read_bytes()
    log.with_name("a.log.1").write_bytes(content[:100])
    assert tail.step()
    assert tail.run()[5:] == ["unread", *(f"a fresh line with the number {n}" for n in range(5))]
    assert tail.gaps == ["truncated"]
    append(log, "last")
    log.with_name("a.log.1").write_bytes(log.read_bytes())
    log.write_bytes(b"")
    append(log, "another")
    assert tail.run()[11:] == ["last", "another"]
    assert tail.gaps == ["truncated"] * 2


def test_found_empty_then_written_copied_and_truncated_before_the_next_look(log: Path, tail: Tail) -> None:
    append(log, *(f"line number {n}" for n in range(5)))
    tail.run()
    shutil.copy(log, log.with_name("a.log.1"))
    log.write_bytes(b"")
    assert tail.run()[5:] == []
    append(log, "in the copy alone")
    log.with_name("a.log.1").rename(log.with_name("a.log.2"))
    shutil.copy(log, log.with_name("a.log.1"))
    log.write_bytes(b"")
    append(log, "fresh")
    assert tail.run()[5:] == ["in the copy alone", "fresh"]
    assert tail.gaps == ["truncated"] * 2


def test_a_copy_that_is_compressed_already(log: Path, tail: Tail) -> None:
    append(log, *(f"line number {n}" for n in range(5)))
    tail.run()
    append(log, "unread")
    log.with_name("a.log.1.gz").write_bytes(gzip.compress(log.read_bytes()))
    log.write_bytes(b"")
    append(log, "fresh")
    assert tail.run()[5:] == ["unread", "fresh"]


def test_truncated_and_grown_again_between_two_looks(log: Path, tail: Tail) -> None:
    append(log, "x" * 50)
    tail.run()
    log.write_bytes(b"y" * 100 + b"\nmore\n")
    assert tail.run()[1:] == ["y" * 100, "more"]
    assert tail.gaps == ["truncated"]


def test_a_new_file_that_may_not_be_read_is_said_once(log: Path, tail: Tail) -> None:
    append(log, "1")
    rotate(log)
    log.mkdir()
    for _ in range(3):
        tail.run()
    assert (tail.lines, tail.gaps) == (["1"], ["unreadable"])
    log.rmdir()
    append(log, "2")
    assert tail.run() == ["1", "2"]
    rotate(log)
    log.mkdir()
    tail.run()
    assert tail.gaps == ["unreadable"] * 2


def test_a_broken_file_in_between_is_passed_over(log: Path, tail: Tail) -> None:
    append(log, "1")
    rotate(log)
    append(log, "2")
    rotate(log)
    append(log, "3")
    log.with_name("a.log.1").rename(log.with_name("a.log.1.gz"))
    assert tail.run() == ["1", "3"]
    assert tail.gaps == ["unreadable"]


def test_what_cannot_be_followed(tmp_path: Path) -> None:
    with pytest.raises(Unsupported):
        Tail(tmp_path).follower.start()
    missing = Tail(tmp_path / "no.log")
    missing.follower.start()
    assert missing.run() == []
    assert missing.follower.position() is None


actions = st.lists(
    st.sampled_from(["write", "write", "write", "half", "step", "step", "rotate", "compress", "recreate"]),
    min_size=10,
    max_size=60,
)


@settings(max_examples=120, deadline=None)
@given(actions)
def test_any_schedule_of_renames_loses_and_repeats_nothing(
    tmp_path_factory: pytest.TempPathFactory, schedule: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("follow")
    log = folder / "a.log"
    log.write_bytes(b"the first line of the first file\n")
    tail = Tail(log)
    tail.follower.start()
    written, rest = 0, ""
    time = 1_000_000_000.0
    os.utime(log, (time, time))
    for action in [*schedule, "write", "step"]:
        time += 1
        if action == "write":
            append(log, rest or f"line {written}")
            rest = ""
            written += 1
        elif action == "half" and not rest:
            with log.open("a") as file:
                file.write("line ")
            rest = str(written)
        elif action in ("rotate", "compress", "recreate") and log.exists() and not rest:
            if action == "recreate":
                tail.run()  # what nobody has seen when it is deleted is lost to everybody
                log.unlink()
                append(log)
                tail.run()  # and a deleted file followed by a rotation could as well be one that was never seen
            else:
                rotate(log)
                append(log)  # the next one is there at once, as with logrotate's "create"
            second = log.with_name("a.log.2")
            if action == "compress" and second.exists() and not second.with_suffix(".2.gz").exists():
                status = second.stat()
                packed = log.with_name("a.log.2.gz")
                packed.write_bytes(gzip.compress(second.read_bytes()))
                os.utime(packed, ns=(status.st_mtime_ns, status.st_mtime_ns))
                second.unlink()
        elif action == "step":
            tail.step()
        if log.exists():
            os.utime(log, (time, time))
    assert tail.run() == [f"line {n}" for n in range(written)]
    assert tail.gaps == []
    tail.follower.close()
    shutil.rmtree(folder)
