"""What a person wants of a level, and how a Module comes to have it."""

from __future__ import annotations

import getpass
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from ...diagnostics.client.peer_kind import PeerKind
from ...errors import InvalidArgument, PreconditionFailed
from ...levels.level import Level
from ...levels.logger_name import check_logger_name
from ...modules.access import ModuleAccess
from ...timestamps import LONGEST_HOLD, parse_duration
from ..backends.protocol import Backend

if TYPE_CHECKING:
    from ...modules.controls.control import Control
    from ...modules.module_level import ModuleLevel

#: How long a level set by hand holds unless the person says otherwise.
DEFAULT_DURATION = "10m"


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """A ``level`` after a change. ``told``: its agent will say when it follows; ``said`` is for the person."""

    level: ModuleLevel
    told: bool
    said: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person wants of the level; checked so that it makes sense. Raises click.UsageError, InvalidArgument."""

    level: str | None
    duration: str | None
    keep: bool
    clear: bool
    as_configured: bool
    why: bool
    logger: str | None
    scope: str
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
        given = self.duration or self.keep or self.logger or self.scope or self.reason
        if not self.clear and self.level is None and given:
            raise click.UsageError("--for, --keep, --logger, --scope and --reason need a LEVEL")
        if self.duration and self.keep:
            raise click.UsageError("--for and --keep exclude each other")
        if self.scope and (self.keep or self.logger or self.level is None):
            raise click.UsageError("--scope is for a LEVEL of the whole process that ends: without --keep and --logger")
        if self.duration is not None:
            _check_duration(self.duration)
        if self.logger is not None:
            if not self.logger:
                # A script whose variable is empty means one logger, not the whole process.
                raise InvalidArgument("--logger", self.logger, "is empty: leave the option out, or name a logger")
            check_logger_name(self.logger, "--logger")
        if self.level is not None:
            self._control()

    @property
    def changes(self) -> bool:
        """Whether anything is to be changed."""
        return self.clear or self.as_configured or self.level is not None

    async def carry_out(self, backend: Backend, name: str) -> CarriedOut:
        """Change the level of the Module ``name``, if anything is to be; what it is then.

        Raises PreconditionFailed for a Module that is invalid and would stay so, or whose process is one of the
        original and follows no level of a single logger; and what ``backend`` raises.
        """
        modules, said = backend.modules, ""
        level = await modules.level(name)
        if self.as_configured:
            await modules.modify(name, lambda module: module.with_spec(log_level=""))
            await modules.clear_control(name)
        elif self.clear:
            await modules.clear_control(name, self.logger or "")
        elif self.level is not None:
            kind = PeerKind.CORVO if level.applied is not None else await backend.peer_kind(name)
            if self.keep and not self.logger:
                await self._keep(modules, level)
            elif kind is PeerKind.ORIGINAL:
                if self.logger:
                    raise PreconditionFailed(f"{name} is a process of the original: it has one level for all loggers")
                await self._keep(modules, level)
                said = (
                    f"{name} is a process of the original, which follows log-level alone: nothing will end this level"
                )
            else:
                check_valid(level)
                lasts = 0 if self.keep else parse_duration(self.duration or DEFAULT_DURATION, "--for")
                await modules.set_control(name, self._control(), lasts)
            if kind is PeerKind.ORIGINAL:
                return CarriedOut(await modules.level(name), False, said)
        return CarriedOut(await modules.level(name) if self.changes else level, True, said)

    async def _keep(self, modules: ModuleAccess, level: ModuleLevel) -> None:
        """Make it the lasting level; a control that goes on would hide what was asked to stay."""
        lasting, announced = self.level or "", level.applied is not None
        await modules.modify(level.module.name, lambda old: old.with_log_level(lasting, announced=announced))
        await modules.clear_control(level.module.name)

    def _control(self) -> Control:
        value = {"level": self.level, "logger": self.logger, "scope": self.scope, "by": who(), "reason": self.reason}
        # Late: --help does not need it.
        from ...modules.controls.codec import control_from_dict

        return control_from_dict(value)


def _check_duration(text: str) -> None:
    bare = text.strip()
    if bare.replace(".", "", 1).isdecimal() and float(bare):
        # A person who types 10 may think of minutes; in a file, where a number is seconds, there is time to look.
        raise InvalidArgument("--for", text, f"{bare} of what? Say {bare}s, {bare}m or {bare}h")
    lasts = parse_duration(text, "--for")
    if lasts == 0:
        raise InvalidArgument("--for", text, "must be longer than nothing")
    if lasts > LONGEST_HOLD:
        raise InvalidArgument("--for", text, "must be 285 years at most; --keep sets a level without an end")


def check_valid(level: ModuleLevel) -> None:
    """Raise PreconditionFailed for an invalid Module, whose agent follows nothing."""
    module = level.module
    if module.invalid:
        # No agent follows it: to say that the level is set would be wrong.
        how = f"mend it first: corvo level {module.name} Info --keep, or corvo modules edit {module.name}"
        raise PreconditionFailed(f"module {module.name} is invalid: {module.invalid}; {how}")


def who() -> str:
    """The person at this machine, as a remark: USER@HOST."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    return f"{user}@{socket.gethostname()}"
