"""What a handler of ``logging`` stops, and those that stand behind it: a queue's listener, a buffer's target."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .filter import LiveFilter

if TYPE_CHECKING:
    from logging.handlers import MemoryHandler, QueueHandler, QueueListener

# Handlers behind handlers that are looked at; a chain that goes on is a circle.
_DEEPEST = 5


def handler_blockers(handler: logging.Handler, where: str, wanted: int, deep: int = 0) -> Iterator[str]:
    """What of lines from ``wanted`` on the ``handler`` of ``where`` does not write; ``deep`` counts those before it."""
    text = f"{type(handler).__name__} of {where}"
    # Whatever stands behind another handler is called without a look at its level; a listener sees to it itself.
    if not deep and handler.level > wanted:
        yield f"{text} takes nothing below {logging.getLevelName(handler.level)}"
    yield from filter_blockers(handler, text)
    # A service whose handlers are none of these has not imported them; it is not to pay for pickle and sockets.
    if deep >= _DEEPEST or "logging.handlers" not in sys.modules:
        return
    from logging.handlers import MemoryHandler, QueueHandler

    if isinstance(handler, QueueHandler):
        yield from _behind_queue(handler, text, wanted, deep)
    elif isinstance(handler, MemoryHandler):
        yield from _behind_buffer(handler, text, wanted, deep)


def filter_blockers(filterer: logging.Filterer, where: str) -> Iterator[str]:
    """The filters of a logger or a handler that may stop lines; what they do cannot be asked without calling them."""
    for each in filterer.filters:
        kind = type(each)
        if kind is LiveFilter:
            continue
        if kind is logging.Filter:
            if name := getattr(each, "name", ""):
                yield f"a filter of {where} lets only lines of {name} pass"
            continue
        shown = getattr(each, "__qualname__", None) or kind.__qualname__
        yield f"the filter {shown} of {where} may stop lines"


def _behind_queue(handler: QueueHandler, text: str, wanted: int, deep: int) -> Iterator[str]:
    listener = _listener_of(handler)
    if listener is None:
        yield f"{text} puts lines into a queue that no running listener takes from"
        return
    for target in listener.handlers:
        if listener.respect_handler_level and target.level > wanted:
            shown = logging.getLevelName(target.level)
            yield f"{type(target).__name__} behind {text} takes nothing below {shown}"
        yield from handler_blockers(target, f"the queue of {text}", wanted, deep + 1)


def _listener_of(handler: QueueHandler) -> QueueListener | None:
    """The running listener on the handler's queue: the target of a thread, known to no handler before Python 3.12."""
    from logging.handlers import QueueListener

    for thread in threading.enumerate():
        found: Any = getattr(getattr(thread, "_target", None), "__self__", None)
        if isinstance(found, QueueListener) and found.queue is handler.queue:
            return found
    return None


def _behind_buffer(handler: MemoryHandler, text: str, wanted: int, deep: int) -> Iterator[str]:
    if handler.target is None:
        yield f"{text} has no target: what it holds is dropped"
        return
    if handler.flushLevel > wanted:
        until = f"there are {handler.capacity}, or one of {logging.getLevelName(handler.flushLevel)}"
        yield f"{text} holds lines back until {until}"
    yield from handler_blockers(handler.target, f"the buffer of {text}", wanted, deep + 1)
