"""A caller may what its role may, with the Modules that its selector selects."""

from __future__ import annotations

import asyncio

import pytest

from corvo_agent.access.caller import ANYONE, Caller, calling, current_caller
from corvo_agent.access.roles import Role
from corvo_agent.errors import NotAuthorized

ONCALL = Caller("oncall", Role.READER, "team=shop,tier in (a,b)")


def test_a_role_that_is_too_low_is_told() -> None:
    ONCALL.require(Role.VIEWER)
    ONCALL.require(Role.READER)
    with pytest.raises(NotAuthorized, match=r"role operator, oncall is reader") as refused:
        ONCALL.require(Role.OPERATOR)
    assert (refused.value.caller, refused.value.role) == ("oncall", "operator")


def test_modules_of_others_are_none_of_its_own() -> None:
    ONCALL.require_module({"team": "shop", "tier": "b"})
    ANYONE.require_module({})
    for labels in ({}, {"team": "shop"}, {"team": "bank", "tier": "a"}):
        with pytest.raises(NotAuthorized, match="limited to modules with team=shop"):
            ONCALL.require_module(labels)


def test_selectors_hold_together() -> None:
    assert ONCALL.limited("") == ONCALL.limited("  ") == ONCALL.selector
    assert ONCALL.limited("a=b") == f"a=b,{ONCALL.selector}"
    assert ANYONE.limited("a=b") == "a=b"


async def test_tasks_begun_for_a_caller_are_its_own() -> None:
    assert current_caller() is ANYONE

    async def asked() -> Caller:
        return current_caller()

    with calling(ONCALL):
        task = asyncio.create_task(asked())
    assert current_caller() is ANYONE
    assert await task is ONCALL
