"""Logs over the wire: the Log query and DebugStream of a real service, asked by our client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.handlers.log import LogHandler
from corvo_agent.diagnostics.messages.payloads import decode_logs
from corvo_agent.diagnostics.service import DiagnosticsService, ServiceLimits
from corvo_agent.errors import RemoteError
from corvo_agent.logs.limits import ReadLimits
from corvo_agent.logs.lines.marker import CURSOR, TRUNCATED, is_marker
from tests.diagnostics.kit import served
from tests.logs.tail_kit import QUICK, line

pytestmark = pytest.mark.integration


@asynccontextmanager
async def serving(path: Path, limits: ReadLimits) -> AsyncIterator[DiagnosticsClient]:
    service = DiagnosticsService("pen-demo", "node1")
    service.register_handler("Log", LogHandler(str(path), limits=limits, tail=QUICK))
    async with service, served(service) as address, DiagnosticsClient(address) as client:
        yield client


def write(path: Path, first: int, last: int) -> None:
    with path.open("ab") as file:
        file.write(b"".join(line(n, level="error" if n % 100 == 0 else "info") for n in range(first, last)))


@pytest.mark.parametrize("raw", ["no", "yes"])
async def test_an_answer_as_large_as_all_may_be_together_is_cut_and_not_refused(tmp_path: Path, raw: str) -> None:
    path, room = tmp_path / "a.log", 1 << 20
    write(path, 0, 20_000)
    service = DiagnosticsService("pen-demo", "node1", limits=ServiceLimits(answer_bytes=room))
    service.register_handler("Log", LogHandler(str(path), limits=ReadLimits(max_answer_bytes=room), tail=QUICK))
    async with service, served(service) as address, DiagnosticsClient(address) as client:
        *records, last = await client.logs({"lines": "all", "from": "0", "raw": raw})
        assert last[TRUNCATED] == "size"
        assert [record["n"] for record in records] == [str(n) for n in range(len(records))]
        (first, *_) = await client.logs({"lines": "all", "cursor": last[CURSOR], "raw": raw})
        assert first["n"] == str(len(records))


async def test_filters_errors_and_pages(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    write(path, 0, 5000)
    async with serving(path, ReadLimits(max_answer_bytes=100_000)) as client:
        records = await client.logs({"level": "error", "lines": "3"})
        assert [record["n"] for record in records] == ["4700", "4800", "4900"]
        for parameters in ({"lines": "-1"}, {"colour": "red"}, {"grep": "("}, {"field.n<": "x"}):
            with pytest.raises(RemoteError) as caught:
                await client.logs(parameters)
            assert caught.value.code == "INVALID_ARGUMENT"
            assert next(iter(parameters)) in caught.value.message
        found: list[str] = []
        parameters = {"lines": "5000"}
        while True:
            *records, last = await client.logs(parameters)
            if not is_marker(last):
                records.append(last)
            found = [record["n"] for record in records] + found
            if TRUNCATED not in last:
                break
            parameters["cursor"] = last[CURSOR]
        assert found == [str(n) for n in range(5000)]


async def test_two_streams_and_one_that_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    write(path, 0, 10)

    async def follow(client: DiagnosticsClient, parameters: dict[str, str], last: str) -> tuple[list[str], str]:
        """Lines until ``last`` has come, and where to go on."""
        numbers, cursor = [], ""
        async with aclosing(client.stream("Log", parameters)) as batches:
            async for payload in batches:
                for record in decode_logs(payload.value):
                    cursor = record.get(CURSOR, cursor)
                    numbers += [record["n"]] if "n" in record else []
                if last in numbers:
                    return numbers, cursor
        return numbers, cursor

    async with serving(path, ReadLimits()) as client, asyncio.timeout(30):
        all_lines = asyncio.create_task(follow(client, {"lines": "600"}, "2999"))
        errors = asyncio.create_task(follow(client, {"lines": "0", "level": "error"}, "2900"))
        first, cursor = await follow(client, {"lines": "3"}, "9")
        assert first == ["7", "8", "9"]
        # Whoever has seen the end of what was there has begun.
        while not (all_lines.done() and errors.done()):
            write(path, 10, 3000)
            await asyncio.wait([all_lines, errors], timeout=0.2)
        numbers, _ = await all_lines
        assert [int(number) for number in numbers[:500]] == list(range(int(numbers[0]), int(numbers[0]) + 500))
        assert {int(number) % 100 for number in (await errors)[0]} == {0}
        numbers, _ = await follow(client, {"cursor": cursor}, "2999")
        assert numbers[:2990] == [str(n) for n in range(10, 3000)]
