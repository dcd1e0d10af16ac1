"""One run of the py-spy program: started, listened to within bounds, always ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import cast

import psutil

from ...errors import CorvoError, NotFound, ResourceExhausted, Unsupported, system_reason
from .ptrace import refusal

MAX_OUTPUT = 32 << 20
_MAX_MESSAGES = 64 << 10
_GRACE = 3.0
_CHUNK = 1 << 16
_READY = b"py-spy> Sampling process"
#: Why it may not find its way into an interpreter that it knows: it looks at a stack to see whether it has found one.
TOO_DEEP = "a thread of it is deeper than the 4096 frames that py-spy reads"


def find_py_spy() -> str | None:
    """The py-spy program: beside this interpreter or on PATH."""
    beside = str(Path(sys.executable).with_name("py-spy"))
    # Whether we may run it is found by running it: access() does not know of capabilities.
    return beside if os.path.isfile(beside) else shutil.which("py-spy")


class PySpyProcess:
    """A running py-spy; made by ``run_py_spy``, which owns it and its reading task."""

    def __init__(self, process: asyncio.subprocess.Process, pid: int) -> None:
        self._process = process
        self._target = pid
        self.output = bytearray()
        self.messages = bytearray()
        self._ready = asyncio.Event()
        self._overflow = False
        # Never awaited by itself: that would cancel it together with the task that waits.
        self._reading = asyncio.create_task(self._read(), name="py-spy output")

    @property
    def pid(self) -> int:
        """The pid of py-spy itself."""
        return self._process.pid

    async def _read(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._read_output())
            tasks.create_task(self._read_messages())
        self._ready.set()

    async def _read_output(self) -> None:
        stream = cast(asyncio.StreamReader, self._process.stdout)
        while chunk := await stream.read(_CHUNK):
            if self._overflow or len(self.output) + len(chunk) > MAX_OUTPUT:
                # Read on to the end all the same: a pipe that is not read is never closed.
                self._overflow = True
                self.signal(signal.SIGKILL)
                continue
            self.output += chunk
            if not self._ready.is_set() and _READY in self.output:
                self._ready.set()

    async def _read_messages(self) -> None:
        stream = cast(asyncio.StreamReader, self._process.stderr)
        while chunk := await stream.read(_CHUNK):
            # The end: it says why it gave up, after any number of warnings.
            self.messages = (self.messages + chunk)[-_MAX_MESSAGES:]

    async def started(self) -> None:
        """Wait until it samples, or has ended without."""
        await self._ready.wait()

    def busy_seconds(self) -> float:
        """The processor time that it used so far; 0 when it has ended."""
        try:
            times = psutil.Process(self.pid).cpu_times()
        except psutil.Error:
            return 0.0
        return float(times.user + times.system)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        # Not through asyncio's process: that one would take the exit code of an ended child away from the watcher.
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, number)

    async def ended_within(self, seconds: float) -> bool:
        """Wait until it has ended by itself, at most for so long; whether it has."""
        return bool((await asyncio.wait({self._reading}, timeout=seconds))[0])

    async def end(self) -> None:
        """Make it end, and wait for that; when cancelled meanwhile, the same with force."""
        self.signal(signal.SIGINT)
        # It writes its result when it is interrupted, which takes a moment for many stacks.
        killing = asyncio.get_running_loop().call_later(_GRACE, self.signal, signal.SIGKILL)
        ended = asyncio.gather(self._reading, self._process.wait())
        try:
            await asyncio.shield(ended)
        except asyncio.CancelledError:
            self.signal(signal.SIGKILL)
            # What reads may have been cancelled together with who waits: a loop that ends cancels all of its tasks.
            await asyncio.wait((ended,))
            await self._process.communicate()
            raise
        finally:
            killing.cancel()

    def failure(self) -> CorvoError | None:
        """What went wrong, as one of our errors; None when nothing did."""
        if self._overflow:
            return ResourceExhausted("bytes of py-spy's output", MAX_OUTPUT)
        if self._process.returncode in (0, None):
            return None
        return explain(self._target, bytes(self.messages))


def explain(pid: int, messages: bytes) -> CorvoError:
    """The error that stands for what py-spy said when it gave up on process ``pid``."""
    text = messages.decode("utf-8", "replace")
    what = f"looking into process {pid} with py-spy"
    if "ermission denied" in text.lower() or "Operation not permitted" in text:
        return Unsupported(what, refusal(pid))
    if has_ended(pid):
        return NotFound("process", str(pid))
    if "python version" in text or "python interpreter" in text.lower():
        return Unsupported(
            what, f"it is not a running CPython interpreter of a version that py-spy knows, or {TOO_DEEP}"
        )
    lines = [line for line in text.splitlines() if line.strip() and "Stack backtrace" not in line]
    return Unsupported(what, lines[0] if lines else "it ended without a word")


def has_ended(pid: int) -> bool:
    """Whether there is no process ``pid`` any more, or only what its parent has not fetched yet."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


@contextlib.asynccontextmanager
async def run_py_spy(program: Sequence[str], pid: int, *arguments: str) -> AsyncIterator[PySpyProcess]:
    """Run ``program`` (how py-spy is called) with ``arguments``; whatever happens, it has ended afterwards.

    It is asked to stop with SIGINT, upon which it lets go of its target; only when it does not within three seconds
    it is killed. Raises Unsupported when it cannot be started.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *program,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        raise Unsupported("py-spy", f"{program[0]} cannot be started: {system_reason(error)}") from error
    running = PySpyProcess(process, pid)
    try:
        yield running
    finally:
        await running.end()
