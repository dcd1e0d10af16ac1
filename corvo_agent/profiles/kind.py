"""What a kind of profile is: the interface between the Profile query and what measures."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ..errors import InvalidArgument

#: The parameter of kinds that can look at the processes below their target, too.
CHILDREN = "children"


@dataclass(frozen=True, slots=True)
class ProfileRequest:
    """One query for a profile: how many seconds to measure (None: at once), and what else was asked, as text.

    ``seconds`` has been checked against the bound and the deadline; the other parameters are read by the kind.
    ``patience`` is for how many seconds the caller can wait for another measurement to end before its own begins.
    """

    seconds: float | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    patience: float = 1.0

    def number(self, name: str, default: float, low: float, high: float) -> float:
        """The parameter ``name`` as a number from ``low`` to ``high``. Raises InvalidArgument."""
        text = self.parameters.get(name, "")
        return parse_number(name, text, low, high) if text else default

    def choice(self, name: str, default: str, valid: Collection[str]) -> str:
        """The parameter ``name``, one of ``valid`` in any case. Raises InvalidArgument."""
        text = self.parameters.get(name, "") or default
        if text.lower() not in valid:
            raise InvalidArgument(name, text, "unknown value", valid)
        return text.lower()

    def text(self, name: str) -> str:
        """The parameter ``name``, "" when it was not given."""
        return self.parameters.get(name, "")


class ProfileKind(Protocol):
    """A kind of profile, such as ``goroutine``: what it is called, what it takes, and how it is taken.

    The kinds of this process come from ``local_kinds``; a kind of your own is one more object for ``ProfileHandler``.
    """

    @property
    def name(self) -> str:
        """What the parameter ``profile`` has to say, in lower case."""
        ...

    @property
    def parameters(self) -> Collection[str]:
        """The parameters that it takes; with ``seconds`` among them it can measure for a time."""
        ...

    @property
    def default_seconds(self) -> float | None:
        """How long it measures when ``seconds`` is not given; None: it answers at once."""
        ...

    async def take(self, request: ProfileRequest) -> bytes:
        """Measure, and give the bytes that the caller shall have.

        Raises a CorvoError for what the caller should hear. Cancelling it ends the measuring and leaves nothing.
        """
        ...


def parse_number(name: str, text: str, low: float, high: float) -> float:
    """``text`` as a number from ``low`` to ``high``. Raises InvalidArgument naming ``name``."""
    try:
        number = float(text)
    except ValueError:
        raise InvalidArgument(name, text, "not a number") from None
    # Written so that NaN, which compares with nothing, is refused too.
    if not low <= number <= high:
        raise InvalidArgument(name, text, f"must be from {low:g} to {high:g}")
    return number
