"""Histories that answers were once wrong about, and any other: each line once and in order, or it is stated."""

from __future__ import annotations

import gzip
import json
import math
import os
import shutil
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.logs import LogQuery, LogReader
from corvo_agent.logs.files.framing import LINES
from corvo_agent.logs.limits import TailLimits
from corvo_agent.logs.lines.marker import GAP, Gap
from corvo_agent.logs.search.survey import Surveyor
from corvo_agent.logs.tail.follower import LogFollower
from tests.logs.tail_kit import tailing

NOON = 1_795_521_600  # 2026-11-24


def write(path: Path, content: bytes, modified: int | None = None) -> None:
    path.write_bytes(gzip.compress(content) if path.name.endswith(".gz") else content)
    if modified is not None:
        os.utime(path, (modified, modified))


async def newest(path: Path, count: int) -> list[str]:
    async with LogReader(str(path)) as reader:
        result = await reader.read(LogQuery(lines=count))
    assert result.remarks == []
    return [record["n"] for record in result.records]


def numbered(n: object, time: int | None = None) -> bytes:
    ts = {} if time is None else {"ts": datetime.fromtimestamp(time, UTC).isoformat()}
    return json.dumps({**ts, "n": str(n)}).encode() + b"\n"


HISTORIES: dict[str, list[str]] = {
    "numbers behind a date grow": [f"app.2026-11-24.{n}.log" for n in range(12)],
    "numbers grow": [f"app.log.{n}" for n in range(12)],
    "numbers grow behind a date, packed": [f"app.log.2026-11-24.{n}.gz" for n in range(12)],
    "numbers fall": [f"app.log.{n}" for n in range(12, 0, -1)],
    "numbers fall, packed": [f"app.log.{n}.gz" for n in range(12, 0, -1)],
    "log4j2": [f"app-{n}.log" for n in range(1, 12)],
    "log4j2, month first": [f"app-11-{day}-2026-1.log.gz" for day in range(10, 22)],
    "hours": [f"app.log.2026-11-24_{n:02}" for n in range(12)],
    "winston": ["app-2026-11-24.log", *(f"app-2026-11-24.log.{n}" for n in range(1, 12))],
    "epochs": [f"app.log.{NOON + n}" for n in range(12)],
    "old and older": ["app.log.2", "app.log.1", "app.log.old"],
}


@pytest.mark.parametrize(
    ("name", "evidence"),
    # Without times, the names of log4j2 may be those of other logs: see test_rotation.
    [*((name, "times") for name in HISTORIES), *((name, "changes") for name in HISTORIES if name != "log4j2")],
)
async def test_the_newest_lines_stand_in_the_newest_files(name: str, evidence: str, tmp_path: Path) -> None:
    names = HISTORIES[name]
    for n, each in enumerate([*names, "app.log"]):
        time = NOON + 10 * n
        if evidence == "times":
            # The changes of a tree that was copied are in the order of its names.
            copied = sorted([*names, "app.log"]).index(each) - len(names)
            write(tmp_path / each, numbered(n, time), NOON + copied)
        else:
            write(tmp_path / each, numbered(n), time)
    count = len(names) + 1
    assert await newest(tmp_path / "app.log", 3) == [str(n) for n in range(count - 3, count)]
    assert await newest(tmp_path / "app.log", 100) == [str(n) for n in range(count)]


async def test_an_order_that_cannot_be_told_is_stated(tmp_path: Path) -> None:
    for name in ("app.log", "app.log.1", "app.log.2"):
        write(tmp_path / name, numbered(name), NOON)
    async with LogReader(str(tmp_path / "app.log")) as reader:
        result = await reader.read(LogQuery())
        assert [record["n"] for record in result.records] == ["app.log.2", "app.log.1", "app.log"]
        assert [remark[GAP] for remark in result.remarks] == [Gap.ORDER.value]
        # Not where it does not matter.
        assert (await reader.read(LogQuery(lines=1))).remarks == []


async def test_a_file_that_cannot_be_unpacked_is_named(tmp_path: Path) -> None:
    write(tmp_path / "app.log", numbered(1))
    write(tmp_path / "app.log.2026-11-23.zip", b"PK")
    async with LogReader(str(tmp_path / "app.log")) as reader:
        (remark,) = (await reader.read(LogQuery())).remarks
    assert remark[GAP] == Gap.UNREADABLE.value
    assert "app.log.2026-11-23.zip" in remark["msg"]


@pytest.mark.parametrize("pause", [0.0, 0.02])
async def test_five_quick_rotations_with_names_that_count_upwards(pause: float, tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(numbered("first"))

    def work() -> None:
        for turn in range(5):
            with path.open("ab") as file:
                for n in range(turn * 4000, turn * 4000 + 4000):
                    file.write(numbered(n))
            path.rename(tmp_path / f"app.log.{turn + 1}")
            path.touch()
            threading.Event().wait(pause)

    async with tailing(path, query=LogQuery(lines=1), tail=TailLimits()) as reader:
        await reader.until_line("first")
        writer = threading.Thread(target=work)
        writer.start()
        await reader.until_line(19999)
        writer.join()
    assert reader.lines[1:] == [str(n) for n in range(20_000)]
    assert reader.gaps == []


async def test_the_target_of_a_link_is_rotated_twice_at_once(tmp_path: Path) -> None:
    pod = tmp_path / "pods" / "x"
    pod.mkdir(parents=True)
    (tmp_path / "containers").mkdir()
    link = tmp_path / "containers" / "x.log"
    link.symlink_to(pod / "0.log")
    write(pod / "0.log", numbered("first"))
    async with tailing(link, query=LogQuery(lines=1), tail=TailLimits()) as reader:
        await reader.until_line("first")
        for turn in range(2):
            with (pod / "0.log").open("ab") as file:
                file.write(b"".join(numbered(n) for n in range(turn * 1000, turn * 1000 + 1000)))
            (pod / "0.log").rename(pod / f"0.log.20261124-10000{turn}")
            (pod / "0.log").touch()
        write(pod / "0.log", numbered(2000))
        await reader.until_line(2000)
    assert reader.lines[1:] == [str(n) for n in range(2001)]
    assert reader.gaps == []
    assert await newest(link, 3000) == ["first", *(str(n) for n in range(2001))]


def read_all(path: Path) -> tuple[list[str], list[str]]:
    """All lines of a log, and why some may be missing."""
    steps = LogReader(str(path)).steps(LogQuery(lines=10_000), math.inf)
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            result = stop.value
            return [record["n"] for record in result.records], [remark[GAP] for remark in result.remarks]


@dataclass
class Writer:
    """Writes numbered lines to a log and rotates it, as a schedule says."""

    folder: Path
    grows: bool
    name: Callable[[int, int], str]
    has_times: bool
    is_link: bool
    has_changes: bool
    made: int = 0
    written: int = 0
    now: int = NOON
    rotated: list[Path] = field(default_factory=list)  # the oldest first

    def __post_init__(self) -> None:
        self.path = self.folder / "a.log"
        if self.is_link:
            (self.folder / "elsewhere").mkdir()
            self.path.symlink_to(self.folder / "elsewhere" / "a.log")
        self.target = Path(os.path.realpath(self.path))
        write(self.target, numbered("first", self.now if self.has_times else None), self.now)

    def write(self) -> None:
        self.now += 60
        with self.target.open("ab") as file:
            file.write(numbered(self.written, self.now if self.has_times else None))
        self.written += 1
        self._touch()

    def _touch(self) -> None:
        now = self.now if self.has_changes else NOON
        os.utime(self.target, (now, now))

    def rotate(self) -> None:
        self.now += 60
        self.made += 1
        if self.grows:
            place = self.target.with_name(self.name(self.made, self.made))
        else:
            for age, file in enumerate(self.rotated):
                number = len(self.rotated) - age + 1
                moved = file.with_name(self.name(number, number) + ".gz" * file.name.endswith(".gz"))
                self.rotated[age] = file.rename(moved)
            place = self.target.with_name(self.name(1, 1))
        self.rotated.append(self.target.rename(place))
        self.target.touch()
        self._touch()

    def pack(self) -> None:
        """What logrotate does a cycle later: the last one stays as it is."""
        for index, file in enumerate(self.rotated[:-1]):
            if not file.name.endswith(".gz"):
                packed = file.with_name(f"{file.name}.gz")
                status = file.stat()
                write(packed, file.read_bytes())
                os.utime(packed, ns=(status.st_mtime_ns, status.st_mtime_ns))
                file.unlink()
                self.rotated[index] = packed


NAMES: dict[str, tuple[bool, Callable[[int, int], str]]] = {
    "falling": (False, lambda number, _: f"a.log.{number}"),
    "falling inside": (False, lambda number, _: f"a.{number}.log"),
    "growing": (True, lambda number, _: f"a.log.{number}"),
    "growing behind a date": (True, lambda number, _: f"a.log.2026-11-24.{number}"),
    "growing behind days": (True, lambda number, _: f"a-2026-11-{20 + number // 3}.{number % 3}.log"),
    "dated": (True, lambda number, _: f"a.log-20261124-10{number:02}00"),
    "log4j2": (True, lambda number, _: f"a-{number}.log"),
}
SCHEDULES = st.lists(
    st.sampled_from(["write", "write", "write", "step", "rotate", "rotate", "pack"]), min_size=5, max_size=50
)


@settings(max_examples=150, deadline=None)
@given(SCHEDULES, st.sampled_from(sorted(NAMES)), st.booleans(), st.booleans(), st.booleans())
def test_any_schedule_in_any_naming(
    tmp_path_factory: pytest.TempPathFactory,
    schedule: list[str],
    naming: str,
    has_times: bool,
    is_link: bool,
    has_changes: bool,
) -> None:
    folder = tmp_path_factory.mktemp("schedule")
    writer = Writer(folder, *NAMES[naming], has_times, is_link, has_changes)
    follower = LogFollower(str(writer.path), clock=Surveyor(), max_line=1000)
    follower.start()
    with closing(follower):
        lines: list[str] = []
        gaps: list[str] = []

        def step() -> bool:
            taken = follower.step()
            for item in taken.items:
                gaps.extend([] if item.remark is None else [item.remark[GAP]])
                found = [] if item.chunk is None else item.chunk.lines(LINES, 1000).data
                lines.extend(json.loads(line)["n"] for line in found)
            return taken.more

        for action in [*schedule, "write"]:
            if action == "step":
                step()
            else:
                getattr(writer, action)()
        while step():
            pass
    everything = ["first", *(str(n) for n in range(writer.written))]
    # Where nothing tells one file from another it may go wrong, if that is said; an empty one has no times.
    assert gaps == [] or not has_changes
    assert lines == everything[1:] or gaps
    read, remarks = read_all(writer.path)
    # Without times and without a packed one the names of log4j2 may be those of other logs, and that is said.
    is_packed = any(file.name.endswith(".gz") for file in writer.rotated)
    if naming == "log4j2" and not has_times and not is_packed and writer.rotated:
        assert Gap.UNREADABLE.value in remarks
    else:
        assert remarks == [] or not has_changes
        assert read == everything or remarks
    shutil.rmtree(folder)
