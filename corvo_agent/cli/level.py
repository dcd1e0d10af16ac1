"""``corvo level``: which level holds and why, and changing it for a while or for good."""

from __future__ import annotations

import getpass
import socket
import time

import click

from ..errors import InvalidArgument
from ..levels import Level
from ..modules.model import LevelOverride, Module, effective_level
from ..modules.store import ModuleStore
from ..timestamps import format_duration, format_rfc3339, parse_duration
from .output import format_option, print_json
from .target import Target, asynchronous, open_store, store_options

#: How long a level set by hand holds unless the person says otherwise.
DEFAULT_DURATION = "10m"


@click.command("level", short_help="Show or change the log level of a module.")
@click.argument("name")
@click.argument("level", required=False)
@click.option("--for", "duration", metavar="DURATION", help=f"How long LEVEL holds, {DEFAULT_DURATION} unless given.")
@click.option("--keep", is_flag=True, help="LEVEL holds until somebody changes it: it is written to spec.log-level.")
@click.option("--clear", is_flag=True, help="End an override now.")
@click.option("--logger", metavar="LOGGER", help="Change this logger and those below it only, until changed again.")
@click.option("--reason", default="", help="Why; shown to whoever looks.")
@format_option
@store_options
@asynchronous
async def command(
    name: str,
    level: str | None,
    duration: str | None,
    keep: bool,
    clear: bool,
    logger: str | None,
    reason: str,
    output: str,
    target: Target,
) -> None:
    """Show the level of the module NAME and why it holds, or change it to LEVEL (Debug, Info, Warn, Error, None).

    A changed level ends by itself after ten minutes, also while etcd is away: a forgotten Debug fills disks.

    \b
    corvo level node1-pen-spyglass                       which level holds, and why
    corvo level node1-pen-spyglass Debug                 Debug for ten minutes
    corvo level node1-pen-spyglass Debug --for 1h        ... for an hour
    corvo level node1-pen-spyglass Warn --keep           Warn from now on
    corvo level node1-pen-spyglass Debug --logger http   the logger "http" only
    corvo level node1-pen-spyglass --clear               end the override now
    """
    _check(level, duration=duration, keep=keep, clear=clear, logger=logger)
    async with open_store(target) as store:
        if clear:
            module = await store.set_override(name, None)
        elif level is None:
            module = await store.get(name)
        elif logger is not None:
            module = await _set_logger(store, name, logger, level)
        elif keep:
            # An override that goes on would hide what was asked to stay.
            module = await store.modify(name, lambda found: found.with_spec(log_level=level, override=None))
        else:
            nanoseconds = parse_duration(duration or DEFAULT_DURATION, "--for")
            override = LevelOverride(level, time.time_ns() + nanoseconds, _who(), reason)
            module = await store.set_override(name, override)
    _show(module, output)


def _check(level: str | None, *, duration: str | None, keep: bool, clear: bool, logger: str | None) -> None:
    """Refuse what does not go together. Raises InvalidArgument, click.UsageError."""
    if level is not None:
        Level.parse(level, "LEVEL")
    elif duration or keep or logger:
        raise click.UsageError("--for, --keep and --logger need a LEVEL")
    if clear and level is not None:
        raise click.UsageError("--clear goes without a LEVEL")
    if sum((bool(duration), keep, logger is not None)) > 1:
        raise click.UsageError("--for, --keep and --logger exclude each other")
    if duration is not None and parse_duration(duration, "--for") == 0:
        raise InvalidArgument("--for", duration, "must be longer than nothing")


async def _set_logger(store: ModuleStore, name: str, logger: str, level: str) -> Module:
    return await store.modify(name, lambda module: module.with_spec(loggers={**module.spec.loggers, logger: level}))


def _who() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "somebody"
    return f"{user}@{socket.gethostname()}"


def _show(module: Module, output: str) -> None:
    now = time.time_ns()
    level = effective_level(module.spec, now)
    override = module.spec.override
    active = override if override is not None and override.active(now) else None
    if output == "json":
        shown: dict[str, object] = {"name": module.name, "level": level.text, "log-level": module.spec.log_level}
        if active is not None:
            shown["override"] = {
                "level": active.level,
                "until": format_rfc3339(active.until),
                "by": active.by,
                "reason": active.reason,
            }
        print_json({**shown, "loggers": dict(module.spec.loggers)})
        return
    click.echo(f"{module.name}: {level.text}{_why(module, active, now)}")
    for logger, text in sorted(module.spec.loggers.items()):
        click.echo(f"  {logger}: {text}")


def _why(module: Module, override: LevelOverride | None, now: int) -> str:
    if override is None:
        return " (log-level)" if module.spec.log_level else " (default)"
    words = [f" (override by {override.by or 'somebody'}"]
    if override.reason:
        words.append(f", {override.reason}")
    if override.until:
        words.append(f", ends in {format_duration(override.until - now)}")
    back = Level.of(module.spec.log_level).text
    return "".join(words) + f", then {back})"
