"""Telling a callback that an override has ended, again until it returns without an error."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable

from ..modules.model import Module

_log = logging.getLogger(__name__)

#: Called with the Module whose override has ended; what it raises means "tell me again later".
ExpiredCallback = Callable[[Module], Awaitable[object] | object]


class ExpiryNotice:
    """At most one Module whose ended override is to be told to ``callback``, newest first.

    One call at a time, each of at most ``timeout`` seconds. A call that fails or takes longer is made again by the
    next ``tell()``; the first failure for a Module is logged as a warning.
    """

    def __init__(self, callback: ExpiredCallback, timeout: float) -> None:
        self._callback = callback
        self._timeout = timeout
        # What is to be told, and what was told last: the same Module is told once.
        self._module: Module | None = None
        self._told: Module | None = None
        self._warned = False

    @property
    def pending(self) -> bool:
        """Whether there is something to tell."""
        return self._module is not None

    def put(self, module: Module | None) -> None:
        """Have ``module`` told, instead of what was to be told before; None: nothing."""
        if module is not self._module and (module is None or module is not self._told):
            self._module = module
            self._warned = False

    async def tell(self) -> None:
        """Call once, if there is something to tell. Raises nothing but CancelledError."""
        module = self._module
        if module is None:
            return
        try:
            await self._call(module)
        except Exception as error:
            _log.log(
                logging.DEBUG if self._warned else logging.WARNING,
                "the ended override of %s is still in its object, trying again: %r",
                module.name,
                error,
            )
            self._warned = True
        else:
            self._told = module
            # Something newer may have come meanwhile.
            if self._module is module:
                self._module = None

    async def _call(self, module: Module) -> None:
        async with asyncio.timeout(self._timeout):
            result = self._callback(module)
            if inspect.isawaitable(result):
                await result
