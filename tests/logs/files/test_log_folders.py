"""A caller reads the files of the log and nothing that was put in their place or beside them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from corvo_agent.diagnostics.handlers.log import LogHandler
from corvo_agent.diagnostics.messages.payloads import decode_logs
from corvo_agent.diagnostics.query import DebugQuery
from corvo_agent.errors import PermissionRefused
from corvo_agent.logs.files.log_file import open_log
from corvo_agent.logs.files.log_folders import PinnedFolder, check_owner, pin_folders, without_links

ME = os.geteuid()
# Any two users that are neither root nor this process.
NOBODY, OTHER = 65534, 54321


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the log, in which its owner does what it likes; the secret is elsewhere."""
    made = tmp_path / "logs"
    made.mkdir()
    (made / "app.log").write_text('{"msg":"fine"}\n')
    (tmp_path / "shadow").write_text('{"msg":"secret"}\n')
    (tmp_path / "elsewhere").mkdir()
    return made


async def said(handler: LogHandler, **parameters: str) -> str:
    """All that the handler says of its log."""
    await handler.start()
    try:
        return str(decode_logs((await handler.handle(DebugQuery("Log", parameters))).value))
    finally:
        await handler.stop()


async def test_a_link_beside_the_log_is_not_read_and_the_answer_says_so(folder: Path) -> None:
    handler = LogHandler(str(folder / "app.log"))
    (folder / "app.log.1").symlink_to(folder.parent / "shadow")
    text = await said(handler)
    assert "fine" in text
    assert "secret" not in text
    assert "--allow-log-folder" in text


async def test_a_link_in_the_place_of_the_log_is_not_read(folder: Path) -> None:
    path = folder / "app.log"
    handler = LogHandler(str(path))
    path.unlink()
    path.symlink_to(folder.parent / "shadow")
    with pytest.raises(PermissionRefused, match="--allow-log-folder"):
        await said(handler)


async def test_a_link_that_a_pattern_matches_is_not_read_and_hides_no_other(folder: Path) -> None:
    (folder / "evil.log").symlink_to(folder.parent / "shadow")
    text = await said(LogHandler(str(folder / "*.log")))
    assert "fine" in text
    assert "secret" not in text
    assert "--allow-log-folder" in text
    (folder / "app.log").unlink()
    with pytest.raises(PermissionRefused):
        await said(LogHandler(str(folder / "*.log")))


async def test_a_folder_in_the_place_of_the_logs_is_not_read(folder: Path) -> None:
    handler = LogHandler(str(folder / "app.log"))
    (folder.parent / "elsewhere" / "app.log").write_text('{"msg":"secret"}\n')
    os.rename(folder, folder.parent / "away")
    os.symlink(folder.parent / "elsewhere", folder)
    with pytest.raises(PermissionRefused):
        await said(handler)


async def test_a_log_that_is_a_link_when_the_agent_starts_is_read(folder: Path) -> None:
    real = folder.parent / "elsewhere" / "today.log"
    real.write_text('{"msg":"linked"}\n')
    (folder / "current.log").symlink_to(real)
    handler = LogHandler(str(folder / "current.log"))
    assert "linked" in await said(handler)
    # And where it leads to later, in the same folder.
    (real.parent / "tomorrow.log").write_text('{"msg":"next"}\n')
    (folder / "current.log").unlink()
    (folder / "current.log").symlink_to(real.parent / "tomorrow.log")
    assert "next" in await said(handler)


async def test_the_operator_lets_links_lead_elsewhere(folder: Path) -> None:
    (folder.parent / "elsewhere" / "old.log").write_text('{"msg":"ancient"}\n')
    (folder / "app.log.1").symlink_to(folder.parent / "elsewhere" / "old.log")
    assert "ancient" not in await said(LogHandler(str(folder / "app.log")))
    path = str(folder / "app.log")
    handler = LogHandler(path, allowed=[*pin_folders(path), str(folder.parent / "elsewhere")])
    assert "ancient" in await said(handler)


def test_a_device_behind_a_link_is_not_even_opened(folder: Path) -> None:
    (folder / "app.log.1").symlink_to("/dev/tty")
    with pytest.raises(Exception, match="character device"):
        open_log(str(folder / "app.log.1"), pin_folders(str(folder / "app.log")))


def test_a_file_that_was_deleted_is_still_in_its_folder(folder: Path) -> None:
    path = str(folder / "app.log")
    with open_log(path, pin_folders(path)) as log:
        os.unlink(path)
        with open_log(f"/proc/self/fd/{log.descriptor}", pin_folders(path)) as again:
            assert again.key == log.key


def test_folders_are_pinned_by_the_path_of_the_log(folder: Path) -> None:
    link = folder.parent / "link"
    link.symlink_to(folder)
    assert pin_folders(str(link / "app.log")) == (str(folder),)
    assert pin_folders("app.log") == (os.getcwd(),)
    (deep,) = pin_folders(f"{folder.parent}/*/app-*.log")
    assert (deep, deep.is_deep) == (str(folder.parent), True)
    pinned = PinnedFolder(str(link))
    assert without_links([pinned, str(link)]) == (str(link), str(folder))


def test_folders_below_count_where_the_pattern_says_so(folder: Path) -> None:
    (folder / "inner").mkdir()
    (folder / "inner" / "a.log").write_text("x\n")
    (folder / "inner.log").symlink_to(folder / "inner" / "a.log")
    with pytest.raises(PermissionRefused):
        open_log(str(folder / "inner.log"), pin_folders(str(folder / "app.log")))
    open_log(str(folder / "inner.log"), pin_folders(f"{folder.parent}/*/app.log")).close()


def status(owner: int, *, mode: int = 0o644, names: int = 1) -> os.stat_result:
    return os.stat_result((mode, 1, 1, names, owner, owner, 0, 0, 0, 0))


@pytest.mark.parametrize(
    ("file", "folder_status"),
    [
        (status(NOBODY), status(NOBODY, mode=0o755)),
        (status(NOBODY, names=2), status(NOBODY, mode=0o755)),
        (status(ME), status(NOBODY, mode=0o755)),
        (status(OTHER), status(0, mode=0o755)),
        (status(OTHER, names=3), status(0, mode=0o755)),
        (status(OTHER), status(0, mode=0o775)),
        (status(OTHER), status(ME, mode=0o1777)),
    ],
)
def test_files_of_the_folders_owner_or_of_the_agent_are_read(
    file: os.stat_result, folder_status: os.stat_result
) -> None:
    check_owner("a.log", file, folder_status)


@pytest.mark.parametrize(
    ("file", "folder_status", "reason"),
    [
        (status(OTHER), status(NOBODY, mode=0o755), "another user"),
        (status(ME, names=2), status(NOBODY, mode=0o755), "several names"),
        (status(0, names=2), status(0, mode=0o1777), "several names"),
        (status(OTHER, names=2), status(ME, mode=0o775), "several names"),
    ],
)
def test_files_that_others_can_have_put_there_are_not(
    file: os.stat_result, folder_status: os.stat_result, reason: str
) -> None:
    with pytest.raises(PermissionRefused, match=reason):
        check_owner("a.log", file, folder_status)
