"""Where Module objects live in the store, and which names they may have."""

from __future__ import annotations

import re

from ..errors import InvalidArgument

#: Every Module of the cluster lies below this key.
MODULES_PREFIX = "/venice/config/diagnostics/modules/"
#: What is ours beside the Modules lies below this key: for each Module ``NAME/endpoint`` and so on.
BESIDE_PREFIX = "/corvo/v1/modules/"
#: The last changes of each Module lie below this key, under its name.
HISTORY_PREFIX = "/corvo/v1/history/"
#: Every path of the REST API lies below this one.
API_PATH = "/configs/diagnostics/v1"
#: The REST path of Modules, which their self-link is made of.
MODULES_PATH = f"{API_PATH}/modules/"
#: Longest name of an object, in characters.
MAX_NAME_LENGTH = 64

#: What the whole name of an object has to match; its length is another matter.
NAME_PATTERN = re.compile(r"[a-zA-Z0-9][\w\-.@]*[a-zA-Z0-9]", re.ASCII)


def validate_name(name: str, what: str = "meta.name") -> str:
    """``name`` itself, when it is one that an object may have.

    Raises InvalidArgument naming ``what`` otherwise.
    """
    if not isinstance(name, str) or NAME_PATTERN.fullmatch(name) is None:
        raise InvalidArgument(
            what, name, "must be at least two of letters, digits, _ - . @, with a letter or digit at both ends"
        )
    if len(name) > MAX_NAME_LENGTH:
        raise InvalidArgument(what, name, f"must have at most {MAX_NAME_LENGTH} characters")
    return name


def is_name(name: str) -> bool:
    """Whether an object may have that name."""
    try:
        validate_name(name)
    except InvalidArgument:
        return False
    return True


def key_of(name: str) -> str:
    """The key of the Module ``name``. Raises InvalidArgument when no Module can have that name."""
    return MODULES_PREFIX + validate_name(name)


def name_of(key: str) -> str:
    """The name of the Module at ``key``; the reverse of ``key_of``, without judging the name."""
    return key.removeprefix(MODULES_PREFIX)


def self_link_of(name: str) -> str:
    """The self-link that REST shows for the Module ``name``: its path in the gateway's API, as in the Go original."""
    return MODULES_PATH + name
