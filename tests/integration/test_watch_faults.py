"""Whatever happens to etcd and to the way there: no final state is lost, no callback repeated."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from corvo_agent.embedded import EtcdBinaries
from corvo_agent.errors import Unavailable
from corvo_agent.modules import Endpoint, EndpointLease, EndpointState, StartReport, find_endpoint, register
from tests.etcd_cluster import ETCD_BINARIES, EtcdCluster
from tests.integration.etcd_data import replace_data
from tests.integration.watching import KEY, NAME, Observer, Writer, etcd_store, number_of, numbered
from tests.tcp_proxy import TcpProxy

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("binaries", ETCD_BINARIES)
@pytest.mark.parametrize("way", ["kill", "terminate"])
async def test_a_restart_while_writes_go_on(way: str, binaries: EtcdBinaries) -> None:
    async with (
        EtcdCluster(binaries=binaries) as cluster,
        etcd_store(cluster.endpoint) as ours,
        etcd_store(cluster.endpoint) as theirs,
    ):
        member, observer = cluster.members[0], Observer(ours)
        async with observer:
            async with Writer(theirs) as writer:
                for _ in range(3):
                    await writer.writes(20)
                    await (member.kill() if way == "kill" else member.terminate())
                    await writer.fails()
                    await member.start()
                await writer.writes(20)
            await observer.sees(writer.acknowledged[-1])
            observer.assert_all_heard(writer.acknowledged)
            statistics = observer.watcher.statistics().watch
            # Not three: it may still have been on its way back when the next one came.
            assert statistics.reconnects >= 1
            assert statistics.resyncs == 0


async def test_a_suspended_etcd() -> None:
    async with (
        EtcdCluster() as cluster,
        etcd_store(cluster.endpoint, call_timeout=0.4) as ours,
        etcd_store(cluster.endpoint, call_timeout=0.4) as theirs,
    ):
        # As below.
        observer = Observer(ours, check_interval=3)
        async with observer:
            async with Writer(theirs) as writer:
                for _ in range(2):
                    await writer.writes(20)
                    cluster.members[0].suspend()
                    await writer.fails(2)
                    cluster.members[0].resume()
                await writer.writes(20)
            await observer.sees(writer.acknowledged[-1])
            observer.assert_all_heard(writer.acknowledged)


@pytest.mark.parametrize("binaries", ETCD_BINARIES)
async def test_what_was_written_while_it_was_away_is_told_in_full(binaries: EtcdBinaries) -> None:
    async with EtcdCluster(binaries=binaries) as cluster, TcpProxy(cluster.endpoint) as proxy:
        member = cluster.members[0]
        async with (
            etcd_store(proxy.url) as ours,
            etcd_store(cluster.endpoint, call_timeout=60.0) as theirs,
            Observer(ours) as observer,
        ):
            await theirs.kv.put(KEY, numbered(0))
            await observer.sees(0)
            # It says goodbye, and is not reached before the changes are made.
            await member.terminate()
            proxy.refuse()
            await member.start()
            for number in (1, 2, 3):
                await theirs.kv.put(KEY, numbered(number))
            proxy.allow()
            await observer.sees(3)
            assert observer.numbers == [0, 1, 2, 3]
            assert observer.watcher.statistics().watch.resyncs == 0


@pytest.mark.parametrize("binaries", ETCD_BINARIES)
async def test_three_members_without_a_quorum(binaries: EtcdBinaries) -> None:
    async with (
        EtcdCluster(3, binaries=binaries) as cluster,
        etcd_store(*cluster.endpoints, call_timeout=2.0) as ours,
        etcd_store(*cluster.endpoints, call_timeout=2.0) as theirs,
    ):
        observer = Observer(ours)
        async with observer:
            async with Writer(theirs) as writer:
                await writer.writes(20)
                # The member that both are connected to goes: the others take over.
                await cluster.members[0].kill()
                await writer.writes(20)
                # Now the last one has nobody to agree with.
                await cluster.members[1].kill()
                await writer.fails()
                await cluster.members[0].start()
                await writer.writes(20)
                await cluster.members[1].start()
                await writer.writes(20)
            await observer.sees(writer.acknowledged[-1])
            observer.assert_all_heard(writer.acknowledged)


async def test_a_connection_that_is_dead_without_saying_so() -> None:
    async with (
        EtcdCluster() as cluster,
        TcpProxy(cluster.endpoint) as proxy,
        etcd_store(proxy.url, call_timeout=0.5) as ours,
        etcd_store(cluster.endpoint) as theirs,
    ):
        # Within this a new stream has to tell: what two of them do not tell in time is read as a whole instead.
        observer = Observer(ours, check_interval=3)
        async with observer:
            async with Writer(theirs) as writer:
                for _ in range(2):
                    await writer.writes(20)
                    await observer.sees(writer.acknowledged[-1])
                    proxy.freeze()
                    await writer.writes(20)
                    await observer.sees(writer.acknowledged[-1])
            await observer.sees(writer.acknowledged[-1])
            observer.assert_all_heard(writer.acknowledged)
            assert observer.watcher.statistics().watch.resyncs == 0


async def test_connections_that_break_again_and_again() -> None:
    async with (
        EtcdCluster() as cluster,
        TcpProxy(cluster.endpoint) as proxy,
        etcd_store(proxy.url) as ours,
        etcd_store(cluster.endpoint) as theirs,
    ):
        observer = Observer(ours)
        async with observer:
            async with Writer(theirs) as writer:
                await writer.writes(10)
                await observer.sees(writer.acknowledged[-1])
                for _ in range(10):
                    proxy.cut()
                    await writer.writes(10)
                    await observer.sees(writer.acknowledged[-1])
            await observer.sees(writer.acknowledged[-1])
            observer.assert_all_heard(writer.acknowledged)
            assert observer.watcher.statistics().watch.reconnects >= 10


async def test_history_compacted_while_disconnected() -> None:
    async with (
        EtcdCluster() as cluster,
        TcpProxy(cluster.endpoint) as proxy,
        etcd_store(proxy.url) as ours,
        etcd_store(cluster.endpoint) as theirs,
    ):
        observer = Observer(ours)
        async with observer:
            await theirs.kv.put(KEY, numbered(1))
            await observer.sees(1)
            proxy.refuse()
            for number in range(2, 10):
                revision = await theirs.kv.put(KEY, numbered(number))
            await cluster.etcdctl("compact", str(revision))
            proxy.allow()
            await observer.sees(9)
            assert observer.numbers == [1, 9]
            proxy.refuse()
            await theirs.kv.delete(KEY)
            revision = await theirs.kv.put("/elsewhere", b"")
            await cluster.etcdctl("compact", str(revision))
            proxy.allow()
            await observer.watcher.wait_for(lambda module: module is None)
            await theirs.kv.put(KEY, numbered(10))
            await observer.sees(10)
            assert observer.numbers == [1, 9, -1, 10]
            assert observer.watcher.statistics().watch.resyncs == 2


async def test_a_new_data_directory() -> None:
    async with EtcdCluster() as cluster, etcd_store(cluster.endpoint) as ours, etcd_store(cluster.endpoint) as theirs:
        observer = Observer(ours)
        async with observer:
            for number in range(1, 4):
                await theirs.kv.put(KEY, numbered(number))
            await observer.sees(3)
            await replace_data(cluster.members[0])
            await observer.watcher.wait_for(lambda module: module is None)
            # The same state again at a lower revision is a change for the watch, and the next one too.
            await theirs.kv.put(KEY, numbered(3))
            await observer.sees(3)
            await theirs.kv.put(KEY, numbered(4))
            await observer.sees(4)
            assert observer.numbers == [1, 2, 3, -1, 3, 4]


async def test_another_etcd_behind_the_same_address() -> None:
    async with (
        EtcdCluster() as old,
        EtcdCluster() as new,
        TcpProxy(old.endpoint) as proxy,
        etcd_store(proxy.url) as ours,
        etcd_store(old.endpoint) as before,
        etcd_store(new.endpoint) as after,
    ):
        observer = Observer(ours)
        async with observer:
            for number in (1, 2, 3):
                await before.kv.put(KEY, numbered(number))
            await observer.sees(3)
            await after.kv.put(KEY, numbered(2))
            proxy.target = new.endpoint
            proxy.cut()
            await observer.watcher.wait_for(lambda module: number_of(module) == 2)
            await after.kv.put(KEY, numbered(5))
            await observer.sees(5)
            assert observer.numbers == [1, 2, 3, 2, 5]


@pytest.mark.parametrize("binaries", ETCD_BINARIES)
async def test_a_token_that_is_no_longer_valid(binaries: EtcdBinaries) -> None:
    async with EtcdCluster(binaries=binaries) as cluster:
        await cluster.enable_auth("secret")
        user: dict[str, Any] = {"username": "root", "password": "secret"}
        async with etcd_store(cluster.endpoint, **user) as ours, etcd_store(cluster.endpoint, **user) as theirs:
            observer = Observer(ours)
            async with observer:
                async with Writer(theirs) as writer:
                    for _ in range(2):
                        await writer.writes(20)
                        # Tokens live in etcd's memory: after a restart none is valid.
                        await cluster.members[0].restart()
                    await writer.writes(20)
                await observer.sees(writer.acknowledged[-1])
                observer.assert_all_heard(writer.acknowledged)


async def test_an_etcd_that_appears_late() -> None:
    async with EtcdCluster() as cluster:
        await cluster.members[0].kill()
        async with etcd_store(cluster.endpoint) as store:
            observer = Observer(store)
            lease = EndpointLease(store.kv, NAME, Endpoint("127.0.0.1:7001"))
            async with observer.watcher, lease:
                registration = asyncio.create_task(register(store, StartReport(NAME, 1)))
                with pytest.raises(Unavailable):
                    await store.get(NAME)
                await cluster.members[0].start()
                assert (await registration).spec.log_level == ""
                await lease.wait_for(EndpointState.ANNOUNCED)
                assert await find_endpoint(store.kv, NAME) == lease.endpoint
                await observer.sees_level("")
                await store.set_level(NAME, "Debug")
                await observer.sees_level("Debug")
                assert len(observer.changes) == 2


async def test_a_renewal_that_gets_no_answer_finds_what_is_dead_for_the_watch_as_well() -> None:
    async with (
        EtcdCluster() as cluster,
        TcpProxy(cluster.endpoint) as proxy,
        etcd_store(proxy.url, call_timeout=0.5) as ours,
        etcd_store(cluster.endpoint) as theirs,
    ):
        # The watch itself would look after minutes only.
        observer = Observer(ours, check_interval=600)
        async with observer, EndpointLease(ours.kv, NAME, Endpoint("127.0.0.1:7001"), ttl=2) as lease:
            await lease.wait_for(EndpointState.ANNOUNCED)
            for number in (1, 2, 3):
                await theirs.kv.put(KEY, numbered(2 * number))
                await observer.sees(2 * number)
                proxy.freeze()
                await theirs.kv.put(KEY, numbered(2 * number + 1))
                seeing = asyncio.create_task(observer.sees(2 * number + 1))
                patience = 5.0
                while not (await asyncio.wait({seeing}, timeout=patience))[0]:
                    # A renewal opened a connection in the moment of the freezing, and they go on over it.
                    proxy.freeze()
                    patience *= 2
                await seeing
            assert observer.numbers == [2, 3, 4, 5, 6, 7]
            await lease.wait_for(EndpointState.ANNOUNCED)
            assert observer.watcher.statistics().watch.resyncs == 0


async def test_the_watch_leaves_a_suspended_member_with_the_renewals() -> None:
    async with (
        EtcdCluster(3) as cluster,
        etcd_store(*cluster.endpoints, call_timeout=3.0) as ours,
        etcd_store(*cluster.endpoints[1:], call_timeout=20.0) as theirs,
    ):
        observer = Observer(ours, check_interval=600)
        async with observer, EndpointLease(ours.kv, NAME, Endpoint("127.0.0.1:7001"), ttl=6) as lease:
            await lease.wait_for(EndpointState.ANNOUNCED)
            try:
                async with Writer(theirs) as writer:
                    await writer.writes(5)
                    await observer.sees(writer.acknowledged[-1])
                    cluster.members[0].suspend()
                    for _ in range(2):
                        await writer.writes(5)
                        await observer.sees(writer.acknowledged[-1])
                await observer.sees(writer.acknowledged[-1])
                observer.assert_all_heard(writer.acknowledged)
                assert observer.watcher.statistics().watch.resyncs == 0
            finally:
                # Only now: a write that was handed to it in that moment may be carried out, as the last of all.
                cluster.members[0].resume()
