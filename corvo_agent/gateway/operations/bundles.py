"""Support bundles as operations: collected from the agents of Modules, and kept until they are fetched."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...access.caller import current_caller
from ...access.roles import Role
from ...bundle.archive import Archive
from ...bundle.collect import Collector, HasLevels
from ...bundle.manifest import Manifest
from ...bundle.parts import Asked, parts_of
from ...errors import CorvoError, ResourceExhausted, system_reason
from ...modules.model import Module
from ...modules.store_clock import StoreClock
from ...threads import result_of, start_thread
from ..routing.routed_client import RoutedClient
from ..routing.router import Router
from .operation import Operation
from .shelf import Shelf, ShelfLimits

#: Modules of one bundle, bytes of all that is in it before it is packed, and the seconds that it may take.
MAX_MODULES, MAX_BYTES, MAX_SECONDS = 200, 64 << 20, 300.0
#: Bundles are large, and each asks many agents.
BUNDLE_LIMITS = ShelfLimits(running=2, kept=20)
#: Bytes of one answer of an agent, and the seconds that it may take.
ANSWER_BYTES, ANSWER_SECONDS = 32 << 20, 30.0


class Bundles:
    """The bundles of ``shelf``, made through ``router`` by the gateway whose id is ``gateway``.

    ``modules`` gives the Module objects that go into them.
    """

    def __init__(self, shelf: Shelf, router: Router, modules: HasLevels, clock: StoreClock, gateway: str) -> None:
        self.shelf = shelf
        self.gateway = gateway
        self._router = router
        self._modules = modules
        self._clock = clock

    def collect(self, modules: Sequence[Module], asked: Asked) -> Operation:
        """Begin to collect what is ``asked`` of ``modules`` for the present caller, who has to be an operator.

        Raises NotAuthorized, ResourceExhausted for too many Modules, and Busy.
        """
        caller = current_caller()
        caller.require(Role.OPERATOR)
        if len(modules) > MAX_MODULES:
            raise ResourceExhausted("modules of one bundle", MAX_MODULES, len(modules))
        names = tuple(module.name for module in modules)
        operation = Operation(
            {"modules": list(names)},
            Role.OPERATOR,
            [module.meta.labels for module in modules],
            caller.name,
            self.gateway,
            self._clock.time_ns(),
            self.shelf.clock.monotonic(),
            steps=0.0,
        )
        self.shelf.begin(operation, self._collected(names, asked, operation))
        return operation

    async def _collected(self, names: tuple[str, ...], asked: Asked, operation: Operation) -> bytes:
        manifest = Manifest(names, {**asdict(asked), "gateway": self.gateway, "by": operation.by})
        try:
            with await _new_folder() as place:
                file = Path(place) / "bundle.tar.gz"
                async with Archive(file, "bundle", MAX_BYTES) as archive:
                    collector = Collector(archive, manifest, parts_of(asked), agent=self._agent, modules=self._modules)
                    await collector.run(MAX_SECONDS, _progress(operation, collector.steps))
                    await archive.commit()
                return await asyncio.to_thread(file.read_bytes)
        except OSError as error:
            raise CorvoError(f"the bundle cannot be written here: {system_reason(error)}") from error

    def _agent(self, name: str) -> RoutedClient:
        return RoutedClient(self._router, name, most=ANSWER_BYTES, timeout=ANSWER_SECONDS)


async def _new_folder() -> tempfile.TemporaryDirectory[str]:
    made = start_thread(lambda: tempfile.TemporaryDirectory(prefix="corvo-bundle-"), "corvo-bundle")
    try:
        return await result_of(made)
    except asyncio.CancelledError:
        # The thread may be making it at this moment.
        made.add_done_callback(_removed)
        raise


def _removed(made: Future[tempfile.TemporaryDirectory[str]]) -> None:
    if not made.cancelled() and made.exception() is None:
        made.result().cleanup()


def _progress(operation: Operation, steps: int) -> Any:
    done = 0.0

    def advance(count: float) -> None:
        nonlocal done
        done += count
        operation.steps = done / steps if steps else 0.0

    return advance
