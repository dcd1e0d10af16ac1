"""Host names to addresses that may be dialled, within a bound of time."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections import OrderedDict

from ...clock import SYSTEM_CLOCK, Clock
from ...errors import DeadlineExceeded, PermissionRefused, Unavailable, system_reason
from .networks import Address, DialPolicy


class Resolver:
    """Looks names up and holds the result against ``policy``.

    An answer is kept for ``keep`` seconds, at most ``limit`` of them; a look-up takes ``timeout`` seconds at most.
    """

    def __init__(
        self,
        policy: DialPolicy,
        *,
        timeout: float = 2.0,
        keep: float = 30.0,
        limit: int = 4096,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._policy = policy
        self._timeout = timeout
        self._keep = keep
        self._limit = limit
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, list[Address]]] = OrderedDict()

    async def resolve(self, host: str) -> Address:
        """The first address of ``host`` that may be dialled: dial that one, the name may mean another a moment later.

        Raises Unavailable when the name is unknown, DeadlineExceeded, and PermissionRefused when no address of it
        may be dialled. A cancelled look-up may go on in its thread until the system gives up.
        """
        # A name may have several addresses, some of them allowed; the first refusal is told when none is.
        refused: PermissionRefused | None = None
        for address in await self._addresses(host):
            try:
                self._policy.check(address)
            except PermissionRefused as error:
                refused = refused or error
            else:
                return address
        raise refused or Unavailable(host, "the name has no address")

    async def _addresses(self, host: str) -> list[Address]:
        try:
            return [ipaddress.ip_address(host)]
        except ValueError:
            pass
        known = self._known.get(host)
        if known is not None and known[0] > self._clock.monotonic():
            return known[1]
        addresses = await self._look_up(host)
        # Failures are not kept: a name that is registered now is found by the next query.
        self._known[host] = self._clock.monotonic() + self._keep, addresses
        self._known.move_to_end(host)
        if len(self._known) > self._limit:
            self._known.popitem(last=False)
        return addresses

    async def _look_up(self, host: str) -> list[Address]:
        try:
            async with asyncio.timeout(self._timeout):
                found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except TimeoutError:
            raise DeadlineExceeded(f"the name {host}", self._timeout) from None
        except (OSError, UnicodeError) as error:
            raise Unavailable(host, f"the name is not known: {system_reason(error)}") from error
        # A zone ("%eth0") belongs to link-local addresses, which are never dialled.
        return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
