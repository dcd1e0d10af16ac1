"""The controls of one Module as a watch tells them, without those that a change of its ``log-level`` has ended.

etcdctl keeps the last word: who changes the value of ``spec.log-level`` after a control for the whole process was set
ends that control. Other writes do not touch it. No I/O.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from ...errors import DecodeError
from ..kv import Change, ChangeType
from ..model import Module, same_level
from .codec import control_of, decode_control
from .control import Control

_log = logging.getLogger(__name__)


class ControlsView:
    """What is known of the controls of one Module, whichever it is: it is told of its own only."""

    def __init__(self) -> None:
        self._controls: dict[str, Control] = {}
        # By their id and revision: one that is written anew is another one.
        self._overruled: set[tuple[str, int]] = set()
        self._doubtful: set[tuple[str, int]] = set()
        # The log-level that was seen last, also when the Module has gone since.
        self._level: str | None = None

    @property
    def controls(self) -> tuple[Control, ...]:
        """Those that count while they last."""
        return tuple(each for each in self._controls.values() if _mark(each) not in self._overruled)

    @property
    def overruled(self) -> tuple[Control, ...]:
        """Those that are in the store still, but have been ended by a change of the log-level."""
        return tuple(each for each in self._controls.values() if _mark(each) in self._overruled)

    @property
    def doubtful(self) -> tuple[Control, ...]:
        """Those that may have been ended by a change that was not seen; they count until that is known."""
        return tuple(each for each in self.controls if _mark(each) in self._doubtful)

    def take(self, changes: Iterable[Change]) -> None:
        """Learn of changes of keys below the Module's prefix; what is no control is passed over."""
        for change in changes:
            found = control_of(change.key)
            if found is None:
                continue
            self._controls.pop(found[1], None)
            if change.type is not ChangeType.DELETED and change.item is not None:
                try:
                    self._controls[found[1]] = decode_control(change.item)
                except DecodeError as error:
                    _log.warning("control ignored: %s", error)
        present = {_mark(control) for control in self._controls.values()}
        self._overruled &= present
        self._doubtful &= present

    def see(self, module: Module | None, revision: int, *, exact: bool) -> None:
        """Learn that ``module`` is what was written at ``revision``, None when it was deleted then.

        ``exact``: each change was seen. Else others may have come before this one, and which controls are newer than
        the last change of the level is to be found out.
        """
        if module is None:
            return
        last, self._level = self._level, module.spec.log_level
        changed = exact and last is not None and not same_level(last, self._level)
        for control in self._controls.values():
            if control.logger or control.revision >= revision:
                continue
            if changed:
                self._overruled.add(_mark(control))
            elif not exact:
                self._doubtful.add(_mark(control))

    def settle(self, control: Control, *, ended: bool) -> None:
        """Learn whether a doubtful ``control`` had been ended."""
        self._doubtful.discard(_mark(control))
        if ended and self._controls.get(control.id) == control:
            self._overruled.add(_mark(control))


def _mark(control: Control) -> tuple[str, int]:
    return control.id, control.revision
