"""Command lines of curl that ask what an example asks."""

from __future__ import annotations

import re
import shlex
from urllib.parse import quote, urlencode

import orjson

from ...modules.names import API_PATH
from .examples import Example

#: What stands for names in paths.
NAME = "node1-pen-npm"
# Another name in a path, which the reader has to fill in: curl would take the braces for a list.
_PLACE = re.compile(r"\{(\w+)\}")


def curl(method: str, path: str, example: Example, *, open_to_all: bool) -> str:
    """The command line that asks what ``example`` does.

    ``$GATEWAY`` stands for the gateway's address and ``$TOKEN`` for the caller's token, which is left out of requests
    that are ``open_to_all``.
    """
    endless = path.startswith(f"{API_PATH}/watch")
    first = ["curl", "-sSN" if endless else "-sS"]
    if method != "GET":
        first += ["-X", method]
    query = f"?{urlencode(example.parameters, safe='=')}" if example.parameters else ""
    filled = _PLACE.sub(lambda found: found[1].upper(), path.replace("{name}", quote(NAME)))
    first.append(f'"$GATEWAY{filled}{query}"')
    lines = [" ".join(first)]
    if not open_to_all:
        lines.append('-H "Authorization: Bearer $TOKEN"')
    if example.body is not None:
        lines.append(f"-d {shlex.quote(orjson.dumps(example.body).decode())}")
    return " \\\n    ".join(lines)
