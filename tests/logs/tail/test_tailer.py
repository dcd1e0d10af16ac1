"""First what is there, then what comes, for every reader, whatever happens to the file."""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from corvo_agent.errors import InvalidArgument, Unsupported
from corvo_agent.levels.level import Level
from corvo_agent.logs.limits import ReadLimits, TailLimits
from corvo_agent.logs.search.query import LogQuery, Order
from corvo_agent.logs.tail.tailer import LogTailer
from tests.logs.tail_kit import QUICK, TailReader, line, tailing

POLLING = replace(QUICK, notify=False)


def append(path: Path, *lines: bytes) -> None:
    with path.open("ab") as file:
        file.write(b"".join(lines))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "a.log"
    append(path, *map(line, range(3)))
    return path


@pytest.mark.parametrize("tail", [QUICK, POLLING], ids=["inotify", "polling"])
async def test_the_newest_lines_then_those_that_come(log: Path, tail: TailLimits) -> None:
    async with tailing(log, query=LogQuery(lines=2), tail=tail) as reader:
        assert await reader.until_line(2) == ["1", "2"]
        append(log, line(3), line(4), b'{"n":"ha')
        assert await reader.until_line(4) == ["1", "2", "3", "4"]
        append(log, b'lf"}\n')
        assert await reader.until_line("half") == ["1", "2", "3", "4", "half"]
        assert reader.records[-1]["source"] == str(log)


@pytest.mark.parametrize("tail", [QUICK, POLLING], ids=["inotify", "polling"])
async def test_a_file_that_does_not_exist_yet(tmp_path: Path, tail: TailLimits) -> None:
    path = tmp_path / "later" / "a.log"
    async with tailing(path, tail=tail) as reader:
        first = asyncio.ensure_future(reader.until_line(0))
        await asyncio.sleep(0)
        path.parent.mkdir()
        append(path, line(0))
        assert await first == ["0"]


@pytest.mark.parametrize("tail", [QUICK, POLLING], ids=["inotify", "polling"])
async def test_rotation_by_rename(log: Path, tail: TailLimits) -> None:
    async with tailing(log, tail=tail) as reader:
        await reader.until_line(2)
        append(log, line(3))
        os.rename(log, f"{log}.1")
        # The writer has not noticed yet.
        append(log.with_suffix(".log.1"), line(4))
        assert (await reader.until_line(4))[3:] == ["3", "4"]
        append(log, line(5))
        assert (await reader.until_line(5))[3:] == ["3", "4", "5"]
        assert reader.gaps == []


async def test_several_rotations_between_two_looks(log: Path) -> None:
    async with tailing(log, tail=replace(QUICK, poll=0.3, notify=False)) as reader:
        await reader.until_line(2)
        for n in range(3, 9):
            append(log, line(n))
            for age in range(n - 3, 0, -1):
                log.with_suffix(f".log.{age}").rename(log.with_suffix(f".log.{age + 1}"))
            os.rename(log, f"{log}.1")
        append(log, line(9))
        assert await reader.until_line(9) == [str(n) for n in range(10)]
        assert reader.gaps == []


async def test_deletion_and_re_creation(log: Path) -> None:
    async with tailing(log) as reader:
        await reader.until_line(2)
        append(log, line(3))
        os.unlink(log)
        await reader.until_line(3)
        append(log, line(4))
        assert await reader.until_line(4) == ["0", "1", "2", "3", "4"]
        assert reader.gaps == []


async def test_a_symlink_that_moves(log: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.log"
    link.symlink_to(log)
    # What the link has left is remembered for so long, also where the machine takes its time.
    async with tailing(link, tail=replace(QUICK, linger=60.0)) as reader:
        await reader.until_line(2)
        other = tmp_path / "other.log"
        append(other, line(3))
        (tmp_path / "new").symlink_to(other)
        (tmp_path / "new").rename(link)
        await reader.until_line(3)
        append(other, line(4))
        assert await reader.until_line(4) == ["0", "1", "2", "3", "4"]
        # And back: what was read before is not read again.
        append(log, line(5))
        (tmp_path / "new").symlink_to(log)
        (tmp_path / "new").rename(link)
        await reader.until_line(5)
        append(log, line(6))
        assert (await reader.until_line(6))[3:] == ["3", "4", "5", "6"]


async def test_copy_and_truncation_says_that_lines_may_be_missing(log: Path, tmp_path: Path) -> None:
    append(log, line(3, pad="p" * 50))
    async with tailing(log, tail=replace(QUICK, poll=0.3, notify=False)) as reader:
        await reader.until_line(3)
        # Written between two looks: only the copy has it.
        append(log, line(4))
        shutil.copy(log, tmp_path / "a.log.1")
        os.truncate(log, 0)
        append(log, line(5))
        assert await reader.until_line(5) == ["0", "1", "2", "3", "4", "5"]
        assert reader.gaps == ["truncated"]
        assert reader.records[-2]["source"] == str(log)


async def test_truncation_without_a_copy(log: Path) -> None:
    async with tailing(log) as reader:
        await reader.until_line(2)
        os.truncate(log, 0)
        await reader.until(lambda reader: bool(reader.gaps))
        append(log, line(3))
        assert await reader.until_line(3) == ["0", "1", "2", "3"]
        assert reader.gaps == ["truncated"]


async def test_a_writer_that_leaves_a_hole_after_truncation(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    with log.open("wb", buffering=0) as writer:
        writer.write(line(0, pad="p" * 100_000))
        async with tailing(log) as reader:
            await reader.until_line(0)
            os.truncate(log, 0)
            # Not opened for appending: it goes on at its old place, with zeros before it.
            writer.write(line(1))
            await reader.until_line(1)
            writer.write(line(2))
            assert await reader.until_line(2) == ["0", "1", "2"]
            assert reader.gaps == ["truncated"]
            assert int(reader.records[-2]["corvo.nul"]) < 10_000


async def test_filters_columns_and_long_lines(log: Path) -> None:
    query = LogQuery(level=Level.ERROR, columns=("n", "corvo.cut"))
    async with LogTailer(str(log), limits=ReadLimits(max_line_bytes=1000), tail=QUICK) as tailer:
        reader = TailReader(tailer.follow(query))
        first = asyncio.ensure_future(reader.until_line(6))
        await asyncio.sleep(0)
        while not first.done():
            append(log, line(3, level="info"), line(4, level="error"), line(5, level="audit"), line(6, level="fatal"))
            await asyncio.wait([first], timeout=0.05)
        assert reader.records[:3] == [{"n": "4"}, {"n": "5"}, {"n": "6"}]
        await reader.close()


async def test_batches_are_bounded(log: Path) -> None:
    async with tailing(log) as reader:
        await reader.until_line(2)
        append(log, *map(line, range(3, 1800)))
        assert await reader.until_line(1799) == [str(n) for n in range(1800)]
        assert max(map(len, reader.batches)) <= 501


async def test_readers_do_not_disturb_each_other(log: Path) -> None:
    async with LogTailer(str(log), tail=QUICK) as tailer:
        quick, slow, filtered = (
            TailReader(tailer.follow(query)) for query in (LogQuery(), LogQuery(lines=0), LogQuery(fixed='"99'))
        )
        await quick.until_line(2)
        slowly = asyncio.ensure_future(slow.until_line(3))
        rarely = asyncio.ensure_future(filtered.until_line(9999))
        while not slowly.done():
            append(log, line(3))
            await asyncio.wait([slowly], timeout=0.05)
        append(log, *map(line, range(4, 10_000)))
        assert (await quick.until_line(9999))[-1] == "9999"
        assert await rarely == [str(n) for n in range(10_000) if str(n).startswith("99")]
        # Only now the slow one goes on, and all of it was kept for it.
        assert (await slow.until_line(9999))[-9996:] == [str(n) for n in range(4, 10_000)]
        assert quick.dropped == slow.dropped == filtered.dropped == 0
        for reader in (quick, slow, filtered):
            await reader.close()


async def test_a_reader_that_is_too_slow_is_told_how_much_it_missed(log: Path) -> None:
    async with LogTailer(str(log), tail=replace(QUICK, buffer_bytes=300_000)) as tailer:
        quick, slow = TailReader(tailer.follow()), TailReader(tailer.follow())
        await quick.until_line(2)
        await slow.until_line(2)
        for start in range(3, 40_003, 1000):
            append(log, *(line(n, pad="p" * 80) for n in range(start, start + 1000)))
            await quick.until_line(start + 999)
        await slow.until_line(40_002)
        assert quick.dropped == 0
        assert quick.lines == [str(n) for n in range(40_003)]
        assert slow.dropped > 30_000
        assert len(slow.lines) + slow.dropped == 40_003
        assert sorted(set(slow.lines), key=int) == sorted(slow.lines, key=int)
        await slow.close()
        append(log, line("after"))
        assert (await quick.until_line("after"))[-1] == "after"
        await quick.close()


async def test_a_burst_waits_for_a_reader_that_is_only_busy(log: Path) -> None:
    async with tailing(log, tail=replace(QUICK, buffer_bytes=300_000, patience=20)) as reader:
        await reader.until_line(2)
        append(log, *(line(n, pad="p" * 80) for n in range(3, 20_000)))
        while len(reader.lines) < 15_000:
            await reader.more()
            await asyncio.sleep(0)
        assert await reader.until_line(19_999) == [str(n) for n in range(20_000)]
        assert reader.dropped == 0


async def test_a_cursor_goes_on_where_the_last_batch_ended(log: Path) -> None:
    async with tailing(log) as reader:
        await reader.until_line(2)
    cursor = reader.cursor
    append(log, *map(line, range(3, 3000)))
    os.rename(log, f"{log}.1")
    append(log, *map(line, range(3000, 6000)))
    async with tailing(log, query=LogQuery(cursor=cursor)) as reader:
        assert await reader.until_line(5999) == [str(n) for n in range(3, 6000)]
        append(log, line(6000))
        await reader.until_line(6000)
    # In the middle of what is there.
    middle = reader.batches[2]
    async with tailing(log, query=LogQuery(cursor=middle[-1]["corvo.cursor"])) as again:
        await again.until_line(6000)
        assert again.lines[0] == str(int(middle[-2]["n"]) + 1)


async def test_every_batch_of_what_was_there_can_be_gone_on_from(log: Path) -> None:
    append(log, *map(line, range(3, 3000)))
    async with tailing(log, query=LogQuery(lines=2000)) as reader:
        assert await reader.until_line(2999) == [str(n) for n in range(1000, 3000)]
        assert len(reader.batches) == 4
    for batch in reader.batches:
        async with tailing(log, query=LogQuery(cursor=batch[-1]["corvo.cursor"], lines=3)) as again:
            append(log, line("new"))
            await again.until_line("new")
        assert again.lines == [str(n) for n in range(int(batch[-2]["n"]) + 1, 3000)] + ["new"] * again.lines.count(
            "new"
        )


async def test_catching_up_page_by_page(log: Path) -> None:
    async with tailing(log) as reader:
        await reader.until_line(2)
    append(log, *(line(n, pad="p" * 400) for n in range(3, 9000)))
    async with tailing(log, query=LogQuery(cursor=reader.cursor)) as reader:
        assert await reader.until_line(8999) == [str(n) for n in range(3, 9000)]


async def test_a_cursor_whose_file_is_gone_is_a_gap(log: Path) -> None:
    async with tailing(log) as reader:
        await reader.until_line(2)
    os.unlink(log)
    append(log, line(3))
    async with tailing(log, query=LogQuery(cursor=reader.cursor)) as reader:
        await reader.until(lambda reader: reader.gaps == ["cursor"])
        append(log, line(4))
        assert await reader.until_line(4) == ["4"]


async def test_lines_can_be_joined(log: Path) -> None:
    append(log, b"Traceback\n", b"  in old\n")
    async with tailing(log, query=LogQuery(joined=True)) as reader:
        await reader.until(lambda reader: len(reader.records) == 3)
        assert reader.records[-1]["msg"] == "\nTraceback\n  in old"
        append(log, line(3, msg="failed"), b"Traceback\n", b"ValueError: x\n", line(4))
        await reader.until_line(4)
        assert [record.get("msg") for record in reader.records[3:]] == ["failed\nTraceback\nValueError: x", None]


async def test_joined_lines_are_found_by_any_of_their_lines(log: Path) -> None:
    async with tailing(log, query=LogQuery(joined=True, grep="^ValueError")) as reader:
        first = asyncio.ensure_future(reader.more())
        while not first.done():
            append(log, line(3), b"Traceback\n", b"ValueError: x\n", line(4))
            await asyncio.wait([first], timeout=0.05)
        assert set(reader.lines) == {"3"}


async def test_many_logs_by_pattern(tmp_path: Path) -> None:
    for name in ("a", "b"):
        append(tmp_path / f"{name}.log", line(f"{name}0", ts="2019-05-10T16:00:00Z"))
    append(tmp_path / "a-2019-05-09T00-00-00.000.log", line("old", ts="2019-05-09T16:00:00Z"))
    async with tailing(tmp_path / "*.log") as reader:
        await reader.until(lambda reader: len(reader.lines) == 3)
        assert reader.lines == ["old", "a0", "b0"]
        append(tmp_path / "b.log", line("b1"))
        await reader.until_line("b1")
        append(tmp_path / "c.log", line("c0"))
        await reader.until_line("c0")
        assert reader.cursor == ""
        assert reader.records[-1]["source"] == str(tmp_path / "c.log")
        assert {Path(path).name for path in reader.places} == {"a.log", "b.log", "c.log"}


async def test_what_cannot_be_followed_is_refused(log: Path, tmp_path: Path) -> None:
    async with LogTailer(str(log)) as tailer, LogTailer(str(tmp_path)) as folder, LogTailer("/x/*.log") as many:
        for query in (LogQuery(offset=3), LogQuery(order=Order.DESCENDING), LogQuery(grep="(")):
            with pytest.raises(InvalidArgument):
                await TailReader(tailer.follow(query)).more()
        with pytest.raises(Unsupported):
            await TailReader(folder.follow()).more()
        with pytest.raises(InvalidArgument):
            await TailReader(many.follow(LogQuery(cursor="x"))).more()


async def test_the_default_level_may_change_meanwhile(log: Path) -> None:
    level = Level.ERROR
    async with LogTailer(str(log), tail=QUICK) as tailer:
        reader = TailReader(tailer.follow_with(LogQuery(), list, level=lambda: level))
        first = asyncio.ensure_future(reader.until_line(4))
        while not first.done():
            append(log, line(3, level="info"), line(4, level="error"))
            await asyncio.wait([first], timeout=0.05)
        assert set(reader.lines) == {"4"}
        level = Level.INFO
        append(log, line(5, level="error"))
        await reader.until_line(5)
        append(log, line(6, level="info"))
        assert (await reader.until_line(6))[-1] == "6"
        await reader.close()


async def test_nothing_stays_open_or_runs_when_nobody_reads(log: Path) -> None:
    before, tasks = len(os.listdir("/proc/self/fd")), len(asyncio.all_tasks())
    async with LogTailer(str(log), tail=QUICK) as tailer:
        for _ in range(3):
            reader = TailReader(tailer.follow())
            await reader.until_line(2)
            pending = asyncio.ensure_future(reader.more())
            await asyncio.sleep(0)
            pending.cancel()
            await asyncio.wait([pending])
            await reader.close()
        assert len(asyncio.all_tasks()) == tasks
        assert len(os.listdir("/proc/self/fd")) == before
