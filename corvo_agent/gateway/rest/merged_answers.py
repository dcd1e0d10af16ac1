"""The log records of many Modules as one sequence in the order of their times, held encoded until all are there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import ExitStack
from itertools import islice

import orjson

from ...diagnostics.messages.payloads import decode_logs_in_parts
from ...errors import CorvoError, DecodeError, ResourceExhausted
from ...logs.lines.merge import merge
from ..cooperative_yield import SLICE
from .fan_out import ModuleAnswer
from .limits import MAX_MERGED
from .transcode import is_logs, unreadable

# Of each Module so many are decoded at once.
_AT_ONCE = 64


async def merged_lines(answers: AsyncGenerator[list[ModuleAnswer]], *, descending: bool) -> AsyncGenerator[bytes]:
    """Lines of NDJSON: failures as they come, then the records of all ``answers`` by time, then a summary.

    What is held for the answers is taken over, and given back at the end.
    """
    counted = [0, 0]
    values: dict[str, bytes] = {}
    total = 0
    with ExitStack() as held:
        async for found in answers:
            for answer in found:
                failed, count = await asyncio.to_thread(_checked, answer) if answer.is_large else _checked(answer)
                if total + count > MAX_MERGED:
                    failed, count = _failure(answer, ResourceExhausted("log records merged by one request", MAX_MERGED))
                total += count
                counted[not failed] += 1
                if failed:
                    yield failed
                elif count and answer.payload is not None:
                    values[answer.module] = answer.payload.value
                    held.push(answer.held.pop_all())
        # Among equal times in the order of names, not of the answers.
        records = {module: _records(values[module]) for module in sorted(values)}
        values.clear()
        merged = merge(records, descending=descending)
        while part := list(islice(merged, SLICE)):
            yield b"".join([orjson.dumps({"module": module, "log": log}) + b"\n" for module, log in part])
            await asyncio.sleep(0)
    yield summary(counted)


def summary(counted: list[int]) -> bytes:
    """The last line: how many have ``counted`` failed, and answered."""
    failed, answered = counted
    return orjson.dumps({"summary": {"modules": failed + answered, "ok": answered, "failed": failed}}) + b"\n"


def _checked(answer: ModuleAnswer) -> tuple[bytes, int]:
    """The line of an answer that failed or cannot be read, and how many log records it holds."""
    if answer.payload is None or not is_logs(answer.payload):
        # What else there is has no place in an order of times.
        line = answer.line()
        return b"" if line.ok else line.text, 0
    try:
        return b"", sum(map(len, decode_logs_in_parts(answer.payload.value, _AT_ONCE)))
    except DecodeError as error:
        return _failure(answer, unreadable(error))


def _failure(answer: ModuleAnswer, error: CorvoError) -> tuple[bytes, int]:
    return ModuleAnswer(answer.module, answer.seconds, error=error).line().text, 0


def _records(value: bytes) -> Iterator[dict[str, str]]:
    for part in decode_logs_in_parts(value, _AT_ONCE):
        yield from part
