"""The kernel tells whose the other end of a connection is, and nothing of one that is closed."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from corvo_agent.access import local_users as module
from corvo_agent.access.local_users import LocalUsers, peer_uid, user_id, user_name
from corvo_agent.access.roles import Role
from corvo_agent.errors import ConfigError, PermissionRefused

OWN = os.geteuid()
# Client's family and what it dials, server's family and what it listens on.
PAIRS = {
    "IPv4": (socket.AF_INET, "127.0.0.1", socket.AF_INET, "127.0.0.1"),
    "IPv6": (socket.AF_INET6, "::1", socket.AF_INET6, "::1"),
    "IPv4 within IPv6": (socket.AF_INET6, "::ffff:127.0.0.1", socket.AF_INET, "127.0.0.1"),
    "IPv4 to both": (socket.AF_INET, "127.0.0.1", socket.AF_INET6, "::"),
}


@pytest.fixture(params=[*PAIRS.values()], ids=[*PAIRS])
def ends(request: pytest.FixtureRequest) -> Iterator[tuple[socket.socket, socket.socket]]:
    """The client's end and the server's."""
    family, dialled, own_family, listened = request.param
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket(own_family))
        if own_family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind((listened, 0))
        listener.listen()
        client = stack.enter_context(socket.socket(family))
        client.connect((dialled, listener.getsockname()[1]))
        yield client, stack.enter_context(listener.accept()[0])


def test_the_owner_of_a_connection(ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch) -> None:
    client, server = ends
    assert peer_uid(server) == peer_uid(client) == OWN

    def no_netlink(*ends: object) -> int | None:
        raise OSError("no netlink")

    # By the tables of /proc the same.
    monkeypatch.setattr(module, "_ask_kernel", no_netlink)
    assert peer_uid(server) == peer_uid(client) == OWN


def test_a_connection_that_is_closed_at_the_other_end_has_no_owner(
    ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, server = ends
    client.close()
    # The end of the stream has come: the other end is closed.
    assert server.recv(1) == b""
    assert peer_uid(server) is None
    there, here = server.getpeername()[:2], server.getsockname()[:2]
    assert module._look_up(there, here) is None
    with pytest.raises(PermissionRefused, match="no user of this machine is known"):
        LocalUsers().check(server)


def test_the_owner_of_a_unix_socket() -> None:
    one, other = socket.socketpair()
    with one, other:
        assert peer_uid(one) == OWN
        assert LocalUsers().check(one).role is Role.ADMIN


def test_a_stranger_is_told_both_users_and_the_option(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "peer_uid", lambda connection: 12345)
    with pytest.raises(PermissionRefused) as refused:
        LocalUsers([54321]).check(None)
    for text in ("uid 12345", user_name(OWN), "--allow-user"):
        assert text in str(refused.value)
    assert LocalUsers([12345]).check(None).name == "uid 12345"
    assert LocalUsers(anyone=True).check(None).name == "uid 12345"


def test_users_by_name_and_by_number() -> None:
    assert user_id("root") == user_id("0") == 0
    assert user_name(0) == "uid 0 (root)"
    with pytest.raises(ConfigError, match="allow-user"):
        user_id("no such user")
