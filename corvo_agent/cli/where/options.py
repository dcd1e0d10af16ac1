"""The options that say where to look, each with a variable and a key of a TOML file (``--config``)."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from ...config import variable
from .connect import DEFAULT_GATEWAY, Where
from .option_file import load_defaults

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
_GATEWAY_OPTIONS = (
    _option("gateway", f"Ask this gateway; {DEFAULT_GATEWAY} when nothing says where to look.", "URL"),
    _option("gateway-token", "Token for the gateway; better in a file."),
    _option("gateway-token-file", "File that holds the token for the gateway.", "FILE"),
)
_ETCD_OPTIONS = (
    _option("etcd", "Look into this etcd.", "URL[,URL]"),
    _option("etcd-ca", "Authority of etcd's TLS.", "FILE"),
    _option("etcd-cert", "Certificate to show to etcd.", "FILE"),
    _option("etcd-key", "Key of --etcd-cert.", "FILE"),
    _option("etcd-hostname", "Name in etcd's certificates, when it is not that of the URL."),
    _option("etcd-user", "User of etcd."),
    _option("etcd-password", "Password of --etcd-user; better in a file."),
    _option("etcd-password-file", "File that holds the password of --etcd-user.", "FILE"),
)
_ADDRESS = _option("address", "Call this agent.", "HOST:PORT")
_CALL_OPTIONS = (
    _option("tls-ca", "Authority of the TLS of the gateway, or of the agent.", "FILE"),
    _option("tls-cert", "Certificate to show to the gateway, or to the agent.", "FILE"),
    _option("tls-key", "Key of --tls-cert.", "FILE"),
    _option("tls-hostname", "Name in their certificate, when it is not that of the address."),
    _option("timeout", "How long to wait for an answer.", "SECONDS", default=30.0, show_default=True),
)
# In the order in which they count where one and the same source (the environment, a file) names several.
_PLACES = ("gateway", "etcd", "address")
_SOURCES = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT, ParameterSource.DEFAULT_MAP)


def store_options(command: F) -> F:
    """Adds the options that lead to etcd, for daemons; the command gets them as ``where``."""
    return _with_target(command, _ETCD_OPTIONS, places=("etcd",))


def module_options(command: F) -> F:
    """Adds the options that lead to Module objects; the command gets them as ``where``.

    An address leads to none: only on the command line it is a mistake, elsewhere it is meant for other commands.
    """
    options = (*_GATEWAY_OPTIONS, *_ETCD_OPTIONS, _hidden_address, *_CALL_OPTIONS)
    return _with_target(command, options, places=_PLACES, weak="address")


def agent_options(command: F) -> F:
    """Adds the options that lead to agents, however; the command gets them as ``where``."""
    return _with_target(command, (*_GATEWAY_OPTIONS, *_ETCD_OPTIONS, _ADDRESS, *_CALL_OPTIONS), places=_PLACES)


_hidden_address = _option("address", "An agent, which knows no Module objects.", hidden=True)


def chosen_place(context: click.Context, places: tuple[str, ...] = _PLACES, weak: str = "") -> str:
    """Which of the options ``places`` counts: the command line's, else the environment's, else the file's.

    "" when there is none. ``weak`` counts before others only on the command line. Raises click.UsageError when the
    command line names two.
    """
    for source in _SOURCES:
        named = [
            place for place in places if context.params.get(place) and context.get_parameter_source(place) is source
        ]
        if source is ParameterSource.COMMANDLINE:
            if len(named) > 1:
                raise click.UsageError(f"--{named[0]} and --{named[1]} are two places to look: name one")
        else:
            named.sort(key=lambda place: place == weak)
        if named and (named[0] != weak or source is ParameterSource.COMMANDLINE):
            return named[0]
    return weak if context.params.get(weak) else ""


def where_of(context: click.Context, places: tuple[str, ...] = _PLACES, weak: str = "") -> Where:
    """What the options of ``context`` say of where to look. Raises click.UsageError."""
    chosen = chosen_place(context, places, weak)
    told = {name: value for name, value in context.params.items() if name in Where.__dataclass_fields__}
    return Where(**{name: value for name, value in told.items() if name not in _PLACES or name == chosen})


def _with_target(
    command: F, options: tuple[Callable[[Any], Any], ...], *, places: tuple[str, ...], weak: str = ""
) -> F:
    @functools.wraps(command)
    def gathered(*arguments: Any, **given: Any) -> Any:
        where = where_of(click.get_current_context(), places, weak)
        for name in Where.__dataclass_fields__:
            given.pop(name, None)
        return command(*arguments, where=where, **given)

    decorated: Any = gathered
    for option in reversed((*options, _CONFIG)):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]
