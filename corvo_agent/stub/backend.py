"""What stands behind a Handle. Only checkers of types import this: a process pays for each class that it has."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ..stats.variables import Variable


class Backend(Protocol):
    """What does the work: a hub elsewhere, or an agent in this process."""

    @property
    def address(self) -> str:
        """Where the Module is asked, "" while that is not known."""
        ...

    @property
    def problem(self) -> str:
        """What stands in the way, "" for nothing."""
        ...

    def start(self) -> None:
        """Begin; nothing happens when it has."""
        ...

    def publish(self, name: str, variable: Variable | Callable[[], Any]) -> None:
        """See ``Handle.publish``."""
        ...

    def register_action(self, name: str, function: Callable[..., Any], type_url: str = "") -> None:
        """See ``Handle.action``."""
        ...

    def watch_loop(self, loop: Any, thread: int) -> None:
        """See ``Handle.watch_loop``."""
        ...

    def forked(self) -> None:
        """In a child, in the hook of the fork."""
        ...

    def stop(self, timeout: float) -> bool:
        """End within so many seconds; whether it has ended."""
        ...
