"""The gateway's own questions: in no audit, within a bound, and read beside the loop when they are long."""

from __future__ import annotations

import orjson
import pytest

from corvo_agent.clock import SYSTEM_CLOCK
from corvo_agent.diagnostics.messages.payloads import stats_payload, string_payload
from corvo_agent.diagnostics.query import DebugQuery, Payload
from corvo_agent.errors import DecodeError, ResourceExhausted
from corvo_agent.gateway.routing.router import Router
from corvo_agent.gateway.statuses.measured_client import LARGE, MOST, MeasuredClient, ask_through
from corvo_agent.overview.recent_errors import RecentErrors


class Answering(Router):
    """Answers every query with ``payload``, and keeps the last one."""

    def __init__(self, payload: Payload) -> None:
        self._payload = payload
        self.asked = DebugQuery("")

    async def debug(self, query: DebugQuery) -> Payload:
        self.asked = query
        return self._payload


@pytest.mark.parametrize("size", [10, LARGE])
async def test_statistics_are_read_however_long_they_are(size: int) -> None:
    router = Answering(stats_payload({"cpustats": '{"Percent":2.0}', "text": orjson.dumps("x" * size).decode()}))
    found = await MeasuredClient(router, "m1").stats()
    assert (found["cpustats"]["Percent"], len(found["text"])) == (2.0, size)
    assert (router.asked.name, router.asked.timeout) == ("m1", 5.0)


async def test_an_answer_beyond_the_bound_or_of_another_type_is_told_as_that() -> None:
    with pytest.raises(ResourceExhausted):
        await MeasuredClient(Answering(stats_payload({"text": "x" * MOST})), "m1").stats()
    with pytest.raises(DecodeError):
        await MeasuredClient(Answering(string_payload("x")), "m1").logs()
    found = await ask_through(Answering(string_payload("x")), SYSTEM_CLOCK)("m1", RecentErrors())
    assert (found.unanswered, found.errors, bool(found.why)) == ("", None, True)
