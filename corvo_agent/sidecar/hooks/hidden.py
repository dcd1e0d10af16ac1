"""What a hook was given to log in with, kept out of its name, its errors and what its program answers or prints."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import parse_qsl, unquote, urlsplit

from ...secrets import MASK, is_secret, mask_arguments, mask_text

# What is shorter stands in too many words to be taken for a secret there.
_SHORTEST = 4


class Hidden:
    """Texts with ``***`` for each of ``secrets`` and for what looks like one."""

    def __init__(self, secrets: Iterable[str]) -> None:
        found = {secret for secret in secrets if len(secret) >= _SHORTEST}
        # The longest first: a secret may be a part of another one.
        known = "|".join(re.escape(secret) for secret in sorted(found, key=len, reverse=True))
        self._known = re.compile(known) if known else None

    def __call__(self, text: str) -> str:
        """``text`` without them."""
        return mask_text(text if self._known is None else self._known.sub(MASK, text))


def without_secrets(url: str) -> str:
    """``url`` without user, password, query and fragment; it need not be one that can be used."""
    scheme, there, rest = url.partition("://")
    if not there:
        return mask_text(url)
    place = re.split("[?#]", rest, maxsplit=1)[0]
    host, slash, path = place.partition("/")
    user, at, _ = place.rpartition("@")
    if at and ("@" in host or not host.rpartition(":")[2].isdecimal()) and ("@" in host or ":" in user):
        # A password with a slash in it ends what a parser takes for the host.
        host, slash, path = place[len(user) + 1 :].partition("/")
    return mask_text(f"{scheme}://{host}{slash}{path}")


def secrets_of_url(url: str) -> list[str]:
    """The user's password, and the values of a query that are secrets by their names; as they stand and decoded."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return []
    found = [parts.netloc.rpartition("@")[0].partition(":")[2]]
    found += [value for name, value in parse_qsl(parts.query) if is_secret(name)]
    return [text for secret in found for text in (secret, unquote(secret)) if "{" not in text]


def secrets_of_headers(headers: Iterable[tuple[str, str]]) -> list[str]:
    """The values of headers that are secrets by their names, without the scheme before them."""
    names = ("authorization", "proxy-authorization", "cookie")
    values = [value for name, value in headers if name.lower() in names or is_secret(name)]
    return values + [value.partition(" ")[2].strip() for value in values]


def secrets_of_arguments(arguments: Sequence[str]) -> list[str]:
    """The words of a command that are secrets by the options before or in them."""
    found = []
    for given, masked in zip(arguments, mask_arguments(arguments), strict=True):
        if given != masked:
            before, _, after = masked.partition(MASK)
            found.append(given[len(before) : len(given) - len(after)] if MASK not in after else given)
    return found
