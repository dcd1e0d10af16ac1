"""``corvo completion``: the script that teaches a shell to complete corvo's commands, options and values."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from ...help import HelpCommand
from ...shells import COMPLETE_VARIABLE, register


@click.command("completion", cls=HelpCommand, short_help="Print the completion script of a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script of SHELL. Names of modules, labels and variables are asked where --gateway, --etcd
    or --address lead.

    \b
    bash:  eval "$(corvo completion bash)"        in ~/.bashrc
    zsh:   eval "$(corvo completion zsh)"         in ~/.zshrc, after compinit
    fish:  corvo completion fish > ~/.config/fish/completions/corvo.fish
    """
    register()
    completion = get_completion_class(shell)
    if completion is None:
        raise click.UsageError(f"no completion for {shell}")
    click.echo(completion(click.get_current_context().find_root().command, {}, "corvo", COMPLETE_VARIABLE).source())
