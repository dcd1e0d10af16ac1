"""Profiles as operations: taken from the agent of a Module, and kept until they are fetched."""

from __future__ import annotations

from collections.abc import Mapping

from ...access.caller import current_caller
from ...access.rules import role_of_query
from ...diagnostics.messages.payloads import PROFILE, check_type, decode_profile
from ...diagnostics.query import DebugQuery
from ...errors import Busy, InvalidArgument
from ...modules.model import Module
from ...modules.store_clock import StoreClock
from ...secrets import mask_json
from ..routing.router import Router
from .operation import Operation, State
from .shelf import Shelf


class Profiles:
    """The profiles of ``shelf``, taken through ``router`` by the gateway whose id is ``gateway``."""

    def __init__(self, shelf: Shelf, router: Router, clock: StoreClock, gateway: str) -> None:
        self.shelf = shelf
        self.gateway = gateway
        self._router = router
        self._clock = clock

    def take(self, module: Module, kind: str, parameters: Mapping[str, str]) -> Operation:
        """Begin to take the profile ``kind`` of ``module`` for the present caller, who has to have its role.

        Raises NotAuthorized, InvalidArgument for bad ``seconds``, and Busy while this Module is asked for the same
        already, or as many are taken as may be at once.
        """
        if "profile" in {key.strip().casefold() for key in parameters}:
            raise InvalidArgument("parameters", "profile", "the kind is named beside the parameters")
        asked = {**parameters, "profile": kind}
        role = role_of_query("Profile", asked)
        current_caller().require(role)
        seconds = _seconds(parameters)
        self._check_alone(module.name, kind)
        operation = Operation(
            {"module": module.name, "profile": kind, "parameters": mask_json(dict(parameters))},
            role,
            [module.meta.labels],
            current_caller().name,
            self.gateway,
            self._clock.time_ns(),
            self.shelf.clock.monotonic(),
            seconds,
        )
        self.shelf.begin(operation, self._ask(DebugQuery("Profile", asked, module.name)))
        return operation

    async def _ask(self, query: DebugQuery) -> bytes:
        return decode_profile(check_type(await self._router.debug(query), PROFILE))

    def _check_alone(self, name: str, kind: str) -> None:
        now = self.shelf.clock.monotonic()
        for each in self.shelf.items():
            if each.state is State.RUNNING and (each.shown["module"], each.shown["profile"]) == (name, kind):
                left = 5.0 if each.seconds is None else each.began + each.seconds - now
                raise Busy(f"profiles {kind} of {name} at once", 1, max(1.0, left))


def _seconds(parameters: Mapping[str, str]) -> float | None:
    """How long it is to be measured, None where the agent decides. Raises InvalidArgument."""
    text = next((value for key, value in parameters.items() if key.strip().casefold() == "seconds"), "")
    if not text.strip():
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 86400:
        raise InvalidArgument("seconds", text, "must be a number of seconds")
    return seconds
