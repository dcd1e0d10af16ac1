"""gRPC's own services beside ours: health checking and server reflection.

Neither they nor anything else here imports google.protobuf, nor grpclib's versions of them: the host comes first, and
its own imports of grpcio-health-checking and grpcio-reflection work before and after.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..service import DiagnosticsService
from .health import HealthService
from .reflection import ReflectionService, Servable, served_names


def introspection(service: DiagnosticsService, others: Sequence[Servable] = ()) -> list[Servable]:
    """What to serve beside ``service`` (and ``others``): its health, and reflection (v1, v1alpha) over all of them.

    ``Server([service, *introspection(service)])``. Health is SERVING from the service's start to its ``aclose``, for
    "protos.Diagnostics" and for the whole server. All services are listed; others are described as far as
    google.protobuf's default pool knows them, where the host has imported it.
    """
    health = HealthService(service)
    return [health, ReflectionService(served_names([service, health, *others]))]
