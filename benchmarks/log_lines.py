"""Log lines as a busy service writes them, and files of any size full of them."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import orjson

_BLOCK = 1 << 20


def line(number: int, draw: random.Random) -> dict[str, object]:
    """One record of ten fields; ``source`` and ``@timestamp``, added on reading, make twelve."""
    return {
        "level": draw.choice(("info", "info", "info", "debug", "warn", "error", "audit")),
        "ts": f"2026-11-23T04:{number // 60 % 60:02}:{number % 60:02}.{draw.randrange(10**9):09}Z",
        "module": "pen-demo",
        "caller": f"svc_{draw.choice(('diagnostics', 'config', 'events'))}.go:{draw.randrange(900)}",
        "pid": "25495",
        "service": "DiagnosticsV1",
        "method": draw.choice(("AutoGetModule", "AutoWatchModule", "Debug")),
        "result": "Success",
        "duration": f"{draw.randrange(1, 99999) / 1000}µs",
        "msg": "request served, " + " ".join(f"key{each}={draw.randrange(1 << 30)}" for each in range(8)),
    }


def records(count: int) -> list[dict[str, str]]:
    """``count`` records as a Log answer holds them: twelve fields, all text."""
    draw = random.Random(1)
    made = []
    for number in range(count):
        record = {key: str(value) for key, value in line(number, draw).items()}
        made.append({**record, "source": "/var/log/pen-demo.log", "@timestamp": record["ts"][:23] + "Z"})
    return made


def write_file(path: Path, size: int) -> None:
    """Fill ``path`` with about ``size`` bytes of lines. A block of them is made once and written again and again."""
    draw = random.Random(2)
    block = bytearray()
    for number in itertools.count():
        if len(block) >= _BLOCK:
            break
        block += orjson.dumps(line(number, draw)) + b"\n"
    with path.open("wb") as file:
        for _ in range(size // len(block)):
            file.write(block)
