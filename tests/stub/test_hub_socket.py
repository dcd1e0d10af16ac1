"""A connection to a hub whose number the host has given to something of its own leaves that alone."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from corvo_agent.stub.hub_socket import HubSocket
from tests.stub.kit import PATIENCE, runtime_folder


class Ends:
    """Both ends of a connection, and a pair of sockets of the host's."""

    def __init__(self, folder: Path) -> None:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(folder / "hub"))
            listener.listen()
            self.ours = HubSocket(str(folder / "hub"), PATIENCE)
            self.hub, _ = listener.accept()
        self.number = self.ours.descriptor.number
        self.host = socket.socketpair()

    def give_number_away(self) -> None:
        """Let the host's socket have the number."""
        os.dup2(self.host[0].fileno(), self.number)


@pytest.fixture
def ends() -> Iterator[Ends]:
    with runtime_folder() as folder:
        made = Ends(folder)
        yield made
        made.ours.close()
        for each in (made.hub, *made.host):
            each.close()


def test_it_carries_both_ways_until_one_hangs_up(ends: Ends) -> None:
    ends.ours.send(b"hello")
    assert ends.hub.recv(10) == b"hello"
    with pytest.raises(TimeoutError):
        ends.ours.receive(0.001)
    ends.hub.sendall(b"welcome")
    assert ends.ours.receive(PATIENCE) == b"welcome"
    ends.ours.hang_up()
    assert ends.ours.receive(PATIENCE) == b""


def test_it_does_nothing_to_what_the_host_has_in_its_place(ends: Ends) -> None:
    ends.give_number_away()
    ends.host[1].sendall(b"the host's")
    with pytest.raises(ConnectionAbortedError):
        ends.ours.send(b"hello")
    with pytest.raises(ConnectionAbortedError):
        ends.ours.receive(PATIENCE)
    ends.ours.hang_up()
    ends.ours.close()
    assert ends.host[0].recv(20) == b"the host's"
    os.write(ends.number, b"answer")
    assert ends.host[1].recv(20) == b"answer"
    os.close(ends.number)


def test_what_comes_for_the_host_is_not_taken_by_one_that_waits(ends: Ends) -> None:
    waits = threading.Event()
    outcome: list[type[OSError]] = []

    def wait() -> None:
        while not outcome:
            try:
                ends.ours.receive(0.01)
            except TimeoutError:
                waits.set()
            except OSError as error:
                outcome.append(type(error))

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert waits.wait(PATIENCE)
    ends.give_number_away()
    ends.host[1].sendall(b"the host's")
    waiting.join(PATIENCE)
    assert outcome == [ConnectionAbortedError]
    assert ends.host[0].recv(20) == b"the host's"
    ends.ours.close()
    os.close(ends.number)
