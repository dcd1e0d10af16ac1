"""Programs run as another user; only root can do that, so tests that do need it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

NOBODY = "65534"


def as_nobody() -> Sequence[str]:
    """How to run a program as another user, who may use files of root: this clone and its interpreter."""
    return as_user(NOBODY, "+dac_override")


def as_user(uid: str, *capabilities: str) -> Sequence[str]:
    """How to run a program as the user ``uid``, who may read files of root, and has these capabilities besides."""
    setpriv = shutil.which("setpriv")
    assert setpriv is not None, "setpriv of util-linux is not on PATH"
    # It opens no socket that belongs to others: that takes the right to write.
    held = ",".join(("+dac_read_search", *capabilities))
    return (setpriv, "--reuid", uid, "--regid", uid, "--clear-groups", "--inh-caps", held, "--ambient-caps", held)
