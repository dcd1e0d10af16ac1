"""The agent of a hub: today's agent, whose level goes to all processes and whose answers come from them."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping

from ..agent.agent import Agent
from ..agent.build import LOG_FILE, log_handler_of, options_of, store_of
from ..agent.build_inside import gathered
from ..agent.level_report import LevelReport
from ..diagnostics.service import DiagnosticsService, ServiceLimits
from ..sidecar.target.follower import TargetFollower
from ..stats.variables import Func
from ..survival.scheduling import let_others_first
from .actions import HubActions
from .profiles import PATIENCE as PROFILE_PATIENCE
from .profiles import HubProfiles
from .root import find_root
from .stats import HubStats
from .workers import Workers


def build_hub_agent(environment: Mapping[str, str], workers: Workers) -> tuple[Agent, Callable[[], None]]:
    """The agent of the settings in ``environment`` for ``workers``, and what to call once it is entered.

    ``{pid}`` in the path of the log stands for any process. Reads the files that the settings name. Raises ConfigError
    and InvalidArgument.
    """
    settings, etcd = gathered(environment)
    node = settings.node or platform.node()
    limits = ServiceLimits(queries=settings.max_queries, request_bytes=settings.max_message)
    service = DiagnosticsService(settings.module, node, settings.category, limits=limits)
    report = LevelReport(fault=workers.fault)
    agent = Agent(
        settings.module,
        store=store_of(etcd),
        node=node,
        name=settings.name,
        service=service,
        apply_level=workers.apply,
        level_report=report,
        target=TargetFollower(find_root(lambda: [worker.pid for worker in workers.connected])),
        options=options_of(settings, etcd),
    )
    log_file = (settings.log_file or LOG_FILE.format(settings.module)).replace("{pid}", "*")
    service.register_handler("Log", log_handler_of(settings, log_file, begin=let_others_first))
    service.register_handler("Stats", HubStats(workers, service.expvars, lambda: agent.name))
    service.register_handler("Profile", HubProfiles(workers, lambda: agent.name), timeout=PROFILE_PATIENCE)
    service.register_handler("Action", HubActions(workers, lambda: agent.name))
    service.expvars.publish("hub", Func(workers.as_json))
    if agent.watcher is not None:
        workers.hold()
        agent.watcher.subscribe(lambda change: workers.release())

    def changed() -> None:
        report.look()
        if agent.endpoint is not None:
            agent.endpoint.tell_workers(workers.announced(report.level))

    def attach() -> None:
        workers.changed = changed
        changed()

    return agent, attach
