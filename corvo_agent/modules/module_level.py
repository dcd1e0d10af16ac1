"""The level of a Module as people look at it: what is wanted, by the object and its controls, and what is applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..errors import InvalidArgument
from ..levels.state import LevelSource, LevelState
from .announcing.endpoint import AppliedLevel, applied_from_dict, applied_to_dict
from .announcing.workers import announced, processes
from .controls.codec import control_from_dict, control_to_dict
from .controls.control import Control
from .controls.rule import effective_state
from .controls.store import read_controls
from .decimal_text import natural
from .json.codec import module_to_dict
from .json.tables import entries, read_array, read_text
from .kv import KeyValue
from .model import Module

#: Where the JSON of a Module shows what lies beside it: its controls, and the level that its agent has announced.
CONTROLS, APPLIED = "controls", "applied"


@dataclass(frozen=True, slots=True)
class ModuleLevel:
    """``module`` with its ``controls``, and the level that its agent has ``applied``; None where none is announced."""

    module: Module
    controls: tuple[Control, ...] = ()
    applied: AppliedLevel | None = None
    #: How many processes have announced themselves, None where that is not known.
    workers: int | None = None

    def wanted(self, now: int) -> LevelState:
        """What has to hold at wall time ``now``; as configured where the Module says nothing."""
        return effective_state(self.module.spec, now, controls=self.controls)

    def as_json(self) -> dict[str, Any]:
        """The object and what lies beside it, as REST shows them."""
        return {**module_to_dict(self.module), **beside_to_dict(self.controls, self.applied)}

    def holds(self, now: int) -> bool:
        """Whether the agent says that this is in force."""
        applied, wanted = self.applied, self.wanted(now)
        if applied is None or applied.fault or applied.source != wanted.source.value:
            return False
        # What an agent does where nothing is said is its own configuration.
        same = wanted.source is LevelSource.DEFAULT or applied.level == wanted.level_text
        loggers = {name: level.text for name, level in wanted.loggers.items()}
        return same and (applied.until, applied.loggers, applied.logger_ends) == (
            wanted.until,
            loggers,
            wanted.logger_ends,
        )


def module_level(module: Module, beside: Iterable[KeyValue]) -> ModuleLevel:
    """``module`` with what lies ``beside`` it; a value that cannot be read is left out, with a warning."""
    items = list(beside)
    endpoint, others = announced(module.name, items)
    applied = None if endpoint is None else endpoint.level or AppliedLevel()
    return ModuleLevel(module, read_controls(items), applied, len(processes(endpoint, others)) or None)


def beside_to_dict(controls: Iterable[Control], applied: AppliedLevel | None) -> dict[str, Any]:
    """What a Module's JSON shows of what lies beside it, without what there is not."""
    shown: dict[str, Any] = {}
    listed = [{"id": control.id, "revision": str(control.revision), **control_to_dict(control)} for control in controls]
    if listed:
        shown[CONTROLS] = listed
    if applied is not None:
        shown[APPLIED] = applied_to_dict(applied)
    return shown


def take_beside(value: dict[str, Any]) -> tuple[tuple[Control, ...], AppliedLevel | None]:
    """Take what ``beside_to_dict`` has added out of a Module's JSON. Raises InvalidArgument."""
    controls, applied = value.pop(CONTROLS, None), value.pop(APPLIED, None)
    listed = tuple(
        _control(item, f"{CONTROLS}.{index}") for index, item in enumerate(read_array(controls or [], CONTROLS))
    )
    return listed, None if applied is None else applied_from_dict(applied)


def _control(value: Any, path: str) -> Control:
    parts: Mapping[str, Any] = dict(entries(value, path))
    id, revision = read_text(parts.get("id"), f"{path}.id"), read_text(parts.get("revision"), f"{path}.revision")
    number = natural(revision)
    if number is None:
        raise InvalidArgument(f"{path}.revision", revision, "must be a number")
    control = control_from_dict({key: item for key, item in parts.items() if key not in ("id", "revision")})
    return replace(control, id=id, revision=number)
