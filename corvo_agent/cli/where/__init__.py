"""Where commands look, and the options that say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .connect import open_agent, open_backend, open_store
    from .options import agent_options, module_options, where_of
    from .selectors import selector_of, selector_options
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "connect": ("open_agent", "open_backend", "open_store"),
            "options": ("agent_options", "module_options", "where_of"),
            "selectors": ("selector_of", "selector_options"),
        },
    )

__all__ = (
    "agent_options",
    "module_options",
    "open_agent",
    "open_backend",
    "open_store",
    "selector_of",
    "selector_options",
    "where_of",
)
