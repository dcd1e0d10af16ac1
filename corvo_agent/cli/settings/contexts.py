"""The file of a person's own settings, and the contexts in it: names for the places where to look.

::

    context = "prod"                # the one that counts; corvo context use NAME writes it
    timeout = "10s"                 # for all contexts

    [contexts.prod]
    gateway = "https://corvo.example"
    gateway-token-file = "~/.config/corvo/prod.token"

    [contexts.lab]
    etcd = "http://127.0.0.1:2379"

Keys are those of the file of ``--config``. The file is ``corvo/config.toml`` in ``$XDG_CONFIG_HOME``, which is
``~/.config`` unless set (XDG Base Directory Specification).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import ConfigError, system_reason
from ...settings.toml_file import read_toml
from ...settings.toml_text import quoted
from ..whole_file import write_whole

CONTEXT, CONTEXTS = "context", "contexts"
_CHOSEN = re.compile(rf"^{CONTEXT}[ \t]*=.*$", re.MULTILINE)
_NAME = re.compile(r"[\w.-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Contexts:
    """What the file ``path`` holds: ``common`` settings, those of each context by name, and which one is ``chosen``."""

    path: Path
    common: Mapping[str, Any] = field(default_factory=dict)
    named: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    chosen: str = ""

    def settings(self, name: str = "") -> dict[str, Any]:
        """The settings of the context ``name``, of the chosen one unless given, before the common ones.

        A value that begins with ``~/`` is a file of the person's home, as a shell would have it. Raises ConfigError for
        a context that is not in the file.
        """
        name = name or self.chosen
        if name and name not in self.named:
            raise ConfigError("context", name, f"not in {self.path}", tuple(self.named))
        settings = {**self.common, **self.named.get(name, {})}
        return {key: _at_home(value) for key, value in settings.items()}


def contexts_path() -> Path:
    """Where the file is, whether or not it exists."""
    home = os.environ.get("XDG_CONFIG_HOME", "")
    # The specification has what is not absolute ignored.
    return (Path(home) if os.path.isabs(home) else Path.home() / ".config") / "corvo" / "config.toml"


def read_contexts(path: Path | None = None) -> Contexts:
    """What the file holds, nothing where there is none. Blocks on the disk. Raises ConfigError for a wrong one."""
    path = path or contexts_path()
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return Contexts(path)
    except OSError as error:
        raise _unread(path, error) from error
    try:
        table = read_toml(str(path))
    except ConfigError as error:
        if isinstance(error.__cause__, OSError):
            raise _unread(path, error.__cause__) from error
        raise
    chosen, named = table.pop(CONTEXT, ""), table.pop(CONTEXTS, {})
    if not isinstance(chosen, str):
        raise ConfigError(f"{path}: {CONTEXT}", chosen, "must be the name of a context")
    if not isinstance(named, dict) or not all(isinstance(each, dict) for each in named.values()):
        raise ConfigError(f"{path}: {CONTEXTS}", None, f"must be tables: [{CONTEXTS}.NAME]")
    return Contexts(path, table, named, chosen)


def _unread(path: Path, error: OSError) -> ConfigError:
    reason = system_reason(error)
    text = f"{reason}; every command reads it unless --config FILE, or CORVO_CONFIG, names another (/dev/null: none)"
    return ConfigError(str(path), None, text)


def choose_context(name: str, path: Path | None = None) -> Path:
    """Write into the file that the context ``name`` counts; all else in it stays as it is. The file.

    Blocks on the disk. Raises ConfigError for a context that is not in the file.
    """
    contexts = read_contexts(path)
    contexts.settings(name)
    text = contexts.path.read_text("utf-8")
    line = f'{CONTEXT} = "{name}"'
    # Only above the first table is it a key of the file itself.
    head = re.match(r"(?:(?!^[ \t]*\[).*\n?)*?(?=^[ \t]*\[|\Z)", text, re.MULTILINE)
    end = head.end() if head else 0
    before, after = text[:end], text[end:]
    before = _CHOSEN.sub(lambda _: line, before, count=1) if _CHOSEN.search(before) else f"{line}\n{before}"
    write_whole(contexts.path, (before + after).encode())
    return contexts.path


def add_context(name: str, settings: Mapping[str, str], path: Path | None = None) -> Path:
    """Add the context ``name`` with ``settings``, which are texts, to the file, and make it the one that counts.

    The file is made with mode 0600 where there is none. Blocks on the disk. Raises ConfigError for a name that is taken
    or no name.
    """
    contexts = read_contexts(path)
    if not _NAME.fullmatch(name):
        raise ConfigError("context", name, "a name has letters, digits, dots, dashes and underscores only")
    if name in contexts.named:
        raise ConfigError("context", name, f"is in {contexts.path} already: edit it there")
    text = contexts.path.read_text("utf-8") if contexts.path.exists() else ""
    lines = "".join(f"{key} = {quoted(value)}\n" for key, value in settings.items())
    contexts.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    gap = "\n" if text else ""
    write_whole(contexts.path, f'{text}{gap}[{CONTEXTS}."{name}"]\n{lines}'.encode())
    return choose_context(name, contexts.path)


def _at_home(value: Any) -> Any:
    return os.path.expanduser(value) if isinstance(value, str) and value.startswith("~/") else value
