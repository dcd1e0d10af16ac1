"""The examples are asked of a gateway with an agent, and what they show is what the document promises."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from corvo_agent.agent.agent import Agent
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.gateway.rest.examples import EXAMPLES, Example
from corvo_agent.gateway.rest.openapi import document
from corvo_agent.gateway.rest.samples import NAME
from corvo_agent.gateway.rest.schemas.table import SCHEMAS
from corvo_agent.modules.names import API_PATH
from tests.gateway.conftest import Api, Store, announced

CREATE = ("POST", "/configs/diagnostics/v1/modules")
DELETE = ("DELETE", "/configs/diagnostics/v1/modules/{name}")
LEVEL = ("GET", "/configs/diagnostics/v1/modules/{name}/level")


# The last operation of each kind.
IDS: dict[str, str] = {}


async def ask(api: Api, method: str, path: str, example: Example) -> Any:
    """The first answer, of a stream its first line."""
    kind = path.removesuffix("/{id}").rpartition("/")[2]
    url = api.gateway.url + path.replace("{name}", NAME).replace("{id}", IDS.get(kind, ""))
    body = None if example.body is None else orjson.dumps(example.body)
    async with api.session.request(method, url, data=body, params=example.parameters) as response:
        assert response.status in (200, 202), (method, path, await response.text())
        answer = orjson.loads(await response.content.readline())
        if response.status == 202:
            IDS[kind] = answer["id"]
        return answer


def test_every_request_that_is_answered_with_json_has_an_example() -> None:
    without = [
        (method.upper(), path)
        for path, methods in document()["paths"].items()
        for method in methods
        if method != "parameters" and path.startswith(API_PATH) and not path.endswith("/data")
        if (method.upper(), path) not in EXAMPLES
    ]
    assert without == []


async def test_each_example_is_answered_and_its_answer_has_such_members(api: Api, store: Store, tmp_path: Path) -> None:
    log = tmp_path / "pen-npm.log"
    now = datetime.now(UTC).isoformat()
    log.write_text(f'{{"level":"error","ts":"{now}","module":"pen-npm","pid":"7","msg":"lost"}}\n')
    service = DiagnosticsService.with_defaults("pen-npm", "node1", log_file=str(log))
    service.register_action("drop-cache", lambda parameters: "dropped")
    (create,) = EXAMPLES[CREATE].values()
    await ask(api, *CREATE, create)
    async with Agent("pen-npm", node="node1", store=store, service=service, apply_level=None):
        await announced(api.gateway, NAME)
        others = [key for key in EXAMPLES if key not in (CREATE, DELETE)]
        for key in (*others, DELETE):
            for label, example in EXAMPLES[key].items():
                if key == LEVEL:
                    await ask(api, "PUT", LEVEL[1], next(iter(EXAMPLES["PUT", LEVEL[1]].values())))
                answer = await ask(api, *key, example)
                shown = example.answer
                first = orjson.loads(shown.splitlines()[0]) if isinstance(shown, str) else shown
                assert first.keys() <= answer.keys(), (key, label, answer)
                if "diagnostics" in first:
                    assert first["diagnostics"].keys() == answer["diagnostics"].keys(), (key, label)


def unknown(value: Any, schema: dict[str, Any], where: str = "") -> list[str]:
    """The members of ``value`` that ``schema`` does not know, and those that it needs and ``value`` lacks."""
    while "$ref" in schema:
        schema = SCHEMAS[schema["$ref"].rpartition("/")[2]]
    schema = next((each for each in schema.get("oneOf", ()) if each.get("type") != "null"), schema)
    if isinstance(value, list):
        return [each for item in value for each in unknown(item, schema["items"], where)]
    if not isinstance(value, dict) or "properties" not in schema:
        return []
    found = [f"{where}.{key}" for key in schema.get("required", ()) if key not in value]
    for key, member in value.items():
        if key in schema["properties"]:
            found += unknown(member, schema["properties"][key], f"{where}.{key}")
        else:
            found.append(f"{where}.{key}")
    return found


def test_bodies_and_answers_are_those_of_the_document() -> None:
    for (method, path), examples in EXAMPLES.items():
        operation = document()["paths"][path][method.lower()]
        for label, example in examples.items():
            if example.body is not None:
                assert unknown(example.body, operation["requestBody"]["content"]["application/json"]["schema"]) == []
            if not isinstance(example.answer, str):
                done = operation["responses"].get("200") or operation["responses"]["202"]
                schema = done["content"]["application/json"]["schema"]
                assert unknown(example.answer, schema) == [], (path, label)
