"""Whether output has colours: as the person says, else only where something can show them."""

from __future__ import annotations

import os
from typing import IO, Any

CHOICES = ("auto", "always", "never")


def wants_colour(stream: IO[Any], choice: str = "auto") -> bool:
    """Whether to colour what goes to ``stream``.

    ``choice`` is one of ``CHOICES``. With ``auto`` it is coloured on a terminal, unless NO_COLOR is set to anything
    (https://no-color.org) or TERM says ``dumb``.
    """
    if choice != "auto":
        return choice == "always"
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
