"""etcd's own users: tokens that expire, rights that are missing, passwords that are wrong."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from corvo_agent.embedded import EtcdBinaries
from corvo_agent.errors import CorvoError, PermissionRefused
from corvo_agent.modules.etcd.store import EtcdOptions, EtcdStore
from tests.etcd_cluster import ETCD_BINARIES, EtcdCluster

pytestmark = [
    pytest.mark.integration,
    pytest.mark.parametrize("binaries", ETCD_BINARIES),
]
ROOT = "root:root-password"


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


async def add_agent(cluster: EtcdCluster, *, user: str = "") -> None:
    await cluster.request("/auth/user/add", {"name": "agent", "password": "agent-password"}, user=user)


async def grant(cluster: EtcdCluster, start: str, end: str, what: str, *, user: str = "") -> None:
    permission = {"permType": what, "key": b64(start), "range_end": b64(end)}
    await cluster.request("/auth/role/grant", {"name": "agents", "perm": permission}, user=user)


@asynccontextmanager
async def cluster_with_users(binaries: EtcdBinaries, *options: str) -> AsyncIterator[EtcdCluster]:
    """The user ``agent`` may read and write below ``mine/``."""
    async with EtcdCluster(binaries=binaries, options=("--bcrypt-cost", "4", *options)) as cluster:
        await cluster.request("/kv/put", {"key": b64("theirs/a"), "value": b64("secret")})
        await add_agent(cluster)
        await cluster.request("/auth/role/add", {"name": "agents"})
        await grant(cluster, "mine/", "mine0", "READWRITE")
        await cluster.request("/auth/user/grant", {"user": "agent", "role": "agents"})
        await cluster.enable_auth("root-password")
        yield cluster


def agent(cluster: EtcdCluster, **others: Any) -> EtcdStore:
    options = {"username": "agent", "password": "agent-password", **others}
    return EtcdStore(EtcdOptions(cluster.endpoints, **options))


async def outcome(call: Any) -> type:
    """The type of what the call gives or raises."""
    try:
        return type(await call)
    except CorvoError as error:
        return type(error)


async def test_calls_and_watches_with_a_password(binaries: EtcdBinaries) -> None:
    async with cluster_with_users(binaries) as cluster, agent(cluster) as store:
        written = await store.create("mine/a", b"1")
        async with aclosing(store.changes("mine/", written)) as batches:
            assert [change.revision for change in await anext(batches)] == [written]
        lease = await store.grant_lease(60)
        await store.put("mine/b", b"2", lease=lease)
        assert await store.keep_lease(lease) >= 60
        await store.revoke_lease(lease)
        assert [item.key for item in (await store.range("mine/")).items] == ["mine/a"]
        assert store.statistics().reauthentications == 1


async def test_what_is_not_allowed_is_refused(binaries: EtcdBinaries) -> None:
    async with cluster_with_users(binaries) as cluster, agent(cluster) as store:
        for call in (
            *(store.get("theirs/a"), store.range("theirs/"), store.range(""), store.put("theirs/a", b"")),
            *(store.create("theirs/b", b""), store.update("theirs/a", b""), store.delete("theirs/a")),
            *(anext(store.changes("theirs/", 1)), anext(store.changes("theirs/a", 1, exact=True))),
        ):
            assert await outcome(call) is PermissionRefused
        assert store.statistics().open_watches == 0
        assert await store.put("mine/a", b"still fine")


async def test_wrong_or_missing_credentials_are_refused(binaries: EtcdBinaries) -> None:
    async with cluster_with_users(binaries) as cluster:
        for wrong in ({"password": "x"}, {"username": "nobody"}, {"username": None, "password": None}):
            async with agent(cluster, **wrong) as store:
                assert await outcome(store.get("mine/a")) is PermissionRefused
                assert await outcome(anext(store.changes("mine/", 1))) is PermissionRefused


async def test_an_expired_token_is_renewed_once_for_calls_and_new_watches(binaries: EtcdBinaries) -> None:
    async with (
        cluster_with_users(binaries, "--auth-token-ttl", "1", "--log-level", "debug") as cluster,
        agent(cluster) as store,
        aclosing(store.changes("mine/", 1)) as running,
    ):
        first = await store.put("mine/a", b"1")
        assert [change.revision for change in await anext(running)] == [first]
        await cluster.members[0].logged(ended := "deleted a simple token")
        items = await asyncio.gather(*(store.get("mine/a") for _ in range(20)))
        assert set(items) == {await store.get("mine/a")}
        # For each one that ended, of which there are more where two steps here are more than its second apart.
        assert 2 <= store.statistics().reauthentications <= 1 + cluster.members[0].log.count(ended)
        assert store.statistics().failures == 0
        # A watch that is on keeps what it was allowed when it was opened: so etcd has it.
        second = await store.put("mine/a", b"2")
        assert [change.revision for change in await anext(running)] == [second]


async def test_a_lease_is_kept_over_the_end_of_a_token(binaries: EtcdBinaries) -> None:
    async with cluster_with_users(binaries) as cluster, agent(cluster) as store:
        lease = await store.grant_lease(60)
        await store.put("mine/a", b"1", lease=lease)
        # All tokens are forgotten, as when they expire.
        await cluster.request("/auth/disable", {}, user=ROOT)
        await cluster.request("/auth/enable", {})
        assert await store.keep_lease(lease) >= 60
        assert store.statistics().failures == 0


async def test_a_new_watch_finds_the_token_expired(binaries: EtcdBinaries) -> None:
    async with cluster_with_users(binaries) as cluster, agent(cluster) as store:
        await store.put("mine/a", b"1")
        # All tokens are forgotten, as when they expire.
        await cluster.request("/auth/disable", {}, user=ROOT)
        await cluster.request("/auth/enable", {})
        async with aclosing(store.changes("mine/", 1)) as batches:
            assert len(await anext(batches)) == 1
        assert store.statistics().reauthentications == 2


async def test_users_that_change_while_the_store_is_open(binaries: EtcdBinaries) -> None:
    async with cluster_with_users(binaries) as cluster, agent(cluster) as store:
        await store.put("mine/a", b"1")
        await grant(cluster, "theirs/", "theirs0", "READ", user=ROOT)
        assert await store.get("theirs/a") is not None
        await cluster.request("/auth/disable", {}, user=ROOT)
        assert await store.put("mine/a", b"2")
        await cluster.request("/auth/enable", {})
        assert await store.put("mine/a", b"3")
        await cluster.request("/auth/user/changepw", {"name": "agent", "password": "changed"}, user=ROOT)
        assert await outcome(store.get("mine/a")) is PermissionRefused


async def test_signed_tokens_from_before_the_users_changed_are_renewed(binaries: EtcdBinaries, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    plain = (serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    (tmp_path / "key").write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain))
    public = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "pub").write_bytes(key.public_key().public_bytes(*public))
    tokens = f"jwt,pub-key={tmp_path}/pub,priv-key={tmp_path}/key,sign-method=ES256,ttl=300s"
    async with cluster_with_users(binaries, "--auth-token", tokens) as cluster, agent(cluster) as store:
        lease = await store.grant_lease(60)

        async def watched() -> None:
            async with aclosing(store.changes("mine/", 1)) as batches:
                await anext(batches)

        calls = (
            lambda: store.put("mine/a", b"1"),
            lambda: store.get("mine/a"),
            lambda: store.keep_lease(lease),
            watched,
        )
        for number, call in enumerate(calls):
            await cluster.request("/auth/user/add", {"name": f"u{number}", "password": "x"}, user=ROOT)
            assert await outcome(call()) is not PermissionRefused
        assert store.statistics().failures == 0


async def test_a_password_that_is_changed_together_with_its_file(binaries: EtcdBinaries, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("agent-password")
    async with (
        cluster_with_users(binaries) as cluster,
        agent(cluster, password=None, read_password=file.read_text) as store,
    ):
        lease = await store.grant_lease(60)
        await cluster.request("/auth/user/changepw", {"name": "agent", "password": "changed"}, user=ROOT)
        assert await outcome(store.get("mine/a")) is PermissionRefused
        file.write_text("changed")
        assert await store.get("mine/a") is None
        assert await store.keep_lease(lease) >= 60


async def test_a_store_with_a_password_works_before_users_are_turned_on(binaries: EtcdBinaries) -> None:
    async with EtcdCluster(binaries=binaries, options=("--bcrypt-cost", "4")) as cluster, agent(cluster) as store:
        await store.put("mine/a", b"1")
        await store.put("mine/a", b"2")
        assert store.statistics().reauthentications == 1
        await cluster.enable_auth("root-password")
        assert await outcome(store.get("mine/a")) is PermissionRefused
        await add_agent(cluster, user=ROOT)
        await cluster.request("/auth/user/grant", {"user": "agent", "role": "root"}, user=ROOT)
        item = await store.get("mine/a")
        assert item is not None
        assert item.value == b"2"
