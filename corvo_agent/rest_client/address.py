"""Where a gateway is: the URL that people give, checked. No I/O, no client library."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from ..addresses import is_loopback
from ..errors import ConfigError
from ..modules.names import API_PATH


def base_url(text: str, what: str = "gateway") -> str:
    """``text`` without what may stand behind it: a slash, the path of the API. Raises ConfigError naming ``what``."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigError(what, text, f"not a URL: {error}") from None
    if parts.username or parts.password:
        # Not shown: it may hold a password.
        raise ConfigError(what, None, "a token has an option of its own, not a place in the URL")
    if parts.scheme not in ("http", "https") or not host:
        raise ConfigError(what, text, "must be a URL such as http://127.0.0.1:9000")
    if parts.query or parts.fragment:
        raise ConfigError(what, text, "goes without a query and a fragment")
    path = parts.path.rstrip("/").removesuffix(API_PATH)
    return f"{parts.scheme}://{parts.netloc}{path}"


def check_token(url: str, what: str = "gateway-token") -> None:
    """Refuse to send a token where others can read it on its way. Raises ConfigError naming ``what``."""
    parts = urlsplit(url)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ConfigError(what, None, f"is sent over https or to loopback only, not to {url}")


def segment(name: str) -> str:
    """``name`` as one segment of a path; one that no Module can have stays one that none has."""
    return quote(name, safe="@") if name.strip(".") else quote(f"{name}?", safe="")
