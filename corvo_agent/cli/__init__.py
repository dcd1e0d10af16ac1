"""The command line ``corvo``: one file per command in ``commands``, and what they are made of.

A command takes where to look from ``where`` (gateway, etcd or one address), asks through ``backends``, and shows the
result through ``show``. Results go to stdout, everything else to stderr; ``failures`` maps errors to exit codes.
The console scripts start ``cli.main:main`` and ``cli.main:agent_main``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_names

if TYPE_CHECKING:
    from .main import agent_main, run
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "main": ("agent_main", "run"),
        },
    )

__all__ = (
    "agent_main",
    "run",
)
