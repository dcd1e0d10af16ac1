"""An agent inside a process that was not prepared, for as long as its caller is attached: CPython 3.14, on demand.

``attaching`` brings it there and takes it away again, ``guest`` is what runs inside, ``inside_answers`` asks it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .attaching import attached_inside
    from .inside import InsideAgent
    from .inside_answers import answer_from_inside
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "attaching": ("attached_inside",),
            "inside": ("InsideAgent",),
            "inside_answers": ("answer_from_inside",),
        },
    )

__all__ = (
    "InsideAgent",
    "answer_from_inside",
    "attached_inside",
)
