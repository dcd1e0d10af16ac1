"""Who calls a server: by certificate, by token, or as a user of this machine."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from corvo_agent.access.caller import ANYONE, Caller, calling
from corvo_agent.access.callers import EVERYONE, Callers, names_of, said_to_agents
from corvo_agent.access.local_users import LocalUsers, user_name
from corvo_agent.access.roles import Role
from corvo_agent.access.tokens import TokenFile
from corvo_agent.access.wrong_tokens import TokenCheck
from corvo_agent.errors import PermissionRefused

CERTIFICATE = {
    "subject": ((("commonName", "old"),),),
    "subjectAltName": (("DNS", "gw.example"), ("URI", "spiffe://x/gw")),
}


class Connection:
    """A connection as asyncio shows it; ``certificate`` is what its peer has shown."""

    def __init__(self, family: int = socket.AF_UNIX, certificate: Mapping[str, Any] | None = None) -> None:
        self.family = family
        self._certificate = certificate
        self._pair = socket.socketpair()

    def get_extra_info(self, name: str) -> Any:
        if name == "socket":
            return self._pair[0] if self.family == socket.AF_UNIX else self
        return self if self._certificate is not None else None

    def getpeercert(self) -> Mapping[str, Any] | None:
        return self._certificate

    def close(self) -> None:
        for end in self._pair:
            end.close()


async def who(callers: Callers, connection: Connection, **metadata: str) -> Caller:
    try:
        given = {key.replace("_", "-"): value for key, value in metadata.items()}
        return await callers.called(callers.connected(connection), lambda key: given.get(key, ""), "10.0.0.1")
    finally:
        connection.close()


async def test_a_certificate_tells_who_it_is() -> None:
    shown = Connection(socket.AF_INET, CERTIFICATE)
    assert await who(Callers(LocalUsers()), shown) == Caller("gw.example", Role.ADMIN)
    listed = Callers(LocalUsers(), clients=["spiffe://x/gw"])
    assert (await who(listed, Connection(socket.AF_INET, CERTIFICATE))).name == "spiffe://x/gw"
    with pytest.raises(PermissionRefused, match=r"gw.example, spiffe://x/gw.*--allow-client"):
        await who(Callers(LocalUsers(), clients=["other"]), Connection(socket.AF_INET, CERTIFICATE))
    assert names_of({"subject": CERTIFICATE["subject"]}) == ["old"]


async def test_a_token_tells_who_it_is(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.touch(0o600)
    path.write_text("look read\n")
    callers = Callers(LocalUsers(), tokens=TokenCheck(TokenFile(str(path))))
    assert callers.asks_for_tokens
    found = await who(callers, Connection(socket.AF_INET), authorization="Bearer look")
    assert found.role is Role.READER
    for metadata in ({}, {"authorization": "Bearer other"}):
        with pytest.raises(PermissionRefused, match="token"):
            await who(callers, Connection(socket.AF_INET), **metadata)
    # Whoever may open a unix socket needs none.
    assert (await who(callers, Connection())).name == user_name(os.geteuid())


async def test_without_both_the_user_counts() -> None:
    assert (await who(Callers(LocalUsers()), Connection())).name == user_name(os.geteuid())
    assert await who(EVERYONE, Connection(socket.AF_INET)) is ANYONE


async def test_only_listed_gateways_are_believed_for_whom_they_ask() -> None:
    said = {"corvo_caller": "oncall", "corvo_role": "reader"}
    own = user_name(os.geteuid())
    assert (await who(Callers(LocalUsers()), Connection(), **said)) == Caller(own, Role.ADMIN)
    trusting = Callers(LocalUsers(), gateways=[own])
    assert await who(trusting, Connection(), **said) == Caller(f"oncall by {own}", Role.READER)
    assert (await who(trusting, Connection())).name == own
    with pytest.raises(PermissionRefused, match="no role"):
        await who(trusting, Connection(), corvo_caller="oncall")


async def test_a_gateway_lends_no_more_than_it_has() -> None:
    connection = Connection(socket.AF_INET, CERTIFICATE)
    trusting = Callers(LocalUsers(), gateways=["gw.example"])
    assert (await who(trusting, connection, corvo_caller="x", corvo_role="admin")).role is Role.ADMIN


def test_what_is_said_to_agents() -> None:
    assert said_to_agents("") == {}
    assert said_to_agents("t") == {"authorization": "Bearer t"}
    with calling(Caller("oncall", Role.READER)):
        assert said_to_agents("") == {"corvo-caller": "oncall", "corvo-role": "reader"}
