"""Functions and coroutine functions as commands."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any

from .failures import nobody_reads


def asynchronous(command: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Any]:
    """Makes a coroutine function a command."""

    @functools.wraps(command)
    def run(*arguments: Any, **given: Any) -> Any:
        return asyncio.run(command(*arguments, **given))

    return quiet_at_broken_pipe(run)


def quiet_at_broken_pipe(command: Callable[..., Any]) -> Callable[..., Any]:
    """Ends quietly when the reader of the output has seen enough."""

    @functools.wraps(command)
    def run(*arguments: Any, **given: Any) -> Any:
        try:
            return command(*arguments, **given)
        except BrokenPipeError:
            # Before click sees it, which would make a failure of it.
            return nobody_reads()

    return run
