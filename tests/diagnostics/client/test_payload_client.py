"""What each typed query makes of the message that answers it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping

import pytest

from corvo_agent.diagnostics.client.payload_client import PayloadClient
from corvo_agent.diagnostics.messages.payloads import logs_payload, stats_payload, string_payload, text_payload
from corvo_agent.diagnostics.query import NOTHING, Payload
from corvo_agent.errors import DecodeError


class Fixed(PayloadClient):
    """Answers every query with ``payload``."""

    timeout = 1.0

    def __init__(self, payload: Payload) -> None:
        self.payload = payload
        self.asked: list[tuple[str, Mapping[str, str] | None]] = []
        self.closed = False

    async def debug(self, query: str, parameters: Mapping[str, str] | None = None, **_more: object) -> Payload:
        self.asked.append((query, parameters))
        return self.payload

    async def stream(
        self, query: str, parameters: Mapping[str, str] | None = None, **_more: object
    ) -> AsyncGenerator[Payload, None]:
        yield self.payload
        yield self.payload

    async def aclose(self) -> None:
        self.closed = True


async def test_it_is_closed_when_it_is_left() -> None:
    async with Fixed(NOTHING) as client:
        pass
    assert client.closed


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        (string_payload("x"), "x"),
        (text_payload("x"), "x"),
        (NOTHING, ""),
        (stats_payload({"a": "1"}), stats_payload({"a": "1"})),
        # An api.Interface that holds no text, here a number.
        (
            Payload("type.googleapis.com/api.Interface", b"\x10\x07"),
            Payload("type.googleapis.com/api.Interface", b"\x10\x07"),
        ),
    ],
)
async def test_an_action_gives_its_text_or_its_message(payload: Payload, answer: str | Payload) -> None:
    client = Fixed(payload)
    assert await client.run_action("greet", {"name": "x"}) == answer
    assert client.asked == [("Action", {"action": "greet", "name": "x"})]


async def test_an_answer_of_another_kind_is_an_error() -> None:
    client = Fixed(logs_payload([{"msg": "x"}]))
    assert await client.logs() == [{"msg": "x"}]
    assert [batch async for batch in client.follow()] == [[{"msg": "x"}]] * 2
    for asking in (client.stats(), client.profile("heap")):
        with pytest.raises(DecodeError, match=r"protos\.Logs"):
            await asking
