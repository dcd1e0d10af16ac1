"""``corvo agent``: the sidecar, from its configuration to its last signal."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable
from dataclasses import Field
from typing import TYPE_CHECKING, Any

import click

from ....config import (
    AgentConfig,
    build_config,
    default_of,
    mistaken_variables,
    parse_setting,
    settings,
    spelling,
    variable,
)
from ....errors import CorvoError
from ....levels.level import Level
from ....logs.writing.formatter import JsonFormatter
from ...signals import end_signals, reload_signal
from ...where.option_file import agent_table

if TYPE_CHECKING:
    from ....agent.agent import Agent

_log = logging.getLogger("corvo_agent")
Load = Callable[[], AgentConfig]


def _option(setting: Field[Any]) -> click.Option:
    """The option of a setting. Its text is read by the same rules as that of the environment."""
    default = default_of(setting)
    flag = isinstance(default, bool)
    shown = f" [default: {default}]" if default and not flag and not isinstance(default, tuple) else ""
    return click.Option(
        [f"--{spelling(setting.name)}"],
        default=None,
        is_flag=flag,
        flag_value=True if flag else None,
        metavar=setting.metadata["metavar"] or None,
        help=f"{setting.metadata['help']}{shown}  ({variable(setting.name)})",
    )


class _AgentCommand(click.Command):
    """A command with one option for each setting."""

    def __init__(self, *arguments: Any, **given: Any) -> None:
        given["params"] = [*map(_option, settings()), *given.get("params", [])]
        super().__init__(*arguments, **given)


@click.command("agent", cls=_AgentCommand, short_help="Run the sidecar for one module.")
@click.pass_context
@click.option("--config", "path", envvar="CORVO_CONFIG", metavar="FILE", help="TOML file of these.  (CORVO_CONFIG)")
def command(ctx: click.Context, /, path: str | None, **options: Any) -> None:
    """Watch a module in etcd, read its JSON log file, and answer Debug queries about it.

    A setting is taken from its option, else its CORVO_ variable, else the file, else the default. SIGHUP reads all of
    it again and goes on with it; what is wrong then is logged, and the old settings stay. SIGTERM and Ctrl-C end the
    agent after it has answered what was asked; the second one ends it at once.

    \b
    corvo agent --module pen-npm --log-file /var/log/pensando/pen-npm.log --etcd http://127.0.0.1:2379
    corvo agent --config agent.toml
    """
    given = {
        setting.name: _given(setting, options[setting.name])
        for setting in settings()
        if options.get(setting.name) is not None
    }

    def load() -> AgentConfig:
        return build_config(given, os.environ, agent_table(ctx, path) if path else None, path or "")

    config = load()
    _set_up_log(config)
    for name, meant in mistaken_variables(os.environ).items():
        _log.warning("the environment variable %s means nothing: %s?", name, meant)
    asyncio.run(_serve(config, load))


def _given(setting: Field[Any], value: Any) -> Any:
    return parse_setting(setting, value, f"--{spelling(setting.name)}") if isinstance(value, str) else value


def _set_up_log(config: AgentConfig) -> None:
    handler = logging.StreamHandler(sys.stderr)
    if config.own_log_format == "json":
        handler.setFormatter(JsonFormatter("corvo-agent"))
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(Level.parse(config.own_log_level))


class _Requests:
    """What signals have asked for."""

    def __init__(self) -> None:
        self.ended = False
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


async def _serve(config: AgentConfig, load: Load) -> None:
    """Run agents one after the other, a new one for each new configuration, until a signal ends it."""
    requests = _Requests()
    with end_signals(requests.end), reload_signal(requests.reload):
        following: tuple[AgentConfig, Agent] | None = (config, await asyncio.to_thread(_build, config))
        while following is not None:
            config, agent = following
            async with agent:
                _log.info("%s answers at %s", agent.name, agent.address, extra={"address": agent.address})
                following = await _following(config, agent, load, requests)
    _log.info("ended")


async def _following(
    config: AgentConfig, agent: Agent, load: Load, requests: _Requests
) -> tuple[AgentConfig, Agent] | None:
    """Wait for a configuration to go on with: it and its agent, ready to be entered; None at the end."""
    while await requests.next_reload():
        try:
            new = await asyncio.to_thread(load)
            if new == config:
                _log.info("the configuration is the same")
                continue
            # What is wrong with it has to show while the agent that works still answers.
            prepared = await asyncio.to_thread(_build, new)
            await prepared.prepare(agent)
        except CorvoError as error:
            _log.error("the configuration stays as it was: %s", error)
            continue
        _set_up_log(new)
        _log.info("going on with the new configuration")
        return new, prepared
    return None


def _build(config: AgentConfig) -> Agent:
    # Late: it is most of what there is, and neither --help nor a wrong setting needs it.
    from ....agent.build import build_agent

    return build_agent(config)
