"""A folder that only the two can open, and nothing of it afterwards."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from corvo_agent.errors import NotFound
from corvo_agent.sidecar.injection.meeting_place import MeetingPlace


def test_script_and_socket_are_there_for_the_process_s_user_alone_and_are_gone_afterwards() -> None:
    with MeetingPlace(os.getpid()) as place:
        place.write_script("pass")
        folder = Path(place.script_path).parent
        modes = [stat.S_IMODE(os.stat(each).st_mode) for each in (folder, place.script_path, place.socket_path)]
        assert modes == [0o700, 0o400, 0o600]
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(place.socket_path)
            connection, _ = place.listener.accept()
            assert place.is_expected(connection)
            connection.close()
    assert not folder.exists()


def test_a_process_that_has_ended_is_not_found() -> None:
    with pytest.raises(NotFound), MeetingPlace(4194305):
        pass
