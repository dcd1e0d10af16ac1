"""Controls: levels that people put over a Module for a time, beside it in the store; newest one counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .codec import control_key, control_of, controls_prefix, decode_control, encode_control, id_of
    from .control import MAX_CONTROLS, Control
    from .rule import effective_level, effective_state
    from .store import ControlStore, read_controls
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "codec": ("control_key", "control_of", "controls_prefix", "decode_control", "encode_control", "id_of"),
            "control": ("MAX_CONTROLS", "Control"),
            "rule": ("effective_level", "effective_state"),
            "store": ("ControlStore", "read_controls"),
        },
    )

__all__ = (
    "MAX_CONTROLS",
    "Control",
    "ControlStore",
    "control_key",
    "control_of",
    "controls_prefix",
    "decode_control",
    "effective_level",
    "effective_state",
    "encode_control",
    "id_of",
    "read_controls",
)
