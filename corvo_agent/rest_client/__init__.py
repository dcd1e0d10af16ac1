"""A client of the gateway's REST API: Modules, Debug queries, followed logs. Only ``transport`` knows aiohttp.

``RestModules`` and ``RestAgent`` are ``ModuleAccess`` and ``TypedClient`` over one ``Transport``: what works on a store
and on an agent works through a gateway unchanged. ``NaplesClient`` asks the proxy of a smart NIC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_names

if TYPE_CHECKING:
    from .address import base_url, check_token
    from .agent import RestAgent
    from .modules import RestModules
    from .naples import NaplesClient
    from .transport import Transport
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "address": ("base_url", "check_token"),
            "agent": ("RestAgent",),
            "modules": ("RestModules",),
            "naples": ("NaplesClient",),
            "transport": ("Transport",),
        },
    )

__all__ = (
    "NaplesClient",
    "RestAgent",
    "RestModules",
    "Transport",
    "base_url",
    "check_token",
)
