"""The OpenAPI document is true: whatever is asked by it, the answers are those it promises, and none is a 500."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from corvo_agent.gateway.rest.openapi import document

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


schema = schemathesis.openapi.from_dict(document()).exclude(path_regex=ENDLESS)


@schema.parametrize()
@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_answers_are_those_promised(case: schemathesis.Case[Any], url: str) -> None:
    if case.query:
        # It is waited for: each number beyond what this store has reached would take five seconds.
        case.query.pop("min-revision", None)
    response = case.call(base_url=url, timeout=20)
    # 503 is promised where an agent or the store can be away; what nobody promised is what must not come.
    case.validate_response(response, checks=CHECKS)
    assert response.status_code != 500, response.text
