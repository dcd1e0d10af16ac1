"""A program's settings as a TOML file that explains itself: each with its words, those that are not given commented."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from .program import Program
from .setting import Setting, duration_text

_WIDTH = 100


def quoted(text: str) -> str:
    """``text`` as a basic string of TOML, whose escapes are those of JSON but for those of surrogates and of DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml_value(setting: Setting, value: Any) -> str:
    """``value`` of ``setting`` as ``Setting.from_toml`` reads it back."""
    if setting.kind is bool:
        return "true" if value else "false"
    if setting.kind is tuple:
        return f"[{', '.join(quoted(setting.text_of((item,))) for item in value)}]"
    if setting.kind is int:
        return str(value)
    return quoted(duration_text(value) if setting.kind is float else str(value))


def commented_toml(program: Program, name: str, given: Mapping[str, Any]) -> str:
    """The settings of ``program``, which is called ``name``, as TOML: those that are ``given``, by option, count.

    The others are comments that show their defaults. What is given stands first.
    """
    shown = next(each for each in program.settings if "-" in each.option)
    head = (
        f"Settings of corvo {name} --config THIS-FILE. Each is an option (--{shown.option}), too, and a variable "
        f"({shown.variable}); those count before this file. What is commented out has the value that it shows; a "
        "word in capitals, or 0, stands for a value: there is none unless you give one."
    )
    first = [each for each in program.settings if each.option in given]
    rest = [each for each in program.settings if each.option not in given]
    parts = [*_comment(head), *_entries(first, given), *_entries(rest, given)]
    return "\n".join(parts) + "\n"


def _entries(settings: Iterable[Setting], given: Mapping[str, Any]) -> Iterable[str]:
    for each in settings:
        yield ""
        yield from _comment(each.help)
        if each.option in given:
            yield f"{each.option} = {toml_value(each, given[each.option])}"
        else:
            yield f"#{each.option} = {_sample(each)}"


def _sample(setting: Setting) -> str:
    """What a value looks like: the default, else a word for it."""
    if setting.default:
        return toml_value(setting, setting.default)
    word = setting.metavar or "TEXT"
    if setting.kind is tuple:
        # Here each item is a text of its own.
        return f"[{quoted(word.partition('[')[0])}]"
    return {bool: "false", int: "0", float: '"0s"'}.get(setting.kind, quoted(word))


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)
