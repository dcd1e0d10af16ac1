"""Who may call a server, and who it is that calls: by certificate, token, or user of this machine."""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection, Mapping
from typing import Any

from ..errors import CorvoError, InvalidArgument, PermissionRefused, ResourceExhausted
from .caller import ANYONE, Caller, current_caller
from .local_users import LocalUsers
from .roles import Role
from .wrong_tokens import TokenCheck, bearer

#: What a gateway says of whom it asks for, in the metadata of a call.
CALLER_KEY, ROLE_KEY = "corvo-caller", "corvo-role"
_TOKEN_KEY = "authorization"

#: What is known of a caller from its connection: who it is, why it is refused, or nothing yet.
Connected = Caller | CorvoError | None


class Callers:
    """Those who may call one server.

    A connection with a certificate that the server has checked may, where ``clients`` are given only if one of the
    certificate's names is among them. Else a call has to show one of ``tokens``, if there are any; else the connection
    has to be one of ``users``, unless ``users`` is None: then anyone may. Over a unix socket no token is asked for.

    With ``others`` another certificate is as none. ``clients`` may say which role each name has; all have every one
    unless it does.

    ``gateways`` are names of callers whose word is believed when they say for whom they ask: with that one's name, and
    with the lower one of both roles.
    """

    def __init__(
        self,
        users: LocalUsers | None = None,
        *,
        tokens: TokenCheck | None = None,
        clients: Collection[str] | Mapping[str, Role] = (),
        others: bool = False,
        gateways: Collection[str] = (),
    ) -> None:
        self._users = users
        self._tokens = tokens
        self._clients = clients if isinstance(clients, Mapping) else dict.fromkeys(clients, Role.ADMIN)
        self._others = others
        self._gateways = frozenset(gateways)

    @property
    def asks_for_tokens(self) -> bool:
        """Whether those without a certificate have to show a token."""
        return self._tokens is not None

    def connected(self, transport: Any) -> Connected:
        """What the connection ``transport`` of asyncio tells of its caller; to be asked while it is made."""
        try:
            return self._connected(transport)
        except CorvoError as error:
            return error

    def _connected(self, transport: Any) -> Caller | None:
        tls = transport.get_extra_info("ssl_object")
        certificate = tls.getpeercert() if tls is not None else None
        if certificate and not (self._others and self._known(certificate) == []):
            return self._of_certificate(certificate)
        connection = transport.get_extra_info("socket")
        if self._tokens is not None and connection.family != socket.AF_UNIX:
            return None
        if self._users is None:
            return ANYONE
        return self._users.check(connection)

    async def called(self, connected: Connected, metadata: Callable[[str], str], address: str) -> Caller:
        """Who makes a call with ``metadata``; raises PermissionRefused for one that may not.

        Raises ResourceExhausted where there was no room to find that out.
        """
        if isinstance(connected, ResourceExhausted):
            raise ResourceExhausted(connected.what, connected.limit)
        if isinstance(connected, CorvoError):
            # Not the very same: each raising of it would grow its traceback.
            reason, who = getattr(connected, "reason", str(connected)), getattr(connected, "who", "")
            raise PermissionRefused("the call", reason, who)
        caller = connected
        if caller is None and self._tokens is not None:
            caller = await self._tokens.caller(bearer(metadata(_TOKEN_KEY)), address)
        if caller is None:
            raise PermissionRefused("the call", "it shows no token, or one that is unknown, expired or revoked")
        return self._for_whom(caller, metadata)

    def _for_whom(self, gateway: Caller, metadata: Callable[[str], str]) -> Caller:
        name, role = metadata(CALLER_KEY), metadata(ROLE_KEY)
        if not name or gateway.name not in self._gateways:
            return gateway
        try:
            stated = Role.parse(role)
        except InvalidArgument:
            raise PermissionRefused("the call", f"{gateway.name} asks for {name} with no role", gateway.name) from None
        return Caller(f"{name} by {gateway.name}", min(stated, gateway.role), gateway.selector)

    def _of_certificate(self, certificate: Any) -> Caller:
        names, known = names_of(certificate), self._known(certificate)
        if self._clients and not known:
            shown = ", ".join(names) or "no name"
            reason = f"its certificate is of {shown}, which --allow-client does not name"
            raise PermissionRefused("the call", reason, names[0] if names else "")
        if known:
            name = max(known, key=lambda each: self._clients[each])
            return Caller(name, self._clients[name])
        return Caller((names or ["a certificate without names"])[0], Role.ADMIN)

    def _known(self, certificate: Any) -> list[str]:
        return [name for name in names_of(certificate) if name in self._clients]


def said_to_agents(token: str) -> dict[str, str]:
    """The metadata of a call to an agent: ``token``, if there is one, and for whom it is made."""
    caller = current_caller()
    said = {_TOKEN_KEY: f"Bearer {token}"} if token else {}
    return said if caller is ANYONE else {**said, CALLER_KEY: caller.name, ROLE_KEY: caller.role.text}


#: Any caller, with every role: for servers that nothing asks about it.
EVERYONE = Callers()


def names_of(certificate: Any) -> list[str]:
    """The names in the subjectAltName of a certificate, as ``ssl`` gives it; else its common name."""
    names = [str(value) for _, value in certificate.get("subjectAltName", ())]
    common = [value for part in certificate.get("subject", ()) for key, value in part if key == "commonName"]
    return names or common
