"""Modules to test with."""

from __future__ import annotations

from typing import Any

from corvo_agent.modules.controls.control import Control
from corvo_agent.modules.model import Module, ModuleSpec, ModuleStatus, ObjectMeta, ServicePort

NOW = 1_700_000_000_000_000_000


def module(name: str = "node1-pen-npm", revision: int = 7, **changes: Any) -> Module:
    """A Module as the original's writer makes it; ``changes`` are level, labels, node, restarts and the like."""
    level = changes.get("level", "Info")
    return Module(
        meta=ObjectMeta(
            name=name,
            generation_id="1",
            resource_version=str(revision),
            uuid="5257e566-a925-4ea5-8603-de744f1bb579",
            labels=changes.get("labels", {}),
            creation_time=NOW,
            mod_time=NOW,
            self_link=f"/configs/diagnostics/v1/modules/{name}",
        ),
        spec=ModuleSpec(
            log_level=level,
            args=changes.get("args", ()),
            enable_trace=changes.get("trace", False),
        ),
        status=ModuleStatus(
            node=changes.get("node", "node1"),
            module=changes.get("module", "pen-npm"),
            category=changes.get("category", "Venice"),
            restart_count=changes.get("restarts", 0),
            service_ports=changes.get("ports", (ServicePort("pen-npm", 9005),)),
        ),
    )


def control(level: str = "Debug", until: int = NOW + 10**9, logger: str = "") -> Control:
    """A control that a person set."""
    return Control(level, until, logger, by="ops", reason="a case")
