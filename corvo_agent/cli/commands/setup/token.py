"""``corvo token``: tokens for callers of a gateway."""

from __future__ import annotations

from pathlib import Path

import click

from ....access.roles import Role
from ....access.tokens import new_token, parse_tokens
from ....clock import SYSTEM_CLOCK
from ....errors import AlreadyExists, ConfigError, InvalidArgument, system_reason
from ....timestamps import LONGEST_HOLD, format_duration, parse_duration
from ...help import HelpGroup
from ...whole_file import write_whole

_LASTS = "30d"


@click.group("token", cls=HelpGroup, short_help="Make tokens for callers of a gateway.")
def command() -> None:
    """Make tokens for callers of a gateway, in the file of its --token-file.

    To revoke one, delete its line: the gateway notices.

    \b
    corvo token new --role reader --for 30d --name oncall --token-file /etc/corvo/tokens
    """


@command.command("new")
@click.option("--role", required=True, metavar="ROLE", help="viewer, reader, operator or admin.")
@click.option("--name", required=True, metavar="NAME", help="Whose it is: one word, which logs and audits tell.")
@click.option("--for", "lasts", default=_LASTS, metavar="DURATION", help=f"How long it holds.  [default: {_LASTS}]")
@click.option("--keep", is_flag=True, help="It holds until its line is deleted.")
@click.option("--selector", default="", metavar="SELECTOR", help="Only for the modules with these labels.")
@click.option(
    "--token-file",
    envvar="CORVO_TOKEN_FILE",
    required=True,
    metavar="FILE",
    help="The file that the gateway reads; made when it is not there, with mode 0600.  (CORVO_TOKEN_FILE)",
)
def new(role: str, name: str, lasts: str, keep: bool, selector: str, token_file: str) -> None:
    """Print a new token, once: the file has only its SHA-256.

    \b
    corvo token new --role reader --for 30d --name oncall --token-file /etc/corvo/tokens
    """
    duration = None if keep else parse_duration(lasts, "--for")
    if duration is not None and not 0 < duration <= LONGEST_HOLD:
        raise InvalidArgument("--for", lasts, "must be longer than nothing, and 285 years at most; --keep has no end")
    until = None if duration is None else SYSTEM_CLOCK.time_ns() + duration
    token, line = new_token(Role.parse(role, "--role"), name, until, selector)
    _append(Path(token_file), name, line)
    click.echo(token)
    held = "until its line is deleted" if duration is None else f"for {format_duration(duration)}"
    click.echo(f"{name} is {Role.parse(role).text} {held}; this token is shown once", err=True)


def _append(path: Path, name: str, line: str) -> None:
    try:
        text = path.read_text()
    except FileNotFoundError:
        text = ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("token-file", str(path), f"cannot be read: {system_reason(error)}") from error
    if text.strip():
        # What a gateway would refuse is not made longer.
        if name in parse_tokens(text, str(path)).names:
            raise AlreadyExists("token", name)
        text = text.rstrip("\n") + "\n"
    write_whole(path, f"{text}{line}\n".encode())
