"""What a caller requires of the stored object before it is written: HTTP's If-Match and If-None-Match."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ...errors import VersionConflict
from ...modules.decimal_text import natural
from ...modules.model import Module

#: Stands for any version of an object that is there.
ANY_VERSION = "*"


@dataclass(frozen=True, slots=True)
class Precondition:
    """Versions (as in meta.resource-version) of which the object has to be one, and of which it must be none.

    None sets no condition; no version at all in ``match`` is one that nothing fulfils.
    """

    match: Collection[str] | None = None
    none_match: Collection[str] | None = None

    def check(self, current: Module) -> None:
        """Raise VersionConflict unless ``current`` fulfils it."""
        version = current.meta.resource_version
        if self.match is not None and not _holds(self.match, version):
            raise VersionConflict(current.name, _one_of(self.match), current.revision)
        if self.none_match is not None and _holds(self.none_match, version):
            raise VersionConflict(current.name, 0, current.revision)

    def __bool__(self) -> bool:
        return self.match is not None or self.none_match is not None


#: The condition that every object fulfils.
UNCONDITIONAL = Precondition()


def _holds(versions: Collection[str], version: str) -> bool:
    return ANY_VERSION in versions or version in versions


def _one_of(versions: Collection[str]) -> int:
    return next((number for version in versions if (number := natural(version)) is not None), 0)
