"""The agent of a process is told by the environment what an agent beside one is told by its command line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from corvo_agent.agent.build_inside import build_inside, gathered
from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.errors import ConfigError
from corvo_agent.levels.level import Level


def test_it_is_told_by_variables_and_their_file(tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text('node = "node1"\ndefault-level = "Warn"\n')
    told = {"CORVO_MODULE": "shop", "CORVO_CONFIG": str(tmp_path / "shop.toml"), "CORVO_LISTEN": "127.0.0.1:0"}
    agent = build_inside(told, "all")
    assert (agent.name, agent.options.default_level, agent.options.level_scope) == ("node1-shop", Level.WARN, "all")


@pytest.mark.parametrize("variable", ["CORVO_PID", "CORVO_PID_FILE", "CORVO_MATCH", "CORVO_GO_PPROF"])
def test_what_chooses_a_foreign_process_is_refused(variable: str) -> None:
    with pytest.raises(ConfigError, match="lives inside"):
        gathered({"CORVO_MODULE": "shop", variable: "1"})


async def test_the_log_may_be_one_per_process(tmp_path: Path) -> None:
    (tmp_path / f"{os.getpid()}.log").write_text('{"level":"info","msg":"mine"}\n')
    (tmp_path / "1.log").write_text('{"level":"info","msg":"theirs"}\n')
    agent = build_inside({"CORVO_MODULE": "shop", "CORVO_LOG_FILE": str(tmp_path / "{pid}.log")}, "app")
    async with agent, DiagnosticsClient(agent.address) as client:
        assert [line["msg"] for line in await client.logs()] == ["mine"]
