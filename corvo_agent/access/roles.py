"""The roles, each of which may all that those before it may."""

from __future__ import annotations

import enum

from ..errors import InvalidArgument


class Role(enum.IntEnum):
    """``VIEWER`` sees Modules and stats, ``READER`` logs and stacks too, ``OPERATOR`` changes levels, ``ADMIN`` all."""

    VIEWER = 1
    READER = 2
    OPERATOR = 3
    ADMIN = 4

    @property
    def text(self) -> str:
        """Its name as people write it."""
        return self.name.lower()

    @classmethod
    def parse(cls, text: str, what: str = "role") -> Role:
        """The role called ``text``, in any case; raises InvalidArgument naming ``what``."""
        try:
            return cls[text.upper()]
        except KeyError:
            raise InvalidArgument(what, text, "unknown role", [role.text for role in cls]) from None
