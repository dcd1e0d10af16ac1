"""What an operator does to an etcd's data directory."""

from __future__ import annotations

import shutil

import psutil

from tests.etcd_cluster import EtcdMember


async def replace_data(member: EtcdMember) -> None:
    """Start ``member`` again with an empty data directory: the same address and cluster id, revision 1."""
    arguments = psutil.Process(member.pid).cmdline()
    await member.kill()
    shutil.rmtree(arguments[arguments.index("--data-dir") + 1])
    await member.start()
