"""An Agent from a configuration: what ``corvo agent`` runs."""

from __future__ import annotations

import platform
from pathlib import Path

from ..config import AgentConfig, read_password
from ..diagnostics.handlers.log import LogHandler
from ..diagnostics.service import DiagnosticsService, ServiceLimits
from ..diagnostics.tls import server_ssl
from ..levels import Level
from ..logs.limits import ReadLimits
from ..modules.kv import KeyValueStore
from .agent import Agent
from .level_sync import ApplyLevel
from .options import AgentOptions
from .server import ServerLimits

LOG_FILE = "/var/log/pensando/{}.log"


def build_agent(config: AgentConfig, *, apply_level: ApplyLevel | None = None) -> Agent:
    """The agent that ``config`` describes, not yet entered.

    It leaves the levels of its own process alone: ``apply_level`` is what changes those of the module; without it the
    Module's level decides which lines a Log query shows that names none. Reads the files
    that ``config`` names. Raises ConfigError and InvalidArgument.
    """
    limits = ServiceLimits(queries=config.max_queries, request_bytes=config.max_message)
    log_file = config.log_file or LOG_FILE.format(config.module)
    node = config.node or platform.node()
    service = DiagnosticsService.with_defaults(config.module, node, config.category, log_file=log_file, limits=limits)
    agent = Agent(
        config.module,
        store=_store(config),
        node=node,
        name=config.name,
        service=service,
        apply_level=apply_level,
        options=_options(config),
    )
    # Where nothing changes the levels inside the process, the level says which of its lines are shown.
    shown = None if apply_level is not None else lambda: agent.level.level
    read_limits = ReadLimits(max_lines=config.max_lines)
    service.register_handler("Log", LogHandler(log_file, limits=read_limits, default_level=shown))
    return agent


def _store(config: AgentConfig) -> KeyValueStore | None:
    if not config.etcd:
        return None
    # Late: aiohttp and etcd3 are a third of what an agent takes to start.
    from ..modules.etcd import EtcdStore
    from ..modules.etcd_options import EtcdOptions

    return EtcdStore(
        EtcdOptions(
            config.etcd,
            ca_file=config.etcd_ca or None,
            cert_file=config.etcd_cert or None,
            key_file=config.etcd_key or None,
            server_hostname=config.etcd_hostname or None,
            username=config.etcd_user or None,
            password=read_password(config) or None,
        )
    )


def _options(config: AgentConfig) -> AgentOptions:
    client_ca = Path(config.tls_client_ca) if config.tls_client_ca else None
    return AgentOptions(
        category=config.category,
        listen=config.listen,
        advertise=config.advertise,
        ssl=server_ssl(Path(config.tls_cert), Path(config.tls_key), client_ca) if config.tls_cert else None,
        insecure=config.insecure,
        default_level=Level.parse(config.default_level),
        check_interval=config.check_interval,
        lease_ttl=config.lease_ttl,
        stop_timeout=config.stop_timeout,
        server_limits=ServerLimits(request_bytes=config.max_message),
    )
