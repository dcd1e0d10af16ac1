"""A sample service that really works: orders come in, are checked and settled by workers, and every step is logged.

It shows what a service does to be diagnosed: log through ``logging``, publish variables, offer actions.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import logging
import random
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..stats.histogram import Histogram
from ..stats.variables import Func, Int, Variable

_log = logging.getLogger("orders")
_WORKERS = 3
#: Orders that wait at most; then taking more waits for the workers.
_QUEUE = 100
#: Settled orders that the action can list.
_REMEMBERED = 50
_CUSTOMERS = ("ada", "grace", "edsger", "barbara", "alan")


@dataclass(frozen=True, slots=True)
class CustomerOrder:
    """Something to settle."""

    number: int
    customer: str
    amount: int


class OrderService:
    """The sample service: ``run`` takes ``per_second`` orders and settles them with a few workers, until cancelled.

    ``publish`` makes its variables and its action known to whatever answers for this process.
    """

    def __init__(self, per_second: float = 20.0) -> None:
        self._pause = 1 / per_second
        self._queue: asyncio.Queue[CustomerOrder] = asyncio.Queue(_QUEUE)
        self._settled: deque[CustomerOrder] = deque(maxlen=_REMEMBERED)
        self.accepted = Int()
        self.refused = Int()
        self.durations = Histogram()

    def publish(
        self, variable: Callable[[str, Variable], object], action: Callable[[str, Callable[..., Any]], object]
    ) -> None:
        """Make the service's numbers known by ``variable``, and what operators may call by ``action``."""
        variable("orders.accepted", self.accepted)
        variable("orders.refused", self.refused)
        variable("orders.waiting", Func(self._queue.qsize))
        variable("orders.duration", self.durations)
        action("list-orders", self.list_orders)

    async def list_orders(self, parameters: Mapping[str, str]) -> list[dict[str, object]]:
        """The action ``list-orders``: what was settled last, of one ``customer`` if named."""
        wanted = parameters.get("customer")
        return [
            {"number": order.number, "customer": order.customer, "amount": order.amount}
            for order in self._settled
            if wanted in (None, order.customer)
        ]

    async def run(self) -> None:
        """Work until cancelled."""
        _log.info("service starts", extra={"workers": _WORKERS})
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._take_orders(), name="take-orders")
            for number in range(_WORKERS):
                tasks.create_task(self._settle_orders(), name=f"settle-orders-{number}")

    async def _take_orders(self) -> None:
        for number in itertools.count(1):
            order = CustomerOrder(number, random.choice(_CUSTOMERS), random.randint(1, 5000))
            await self._queue.put(order)
            _log.debug("order comes in", extra={"order": number, "customer": order.customer, "amount": order.amount})
            await asyncio.sleep(self._pause)

    async def _settle_orders(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            order = await self._queue.get()
            began = loop.time()
            # Something that is still logged at level Warn.
            if order.amount > 4500:
                self.refused.increment()
                _log.warning("order is refused", extra={"order": order.number, "amount": order.amount})
                continue
            receipt = _receipt(order)
            # Stands for a call to a database: time that a CPU profile must not show.
            await asyncio.sleep(random.uniform(0.005, 0.05))
            self._settled.append(order)
            self.accepted.increment()
            self.durations.observe(loop.time() - began)
            _log.info("order is settled", extra={"order": order.number, "customer": order.customer})
            _log.debug("receipt is written", extra={"order": order.number, "receipt": receipt})


def _receipt(order: CustomerOrder) -> str:
    """Hash the order many times, so that a CPU profile finds a busy function."""
    digest = f"{order.number}:{order.customer}:{order.amount}".encode()
    for _ in range(200):
        digest = hashlib.sha256(digest).digest()
    return digest.hex()[:16]
