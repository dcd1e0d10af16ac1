"""How a shell asks what completes a line: the variable that it sets, and our script for bash."""

from __future__ import annotations

import os
from typing import Any

from click.shell_completion import CompletionItem, ShellComplete, add_completion_class, split_arg_string

#: The variable with which a shell asks ``corvo`` what completes a line.
COMPLETE_VARIABLE = "_CORVO_COMPLETE"

_BASH = """\
%(complete_func)s() {
    local IFS=$'\\n' response completion type value
    response=$(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" %(complete_var)s=bash_complete "$1")
    for completion in $response; do
        IFS=',' read -r type value <<< "$completion"
        case $type in
            dir) COMPREPLY=(); compopt -o dirnames ;;
            file) COMPREPLY=(); compopt -o default ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""
# Where bash begins a new word within one, and so replaces only what stands behind.
_BREAKS = "=:"


class BashCompletion(ShellComplete):
    """Bash, with words that hold "=" and ":", such as URLs and labels, which click's own script takes apart."""

    name = "bash"
    source_template = _BASH

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._kept = 0

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one at the cursor, and what there is of that one."""
        line = os.environ["COMP_LINE"]
        words = split_arg_string(line)[1:]
        incomplete = words.pop() if words and not line[-1:].isspace() else ""
        self._kept = 1 + max(map(incomplete.rfind, _BREAKS))
        return words, incomplete

    def format_completion(self, item: CompletionItem) -> str:
        """What bash puts in place of its own last word."""
        return f"{item.type},{item.value[self._kept :]}"


def register() -> None:
    """Make click use our script for bash in place of its own."""
    add_completion_class(BashCompletion)
