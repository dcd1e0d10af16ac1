"""systemd services, read as modules: what is known of each unit, and how signals change it."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import translate
from typing import Any

from ..errors import ConfigError
from ..modules.model import ModuleStatus
from .source import Present

_SUFFIX = ".service"
_OTHER_TYPES = (
    ".socket",
    ".target",
    ".device",
    ".mount",
    ".automount",
    ".swap",
    ".timer",
    ".path",
    ".slice",
    ".scope",
)
_EXITED = 1  # CLD_EXITED of waitid(2); the other ends are signals


@dataclass(slots=True)
class Unit:
    """One service. ``path`` is its object on the bus, "" while systemd has not loaded it."""

    name: str
    path: str = ""
    #: Properties as systemd calls them, of those that matter here.
    facts: dict[str, Any] = field(default_factory=dict)
    #: Why it ended last; a service that runs again tells no more of it, so it is kept.
    reason: str = ""

    def learn(self, facts: Mapping[str, Any]) -> None:
        """Take over properties that systemd told together."""
        self.facts.update(facts)
        # The state and the result come in two signals, the result first: a result of the next start that meets the
        # state of the last end is no reason.
        ended = "auto-restart" in (state := facts.get("SubState", "")) or state == "failed"
        if ended or facts.get("Result", "success") != "success":
            self.reason = _reason(self.facts)

    def present(self, node: str) -> Present:
        """The event that tells of it."""
        module = self.name.removesuffix(_SUFFIX)
        status = ModuleStatus(
            node=node,
            module=module,
            last_start=int(self.facts.get("ActiveEnterTimestamp", 0)) * 1000,
            restart_count=min(int(self.facts.get("NRestarts", 0)), 2**31 - 1),
            last_restart_reason=self.reason,
            service=self.name,
        )
        # A count that systemd has set back to 0 is 0; one that it does not know says nothing.
        known = frozenset({"restart_count"} if "NRestarts" in self.facts else ())
        return Present(f"{node}-{module}", status, known)


def _reason(facts: Mapping[str, Any]) -> str:
    """The result as systemd names it, and how the process ended: ``exit-code (exit code 3)``, ``signal (SIGKILL)``."""
    result = str(facts.get("Result", ""))
    code, status = int(facts.get("ExecMainCode", 0)), int(facts.get("ExecMainStatus", 0))
    if not code or not result:
        return result
    return f"{result} (exit code {status})" if code == _EXITED else f"{result} ({_signal_name(status)})"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def service_patterns(patterns: Iterable[str]) -> tuple[str, ...]:
    """``patterns`` as systemd wants them: ``pen-*`` is ``pen-*.service``, as for systemctl.

    Raises ConfigError for none at all, an empty one and one of another type of unit.
    """
    found = tuple(_service_pattern(pattern) for pattern in patterns)
    if not found:
        raise ConfigError("unit", None, "the source systemd needs a pattern such as --unit 'pen-*.service'")
    return found


def _service_pattern(pattern: str) -> str:
    if not pattern or "/" in pattern or not pattern.isprintable():
        raise ConfigError("unit", pattern, "must be the name of a unit or a pattern of names")
    if pattern.endswith(_OTHER_TYPES):
        raise ConfigError("unit", pattern, "only services are modules")
    return pattern if pattern.endswith(_SUFFIX) else pattern + _SUFFIX


def name_matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Whether a unit's name matches one of ``patterns``, by the rules of the shell as systemd applies them."""
    either = re.compile("|".join(translate(pattern) for pattern in patterns))
    return lambda name: either.match(name) is not None
