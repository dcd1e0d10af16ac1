"""Templates of level hooks: text with ``{level}``, ``{LEVEL}`` and ``{logger}`` in it; other braces mean themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ...errors import ConfigError

PLACEHOLDERS = ("level", "LEVEL", "logger")

# JSON never has a bare word between braces, so one that is no placeholder is a mistake, not a part of the text.
_WORD = re.compile(r"\{([A-Za-z_]+)\}", re.ASCII)


def _as_it_is(value: str) -> str:
    return value


class HookTemplate:
    """``text`` with its placeholders. Raises ConfigError naming ``what`` when there is another word between braces."""

    def __init__(self, text: str, what: str = "template") -> None:
        self.text = text
        self.names = frozenset(_WORD.findall(text))
        unknown = sorted(self.names.difference(PLACEHOLDERS))
        if unknown:
            raise ConfigError(what, unknown[0], "unknown placeholder", PLACEHOLDERS)

    def fill(self, values: Mapping[str, str], quote: Callable[[str], str] = _as_it_is) -> str:
        """The text with ``values`` in place; ``quote`` makes each fit for where it goes."""
        return _WORD.sub(lambda match: quote(values[match.group(1)]), self.text)
