"""An Agent from settings: what ``corvo agent`` runs."""

from __future__ import annotations

import platform
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..access.audit import Audit
from ..access.callers import Callers
from ..access.local_users import LocalUsers, user_id
from ..access.tokens import TokenFile
from ..access.wrong_tokens import TokenCheck
from ..diagnostics.handler import StreamingHandler
from ..diagnostics.server.server import ServerLimits
from ..diagnostics.service import DiagnosticsService, ServiceLimits
from ..diagnostics.tls import server_ssl
from ..errors import ConfigError
from ..levels.level import Level
from ..modules.deferred import DeferredStore
from ..modules.etcd.options import EtcdOptions
from ..modules.kv import KeyValueStore
from ..settings.etcd import EtcdSettings, etcd_options
from ..sidecar.target.follower import TargetFollower
from ..sidecar.target.process import FindTarget, process_identity, target_of_pid, target_of_pid_file
from ..stats.samples import SAMPLES
from ..stats.variables import Func
from ..survival.scheduling import let_others_first
from .agent import Agent
from .level_report import LevelReport
from .options import AgentOptions
from .settings import AgentSettings

if TYPE_CHECKING:
    from ..diagnostics.handlers.log import LogHandler
    from ..sidecar.answers.process_samples import ProcessSamples
    from ..sidecar.hooks.runner import HookRunner

#: Seconds after which a hook without a known process hands the level out again.
_REPEAT = 60.0
LOG_FILE = "/var/log/pensando/{}.log"


def build_agent(settings: AgentSettings, etcd: EtcdSettings | None = None, *, reads_log: bool = True) -> Agent:
    """The agent that ``settings`` describe, not yet entered; it watches its Module in ``etcd`` if that names one.

    It leaves the levels of its own process alone: the level hook is what changes those of the module; without one the
    Module's level decides which lines a Log query shows that names none. Without ``reads_log`` what reads logs is made
    by the first query for one, and the settings about logs do not count, but for the file. Where ``settings`` name a
    process, Stats and Profile are about that one. Reads the files that they name. Raises ConfigError and
    InvalidArgument.
    """
    etcd = etcd or EtcdSettings()
    find = _find_target(settings)
    target = TargetFollower(find) if find is not None else None
    runner = _hook_runner(settings, find, held=bool(etcd.urls))
    limits = ServiceLimits(queries=settings.max_queries, request_bytes=settings.max_message)
    log_file = settings.log_file or LOG_FILE.format(settings.module)
    node = settings.node or platform.node()
    service = DiagnosticsService.with_defaults(
        settings.module, node, settings.category, log_file=log_file, limits=limits
    )
    _answer_for_target(service, settings, find)
    samples = _samples_of(target) if target else None
    if samples:
        service.expvars.publish(SAMPLES, Func(samples.samples.as_json))
    report = None
    if runner:
        report = LevelReport(fault=lambda: runner.fault)
        runner.subscribe(report.look)
    agent = Agent(
        settings.module,
        store=store_of(etcd),
        node=node,
        name=settings.name,
        service=service,
        apply_level=runner.apply if runner else None,
        level_report=report,
        work=[*([runner.run] if runner else []), *([samples.run] if samples else [])],
        target=target,
        options=options_of(settings, etcd),
    )
    # Where nothing changes the levels inside the process, the level says which of its lines are shown: all without one.
    shown = None if runner else lambda: agent.level.level
    if reads_log:
        service.register_handler("Log", log_handler_of(settings, log_file, shown, let_others_first))
    if runner:
        service.expvars.publish("level-hooks", Func(runner.as_json))
        if target:
            target.subscribe(lambda start: runner.again())
        if agent.watcher:
            # An override that is over when the sidecar starts may still be in force in the process.
            agent.watcher.subscribe(lambda change: runner.release(changed=bool(agent.controls)))
    return agent


def log_handler_of(
    settings: AgentSettings,
    log_file: str,
    shown: Callable[[], Level | None] | None = None,
    begin: Callable[[], object] | None = None,
) -> StreamingHandler:
    """What answers Log from ``log_file``, a path or a pattern; ``shown`` is the level of lines where none is asked for.

    It is made by the first query: many an agent is never asked for its log, and what reads one takes 5 MiB. With
    patterns of ``settings`` to mask it is made at once, for they may be wrong: raises InvalidArgument.

    Each thread that reads calls ``begin`` first: ``let_others_first`` where the process is the agent's own. In one with
    the host, that would wait for a thread that has the interpreter lock and no processor.
    """
    # Late: an agent beside a process is asked for other things.
    from ..diagnostics.handlers.deferred import DeferredHandler
    from ..logs.files.log_folders import pin_folders

    # What a log may link to later is not to be read: where it is now has to be seen now.
    allowed = (*pin_folders(log_file), *settings.allow_log_folders)

    def make() -> LogHandler:
        from ..diagnostics.handlers.log import LogHandler
        from ..logs.dialects.dialect import stated_dialect
        from ..logs.dialects.times import parse_zone
        from ..logs.limits import ReadLimits
        from ..logs.lines.masking import Masker
        from ..logs.search.survey import Surveyor

        dialect, zone = stated_dialect(settings.log_format), parse_zone(settings.log_zone)
        return LogHandler(
            log_file,
            limits=ReadLimits(max_lines=settings.max_lines),
            allowed=allowed,
            default_level=shown,
            surveyor=Surveyor(dialect, zone, is_zone_stated=settings.log_zone != "local"),
            masker=Masker(settings.mask_patterns, cards=settings.mask_cards),
            begin=begin,
        )

    return make() if settings.mask_patterns else DeferredHandler(make)


def _find_target(settings: AgentSettings) -> FindTarget | None:
    if settings.pid:
        if process_identity(settings.pid) is None:
            # Its number is never given again to what would be the same process: it could not be found later, either.
            raise ConfigError(
                "pid", settings.pid, "there is no such process here; containers have to share a pid namespace"
            )
        return target_of_pid(settings.pid)
    if settings.pid_file:
        return target_of_pid_file(settings.pid_file)
    # Late, as all that follows: a sidecar that only reads a log has no process to look after.
    if settings.match:
        from ..sidecar.target.match import target_of_match

        return target_of_match(settings.match)
    if settings.go_pprof:
        from ..sidecar.target.listener import target_of_url

        return target_of_url(settings.go_pprof)
    return None


def _samples_of(target: TargetFollower) -> ProcessSamples:
    from ..sidecar.answers.process_samples import ProcessSamples

    return ProcessSamples(target)


def _answer_for_target(service: DiagnosticsService, settings: AgentSettings, find: FindTarget | None) -> None:
    if settings.go_pprof:
        from ..sidecar.answers.go_access import GoAccess
        from ..sidecar.answers.service import answer_for_go

        access = GoAccess.of(
            settings.go_pprof_headers, settings.go_pprof_ca, settings.go_pprof_cert, settings.go_pprof_key
        )
        answer_for_go(service, settings.go_pprof, access)
    elif find is not None:
        from ..sidecar.answers.service import answer_for_process

        answer_for_process(service, find)


def _hook_runner(settings: AgentSettings, find: FindTarget | None, *, held: bool) -> HookRunner | None:
    if not settings.level_hook:
        return None
    # Late: only few need it, and HTTP hooks bring aiohttp with them.
    from ..sidecar.hooks.runner import HookRunner
    from ..sidecar.hooks.spec import parse_level_hook

    # Where the configuration names no process, repeating it is the only way to reach one that was restarted.
    repeat = 0 if find else _REPEAT
    # Held until the Module is known: a sidecar that restarts while etcd is away has to leave the level as it is.
    return HookRunner([parse_level_hook(settings.level_hook, find)], repeat=repeat, held=held)


def store_of(settings: EtcdSettings) -> KeyValueStore | None:
    """The etcd that ``settings`` name, not yet entered; None where they name none. Raises ConfigError."""
    if not settings.urls:
        return None
    options = etcd_options(settings)
    # Whether certificates are good has to show at the start; without them nothing speaks against serving first.
    return _etcd(options) if options.tls else DeferredStore(partial(_etcd, options))


def _etcd(options: EtcdOptions) -> KeyValueStore:
    # Late: aiohttp and etcd3 take as long to import as all the rest.
    from ..modules.etcd.store import EtcdStore

    return EtcdStore(options)


def _callers(settings: AgentSettings) -> Callers | None:
    """Who is answered; None for anyone."""
    if settings.insecure and not (settings.caller_token_file or settings.tls_client_ca):
        return None
    tokens = TokenCheck(TokenFile(settings.caller_token_file)) if settings.caller_token_file else None
    # Who may open the socket of a group is said by the group.
    for_group = bool(settings.socket_group) and settings.listen.startswith("unix:")
    users = LocalUsers([user_id(text) for text in settings.allow_users], anyone=for_group)
    return Callers(users, tokens=tokens, clients=settings.allow_clients, gateways=settings.trust_gateways)


def options_of(settings: AgentSettings, etcd: EtcdSettings) -> AgentOptions:
    """How an agent of ``settings`` is to behave. Reads the files that they name. Raises ConfigError."""
    client_ca = Path(settings.tls_client_ca) if settings.tls_client_ca else None
    return AgentOptions(
        category=settings.category,
        listen=settings.listen,
        advertise=settings.advertise,
        reach=tuple(urlsplit(url).netloc for url in etcd_options(etcd).endpoints) if etcd.urls else (),
        ssl=server_ssl(Path(settings.tls_cert), Path(settings.tls_key), client_ca) if settings.tls_cert else None,
        insecure=settings.insecure,
        callers=_callers(settings),
        socket_group=settings.socket_group,
        audit=Audit(settings.audit_file),
        default_level=Level.parse(settings.default_level) if settings.default_level else None,
        check_interval=settings.check_interval,
        lease_ttl=settings.lease_ttl,
        stop_timeout=settings.stop_timeout,
        server_limits=ServerLimits(request_bytes=settings.max_message),
    )
