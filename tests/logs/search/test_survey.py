"""What a file is written in is found out once, again when it changes, and doubted where its times contradict it."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.levels.level import Level
from corvo_agent.logs.dialects.dialect import stated_dialect
from corvo_agent.logs.dialects.severity import Severity
from corvo_agent.logs.files import blocks
from corvo_agent.logs.files.log_file import open_log
from corvo_agent.logs.lines.line_time import Window
from corvo_agent.logs.lines.marker import GAP
from corvo_agent.logs.search import bisection
from corvo_agent.logs.search.query import LogQuery
from corvo_agent.logs.search.reader import LogReader
from corvo_agent.logs.search.survey import Surveyor
from tests.logs.dialects.writers import WRITERS, Event, Writer, events

from .test_log_search import finish

SECOND = 10**9
PINO = b'{"level":30,"time":1795514400123,"pid":1,"hostname":"h","msg":"x"}\n'


def survey_of(surveyor: Surveyor, path: Path) -> str:
    with open_log(str(path)) as log:
        return surveyor.survey(log).dialect.name


def test_a_file_is_surveyed_again_when_it_has_changed(tmp_path: Path) -> None:
    path, surveyor = tmp_path / "a.log", Surveyor()
    path.write_bytes(PINO)
    assert survey_of(surveyor, path) == "pino"
    path.write_bytes(b"[2026-11-24 10:00:00 +0000] [7] [ERROR] boom\n" * 300)
    assert survey_of(surveyor, path) == "gunicorn"
    with path.open("ab") as file:
        file.write(PINO * 10_000)
    # Enough of it was seen.
    assert survey_of(surveyor, path) == "gunicorn"
    assert survey_of(Surveyor(stated_dialect("ecs")), path) == "ecs"


def test_a_file_that_is_not_there_is_not_known(tmp_path: Path) -> None:
    assert Surveyor().survey_path(str(tmp_path / "none.log")).dialect.name == "json"


@pytest.mark.parametrize(("hours", "doubted"), [(0, False), (2, True), (-5.5, True), (200, False)])
async def test_a_zone_that_does_not_fit_is_remarked_upon(tmp_path: Path, hours: float, doubted: bool) -> None:
    path = tmp_path / "a.log"
    written = datetime(2026, 11, 24, 10, tzinfo=UTC)
    path.write_text(f"{written + timedelta(hours=hours):%Y-%m-%d %H:%M:%S},123 ERROR app boom\n")
    os.utime(path, (written.timestamp(), written.timestamp()))
    async with LogReader(str(path), surveyor=Surveyor(zone=UTC)) as reader:
        result = await reader.read(LogQuery(window=Window(1)))
        assert [remark[GAP] for remark in result.remarks] == ["zone"] * doubted
    stated = Surveyor(zone=timezone(timedelta(hours=1)), is_zone_stated=True)
    async with LogReader(str(path), surveyor=stated) as reader:
        assert (await reader.read(LogQuery(window=Window(1)))).remarks == []


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.name)
def test_a_search_finds_what_was_written(writer: Writer, tmp_path: Path) -> None:
    path = tmp_path / "a.log"

    @settings(max_examples=25, deadline=None)
    @given(
        st.lists(events(), min_size=3, max_size=25),
        st.sampled_from(Level),
        st.integers(-100, 100),
        st.integers(40, 400),
    )
    def check(several: list[Event], level: Level, since: int, block: int) -> None:
        several.sort(key=lambda event: event.time)
        path.write_text("".join(writer.write(event) + "\n" for event in several))
        os.utime(path, (1795514400, 1795514400))
        # A bound at, or near, one of the times.
        bound = several[len(several) // 2].time + since * SECOND if writer.unit else None
        wanted = [
            event.message
            for event in several
            if _level(writer, event) >= level
            and (bound is None or event.time - event.time % max(writer.unit, 1) >= bound)
        ]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(blocks, "SMALLEST_BLOCK", block)
            patch.setattr(blocks, "LARGEST_BLOCK", block)
            patch.setattr(bisection, "_CLOSE", block)
            patch.setattr(bisection, "_PROBE", block)
            reader = LogReader(str(path), surveyor=Surveyor(zone=UTC, is_zone_stated=True))
            result = finish(reader.steps(LogQuery(level=level, window=Window(bound)), float("inf")))
        found = [record.get("msg") or _message(record) for record in result.records]
        assert found == wanted

    check()


def _level(writer: Writer, event: Event) -> Level:
    # klog has nothing below info.
    return max(event.severity.level, Severity.INFO.level) if writer.name == "klog" else event.severity.level


def _message(record: dict[str, str]) -> str:
    return next(record[key] for key in ("message", "MESSAGE", "short_message", "@m", "event", "body") if key in record)
