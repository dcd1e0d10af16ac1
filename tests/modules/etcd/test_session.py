"""Tokens and headers of calls and watches, against a server that says what real ones say at the wrong moments."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import orjson
import pytest

from corvo_agent.errors import ConfigError, DeadlineExceeded, PermissionRefused, RemoteError, Unavailable
from corvo_agent.modules.etcd.failover import Repeat
from corvo_agent.modules.etcd.options import EtcdOptions
from corvo_agent.modules.etcd.session import EtcdSession
from tests.faulty_server import CannedServer, answer, endless

EXPIRED = answer(b'{"code":16,"message":"etcdserver: invalid auth token"}', "401 Unauthorized")
DENIED_WATCH = endless(
    b'{"result":{"created":true,"canceled":true,'
    b'"cancel_reason":"rpc error: code = PermissionDenied desc = etcdserver: permission denied"}}\n'
)


class Users:
    """A server with users. ``refusals`` are given, one by one, to requests with a token; then they are answered."""

    server: CannedServer

    def __init__(self, *refusals: bytes | None, authenticate: bytes | None = b"") -> None:
        self.tokens = 0
        self.requests = 0
        self._refusals: Iterator[bytes | None] = iter(refusals)
        self._authenticate = authenticate

    def reply(self, path: str, body: bytes) -> bytes | None:
        if path == "/v3/auth/authenticate":
            self.tokens += 1
            assert orjson.loads(body) == {"name": "u", "password": "p"}
            return self._authenticate if self._authenticate != b"" else answer(b'{"token":"t%d"}' % self.tokens)
        self.requests += 1
        return next(self._refusals, endless(b'{"result":{"created":true}}\n') if "watch" in path else answer(b"{}"))


class FirstTokenExpired(Users):
    """Refuses every request with the first token, in whatever order they come."""

    def reply(self, path: str, body: bytes) -> bytes | None:
        found = super().reply(path, body)
        return EXPIRED if self.server.fields.get(b"authorization") == b"t1" else found


async def run(users: Users, *, watch: bool = False, call_timeout: float = 30.0, times: int = 1) -> EtcdSession:
    """``times`` calls or watches at once; raises what the first of them raised."""
    async with CannedServer(users.reply) as server:
        users.server = server
        options = EtcdOptions.from_urls(server.endpoint, username="u", password="p", call_timeout=call_timeout)
        session = EtcdSession(options)
        await session.open()

        async def ask() -> None:
            await (session.watch([{}], 1) if watch else session.call("/kv/range", {}, Repeat.ALWAYS))

        try:
            outcomes = await asyncio.gather(*(ask() for _ in range(times)), return_exceptions=True)
        finally:
            await session.close()
        for outcome in outcomes:
            if outcome is not None:
                raise outcome
        return session


@pytest.mark.parametrize("watch", [False, True])
async def test_a_token_is_got_first_and_kept(watch: bool) -> None:
    users = Users()
    session = await run(users, watch=watch, times=5)
    assert (users.tokens, users.requests) == (1, 5)
    assert session.counters.reauthentications == 1


async def test_a_refused_token_is_renewed_once_for_all() -> None:
    users = FirstTokenExpired()
    await run(users, times=5)
    assert (users.tokens, users.requests) == (2, 10)


async def test_a_watch_that_is_canceled_as_denied_gets_another_token() -> None:
    users = Users(DENIED_WATCH)
    await run(users, watch=True)
    assert (users.tokens, users.requests) == (2, 2)


@pytest.mark.parametrize(("watch", "refusal"), [(False, EXPIRED), (True, DENIED_WATCH)])
async def test_a_new_token_that_is_refused_too_is_the_end(watch: bool, refusal: bytes) -> None:
    users = Users(refusal, refusal)
    with pytest.raises(PermissionRefused):
        await run(users, watch=watch)
    assert (users.tokens, users.requests) == (2, 2)


@pytest.mark.parametrize("watch", [False, True])
async def test_a_token_that_is_answered_by_closing_the_connection_is_renewed(watch: bool) -> None:
    users = Users(None, None)
    await run(users, watch=watch)
    assert (users.tokens, users.requests) == (2, 3)


async def test_one_closed_connection_is_no_reason_for_another_token() -> None:
    users = Users(None)
    await run(users)
    assert (users.tokens, users.requests) == (1, 2)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (
            answer(b'{"code":3,"message":"authentication failed, invalid user ID or password"}', "400 X"),
            PermissionRefused,
        ),
        (answer(b'{"code":2,"message":"boom"}', "500 X"), RemoteError),
        (answer(b'{"code":13,"message":"boom"}', "500 X"), RemoteError),
    ],
)
async def test_without_a_token_nothing_is_sent(reply: bytes, error: type[Exception]) -> None:
    users = Users(authenticate=reply)
    with pytest.raises(error):
        await run(users)
    assert users.requests == 0


async def test_a_server_that_hangs_up_on_those_without_a_token_is_asked_until_the_time_is_over() -> None:
    users = Users(authenticate=None)
    # It may pass before a crowded machine has come to the first answer.
    with pytest.raises((Unavailable, DeadlineExceeded)):
        await run(users, call_timeout=0.4)
    assert users.requests == 0


async def test_many_calls_share_the_failure_to_get_a_token() -> None:
    users = Users(authenticate=answer(b'{"code":3,"message":"wrong"}', "400 X"))
    with pytest.raises(PermissionRefused, match="wrong"):
        await run(users, times=8)
    assert users.tokens == 1


async def test_the_password_is_read_when_a_token_is_needed() -> None:
    passwords: Iterator[str | ConfigError] = iter(
        ["old", ConfigError("etcd-password-file", "/p", "No such file"), "new"]
    )
    seen: list[str] = []

    def reply(path: str, body: bytes) -> bytes:
        if path != "/v3/auth/authenticate":
            return EXPIRED if len(seen) < 2 else answer(b"{}")
        seen.append(orjson.loads(body)["password"])
        return answer(b'{"token":"t"}')

    def read() -> str:
        found = next(passwords)
        if isinstance(found, ConfigError):
            raise found
        return found

    async with CannedServer(reply) as server:
        session = EtcdSession(EtcdOptions.from_urls(server.endpoint, username="u", read_password=read))
        await session.open()
        try:
            with pytest.raises(PermissionRefused, match="etcd-password-file: No such file"):
                await session.call("/kv/range", {}, Repeat.ALWAYS)
            await session.call("/kv/range", {}, Repeat.ALWAYS)
        finally:
            await session.close()
    assert seen == ["old", "new"]


@pytest.mark.parametrize(
    "reply", [answer(b'{"code":9,"message":"authentication is not enabled"}', "412 X"), answer(b"{}")]
)
async def test_users_that_are_turned_off_need_no_token(reply: bytes) -> None:
    users = Users(authenticate=reply)
    await run(users, times=3)
    assert (users.tokens, users.requests) == (1, 3)


async def test_waiting_for_the_token_of_another_call_has_an_end() -> None:
    users = Users(authenticate=b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
    with pytest.raises(DeadlineExceeded):
        await run(users, call_timeout=0.3, times=3)
    assert users.requests == 0


NO_LEADER = b'"message":"etcdserver: no leader"'


@pytest.mark.parametrize(
    "refusal",
    [
        answer(b'{"error":"etcdserver: no leader","code":14,%s}' % NO_LEADER, "503 Service Unavailable"),
        answer(b'{"code":14, %s}' % NO_LEADER, "503 Service Unavailable"),
        answer(b'{"error":{"code":14,%s}}' % NO_LEADER, "503 Service Unavailable"),
        answer(b'{"error":{"grpc_code":14,"http_code":503,%s}}' % NO_LEADER),
    ],
)
@pytest.mark.parametrize("watch", [False, True])
async def test_a_balanced_connection_to_a_member_without_leader_is_left(refusal: bytes, watch: bool) -> None:
    leader = [True]

    def loses_it(path: str, body: bytes) -> bytes:
        return healthy(path, body) if leader[0] else refusal

    def healthy(path: str, body: bytes) -> bytes:
        return endless(b'{"result":{"created":true}}\n') if "watch" in path else answer(b'{"a":1}')

    async with CannedServer(loses_it, healthy) as server:
        session = EtcdSession(EtcdOptions.from_urls(server.endpoint))
        await session.open()
        try:
            await session.call("/kv/range", {}, Repeat.ALWAYS)
            leader[0] = False
            if watch:
                (await session.watch([{}], 1)).close()
            else:
                assert (await session.call("/kv/range", {}, Repeat.UNSENT)).data == {"a": 1}
            await session.call("/kv/range", {}, Repeat.ALWAYS)
        finally:
            await session.close()
        assert server.connections == 2 + watch


@pytest.mark.parametrize("repeat", Repeat)
async def test_what_a_busy_server_refused_is_sent_again_over_the_same_connection(repeat: Repeat) -> None:
    refused = answer(b'{"code":8,"message":"etcdserver: too many requests"}', "429 Too Many Requests")
    answers = iter((refused, refused, answer(b'{"a":1}')))
    async with CannedServer(lambda path, body: next(answers)) as server:
        session = EtcdSession(EtcdOptions.from_urls(server.endpoint))
        await session.open()
        try:
            got = await session.call("/kv/put", {}, repeat)
        finally:
            await session.close()
        assert (got.data, got.doubtful, server.connections) == ({"a": 1}, False, 1)


async def test_reloading_leaves_the_connections_and_not_the_watches() -> None:
    def reply(path: str, body: bytes) -> bytes:
        return endless(b'{"result":{"created":true}}\n{"result":{"events":[]}}\n') if "watch" in path else answer(b"{}")

    async with CannedServer(reply) as server:
        session = EtcdSession(EtcdOptions.from_urls(server.endpoint))
        await session.open()
        try:
            stream = await session.watch([{}], 1)
            for _ in range(2):
                await session.call("/kv/range", {}, Repeat.ALWAYS)
            assert server.connections == 2
            await session.reload_credentials()
            await session.call("/kv/range", {}, Repeat.ALWAYS)
            assert server.connections == 3
            assert session.watches == 1
            assert await stream.receive() == [b'{"result":{"events":[]}}']
            stream.close()
        finally:
            await session.close()


@pytest.mark.parametrize("status", ["200 OK", "401 Unauthorized"])
async def test_the_renewal_of_a_lease_gets_another_token(status: str) -> None:
    users = Users(answer(b'{"error":{"code":16,"message":"etcdserver: invalid auth token"}}\n', status))
    await run(users)
    assert (users.tokens, users.requests) == (2, 2)
