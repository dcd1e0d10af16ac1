"""What goes wrong with etcd in a storm, and when it is over."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable

from tests.etcd_cluster import EtcdCluster
from tests.tcp_proxy import TcpProxy


class Weather:
    """Faults of ``cluster``, whose member ``i`` is reached through ``proxies[i]`` only.

    One after the other: a member is killed, or stopped, or its clients are cut off or hear nothing more; now and then
    this happens to two at once, so that the members have no quorum. ``seed`` settles their order, and between two of
    them ``calm`` seconds pass.
    """

    def __init__(self, cluster: EtcdCluster, proxies: list[TcpProxy], seed: int, *, calm: float) -> None:
        self.counted: Counter[str] = Counter()
        self._members = cluster.members
        self._proxies = proxies
        self._calm = calm
        self._random = random.Random(seed)
        self._kinds: dict[str, Callable[[int, float], Awaitable[None]]] = {
            "killed": self._kill,
            "stopped": self._stop,
            "cut off": self._cut_off,
            "silenced": self._silence,
        }

    async def rage(self, seconds: float) -> None:
        """Faults for so long; every kind comes about as often. All is well again when it returns."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while loop.time() < until:
            order = list(self._kinds)
            self._random.shuffle(order)
            for kind in order:
                if loop.time() >= until:
                    break
                for member in self._members:
                    member.assert_alive()
                victims = self._random.sample(range(len(self._members)), self._random.choice((1, 1, 1, 2)))
                lasting = self._random.uniform(0.3, 1.2)
                self.counted[kind if len(victims) == 1 else f"{kind}, two at once"] += 1
                await asyncio.gather(*(self._kinds[kind](victim, lasting) for victim in victims))
                await asyncio.sleep(self._calm)
        # What was silenced has lost bytes: like a partition that ends, this ends the connections.
        for proxy in self._proxies:
            proxy.cut()

    async def _kill(self, victim: int, lasting: float) -> None:
        member = self._members[victim]
        await member.kill()
        await asyncio.sleep(lasting)
        await member.start()

    async def _stop(self, victim: int, lasting: float) -> None:
        self._members[victim].suspend()
        try:
            await asyncio.sleep(lasting)
        finally:
            self._members[victim].resume()

    async def _cut_off(self, victim: int, lasting: float) -> None:
        self._proxies[victim].refuse()
        await asyncio.sleep(lasting)
        self._proxies[victim].allow()

    async def _silence(self, victim: int, lasting: float) -> None:
        self._proxies[victim].freeze()
        await asyncio.sleep(lasting)
