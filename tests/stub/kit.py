"""A service of its own, in a process of its own, that does what a test writes to it and tells what happens in it."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import struct
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from corvo_agent.stub.place import MeetingPlace

#: Seconds that anything may take on a busy machine.
PATIENCE = 90.0
_LOOK = 0.05

# Each line that it is sent is run; each process of it tells its level when that changes, one JSON object a line.
_SERVICE = """
import json, logging, os, sys, threading, time
logging.getLogger().addHandler(logging.NullHandler())

def say(**told):
    os.write(1, json.dumps({"pid": os.getpid(), **told}).encode() + b"\\n")

def watch_level():
    last = None
    while True:
        if logging.root.level != last:
            last = logging.root.level
            say(level=last)
        time.sleep(0.01)

def fork():
    pid = os.fork()
    if not pid:
        threading.Thread(target=watch_level, daemon=True).start()
        parent = os.getppid()
        while os.getppid() == parent and not os.path.exists(os.environ["LEAVE"]):
            time.sleep(0.02)
        raise SystemExit(0)
    return pid

if __name__ == "__main__":
    threading.Thread(target=watch_level, daemon=True).start()
    for line in sys.stdin:
        exec(line)
"""


@contextlib.contextmanager
def runtime_folder() -> Iterator[Path]:
    """A folder for the sockets of hubs: paths of pytest's own are too long for one. Hubs in it end with it."""
    folder = Path(tempfile.mkdtemp(prefix="corvo-"))
    try:
        yield folder
    finally:
        for path in folder.glob("*.sock"):
            end_hub(path)
        for path in folder.glob("*.lock"):
            _wait_for(path)
        shutil.rmtree(folder)


def _wait_for(lock: Path) -> None:
    """Wait until no hub holds ``lock``: then it is gone, and all that it wrote is written."""
    deadline = time.monotonic() + PATIENCE
    with lock.open("rb") as file:
        while time.monotonic() < deadline:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.02)
            else:
                return
    raise TimeoutError(f"the hub of {lock} is still there")


def hub_pid(path: Path) -> int:
    """The process that listens at the socket ``path``; 0 for none."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return 0
        packed = probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        return int(struct.unpack("3i", packed)[0])


def end_hub(path: Path) -> None:
    """Have it end at once."""
    pid = hub_pid(path)
    for _ in range(2):
        with contextlib.suppress(ProcessLookupError):
            if pid:
                os.kill(pid, signal.SIGTERM)


class Service:
    """The running service."""

    def __init__(self, process: asyncio.subprocess.Process, place: MeetingPlace, leave: Path) -> None:
        self.process = process
        self.place = place
        self.told: list[dict[str, Any]] = []
        self._leave = leave
        self._moved = asyncio.Event()

    @property
    def pid(self) -> int:
        """Its first process."""
        return self.process.pid

    def do(self, code: str) -> None:
        """Have it run one line of Python."""
        assert self.process.stdin is not None
        self.process.stdin.write(code.encode() + b"\n")

    async def says(self, wanted: Callable[[dict[str, Any]], bool] | None = None, **parts: Any) -> dict[str, Any]:
        """Wait for the first thing told that has all ``parts``, or that is ``wanted``; it is taken out."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for index, told in enumerate(self.told):
                    if wanted(told) if wanted else parts.items() <= told.items():
                        return self.told.pop(index)
                self._moved.clear()
                await self._moved.wait()

    async def address(self) -> str:
        """Where it answers, once it does."""
        self.do(f"say(address=handle.wait({PATIENCE}) and handle.address, problem=handle.problem)")
        told = await self.says(lambda told: "address" in told)
        assert told["address"], told["problem"]
        return str(told["address"])

    def let_children_leave(self) -> None:
        """Have every forked child end."""
        self._leave.touch()

    async def read(self) -> None:
        """Take what it tells until it ends."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.told.append(json.loads(line))
            self._moved.set()


@asynccontextmanager
async def service(
    folder: Path, environment: Mapping[str, str], before: str = "", *command: str
) -> AsyncIterator[Service]:
    """A service whose hub is met in ``folder``, with ``environment`` over the test's own; ``before`` is run first."""
    script, leave = folder / "service.py", folder / "leave"
    script.write_text(_SERVICE)
    told = {"CORVO_RUNTIME_DIR": str(folder), "LEAVE": str(leave), **environment}
    process = await asyncio.create_subprocess_exec(
        *(command or (sys.executable, str(script))),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **told},
        start_new_session=True,
    )
    running = Service(process, MeetingPlace(str(folder / "1-node1-shop")), leave)
    reading = asyncio.create_task(running.read())
    if before:
        running.do(before)
    try:
        yield running
    finally:
        assert process.stdin is not None
        process.stdin.close()
        leave.touch()
        try:
            async with asyncio.timeout(PATIENCE):
                await process.wait()
                await reading
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


#: The first line of most services.
START = "from corvo_agent import start; handle = start('shop', node='node1')"


async def becomes(true: Callable[[], Awaitable[object]]) -> None:
    """Wait until ``true`` says so: what other processes do has no event here."""
    async with asyncio.timeout(PATIENCE):
        looked = asyncio.Event()
        while not await true():
            asyncio.get_running_loop().call_later(_LOOK, looked.set)
            await looked.wait()
            looked.clear()


async def refused(port: int) -> bool:
    """Whether nothing listens there."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return True
    writer.close()
    return False
