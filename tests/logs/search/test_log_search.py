"""Whatever is searched for, in whatever files: the same as looking at every line, one after the other."""

from __future__ import annotations

import gzip
import json
import math
import os
import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.errors import NotFound, Unavailable
from corvo_agent.levels.level import Level
from corvo_agent.logs.files import blocks
from corvo_agent.logs.limits import DEFAULT_LIMITS, ReadLimits
from corvo_agent.logs.lines.line_time import Window
from corvo_agent.logs.lines.marker import CURSOR, GAP, Truncation, is_marker
from corvo_agent.logs.lines.severity import Audit
from corvo_agent.logs.search import bisection as window
from corvo_agent.logs.search.conditions import FieldCondition, Operator
from corvo_agent.logs.search.query import LogQuery, Order
from corvo_agent.logs.search.reader import LogReader
from corvo_agent.logs.search.result import LogResult
from corvo_agent.timestamps import format_rfc3339
from tests.logs import naive

T = TypeVar("T")

START = 1_557_500_000_000_000_000
SECOND = 10**9


def finish(steps: Generator[None, None, T]) -> T:
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            value: T = stop.value
            return value


def read(path: Path, query: LogQuery, limits: ReadLimits = DEFAULT_LIMITS, until: float = math.inf) -> LogResult:
    """Run a query here and now, without threads."""
    return finish(LogReader(str(path), limits=limits).steps(query, until))


def a_line(draw: st.DrawFn, time: int) -> bytes:
    """A line as services write them, most of the time."""
    if draw(st.integers(0, 7)) == 0:
        return draw(
            st.sampled_from([b"", b"Traceback (most recent", b'  File "x.py"', b"{", b"{}", b"null", b"b\xff\xfe"])
        )
    value: dict[str, object] = {}
    level = draw(st.sampled_from(["debug", "info", "warn", "error", "audit", "ERROR", "Critical", "odd", 7, None]))
    if level is not None:
        value["level"] = level
    if draw(st.integers(0, 9)):
        value["ts"] = format_rfc3339(time)
    value["msg"] = draw(st.sampled_from(["", "timed out", "timed in", 'a "quoted" x', "tab\tnew\nline", "né", "error"]))
    value["module"] = draw(st.sampled_from(["pen-npm", "pen-né", "x"]))
    value["n"] = draw(st.sampled_from([0, 1, 2.5, "2", "02", 1e3, True, None, -7, [1, 2], {"in": {"side": 3}}]))
    spaces, ascii_only = draw(st.booleans()), draw(st.booleans())
    text = json.dumps(value, separators=(", ", ": ") if spaces else (",", ":"), ensure_ascii=ascii_only)
    if draw(st.integers(0, 9)) == 0:
        text = text.replace("error", r"\u0065rror").replace("level", r"l\u0065vel")
    return text.encode()


@st.composite
def logs(draw: st.DrawFn) -> list[bytes]:
    """The contents of a log's files, the oldest first."""
    time = START
    files = []
    for _ in range(draw(st.integers(1, 4))):
        content = b""
        for _ in range(draw(st.integers(0, 16))):
            time += draw(st.integers(0, 3)) * SECOND
            content += a_line(draw, time - draw(st.sampled_from([0, 0, 0, 1, 2])) * SECOND) + b"\n"
        files.append(content + draw(st.sampled_from([b"", b"", b'{"msg":"half'])))
    return files


operands = st.sampled_from(["2", "1", "-7", "0", "2.5", "1000.0", "null", "true", "pen-né", "timed out", "[1,2]", "3"])
conditions = st.builds(
    lambda name, kind, operand, number: FieldCondition(
        name, kind, str(number) if kind.value[0] in "<>" else operand if "~" not in kind.value else "im.d (in|out)$"
    ),
    st.sampled_from(["n", "msg", "module", "level", "source", "@timestamp", "n.in.side", "absent"]),
    st.sampled_from(Operator),
    operands,
    st.sampled_from([0, 1, 2.5, -7]),
)
moments = st.none() | st.integers(-5, 120).map(lambda seconds: START + seconds * SECOND)
queries = st.builds(
    LogQuery,
    lines=st.sampled_from([0, 1, 2, 5, 1000]),
    offset=st.sampled_from([None, None, 0, 1, 7]),
    window=st.builds(Window, moments, moments),
    level=st.sampled_from([None, None, *Level]),
    audit=st.sampled_from(Audit),
    grep=st.sampled_from([None, None, "timed (in|out)", "^$", "e$", '"n":[0-9]+', "^[^{]", "(?i)ERROR.*timed"]),
    fixed=st.sampled_from([None, None, None, "timed", "né", '"level"', "}"]),
    fields=st.lists(conditions, max_size=2).map(tuple),
    order=st.sampled_from(Order),
    columns=st.sampled_from([(), (), (), ("msg", "n")]),
    joined=st.booleans(),
)


def pack(content: bytes, name: str) -> bytes:
    """The content as the ending of the name says."""
    if name.endswith(".gz"):
        return gzip.compress(content)
    return zstandard.ZstdCompressor().compress(content) if name.endswith(".zst") else content


def store(folder: Path, contents: list[bytes], packing: list[str]) -> list[tuple[str, bytes]]:
    """Write the files of a log as rotation leaves them; their names and contents, the oldest first."""
    for old in folder.iterdir():
        old.unlink()
    files = []
    for age, content in enumerate(reversed(contents)):
        suffix = packing[age] if age else ""
        path = folder / ("a.log" + (f".{age}" if age else "") + suffix)
        path.write_bytes(pack(content, suffix))
        os.utime(path, (2_000_000_000 - age, 2_000_000_000 - age))
        files.append((str(path), content))
    return files[::-1]


@settings(max_examples=120, deadline=None)
@given(logs(), queries, st.lists(st.sampled_from(["", "", ".gz", ".zst"]), min_size=4, max_size=4), st.integers(4, 400))
def test_a_search_finds_what_looking_at_every_line_finds(
    tmp_path_factory: pytest.TempPathFactory, contents: list[bytes], query: LogQuery, packing: list[str], block: int
) -> None:
    folder = tmp_path_factory.getbasetemp() / "search"
    folder.mkdir(exist_ok=True)
    files = store(folder, contents, packing)
    with pytest.MonkeyPatch.context() as patch:
        # Small blocks, so that small files have many of them.
        patch.setattr(blocks, "SMALLEST_BLOCK", block)
        patch.setattr(blocks, "LARGEST_BLOCK", block)
        patch.setattr(window, "_CLOSE", block)
        patch.setattr(window, "_PROBE", block)
        result = read(folder / "a.log", query)
    assert result.truncated is None
    assert result.records == naive.search(files, query)


def numbered(first: int, last: int, size: int = 20) -> bytes:
    return b"".join(
        b'{"ts":"%s","n":"%d","pad":"%s"}\n' % (format_rfc3339(START + n * SECOND).encode(), n, b"p" * size)
        for n in range(first, last)
    )


def numbers(result: LogResult) -> list[int]:
    return [int(record["n"]) for record in result.records]


def rotated(folder: Path, packing: str = "") -> Path:
    """A log of five files with 2000 lines each, the newest first in the numbers of their names."""
    names = ["a.log", "a.log.1", f"a.log.2{packing}", f"a.log.3{packing}", "a.log.4"]
    for age, name in enumerate(names):
        content = numbered(8000 - 2000 * age, 10_000 - 2000 * age)
        (folder / name).write_bytes(pack(content, name))
        os.utime(folder / name, (1_700_000_000 - age, 1_700_000_000 - age))
    return folder / "a.log"


def pages(path: Path, query: LogQuery, limits: ReadLimits, until: float = math.inf) -> Iterator[LogResult]:
    """Answer after answer, each going on from the cursor of the one before."""
    while True:
        result = read(path, query, limits, until)
        yield result
        if result.truncated is None:
            return
        assert result.answer()[-1][CURSOR] == result.cursor
        query = replace(query, cursor=result.cursor)


@pytest.mark.parametrize("packing", ["", ".gz", ".zst"])
@pytest.mark.parametrize("offset", [None, 0, 3])
def test_an_answer_cut_for_its_size_goes_on_at_its_cursor(tmp_path: Path, packing: str, offset: int | None) -> None:
    path = rotated(tmp_path, packing)
    found: list[int] = []
    query = LogQuery(lines=100_000, offset=offset)
    count = 0
    for result in pages(path, query, ReadLimits(max_answer_bytes=150_000)):
        count += 1
        assert result.truncated in (None, Truncation.SIZE)
        found = found + numbers(result) if offset is not None else numbers(result) + found
    assert count > 5
    assert found == list(range(offset or 0, 10_000))


@pytest.mark.parametrize(("packing", "offset"), [("", None), ("", 0), (".gz", 0)])
def test_a_search_out_of_time_goes_on_at_its_cursor(tmp_path: Path, packing: str, offset: int | None) -> None:
    path = rotated(tmp_path, packing)
    found: list[int] = []
    query = LogQuery(lines=100_000, offset=offset, fixed='"n":"77')
    for result in pages(path, query, DEFAULT_LIMITS, until=0.0):
        found = found + numbers(result) if offset is not None else numbers(result) + found
    assert found == [n for n in range(10_000) if str(n).startswith("77")]


@pytest.mark.parametrize("offset", [None, 0])
def test_time_is_kept_for_passing_on_what_was_found(tmp_path: Path, offset: int | None) -> None:
    path = rotated(tmp_path)
    slowly, until = ReadLimits(answer_rate=0.001), time.monotonic() + 10_000
    query = LogQuery(lines=100_000, offset=offset)
    found: list[int] = []
    for result in pages(path, query, slowly, until):
        assert result.truncated in (None, Truncation.DEADLINE)
        assert len(result.records) <= 2000
        found = found + numbers(result) if offset is not None else numbers(result) + found
    assert found == list(range(10_000))
    # A search that finds nothing has all the time.
    assert read(path, replace(query, fixed="nothing"), slowly, until).truncated is None


def test_a_compressed_file_is_searched_backwards_whole_or_not_at_all(tmp_path: Path) -> None:
    path = rotated(tmp_path, ".gz")
    query = LogQuery(lines=100_000, fixed='"n":"45')
    for result in pages(path, query, DEFAULT_LIMITS, until=0.0):
        if query.cursor == result.cursor:
            break
        query = replace(query, cursor=result.cursor)
    assert result.records == []
    found = numbers(read(path, query))
    assert found == [n for n in range(6000) if str(n).startswith("45")]


def test_a_compressed_file_keeps_no_more_than_the_answer_may_have(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"")
    (tmp_path / "a.log.1.gz").write_bytes(gzip.compress(numbered(0, 3000, size=1000)))
    found: list[int] = []
    # The columns make the answer small, what is kept until then is not.
    for result in pages(path, LogQuery(lines=100_000, columns=("n",)), ReadLimits(max_answer_bytes=900_000)):
        found = numbers(result) + found
    assert found == list(range(3000))


def test_a_cursor_survives_rotation_and_compression(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(numbered(0, 1000))
    limits = ReadLimits(max_answer_bytes=20_000)
    first = read(path, LogQuery(), limits)
    assert first.truncated
    path.rename(tmp_path / "a.log.1")
    path.write_bytes(numbered(1000, 1010))
    second = read(path, LogQuery(cursor=first.cursor), limits)
    assert numbers(second)[-1] == numbers(first)[0] - 1
    content = (tmp_path / "a.log.1").read_bytes()
    (tmp_path / "a.log.2.gz").write_bytes(gzip.compress(content))
    (tmp_path / "a.log.1").unlink()
    third = read(path, LogQuery(cursor=first.cursor), limits)
    assert numbers(third)[-1] == numbers(first)[0] - 1
    (tmp_path / "a.log.2.gz").unlink()
    with pytest.raises(NotFound):
        read(path, LogQuery(cursor=first.cursor), limits)


def test_files_outside_of_the_window_are_left_alone(tmp_path: Path) -> None:
    path = rotated(tmp_path)
    for age in range(5):
        file = tmp_path / (f"a.log.{age}" if age else "a.log")
        written = START + (10_000 - 2000 * age) * SECOND
        os.utime(file, ns=(written, written))
    # Were they opened, they would be remarked upon.
    (tmp_path / "a.log.3.gz").write_bytes(b"broken")
    (tmp_path / "a.log.3").unlink()
    os.utime(tmp_path / "a.log.3.gz", ns=(START + 4000 * SECOND, START + 4000 * SECOND))
    since, until = START + 7000 * SECOND, START + 7010 * SECOND
    result = read(path, LogQuery(window=Window(since, until)))
    assert (numbers(result), result.remarks) == (list(range(7000, 7010)), [])
    result = read(path, LogQuery(window=Window(since, until), offset=0))
    assert (numbers(result), result.remarks) == (list(range(7000, 7010)), [])
    result = read(path, LogQuery(window=Window(START + 50 * SECOND, START + 60 * SECOND)))
    assert (numbers(result), len(result.remarks)) == (list(range(50, 60)), 1)


@pytest.mark.parametrize("offset", [None, 0])
def test_an_older_file_that_cannot_be_read_is_remarked_upon(tmp_path: Path, offset: int | None) -> None:
    path = rotated(tmp_path, ".gz")
    whole = (tmp_path / "a.log.2.gz").read_bytes()
    (tmp_path / "a.log.2.gz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "a.log.3.gz").unlink()
    (tmp_path / "a.log.3.gz").mkdir()
    (tmp_path / "a.log.9.zst").write_bytes(b"nonsense")
    os.utime(tmp_path / "a.log.3.gz", (2, 2))
    os.utime(tmp_path / "a.log.9.zst", (1, 1))
    result = read(path, LogQuery(lines=100_000, offset=offset))
    found = numbers(result)
    assert found[:2000] == list(range(2000))
    assert found[-4000:] == list(range(6000, 10_000))
    assert 4000 < len(found) - 2000 < 6000
    gaps = {(record["source"].rpartition("/")[2], record[GAP]) for record in result.answer() if is_marker(record)}
    assert gaps == {(f"a.log.{name}", "unreadable") for name in ("2.gz", "3.gz", "9.zst")}


@pytest.mark.parametrize("offset", [None, 0])
@pytest.mark.parametrize("when", range(6))
def test_a_file_rewritten_while_it_is_read_is_read_again(tmp_path: Path, when: int, offset: int | None) -> None:
    path = tmp_path / "a.log"
    # Few long lines: what is looked at is bytes, and making records is what takes time.
    path.write_bytes(b'{"letter":"A","pad":"%s"}\n' % (b"x" * 60) * 18_000)
    steps = LogReader(str(path)).steps(LogQuery(lines=100_000, offset=offset), math.inf)
    for _ in range(when):
        next(steps)
    path.write_bytes(b'{"letter":"BB","pad":"%s"}\n' % (b"x" * 60) * 17_900)
    result = finish(steps)
    assert {record["letter"] for record in result.records} == {"BB"}
    assert len(result.records) == 17_900


def test_a_file_that_never_stands_still_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes((b"A" * 99 + b"\n") * 10_000)
    steps = LogReader(str(path)).steps(LogQuery(lines=100_000), math.inf)

    def run() -> None:
        for length in range(1000):
            next(steps)
            path.write_bytes((b"%c" % (66 + length % 20) * 99 + b"\n") * (10_000 - length))

    with pytest.raises(Unavailable):
        run()


@pytest.mark.parametrize("offset", [None, 0])
@pytest.mark.parametrize("when", range(1, 8))
def test_rotation_while_reading_neither_loses_nor_repeats(tmp_path: Path, when: int, offset: int | None) -> None:
    path = rotated(tmp_path)
    steps = LogReader(str(path)).steps(LogQuery(lines=100_000, offset=offset), math.inf)
    for _ in range(when):
        next(steps)
    for age in range(5, 1, -1):
        (tmp_path / f"a.log.{age - 1}").rename(tmp_path / f"a.log.{age}")
    path.rename(tmp_path / "a.log.1")
    path.write_bytes(numbered(10_000, 10_005))
    found = numbers(finish(steps))
    assert found in (list(range(10_000)), list(range(10_005)))


def test_between_the_renames_of_a_rotation_the_older_files_answer(tmp_path: Path) -> None:
    path = rotated(tmp_path)
    path.rename(tmp_path / "b.log")
    assert numbers(read(path, LogQuery(lines=3))) == [7997, 7998, 7999]
    with pytest.raises(NotFound):
        finish(LogReader(str(path), rotated=False).steps(LogQuery(), math.inf))
