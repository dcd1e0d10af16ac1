"""The options that say where to look, each with a variable and a key of a TOML file (``--config``)."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import click

from ..config import variable
from .option_file import load_defaults
from .target import Target

F = TypeVar("F", bound=Callable[..., Any])


def _option(name: str, text: str, metavar: str = "", **more: Any) -> Callable[[F], F]:
    """An option with its variable, which ``--help`` shows, too."""
    given = {"default": "", "metavar": metavar or None, "show_envvar": True, **more}
    return click.option(f"--{name}", envvar=variable(name.replace("-", "_")), help=text, **given)


_CONFIG = _option(
    "config",
    "TOML file with options that have a variable.",
    "FILE",
    is_eager=True,
    expose_value=False,
    callback=load_defaults,
)
_ADDRESS = _option("address", "Call this agent.", "HOST:PORT")
_ETCD_OPTIONS = (
    _option("etcd", "Endpoints of etcd.", "URL[,URL]"),
    _option("etcd-ca", "Authority of etcd's TLS.", "FILE"),
    _option("etcd-cert", "Certificate to show to etcd.", "FILE"),
    _option("etcd-key", "Key of --etcd-cert.", "FILE"),
    _option("etcd-hostname", "Name in etcd's certificates, when it is not that of the URL."),
    _option("etcd-user", "User of etcd."),
    _option("etcd-password", "Password of --etcd-user; better in a file."),
    _option("etcd-password-file", "File that holds the password of --etcd-user.", "FILE"),
)
_AGENT_OPTIONS = (
    _option("tls-ca", "Authority of the agent's TLS.", "FILE"),
    _option("tls-cert", "Certificate to show to the agent.", "FILE"),
    _option("tls-key", "Key of --tls-cert.", "FILE"),
    _option("tls-hostname", "Name in the agent's certificate, when it is not that of its address."),
    _option("timeout", "How long to wait for an answer.", "SECONDS", default=30.0, show_default=True),
)


def store_options(command: F) -> F:
    """Adds the options that lead to etcd; the command gets them as ``target``."""
    return _with_target(command, _ETCD_OPTIONS)


def agent_options(command: F) -> F:
    """Adds the options that lead to an agent, through etcd or straight; the command gets them as ``target``."""
    return _with_target(command, (_ADDRESS, *_ETCD_OPTIONS, *_AGENT_OPTIONS))


def _with_target(command: F, options: tuple[Callable[[Any], Any], ...]) -> F:
    @functools.wraps(command)
    def gathered(*arguments: Any, **given: Any) -> Any:
        told = {name: given.pop(name) for name in list(given) if name in Target.__dataclass_fields__}
        return command(*arguments, target=Target(**told), **given)

    decorated: Any = gathered
    for option in reversed((*options, _CONFIG)):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]
