"""What a Debug query takes, however its caller spells it."""

from __future__ import annotations

import pytest

from corvo_agent.access.roles import Role
from corvo_agent.access.rules import QUERIES, ROUTES, RPCS, role_of_query


@pytest.mark.parametrize(
    ("query", "parameters", "role"),
    [
        ("Stats", {}, Role.VIEWER),
        ("stats", {"expvar": "cpustats", "action": "get"}, Role.VIEWER),
        ("Stats", {"action": " Clear"}, Role.OPERATOR),
        ("Stats", {"action": "get", "Action": "clear"}, Role.OPERATOR),
        ("Log", {"lines": "5"}, Role.READER),
        ("LOG", {}, Role.READER),
        ("Profile", {"profile": "goroutine", "debug": "2"}, Role.READER),
        ("Profile", {"profile": " Goroutine "}, Role.READER),
        ("Profile", {"profile": "goroutine", "Profile": "heap"}, Role.OPERATOR),
        ("Profile", {"profile": "cpu"}, Role.OPERATOR),
        ("Profile", {}, Role.OPERATOR),
        ("Action", {"action": "x"}, Role.ADMIN),
        ("Basket", {}, Role.ADMIN),
        ("*", {}, Role.ADMIN),
        ("", {}, Role.ADMIN),
    ],
)
def test_the_role_of_a_query(query: str, parameters: dict[str, str], role: Role) -> None:
    assert role_of_query(query, parameters) is role


def test_no_query_takes_less_than_the_request_that_carries_it() -> None:
    least = min(QUERIES.values())
    assert all(role == least for (_, path), role in ROUTES.items() if path.endswith("/Debug"))
    assert RPCS["Debug"] == least
