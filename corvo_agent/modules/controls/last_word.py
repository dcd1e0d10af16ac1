"""Whether a change of ``log-level`` came after a control, also when no program of ours saw it; and ending it then."""

from __future__ import annotations

import logging

from ...errors import Compacted, DecodeError
from ...levels.audit import audit
from ..json.codec import decode_module
from ..kv import KeyValueStore
from ..model import same_level
from ..names import key_of
from .control import Control
from .store import ControlStore

_log = logging.getLogger(__name__)

#: The reason that the history of a Module gives for the end of a control that was overruled.
OVERRULED = "log-level was changed after it"


async def was_overruled(kv: KeyValueStore, name: str, level: str, control: Control) -> bool:
    """Whether the Module ``name``, whose log-level is ``level`` now, had another one when ``control`` was written.

    The store is asked what the Module was then. When that is forgotten, or could not be read, the control stands: it
    ends by its time. Raises what ``kv`` raises.
    """
    try:
        then = await kv.get(key_of(name), revision=control.revision)
    except Compacted:
        return False
    if then is None:
        return False
    try:
        return not same_level(decode_module(then.value, then.key, then.mod_revision).spec.log_level, level)
    except DecodeError:
        return False


async def end_overruled(store: ControlStore, name: str, level: str, control: Control) -> bool:
    """Take ``control`` away, since the log-level of the Module ``name`` was changed to ``level`` after it.

    Whoever does it writes an audit line; whether this call did it. Raises what the store raises.
    """
    ended = await store.delete(name, control)
    if ended:
        audit(
            _log,
            "an override was ended by a change of log-level",
            module=name,
            control=control.id,
            overridden=control.level,
            log_level=level,
            by=control.by,
        )
    return ended
