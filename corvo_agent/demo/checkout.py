"""A sample service that is slow for a reason: the tutorial ``corvo guide slow-service`` finds it and mends it."""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..stats.histogram import Histogram
from ..stats.variables import Func, Int, Variable

_log = logging.getLogger("checkout")
COUPONS = 300_000
#: Customers that come at once, every second.
_CUSTOMERS = 5
#: Customers that wait at most; then others stay outside.
_QUEUE = 20
#: Seconds after which a customer complains.
_PATIENCE = 0.2


class Coupons:
    """Codes of coupons, found in any spelling: one after the other, or by an index once that is built."""

    def __init__(self, codes: Sequence[str]) -> None:
        self._codes = codes
        self._index: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._codes)

    def find(self, code: str) -> int | None:
        """The number of the coupon, None where there is none."""
        wanted = _folded(code)
        if self._index:
            return self._index.get(wanted)
        # What the tutorial has to find: it looks at every coupon there is, on the event loop.
        for number, known in enumerate(self._codes):
            if _folded(known) == wanted:
                return number
        return None

    def build_index(self) -> None:
        """From now on find without looking at each."""
        self._index = {_folded(code): number for number, code in enumerate(self._codes)}


def _folded(code: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", code))).casefold()


class CheckoutService:
    """Customers come every ``pause`` seconds, several at once, and pay with a coupon, until ``run`` is cancelled."""

    def __init__(self, pause: float = 1.0, coupons: int = COUPONS) -> None:
        self._pause = pause
        self._coupons = Coupons([f"SAVE-{number:06}" for number in range(coupons)])
        self._queue: asyncio.Queue[tuple[int, float]] = asyncio.Queue(_QUEUE)
        self.paid = Int()
        self.complaints = Int()
        self.durations = Histogram()

    def publish(
        self, variable: Callable[[str, Variable], object], action: Callable[[str, Callable[..., Any]], object]
    ) -> None:
        """Make the service's numbers known by ``variable``, and what operators may call by ``action``."""
        variable("checkout.paid", self.paid)
        variable("checkout.complaints", self.complaints)
        variable("checkout.waiting", Func(self._queue.qsize))
        variable("checkout.duration", self.durations)
        action("build-index", self.build_index)

    def build_index(self, parameters: Mapping[str, str]) -> str:
        """The action ``build-index``: mends what makes it slow."""
        self._coupons.build_index()
        _log.info("the index of coupons is built", extra={"coupons": len(self._coupons)})
        return f"{len(self._coupons)} coupons are in the index"

    async def run(self) -> None:
        """Work until cancelled."""
        _log.info("service starts", extra={"coupons": len(self._coupons)})
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._let_in(), name="let-customers-in")
            tasks.create_task(self._check_out(), name="check-out")

    async def _let_in(self) -> None:
        clock = asyncio.get_running_loop().time
        for number in itertools.count(1):
            await self._queue.put((number, clock()))
            if number % _CUSTOMERS == 0:
                await asyncio.sleep(self._pause)

    async def _check_out(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            customer, came = await self._queue.get()
            code = f"save-{random.randrange(len(self._coupons)):06}"
            _log.debug("coupon is looked for", extra={"coupon": code, "among": len(self._coupons)})
            began = clock()
            coupon = self._coupons.find(code)
            _log.debug("coupon is found", extra={"coupon": coupon, "seconds": round(clock() - began, 3)})
            # Stands for the call to a bank.
            await asyncio.sleep(0.01)
            took = clock() - came
            self.paid.increment()
            self.durations.observe(took)
            if took > _PATIENCE:
                self.complaints.increment()
                _log.error("customer waited too long", extra={"customer": customer, "seconds": round(took, 3)})
            else:
                _log.info("customer has paid", extra={"customer": customer, "seconds": round(took, 3)})
