"""What a hub does once it has its place: connects processes, runs their agent, and ends after the last of them."""

from __future__ import annotations

import asyncio
import logging
import logging.handlers
import os
import signal
import socket
from contextlib import suppress

from ..errors import CorvoError
from ..stub.place import MeetingPlace
from .agent import build_hub_agent
from .workers import Workers

#: Seconds for which a hub without processes waits for another one.
LINGER = 5.0
# Seconds that it waits for the first one to say who it is, before the agent begins.
_FIRST = 2.0
# Cleaners of temporary folders take what was not touched for days.
_TOUCH = 3600.0
_LOG_BYTES = 1 << 20
_TEXT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_log = logging.getLogger("corvo_agent.hub")


def serve(place: MeetingPlace, listener: socket.socket, starter: int) -> None:
    """Serve at ``listener``, the socket of ``place``, until the last process has left. Blocks.

    ``starter`` is the process that has started this one.
    """
    handler = logging.handlers.RotatingFileHandler(place.log, maxBytes=_LOG_BYTES, backupCount=1)
    handler.setFormatter(logging.Formatter(_TEXT))
    logging.basicConfig(handlers=[handler], level=logging.INFO)
    try:
        asyncio.run(_Hub(place, listener, starter).run())
    except Exception:
        _log.exception("the hub ends")
        raise SystemExit(1) from None


class _Hub:
    def __init__(self, place: MeetingPlace, listener: socket.socket, starter: int) -> None:
        self._place = place
        self._listener = listener
        self._workers = Workers(starter)
        # Asked to end: then it does so with the last process, and at the second time at once.
        self._asked = self._ends_now = False

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self._end)
        server = await loop.create_unix_server(self._workers.protocol, sock=self._listener)
        try:
            if not self._workers:
                await self._workers.change(_FIRST)
            await self._serve()
        finally:
            # First of all: whoever comes now starts another hub.
            with suppress(FileNotFoundError):
                os.unlink(self._place.socket)
            server.close()
            for worker in self._workers.connected:
                worker.close()

    async def _serve(self) -> None:
        try:
            agent, attach = await asyncio.to_thread(build_hub_agent, os.environ, self._workers)
        except CorvoError as error:
            _log.error("no agent: %s", error)
            self._workers.tell_state("", str(error))
            await self._until_alone()
            return
        try:
            async with agent:
                _log.info("%s answers at %s", agent.name, agent.address)
                attach()
                self._workers.tell_state(agent.address)
                await self._until_alone()
        except CorvoError as error:
            _log.error("the agent of %s does not run: %s", agent.name, error)
            self._workers.tell_state("", str(error))
            await self._until_alone()

    async def _until_alone(self) -> None:
        """Wait until the last process has been gone for a while."""
        while not self._ends_now:
            if self._workers:
                self._touch()
                await self._workers.change(_TOUCH)
            elif self._asked:
                break
            else:
                await self._workers.change(LINGER)
                if not self._workers:
                    break
        _log.info("ended: %s", self._workers.as_json())

    def _touch(self) -> None:
        for path in (self._place.socket, self._place.lock, os.path.dirname(self._place.stem)):
            with suppress(OSError):
                os.utime(path)

    def _end(self) -> None:
        self._ends_now = self._asked
        self._asked = True
        self._workers.wake()
