"""The program on a real terminal, as a process of its own."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator, Sequence

from tests.profiles.spawn import until

CORVO = (sys.executable, "-m", "corvo_agent")


class Terminal:
    """A terminal, and the program on it."""

    def __init__(self, process: subprocess.Popen[bytes], master: int) -> None:
        self.process = process
        self._master = master
        self._shown = bytearray()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def text(self) -> str:
        """Everything that was shown so far, control sequences included."""
        return bytes(self._shown).decode(errors="replace")

    async def wait_for(self, text: str, start: int = 0) -> int:
        """Wait until ``text`` is shown after the first ``start`` characters; where it ends."""
        await until(lambda: text in self.text[start:] or self.process.poll() is not None)
        assert text in self.text[start:], self.text[-2000:]
        return self.text.index(text, start) + len(text)

    def press(self, keys: bytes) -> None:
        """Send key strokes."""
        os.write(self._master, keys)

    async def ended(self) -> int:
        """Wait for the end of the program and of what it shows; its exit code."""
        await until(lambda: self.process.poll() is not None and not self._reader.is_alive())
        return self.process.returncode

    def _read(self) -> None:
        # Linux says EIO when the other end is closed.
        with contextlib.suppress(OSError):
            while piece := os.read(self._master, 65536):
                self._shown += piece


@contextlib.contextmanager
def on_terminal(
    *arguments: str, program: Sequence[str] = CORVO, columns: int = 100, lines: int = 30, no_color: bool = False
) -> Iterator[Terminal]:
    """``program`` with ``arguments`` on a terminal that it is the first process of, so that Ctrl-C reaches it."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    environment = {key: value for key, value in os.environ.items() if not key.startswith("CORVO_")}
    environment |= {"TERM": "xterm-256color"}
    for name in ("COLUMNS", "LINES", "NO_COLOR"):
        environment.pop(name, None)
    if no_color:
        environment["NO_COLOR"] = "1"

    def take_terminal() -> None:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    process = subprocess.Popen(
        [*program, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=environment, preexec_fn=take_terminal
    )
    os.close(theirs)
    with process:
        terminal = Terminal(process, ours)
        try:
            yield terminal
        finally:
            process.kill()
            process.wait()
            terminal._reader.join(10)
            os.close(ours)
