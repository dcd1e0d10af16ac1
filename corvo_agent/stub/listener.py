"""What a Link speaks for. Only checkers of types import this: a process pays for each class that it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Listener(Protocol):
    """What happens in a process when its hub says something; all of it in the thread of the link, and quickly."""

    def hello(self) -> Mapping[str, Any]:
        """What to say of this process to a hub that was found."""
        ...

    def heard(self, message: Mapping[str, Any], body: bytes) -> None:
        """The hub has sent ``message``."""
        ...

    def lost(self) -> None:
        """The hub is gone; another one will be found."""
        ...

    def tick(self) -> float:
        """Do what time asks for; how many seconds from now it has to be called again."""
        ...
