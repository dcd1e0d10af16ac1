"""What threads and tasks are doing now: their frames, named as people know them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .await_chain import AwaitChain, Wait, wait_of
    from .code_index import CodeIndex
    from .naming import FunctionNames
    from .table import RawStack, StackTable
    from .task_views import TaskTable
    from .thread_frames import hidden, not_seen
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "await_chain": ("AwaitChain", "Wait", "wait_of"),
            "code_index": ("CodeIndex",),
            "naming": ("FunctionNames",),
            "table": ("RawStack", "StackTable"),
            "task_views": ("TaskTable",),
            "thread_frames": ("hidden", "not_seen"),
        },
    )

__all__ = (
    "AwaitChain",
    "CodeIndex",
    "FunctionNames",
    "RawStack",
    "StackTable",
    "TaskTable",
    "Wait",
    "hidden",
    "not_seen",
    "wait_of",
)
