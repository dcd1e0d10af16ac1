"""Bisection leaves out nothing that is in the window, and most of what is not."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.logs.dialects.json_text import parse_object
from corvo_agent.logs.dialects.times import TimeReader
from corvo_agent.logs.files.framing import JOINED, LINES
from corvo_agent.logs.files.log_file import open_log
from corvo_agent.logs.lines.line_time import Window
from corvo_agent.logs.search import bisection as window_module
from corvo_agent.logs.search.bisection import first_timed, first_timed_in, narrow
from corvo_agent.timestamps import format_rfc3339

T = TypeVar("T")
SECOND = 10**9
START = 1_557_500_000


def read(line: bytes) -> int | None:
    document = parse_object(line)
    return None if document is None else TimeReader().read(document.get("ts"))


def finish(steps: Generator[None, None, T]) -> T:
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            value: T = stop.value
            return value


def timed(second: int) -> bytes:
    return b'{"ts":"%s","pad":"ppppp"}\n' % format_rfc3339((START + second) * SECOND).encode()


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(0, 3), max_size=60),
    st.lists(st.integers(0, 5), min_size=60, max_size=60),
    st.tuples(st.none() | st.integers(-3, 130), st.none() | st.integers(-3, 130)),
    st.integers(1, 300),
)
def test_nothing_in_the_window_is_left_out(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[int],
    late: list[int],
    bounds: tuple[int | None, int | None],
    close: int,
) -> None:
    path = tmp_path_factory.getbasetemp() / "window.log"
    second, offset, content, places = 0, 0, b"", []
    for step, back in zip(steps, late, strict=False):
        second += step
        line = timed(second - back) if back < 5 else b"Traceback\n"
        places.append((offset, second - back if back < 5 else None))
        content += line
        offset += len(line)
    path.write_bytes(content)
    since, until = (None if bound is None else (START + bound) * SECOND for bound in bounds)
    with pytest.MonkeyPatch.context() as patch, open_log(str(path)) as log:
        patch.setattr(window_module, "_CLOSE", close)
        patch.setattr(window_module, "_PROBE", 16)
        start, end = finish(narrow(log, log.size, Window(since, until), 5 * SECOND, LINES, read))
    starts = {offset for offset, _ in places} | {0, len(content)}
    assert {start, end} <= starts
    inside = Window(since, until)
    for offset, at in places:
        if at is not None and (START + at) * SECOND in inside:
            assert start <= offset < end


def test_most_of_a_large_file_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"".join(map(timed, range(100_000))))
    with open_log(str(path)) as log:
        window = Window((START + 50_000) * SECOND, (START + 50_060) * SECOND)
        start, end = finish(narrow(log, log.size, window, 5 * SECOND, LINES, read))
        assert end - start < 150_000
        assert finish(narrow(log, log.size, Window(None, START * SECOND), 0, LINES, read))[1] < 100_000
        assert finish(narrow(log, log.size, Window((START + 99_999) * SECOND), 0, LINES, read))[0] > log.size - 100_000


def test_a_file_without_times_stays_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b'{"msg":"no time"}\n' * 100_000)
    with open_log(str(path)) as log:
        assert finish(narrow(log, log.size, Window(1, 2), 0, LINES, read)) == (0, log.size)
        assert first_timed(log, log.size, LINES, read) is None


def test_joined_lines_start_with_a_brace(tmp_path: Path) -> None:
    content = b' {"ts":"2019-05-10T16:00:00Z"}\n{"ts":"2019-05-10T17:00:00Z"}\n'
    first, second = first_timed_in(content, LINES, read), first_timed_in(content, JOINED, read)
    assert first is not None
    assert second is not None
    assert (first.offset, second.offset) == (0, 31)
    assert first_timed_in(b"{", LINES, read) is None


def test_one_odd_line_does_not_move_a_bound(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    lines = list(map(timed, range(20_000)))
    for place in range(0, 20_000, 40):
        lines[place] = timed(-(10**9) if place % 80 else 10**9)
    path.write_bytes(b"".join(lines))
    wanted = b"".join(lines[10_000:10_060])
    with open_log(str(path)) as log:
        window = Window((START + 10_000) * SECOND, (START + 10_060) * SECOND)
        start, end = finish(narrow(log, log.size, window, 5 * SECOND, LINES, read))
    assert start <= path.read_bytes().index(wanted) <= end - len(wanted)
    assert end - start < 400_000


def test_a_file_whose_times_go_back_stays_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"".join(map(timed, (*range(5000), *range(2000, 7000)))))
    with open_log(str(path)) as log:
        window = Window((START + 3000) * SECOND, (START + 3010) * SECOND)
        assert finish(narrow(log, log.size, window, 5 * SECOND, LINES, read)) == (0, log.size)
