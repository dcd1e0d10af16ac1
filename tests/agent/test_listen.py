"""What the system says to a listening socket becomes an error of ours."""

from __future__ import annotations

import errno
import os

import pytest

from corvo_agent.agent.listen import listen_error, parse_listen
from corvo_agent.errors import PermissionRefused, Unavailable


@pytest.mark.parametrize(
    ("number", "kind", "text"),
    [
        (errno.EACCES, PermissionRefused, "listening on 127.0.0.1:1 refused: Permission denied"),
        (errno.EADDRINUSE, Unavailable, "127.0.0.1:1 is unavailable: another process listens there already"),
        (errno.EADDRNOTAVAIL, Unavailable, "127.0.0.1:1 is unavailable: Cannot assign requested address"),
    ],
)
def test_each_refusal_is_told(number: int, kind: type[Exception], text: str) -> None:
    error = listen_error(parse_listen("127.0.0.1:1"), OSError(number, os.strerror(number)))
    assert (type(error), str(error)) == (kind, text)
