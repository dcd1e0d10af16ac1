"""Announcing agents: where each answers, the place that it runs in, and the lease that the announcement ends with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .endpoint import (
        AppliedLevel,
        Endpoint,
        Worker,
        decode_endpoint,
        encode_endpoint,
        endpoint_key,
        endpoint_name,
        find_endpoint,
    )
    from .lease import EndpointLease, EndpointState
    from .place import Place, check_reach, this_place
    from .route import local_address
    from .workers import Process, choose, find_workers, processes, worker_key, worker_of
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "endpoint": (
                "AppliedLevel",
                "Endpoint",
                "Worker",
                "decode_endpoint",
                "encode_endpoint",
                "endpoint_key",
                "endpoint_name",
                "find_endpoint",
            ),
            "lease": ("EndpointLease", "EndpointState"),
            "place": ("Place", "check_reach", "this_place"),
            "route": ("local_address",),
            "workers": ("Process", "choose", "find_workers", "processes", "worker_key", "worker_of"),
        },
    )

__all__ = (
    "AppliedLevel",
    "Endpoint",
    "EndpointLease",
    "EndpointState",
    "Place",
    "Process",
    "Worker",
    "check_reach",
    "choose",
    "decode_endpoint",
    "encode_endpoint",
    "endpoint_key",
    "endpoint_name",
    "find_endpoint",
    "find_workers",
    "local_address",
    "processes",
    "this_place",
    "worker_key",
    "worker_of",
)
