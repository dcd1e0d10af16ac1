"""The places where commands find Modules and their agents: a gateway, an etcd, or one address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .address import AddressBackend
    from .etcd import EtcdBackend
    from .gateway import GatewayBackend
    from .protocol import Backend
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "address": ("AddressBackend",),
            "etcd": ("EtcdBackend",),
            "gateway": ("GatewayBackend",),
            "protocol": ("Backend",),
        },
    )

__all__ = (
    "AddressBackend",
    "Backend",
    "EtcdBackend",
    "GatewayBackend",
)
