"""The control group of a process is read where the kernel keeps it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from corvo_agent.stats import control_group as module
from corvo_agent.stats.control_group import control_group, cpu_quota, memory_limit, own_memory_limit


def write(folder: Path, **texts: str) -> None:
    folder.mkdir(parents=True)
    for name, text in texts.items():
        (folder / name.replace("_", ".", 1)).write_text(text)


def test_one_tree_for_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ROOT", str(tmp_path))
    write(tmp_path / "system.slice/app", memory_current="4096\n", memory_max="max\n", cpu_max="50000 100000\n")
    assert control_group(1, "0::/system.slice/app\n") == {
        "Path": "/system.slice/app",
        "cpu.max": "50000 100000",
        "memory.current": "4096",
        "memory.max": "max",
    }


def test_a_tree_for_each_controller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ROOT", str(tmp_path))
    write(tmp_path / "memory/app", memory_limit_in_bytes="9\n", memory_usage_in_bytes="8\n")
    write(tmp_path / "pids/app", pids_max="7\n")
    text = "8:pids:/app\n4:memory:/app\n2:cpu,cpuacct:/app\n1:name=systemd:/a:b\n"
    expected = {"Path": "/app", "memory.usage_in_bytes": "8", "memory.limit_in_bytes": "9", "pids.max": "7"}
    assert control_group(1, text) == expected


def test_in_another_container_it_is_read_through_the_root_of_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_ROOT", str(tmp_path))
    write(tmp_path / "x", pids_max="6\n")
    (tmp_path / "pids.max").write_text("5\n")
    # The root of this process is that of the machine, so the same folder stands for that of the other container.
    assert control_group(os.getpid(), "0::/../x\n") == {"Path": "/../x", "pids.max": "5"}


@pytest.mark.parametrize(
    ("group", "processors"),
    [
        ({"cpu.max": "50000 100000"}, 0.5),
        ({"cpu.max": "max 100000"}, None),
        ({"cpu.cfs_quota_us": "250000", "cpu.cfs_period_us": "100000"}, 2.5),
        ({"cpu.cfs_quota_us": "-1", "cpu.cfs_period_us": "100000"}, None),
        ({"memory.max": "max"}, None),
        ({}, None),
    ],
)
def test_a_quota_is_read_from_either_version(group: dict[str, str], processors: float | None) -> None:
    assert cpu_quota(group) == processors


def test_the_limit_of_memory() -> None:
    assert memory_limit({"memory.max": "134217728"}) == 128 << 20
    assert memory_limit({"memory.limit_in_bytes": "4096"}) == 4096
    for no_limit in ({"memory.max": "max"}, {"memory.limit_in_bytes": "9223372036854771712"}, {}):
        assert memory_limit(no_limit) is None


def test_the_own_limit_may_stand_at_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ROOT", str(tmp_path))
    assert own_memory_limit() is None
    write(tmp_path / "memory", memory_limit_in_bytes="8192\n")
    assert own_memory_limit() == 8192
