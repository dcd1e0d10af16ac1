"""The OpenAPI document is true: whatever is asked by it, the answers are those it promises, and none is a 500."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from corvo_agent.gateway.rest.openapi import document
from corvo_agent.gateway.rest.schemas.queries import LOG_PARAMETERS, PROFILE_PARAMETERS
from corvo_agent.logs.search.parameters import PARAMETERS
from corvo_agent.profiles.kinds import local_kinds

CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
# Streams that end only with their caller.
ENDLESS = "/watch"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A gateway in a process of its own: hypothesis notices what another thread does to ``random``."""
    command = [sys.executable, "-m", "tests.gateway.served"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdin.close()
        assert process.wait(20) == 0


whole = schemathesis.openapi.from_dict(document())
schema, stream = whole.exclude(path_regex=ENDLESS), whole.include(path_regex=ENDLESS, method="POST")
some = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@stream.parametrize()
@some
def test_a_stream_begins_as_promised(case: schemathesis.Case[Any], url: str) -> None:
    request = case.as_transport_kwargs(base_url=url)
    with requests.request(**request, timeout=60, stream=True) as response:
        if request["method"] != "POST":
            assert response.status_code == 405
            return
        promised = case.operation.definition.raw["responses"]
        assert str(response.status_code) in promised, response.text
        kind = response.headers["Content-Type"].partition(";")[0]
        assert kind in promised[str(response.status_code)]["content"]
        if response.status_code == 200:
            # Whatever is subscribed to, there is a line of it.
            assert "type" in json.loads(next(response.iter_lines()))


@schema.parametrize()
@some
def test_answers_are_those_promised(case: schemathesis.Case[Any], url: str) -> None:
    if case.query:
        # It is waited for: each number beyond what this store has reached would take five seconds.
        case.query.pop("min-revision", None)
    response = case.call(base_url=url, timeout=20)
    # 503 is promised where an agent or the store can be away; what nobody promised is what must not come.
    case.validate_response(response, checks=CHECKS)
    assert response.status_code != 500, response.text


def test_the_parameters_of_queries_are_those_that_are_read() -> None:
    assert set(LOG_PARAMETERS) == set(PARAMETERS)
    taken = {name for kind in local_kinds() for name in kind.parameters}
    # Those of a sidecar, which has the processes below its own.
    assert set(PROFILE_PARAMETERS) == taken | {"children"}
