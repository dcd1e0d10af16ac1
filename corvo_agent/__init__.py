"""Corvo diagnostics for Python: levels, logs, stats and profiles of a running service, without a restart.

The names below are what most services need; each folder's own ``__all__`` has the rest. They are imported when they
are first used: a service that only formats log lines does not pay for etcd and gRPC.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from ._version import __version__

if TYPE_CHECKING:
    from .agent.agent import Agent
    from .agent.level_sync import LevelSync
    from .agent.options import AgentOptions
    from .client import DiagnosticsClient
    from .diagnostics.service import DiagnosticsService
    from .errors import CorvoError
    from .levels import Level
    from .logs.formatter import JsonFormatter
    from .logs.json_logging import configure_json_logging
    from .logs.level_filter import LevelFilter, get_log_filter, reset_filter
    from .modules.etcd import EtcdStore
    from .modules.etcd_options import EtcdOptions
    from .modules.model import Module
    from .modules.store import ModuleStore
    from .modules.watcher import ModuleWatcher

_HOMES = {
    "Agent": "agent.agent",
    "AgentOptions": "agent.options",
    "CorvoError": "errors",
    "DiagnosticsClient": "client",
    "DiagnosticsService": "diagnostics.service",
    "EtcdOptions": "modules.etcd_options",
    "EtcdStore": "modules.etcd",
    "JsonFormatter": "logs.formatter",
    "Level": "levels",
    "LevelFilter": "logs.level_filter",
    "LevelSync": "agent.level_sync",
    "Module": "modules.model",
    "ModuleStore": "modules.store",
    "ModuleWatcher": "modules.watcher",
    "configure_json_logging": "logs.json_logging",
    "get_log_filter": "logs.level_filter",
    "reset_filter": "logs.level_filter",
}

__all__ = (
    "Agent",
    "AgentOptions",
    "CorvoError",
    "DiagnosticsClient",
    "DiagnosticsService",
    "EtcdOptions",
    "EtcdStore",
    "JsonFormatter",
    "Level",
    "LevelFilter",
    "LevelSync",
    "Module",
    "ModuleStore",
    "ModuleWatcher",
    "__version__",
    "configure_json_logging",
    "get_log_filter",
    "reset_filter",
)


def __getattr__(name: str) -> object:
    """A public name, from the file where it lives."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
