"""What may be wrong with a machine, an etcd, a gateway, an agent and a log: one file of checks each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .agent import check_agent
    from .etcd import check_etcd
    from .finding import Finding, Verdict
    from .gateway import check_gateway
    from .log_file import check_log
    from .machine import check_machine
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "agent": ("check_agent",),
            "etcd": ("check_etcd",),
            "finding": ("Finding", "Verdict"),
            "gateway": ("check_gateway",),
            "log_file": ("check_log",),
            "machine": ("check_machine",),
        },
    )

__all__ = (
    "Finding",
    "Verdict",
    "check_agent",
    "check_etcd",
    "check_gateway",
    "check_log",
    "check_machine",
)
