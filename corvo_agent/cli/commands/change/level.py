"""``corvo level``: which level holds and why, and changing it for a while or for good."""

from __future__ import annotations

import getpass
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import click

from ....errors import InvalidArgument, PreconditionFailed
from ....levels.level import Level
from ....modules.access import ModuleAccess
from ....modules.model import LevelOverride, Module
from ....timestamps import parse_duration
from ...backends.protocol import Backend
from ...confirm import confirm, yes_option
from ...failures import Failures
from ...levels.level_view import agent_state, hints, module_state, sentence_option, show_states, with_why
from ...many import for_each, selected
from ...running import asynchronous
from ...settings.where import Where
from ...show.output import note
from ...where.complete import levels, modules
from ...where.connect import open_backend
from ...where.names import whole_name
from ...where.options import agent_options
from ...where.selectors import selector_of, selector_options

#: How long a level set by hand holds unless the person says otherwise.
DEFAULT_DURATION = "10m"


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the person wants of the level; checked so that it makes sense."""

    level: str | None
    duration: str | None
    keep: bool
    clear: bool
    as_configured: bool
    why: bool
    logger: str | None
    reason: str

    def __post_init__(self) -> None:
        if self.level is not None:
            Level.parse(self.level, "LEVEL")
        if self.clear and (self.level is not None or self.keep or self.duration):
            raise click.UsageError("--clear goes without a LEVEL, --for and --keep")
        if self.as_configured and (self.level or self.keep or self.duration or self.clear or self.logger):
            raise click.UsageError("--as-configured goes without a LEVEL, --for, --keep, --clear and --logger")
        if self.why and self.changes:
            raise click.UsageError("--why changes nothing: it goes without a LEVEL, --clear and --as-configured")
        if not self.clear and self.level is None and (self.duration or self.keep or self.logger or self.reason):
            raise click.UsageError("--for, --keep, --logger and --reason need a LEVEL")
        if self.duration and self.keep:
            raise click.UsageError("--for and --keep exclude each other")
        if self.level is not None and self.logger is not None and not self.keep:
            raise click.UsageError("the level of a single logger cannot end by itself: say --keep, and --clear later")
        if self.duration is not None and parse_duration(self.duration, "--for") == 0:
            raise InvalidArgument("--for", self.duration, "must be longer than nothing")

    @property
    def changes(self) -> bool:
        """Whether anything is to be changed."""
        return self.clear or self.as_configured or self.level is not None

    def change(self) -> Callable[[Module], Module]:
        """What is to become of a Module. Raises PreconditionFailed for one that is invalid and would stay so."""
        if self.logger is not None:
            return lambda module: _valid(module).with_spec(loggers=self._loggers(module))
        if self.as_configured:
            return lambda module: module.with_spec(log_level="", override=None)
        if self.clear:
            return lambda module: _valid(module).with_spec(override=None)
        if self.keep:
            # An override that goes on would hide what was asked to stay.
            return lambda module: module.with_spec(log_level=self.level, override=None)
        until = time.time_ns() + parse_duration(self.duration or DEFAULT_DURATION, "--for")
        override = LevelOverride(self.level or "", until, _who(), self.reason)
        return lambda module: _valid(module).with_spec(override=override)

    def _loggers(self, module: Module) -> dict[str, str]:
        others = {name: level for name, level in module.spec.loggers.items() if name != self.logger}
        return others if self.level is None or self.logger is None else {**others, self.logger: self.level}


@click.command("level", short_help="Show or change the log level of a module.")
@click.argument("name", required=False, shell_complete=modules)
@click.argument("level", required=False, shell_complete=levels)
@click.option("--for", "duration", metavar="DURATION", help=f"How long LEVEL holds, {DEFAULT_DURATION} unless given.")
@click.option("--keep", is_flag=True, help="LEVEL holds until it is changed again: it is written to spec.log-level.")
@click.option("--clear", is_flag=True, help="End an override now; with --logger, take that logger's level away.")
@click.option("--as-configured", is_flag=True, help="Take log-level and override away: the process's own levels hold.")
@click.option("--why", is_flag=True, help="Ask the agent too why lines do not come: libraries held back, handlers ...")
@click.option("--logger", metavar="LOGGER", help="The level of this logger and those below it only.")
@click.option("--reason", default="", help="Why; shown with the level.")
@selector_options
@yes_option
@sentence_option
@agent_options
@asynchronous
async def command(
    name: str | None,
    level: str | None,
    labels: str,
    fields: str,
    yes: bool,
    output: str,
    where: Where,
    **wished: object,
) -> int:
    """Show the level of the module NAME and why it holds, or change it to LEVEL (Debug, Info, Warn, Error, None).

    A changed level ends by itself after ten minutes, also while etcd is away: a forgotten Debug fills disks. Selectors
    in place of NAME choose several modules; it asks before it changes more than one.

    \b
    corvo level node1-pen-spyglass                              which level holds, and why
    corvo level node1-pen-spyglass Debug                        Debug for ten minutes
    corvo level node1-pen-spyglass Debug --for 1h               ... for an hour
    corvo level node1-pen-spyglass Warn --keep                  Warn from now on
    corvo level node1-pen-spyglass --clear                      end the override now
    corvo level node1-pen-spyglass --why                        ... and what keeps lines from coming
    corvo level node1-pen-spyglass --as-configured              no level but the application's own
    corvo level node1-pen-spyglass Debug --logger http --keep   the logger "http" only
    corvo level node1-pen-spyglass --clear --logger http        ... as the others again
    corvo level -l team=network Debug --for 5m                  every module with that label
    """
    by_selector = bool(labels or fields)
    if by_selector:
        # Then there is no NAME, and the first word is the level.
        if level is not None:
            raise click.UsageError("name a module or select several, not both")
        name, level = None, name
    elif name is None:
        raise click.UsageError("name a module, or select several with -l or --field-selector")
    wish = _Wish(level=level, **wished)  # type: ignore[arg-type]
    async with open_backend(where) as backend:
        name = None if name is None else await whole_name(backend, name)
        if name is not None and not wish.changes and not backend.has_modules:
            state = await agent_state(backend, name)
            show_states({name: await with_why(backend, name, state) if wish.why else state}, output, alone=True)
            return 0
        names = [name] if name is not None else await selected(backend.modules, selector_of(labels, fields))
        if wish.changes:
            confirm("Change the level of", names, yes=yes)
        failures = Failures(named=by_selector)
        apply = partial(_apply, backend.modules, wish)
        modules = await for_each(names, apply, failures, "levels")
        states = {each: module_state(module) for each, module in modules.items()}
        if wish.why:
            states.update(await for_each(list(states), partial(_explained, backend, states), failures, "levels"))
        said = [] if name is None else await _hints(backend, wish, name, states)
    show_states(states, output, alone=not by_selector)
    for text in said:
        note(text)
    if wish.keep and wish.logger is not None and modules:
        which = name or f"-l '{labels}'"
        note(f"it stays until you say: corvo level {which} --clear --logger {wish.logger}")
    return failures.code


async def _apply(modules: ModuleAccess, wish: _Wish, name: str) -> Module:
    return await (modules.modify(name, wish.change()) if wish.changes else modules.get(name))


async def _hints(backend: Backend, wish: _Wish, name: str, states: Mapping[str, dict[str, Any]]) -> list[str]:
    state = states.get(name)
    # Only where a person looks for lines: after a level was set for all of the process, or while that is Debug.
    if state is None or wish.why or wish.logger is not None:
        return []
    return await hints(backend, name, state["level"]) if wish.level or state["level"] == Level.DEBUG.text else []


async def _explained(backend: Backend, states: Mapping[str, dict[str, Any]], name: str) -> dict[str, Any]:
    return await with_why(backend, name, states[name])


def _valid(module: Module) -> Module:
    if module.invalid:
        # No agent follows it: to say that the level is set would be wrong.
        how = f"mend it first: corvo level {module.name} Info --keep, or corvo modules edit {module.name}"
        raise PreconditionFailed(f"module {module.name} is invalid: {module.invalid}; {how}")
    return module


def _who() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    return f"{user}@{socket.gethostname()}"
