"""``corvo context``: names for the places where to look."""

from __future__ import annotations

import click

from ....errors import ConfigError
from ....settings.setting import Setting
from ...help import HelpGroup
from ...settings.contexts import add_context, choose_context, read_contexts
from ...settings.options import Told, with_options
from ...settings.where import WHERE, Where
from ...show.output import format_option, note, print_result

# What says where; never shown, as a token would be.
_PLACES = ("gateway", "etcd", "address")


def _names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    try:
        return [name for name in read_contexts().named if name.startswith(incomplete)]
    except ConfigError:
        # A shell has no place for an error.
        return []


@click.group("context", cls=HelpGroup, short_help="Name the places where to look, and choose one.")
def command() -> None:
    """Contexts are names for places where to look, in corvo/config.toml of $XDG_CONFIG_HOME (~/.config). The chosen one
    counts unless the command line, the environment or --config says another place.

    \b
    corvo context add prod --gateway https://corvo.example --gateway-token-file ~/prod.token
    corvo context use prod
    corvo context list
    corvo --context lab modules list
    """


@command.command("list")
@format_option
def list_contexts(output: str | None) -> None:
    """List the contexts; the chosen one has a star."""
    contexts = read_contexts()
    rows = [(f"{'*' if name == contexts.chosen else ''}{name}", _place(name)) for name in contexts.named]
    value = {"chosen": contexts.chosen, "contexts": {name: _place(name) for name in contexts.named}}
    print_result(output, value, ("CONTEXT", "PLACE"), rows)
    if not contexts.named:
        note(f"{contexts.path} holds none: corvo context add NAME --gateway URL")


def _place(name: str) -> str:
    settings = read_contexts().settings(name)
    told = {key: settings[key] for key in _PLACES if settings.get(key)}
    return ", ".join(f"{key} {value if isinstance(value, str) else ','.join(value)}" for key, value in told.items())


@command.command("use")
@click.argument("name", shell_complete=_names)
def use(name: str) -> None:
    """Choose the context NAME."""
    note(f"{choose_context(name)}: {name} counts from now on")


def _add(**params: object) -> None:
    name = str(params.pop("name"))
    told = Told(WHERE, params)
    settings = {each.option: told.line(each.option) for each in WHERE.settings if told.line(each.option)}
    secrets = [each.option for each in WHERE.settings if each.secret and each.option in settings]
    # Read as a command would read it, so that what is wrong, empty too, shows now.
    told.gather().section(Where)
    if secrets:
        raise ConfigError(f"--{secrets[0]}", None, "a secret belongs into a file of its own, named by another option")
    if not any(place in settings for place in _PLACES):
        raise ConfigError("context", name, "say where it leads: --gateway URL, --etcd URL or --address HOST:PORT")
    note(f"{add_context(name, settings)}: {name} counts from now on")


def _setting_options(settings: tuple[Setting, ...]) -> click.Command:
    made = with_options(_add, settings, common=("gateway", "etcd", "address", "gateway-token-file", "tls-ca"))
    made = click.argument("name")(made)
    added: click.Command = command.command("add", help="Add the context NAME, and choose it.")(made)
    return added


add = _setting_options(WHERE.settings)
