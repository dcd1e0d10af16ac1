"""``corvo agent``: the sidecar, from its settings to its last signal."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from ....agent.settings import AGENT, AgentSettings
from ....errors import CorvoError
from ....settings.etcd import EtcdSettings
from ....settings.own_log import OwnLogSettings
from ....settings.program import Gathered
from ....signals import end_signals
from ....survival.scheduling import be_interrupted
from ....survival.settings import SurvivalSettings
from ...help import HelpCommand
from ...own_log import set_up_own_log
from ...settings.options import Told, program_options

if TYPE_CHECKING:
    from ....agent.agent import Agent

_log = logging.getLogger("corvo_agent")


@dataclass(frozen=True, slots=True)
class _Settings:
    """All that the program was told at one time."""

    agent: AgentSettings
    etcd: EtcdSettings
    own_log: OwnLogSettings
    survival: SurvivalSettings

    @classmethod
    def of(cls, gathered: Gathered) -> _Settings:
        """Raises ConfigError for what is refused."""
        return cls(
            gathered.section(AgentSettings),
            gathered.section(EtcdSettings),
            gathered.section(OwnLogSettings),
            gathered.section(SurvivalSettings),
        )


_Load = Callable[[], _Settings]


@click.command("agent", cls=HelpCommand, short_help="Run the sidecar for one module.")
@program_options(
    AGENT, ("module", "node", "log-file", "etcd", "listen", "match", "pid", "go-pprof", "level-hook", "default-level")
)
def command(told: Told) -> None:
    """Watch a module in etcd, read its JSON log file, and answer Debug queries about it.

    A setting is taken from its option, else its CORVO_ variable, else the file, else the default. Without --etcd the
    agent only answers. SIGHUP reads all of it again and goes on with it; what is wrong then is logged, and the old
    settings stay. Renewed certificates and a renewed password are used without being asked. SIGTERM and Ctrl-C end the
    agent after it has answered what was asked; the second one ends it at once. SIGUSR1 logs its state.

    \b
    corvo agent --module pen-npm --log-file /var/log/pensando/pen-npm.log --etcd http://127.0.0.1:2379
    corvo agent --config agent.toml
    """
    settings = _Settings.of(told.gather())
    set_up_own_log(settings.own_log, "corvo-agent")
    told.warn_of_mistaken_variables()
    be_interrupted()
    asyncio.run(_serve(settings, lambda: _Settings.of(told.gather())))


class _Requests:
    """What signals have asked for."""

    def __init__(self) -> None:
        self.ended = False
        #: Whether an agent has served.
        self.served = False
        self._reload = False
        self._moved = asyncio.Event()

    def end(self) -> None:
        """Stop, soon."""
        self.ended = True
        self._moved.set()

    def reload(self) -> None:
        """Read the configuration again."""
        self._reload = True
        self._moved.set()

    async def next_reload(self) -> bool:
        """Wait for a request: whether it is to reload. The end goes first."""
        await self._moved.wait()
        self._moved.clear()
        asked, self._reload = self._reload, False
        return asked and not self.ended


@dataclass(slots=True)
class _Serving:
    """The agent that serves now, and what it was told; another one after the settings have changed."""

    settings: _Settings
    agent: Agent

    def survival(self) -> SurvivalSettings:
        """What the program may take now."""
        return self.settings.survival

    def state(self) -> dict[str, object]:
        """How the agent is doing."""
        return self.agent.statistics().as_json()


async def _serve(settings: _Settings, load: _Load) -> None:
    """Run agents one after the other, a new one for each new configuration, until a signal ends it."""
    # Late, as the agent itself.
    from ....diagnostics.shedding import Shedding
    from ....survival.program import survive

    requests, shedding = _Requests(), Shedding()
    with end_signals(requests.end, reload=requests.reload):
        now = _Serving(settings, await asyncio.to_thread(_build, settings))
        async with AsyncExitStack() as surviving:
            following: tuple[_Settings, Agent] | None = (now.settings, now.agent)
            while following is not None:
                now.settings, now.agent = settings, agent = following
                agent.service.shed_by(shedding)
                async with agent:
                    status = f"{agent.name} answers at {agent.address}"
                    _log.info("%s", status, extra={"address": agent.address})
                    if not requests.served:
                        requests.served = True
                        await surviving.enter_async_context(survive(status, now.survival, shedding, now.state))
                    following = await _following(settings, agent, load, requests)
                    if following is None:
                        # The service manager is to hear that it stops before it does.
                        await surviving.aclose()
    _log.info("ended")


async def _following(
    settings: _Settings, agent: Agent, load: _Load, requests: _Requests
) -> tuple[_Settings, Agent] | None:
    """Wait for a configuration to go on with: it and its agent, ready to be entered; None at the end."""
    while await requests.next_reload():
        try:
            new = await asyncio.to_thread(load)
            if new == settings:
                await agent.reload_credentials()
                _log.info("the configuration is the same; certificates and passwords were read again")
                continue
            # What is wrong with it has to show while the agent that works still answers.
            prepared = await asyncio.to_thread(_build, new)
            await prepared.prepare(agent)
        except CorvoError as error:
            _log.error("the configuration stays as it was: %s", error)
            continue
        set_up_own_log(new.own_log, "corvo-agent")
        _log.info("going on with the new configuration")
        return new, prepared
    return None


def _build(settings: _Settings) -> Agent:
    # Late: it is most of what there is, and neither --help nor a wrong setting needs it.
    from ....agent.build import build_agent

    return build_agent(settings.agent, settings.etcd)
