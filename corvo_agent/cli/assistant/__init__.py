"""Questions about modules for assistants that help to operate services, over the Model Context Protocol."""

from __future__ import annotations

__all__: tuple[str, ...] = ()
