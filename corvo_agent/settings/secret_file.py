"""Secrets that lie in files of their own, where neither ``ps`` nor the environment shows them."""

from __future__ import annotations

from pathlib import Path

from ..errors import ConfigError, system_reason


def read_secret(path: str, what: str) -> str:
    """The first line of the file ``path``, "" for no path. Blocks on the disk. Raises ConfigError naming ``what``."""
    if not path:
        return ""
    try:
        return Path(path).read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except OSError as error:
        raise ConfigError(what, path, system_reason(error)) from error
    except UnicodeDecodeError:
        # The reason would quote the content.
        raise ConfigError(what, path, "is not UTF-8") from None
