"""How direct the way is from what etcd sends to what follows from it, in turns of the event loop."""

from __future__ import annotations

import asyncio
import json
import logging
import selectors
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from corvo_agent.access.audit import Audit
from corvo_agent.agent.agent import Agent
from corvo_agent.agent.options import AgentOptions
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.modules import key_of
from corvo_agent.modules.etcd.messages import base64_text
from corvo_agent.modules.etcd.store import EtcdOptions, EtcdStore

NAME = "node1-pen-spyglass"
VALUE = b'{"kind":"Module","spec":{"log-level":"Debug"}}'


class Turns(selectors.DefaultSelector):
    """Counts the turns of the loop since it heard of something from outside."""

    count = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(timeout)
        self.count = 0 if ready else self.count + 1
        return ready


class Order(logging.Handler):
    """What happened after the change, in order, each with the turn in which it did."""

    def __init__(self, turns: Turns) -> None:
        super().__init__()
        self.told: list[tuple[str, int]] = []
        self.called, self.audited = asyncio.Event(), asyncio.Event()
        self._turns = turns

    def note(self, what: str) -> None:
        self.told.append((what, self._turns.count))
        if what == "callback":
            self.called.set()

    def emit(self, record: logging.LogRecord) -> None:
        if '"change seen"' in record.getMessage():
            self.note("audit")
            self.audited.set()


@contextmanager
def heard(handler: logging.Handler) -> Iterator[None]:
    logger = logging.getLogger("corvo_agent.audit")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def put(endpoint: str) -> None:
    """Write the Module as another program does."""
    body = json.dumps({"key": base64_text(key_of(NAME).encode()), "value": base64_text(VALUE)})
    with urllib.request.urlopen(f"{endpoint}/v3/kv/put", body.encode(), timeout=30) as answer:
        answer.read()


async def follow(endpoint: str, turns: Turns) -> list[tuple[str, int]]:
    """What an agent does when its level is changed in etcd."""
    order = Order(turns)
    agent = Agent(
        "pen-spyglass",
        node="node1",
        store=EtcdStore(EtcdOptions.from_urls(endpoint, call_timeout=30.0)),
        apply_level=lambda state: order.note("level"),
        on_change=lambda module: order.note("callback"),
        options=AgentOptions(audit=Audit()),
    )
    with heard(order):
        async with agent:
            # It hears of the Module that it has written itself first.
            await order.called.wait()
            order.told.clear()
            await asyncio.to_thread(put, endpoint)
            await order.audited.wait()
    return order.told


def test_a_level_is_in_force_and_told_in_the_turn_in_which_it_is_read_and_the_rest_comes_after(
    etcd: EmbeddedEtcd,
) -> None:
    turns = Turns()
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(turns)) as runner:
        told = runner.run(follow(etcd.endpoint, turns))
    assert [what for what, _ in told] == ["level", "callback", "audit"]
    # All of it happens in the turn that takes the bytes from the socket: no task is woken for it.
    assert {count for _, count in told} == {0}
