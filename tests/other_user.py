"""Programs run as another user; only root can do that, so tests that do need it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

NOBODY = "65534"


def as_nobody() -> Sequence[str]:
    """How to run a program as another user, who may read files of root: this clone and its interpreter."""
    setpriv = shutil.which("setpriv")
    assert setpriv is not None, "setpriv of util-linux is not on PATH"
    reading = ("--inh-caps", "+dac_override", "--ambient-caps", "+dac_override")
    return (setpriv, "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", *reading)
