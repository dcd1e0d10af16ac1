"""Levels by command: runs a program, without a shell, bounded in time and in what it may print."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence

from ...errors import (
    ConfigError,
    DeadlineExceeded,
    NotFound,
    PermissionRefused,
    RemoteError,
    Unavailable,
    system_reason,
)
from ...levels.level import Level
from .hidden import Hidden, secrets_of_arguments
from .protocol import LEVEL_NAMES, LevelChange, placeholders
from .template import HookTemplate

#: Bytes of output that are kept for the error text; the rest is read and thrown away.
MAX_OUTPUT = 4096
# Seconds for output that is still in the pipe when the program has ended, and for a killed program to be gone.
_OUTPUT_GRACE = 0.2
_KILL_GRACE = 2.0


class ExecHook:
    """Runs ``argv``, each of its words a template, and takes exit status 0 for success.

    The program gets no input. After ``timeout`` seconds, or when the call is cancelled, it is killed together with
    whatever it started and left in its process group. Raises ConfigError for an empty ``argv``, a program name with a
    placeholder in it, and unknown placeholders.
    """

    def __init__(self, argv: Sequence[str], *, timeout: float = 10.0, names: Mapping[Level, str] = LEVEL_NAMES) -> None:
        self._argv = [HookTemplate(word, "command of the level hook") for word in argv]
        if not self._argv or self._argv[0].names:
            raise ConfigError("command of the level hook", " ".join(argv), "it has to begin with a program")
        self._timeout = timeout
        self._names = names
        self._hidden = Hidden(secrets_of_arguments(argv))

    @property
    def name(self) -> str:
        """The program; its arguments may hold secrets."""
        return f"exec {self._argv[0].text}"

    @property
    def knows_loggers(self) -> bool:
        """Whether an argument has the logger in it."""
        return any("logger" in word.names for word in self._argv)

    async def set_level(self, change: LevelChange) -> None:
        """Run the program.

        Raises NotFound and PermissionRefused when it cannot be started, RemoteError with the end of its output when
        it fails, DeadlineExceeded when it takes too long.
        """
        values = placeholders(change, self._names)
        argv = [word.fill(values) for word in self._argv]
        async with _captured() as (tail, descriptor):
            process = await _start(argv, descriptor)
            try:
                async with asyncio.timeout(self._timeout):
                    status = await process.wait()
            # Also when this is cancelled: a program that hangs must not outlive its call.
            except BaseException as error:
                await _kill(process)
                if isinstance(error, TimeoutError):
                    raise DeadlineExceeded(argv[0], self._timeout) from None
                raise
            output = await tail.text()
        if status != 0:
            raise RemoteError(argv[0], f"status {status}", self._hidden(output))


class _Tail(asyncio.Protocol):
    """Reads everything that is printed, so that the program never waits for us, and keeps the end of it."""

    def __init__(self) -> None:
        self._kept = b""
        self._ended = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        """Keep the end of what there is now."""
        # The end is where programs say why they failed.
        self._kept = (self._kept + data)[-MAX_OUTPUT:]

    def connection_lost(self, exc: Exception | None) -> None:
        """Every writer has closed its end."""
        self._ended.set()

    async def text(self) -> str:
        """What was printed last, once the program has ended; what it left running may still have the other end."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_OUTPUT_GRACE):
                await self._ended.wait()
        return self._kept.decode(errors="replace").strip()


@contextlib.asynccontextmanager
async def _captured() -> AsyncIterator[tuple[_Tail, int]]:
    """A pipe whose one end is read into a _Tail; the other end, for the program, is closed by ``_start``."""
    reader, writer = os.pipe()
    file, tail = os.fdopen(reader, "rb", buffering=0), _Tail()
    try:
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: tail, file)
    except BaseException:
        file.close()
        os.close(writer)
        raise
    try:
        yield tail, writer
    finally:
        transport.close()


async def _start(argv: list[str], output: int) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            # A session of its own, so that what it starts can be killed together with it.
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    except FileNotFoundError:
        raise NotFound("program", argv[0]) from None
    except PermissionError as error:
        raise PermissionRefused(f"running {argv[0]}", system_reason(error)) from error
    except OSError as error:
        raise Unavailable(argv[0], system_reason(error)) from error
    finally:
        os.close(output)


async def _kill(process: asyncio.subprocess.Process) -> None:
    """Kill the program and its group, and see it gone; one that even that does not end is left to the system."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_KILL_GRACE):
            await process.wait()
