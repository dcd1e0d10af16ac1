"""A support bundle: everything about some modules in one archive, with secrets masked.

``Collector`` asks the agents (all parts of a module at once, bounded), ``Archive`` writes the tar.gz, and the
``Manifest`` in it says what was asked, what came and what failed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_names

if TYPE_CHECKING:
    from .archive import Archive
    from .collect import Collector
    from .manifest import Manifest, ModuleIndex
    from .parts import Asked, BundlePart, parts_of
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "archive": ("Archive",),
            "collect": ("Collector",),
            "manifest": ("Manifest", "ModuleIndex"),
            "parts": ("Asked", "BundlePart", "parts_of"),
        },
    )

__all__ = (
    "Archive",
    "Asked",
    "BundlePart",
    "Collector",
    "Manifest",
    "ModuleIndex",
    "parts_of",
)
