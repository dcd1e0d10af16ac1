"""An Agent from a configuration: what ``corvo agent`` runs."""

from __future__ import annotations

import platform
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..config import AgentConfig, read_password
from ..diagnostics.handlers.log import LogHandler
from ..diagnostics.server.server import ServerLimits
from ..diagnostics.service import DiagnosticsService, ServiceLimits
from ..diagnostics.tls import server_ssl
from ..errors import ConfigError
from ..levels.level import Level
from ..logs.limits import ReadLimits
from ..modules.deferred import DeferredStore
from ..modules.etcd.options import EtcdOptions
from ..modules.kv import KeyValueStore
from ..sidecar.answers.answers import answer_for_go, answer_for_process
from ..sidecar.target.process_listener import target_of_url
from ..sidecar.target.process_match import target_of_match
from ..sidecar.target.target_follower import TargetFollower
from ..sidecar.target.target_process import FindTarget, process_identity, target_of_pid, target_of_pid_file
from ..stats.variables import Func
from .agent import Agent
from .options import AgentOptions

if TYPE_CHECKING:
    from ..sidecar.hooks.hook_runner import HookRunner

#: Seconds after which a hook without a known process hands the level out again.
_REPEAT = 60.0
LOG_FILE = "/var/log/pensando/{}.log"


def build_agent(config: AgentConfig) -> Agent:
    """The agent that ``config`` describes, not yet entered.

    It leaves the levels of its own process alone: the level hook is what changes those of the module; without one the
    Module's level decides which lines a Log query shows that names none. Where ``config`` names a process, Stats and
    Profile are about that one. Reads the files that ``config`` names. Raises ConfigError and InvalidArgument.
    """
    find = _find_target(config)
    target = TargetFollower(find) if find is not None else None
    runner = _hook_runner(config, find)
    limits = ServiceLimits(queries=config.max_queries, request_bytes=config.max_message)
    log_file = config.log_file or LOG_FILE.format(config.module)
    node = config.node or platform.node()
    service = DiagnosticsService.with_defaults(config.module, node, config.category, log_file=log_file, limits=limits)
    _answer_for_target(service, config, find)
    agent = Agent(
        config.module,
        store=_store(config),
        node=node,
        name=config.name,
        service=service,
        apply_level=runner.apply if runner else None,
        work=[runner.run] if runner else [],
        target=target,
        options=_options(config),
    )
    # Where nothing changes the levels inside the process, the level says which of its lines are shown.
    shown = None if runner else lambda: agent.level.level
    read_limits = ReadLimits(max_lines=config.max_lines)
    service.register_handler("Log", LogHandler(log_file, limits=read_limits, default_level=shown))
    if runner:
        service.expvars.publish("level-hooks", Func(runner.as_json))
        if target:
            target.subscribe(lambda start: runner.again())
        if agent.watcher:
            agent.watcher.subscribe(lambda change: runner.release())
    return agent


def _find_target(config: AgentConfig) -> FindTarget | None:
    if config.pid:
        if process_identity(config.pid) is None:
            # Its number is never given again to what would be the same process: it could not be found later, either.
            raise ConfigError(
                "pid", config.pid, "there is no such process here; containers have to share a pid namespace"
            )
        return target_of_pid(config.pid)
    if config.pid_file:
        return target_of_pid_file(config.pid_file)
    if config.match:
        return target_of_match(config.match)
    return target_of_url(config.go_pprof) if config.go_pprof else None


def _answer_for_target(service: DiagnosticsService, config: AgentConfig, find: FindTarget | None) -> None:
    if config.go_pprof:
        answer_for_go(service, config.go_pprof)
    elif find is not None:
        answer_for_process(service, find)


def _hook_runner(config: AgentConfig, find: FindTarget | None) -> HookRunner | None:
    if not config.level_hook:
        return None
    # Late: only few need it, and HTTP hooks bring aiohttp with them.
    from ..sidecar.hooks.hook_runner import HookRunner
    from ..sidecar.hooks.hook_spec import parse_level_hook

    # Where the configuration names no process, repeating it is the only way to reach one that was restarted.
    repeat = 0 if find else _REPEAT
    # Held until the Module is known: a sidecar that restarts while etcd is away has to leave the level as it is.
    return HookRunner([parse_level_hook(config.level_hook, find)], repeat=repeat, held=bool(config.etcd))


def _store(config: AgentConfig) -> KeyValueStore | None:
    if not config.etcd:
        return None
    options = EtcdOptions(
        config.etcd,
        ca_file=config.etcd_ca or None,
        cert_file=config.etcd_cert or None,
        key_file=config.etcd_key or None,
        server_hostname=config.etcd_hostname or None,
        username=config.etcd_user or None,
        password=read_password(config) or None,
    )
    # Whether certificates are good has to show at the start; without them nothing speaks against serving first.
    return _etcd(options) if options.tls else DeferredStore(partial(_etcd, options))


def _etcd(options: EtcdOptions) -> KeyValueStore:
    # Late: aiohttp and etcd3 take as long to import as all the rest.
    from ..modules.etcd.store import EtcdStore

    return EtcdStore(options)


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
