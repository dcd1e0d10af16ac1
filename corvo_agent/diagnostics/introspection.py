"""gRPC's own services beside ours: health checking and server reflection, grpclib's, imported when first called.

They are made of google.protobuf messages, which cost an agent a tenth of its memory and of its start.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from importlib import resources
from typing import Any

from grpclib.const import Cardinality

from .lazy_service import LazyService, Servable
from .service import DiagnosticsService

_HEALTH = "/grpc.health.v1.Health"
_REFLECTION = ("/grpc.reflection.v1.ServerReflection", "/grpc.reflection.v1alpha.ServerReflection")


def introspection(service: DiagnosticsService, others: Sequence[Servable] = ()) -> list[Servable]:
    """What to serve beside ``service`` (and ``others``): its health, and reflection (v1, v1alpha) over all of them.

    ``Server([service, *introspection(service)])``. Health is SERVING from the service's start to its ``aclose``, for
    "protos.Diagnostics" and for the whole server.
    """
    health = health_service(service)
    return [health, *reflection_services([service, health, *others])]


def health_service(service: DiagnosticsService) -> LazyService:
    """grpc.health.v1.Health of ``service``."""

    def build() -> Servable:
        from grpclib.health.check import ServiceStatus
        from grpclib.health.service import Health

        status = ServiceStatus()
        service.watch_serving(status.set)
        return Health({service: [status]})

    methods = {f"{_HEALTH}/Check": Cardinality.UNARY_UNARY, f"{_HEALTH}/Watch": Cardinality.UNARY_STREAM}
    return LazyService(methods, build)


def reflection_services(services: Sequence[Servable]) -> list[LazyService]:
    """grpc.reflection.v1 and v1alpha over ``services``; ours are described, others as far as google.protobuf knows."""

    def build(index: int) -> Servable:
        from grpclib.reflection.service import ServerReflection

        # extend() returns the services given, then v1, then v1alpha.
        added: Sequence[Servable] = ServerReflection.extend(services, pool=_descriptors())[len(services) :]
        return added[index]

    return [
        LazyService({f"{path}/ServerReflectionInfo": Cardinality.STREAM_STREAM}, partial(build, index))
        for index, path in enumerate(_REFLECTION)
    ]


def _descriptors() -> Any:
    from google.protobuf import descriptor_pb2, descriptor_pool
    from grpclib.health.v1 import health_pb2  # noqa: F401 - its import puts it into the default pool

    data = resources.files("corvo_agent._generated").joinpath("descriptors.binpb").read_bytes()
    # A pool of our own: the host may have files of the same names in the default one.
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(data).file:
        pool.Add(file)
    return _Pools(pool, descriptor_pool.Default())


class _Pools:
    """Descriptor pools asked one after another; the methods are those that grpclib's reflection calls."""

    def __init__(self, *pools: Any) -> None:
        self._pools = pools

    def FindFileByName(self, name: str) -> Any:  # noqa: N802
        return self._first("FindFileByName", name)

    def FindFileContainingSymbol(self, symbol: str) -> Any:  # noqa: N802
        return self._first("FindFileContainingSymbol", symbol)

    def FindMessageTypeByName(self, name: str) -> Any:  # noqa: N802
        return self._first("FindMessageTypeByName", name)

    def FindExtensionByNumber(self, message: Any, number: int) -> Any:  # noqa: N802
        return self._first("FindExtensionByNumber", message, number)

    def FindAllExtensions(self, message: Any) -> Any:  # noqa: N802
        return self._first("FindAllExtensions", message)

    def _first(self, method: str, *arguments: object) -> Any:
        for pool in self._pools[:-1]:
            try:
                return getattr(pool, method)(*arguments)
            except KeyError:
                continue
        return getattr(self._pools[-1], method)(*arguments)
