"""The archive is there as a whole or not at all, and holds what was added, within its bound."""

from __future__ import annotations

import asyncio
import os
import stat
import tarfile
from pathlib import Path

import pytest

from corvo_agent.bundle.archive import Archive
from corvo_agent.errors import ResourceExhausted


def contents(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        found = {}
        for entry in tar.getmembers():
            file = tar.extractfile(entry)
            assert file is not None
            found[entry.name] = file.read()
        return found


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def size_and_mode(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, stat.S_IMODE(found.st_mode)


@pytest.fixture(params=["nameless", "named"])
def path(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the archive goes: on a file system with files that have no name, and as on one without."""
    if request.param == "named":
        # What a kernel does that does not know the flag: it opens the folder itself, and refuses.
        monkeypatch.setattr(os, "O_TMPFILE", os.O_DIRECTORY)
    path = tmp_path / "case.tar.gz"
    path.write_text("an earlier one")
    return path


async def test_what_several_tasks_added_is_in_it_and_is_the_owners_alone(path: Path) -> None:
    wanted = {f"{number}.txt": b"x" * number for number in range(20)}
    async with Archive(path, "case", 1000) as archive:
        await asyncio.gather(*(archive.add(name, content) for name, content in wanted.items()))
        assert size_and_mode(path)[0] == len("an earlier one")
        size = await archive.commit()
    assert contents(path) == {f"case/{name}": content for name, content in wanted.items()}
    assert (archive.files, archive.bytes) == (20, sum(range(20)))
    assert size_and_mode(path) == (size, 0o600)
    assert names(path.parent) == ["case.tar.gz"]


async def test_what_is_not_committed_leaves_nothing(path: Path) -> None:
    async with Archive(path, "case", 1000) as archive:
        await archive.add("a", b"a")
    assert names(path.parent) == ["case.tar.gz"]
    assert size_and_mode(path)[0] == len("an earlier one")


async def test_what_does_not_fit_is_refused_and_smaller_things_still_fit(path: Path) -> None:
    async with Archive(path, "case", 10) as archive:
        await archive.add("a", b"123456")
        with pytest.raises(ResourceExhausted, match="bytes of the bundle: at most 10, got 11"):
            await archive.add("b", b"12345")
        await archive.add("c", b"1234")
        await archive.add("index", b"too long for the rest", bounded=False)
        await archive.commit()
    assert list(contents(path)) == ["case/a", "case/c", "case/index"]


async def test_cancelling_an_addition_leaves_the_archive_whole(path: Path) -> None:
    async with Archive(path, "case", 10_000_000) as archive:
        adding = asyncio.ensure_future(archive.add("large", os.urandom(3_000_000)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        adding.cancel()
        await asyncio.wait({adding})
        await archive.add("next", b"next")
        await archive.commit()
    assert contents(path)["case/next"] == b"next"


async def test_cancelling_its_beginning_leaves_nothing(path: Path) -> None:
    archive = Archive(path, "case", 1000)
    beginning = asyncio.create_task(archive.__aenter__())
    await asyncio.sleep(0)
    beginning.cancel()
    with pytest.raises(asyncio.CancelledError):
        await beginning
    assert archive._file.closed
    assert names(path.parent) == ["case.tar.gz"]


async def test_a_place_where_it_cannot_be_is_said_before_anything_is_collected(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await Archive(tmp_path / "no" / "case.tar.gz", "case", 10).__aenter__()
    with pytest.raises(IsADirectoryError):
        await Archive(tmp_path, "case", 10).__aenter__()


async def test_a_link_keeps_pointing_to_the_archive(path: Path) -> None:
    link = path.with_name("link")
    link.symlink_to(path)
    async with Archive(link, "case", 100) as archive:
        await archive.add("a", b"1")
        await archive.commit()
    assert (link.is_symlink(), contents(path)) == (True, {"case/a": b"1"})


async def test_a_pipe_is_written_to_and_not_replaced(path: Path) -> None:
    pipe, received = path.with_name("pipe"), path.with_name("received")
    os.mkfifo(pipe)
    async with Archive(pipe, "case", 100) as archive:
        await archive.add("a", b"1")
        reading = asyncio.create_task(asyncio.to_thread(pipe.read_bytes))
        size = await archive.commit()
    received.write_bytes(await reading)
    assert (pipe.is_fifo(), received.stat().st_size, contents(received)) == (True, size, {"case/a": b"1"})
    assert names(path.parent) == ["case.tar.gz", "pipe", "received"]
