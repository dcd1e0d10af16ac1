"""SIGHUP in programs that keep their settings: certificates, passwords and tokens are read again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from ..errors import CorvoError
from ..settings.own_log import OwnLogSettings
from .own_log import tell


async def reload_when_asked(
    asked: asyncio.Event, reload: Callable[[], Awaitable[object]], own_log: OwnLogSettings
) -> None:
    """Call ``reload`` each time that ``asked`` is set, and tell in the program's log how it went, until cancelled."""
    while True:
        await asked.wait()
        asked.clear()
        try:
            await reload()
        except CorvoError as error:
            tell(own_log, f"certificates and passwords stay as they were: {error}")
        else:
            tell(own_log, "certificates and passwords were read again")
