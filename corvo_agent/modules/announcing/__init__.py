"""Announcing agents: where each answers, the place that it runs in, and the lease that the announcement ends with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .endpoint import (
        AppliedLevel,
        Endpoint,
        decode_endpoint,
        encode_endpoint,
        endpoint_key,
        endpoint_name,
        find_endpoint,
    )
    from .lease import EndpointLease, EndpointState
    from .place import Place, check_reach, this_place
    from .route import local_address
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "endpoint": (
                "AppliedLevel",
                "Endpoint",
                "decode_endpoint",
                "encode_endpoint",
                "endpoint_key",
                "endpoint_name",
                "find_endpoint",
            ),
            "lease": ("EndpointLease", "EndpointState"),
            "place": ("Place", "check_reach", "this_place"),
            "route": ("local_address",),
        },
    )

__all__ = (
    "AppliedLevel",
    "Endpoint",
    "EndpointLease",
    "EndpointState",
    "Place",
    "check_reach",
    "decode_endpoint",
    "encode_endpoint",
    "endpoint_key",
    "endpoint_name",
    "find_endpoint",
    "local_address",
    "this_place",
)
