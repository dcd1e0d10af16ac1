"""Options from a TOML file: what neither command line nor environment gives, the file may.

One file serves every command: its keys are the names of options that have a variable, and of an agent's settings. Each
command takes those that it has and passes over those of others; a key that none has is a mistake.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

import click

from ...config import read_toml, settings, spelling
from ...errors import ConfigError


def load_defaults(ctx: click.Context, param: click.Parameter, path: str) -> None:
    """Let the file ``path`` fill in for options of the command; the callback of an eager option.

    Raises ConfigError naming the key that is unknown, or whose value cannot be one of an option.
    """
    if not path:
        return
    table = read_toml(path)
    own = dict(_file_options(ctx.command))
    for key in table.keys() - own.keys():
        _check_known(ctx, key, path)
    ctx.default_map = {own[key].name or key: _value(f"{path}: {key}", table[key]) for key in own.keys() & table.keys()}


def agent_table(ctx: click.Context, path: str) -> dict[str, Any]:
    """What the file ``path`` holds, but for keys that only other commands of the program that ``ctx`` belongs to have.

    Raises ConfigError for no TOML.
    """
    table = read_toml(path)
    if unknown := table.keys() - {spelling(setting.name) for setting in settings()}:
        others = _keys_of_all_commands(ctx)
        return {key: value for key, value in table.items() if key not in unknown & others}
    return table


def _file_options(command: click.Command) -> Iterator[tuple[str, click.Option]]:
    """The options of ``command`` that a file may give, by key."""
    for param in command.params:
        if isinstance(param, click.Option) and param.envvar and param.expose_value:
            yield max(param.opts, key=len).lstrip("-"), param


def _check_known(ctx: click.Context, key: str, path: str) -> None:
    known = {spelling(setting.name) for setting in settings()} | _keys_of_all_commands(ctx)
    if key not in known:
        close = difflib.get_close_matches(key, known, 3)
        raise ConfigError(f"{path}: {key}", None, "unknown key", close or sorted(known))


def _keys_of_all_commands(ctx: click.Context) -> set[str]:
    # Only asked for keys that are not the command's own: it imports every command.
    root = ctx.find_root()
    program = root.command
    commands: list[click.Command | None] = [program]
    if isinstance(program, click.Group):
        commands += [program.get_command(root, name) for name in program.list_commands(root)]
    return {key for command in commands if command is not None for key, _ in _file_options(command)}


def _value(what: str, value: Any) -> Any:
    """``value`` as the option's own type reads it: lists are written with commas on the command line, too."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ",".join(value)
    if not isinstance(value, str | int | float):
        raise ConfigError(what, None, "must be a text, a number, true or false, or a list of texts")
    return value
