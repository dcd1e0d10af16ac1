"""A gRPC service that is imported when it is first called: what it costs is paid by those who use it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

from grpclib.const import Cardinality, Handler
from grpclib.server import Stream

from ..errors import Unavailable
from .limits import ByteBudget, bounded, retype
from .status import grpc_error

_log = logging.getLogger(__name__)
_REQUEST_BYTES = 64 << 10
_RECEIVED_BYTES = 16 * _REQUEST_BYTES


class Servable(Protocol):
    """What grpclib serves."""

    def __mapping__(self) -> Mapping[str, Handler]:
        """Path -> handler."""
        ...


class LazyService:
    """Stands for the service that ``build`` makes, in a thread, at the first call of one of its ``methods``.

    When ``build`` raises, that call is answered UNAVAILABLE with the reason, and the next one tries again.
    """

    def __init__(self, methods: Mapping[str, Cardinality], build: Callable[[], Servable]) -> None:
        self._methods = methods
        self._build = build
        self._building = asyncio.Lock()
        self._handlers: dict[str, Handler] = {}

    def __mapping__(self) -> dict[str, Handler]:
        """The methods, by path; messages get their types at the first call."""
        return {
            path: Handler(partial(self._call, path), cardinality, object, object)
            for path, cardinality in self._methods.items()
        }

    async def _call(self, path: str, stream: Stream[Any, Any]) -> None:
        async with self._building:
            if not self._handlers:
                service = await self._built(path)
                budget = ByteBudget(_RECEIVED_BYTES)
                self._handlers = {
                    name: bounded(handler, _REQUEST_BYTES, budget) for name, handler in service.__mapping__().items()
                }
        handler = self._handlers[path]
        retype(stream, handler)
        await handler.func(stream)

    async def _built(self, path: str) -> Servable:
        try:
            return await asyncio.to_thread(self._build)
        except Exception as error:
            # google.protobuf raises a TypeError where the host has imported the same messages from another package.
            name = path.split("/")[1]
            _log.exception("%s cannot be served", name)
            raise grpc_error(Unavailable(name, f"{type(error).__name__}: {error}")) from error
