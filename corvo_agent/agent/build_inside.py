"""An Agent from the environment: the one that ``start`` runs inside a process."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import replace

from ..diagnostics.service import DiagnosticsService, ServiceLimits
from ..errors import ConfigError
from ..levels.level_filter import Scope
from ..settings.etcd import EtcdSettings
from .agent import Agent
from .build import LOG_FILE, log_handler_of, options_of, store_of
from .settings import AGENT, FOREIGN, AgentSettings


def gathered(environment: Mapping[str, str]) -> tuple[AgentSettings, EtcdSettings]:
    """The settings that ``environment`` holds, the file that it names included.

    Raises ConfigError: one is wrong, or chooses a foreign process.
    """
    told = AGENT.gather({}, environment, environment.get("CORVO_CONFIG", ""))
    settings, etcd = told.section(AgentSettings), told.section(EtcdSettings)
    for option in FOREIGN:
        if value := told.value(option):
            raise ConfigError(option, value, "is for an agent beside a process, and this one lives inside")
    return settings, etcd


def build_inside(environment: Mapping[str, str], scope: Scope) -> Agent:
    """The agent of this process, not yet entered; ``scope`` is what a level below Info reaches.

    ``{pid}`` in the path of the log stands for this process. Raises ConfigError and InvalidArgument.
    """
    settings, etcd = gathered(environment)
    log_file = (settings.log_file or LOG_FILE.format(settings.module)).replace("{pid}", str(os.getpid()))
    node = settings.node or platform.node()
    limits = ServiceLimits(queries=settings.max_queries, request_bytes=settings.max_message)
    service = DiagnosticsService.with_defaults(
        settings.module, node, settings.category, log_file=log_file, limits=limits
    )
    service.register_handler("Log", log_handler_of(settings, log_file))
    return Agent(
        settings.module,
        store=store_of(etcd),
        node=node,
        name=settings.name,
        service=service,
        options=replace(options_of(settings, etcd), level_scope=scope),
    )
