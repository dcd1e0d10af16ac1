"""The TOML file of settings: one table that serves every program, keys are the names of options."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Any

from ..errors import ConfigError, system_reason


def read_toml(path: str) -> dict[str, Any]:
    """The table in the TOML file ``path``. Blocks on the disk. Raises ConfigError."""
    # Late: most runs read no file.
    import tomllib

    try:
        # Some editors put a byte order mark in front, which is no TOML.
        return tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError("config", path, system_reason(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError("config", path, f"not TOML: {error}") from error


def check_keys(keys: Iterable[str], own: Collection[str], others: Callable[[], Collection[str]], path: str) -> None:
    """Refuse a key that is no setting of any program; the suggestion is one of them.

    ``own`` are the keys of the program that reads the file ``path``. ``others`` gives those of all programs, and is
    asked only when a key is not ``own``. Raises ConfigError naming the key.
    """
    for key in keys:
        if key not in own and key not in (every := others()):
            # Late: there rarely is one.
            import difflib

            close = difflib.get_close_matches(key, [*own, *every], 3)
            raise ConfigError(f"{path}: {key}", None, "unknown key", tuple(dict.fromkeys(close)) or tuple(own))
