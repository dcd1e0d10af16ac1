"""What answers a hub's questions about a process, and what it has to know of that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ..stats.expvar import ExpvarRegistry


class Answered(Protocol):
    """The process that is asked about."""

    send: Callable[..., bool]
    actions: dict[str, tuple[Callable[..., Any], str]]
    loops: list[tuple[Any, int]]

    def variables(self) -> ExpvarRegistry:
        """What it publishes."""
        ...


class Answering(Protocol):
    """Answers questions; its methods are for any thread and do not wait, but for ``close``."""

    def ask(self, number: int, query: str, parameters: Mapping[str, str], timeout: float | None) -> None:
        """Answer it, under ``number``."""
        ...

    def cancel(self, number: int) -> None:
        """The hub waits for that answer no longer."""
        ...

    def cancel_all(self) -> None:
        """It waits for none."""
        ...

    def close(self, timeout: float) -> None:
        """Leave nothing in the process; wait at most ``timeout`` seconds for that."""
        ...

    def enable_trace(self, on: bool, /) -> None:
        """Switch on, or off, what records all the time."""
        ...

    def register_action(self, name: str, function: Callable[..., Any], type_url: str) -> None:
        """Let it be asked for."""
        ...
