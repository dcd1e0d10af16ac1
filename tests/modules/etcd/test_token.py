"""Whoever finds the token refused renews it for everybody."""

from __future__ import annotations

import asyncio

import pytest

from corvo_agent.errors import PermissionRefused, Unavailable
from corvo_agent.modules.etcd.errors import FailedAttempt, Kind
from corvo_agent.modules.etcd.token import Token

REFUSED = FailedAttempt(Kind.FINAL, PermissionRefused("etcd", "wrong password"))


class Users:
    """Gives out tokens when it is let to."""

    def __init__(self, outcome: str | FailedAttempt | None = "") -> None:
        self.asked = 0
        self.asked_now = asyncio.Event()
        self.open = asyncio.Event()
        self.outcome = outcome

    async def authenticate(self, deadline: float) -> str | FailedAttempt | None:
        self.asked += 1
        self.asked_now.set()
        await self.open.wait()
        return f"token-{self.asked}" if self.outcome == "" else self.outcome


def soon() -> float:
    return asyncio.get_running_loop().time() + 30


async def test_many_callers_share_one_renewal() -> None:
    users = Users()
    token = Token(users.authenticate)
    waiting = [asyncio.create_task(token.first(soon())) for _ in range(10)]
    await users.asked_now.wait()
    users.open.set()
    assert await asyncio.gather(*waiting) == [None] * 10
    assert (users.asked, token.text) == (1, "token-1")
    assert await token.first(soon()) is None
    renewals = [token.renew(token.generation, soon()) for _ in range(10)]
    assert await asyncio.gather(*renewals) == [None] * 10
    assert (users.asked, token.text) == (2, "token-2")


async def test_many_callers_share_one_failure_and_the_next_tries_again() -> None:
    users = Users(REFUSED)
    users.open.set()
    token = Token(users.authenticate)
    assert await asyncio.gather(*(token.renew(0, soon()) for _ in range(5))) == [REFUSED] * 5
    assert (users.asked, token.text) == (1, None)
    users.outcome = ""
    assert await token.first(soon()) is None
    assert (users.asked, token.text) == (2, "token-2")


async def test_no_token_is_needed_while_users_are_turned_off() -> None:
    users = Users(None)
    users.open.set()
    token = Token(users.authenticate)
    assert await token.first(soon()) is None
    assert await token.first(soon()) is None
    assert (users.asked, token.text) == (1, None)


async def test_a_cancelled_caller_leaves_the_work_to_the_next() -> None:
    users = Users()
    token = Token(users.authenticate)
    first = asyncio.create_task(token.first(soon()))
    await users.asked_now.wait()
    second = asyncio.create_task(token.first(soon()))
    users.asked_now.clear()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    await users.asked_now.wait()
    users.open.set()
    assert await second is None
    assert token.text == "token-2"


async def test_waiting_for_the_others_has_an_end() -> None:
    users = Users()
    token = Token(users.authenticate)
    first = asyncio.create_task(token.first(soon()))
    await users.asked_now.wait()
    with pytest.raises(TimeoutError):
        await token.first(asyncio.get_running_loop().time())
    users.open.set()
    assert await first is None


def test_closed_connections_are_counted_until_an_answer_comes() -> None:
    token = Token(Users().authenticate)
    cut = FailedAttempt(Kind.UNKNOWN, Unavailable("a", "closed"), cut=True)
    dead = FailedAttempt(Kind.UNREACHABLE, Unavailable("a", "refused"))
    assert not any(token.tell(cut) for _ in range(3)), "there is no token that could be the reason"
    token.text = "t"
    outcomes: list[object] = [cut, {}, cut, dead, cut]
    assert [token.tell(outcome) for outcome in outcomes] == [False, False, False, False, True]
