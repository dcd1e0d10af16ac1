"""Who calls the gateway: by token or certificate or, where none is asked for, as a user of this machine."""

from __future__ import annotations

from typing import Any

from ..access.caller import ANYONE, Caller
from ..access.callers import Callers
from ..access.wrong_tokens import TokenCheck


class Gatekeeper:
    """Knows callers by ``tokens``, and by their certificates where ``certified``; else by ``callers``, as all others.

    ``callers`` tells who a connection is of.
    """

    def __init__(self, callers: Callers, tokens: TokenCheck | None = None, *, certified: bool = False) -> None:
        self._tokens = tokens
        self._certified = certified
        #: For connections without tokens.
        self.callers = callers

    @property
    def required(self) -> bool:
        """Whether callers have to show a token, or a certificate."""
        return self._tokens is not None or self._certified

    def reload(self) -> None:
        """Read the tokens now; raises ConfigError, and those before stay then. Blocks on the disk."""
        if self._tokens is not None and self._tokens.file is not None:
            self._tokens.file.reload()

    async def start(self) -> None:
        """Read the keys of web tokens, if there are to be any: what is wrong with them has to show at the start.

        Raises ConfigError and what fetching them raises.
        """
        if self._tokens is not None and self._tokens.web is not None:
            await self._tokens.web.keys.load()

    async def caller(self, token: str, address: str, connected: Caller | None = None) -> Caller | None:
        """Who shows ``token`` at ``address``; None for an unknown one, after a while when there were many of them.

        Without a token it is the one that ``connected``, by its certificate.
        """
        if not token and self._certified and connected is not None and connected is not ANYONE:
            return connected
        return None if self._tokens is None else await self._tokens.caller(token, address)

    def certified(self, transport: Any) -> Caller | None:
        """Whose certificate the connection has shown; None for none that is known."""
        found = self.callers.connected(transport) if self._certified else None
        return found if isinstance(found, Caller) else None

    async def connected(self, transport: Any) -> Caller:
        """Whose connection it is, where no token is asked for. Raises PermissionRefused."""
        return await self.callers.called(self.callers.connected(transport), lambda key: "", "")
