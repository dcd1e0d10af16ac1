"""A Module as the gateway keeps it: the object, and its JSON from the first time that it is needed."""

from __future__ import annotations

import json

import orjson

from ...modules.json.codec import module_to_dict
from ...modules.model import Module


class CachedModule:
    """One version of one Module; never changed, so its JSON is made once and shared by every reader."""

    __slots__ = ("_json", "module")

    def __init__(self, module: Module) -> None:
        self.module = module
        self._json: bytes | None = None

    @property
    def json(self) -> bytes:
        """The object as REST shows it, compact."""
        return self._json or self.make_json()

    def make_json(self) -> bytes:
        """Make ``json`` now rather than at its first use."""
        self._json = module_json(self.module)
        return self._json

    def __repr__(self) -> str:
        return f"CachedModule({self.module.name!r} at {self.module.revision})"


def module_json(module: Module) -> bytes:
    """``module`` as REST shows it: its REST path as self-link, compact."""
    shown = module_to_dict(module)
    try:
        return orjson.dumps(shown)
    except TypeError:
        # Unknown keys may hold integers of more than 64 bits, which only the standard library writes.
        return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()
