"""``corvo completion``: the script that teaches a shell to complete corvo's commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command("completion", short_help="Print the completion script of a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script of SHELL.

    \b
    bash:  eval "$(corvo completion bash)"        in ~/.bashrc
    zsh:   eval "$(corvo completion zsh)"         in ~/.zshrc, after compinit
    fish:  corvo completion fish > ~/.config/fish/completions/corvo.fish
    """
    from .main import cli

    completion = get_completion_class(shell)
    if completion is None:
        raise click.UsageError(f"no completion for {shell}")
    click.echo(completion(cli, {}, "corvo", "_CORVO_COMPLETE").source())
