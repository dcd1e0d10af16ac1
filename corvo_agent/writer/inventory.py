"""Modules from a TOML file, reread when it changes: for machines that nothing else keeps a list of.

::

    [modules.node1-billing]
    node = "node1"
    module = "billing"
    service-ports = { billing = 9010 }
"""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any

from ..clock import SYSTEM_CLOCK, Clock
from ..errors import ConfigError, CorvoError, NotFound, ResourceExhausted, system_reason
from ..modules.model import ModuleStatus, ServicePort
from ..modules.names import validate_name
from .source import Complete, Gone, Present, SourceEvent

#: The largest inventory that is read, in bytes.
MAX_BYTES = 16 * 1024 * 1024

_TEXT_KEYS = {"node": "node", "module": "module", "category": "category", "service": "service"}
_KEYS = (*_TEXT_KEYS, "service-ports")


def parse_inventory(text: str, path: str) -> dict[str, ModuleStatus]:
    """Module names and what is known of them.

    Raises ConfigError naming the file, the module and the key that is wrong.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(path, None, f"not TOML: {error}") from error
    unknown = sorted(document.keys() - {"modules"})
    if unknown:
        raise ConfigError(f"{path}: {unknown[0]}", None, "unknown key", ("modules",))
    modules = document.get("modules", {})
    if not isinstance(modules, dict):
        raise ConfigError(f"{path}: modules", modules, "must be a table of modules")
    return {validate_name(name, f"{path}: modules"): _status(f"{path}: {name}", body) for name, body in modules.items()}


def _status(where: str, body: Any) -> ModuleStatus:
    if not isinstance(body, dict):
        raise ConfigError(where, body, "must be a table")
    unknown = sorted(body.keys() - set(_KEYS))
    if unknown:
        raise ConfigError(f"{where}: {unknown[0]}", None, "unknown key", _KEYS)
    for key in _TEXT_KEYS:
        if not isinstance(body.get(key, ""), str):
            raise ConfigError(f"{where}: {key}", body[key], "must be text")
    fields = {field: body[key] for key, field in _TEXT_KEYS.items() if key in body}
    return ModuleStatus(**fields, service_ports=_ports(f"{where}: service-ports", body.get("service-ports", {})))


def _ports(where: str, body: Any) -> tuple[ServicePort, ...]:
    if not isinstance(body, Mapping):
        raise ConfigError(where, body, "must be a table of names and ports")
    for name, port in body.items():
        if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536:
            raise ConfigError(f"{where}.{name}", port, "must be a port from 1 to 65535")
    return tuple(ServicePort(name, port) for name, port in body.items())


class InventorySource:
    """Follows the file at ``path``, looking at it every ``interval`` seconds.

    A file that became wrong or unreadable removes nothing: the stream ends with the error, the objects stay.
    """

    name = "file"

    def __init__(self, path: Path, *, interval: float = 1.0, clock: Clock = SYSTEM_CLOCK) -> None:
        self._path = path
        self._interval = interval
        self._clock = clock

    async def events(self) -> AsyncGenerator[SourceEvent]:
        """See ModuleSource. Raises ConfigError, NotFound."""
        # Off the loop: the file may lie on a disk that hangs.
        seen, known = await asyncio.to_thread(self._read)
        for name, status in known.items():
            yield Present(name, status)
        yield Complete()
        while True:
            await self._clock.sleep(self._interval)
            if await asyncio.to_thread(self._stamp) == seen:
                continue
            seen, current = await asyncio.to_thread(self._read)
            for name, status in current.items():
                if known.get(name) != status:
                    yield Present(name, status)
            for name in known.keys() - current.keys():
                yield Gone(name)
            known = current

    def _stamp(self) -> tuple[int, int, int]:
        try:
            found = self._path.stat()
        except OSError as error:
            raise self._missing(error) from error
        # An editor puts a new file in its place, and two writes may fall into one tick of the clock.
        return found.st_ino, found.st_size, found.st_mtime_ns

    def _read(self) -> tuple[tuple[int, int, int], dict[str, ModuleStatus]]:
        # The stamp is taken first: a change during the read is then seen by the next look.
        stamp = self._stamp()
        if stamp[1] > MAX_BYTES:
            raise ResourceExhausted(f"bytes of the inventory {self._path}", MAX_BYTES, stamp[1])
        try:
            # Some editors put a byte order mark in front, which is no TOML.
            text = self._path.read_text(encoding="utf-8-sig")
        except OSError as error:
            raise self._missing(error) from error
        except UnicodeDecodeError as error:
            raise ConfigError(str(self._path), None, f"not UTF-8: {error.reason} at byte {error.start}") from error
        return stamp, parse_inventory(text, str(self._path))

    def _missing(self, error: OSError) -> CorvoError:
        return NotFound("inventory", str(self._path), system_reason(error))
