"""What every method written on bytes does: take a message in time, give one in time, turn errors into statuses."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from grpclib.server import Stream

from ..errors import CorvoError, DeadlineExceeded
from .limits import ByteBudget, RawMessage, receive, send
from .status import grpc_error

RawStream = Stream[RawMessage, RawMessage]


@contextmanager
def as_status() -> Iterator[None]:
    """Errors of ours become the gRPC status that the caller gets."""
    try:
        yield
    except CorvoError as error:
        raise grpc_error(error) from error


async def receive_within(stream: RawStream, seconds: float, limit: int, budget: ByteBudget) -> bytes | None:
    """As ``limits.receive``; raises DeadlineExceeded when it takes longer than ``seconds``."""
    try:
        async with asyncio.timeout(seconds):
            return await receive(stream, limit, budget)
    except TimeoutError:
        raise DeadlineExceeded("the caller", seconds, "no request") from None


async def send_within(stream: RawStream, seconds: float, message: RawMessage) -> None:
    """As ``limits.send``; raises DeadlineExceeded for a caller that takes longer than ``seconds`` to take it."""
    try:
        async with asyncio.timeout(seconds):
            await send(stream, message)
    except TimeoutError:
        raise DeadlineExceeded("the caller", seconds, "its answer was not taken") from None
