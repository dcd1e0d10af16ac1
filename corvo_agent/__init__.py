"""Corvo diagnostics for Python: levels, logs, stats and profiles of a running service, without a restart.

The names below are what most services need: ``start`` for any service and ``Agent`` for one that runs on asyncio, the
others to put the pieces together by hand.
Each folder's ``__init__`` says what it is for and which names are public there (``corvo_agent.stats.Int``,
``corvo_agent.diagnostics.DebugQuery``); ``corvo_agent.errors`` has every error, ``corvo_agent.testing`` what
tests need.

Names are imported when they are first used: a service that only formats log lines does not pay for etcd and gRPC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._lazy import lazy_names
from ._version import __version__

if TYPE_CHECKING:
    from .agent.agent import Agent
    from .agent.level_sync import LevelSync
    from .agent.options import AgentOptions
    from .diagnostics.client.client import DiagnosticsClient
    from .diagnostics.service import DiagnosticsService
    from .errors import CorvoError
    from .levels.filter import get_log_filter, reset_filter
    from .levels.level import Level
    from .levels.level_filter import LevelFilter
    from .logs.writing.formatter import JsonFormatter
    from .logs.writing.json_logging import configure_json_logging
    from .modules.etcd.options import EtcdOptions
    from .modules.etcd.store import EtcdStore
    from .modules.model import Module
    from .modules.store import ModuleStore
    from .modules.watcher import ModuleWatcher
    from .stub.handle import Handle
    from .stub.start import start
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "agent.agent": ("Agent",),
            "agent.level_sync": ("LevelSync",),
            "agent.options": ("AgentOptions",),
            "diagnostics.client.client": ("DiagnosticsClient",),
            "diagnostics.service": ("DiagnosticsService",),
            "errors": ("CorvoError",),
            "levels.filter": ("get_log_filter", "reset_filter"),
            "levels.level": ("Level",),
            "levels.level_filter": ("LevelFilter",),
            "logs.writing.formatter": ("JsonFormatter",),
            "logs.writing.json_logging": ("configure_json_logging",),
            "modules.etcd.options": ("EtcdOptions",),
            "modules.etcd.store": ("EtcdStore",),
            "modules.model": ("Module",),
            "modules.store": ("ModuleStore",),
            "modules.watcher": ("ModuleWatcher",),
            "stub.handle": ("Handle",),
            "stub.start": ("start",),
        },
    )

__all__ = (
    "Agent",
    "AgentOptions",
    "CorvoError",
    "DiagnosticsClient",
    "DiagnosticsService",
    "EtcdOptions",
    "EtcdStore",
    "Handle",
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
    "start",
)
