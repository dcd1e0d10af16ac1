"""A service with an agent, in a process of its own. Each line on its standard input is a question: how is it?

It answers in one line of JSON: the level in force, the number that came with it, and how many tasks it has.
"""

from __future__ import annotations

import asyncio
import json
import logging
import logging.handlers
import os
import sys
from pathlib import Path

from corvo_agent.agent.agent import Agent
from corvo_agent.agent.options import AgentOptions
from corvo_agent.logs.writing.formatter import JsonFormatter
from corvo_agent.modules.etcd.options import EtcdOptions
from corvo_agent.modules.etcd.store import EtcdStore

OPTIONS = AgentOptions(check_interval=3.0, lease_ttl=6.0, level_scope="all")
_LEVELS = {logging.DEBUG: "Debug", logging.INFO: "Info", logging.WARNING: "Warn", logging.ERROR: "Error"}
_log = logging.getLogger("billing")


def level_in_force() -> str:
    """The lowest level of which this service writes lines."""
    return next((name for number, name in _LEVELS.items() if _log.isEnabledFor(number)), "None")


async def write_lines(agent: Agent) -> None:
    """Work that is logged."""
    number = 0
    while agent.address:
        for level in _LEVELS:
            _log.log(level, "line %d", number)
        number += 1
        await asyncio.sleep(0.1)


async def serve(name: str, urls: str, folder: Path, files: dict[str, str]) -> None:
    """Run until the standard input ends."""
    log_file = folder / f"{name}.log"
    handler = logging.handlers.WatchedFileHandler(log_file)
    handler.setFormatter(JsonFormatter(name))
    _log.addHandler(handler)
    _log.propagate = False
    loop = asyncio.get_running_loop()
    questions = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(questions), sys.stdin)
    store = EtcdStore(EtcdOptions.from_urls(urls, **files))
    async with Agent("billing", name=name, store=store, log_file=str(log_file), options=OPTIONS) as agent:
        writing = asyncio.create_task(write_lines(agent))
        while await questions.readline():
            module = None if agent.watcher is None else agent.watcher.module
            said = {
                "level": level_in_force(),
                "number": int(module.spec.args[0]) if module is not None and module.spec.args else 0,
                "tasks": len(asyncio.all_tasks()),
            }
            os.write(sys.stdout.fileno(), json.dumps(said).encode() + b"\n")
        writing.cancel()
        await asyncio.wait({writing})


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(serve(sys.argv[1], sys.argv[2], Path(sys.argv[3]), json.loads(sys.argv[4])))
