"""What a subscription says stands in lines of its own."""

from __future__ import annotations

import json

import orjson
import pytest

from corvo_agent.errors import NotFound
from corvo_agent.gateway.multiplex.kinds import Outlet
from corvo_agent.gateway.multiplex.outbox import Outbox


@pytest.mark.parametrize("id", ["f", 'a"b\n', "\u2028 ü"])
async def test_a_line_has_the_id_the_type_and_the_members(id: str) -> None:
    outbox = Outbox()
    out = Outlet(id, outbox)
    await out.say("end")
    await out.say_all([out.line("row", object=orjson.Fragment(b'{"name":"x"}'))])
    await out.say_all([])
    await out.fail(NotFound("module", "m1"), "m1", ended=True)
    lines = [json.loads(line) for line in (await outbox.take()).split(b"\n")[:-1]]
    assert lines[:2] == [{"id": id, "type": "end"}, {"id": id, "type": "row", "object": {"name": "x"}}]
    assert (lines[2]["module"], lines[2]["ended"], lines[2]["status"]["code"]) == ("m1", True, 409)
