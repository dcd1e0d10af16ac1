"""A service that was not prepared: a loop with tasks, a logger, a thread, and what it has of anything on request.

Run by Pythons that have no corvo_agent. A line on its standard input is a question: ``state``, or ``run PATH``, which
runs a script as the interpreter does when a debugger asks it to.
"""

import asyncio
import gc
import json
import logging
import os
import sys
import threading
import tracemalloc
import types

LOGGER = logging.getLogger("shop")
DEBUG_LINES = 0
KEPT: "list[bytearray]" = []


class Counter(logging.Handler):
    """Counts lines at Debug."""

    def emit(self, record: logging.LogRecord) -> None:
        global DEBUG_LINES
        DEBUG_LINES += record.levelno == logging.DEBUG


def is_corvo_s(each: object) -> bool:
    if not isinstance(each, types.FunctionType):
        return False
    file = each.__code__.co_filename
    # The interpreter never forgets what it is to call around a fork.
    return file.startswith("<frozen corvo_agent.") and not file.endswith(".forks>")


def state() -> "dict[str, object]":
    files = {}
    for number in os.listdir("/proc/self/fd"):
        try:
            files[number] = os.readlink("/proc/self/fd/" + number)
        except OSError:
            pass  # the one that listed them
    return {
        "threads": sorted(os.listdir("/proc/self/task")),
        "names": sorted(thread.name for thread in threading.enumerate()),
        "files": files,
        "modules": sorted(name for name in sys.modules if name.startswith("corvo")),
        "finders": len(sys.meta_path),
        "levels": [logging.root.level, LOGGER.level, logging.getLevelName(60)],
        "functions": len([each for each in gc.get_objects() if is_corvo_s(each)]),
        "tracing": tracemalloc.is_tracing(),
        "interval": sys.getswitchinterval(),
        "hooks": [sys.getprofile() is None, sys.gettrace() is None],
    }


async def hold(lock: asyncio.Lock) -> None:
    async with lock:
        await asyncio.sleep(3600)


async def want(lock: asyncio.Lock) -> None:
    async with lock:
        pass


async def tick() -> None:
    while True:
        await asyncio.sleep(0.01)
        LOGGER.debug("tick")
        KEPT.append(bytearray(1000))
        del KEPT[:-1000]


async def main() -> None:
    lock = asyncio.Lock()
    tasks = [asyncio.ensure_future(each) for each in (hold(lock), want(lock), tick())]
    for task, name in zip(tasks, ("holder", "wanter", "ticker"), strict=True):
        task.set_name(name)
    loop = asyncio.get_running_loop()
    threading.Thread(target=questions, args=(loop,), name="questions", daemon=True).start()
    await asyncio.gather(*tasks)


def questions(loop: asyncio.AbstractEventLoop) -> None:
    # Not to count what a first use brings along.
    state()
    os.write(1, b"ready\n")
    for line in sys.stdin:
        question, _, argument = line.strip().partition(" ")
        if question == "run":
            with open(argument) as file:
                text = file.read()
            loop.call_soon_threadsafe(exec, compile(text, argument, "exec"), {})
        else:
            # One write: the answer of another thread may not come into it.
            os.write(1, json.dumps(dict(state(), debug=DEBUG_LINES)).encode() + b"\n")
    os._exit(0)


logging.basicConfig(handlers=[Counter()], level=logging.INFO)
asyncio.run(main())
