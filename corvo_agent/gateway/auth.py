"""Who calls the gateway: the one whose token is shown or, where none is asked for, a user of this machine."""

from __future__ import annotations

from typing import Any

from ..access.caller import Caller
from ..access.callers import Callers
from ..access.wrong_tokens import TokenCheck


class Gatekeeper:
    """Knows callers by ``tokens``; without them by their connections, as ``callers`` does."""

    def __init__(self, callers: Callers, tokens: TokenCheck | None = None) -> None:
        self._tokens = tokens
        #: For connections without tokens.
        self.callers = callers

    @property
    def required(self) -> bool:
        """Whether callers have to show a token."""
        return self._tokens is not None

    def reload(self) -> None:
        """Read the tokens now; raises ConfigError, and those before stay then. Blocks on the disk."""
        if self._tokens is not None:
            self._tokens.file.reload()

    async def caller(self, token: str, address: str) -> Caller | None:
        """Who shows ``token`` at ``address``; None for an unknown one, after a while when there were many of them."""
        return None if self._tokens is None else await self._tokens.caller(token, address)

    async def connected(self, transport: Any) -> Caller:
        """Whose connection it is, where no token is asked for. Raises PermissionRefused."""
        return await self.callers.called(self.callers.connected(transport), lambda key: "", "")
