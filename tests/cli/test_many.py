"""Many modules at a time: bounded, in order, and one failure hides nothing."""

from __future__ import annotations

import asyncio

import pytest

from corvo_agent.cli.backends.etcd import StoreModules
from corvo_agent.cli.failures import Failures
from corvo_agent.cli.many import for_each, selected
from corvo_agent.errors import NotFound, Unavailable
from corvo_agent.modules.access import Selector
from corvo_agent.modules.memory import MemoryStore
from corvo_agent.modules.model import Module, ObjectMeta
from corvo_agent.modules.store import ModuleStore

NAMES = [f"n{number}-a" for number in range(50)]


async def test_the_answers_are_in_the_order_of_the_names_whoever_is_first() -> None:
    last = asyncio.Event()

    async def work(name: str) -> str:
        if name == "n0-a":
            await last.wait()
        elif name == NAMES[-1]:
            last.set()
        return name.upper()

    done = await for_each(NAMES, work, Failures(named=True), "asking")
    assert list(done.items()) == [(name, name.upper()) for name in NAMES]


async def test_a_bounded_number_is_under_way_at_once() -> None:
    running, most = 0, 0

    async def work(name: str) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _ in range(5):
            await asyncio.sleep(0)
        running -= 1

    await for_each(NAMES, work, Failures(named=True), "asking")
    assert 1 < most <= 16


async def test_those_that_fail_are_told_and_the_others_done(capsys: pytest.CaptureFixture[str]) -> None:
    async def work(name: str) -> str:
        if name in ("n1-a", "n3-a"):
            raise Unavailable(name, "refused") if name == "n1-a" else NotFound("module", name)
        return name

    failures = Failures(named=True)
    done = await for_each(NAMES[:5], work, failures, "asking")
    assert list(done) == ["n0-a", "n2-a", "n4-a"]
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("corvo: ") == 2
    assert failures.code in (Unavailable("", "").exit_code, NotFound("", "").exit_code)


async def test_a_fault_of_ours_is_no_failure_of_a_module() -> None:
    async def work(name: str) -> None:
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup) as caught:
        await for_each(["n1-a"], work, Failures(named=True), "asking")
    assert caught.group_contains(ZeroDivisionError)


async def test_selected_are_those_that_fit_and_none_is_not_found() -> None:
    modules = StoreModules(ModuleStore(MemoryStore()))
    for name, team in (("n1-a", "net"), ("n1-b", "db")):
        await modules.create(Module(ObjectMeta(name=name, labels={"team": team})))
    assert await selected(modules, Selector(labels="team=net")) == ["n1-a"]
    with pytest.raises(NotFound, match=r"team=web, spec\.log-level=Debug"):
        await selected(modules, Selector(labels="team=web", fields="spec.log-level=Debug"))
