"""A level that holds while a person watches, and no longer: a short override that is renewed."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import replace
from types import TracebackType
from typing import Self

from ...diagnostics.client.peer_kind import PeerKind
from ...errors import CorvoError, PreconditionFailed
from ...levels.level import Level
from ...levels.state import LevelSource
from ...modules.controls.codec import control_from_dict
from ...modules.module_level import ModuleLevel
from ...tasks import end_task
from ..backends.protocol import Backend
from ..show.output import note
from .waiting import wait_in_force
from .wish import check_valid, who

#: Seconds after which the level ends by itself, should this program be killed, and between two renewals.
LASTS, RENEWED = 60.0, 20.0
# Seconds that a process gets to follow, and that taking the level away may take.
_PATIENCE, _LEAVING = 5.0, 5.0


class HeldLevel:
    """Holds ``level`` in modules from ``hold`` until it is left, beside other overrides, which count again then.

    What other people set meanwhile counts: it is told, and the module is let go. Raises InvalidArgument for no level.
    """

    def __init__(self, backend: Backend, level: str, *, lasts: float = LASTS, renewed: float = RENEWED) -> None:
        self._backend = backend
        self._text = Level.parse(level, "--set-level").text
        value = {"level": level, "by": who(), "reason": "while its log is followed"}
        # A name of its own: two people may watch, and each takes away what is theirs.
        self._id = f"watch-{secrets.token_hex(4)}"
        self._control = replace(control_from_dict(value), id=self._id)
        self._lasts, self._renewed = lasts, renewed
        self._held: dict[str, None] = {}
        self._renewing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._renewing = asyncio.create_task(self._renew(), name="corvo-held-level")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take it away everywhere, within a few seconds; where that fails it ends by itself."""
        if self._renewing is not None:
            await end_task(self._renewing)
        names = list(self._held)
        try:
            async with asyncio.timeout(_LEAVING), asyncio.TaskGroup() as tasks:
                for name in names:
                    tasks.create_task(self._let_go(name), name=f"corvo-let-go {name}")
        except TimeoutError:
            note(f"corvo: {self._text} could not be taken away everywhere: it ends by itself within {self._lasts:g} s")
        else:
            if names:
                note(f"corvo: {self._text} ended in {', '.join(names)}")

    async def hold(self, name: str) -> None:
        """Set the level of the module ``name``, and wait a moment for its process; what keeps that back is told.

        Raises what stands in the way of setting it: NotFound, PreconditionFailed for a Module that is invalid or whose
        process knows no level that ends, Unavailable and so on.
        """
        level = await self._backend.modules.level(name)
        check_valid(level)
        if level.applied is None and await self._backend.peer_kind(name) is PeerKind.ORIGINAL:
            raise PreconditionFailed(f"{name} is a process of the original: it knows no level that ends by itself")
        await self._set(name)
        self._held[name] = None
        try:
            _, said = await wait_in_force(self._backend.modules, await self._backend.modules.level(name), _PATIENCE)
        except CorvoError as error:
            said = str(error)
        note(f"corvo: {name}: {self._text} while you watch")
        if said:
            note(f"corvo: {said}")

    async def _set(self, name: str) -> None:
        await self._backend.modules.set_control(name, self._control, round(self._lasts * 1e9))

    async def _renew(self) -> None:
        told: set[str] = set()
        while True:
            await asyncio.sleep(self._renewed)
            for name in list(self._held):
                try:
                    reason = await self._renew_one(name)
                    told.discard(name)
                    if reason:
                        note(f"corvo: {name}: {self._text} is held no longer: {reason}")
                        del self._held[name]
                        await self._let_go(name)
                except CorvoError as error:
                    if name not in told:
                        note(f"corvo: {name}: {self._text} could not be renewed yet: {error}")
                    told.add(name)

    async def _renew_one(self, name: str) -> str:
        """Set it anew; why it does not count any more, "" while it does."""
        level = await self._backend.modules.level(name)
        if reason := self._taken(level):
            return reason
        seen = max(control.revision for control in level.controls)
        await self._set(name)
        # What was set since the look would be buried by what was written now.
        level = await self._backend.modules.level(name)
        others = [control for control in level.controls if control.id != self._id and not control.logger]
        meanwhile = [control for control in others if control.revision > seen]
        return f"{meanwhile[0].by or 'another client'} has set {meanwhile[0].level}" if meanwhile else ""

    def _taken(self, level: ModuleLevel) -> str:
        """Why another level counts than this one; "" while it does."""
        if level.module.invalid:
            return f"the Module is invalid: {level.module.invalid}"
        state = level.wanted(time.time_ns())
        # Our own may have ended while its renewal could not be written.
        if state.source is LevelSource.OVERRIDE and state.level_text != self._text:
            return f"{state.by or 'another client'} has set {state.level_text}"
        if not any(control.id == self._id for control in level.controls):
            return "another client has taken it away"
        return ""

    async def _let_go(self, name: str) -> None:
        try:
            await self._backend.modules.clear_control(name, id=self._id)
        except CorvoError as error:
            note(f"corvo: {name}: {self._text} ends by itself within {self._lasts:g} s: {error}")
