"""The thin part of corvo_agent that lives in each process of a service: see ``start``.

It imports nearly nothing until something is asked, and talks to the hub of its Module (``corvo_agent.hub``), which
holds all else for every process of the Module on this host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_names

if TYPE_CHECKING:
    from .handle import Handle
else:
    __getattr__, __dir__ = lazy_names(__name__, {"handle": ("Handle",)})

__all__ = ("Handle",)
