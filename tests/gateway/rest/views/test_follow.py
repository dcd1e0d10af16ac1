"""A followed log that ends by a fault of ours; for all else see tests/gateway/test_wire_rows_debug.py."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from corvo_agent.diagnostics.messages.payloads import logs_payload
from corvo_agent.diagnostics.query import DebugQuery, Payload
from corvo_agent.gateway.rest.views.follow import FollowViews
from corvo_agent.gateway.routing.router import Router
from corvo_agent.modules.names import API_PATH

from ...conftest import Api


class Faulty(Router):
    """Fails as no router should, after ``lines`` lines."""

    def __init__(self, lines: int) -> None:
        self._lines = lines

    async def stream(self, query: DebugQuery) -> AsyncGenerator[Payload]:
        for number in range(self._lines):
            yield logs_payload([{"msg": str(number)}])
        raise ZeroDivisionError(query.name)


@pytest.mark.parametrize("lines", [0, 2])
async def test_a_reader_is_told_of_a_fault(api: Api, lines: int, caplog: pytest.LogCaptureFixture) -> None:
    application = web.Application()
    application.add_routes(FollowViews(api.gateway.api, Faulty(lines)).routes())
    async with TestServer(application) as server, aiohttp.ClientSession() as session:
        with caplog.at_level(logging.CRITICAL, "corvo_agent.gateway.rest.views.follow"):
            async with session.get(server.make_url(f"{API_PATH}/watch/modules/m1/logs")) as response:
                told = [json.loads(line) for line in (await response.text()).splitlines()]
    assert response.status == (200 if lines else 500)
    *records, last = told
    assert records == [{"log": {"msg": str(number)}} for number in range(lines)]
    assert "ZeroDivisionError: m1" in json.dumps(last)
