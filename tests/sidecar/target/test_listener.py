"""A target is found by where it listens."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from corvo_agent.sidecar.target.listener import target_of_url
from corvo_agent.sidecar.target.process import process_identity


@pytest.fixture
def port() -> Iterator[int]:
    """A port that this process listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_the_process_behind_a_url_of_this_machine(host: str, port: int) -> None:
    find = target_of_url(f"http://{host}:{port}/debug/pprof/")
    assert find is not None
    assert find() == process_identity(os.getpid())


def test_a_connection_to_the_port_is_no_listener(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        find = target_of_url(f"http://127.0.0.1:{connection.getsockname()[1]}")
        assert find is not None
        assert find() is None


@pytest.mark.parametrize(
    "url", ["http://192.0.2.1:6060", "http://elsewhere:6060", "ftp://127.0.0.1", "http://127.0.0.1:x"]
)
def test_a_url_of_another_machine_tells_of_no_process(url: str) -> None:
    assert target_of_url(url) is None


def test_without_a_port_it_is_that_of_the_scheme() -> None:
    assert target_of_url("http://127.0.0.1") is not None
