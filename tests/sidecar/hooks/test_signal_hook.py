from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator

import pytest

from corvo_agent.errors import ConfigError, NotFound, Unsupported
from corvo_agent.levels.level import Level
from corvo_agent.sidecar.hooks.protocol import LevelChange
from corvo_agent.sidecar.hooks.signal_hook import SignalHook
from corvo_agent.sidecar.target.process import ProcessIdentity, target_of_pid
from tests.world.machine import needs

TARGET = """
import os, signal, time
def handler(number, frame):
    # Not by print, which the signal may have interrupted; nor would pause() see one that came just before.
    os.write(1, signal.Signals(number).name.encode() + bytes([10]))
signal.signal(signal.SIGUSR1, handler)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
print("ready", flush=True)
while True:
    time.sleep(0.05)
"""


@pytest.fixture
async def target() -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", TARGET, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    yield process
    if process.returncode is None:
        process.kill()
    await process.wait()


async def test_the_signal_of_the_level_arrives(target: asyncio.subprocess.Process) -> None:
    hook = SignalHook({Level.DEBUG: signal.SIGUSR1, Level.INFO: signal.SIGHUP}, target_of_pid(target.pid))
    await hook.set_level(LevelChange(Level.DEBUG))
    assert target.stdout is not None
    assert await target.stdout.readline() == b"SIGUSR1\n"
    await hook.set_level(LevelChange(Level.INFO))
    assert hook.name == "signal Debug=SIGUSR1,Info=SIGHUP"
    assert not hook.knows_loggers


async def test_a_signal_that_would_end_the_target_is_not_sent(target: asyncio.subprocess.Process) -> None:
    hook = SignalHook({Level.DEBUG: signal.SIGUSR2}, target_of_pid(target.pid))
    with pytest.raises(Unsupported, match="does not handle it and would end"):
        await hook.set_level(LevelChange(Level.DEBUG))
    assert target.returncode is None
    os.kill(target.pid, 0)


async def test_a_level_without_a_signal_is_an_error(target: asyncio.subprocess.Process) -> None:
    hook = SignalHook({Level.DEBUG: signal.SIGUSR1}, target_of_pid(target.pid))
    with pytest.raises(Unsupported, match="no signal is configured"):
        await hook.set_level(LevelChange(Level.WARN))


async def test_another_process_of_the_same_number_gets_nothing(target: asyncio.subprocess.Process) -> None:
    found = target_of_pid(target.pid)()
    assert found is not None
    earlier = ProcessIdentity(found.pid, found.started - 1)
    with pytest.raises(NotFound):
        await SignalHook({Level.DEBUG: signal.SIGUSR1}, lambda: earlier).set_level(LevelChange(Level.DEBUG))


async def test_a_target_that_is_gone_is_not_found(target: asyncio.subprocess.Process) -> None:
    find = target_of_pid(target.pid)
    identity = find()
    target.kill()
    await target.wait()
    for finder in (find, lambda: identity):
        with pytest.raises(NotFound):
            await SignalHook({Level.DEBUG: signal.SIGUSR1}, finder).set_level(LevelChange(Level.DEBUG))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_signals_that_nobody_can_handle_are_refused(number: signal.Signals) -> None:
    with pytest.raises(ConfigError):
        SignalHook({Level.DEBUG: number}, lambda: None)


AS_NOBODY = """
import asyncio, os, signal, sys
from corvo_agent.errors import PermissionRefused
from corvo_agent.levels.level import Level
from corvo_agent.sidecar.hooks.protocol import LevelChange
from corvo_agent.sidecar.hooks.signal_hook import SignalHook
from corvo_agent.sidecar.target.process import target_of_pid
hook = SignalHook({Level.DEBUG: signal.SIGUSR1}, target_of_pid(int(sys.argv[1])))
os.setuid(65534)
try:
    asyncio.run(hook.set_level(LevelChange(Level.DEBUG)))
except PermissionRefused as error:
    print(error)
"""


@needs("root")
async def test_a_process_of_somebody_else_is_refused(target: asyncio.subprocess.Process) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", AS_NOBODY, str(target.pid), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert output.decode().startswith(f"SIGUSR1 to process {target.pid} refused")
