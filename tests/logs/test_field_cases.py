"""Lines of the field that answers were once wrong about: asked for errors of ten minutes, each file gives its error."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from corvo_agent.levels.level import Level
from corvo_agent.logs import LogQuery, LogReader, LogTailer, TailLimits, Window, is_marker
from corvo_agent.logs.lines.marker import CUT, GAP, NUL, UNFINISHED, Gap
from corvo_agent.logs.lines.record import Record
from corvo_agent.logs.search.survey import Surveyor

SECOND = 10**9


def moment(ago: float, form: str = "%Y-%m-%dT%H:%M:%S.%f") -> str:
    """A time of just now, ``ago`` seconds before this one, in UTC."""
    return datetime.fromtimestamp(time.time() - ago, UTC).strftime(form)


def epoch(ago: float, unit: int = 1) -> str:
    return str(int((time.time() - ago) * unit))


def cri(line: str, ago: float = 1, stream: str = "stderr", tag: str = "F") -> str:
    return f"{moment(ago)}000Z {stream} {tag} {line}"


def own(level: str, text: str, ago: float = 1, **more: object) -> str:
    return json.dumps({"level": level, "ts": moment(ago) + "Z", "msg": text, **more})


def _zap() -> bytes:
    lines = [f'{{"level":"{level}","ts":{time.time() - 1:.3f},"msg":"{text}"}}' for level, text in PAIR]
    return "\n".join([*lines, ""]).encode()


PAIR = (("info", "fine"), ("error", "boom"))


def _lines(make: Callable[[str, str], str]) -> Callable[[], bytes]:
    return lambda: "".join(make(level, text) + "\n" for level, text in PAIR).encode()


_PINO = {"info": 30, "error": 50}
CASES: dict[str, Callable[[], bytes]] = {
    "zap, production": _zap,
    "pino": _lines(lambda level, text: f'{{"level":{_PINO[level]},"time":{epoch(1, 1000)},"msg":"{text}"}}'),
    "GCP": _lines(
        lambda level, text: f'{{"severity":"{level.upper()}","timestamp":"{moment(1)}Z","message":"{text}"}}'
    ),
    "ECS": _lines(lambda level, text: f'{{"@timestamp":"{moment(1)}Z","log.level":"{level}","message":"{text}"}}'),
    "CRI": _lines(lambda level, text: cri(f'{{"level":"{level}","msg":"{text}"}}')),
    "CRI, parts": lambda: "\n".join(
        [cri('{"level":"info","msg":"fine"}'), cri('{"level":"err', tag="P"), cri('or","msg":"boom"}'), ""]
    ).encode(),
    "CRI, parts between those of the other stream": lambda: "\n".join(
        [
            cri('{"level":"err', tag="P"),
            cri('{"level":"info","msg":"fi', tag="P", stream="stdout"),
            cri('or","msg":"boom"}'),
            cri('ne"}', stream="stdout"),
            "",
        ]
    ).encode(),
    "docker": _lines(
        lambda level, text: json.dumps(
            {"log": f'{{"level":"{level}","msg":"{text}"}}\n', "stream": "stdout", "time": moment(1) + "Z"}
        )
    ),
    "logging (text)": _lines(lambda level, text: f"{moment(1, '%Y-%m-%d %H:%M:%S')},123 {level.upper()} app {text}"),
    "BOM before the first line": lambda: b"\xef\xbb\xbf" + own("error", "boom").encode() + b"\n",
    "last line without newline": lambda: (own("info", "fine") + "\n" + own("error", "boom")).encode(),
    "invalid UTF-8": lambda: own("error", "boom", x="?").encode().replace(b"?", b"\xff\xfe") + b"\n",
    "NaN": lambda: own("error", "boom", x=float("nan")).encode() + b"\n",
    "a raw tab": lambda: own("error", "boom", x="?").encode().replace(b"?", b"a\tb") + b"\n",
    "half a surrogate pair": lambda: own("error", "boom", x="\ud83d").encode() + b"\n",
    "a hole": lambda: own("info", "fine").encode() + b"\n" + bytes(3 << 20) + own("error", "boom").encode() + b"\n",
    "a hole at the beginning": lambda: bytes(3 << 20) + own("error", "boom").encode() + b"\n",
    "a long line": lambda: (
        own("info", "fine").encode() + b"\n" + own("error", "boom", x="x" * (2 << 20)).encode() + b"\n"
    ),
}


async def errors_of(content: bytes, tmp_path: Path) -> list[Record]:
    path = tmp_path / "app.log"
    path.write_bytes(content)
    now = time.time_ns()
    # Not grown for a moment.
    os.utime(path, ns=(now, now - 2 * SECOND))
    window = Window(now - 600 * SECOND)
    async with LogReader(str(path), surveyor=Surveyor(zone=UTC, is_zone_stated=True)) as reader:
        result = await reader.read(LogQuery(level=Level.ERROR, window=window))
    assert result.remarks == []
    return result.records


@pytest.mark.parametrize("name", CASES)
async def test_the_error_is_found(name: str, tmp_path: Path) -> None:
    (record,) = await errors_of(CASES[name](), tmp_path)
    text = record.get("msg") or record["message"]
    assert text.removeprefix("app ") == "boom"
    assert record["@timestamp"].startswith(moment(0, "%Y-"))
    if "hole" in name:
        assert record[NUL] == str(3 << 20)
    if "long" in name:
        assert int(record[CUT]) > 2 << 20


@pytest.mark.parametrize("name", CASES)
async def test_the_error_is_found_when_followed(name: str, tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text(own("error", "first") + "\n")
    surveyor = Surveyor(zone=UTC, is_zone_stated=True)
    texts: list[str] = []
    async with (
        LogTailer(str(path), surveyor=surveyor) as tailer,
        aclosing(tailer.follow(LogQuery(lines=1, level=Level.ERROR))) as batches,
    ):
        async for batch in batches:
            lines = [record for record in batch if not is_marker(record)]
            if not lines:
                continue
            texts += [record.get("msg") or record["message"] for record in lines]
            if texts == ["first"]:
                with path.open("ab") as file:
                    file.write(CASES[name]())
            elif texts:
                break
    assert [text.removeprefix("app ") for text in texts] == ["first", "boom"]
    assert (UNFINISHED in lines[0]) is ("newline" in name)


async def test_an_unfinished_line_comes_once_more_when_it_has_its_end(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text(own("info", "first") + "\n")
    seen: list[tuple[str, bool]] = []
    more = {1: "half", 2: " a line\n"}
    async with (
        LogTailer(str(path), tail=TailLimits(pause=0.05, rest=0.05)) as tailer,
        aclosing(tailer.follow(LogQuery(lines=1))) as batches,
    ):
        async for batch in batches:
            seen += [(record["msg"], UNFINISHED in record) for record in batch if not is_marker(record)]
            with path.open("a") as file:
                file.write(more.pop(len(seen), ""))
            if len(seen) == 3:
                break
    assert seen == [("first", False), ("half", True), ("half a line", False)]


async def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(b'{"msg":"a"}\nfree text\n' + own("error", "boom").encode() + b"\n")
    async with LogReader(str(path)) as reader:
        result = await reader.read(LogQuery(level=Level.ERROR))
        assert [record["msg"] for record in result.records] == ["boom"]
        (remark,) = result.remarks
        assert remark[GAP] == Gap.LEVEL.value
        assert remark["msg"] == "2 lines without a level that can be read were left out"
        path.write_bytes(b'{"level":"error","msg":"a"}\n' * 3)
        result = await reader.read(LogQuery(window=Window(1)))
        (remark,) = result.remarks
        assert remark[GAP] == Gap.TIME.value
        assert "no line has a time that can be read" in remark["msg"]


async def test_a_traceback_belongs_to_its_error(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    traceback = "Traceback (most recent call last):\n  File x\nValueError: no"
    path.write_text(f"2026-11-24 10:00:00,123 ERROR app boom\n{traceback}\n2026-11-24 10:00:01,123 INFO app fine\n")
    async with LogReader(str(path)) as reader:
        (record,) = (await reader.read(LogQuery(level=Level.ERROR))).records
        assert record["msg"] == f"app boom\n{traceback}"
        (record,) = (await reader.read(LogQuery(grep="^ValueError"))).records
        assert record["level"] == "error"


@pytest.mark.parametrize("behind", [b'whole"}', b"cut"])
async def test_a_second_line_on_a_line_is_not_passed_over_in_silence(behind: bytes, tmp_path: Path) -> None:
    # A program that dies in the midst of a line, and its successor.
    path = tmp_path / "app.log"
    fine = b'{"level":"info","msg":"fine"}\n'
    path.write_bytes(fine * 50 + b'{"level":"info","msg":"' + behind + b'{"level":"error","msg":"boom"}\n' + fine * 50)
    async with LogReader(str(path)) as reader:
        (remark,) = (await reader.read(LogQuery(level=Level.ERROR))).remarks
        assert remark["msg"] == "1 line without a level that can be read was left out"


async def test_a_line_of_rich_without_a_time_is_one_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    again = " " * 20
    lines = [
        "[11/24/26 10:00:00] INFO     fine",
        f"{again}ERROR    boom",
        f"{again}         more",
        f"{again}INFO     ok",
    ]
    for fine in (0, 500):
        path.write_text("\n".join([*lines[:1] * fine, *lines, "  ERROR    no level here", ""]))
        async with LogReader(str(path)) as reader:
            (record,) = (await reader.read(LogQuery(level=Level.ERROR))).records
            assert record["msg"] == f"boom\n{lines[2]}"
            assert len((await reader.read(LogQuery())).records) == fine + 3


@pytest.mark.parametrize(
    ("line", "time"),
    [
        ("[11/05/26 10:00:00] ERROR    boom", "2026-11-05T10:00:00Z"),
        # Of May or of November: its program is not known.
        ("11/05/26 10:00:00 ERROR boom", "11/05/26 10:00:00"),
    ],
)
async def test_a_date_of_three_short_numbers_is_read_where_its_order_is_known(
    line: str, time: str, tmp_path: Path
) -> None:
    path = tmp_path / "app.log"
    path.write_text(f"{line}\n" * 3)
    async with LogReader(str(path), surveyor=Surveyor(zone=UTC, is_zone_stated=True)) as reader:
        records = (await reader.read(LogQuery(level=Level.ERROR))).records
    assert [(record["level"], record["ts"]) for record in records] == [("error", time)] * 3
    assert ["@timestamp" in record for record in records] == [time.endswith("Z")] * 3


@pytest.mark.parametrize("odd", ["1970-01-01T00:00:01Z", "2036-01-01T00:00:00Z"])
async def test_one_odd_line_hides_nothing(odd: str, tmp_path: Path) -> None:
    day = "2026-11-24T12:%02d:00Z"
    (tmp_path / "app.log.1").write_text("".join(f'{{"ts":"{day % minute}"}}\n' for minute in range(5)))
    times = [odd, *(day % minute for minute in range(10, 13))]
    (tmp_path / "app.log").write_text("".join(f'{{"ts":"{time}"}}\n' for time in times))
    since = int(datetime(2026, 11, 24, 12, tzinfo=UTC).timestamp()) * SECOND
    async with LogReader(str(tmp_path / "app.log")) as reader:
        for window in (Window(since, since + 3600 * SECOND), Window(None, since + 3600 * SECOND), Window(since)):
            found = [record["ts"] for record in (await reader.read(LogQuery(window=window))).records]
            assert [each for each in found if each != odd] == [day % minute for minute in (*range(5), 10, 11, 12)]


async def test_a_clock_that_goes_back_hides_nothing(tmp_path: Path) -> None:
    def line(second: int) -> str:
        return json.dumps({"ts": datetime.fromtimestamp(1795514400 + second, UTC).isoformat(), "pad": "p" * 100}) + "\n"

    path = tmp_path / "app.log"
    seconds = [*range(7200), *range(3600, 10800)]
    path.write_text("".join(map(line, seconds)))
    window = Window((1795514400 + 5000) * SECOND, (1795514400 + 5010) * SECOND)
    async with LogReader(str(path)) as reader:
        assert len((await reader.read(LogQuery(window=window))).records) == 20


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        (rb'{"msg":"\u003cnil\u003e"}', {"fixed": "<nil>"}),
        (rb'{"msg":"f\u00fcr"}', {"grep": "f.r$"}),
        (rb'{"msg":"say \"hi\""}', {"fixed": 'say "hi"'}),
        (b"plain text\r", {"grep": "text$"}),
        (b"\x1b[31mERR\x1b[0mOR", {"fixed": "ERROR"}),
        (rb'{"log":"{\"msg\":\"boom\"}\n","stream":"stdout"}', {"grep": '"msg":"boom"'}),
        (rb'{"msg":"boom"}', {"grep": "^boom$"}),
    ],
)
async def test_what_is_shown_is_what_is_searched(line: bytes, asked: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(b'{"msg":"other"}\n' * 50 + line + b"\n")
    async with LogReader(str(path)) as reader:
        assert len((await reader.read(LogQuery(**asked))).records) == 1  # type: ignore[arg-type]
