"""A handler is made by the first query, once for many, again after a failure, and stopped with the service."""

from __future__ import annotations

import asyncio
import threading
from contextlib import aclosing
from pathlib import Path

import pytest

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.handlers.deferred import DeferredHandler
from corvo_agent.diagnostics.handlers.log import LogHandler
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.errors import Unavailable


async def test_many_first_queries_make_one_handler_which_streams_too(tmp_path: Path) -> None:
    log = tmp_path / "m.log"
    log.write_text('{"level":"info","ts":"2026-01-01T00:00:00Z","msg":"hello"}\n')
    made: list[LogHandler] = []
    threads: set[int] = set()

    def make() -> LogHandler:
        threads.add(threading.get_ident())
        made.append(LogHandler(str(log)))
        return made[-1]

    service = DiagnosticsService("m", "n")
    service.register_handler("Log", DeferredHandler(make))
    async with DiagnosticsServer([service]) as server, DiagnosticsClient(server.address) as client:
        assert not made
        answers = await asyncio.gather(*(client.logs() for _ in range(5)))
        assert [[each["msg"] for each in records] for records in answers] == [["hello"]] * 5
        async with aclosing(client.follow()) as batches:
            async for batch in batches:
                assert batch[0]["msg"] == "hello"
                break
    assert len(made) == 1
    assert threading.get_ident() not in threads


async def test_what_making_raises_is_told_and_it_is_tried_again(tmp_path: Path) -> None:
    failures = [Unavailable("the handler", "not yet")]

    def make() -> LogHandler:
        if failures:
            raise failures.pop()
        return LogHandler(str(tmp_path / "none.log"))

    service = DiagnosticsService("m", "n")
    service.register_handler("Log", DeferredHandler(make))
    async with DiagnosticsServer([service]) as server, DiagnosticsClient(server.address) as client:
        with pytest.raises(Unavailable, match="not yet"):
            await client.logs()
        with pytest.raises(Exception, match=r"none\.log"):
            await client.logs()
