"""What a service manager is told, and that one which is not there, or does not read, holds nothing up."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from corvo_agent.survival.service_manager import ServiceManager


def test_it_hears_of_the_start_and_the_end(tmp_path: Path) -> None:
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(path)
        manager = ServiceManager({"NOTIFY_SOCKET": path})
        assert manager.present
        manager.ready("serving")
        manager.stopping()
        assert [listening.recv(100) for _ in range(2)] == [b"READY=1\nSTATUS=serving", b"STOPPING=1"]


async def test_without_one_nothing_is_told() -> None:
    manager = ServiceManager({})
    assert not manager.present
    manager.ready("serving")
    await manager.keep_alive()


@pytest.mark.parametrize(
    ("environment", "patience"),
    [
        ({"WATCHDOG_USEC": "1500000"}, 1.5),
        ({"WATCHDOG_USEC": "1500000", "WATCHDOG_PID": str(os.getpid())}, 1.5),
        ({"WATCHDOG_USEC": "1500000", "WATCHDOG_PID": "1"}, 0.0),
        ({"WATCHDOG_USEC": "often"}, 0.0),
        ({}, 0.0),
    ],
)
def test_how_often_it_wants_to_hear(environment: dict[str, str], patience: float) -> None:
    assert ServiceManager({"NOTIFY_SOCKET": "/run/notify", **environment}).patience == patience
    # Nothing is to be told to one that has no socket.
    assert ServiceManager(environment).patience == 0


def test_one_that_is_gone_or_full_is_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    manager = ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "none")})
    manager.ready("serving")
    manager.stopping()
    assert len(caplog.records) == 1
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(path)
        full = ServiceManager({"NOTIFY_SOCKET": path})
        while len(caplog.records) == 1:
            full.ready("x" * 1000)
