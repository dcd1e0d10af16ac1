"""gRPC's health checking (grpc.health.v1.Health, Check and Watch) of a DiagnosticsService.

Not grpclib's own: that is made of google.protobuf messages, and importing those keeps a host from importing
grpcio-health-checking, whose messages have the same names.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from ..._generated.grpc.health.v1 import HealthBase, HealthCheckRequest, HealthCheckResponse
from ..._generated.grpc.health.v1 import HealthCheckResponseServingStatus as ServingStatus
from ...errors import NotFound
from ..admission import Admission
from ..calls import BoundedService, CallBounds
from ..limits import ByteBudget
from ..service import DiagnosticsService

_SERVING = ServingStatus.from_string("SERVING")
_NOT_SERVING = ServingStatus.from_string("NOT_SERVING")
_SERVICE_UNKNOWN = ServingStatus.from_string("SERVICE_UNKNOWN")
_NAMES = ("", "protos.Diagnostics")
_REQUEST_BYTES = 4 << 10
_RECEIVED_BYTES = 16 * _REQUEST_BYTES
_MAX_FIELDS = 100
_WATCHES = 64
# Seconds for the peer to send its request, and to take an answer of two bytes.
_TIMEOUT = 10.0


class HealthService(BoundedService, HealthBase):
    """SERVING while ``service`` serves, for "protos.Diagnostics" and for the whole server (""); else NOT_SERVING.

    Of another service Check knows nothing (NOT_FOUND), and Watch answers SERVICE_UNKNOWN and stays open. A watcher
    hears of each change; one that takes its answers slowly hears the latest state. At most 64 watch at once.
    """

    def __init__(self, service: DiagnosticsService) -> None:
        self._status = _NOT_SERVING
        # One for each watcher, set when the status is not the one that it was told.
        self._changed: set[asyncio.Event] = set()
        self._watches = Admission("health watches at once", _WATCHES)
        self.bounds = CallBounds(
            _REQUEST_BYTES,
            ByteBudget(_RECEIVED_BYTES),
            receive_timeout=_TIMEOUT,
            send_timeout=_TIMEOUT,
            max_fields=_MAX_FIELDS,
        )
        service.watch_serving(self._note)

    async def check(self, request: HealthCheckRequest) -> HealthCheckResponse:
        """The status now; NotFound for a service that is not known here."""
        if request.service not in _NAMES:
            raise NotFound("service", request.service)
        return HealthCheckResponse(self._status)

    async def watch(self, request: HealthCheckRequest) -> AsyncGenerator[HealthCheckResponse]:
        """The status now and whenever it changes, until the caller leaves."""
        with self._watches.place():
            if request.service not in _NAMES:
                yield HealthCheckResponse(_SERVICE_UNKNOWN)
                # Until the caller leaves or the server stops: either cancels this.
                await asyncio.Event().wait()
            changed = asyncio.Event()
            self._changed.add(changed)
            told: ServingStatus | None = None
            try:
                while True:
                    changed.clear()
                    if told is not self._status:
                        told = self._status
                        yield HealthCheckResponse(told)
                    await changed.wait()
            finally:
                self._changed.discard(changed)

    def _note(self, serving: bool) -> None:
        self._status = _SERVING if serving else _NOT_SERVING
        for event in self._changed:
            event.set()
