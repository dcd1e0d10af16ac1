"""Programs that write logs in processes of their own, as services and their rotation do."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

#: Writes numbered lines as fast as it can and renames the file now and then: path, lines, rotations.
RENAMING = """
import os, sys
path, lines, rotations = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
each, number = lines // (rotations + 1), 0
for rotation in range(rotations + 1):
    last = lines if rotation == rotations else number + each
    with open(path, "ab", buffering=1 << 16) as file:
        while number < last:
            file.write(b'{"level":"info","n":"%d"}\\n' % number)
            number += 1
    if rotation < rotations:
        for age in range(rotation, 0, -1):
            os.rename(f"{path}.{age}", f"{path}.{age + 1}")
        os.rename(path, path + ".1")
"""

#: Logs numbered lines with the standard library: path, lines, "size" or "time".
ROTATING = """
import logging, logging.handlers, sys, time
from corvo_agent.logs import JsonFormatter
path, lines, kind = sys.argv[1], int(sys.argv[2]), sys.argv[3]
if kind == "size":
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=200_000, backupCount=100)
else:
    handler = logging.handlers.TimedRotatingFileHandler(path, when="S", backupCount=100)
handler.setFormatter(JsonFormatter("pen-demo"))
logger = logging.getLogger("demo")
logger.setLevel(logging.INFO)
logger.addHandler(handler)
for number in range(lines):
    logger.info("", extra={"n": str(number)})
    if kind == "time" and number % (lines // 12) == 0:
        time.sleep(0.1)  # it rotates once a second at most
handler.close()
"""

#: Logs numbered lines until it is told to stop on its input; opens its file anew when told to: path. Each time it says
#: then how many lines it has written. 5000 a second at most: a reader on a busy machine must not fall behind for ever.
REOPENING = """
import os, select, sys
path, number = sys.argv[1], 0
file = open(path, "ab", buffering=0)
while True:
    for _ in range(50):
        file.write(b'{"level":"info","n":"%d","pad":"%s"}\\n' % (number, b"p" * 60))
        number += 1
    ready, _, _ = select.select([0], [], [], 0.01)
    if ready:
        word = os.read(0, 1)
        if word == b"r":
            file.close()
            file = open(path, "ab", buffering=0)
        print(number, flush=True)
        if word == b"s":
            break
"""


@asynccontextmanager
async def writer(program: str, path: Path, *arguments: object) -> AsyncIterator[Process]:
    """A process that runs ``program``; ended on exit, however that comes."""
    command = (sys.executable, "-c", program, str(path), *map(str, arguments))
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
