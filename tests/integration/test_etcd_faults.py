"""etcd dies, stops, freezes, loses its quorum: every call and every watch ends with a typed error, in bounded time."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import Any

import pytest

from corvo_agent.embedded import EtcdBinaries
from corvo_agent.errors import Compacted, CorvoError, DeadlineExceeded, Unavailable
from corvo_agent.modules.etcd.store import EtcdOptions, EtcdStore
from corvo_agent.modules.kv import Change, KeyValue
from tests.etcd_cluster import ETCD_BINARIES, EtcdCluster, EtcdMember
from tests.kept_ports import kept_ports

pytestmark = [
    pytest.mark.integration,
    pytest.mark.parametrize("binaries", ETCD_BINARIES),
]


def store_of(cluster: EtcdCluster, **options: Any) -> EtcdStore:
    return EtcdStore(EtcdOptions(cluster.endpoints, **options))


async def error_of(call: Any) -> CorvoError | None:
    try:
        await call
    except CorvoError as error:
        return error
    return None


@pytest.mark.parametrize("end", ["kill", "terminate"])
async def test_a_server_that_ends_and_comes_back(binaries: EtcdBinaries, end: str) -> None:
    async with EtcdCluster(binaries=binaries) as cluster, store_of(cluster) as store:
        first = await store.put("a", b"1")
        async with aclosing(store.changes("a", first)) as batches:
            await anext(batches)
            waiting = asyncio.ensure_future(anext(batches))
            await asyncio.sleep(0)
            await getattr(cluster.members[0], end)()
            with pytest.raises(Unavailable):
                await waiting
        for call in (store.get("a"), store.put("a", b"2"), anext(store.changes("a", 1))):
            assert isinstance(await error_of(call), Unavailable)
        await cluster.members[0].start()
        assert await store.get("a") == KeyValue("a", b"1", first, first)
        second = await store.put("a", b"2")
        async with aclosing(store.changes("a", first + 1)) as batches:
            assert [change.revision for change in await anext(batches)] == [second]


async def test_a_frozen_server(binaries: EtcdBinaries) -> None:
    async with (
        EtcdCluster(binaries=binaries) as cluster,
        store_of(cluster, call_timeout=0.4) as store,
        # What has to be answered has the time that it takes.
        store_of(cluster, call_timeout=60.0) as patient,
    ):
        first = await patient.put("a", b"1")
        async with aclosing(patient.changes("a", first)) as batches:
            await anext(batches)
            cluster.members[0].suspend()
            calls = (store.get("a"), store.create("b", b""), store.put("a", b"2"), anext(store.changes("a", 1)))
            errors = await asyncio.gather(*map(error_of, calls))
            assert [type(error) for error in errors] == [DeadlineExceeded] * 4
            cluster.members[0].resume()
            last = await patient.put("a", b"3")
            # The connection has survived: the watch goes on where it was.
            seen = 0
            while seen < last:
                seen = (await anext(batches))[-1].revision
    assert first < last


async def test_a_compacted_start_then_a_new_one(binaries: EtcdBinaries) -> None:
    async with EtcdCluster(binaries=binaries) as cluster, store_of(cluster) as store:
        first = await store.put("a", b"0")
        for number in range(1, 10):
            last = await store.put("a", b"%d" % number)
        await cluster.request("/kv/compaction", {"revision": str(last)})
        error = await error_of(anext(store.changes("a", first)))
        assert isinstance(error, Compacted)
        assert (error.revision, error.compact_revision) == (first, last)
        async with aclosing(store.changes("a", last)) as batches:
            assert [change.revision for change in await anext(batches)] == [last]
        assert store.statistics().open_watches == 0


async def test_one_member_of_three_dies_freezes_and_comes_back(binaries: EtcdBinaries) -> None:
    async with EtcdCluster(3, binaries=binaries) as cluster, store_of(cluster, call_timeout=9.0) as store:
        written = [await store.create("a/0", b"")]
        asked = cluster.members[cluster.endpoints.index(store.statistics().endpoint)]
        await asked.kill()
        written += [await store.create(f"a/{number}", b"") for number in range(1, 4)]
        await asked.start()
        asked = cluster.members[cluster.endpoints.index(store.statistics().endpoint)]
        asked.suspend()
        written += [await store.create(f"a/{number}", b"") for number in range(4, 8)]
        asked.resume()
        assert written == sorted(set(written))
        assert [item.create_revision for item in (await store.range("a/")).items] == written
        changes: list[Change] = []
        async with aclosing(store.changes("a/", 1)) as batches:
            while len(changes) < len(written):
                changes += await anext(batches)
        assert [change.revision for change in changes] == written
        assert store.statistics().failovers >= 2


async def test_a_lost_quorum_ends_the_watch_and_refuses_new_ones(binaries: EtcdBinaries) -> None:
    async with EtcdCluster(3, binaries=binaries) as cluster:
        survivor = cluster.members[0]
        reached = (survivor.endpoint,)
        async with (
            EtcdStore(EtcdOptions(reached, call_timeout=1.5)) as store,
            # What has to be answered has the time that it takes.
            EtcdStore(EtcdOptions(reached, call_timeout=60.0)) as patient,
        ):
            written = await patient.put("a", b"1")
            async with aclosing(patient.changes("a", 1)) as batches:
                await anext(batches)
                waiting = asyncio.ensure_future(anext(batches))
                await asyncio.gather(*(member.kill() for member in cluster.members[1:]))
                with pytest.raises(Unavailable, match="no leader"):
                    await waiting
            calls = (store.get("a"), store.put("a", b"2"), anext(store.changes("a", 1)))
            errors = await asyncio.gather(*map(error_of, calls))
            assert all(isinstance(error, Unavailable | DeadlineExceeded) for error in errors), errors
            assert await patient.get("a", serializable=True) == KeyValue("a", b"1", written, written)


async def test_a_member_that_only_learns_is_passed_over(binaries: EtcdBinaries, tmp_path: Path) -> None:
    async with EtcdCluster(binaries=binaries) as cluster, AsyncExitStack() as stack:
        client, peer = (f"http://127.0.0.1:{port}" for port in stack.enter_context(kept_ports(2)))
        await cluster.request("/cluster/member/add", {"peerURLs": [peer], "isLearner": True})
        first = (await cluster.request("/cluster/member/list", {}))["members"]
        (leader,) = (member["peerURLs"][0] for member in first if member["peerURLs"] != [peer])
        learner = EtcdMember(
            binaries.etcd,
            (
                *("--name", "learner", "--data-dir", str(tmp_path / "data"), "--logger", "zap"),
                *("--listen-client-urls", client, "--advertise-client-urls", client),
                *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
                *("--initial-cluster", f"m0={leader},learner={peer}", "--initial-cluster-state", "existing"),
            ),
            tmp_path / "log",
            client,
        )
        stack.push_async_callback(learner.kill)
        await learner.start()
        async with EtcdStore(EtcdOptions((client, cluster.endpoint))) as store:
            # What must not be sent twice, too: the learner has certainly done nothing.
            written = await store.put("a", b"1")
            assert await store.get("a") == KeyValue("a", b"1", written, written)
            async with aclosing(store.changes("a", written)) as batches:
                assert [change.revision for change in await anext(batches)] == [written]
            assert store.statistics().endpoint == cluster.endpoint
