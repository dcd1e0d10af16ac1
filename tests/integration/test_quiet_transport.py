"""Looking at a service's log does not fill it with lines of the libraries that carry the look."""

from __future__ import annotations

import logging
from pathlib import Path

from corvo_agent.agent.agent import Agent
from corvo_agent.agent.options import AgentOptions
from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.levels.filter import filtered
from corvo_agent.levels.level import Level
from corvo_agent.levels.level_filter import LevelFilter
from corvo_agent.logs.writing.json_logging import configure_json_logging


async def test_a_log_at_debug_does_not_grow_by_being_read(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    options = AgentOptions(default_level=Level.DEBUG)
    with configure_json_logging("a", path=path, level=Level.DEBUG):
        async with Agent("a", node="node1", log_file=str(path), options=options) as agent:
            async with DiagnosticsClient(agent.address) as client:
                await client.logs(lines=5)
                before = path.read_bytes()
                for _ in range(5):
                    await client.logs(lines=5)
            assert path.read_bytes() == before


def test_who_wants_these_lines_names_them() -> None:
    with filtered(LevelFilter(Level.DEBUG)):
        assert not logging.getLogger("hpack.hpack").isEnabledFor(logging.DEBUG)
        assert logging.getLogger("hpack.hpack").isEnabledFor(logging.INFO)
    with filtered(LevelFilter(Level.DEBUG, {"hpack": Level.DEBUG})):
        assert logging.getLogger("hpack.hpack").isEnabledFor(logging.DEBUG)
    with filtered(LevelFilter(Level.ERROR)):
        assert not logging.getLogger("hpack.hpack").isEnabledFor(logging.INFO)
