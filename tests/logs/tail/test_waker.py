"""Waking: at once where the kernel tells, now and then where it does not."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from corvo_agent.logs.tail.waker import NOTHING, Waker, is_remote

MOUNTS = """\
22 1 252:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
40 22 0:33 / /mnt/share rw - nfs4 server:/share rw
41 22 0:34 / /mnt/with\\040space rw - fuse.sshfs me@there: rw
42 40 252:1 / /mnt/share/disk rw - xfs /dev/vdb rw
broken line
"""


async def test_changes_wake_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.touch()
    waker = Waker(interval=60, rest=60)
    descriptor = os.open(path, os.O_RDONLY)
    waker.open([str(path)])
    try:
        waker.watch({(1, 1): descriptor}, [str(tmp_path), str(tmp_path / "no such folder")])
        for change in (
            lambda: path.write_bytes(b"x"),
            lambda: path.rename(tmp_path / "b.log"),
            lambda: (tmp_path / "b.log").write_bytes(b"xx"),
            lambda: (tmp_path / "new").touch(),
        ):
            waiting = asyncio.ensure_future(waker.wait())
            await asyncio.sleep(0)
            change()
            await asyncio.wait_for(waiting, 60)
        # What happens while nobody waits is not lost.
        path.touch()
        await asyncio.wait_for(waker.wait(), 60)
        waker.watch({}, [])
        waker.watch({(1, 1): descriptor}, [])
    finally:
        waker.close()
        waker.close()
        os.close(descriptor)


@pytest.mark.parametrize("notify", [True, False])
async def test_a_look_is_taken_now_and_then(tmp_path: Path, notify: bool) -> None:
    waker = Waker(interval=0.01, rest=0.01, notify=notify)
    waker.open([str(tmp_path)])
    waker.watch({}, [str(tmp_path)])
    await asyncio.wait_for(waker.wait(), 60)
    assert waker.seconds == 0.01
    waker.close()


async def test_waiting_may_be_cancelled(tmp_path: Path) -> None:
    waker = Waker(interval=60, rest=60)
    waker.open([str(tmp_path)])
    waiting = asyncio.ensure_future(waker.wait())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    waker.close()


def test_file_systems_of_other_machines(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS.replace("broken line\n", ""))
    paths = ("/var/log/a.log", "/mnt/share/a.log", "/mnt/share/disk/a", "/mnt/with space/a")
    assert [is_remote(path, str(mounts)) for path in paths] == [False, True, False, True]
    mounts.write_text(MOUNTS)
    assert not is_remote("/mnt/share/a.log", str(mounts))
    assert not is_remote("/", str(tmp_path / "no such file"))
    assert not is_remote(str(tmp_path))


async def test_what_it_was_told_of(tmp_path: Path) -> None:
    waker = Waker(interval=60, rest=60)
    assert waker.told() is None
    for name in ("a", "b"):
        (tmp_path / name).touch()
    numbers = {(1, n): os.open(tmp_path / name, os.O_RDONLY) for n, name in enumerate(("a", "b"))}
    waker.open([str(tmp_path)])
    try:
        waker.watch(numbers, [str(tmp_path)])
        assert waker.told() == NOTHING
        (tmp_path / "b").write_bytes(b"x")
        await asyncio.wait_for(waker.wait(), 60)
        told = waker.told()
        assert told is not None
        assert (told.files, told.folders) == ({(1, 1)}, set())
        (tmp_path / "c").touch()
        told = waker.told()
        assert told is not None
        assert (told.files, told.folders) == (set(), {str(tmp_path)})
    finally:
        waker.close()
        for number in numbers.values():
            os.close(number)
