"""Command lines of curl: a shell takes them apart as they were meant."""

from __future__ import annotations

import shlex

from corvo_agent.gateway.rest.examples import Example
from corvo_agent.gateway.rest.samples import curl
from corvo_agent.modules.names import API_PATH


def words(command: str) -> list[str]:
    return shlex.split(command.replace("\\\n", " "))


def test_a_body_with_quotes_arrives_as_it_is() -> None:
    example = Example(body={"reason": "it's slow"}, parameters={"field-selector": "a=b,c in (d e)"})
    assert words(curl("PUT", f"{API_PATH}/modules/{{name}}/level", example, open_to_all=False)) == [
        "curl",
        "-sS",
        "-X",
        "PUT",
        f"$GATEWAY{API_PATH}/modules/node1-pen-npm/level?field-selector=a=b%2Cc+in+%28d+e%29",
        "-H",
        "Authorization: Bearer $TOKEN",
        "-d",
        '{"reason":"it\'s slow"}',
    ]


def test_what_is_open_shows_no_token_and_a_stream_is_not_held_back() -> None:
    assert words(curl("GET", "/healthz", Example(), open_to_all=True)) == ["curl", "-sS", "$GATEWAY/healthz"]
    assert words(curl("GET", f"{API_PATH}/watch/modules", Example(), open_to_all=False))[1] == "-sSN"
