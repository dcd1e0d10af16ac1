"""What keeps a program alive beside others: a service manager that knows how it is, bounds on what it takes, its state.

For programs of their own (agent, gateway, writer). Nothing of it is for a host that the agent lives in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_names

if TYPE_CHECKING:
    from .program import survive
    from .service_manager import ServiceManager
    from .settings import SurvivalSettings
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "program": ("survive",),
            "service_manager": ("ServiceManager",),
            "settings": ("SurvivalSettings",),
        },
    )

__all__ = ("ServiceManager", "SurvivalSettings", "survive")
