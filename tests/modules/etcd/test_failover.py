"""One call: which endpoints are asked, how often, how long, and what the caller is told in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from corvo_agent.errors import CorvoError, DeadlineExceeded, RemoteError, Unavailable
from corvo_agent.modules.etcd.errors import FailedAttempt, Kind
from corvo_agent.modules.etcd.failover import Budget, Call, Counters, Failover, Repeat

A, B, C = "http://a:1", "http://b:1", "http://c:1"


class Cluster:
    """Attempts as ``reply`` wants them; writes down what was asked."""

    def __init__(
        self, reply: Callable[[str, int], str | FailedAttempt], endpoints: tuple[str, ...] = (A, B, C)
    ) -> None:
        self.asked: list[str] = []
        self.budgets: list[Budget] = []
        self.counters = Counters()
        self.failover = Failover(endpoints, 1.0, self.counters)
        self._reply = reply

    async def attempt(self, endpoint: str, budget: Budget) -> str | FailedAttempt:
        self.asked.append(endpoint)
        self.budgets.append(budget)
        return self._reply(endpoint, len(self.asked))

    async def run(self, repeat: Repeat = Repeat.ALWAYS, seconds: float = 30.0) -> tuple[str | FailedAttempt, Call]:
        call = Call(asyncio.get_running_loop().time() + seconds, repeat)
        return await self.failover.run(self.attempt, call), call


def failed(kind: Kind, endpoint: str = A, reason: str = "broken") -> FailedAttempt:
    return FailedAttempt(kind, Unavailable(endpoint, reason))


def told(outcome: str | FailedAttempt) -> CorvoError:
    assert isinstance(outcome, FailedAttempt)
    return outcome.error


async def test_the_first_endpoint_that_works_is_kept() -> None:
    cluster = Cluster(lambda endpoint, _: failed(Kind.UNREACHABLE) if endpoint == A else endpoint)
    assert (await cluster.run())[0] == B
    assert (await cluster.run())[0] == B
    assert cluster.asked == [A, B, B]
    assert cluster.failover.current == B
    assert cluster.counters.failovers == 1


async def test_where_nobody_listens_nothing_is_waited_for() -> None:
    cluster = Cluster(lambda endpoint, _: failed(Kind.UNREACHABLE, endpoint, "Connection refused"))
    outcome, call = await cluster.run()
    error = told(outcome)
    assert isinstance(error, Unavailable)
    assert cluster.asked == [A, B, C]
    assert error.peer == f"{A}, {B}, {C}"
    assert error.reason == f"{A}: Connection refused; {B}: Connection refused; {C}: Connection refused"
    assert not call.doubtful


async def test_members_without_a_leader_are_asked_again() -> None:
    cluster = Cluster(lambda _, count: failed(Kind.NOT_NOW) if count < 6 else "done")
    outcome, call = await cluster.run(Repeat.UNSENT)
    assert outcome == "done"
    assert cluster.asked == [A, B, C, A, B, C]
    assert not call.doubtful


async def test_the_deadline_ends_the_asking() -> None:
    cluster = Cluster(lambda endpoint, _: failed(Kind.NOT_NOW, endpoint, "no leader"), (A,))
    # A machine that stands still for so long asks once only.
    for seconds in (0.3, 3.0, 30.0):
        cluster.asked.clear()
        outcome, _ = await cluster.run(seconds=seconds)
        error = told(outcome)
        assert isinstance(error, Unavailable)
        assert (error.peer, error.reason) == (A, "no leader")
        if len(cluster.asked) > 1:
            break
    assert len(cluster.asked) > 1


@pytest.mark.parametrize("kind", [Kind.FINAL, Kind.TOKEN])
async def test_a_refusal_is_not_taken_elsewhere(kind: Kind) -> None:
    cluster = Cluster(lambda endpoint, _: FailedAttempt(kind, RemoteError(endpoint, "NOT_FOUND", "x")))
    outcome, _ = await cluster.run()
    assert isinstance(outcome, FailedAttempt)
    assert outcome.kind is kind
    assert cluster.asked == [A]
    assert cluster.failover.current == A


async def test_what_may_be_repeated_goes_on_in_doubt() -> None:
    cluster = Cluster(lambda endpoint, _: failed(Kind.UNKNOWN) if endpoint == A else "done")
    outcome, call = await cluster.run(Repeat.ALWAYS)
    assert outcome == "done"
    assert call.doubtful


async def test_what_must_not_be_repeated_stops_in_doubt() -> None:
    cluster = Cluster(lambda endpoint, _: failed(Kind.UNREACHABLE) if endpoint == A else failed(Kind.UNKNOWN, B, "cut"))
    outcome, call = await cluster.run(Repeat.UNSENT)
    assert "cut" in str(told(outcome))
    assert cluster.asked == [A, B]
    assert call.doubtful
    assert cluster.failover.current == C


async def test_a_lost_connection_is_tried_again_at_the_same_endpoint() -> None:
    cluster = Cluster(lambda _, count: failed(Kind.UNKNOWN) if count == 1 else "done", (A,))
    assert (await cluster.run())[0] == "done"
    assert cluster.asked == [A, A]
    assert cluster.counters.failovers == 0


async def test_time_is_shared_among_the_endpoints_that_are_left() -> None:
    cluster = Cluster(lambda endpoint, _: failed(Kind.UNREACHABLE, endpoint))
    await cluster.run(seconds=3000)
    assert [budget.total for budget in cluster.budgets] == pytest.approx([1000, 1500, 3000], abs=60)
    cluster.budgets.clear()
    await cluster.run(Repeat.UNSENT, seconds=3000)
    assert [budget.total for budget in cluster.budgets] == pytest.approx([3000, 3000, 3000], abs=60)
    assert {budget.connect for budget in cluster.budgets} == {1.0}


async def test_only_timeouts_are_a_deadline_exceeded() -> None:
    cluster = Cluster(lambda endpoint, _: FailedAttempt(Kind.UNREACHABLE, DeadlineExceeded(endpoint, 1.0)))
    outcome, _ = await cluster.run()
    error = told(outcome)
    assert isinstance(error, DeadlineExceeded)
    assert error.peer == f"{A}, {B}, {C}"


async def test_without_time_nobody_is_asked() -> None:
    cluster = Cluster(lambda endpoint, _: endpoint)
    outcome, _ = await cluster.run(seconds=-1)
    error = told(outcome)
    assert isinstance(error, DeadlineExceeded)
    assert error.peer == f"{A}, {B}, {C}"
    assert cluster.asked == []


def test_an_endpoint_is_left_once() -> None:
    failover = Failover((A, B), 1.0, Counters())
    failover.leave(A)
    failover.leave(A)
    assert failover.current == B
    failover.leave(B)
    assert failover.current == A


async def test_cancelling_ends_the_waiting() -> None:
    entered = asyncio.Event()

    async def attempt(endpoint: str, budget: Budget) -> str | FailedAttempt:
        entered.set()
        await asyncio.Event().wait()
        return endpoint

    call = Call(asyncio.get_running_loop().time() + 30, Repeat.ALWAYS)
    task = asyncio.create_task(Failover((A,), 1.0, Counters()).run(attempt, call))
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
