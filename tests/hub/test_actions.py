"""Actions run in the process that is named, in all when that is said, and in no more than that."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from corvo_agent.diagnostics.messages.payloads import decode_string
from corvo_agent.diagnostics.query import DebugQuery
from corvo_agent.errors import CorvoError, InvalidArgument, InvalidQuery, NotFound
from corvo_agent.hub.actions import HubActions
from tests.hub.kit import hub, stubs
from tests.stub.kit import runtime_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    with runtime_folder() as made:
        yield made


async def ask(handler: HubActions, **parameters: str) -> str:
    return decode_string((await handler.handle(DebugQuery("Action", parameters))).value)


async def test_they_run_where_they_are_asked_for(folder: Path) -> None:
    ran: list[str] = []

    def note(parameters: dict[str, str]) -> str:
        ran.append(parameters["what"])
        return f"{parameters['what']} is noted"

    async def fails(parameters: dict[str, str]) -> str:
        raise CorvoError("not today")

    async with hub(folder) as (workers, place):
        handler = HubActions(workers, lambda: "shop")
        with pytest.raises(NotFound, match="none is connected"):
            await ask(handler, action="note")
        async with stubs(workers, place, 2) as both:
            for each in both:
                each.register_action("note", note)
                each.register_action("fails", fails)
            assert await ask(handler, action="note", what="this", worker="2") == "this is noted"
            with pytest.raises(InvalidArgument, match=r"which one.*1, 2, all"):
                await ask(handler, action="note", what="that")
            assert ran == ["this"]
            told = orjson.loads(await ask(handler, action="note", what="both", worker="all"))
            assert told == {"1": "both is noted", "2": "both is noted"}
            assert orjson.loads(await ask(handler, action="fails", worker="all"))["1"]["error"].endswith("not today")
            with pytest.raises(InvalidQuery, match="unknown"):
                await ask(handler, action="nothing", worker="1")
