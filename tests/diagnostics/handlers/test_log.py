"""The Log query as the service asks it."""

from __future__ import annotations

from pathlib import Path

import pytest

from corvo_agent.diagnostics.handler import QueryHandler
from corvo_agent.diagnostics.handlers.log import LogHandler
from corvo_agent.diagnostics.payloads import LOGS, decode_logs
from corvo_agent.diagnostics.query import DebugQuery
from corvo_agent.errors import InvalidArgument, NotFound
from corvo_agent.logs.limits import ReadLimits


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


async def test_an_answer_that_is_not_whole_ends_with_a_marker(tmp_path: Path) -> None:
    handler = LogHandler(write(tmp_path / "a.log", 100), limits=ReadLimits(max_answer_bytes=1000))
    await handler.start()
    *records, last = await ask(handler)
    assert len(records) < 20
    assert (last["level"], last["corvo.truncated"]) == ("marker", "size")
    await handler.stop()
