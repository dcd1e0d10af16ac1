"""A large log file for benchmarks: a day of one service's lines, in order, with very few errors."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import orjson

DAY_START = 1_700_006_400  # seconds since the epoch: a midnight
DAY = 86_400
#: One line in so many is an error.
ERRORS = 100_000

_KINDS = 4096
_BLOCK = 1 << 20


def write_day(path: Path, size: int) -> int:
    """Fill ``path`` with about ``size`` bytes; the number of lines."""
    tails = [_tail(random.Random(number)) for number in range(_KINDS)]
    count = size // (sum(map(len, tails)) // _KINDS + len(_head(0, 0)))
    step = DAY * 10**9 // count
    block = bytearray()
    with path.open("wb") as file:
        for number in range(count):
            block += _head(number, number * step) + tails[number % _KINDS]
            if len(block) >= _BLOCK:
                file.write(block)
                block.clear()
        file.write(block)
    return count


def write_as(path: Path, size: int, make: Callable[[int, str, str], bytes]) -> int:
    """Fill ``path`` with about ``size`` bytes of a day that another program wrote; the number of lines.

    ``make`` gives the line of a time in nanoseconds since the epoch, a level and a message.
    """
    draw = random.Random(3)
    letters = "abcdefghij klmnop"
    messages = ["request served, " + "".join(draw.choices(letters, k=draw.randrange(30, 220))) for _ in range(512)]
    count = size // (sum(len(make(DAY_START * 10**9, "info", each)) for each in messages) // len(messages))
    block = bytearray()
    with path.open("wb") as file:
        for number in range(count):
            level = "error" if number % ERRORS == ERRORS // 2 else "info"
            block += make(DAY_START * 10**9 + number * (DAY * 10**9 // count), level, messages[number % len(messages)])
            if len(block) >= _BLOCK:
                file.write(block)
                block.clear()
        file.write(block)
    return count


def pino(time_ns: int, level: str, message: str) -> bytes:
    """A line of pino."""
    number = 50 if level == "error" else 30
    return f'{{"level":{number},"time":{time_ns // 10**6},"pid":7,"hostname":"node1","msg":"{message}"}}\n'.encode()


def cri(time_ns: int, level: str, message: str) -> bytes:
    """A line of JSON as a container runtime keeps it."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time_ns // 10**9))
    return f'{moment}.{time_ns % 10**9:09}Z stdout F {{"level":"{level}","msg":"{message}"}}\n'.encode()


def text(time_ns: int, level: str, message: str) -> bytes:
    """A line of Python's logging."""
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time_ns // 10**9))
    return f"{moment},{time_ns % 10**9 // 10**6:03} - app - {level.upper()} - {message}\n".encode()


def minute(number: int) -> tuple[int, int]:
    """Start and end of a minute of the day, in nanoseconds since the epoch."""
    start = (DAY_START + number * 60) * 10**9
    return start, start + 60 * 10**9


def _head(number: int, nanoseconds: int) -> bytes:
    if number % ERRORS == ERRORS // 2:
        level = b"error"
    else:
        level = (b"info", b"debug", b"info", b"warn" if number % 100 == 3 else b"info")[number % 4]
    seconds, fraction = divmod(nanoseconds, 10**9)
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(DAY_START + seconds))
    return b'{"level":"%s","ts":"%s.%09dZ",' % (level, moment.encode(), fraction)


def _tail(draw: random.Random) -> bytes:
    fields: dict[str, object] = {
        "module": "pen-spyglass",
        "caller": f"svc_{draw.choice(('diagnostics', 'config', 'events'))}_endpoints.go:{draw.randrange(999)}",
        "pid": str(draw.randrange(2, 30_000)),
        "service": "DiagnosticsV1",
        "method": draw.choice(("AutoGetModule", "AutoWatchModule", "AutoListModule")),
        "result": "Success",
        "duration": f"{draw.random() * 100:.3f}{draw.choice(('ms', 'µs'))}",
        "msg": "request served, " + "".join(draw.choices("abcdefghij klmnop", k=draw.randrange(30, 220))),
    }
    return orjson.dumps(fields)[1:] + b"\n"
