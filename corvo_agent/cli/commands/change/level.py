"""``corvo level``: which level holds and why, and changing it for a while or for good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from ....levels.level import Level, is_level
from ....modules.access import ModuleAccess
from ....timestamps import parse_duration
from ...backends.protocol import Backend
from ...confirm import confirm, yes_option
from ...failures import Failures
from ...help import HelpCommand, RareOption
from ...levels.level_view import agent_state, hints, level_state, sentence_option, show_states, with_why
from ...levels.waiting import PATIENCE, settled, wait_in_force
from ...levels.wish import DEFAULT_DURATION, Wish
from ...many import for_each
from ...running import asynchronous
from ...settings.where import Where
from ...show.output import note
from ...where.chosen import Chosen, choose_modules
from ...where.complete import level_words
from ...where.connect import open_backend
from ...where.options import agent_options

if TYPE_CHECKING:
    from ....modules.module_level import ModuleLevel


@click.command("level", cls=HelpCommand, short_help="Show or change the log level of a module.")
@choose_modules("NAME... [LEVEL]", behind=True, complete=level_words)
@click.option("--for", "duration", metavar="DURATION", help=f"How long LEVEL holds, {DEFAULT_DURATION} unless given.")
@click.option("--keep", is_flag=True, help="LEVEL holds until it is changed again: it is written to spec.log-level.")
@click.option("--clear", is_flag=True, help="End an override now; with --logger, take that logger's level away.")
@click.option("--as-configured", is_flag=True, help="Take log-level and override away: the process's own levels hold.")
@click.option("--why", is_flag=True, help="Ask the agent too why lines do not come: libraries held back, handlers ...")
@click.option("--logger", metavar="LOGGER", help="The level of this logger and those below it only.")
@click.option(
    "--scope", cls=RareOption, default="", metavar="SCOPE", help="What Debug reaches: app, all, or names of loggers."
)
@click.option("--reason", default="", help="Why; shown with the level.")
@click.option(
    "--wait",
    cls=RareOption,
    metavar="DURATION",
    default=PATIENCE,
    help=f"For the agent to follow; {PATIENCE} unless given.",
)
@click.option("--no-wait", cls=RareOption, is_flag=True, help="Set the level and do not wait for the agent.")
@yes_option
@sentence_option
@agent_options
@asynchronous
async def command(
    chosen: Chosen,
    yes: bool,
    output: str,
    wait: str,
    no_wait: bool,
    where: Where,
    **wished: object,
) -> int:
    """Show the level of the modules NAME... and why it holds, or change it to LEVEL (Debug, Info, Warn, Error, None).

    A changed level ends by itself after ten minutes, also while etcd is away: a forgotten Debug fills disks. It waits
    until the agent says that it is in force: 0 then, 1 when the process does not take it, 4 without an agent.
    It asks before it changes more than one.

    \b
    corvo level mail                          which level holds, and why
    corvo level mail Debug                    Debug for ten minutes
    corvo level mail Debug --for 1h
    corvo level mail Warn --keep              Warn from now on
    corvo level mail --clear                  end the override now
    corvo level mail --why                    what keeps lines from coming
    corvo level mail Debug --logger http      this logger only; --clear, too
    corvo level -l team=network Debug --for 5m
    """
    seconds = 0.0 if no_wait else parse_duration(wait, "--wait") / 1e9
    async with open_backend(where) as backend:
        chosen, level = await _words(backend, chosen)
        wish = Wish(level=level, **wished)  # type: ignore[arg-type]
        names = await chosen.names(backend)
        if not wish.changes and not backend.has_modules:
            (name,) = names
            state = await agent_state(backend, name)
            show_states({name: await with_why(backend, name, state) if wish.why else state}, output, alone=True)
            return 0
        if wish.changes:
            confirm("Change the level of", names, yes=yes)
        several = chosen.several
        failures = Failures(named=several)
        states, said = await _carried_out(backend, wish, names, seconds, failures)
    show_states(states, output, alone=not several)
    if wish.keep and wish.logger is not None and states:
        which = f"-l '{chosen.labels}'" if chosen.by_selector else " ".join(chosen.words)
        said.append(f"it stays until you say: corvo level {which} --clear --logger {wish.logger}")
    for text in said:
        note(text)
    return failures.code


async def _words(backend: Backend, chosen: Chosen) -> tuple[Chosen, str | None]:
    """The modules, and the level behind them, if there is one: a level, else a last word that means no module."""
    if not chosen.by_selector and len(chosen.words) > 1 and is_level(chosen.words[-1]):
        return replace(chosen, words=chosen.words[:-1]), chosen.words[-1]
    return await chosen.without_last(backend)


async def _carried_out(
    backend: Backend, wish: Wish, names: Sequence[str], seconds: float, failures: Failures
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """The states of the modules ``names`` once ``wish`` is carried out, and what a person should know besides.

    Agents get ``seconds`` to follow; what goes wrong with some goes to ``failures``.
    """
    access = backend.modules
    done = await for_each(names, partial(wish.carry_out, backend), failures, "levels")
    said = [each.said for each in done.values() if each.said]
    found = {name: each.level for name, each in done.items()}
    if not wish.changes:
        found.update(await for_each(list(found), lambda name: settled(access, found[name]), failures, "levels"))
    elif seconds:
        telling = {name: each.level for name, each in done.items() if each.told}
        found.update(await _in_force(access, telling, seconds, failures, said))
    # Without a wait no agent can have followed yet, and what it has announced says nothing.
    told = not wish.changes or bool(seconds)
    states = {each: level_state(level, told=told) for each, level in found.items()}
    if wish.why:
        states.update(await for_each(list(states), partial(_explained, backend, states), failures, "levels"))
    elif len(names) == 1 and not failures.code and told and done[names[0]].told:
        said += await _hints(backend, wish, names[0], states)
    return states, said


async def _in_force(
    modules: ModuleAccess, found: Mapping[str, ModuleLevel], seconds: float, failures: Failures, said: list[str]
) -> dict[str, ModuleLevel]:
    """What was ``found``, once the agents follow; those that do not go to ``failures``, what to know to ``said``."""

    async def wait(name: str) -> ModuleLevel:
        level, text = await wait_in_force(modules, found[name], seconds)
        if text:
            said.append(text)
        return level

    return await for_each(list(found), wait, failures, "agents")


async def _hints(backend: Backend, wish: Wish, name: str, states: Mapping[str, dict[str, Any]]) -> list[str]:
    state = states.get(name)
    # Only where a person looks for lines: after a level was set for all of the process, or while that is Debug.
    if state is None or wish.why or wish.logger is not None:
        return []
    return await hints(backend, name, state["level"]) if wish.level or state["level"] == Level.DEBUG.text else []


async def _explained(backend: Backend, states: Mapping[str, dict[str, Any]], name: str) -> dict[str, Any]:
    return await with_why(backend, name, states[name])
