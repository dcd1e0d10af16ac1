"""Profiles as the command line takes them: with a bar on a terminal while they are measured."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any

import orjson

from ...errors import DecodeError
from ...profiles.pprof.model import Profile
from ..show.output import note

# Seconds after which a progress bar appears.
_SHORT = 0.4
GZIP = b"\x1f\x8b"


async def with_progress(
    asked: Coroutine[Any, Any, bytes], seconds: float | None, text: str, *, alone: bool = True
) -> bytes:
    """What ``asked`` answers; meanwhile a terminal sees on stderr how far it is, of ``seconds`` if it takes so long.

    One of several, not ``alone``, shows nothing: a bar for all of them is there.

    Raises what ``asked`` raises; cancelling it cancels ``asked``.
    """
    work = asyncio.ensure_future(asked)
    try:
        if alone and sys.stderr.isatty():
            await asyncio.wait({work}, timeout=_SHORT)
            if not work.done():
                await _progress(work, seconds, text)
        return await work
    finally:
        work.cancel()
        # Waited for here: the connection that closes next would make it fail with an error that hides the first one.
        await asyncio.gather(work, return_exceptions=True)


async def _progress(work: asyncio.Future[bytes], seconds: float | None, text: str) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[state]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(text, total=seconds, state="")
        loop = asyncio.get_running_loop()
        began = loop.time() - _SHORT
        while not work.done():
            lasted = loop.time() - began
            if seconds is None:
                state = f"{lasted:.0f} s"
            else:
                state = f"{seconds - lasted:.0f} s left" if lasted < seconds else "waiting for the answer"
            progress.update(bar, completed=lasted, state=state)
            await asyncio.wait({work}, timeout=0.1)


def trace_notes(buffer: bytes) -> list[str]:
    """What a trace, in Chrome's JSON, says of its making; nothing for an answer of another form."""
    try:
        about = orjson.loads(buffer)["otherData"]
        dropped, notes = int(about["dropped_events"]), [str(each) for each in about["notes"]]
    except (ValueError, KeyError, TypeError):
        return []
    return [*notes, *([f"{dropped} later events are left out"] if dropped else [])]


def read_profile(buffer: bytes) -> Profile | None:
    """The profile in an answer; None, and a word on stderr, for a broken one; None for an answer of another form."""
    # Late: --help does not need it.
    from ...profiles.pprof.reader import decode

    try:
        return decode(buffer) if buffer.startswith(GZIP) else None
    except DecodeError as error:
        note(f"its functions cannot be shown: {error}")
        return None
