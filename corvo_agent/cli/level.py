"""``corvo level``: which level holds and why, and changing it for a while or for good."""

from __future__ import annotations

import getpass
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

import click

from ..errors import ConfigError, InvalidArgument
from ..levels import Level
from ..modules.model import LevelOverride, Module
from ..modules.store import ModuleStore
from ..timestamps import parse_duration
from .complete import levels, modules
from .level_view import agent_state, module_state, show_state
from .output import format_option, note
from .running import asynchronous
from .target import Target, open_store
from .target_options import agent_options

#: How long a level set by hand holds unless the person says otherwise.
DEFAULT_DURATION = "10m"


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the person wants of the level; checked so that it makes sense."""

    level: str | None
    duration: str | None
    keep: bool
    clear: bool
    logger: str | None
    reason: str

    def __post_init__(self) -> None:
        if self.level is not None:
            Level.parse(self.level, "LEVEL")
        if self.clear and (self.level is not None or self.keep or self.duration):
            raise click.UsageError("--clear goes without a LEVEL, --for and --keep")
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
        return self.clear or self.level is not None

    def change(self) -> Callable[[Module], Module]:
        """What is to become of a Module."""
        if self.logger is not None:
            return lambda module: module.with_spec(loggers=self._loggers(module))
        if self.clear:
            return lambda module: module.with_spec(override=None)
        if self.keep:
            # An override that goes on would hide what was asked to stay.
            return lambda module: module.with_spec(log_level=self.level, override=None)
        until = time.time_ns() + parse_duration(self.duration or DEFAULT_DURATION, "--for")
        override = LevelOverride(self.level or "", until, _who(), self.reason)
        return lambda module: module.with_spec(override=override)

    def _loggers(self, module: Module) -> dict[str, str]:
        others = {name: level for name, level in module.spec.loggers.items() if name != self.logger}
        return others if self.level is None or self.logger is None else {**others, self.logger: self.level}


@click.command("level", short_help="Show or change the log level of a module.")
@click.argument("name", shell_complete=modules)
@click.argument("level", required=False, shell_complete=levels)
@click.option("--for", "duration", metavar="DURATION", help=f"How long LEVEL holds, {DEFAULT_DURATION} unless given.")
@click.option("--keep", is_flag=True, help="LEVEL holds until somebody changes it: it is written to spec.log-level.")
@click.option("--clear", is_flag=True, help="End an override now; with --logger, take that logger's level away.")
@click.option("--logger", metavar="LOGGER", help="The level of this logger and those below it only.")
@click.option("--reason", default="", help="Why; shown to whoever looks.")
@format_option
@agent_options
@asynchronous
async def command(name: str, output: str, target: Target, **wished: object) -> None:
    """Show the level of the module NAME and why it holds, or change it to LEVEL (Debug, Info, Warn, Error, None).

    A changed level ends by itself after ten minutes, also while etcd is away: a forgotten Debug fills disks.

    \b
    corvo level node1-pen-spyglass                              which level holds, and why
    corvo level node1-pen-spyglass Debug                        Debug for ten minutes
    corvo level node1-pen-spyglass Debug --for 1h               ... for an hour
    corvo level node1-pen-spyglass Warn --keep                  Warn from now on
    corvo level node1-pen-spyglass --clear                      end the override now
    corvo level node1-pen-spyglass Debug --logger http --keep   the logger "http" only
    corvo level node1-pen-spyglass --clear --logger http        ... as the others again
    """
    wish = _Wish(**wished)  # type: ignore[arg-type]
    if not target.etcd:
        if wish.changes:
            raise ConfigError("etcd", None, "a level is changed in etcd: give --etcd URL or CORVO_ETCD")
        show_state(name, await agent_state(target, name), output)
        return
    async with open_store(target) as store:
        module = await _apply(store, name, wish)
    show_state(name, module_state(module), output)


async def _apply(store: ModuleStore, name: str, wish: _Wish) -> Module:
    if not wish.changes:
        return await store.get(name)
    module = await store.modify(name, wish.change())
    if wish.keep and wish.logger is not None:
        note(f"it stays until you say: corvo level {name} --clear --logger {wish.logger}")
    return module


def _who() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "somebody"
    return f"{user}@{socket.gethostname()}"
