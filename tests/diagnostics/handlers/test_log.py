"""The Log query as the service asks it."""

from __future__ import annotations

from contextlib import aclosing
from pathlib import Path

import pytest

from corvo_agent.diagnostics.handler import QueryHandler, StreamingHandler
from corvo_agent.diagnostics.handlers.log import LogHandler
from corvo_agent.diagnostics.messages.payloads import LOGS, decode_logs
from corvo_agent.diagnostics.query import DebugQuery
from corvo_agent.errors import InvalidArgument, NotFound
from corvo_agent.levels.level import Level
from corvo_agent.logs.limits import ReadLimits
from corvo_agent.logs.lines.marker import is_marker
from tests.logs.tail_kit import QUICK


def write(path: Path, count: int) -> str:
    path.write_text("".join(f'{{"level":"info","n":{n}}}\n' for n in range(count)))
    return str(path)


async def ask(handler: LogHandler, **parameters: str) -> list[dict[str, str]]:
    payload = await handler.handle(DebugQuery("Log", {k.replace("_", "-"): v for k, v in parameters.items()}))
    assert payload.type_url == LOGS
    return decode_logs(payload.value)


async def test_it_is_a_handler_that_answers_with_the_newest_lines(tmp_path: Path) -> None:
    path = write(tmp_path / "a.log", 2000)
    handler = LogHandler(path)
    assert isinstance(handler, QueryHandler)
    await handler.start()
    assert await ask(handler, lines="2") == [
        {"level": "info", "n": "1998", "source": path},
        {"level": "info", "n": "1999", "source": path},
    ]
    assert len(await ask(handler)) == 1000
    assert len(await ask(handler, lines="1999")) == 1999
    await handler.stop()


async def test_errors_are_typed(tmp_path: Path) -> None:
    handler = LogHandler(str(tmp_path / "gone.log"), limits=ReadLimits(max_lines=10))
    await handler.start()
    with pytest.raises(NotFound):
        await ask(handler, lines="1")
    with pytest.raises(InvalidArgument):
        await ask(handler, lines="11")
    with pytest.raises(InvalidArgument):
        await ask(handler, colour="red")
    await handler.stop()


async def test_filters_reach_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text('{"level":"error","msg":"x"}\n{"level":"info","msg":"x"}\n{"level":"audit"}\n')
    handler = LogHandler(str(path))
    assert [record["level"] for record in await ask(handler, level="error")] == ["error", "audit"]
    assert [record["level"] for record in await ask(handler, level="error", audit="no")] == ["error"]
    assert [record["level"] for record in await ask(handler, grep="x..$", order="desc")] == ["info", "error"]
    with pytest.raises(InvalidArgument):
        await ask(handler, grep="(")
    await handler.stop()


async def test_the_default_level_holds_unless_another_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text('{"level":"debug"}\n{"level":"error"}\n')
    level = Level.INFO
    handler = LogHandler(str(path), default_level=lambda: level, tail=QUICK)
    assert [record["level"] for record in await ask(handler)] == ["error"]
    assert [record["level"] for record in await ask(handler, level="all")] == ["debug", "error"]
    for parameters, expected in (({}, ["error"]), ({"level": "all"}, ["debug", "error"])):
        async with aclosing(handler.stream(DebugQuery("Log", parameters))) as batches:
            records = decode_logs((await anext(batches)).value)
        assert [record["level"] for record in records if not is_marker(record)] == expected
    level = Level.DEBUG
    assert len(await ask(handler)) == 2
    await handler.stop()


async def test_a_stream_goes_on_with_what_comes(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    write(path, 5)
    handler = LogHandler(str(path), tail=QUICK)
    assert isinstance(handler, StreamingHandler)
    async with aclosing(handler.stream(DebugQuery("Log", {"lines": "2"}))) as batches:
        payload = await anext(batches)
        assert payload.type_url == LOGS
        assert [record.get("n") for record in decode_logs(payload.value)] == ["3", "4", None]
        with path.open("a") as file:
            file.write('{"n":"new"}\n')
        cursor = decode_logs((await anext(batches)).value)[-1]["corvo.cursor"]
    with path.open("a") as file:
        file.write('{"n":"missed"}\n')
    async with aclosing(handler.stream(DebugQuery("Log", {"cursor": cursor}))) as batches:
        assert decode_logs((await anext(batches)).value)[0]["n"] == "missed"
    for parameters in ({"order": "desc"}, {"from": "3"}, {"lines": "x"}):
        with pytest.raises(InvalidArgument):
            await anext(handler.stream(DebugQuery("Log", parameters)))
    await handler.stop()


async def test_whoever_has_no_time_gets_what_there_is_and_where_to_go_on(tmp_path: Path) -> None:
    handler = LogHandler(write(tmp_path / "a.log", 50_000))
    numbers: list[str] = []
    parameters = {"lines": "50000"}
    answers = 0
    while answers == 0 or "cursor" in parameters:
        answers += 1
        payload = await handler.handle(DebugQuery("Log", dict(parameters), timeout=0.0))
        parameters.pop("cursor", None)
        records = decode_logs(payload.value)
        if records and is_marker(records[-1]):
            last = records.pop()
            assert last["corvo.truncated"] == "deadline"
            parameters["cursor"] = last["corvo.cursor"]
        numbers = [record["n"] for record in records] + numbers
    assert answers > 3
    assert numbers == [str(n) for n in range(50_000)]
    await handler.stop()


async def test_an_answer_that_is_not_whole_ends_with_a_marker(tmp_path: Path) -> None:
    handler = LogHandler(write(tmp_path / "a.log", 100), limits=ReadLimits(max_answer_bytes=1000))
    await handler.start()
    *records, last = await ask(handler)
    assert len(records) < 20
    assert (last["level"], last["corvo.truncated"]) == ("marker", "size")
    await handler.stop()
