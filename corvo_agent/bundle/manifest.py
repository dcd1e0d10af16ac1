"""The index of a bundle: what was asked, when, by which version, and the outcome, failures included."""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._version import __version__
from ..secrets import mask_json, mask_text
from ..timestamps import format_rfc3339


@dataclass(slots=True)
class ModuleIndex:
    """The files of one module: file -> its size in bytes and the seconds it took, file -> why it is missing."""

    files: dict[str, dict[str, float]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def got(self, name: str, size: int, seconds: float) -> None:
        """Note that the file ``name`` is in the archive: ``size`` in bytes, asked for and written in ``seconds``."""
        self.files[name] = {"bytes": size, "seconds": round(seconds, 3)}

    def lacks(self, name: str, reason: str) -> None:
        """Note that the file ``name`` is missing for ``reason``; secrets that an error text quotes are masked."""
        self.missing[name] = mask_text(reason)


class Manifest:
    """The index while it is made, of the modules ``names``; ``asked`` are the options, written with secrets masked."""

    def __init__(self, names: tuple[str, ...], asked: Mapping[str, Any]) -> None:
        self._asked = asked
        self._began = time.time_ns()
        self.modules = {name: ModuleIndex() for name in names}

    @property
    def missing(self) -> dict[tuple[str, str], list[str]]:
        """(module, reason) -> the files of that module that are missing for that reason."""
        found: dict[tuple[str, str], list[str]] = {}
        for name, index in self.modules.items():
            for file, reason in index.missing.items():
                found.setdefault((name, reason), []).append(file)
        return found

    def to_dict(self) -> dict[str, Any]:
        """The index as JSON types, ended now."""
        return {
            # The version of this layout, for programs that read bundles.
            "bundle": 1,
            "corvo-agent": __version__,
            "python": platform.python_version(),
            "platform": platform.platform(),
            "began": format_rfc3339(self._began),
            "ended": format_rfc3339(time.time_ns()),
            "asked": mask_json(dict(self._asked)),
            "modules": {name: {"files": index.files, "missing": index.missing} for name, index in self.modules.items()},
        }
