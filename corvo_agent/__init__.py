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
    from .diagnostics.client.client import DiagnosticsClient
    from .diagnostics.service import DiagnosticsService
    from .errors import CorvoError
    from .levels.filter import LevelFilter, get_log_filter, reset_filter
    from .levels.level import Level
    from .logs.writing.formatter import JsonFormatter
    from .logs.writing.json_logging import configure_json_logging
    from .modules.etcd.options import EtcdOptions
    from .modules.etcd.store import EtcdStore
    from .modules.model import Module
    from .modules.store import ModuleStore
    from .modules.watcher import ModuleWatcher

_HOMES = {
    "Agent": "agent.agent",
    "AgentOptions": "agent.options",
    "CorvoError": "errors",
    "DiagnosticsClient": "diagnostics.client.client",
    "DiagnosticsService": "diagnostics.service",
    "EtcdOptions": "modules.etcd.options",
    "EtcdStore": "modules.etcd.store",
    "JsonFormatter": "logs.writing.formatter",
    "Level": "levels.level",
    "LevelFilter": "levels.filter",
    "LevelSync": "agent.level_sync",
    "Module": "modules.model",
    "ModuleStore": "modules.store",
    "ModuleWatcher": "modules.watcher",
    "configure_json_logging": "logs.writing.json_logging",
    "get_log_filter": "levels.filter",
    "reset_filter": "levels.filter",
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
