"""What an operator does to an etcd's data directory."""

from __future__ import annotations

import shutil
from pathlib import Path

import psutil

from corvo_agent.errors import Unavailable
from corvo_agent.modules import KeyValueStore
from tests.etcd_cluster import EtcdCluster, EtcdMember


async def replace_data(member: EtcdMember) -> None:
    """Start ``member`` again with an empty data directory: the same address and cluster id, revision 1."""
    arguments = psutil.Process(member.pid).cmdline()
    await member.kill()
    shutil.rmtree(arguments[arguments.index("--data-dir") + 1])
    await member.start()


async def restore(cluster: EtcdCluster, snapshot: Path) -> None:
    """Start the only member again with the data of ``snapshot``, which ``etcdctl snapshot save`` has written."""
    member = cluster.members[0]
    arguments = psutil.Process(member.pid).cmdline()
    kept = ("--data-dir", "--name", "--initial-cluster", "--initial-advertise-peer-urls")
    options = [part for option in kept for part in (option, arguments[arguments.index(option) + 1])]
    await member.kill()
    shutil.rmtree(options[1])
    await cluster.etcdctl("snapshot", "restore", str(snapshot), *options)
    await member.start()


async def fill(kv: KeyValueStore) -> int:
    """Write until etcd has no room left and raises its alarm; the last revision."""
    revision, full = 0, False
    while not full:
        try:
            revision = await kv.put("/elsewhere", bytes(200_000))
        except Unavailable as error:
            full = "space exceeded" in error.reason
    return revision


async def make_room(cluster: EtcdCluster, revision: int) -> None:
    """Compact up to ``revision``, give the room back, and end the alarm."""
    await cluster.request("/kv/compaction", {"revision": revision, "physical": True})
    await cluster.request("/maintenance/defragment", {})
    await cluster.etcdctl("alarm", "disarm")
