"""Functions and coroutine functions as commands."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import Any

from .failures import reader_is_gone
from .interrupts import run_in_loop


def asynchronous(command: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Any]:
    """Makes a coroutine function a command."""

    @functools.wraps(command)
    def run(*arguments: Any, **given: Any) -> Any:
        return run_in_loop(command(*arguments, **given))

    return quiet_at_broken_pipe(run)


def quiet_at_broken_pipe(command: Callable[..., Any]) -> Callable[..., Any]:
    """Ends the command quietly when the program that reads its output closes the pipe."""

    @functools.wraps(command)
    def run(*arguments: Any, **given: Any) -> Any:
        try:
            return command(*arguments, **given)
        except BrokenPipeError:
            # Caught before click, which would report it as a failure.
            return reader_is_gone()

    return run
