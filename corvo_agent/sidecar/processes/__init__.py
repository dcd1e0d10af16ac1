"""The Python processes of this machine, prepared or not: what runs, what can be had of it, and where it logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .appended_files import open_logs
    from .python_process import PythonProcess, python_processes, python_version, why_closed
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "appended_files": ("open_logs",),
            "python_process": ("PythonProcess", "python_processes", "python_version", "why_closed"),
        },
    )

__all__ = ("PythonProcess", "open_logs", "python_processes", "python_version", "why_closed")
