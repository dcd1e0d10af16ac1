from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from corvo_agent.errors import ConfigError, Unavailable
from corvo_agent.levels.level import Level
from corvo_agent.sidecar.hooks.file_hook import FileHook
from corvo_agent.sidecar.hooks.protocol import LevelChange
from tests.world.machine import needs


async def test_the_file_holds_the_level(tmp_path: Path) -> None:
    path = tmp_path / "level"
    hook = FileHook(path)
    for level in (Level.DEBUG, Level.NONE):
        await hook.set_level(LevelChange(level))
        assert path.read_text() == f"{level.text.lower()}\n"
    assert path.stat().st_mode & 0o777 == 0o644
    assert os.listdir(tmp_path) == ["level"]
    assert (hook.name, hook.knows_loggers) == (f"file {path}", False)


async def test_a_template_and_other_names(tmp_path: Path) -> None:
    path = tmp_path / "log.conf"
    await FileHook(path, 'log={"v":"{LEVEL}"}', names={Level.WARN: "warning"}).set_level(LevelChange(Level.WARN))
    assert path.read_text() == 'log={"v":"WARNING"}'


async def test_each_logger_has_its_file_when_the_path_says_so(tmp_path: Path) -> None:
    hook = FileHook(tmp_path / "{logger}.level")
    assert hook.knows_loggers
    for logger in ("", "app.db", "../../etc/x"):
        await hook.set_level(LevelChange(Level.INFO, logger))
    assert sorted(os.listdir(tmp_path)) == ["____etc_x.level".replace("____", "______"), "app.db.level", "root.level"]


async def test_mode_and_links_stay(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("info\n")
    real.chmod(0o600)
    link.symlink_to(real)
    await FileHook(link).set_level(LevelChange(Level.DEBUG))
    assert link.is_symlink()
    assert (real.read_text(), real.stat().st_mode & 0o777) == ("debug\n", 0o600)


async def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "level"
    text = "{level}" * 20_000
    hook = FileHook(path, text)
    await hook.set_level(LevelChange(Level.DEBUG))
    seen: set[str] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add(path.read_text())

    reader = asyncio.create_task(asyncio.to_thread(read))
    for number in range(20):
        await hook.set_level(LevelChange(Level.INFO if number % 2 else Level.ERROR))
    done.set()
    await reader
    assert seen <= {text.replace("{level}", word) for word in ("debug", "info", "error")}


async def test_a_write_that_was_given_up_does_not_undo_a_newer_one(tmp_path: Path) -> None:
    path = tmp_path / "level"
    hook = FileHook(path)
    for _ in range(20):
        given_up = asyncio.create_task(hook.set_level(LevelChange(Level.DEBUG)))
        await asyncio.sleep(0)
        given_up.cancel()
        await hook.set_level(LevelChange(Level.ERROR))
        await asyncio.gather(given_up, return_exceptions=True)
        # Whatever threads are left get their turn behind this one.
        await asyncio.gather(*(asyncio.to_thread(int) for _ in range(4)))
        assert path.read_text() == "error\n"


async def test_a_folder_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="No such file"):
        await FileHook(tmp_path / "missing" / "level").set_level(LevelChange(Level.INFO))
    blocked = tmp_path / "level"
    blocked.mkdir()
    with pytest.raises(Unavailable):
        await FileHook(blocked).set_level(LevelChange(Level.INFO))
    assert os.listdir(tmp_path) == ["level"]


AS_ORDINARY_USER = """
import asyncio, concurrent.futures.thread, os, sys
from corvo_agent.errors import PermissionRefused
from corvo_agent.levels.level import Level
from corvo_agent.sidecar.hooks.file_hook import FileHook
from corvo_agent.sidecar.hooks.protocol import LevelChange
os.chdir(sys.argv[1])
if os.geteuid() == 0:
    os.setuid(65534)
try:
    asyncio.run(FileHook("level").set_level(LevelChange(Level.INFO)))
except PermissionRefused as error:
    print(error)
"""


def test_a_folder_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    command = [sys.executable, "-c", AS_ORDINARY_USER, str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    tmp_path.chmod(0o755)
    assert (result.stdout, result.stderr) == ("writing level refused: Permission denied\n", "")


IN_PLACE = AS_ORDINARY_USER.replace("os.setuid(65534)", "os.setgroups([]); os.setuid(65534)")


def test_a_file_that_may_be_written_in_a_folder_that_may_not_is_written_over() -> None:
    # Not below the folder of all tests, which only their user may enter.
    with tempfile.TemporaryDirectory() as name:
        folder, path = Path(name), Path(name, "level")
        path.write_text("a much longer text than the level\n")
        path.chmod(0o666)
        inode = path.stat().st_ino
        folder.chmod(0o555)
        command = [sys.executable, "-c", IN_PLACE, name]
        result = subprocess.run(command, capture_output=True, text=True, timeout=60)
        folder.chmod(0o755)
        assert (result.stdout, result.stderr) == ("", "")
        assert (path.read_text(), path.stat().st_ino) == ("info\n", inode)
        assert os.listdir(name) == ["level"]


@needs("root")
async def test_the_owner_stays(tmp_path: Path) -> None:
    path = tmp_path / "level"
    path.write_text("info\n")
    os.chown(path, 65534, 65533)
    path.chmod(0o640)
    await FileHook(path).set_level(LevelChange(Level.DEBUG))
    status = path.stat()
    assert (path.read_text(), status.st_uid, status.st_gid) == ("debug\n", 65534, 65533)
    assert status.st_mode & 0o7777 == 0o640


@needs("root", "unshare")
async def test_a_bind_mount_is_written_over(tmp_path: Path) -> None:
    real, mounted = tmp_path / "real", tmp_path / "mounted"
    real.write_text("a much longer text\n")
    mounted.touch()
    script = f'mount --bind {real} {mounted} && cd {tmp_path} && ln -s mounted level && {sys.executable} -c "$CODE" .'
    code = AS_ORDINARY_USER.replace("os.setuid(65534)", "pass")
    command = ["unshare", "--mount", "sh", "-c", script]
    result = await asyncio.to_thread(
        subprocess.run, command, env={**os.environ, "CODE": code}, capture_output=True, text=True, timeout=60
    )
    assert (result.stdout, result.stderr) == ("", "")
    assert real.read_text() == "info\n"


def test_templates_are_checked_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        FileHook(tmp_path / "{name}")
    with pytest.raises(ConfigError):
        FileHook(tmp_path / "x", "{lvl}")
