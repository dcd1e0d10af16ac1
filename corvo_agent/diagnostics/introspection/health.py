"""gRPC's health checking (grpc.health.v1.Health, Check and Watch) of a DiagnosticsService.

Written by hand (protocol: gRPC's "Health Checking Protocol"): grpclib's own is made of google.protobuf messages, and
importing those keeps a host from importing grpcio-health-checking, whose messages have the same names.
"""

from __future__ import annotations

import asyncio
from enum import IntEnum

from grpclib.const import Cardinality, Handler

from ...errors import DecodeError, InvalidArgument, NotFound
from ...protobuf.wire import LENGTH, FieldBudget, decodes, fields, varint
from ..admission import Admission
from ..limits import ByteBudget, RawMessage
from ..raw_calls import RawStream, as_status, receive_within, send_within
from ..service import DiagnosticsService

_PATH = "/grpc.health.v1.Health"
_NAMES = ("", "protos.Diagnostics")
_REQUEST_BYTES = 4 << 10
_RECEIVED_BYTES = 16 * _REQUEST_BYTES
_MAX_FIELDS = 100
_WATCHES = 64
# Seconds for the peer to send its request, and to take an answer of two bytes.
_TIMEOUT = 10.0


class ServingStatus(IntEnum):
    """HealthCheckResponse.ServingStatus, as far as we answer it."""

    SERVING = 1
    NOT_SERVING = 2
    SERVICE_UNKNOWN = 3


class HealthService:
    """SERVING while ``service`` serves, for "protos.Diagnostics" and for the whole server (""); else NOT_SERVING.

    Of another service Check knows nothing (NOT_FOUND), and Watch answers SERVICE_UNKNOWN and stays open. A watcher
    hears of each change; one that takes its answers slowly hears the latest state. At most 64 watch at once.
    """

    def __init__(self, service: DiagnosticsService) -> None:
        self._status = ServingStatus.NOT_SERVING
        # One for each watcher, set when the status is not the one that it was told.
        self._changed: set[asyncio.Event] = set()
        self._watches = Admission("health watches at once", _WATCHES)
        self._received = ByteBudget(_RECEIVED_BYTES)
        service.watch_serving(self._note)

    def __mapping__(self) -> dict[str, Handler]:
        """The methods that grpclib serves."""
        return {
            f"{_PATH}/Check": Handler(self._check, Cardinality.UNARY_UNARY, RawMessage, RawMessage),
            f"{_PATH}/Watch": Handler(self._watch, Cardinality.UNARY_STREAM, RawMessage, RawMessage),
        }

    def _note(self, serving: bool) -> None:
        self._status = ServingStatus.SERVING if serving else ServingStatus.NOT_SERVING
        for event in self._changed:
            event.set()

    async def _check(self, stream: RawStream) -> None:
        with as_status():
            name = await self._asked(stream)
            if name not in _NAMES:
                raise NotFound("service", name)
            await _answer(stream, self._status)

    async def _watch(self, stream: RawStream) -> None:
        with as_status():
            name = await self._asked(stream)
            with self._watches.place():
                if name in _NAMES:
                    await self._follow(stream)
                else:
                    await _answer(stream, ServingStatus.SERVICE_UNKNOWN)
                    # Until the caller leaves or the server stops: either cancels this.
                    await asyncio.Event().wait()

    async def _follow(self, stream: RawStream) -> None:
        changed = asyncio.Event()
        self._changed.add(changed)
        told: ServingStatus | None = None
        try:
            while True:
                changed.clear()
                if told is not self._status:
                    told = self._status
                    await _answer(stream, told)
                await changed.wait()
        finally:
            self._changed.discard(changed)

    async def _asked(self, stream: RawStream) -> str:
        try:
            data = await receive_within(stream, _TIMEOUT, _REQUEST_BYTES, self._received)
            if data is None:
                raise InvalidArgument("request", None, "there is no message in it")
            return _service_name(data)
        except DecodeError as error:
            raise InvalidArgument("request", None, str(error)) from error


@decodes("grpc.health.v1.HealthCheckRequest")
def _service_name(data: bytes) -> str:
    name = ""
    for number, kind, start, stop in fields(data, 0, len(data), FieldBudget(_MAX_FIELDS)):
        if number == 1 and kind == LENGTH:
            name = data[start:stop].decode()
    return name


async def _answer(stream: RawStream, status: ServingStatus) -> None:
    await send_within(stream, _TIMEOUT, RawMessage(b"\x08" + varint(status)))
